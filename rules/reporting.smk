# One page with all results.
#
# Needs   audit.json, encoded.npz, split.npz, leakage.json, the tables and figures of every dataset;
#         metrics.json, classification_report.txt, predictions.tsv.gz of every run; history.tsv,
#         training.json of networks; of explained ones motifs.json, rules.tsv, rules.json and what
#         explanation.smk ends in;
#         predict/NAME.tsv.gz; MODEL_CARD.md of exported networks; what variants.smk
#         and scanning.smk make. Benchmark files are read where they are there: they are no outputs,
#         and one that was deleted must retrain nothing.
# Makes   results/report.html, results/verdict.json; of several datasets results/report/DATASET.html


rule report:
    input:
        script=script("report"),
        template=report_file("template.html"),
        audits=dataset_files("audit.json", "encoded.npz"),
        splits=fold_files("split.npz"),
        leakage=fold_files("leakage.json"),
        tables=metric_tables(),
        runs=run_files("metrics.json", "classification_report.txt", "predictions.tsv.gz"),
        trainings=run_files("history.tsv", "training.json", kinds=["network"]),
        figures=figures(),
        motifs=explained_files("motifs.json", "rules.tsv", "rules.json"),
        explanations=explanation_files(),
        predictions=new_predictions(),
        exports=exports(),
        variants=scored_variants(),
        effects=exact_effects(),
        scans=scan_files(),
    output:
        page=report(REPORT, caption="../report/report.rst", category="Report"),
        verdict="results/verdict.json",
        pages=report_pages(),
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
        " --pages {output.pages:q}"
        " > {log:q} 2>&1"
