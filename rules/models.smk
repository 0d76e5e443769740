# What learns: networks, simple baselines, and the best possible classifier. All of them make a
# predictions.tsv.gz of the same form.
#
# Needs   sequences.parquet (ids), encoded.npz and split.npz of a fold; score_oracle: no encoded.npz
# Makes   results/DATASET/foldN/MODEL/seedN: predictions.tsv.gz
#         networks: model.keras, history.tsv, training.json, calibration.json, attention.npz
#         baselines: model.npz


rule train:
    input:
        script=script("train"),
        sequences="results/{dataset}/sequences.parquet",
        encoded="results/{dataset}/encoded.npz",
        split="results/{dataset}/fold{fold}/split.npz",
    output:
        model=f"{RUN}/model.keras",
        history=f"{RUN}/history.tsv",
        training=f"{RUN}/training.json",
        calibration=f"{RUN}/calibration.json",
        predictions=f"{RUN}/predictions.tsv.gz",
        attention=f"{RUN}/attention.npz",
    log:
        f"{RUN}/train.log",
    benchmark:
        f"{RUN}/train.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    # The longest chain of jobs begins here: other jobs fill what is left of the cores.
    priority: 1
    conda:
        "../envs/learn.yaml"
    threads: run_threads("train")
    resources:
        gpu=lambda w: gpus(w.dataset, w.model),
        mem_mb=memory("train"),
        runtime=runtime("train"),
    params:
        code=code("train"),
        state=str(layout.training_state(Path(RUN))),
        settings=settings_of("train"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q} --encoded {input.encoded:q}"
        " --split {input.split:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --model {output.model:q} --history {output.history:q}"
        " --training {output.training:q} --calibration {output.calibration:q}"
        " --predictions {output.predictions:q} --attention {output.attention:q}"
        " --state {params.state:q} --threads {threads} > {log:q} 2>&1"


rule fit_baseline:
    input:
        script=script("fit_baseline"),
        sequences="results/{dataset}/sequences.parquet",
        encoded="results/{dataset}/encoded.npz",
        split="results/{dataset}/fold{fold}/split.npz",
    output:
        model=f"{RUN}/model.npz",
        predictions=f"{RUN}/predictions.tsv.gz",
    log:
        f"{RUN}/fit_baseline.log",
    benchmark:
        f"{RUN}/fit_baseline.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(BASELINES),
    conda:
        "../envs/learn.yaml"
    # Of the baselines gkm_svm alone computes on several cores, in code that Numba compiles.
    threads: lambda w: gkm_svm_threads(w.model)
    resources:
        mem_mb=memory("fit_baseline"),
        runtime=runtime("fit_baseline"),
    params:
        code=code("fit_baseline"),
        settings=settings_of("fit_baseline"),
    shell:
        "NUMBA_NUM_THREADS={threads} python {input.script:q} --sequences {input.sequences:q} --encoded {input.encoded:q}"
        " --split {input.split:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --model {output.model:q} --predictions {output.predictions:q} > {log:q} 2>&1"


rule score_oracle:
    input:
        script=script("score_oracle"),
        sequences="results/{dataset}/sequences.parquet",
        split="results/{dataset}/fold{fold}/split.npz",
    output:
        predictions=f"{RUN}/predictions.tsv.gz",
    log:
        f"{RUN}/score_oracle.log",
    benchmark:
        f"{RUN}/score_oracle.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(ORACLES),
        dataset=settings.pattern(SIMULATED),
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("score_oracle"),
        runtime=runtime("score_oracle"),
    params:
        code=code("score_oracle"),
        settings=settings_of("score_oracle"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q} --split {input.split:q}"
        " --settings {params.settings:q} --predictions {output.predictions:q} > {log:q} 2>&1"
