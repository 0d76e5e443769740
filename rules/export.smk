# Networks for other programs, and a card that says what they are.
#
# Needs   model.keras and encoded.npz; for the card audit.json, giveaways.tsv, leakage.json,
#         metrics.tsv, comparison.tsv, and of the run metrics.json, calibration.json and, if it is
#         explained, motifs.json and explanation_scores.json; for their checksums sequences.parquet
#         and the user's files
# Makes   results/DATASET/foldN/MODEL/seedN/export: model.json, model.onnx, example.py,
#         saved_model/, MODEL_CARD.md


# Each format by a job of its own: what one has made stays, whatever becomes of another.
rule export_onnx:
    input:
        script=script("export"),
        example=from_here(Path(HERE, "scripts", "attendna", "use", "example.py")),
        model=f"{RUN}/model.keras",
        encoded="results/{dataset}/encoded.npz",
    output:
        onnx=f"{RUN}/export/model.onnx",
        example=f"{RUN}/export/example.py",
    log:
        f"{RUN}/export/export_onnx.log",
    benchmark:
        f"{RUN}/export/export_onnx.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    conda:
        "../envs/learn.yaml"
    resources:
        mem_mb=memory("export_onnx"),
        runtime=runtime("export_onnx"),
    params:
        code=code("export"),
        settings=settings_of("export"),
    shell:
        "python {input.script:q} --model {input.model:q} --encoded {input.encoded:q}"
        " --run {wildcards.dataset} {wildcards.fold} {wildcards.model} {wildcards.seed}"
        " --settings {params.settings:q} --onnx {output.onnx:q} --example {output.example:q}"
        " > {log:q} 2>&1"


rule export_saved_model:
    input:
        script=script("export"),
        model=f"{RUN}/model.keras",
        encoded="results/{dataset}/encoded.npz",
    output:
        files=exported_files("saved_model"),
    log:
        f"{RUN}/export/export_saved_model.log",
    benchmark:
        f"{RUN}/export/export_saved_model.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    conda:
        "../envs/learn.yaml"
    resources:
        mem_mb=memory("export_saved_model"),
        runtime=runtime("export_saved_model"),
    params:
        code=code("export"),
        settings=settings_of("export"),
        folder=f"{RUN}/export/saved_model",
    shell:
        "python {input.script:q} --model {input.model:q} --encoded {input.encoded:q}"
        " --run {wildcards.dataset} {wildcards.fold} {wildcards.model} {wildcards.seed}"
        " --settings {params.settings:q} --saved-model {params.folder:q}"
        " > {log:q} 2>&1"


# What the files hold, once all of them are there.
rule export:
    input:
        script=script("export"),
        model=f"{RUN}/model.keras",
        files=[path for name in config["export"]["formats"] for path in exported_files(name)],
    output:
        facts=f"{RUN}/export/model.json",
    log:
        f"{RUN}/export/export.log",
    benchmark:
        f"{RUN}/export/export.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    conda:
        "../envs/learn.yaml"
    resources:
        mem_mb=memory("export"),
        runtime=runtime("export"),
    params:
        code=code("export"),
        settings=settings_of("export"),
    shell:
        "python {input.script:q} --model {input.model:q}"
        " --run {wildcards.dataset} {wildcards.fold} {wildcards.model} {wildcards.seed}"
        " --settings {params.settings:q} --files {input.files:q} --facts {output.facts:q}"
        " > {log:q} 2>&1"


rule write_card:
    input:
        script=script("write_card"),
        facts=f"{RUN}/export/model.json",
        audit="results/{dataset}/audit.json",
        giveaways="results/{dataset}/giveaways.tsv",
        sequences="results/{dataset}/sequences.parquet",
        leakage="results/{dataset}/fold{fold}/leakage.json",
        metrics="results/{dataset}/metrics.tsv",
        comparison="results/{dataset}/comparison.tsv",
        measured=f"{RUN}/metrics.json",
        calibration=f"{RUN}/calibration.json",
        motifs=lambda w: explained_of(w, "motifs.json"),
        explained=lambda w: explained_of(w, "explanation_scores.json"),
        files=ancient(lambda w: files_of_data(w.dataset)),
    output:
        card=f"{RUN}/export/MODEL_CARD.md",
    log:
        f"{RUN}/export/write_card.log",
    benchmark:
        f"{RUN}/export/write_card.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("write_card"),
        runtime=runtime("write_card"),
    params:
        code=code("write_card"),
        settings=settings_of("write_card"),
        motifs=lambda w, input: (
            f"--motifs {input.motifs} --explained {input.explained}" if input.motifs else ""
        ),
    shell:
        "python {input.script:q} --facts {input.facts:q} --audit {input.audit:q}"
        " --giveaways {input.giveaways:q} --sequences {input.sequences:q}"
        " --leakage {input.leakage:q} --metrics {input.metrics:q}"
        " --comparison {input.comparison:q}"
        " --measured {input.measured:q} --calibration {input.calibration:q} {params.motifs}"
        " --settings {params.settings:q} --card {output.card:q} > {log:q} 2>&1"
