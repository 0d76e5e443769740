# New sequences, scored by the models of a run.


rule predict:
    input:
        script=script("predict"),
        library=library("predict"),
        models=lambda w: [
            f"results/{w.dataset}/fold{run.fold}/{run.model}/seed{run.seed}/model."
            + ("keras" if run.model in NETWORKS else "npz")
            for run in runs_of(w.dataset)
            if run.model == config["predict"][w.name]["model"]
        ],
        sources=lambda w: settings.source_paths(config["predict"][w.name]),
        genome=lambda w: settings.genomes(config, w.dataset),
    output:
        predictions="results/{dataset}/predict/{name}.tsv.gz",
    log:
        "results/{dataset}/predict/{name}.predict.log",
    benchmark:
        "results/{dataset}/predict/{name}.predict.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["predict"])),
    conda:
        "../envs/learn.yaml"
    resources:
        mem_mb=lambda w, attempt: 4000 * attempt,
    params:
        state=f"results/{{dataset}}/predict/.{{name}}{STATE}",
        settings=lambda w: import_settings(
            w.dataset,
            config["predict"][w.name],
            {
                **settings.columns(config, config["datasets"][w.dataset]),
                **settings.columns({"columns": {}}, config["predict"][w.name]),
            },
        ),
    shell:
        "python {input.script:q} --model {input.models:q} --settings {params.settings:q}"
        " --predictions {output.predictions:q} --state {params.state:q} > {log:q} 2>&1"
