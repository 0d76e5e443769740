# How good the models are: metrics with intervals for each run and in one table, comparisons of models
# on the same records, and figures.
#
# Needs   predictions.tsv.gz of the runs; calibration.json and history.tsv of networks; encoded.npz
#         (classes), groups.tsv, related.tsv
# Makes   results/DATASET/foldN/MODEL/seedN: metrics.json, classification_report.txt,
#         figures/overview
#         results/DATASET: metrics.tsv, summary.tsv, comparison.tsv, figures/curves,
#         figures/calibration, figures/comparison


rule evaluate:
    input:
        script=script("evaluate"),
        predictions=f"{RUN}/predictions.tsv.gz",
        encoded="results/{dataset}/encoded.npz",
        related="results/{dataset}/fold{fold}/related.tsv",
        groups="results/{dataset}/groups.tsv",
        calibration=lambda w: f"{RUN}/calibration.json" if w.model in NETWORKS else [],
    output:
        metrics=f"{RUN}/metrics.json",
        report=f"{RUN}/classification_report.txt",
    log:
        f"{RUN}/evaluate.log",
    benchmark:
        f"{RUN}/evaluate.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("evaluate"),
        runtime=runtime("evaluate"),
    params:
        code=code("evaluate"),
        settings=settings_of("evaluate"),
        calibration=lambda w, input: (
            f"--calibration {input.calibration}" if w.model in NETWORKS else ""
        ),
    shell:
        "python {input.script:q} --predictions {input.predictions:q} --encoded {input.encoded:q}"
        " --related {input.related:q} --groups {input.groups:q} {params.calibration}"
        " --settings {params.settings:q}"
        " --dataset {wildcards.dataset} --fold {wildcards.fold}"
        " --model {wildcards.model} --seed {wildcards.seed}"
        " --metrics {output.metrics:q} --report {output.report:q} > {log:q} 2>&1"


rule compare_models:
    input:
        script=script("compare_models"),
        encoded="results/{dataset}/encoded.npz",
        groups="results/{dataset}/groups.tsv",
        related=lambda w: files_of_folds(w.dataset, "related.tsv"),
        predictions=lambda w: files_of_runs(w.dataset, "predictions.tsv.gz"),
    output:
        comparison="results/{dataset}/comparison.tsv",
    log:
        "results/{dataset}/compare_models.log",
    benchmark:
        "results/{dataset}/compare_models.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("compare_models"),
        runtime=runtime("compare_models"),
    params:
        code=code("compare_models"),
        settings=settings_of("compare_models"),
        runs=lambda w: run_flags(w.dataset),
        related=lambda w: related_flags(w.dataset),
    shell:
        "python {input.script:q} --encoded {input.encoded:q} --groups {input.groups:q}"
        " --settings {params.settings:q} --dataset {wildcards.dataset} {params.runs}"
        " {params.related}"
        " --comparison {output.comparison:q} > {log:q} 2>&1"


rule collect_metrics:
    input:
        script=script("collect_metrics"),
        metrics=lambda w: files_of_runs(w.dataset, "metrics.json"),
        comparison="results/{dataset}/comparison.tsv",
    output:
        table="results/{dataset}/metrics.tsv",
        summary="results/{dataset}/summary.tsv",
    log:
        "results/{dataset}/collect_metrics.log",
    benchmark:
        "results/{dataset}/collect_metrics.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("collect_metrics"),
        runtime=runtime("collect_metrics"),
    params:
        code=code("collect_metrics"),
        settings=settings_of("collect_metrics"),
    shell:
        "python {input.script:q} --metrics {input.metrics:q} --comparison {input.comparison:q}"
        " --settings {params.settings:q}"
        " --table {output.table:q} --summary {output.summary:q} > {log:q} 2>&1"


rule plot_run:
    input:
        script=script("plot_run"),
        predictions=f"{RUN}/predictions.tsv.gz",
        metrics=f"{RUN}/metrics.json",
        history=lambda w: f"{RUN}/history.tsv" if w.model in NETWORKS else [],
        encoded="results/{dataset}/encoded.npz",
    output:
        svg=report(
            f"{RUN}/figures/overview.svg",
            caption="../report/overview.rst",
            category="Runs",
            subcategory="{dataset}",
            labels={"model": "{model}", "fold": "{fold}", "seed": "{seed}"},
        ),
        png=f"{RUN}/figures/overview.png",
        pdf=f"{RUN}/figures/overview.pdf",
    log:
        f"{RUN}/plot_run.log",
    benchmark:
        f"{RUN}/plot_run.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_run"),
        runtime=runtime("plot_run"),
    params:
        code=code("plot_run"),
        settings=settings_of("plot_run"),
        history=lambda w, input: f"--history {input.history}" if w.model in NETWORKS else "",
    shell:
        "python {input.script:q} --predictions {input.predictions:q} --metrics {input.metrics:q}"
        " {params.history} --encoded {input.encoded:q} --settings {params.settings:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_curves:
    input:
        script=script("plot_curves"),
        encoded="results/{dataset}/encoded.npz",
        groups="results/{dataset}/groups.tsv",
        predictions=lambda w: files_of_runs(w.dataset, "predictions.tsv.gz"),
    output:
        svg=report(
            "results/{dataset}/figures/curves.svg",
            caption="../report/curves.rst",
            category="Scores",
            labels={"dataset": "{dataset}", "figure": "ROC and precision-recall"},
        ),
        png="results/{dataset}/figures/curves.png",
        pdf="results/{dataset}/figures/curves.pdf",
    log:
        "results/{dataset}/plot_curves.log",
    benchmark:
        "results/{dataset}/plot_curves.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_curves"),
        runtime=runtime("plot_curves"),
    params:
        code=code("plot_curves"),
        settings=settings_of("plot_curves"),
        runs=lambda w: run_flags(w.dataset),
        oracle=lambda w: oracle_of(w.dataset),
    shell:
        "python {input.script:q} --encoded {input.encoded:q} --groups {input.groups:q}"
        " --settings {params.settings:q} {params.runs} --oracle={params.oracle:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_calibration:
    input:
        script=script("plot_calibration"),
        encoded="results/{dataset}/encoded.npz",
        groups="results/{dataset}/groups.tsv",
        predictions=lambda w: files_of_runs(w.dataset, "predictions.tsv.gz"),
    output:
        svg=report(
            "results/{dataset}/figures/calibration.svg",
            caption="../report/calibration.rst",
            category="Scores",
            labels={"dataset": "{dataset}", "figure": "calibration"},
        ),
        png="results/{dataset}/figures/calibration.png",
        pdf="results/{dataset}/figures/calibration.pdf",
    log:
        "results/{dataset}/plot_calibration.log",
    benchmark:
        "results/{dataset}/plot_calibration.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_calibration"),
        runtime=runtime("plot_calibration"),
    params:
        code=code("plot_calibration"),
        settings=settings_of("plot_calibration"),
        runs=lambda w: run_flags(w.dataset),
        oracle=lambda w: oracle_of(w.dataset),
    shell:
        "python {input.script:q} --encoded {input.encoded:q} --groups {input.groups:q}"
        " --settings {params.settings:q} {params.runs} --oracle={params.oracle:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_comparison:
    input:
        script=script("plot_comparison"),
        metrics="results/{dataset}/metrics.tsv",
    output:
        svg=report(
            "results/{dataset}/figures/comparison.svg",
            caption="../report/comparison.rst",
            category="Scores",
            labels={"dataset": "{dataset}", "figure": "comparison"},
        ),
        png="results/{dataset}/figures/comparison.png",
        pdf="results/{dataset}/figures/comparison.pdf",
    log:
        "results/{dataset}/plot_comparison.log",
    benchmark:
        "results/{dataset}/plot_comparison.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_comparison"),
        runtime=runtime("plot_comparison"),
    params:
        code=code("plot_comparison"),
        settings=settings_of("plot_comparison"),
        oracle=lambda w: oracle_of(w.dataset),
    shell:
        "python {input.script:q} --metrics {input.metrics:q} --settings {params.settings:q}"
        " --oracle={params.oracle:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
