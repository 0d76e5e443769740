# New sequences, scored by trained models.
#
# Needs   model.keras or model.npz of all runs of a model; sequences.parquet and the genome of the
#         dataset; sources
# Makes   results/DATASET/predict/NAME.tsv.gz


rule predict_chunk:
    input:
        script=script("predict"),
        models=lambda w: models_of("predict", w.name),
        known="results/{dataset}/sequences.parquet",
        files=ancient(lambda w: settings.files_read(config, w.dataset, config["predict"][w.name])),
    output:
        predictions=temp("results/{dataset}/predict/chunks/{name}.{scatteritem}.npz"),
    log:
        "results/{dataset}/predict/chunks/{name}.{scatteritem}.predict_chunk.log",
    benchmark:
        "results/{dataset}/predict/chunks/{name}.{scatteritem}.predict_chunk.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["predict"])),
    conda:
        "../envs/learn.yaml"
    threads: lambda w: scoring_threads("predict", w.name)
    resources:
        mem_mb=memory("predict"),
        runtime=runtime("predict"),
    params:
        code=code("predict"),
        settings=settings_of("predict"),
    shell:
        "python {input.script:q} --model {input.models:q} --settings {params.settings:q}"
        " --known {input.known:q} --threads {threads} --chunk {wildcards.scatteritem}"
        " --predictions {output.predictions:q} > {log:q} 2>&1"


rule predict:
    input:
        script=script("predict"),
        models=lambda w: models_of("predict", w.name),
        known="results/{dataset}/sequences.parquet",
        files=ancient(lambda w: settings.files_read(config, w.dataset, config["predict"][w.name])),
        parts=lambda w: prediction_chunks(w.dataset, w.name),
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
    threads: lambda w, input: scoring_threads("predict", w.name, joins=bool(input.parts))
    resources:
        mem_mb=memory("predict"),
        runtime=runtime("predict"),
    params:
        code=code("predict"),
        state=str(layout.prediction_state(RESULTS, "{dataset}", "{name}")),
        settings=settings_of("predict"),
        parts=lambda w, input: f"--parts {input.parts}" if input.parts else "",
    shell:
        "python {input.script:q} --model {input.models:q} --settings {params.settings:q}"
        " --known {input.known:q} --threads {threads} {params.parts}"
        " --predictions {output.predictions:q} --state {params.state:q}"
        " > {log:q} 2>&1"
