# One page with all results.
#
# Needs   audit.json, encoded.npz, split.npz, leakage.json, the tables and figures of every dataset;
#         metrics.json, classification_report.txt, predictions.tsv.gz, history.tsv of every run; of
#         explained networks motifs.json and what explanation.smk ends in; predict/NAME.tsv.gz,
#         scans/NAME.json and NAME.tsv.gz
# Makes   results/report.html, results/verdict.json


rule report:
    input:
        script=script("report"),
        template=report_file("template.html"),
        audits=dataset_files("audit.json", "encoded.npz"),
        splits=fold_files("split.npz"),
        leakage=fold_files("leakage.json"),
        tables=metric_tables(),
        runs=run_files("metrics.json", "classification_report.txt", "predictions.tsv.gz"),
        histories=run_files("history.tsv", kinds=["network"]),
        figures=figures(),
        motifs=explained_files("motifs.json"),
        explanations=explanation_files(),
        predictions=new_predictions(),
        scans=scan_files(),
    output:
        page=report(REPORT, caption="../report/report.rst", category="Report"),
        verdict="results/verdict.json",
    log:
        "results/report.log",
    benchmark:
        "results/report.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("report"),
        runtime=runtime("report"),
    params:
        code=code("report"),
        # A function, because Snakemake would take braces in the name of a class for wildcards.
        settings=lambda w: report_settings(),
    shell:
        "python {input.script:q} --settings {params.settings:q} --results results"
        " --template {input.template:q} --output {output.page:q} --verdict {output.verdict:q}"
        " > {log:q} 2>&1"
