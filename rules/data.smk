# From a simulation or a user's files to numbers: sequences, audit, one-hot encoding, split.
#
# Needs   the config; sources, genome and addresses that it names
# Makes   results/downloads/SHA256/NAME
#         results/DATASET: sequences.parquet, planted.bed (simulated), audit.json, giveaways.tsv,
#         figures/giveaways, encoded.npz, groups.tsv
#         results/DATASET/foldN: split.npz, leakage.json, related.tsv


# Large data are simulated and encoded in parts, which are jobs of their own.
scattergather:
    chunks=config["chunks"]["number"],


rule simulate_chunk:
    input:
        script=script("simulate"),
    output:
        sequences=temp("results/{dataset}/chunks/simulate.{scatteritem}.parquet"),
        planted=temp("results/{dataset}/chunks/simulate.{scatteritem}.bed"),
    log:
        "results/{dataset}/chunks/{scatteritem}.simulate_chunk.log",
    benchmark:
        "results/{dataset}/chunks/{scatteritem}.simulate_chunk.benchmark.tsv"
    wildcard_constraints:
        dataset=settings.pattern(SIMULATED),
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("simulate"),
        runtime=runtime("simulate"),
    params:
        code=code("simulate"),
        settings=settings_of("simulate"),
    shell:
        "python {input.script:q} --settings {params.settings:q} --chunk {wildcards.scatteritem}"
        " --sequences {output.sequences:q} --planted {output.planted:q} > {log:q} 2>&1"


rule simulate:
    input:
        script=script("simulate"),
        sequences=lambda w: dataset_chunks(w.dataset, "simulate", "parquet"),
        planted=lambda w: dataset_chunks(w.dataset, "simulate", "bed"),
    output:
        sequences="results/{dataset}/sequences.parquet",
        planted="results/{dataset}/planted.bed",
    log:
        "results/{dataset}/simulate.log",
    benchmark:
        "results/{dataset}/simulate.benchmark.tsv"
    wildcard_constraints:
        dataset=settings.pattern(SIMULATED),
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("simulate"),
        runtime=runtime("simulate"),
    params:
        code=code("simulate"),
        settings=settings_of("simulate"),
        parts=lambda w, input: " ".join(
            f"--parts {pair[0]} {pair[1]}" for pair in zip(input.sequences, input.planted)
        ),
    shell:
        "python {input.script:q} --settings {params.settings:q} {params.parts}"
        " --sequences {output.sequences:q} --planted {output.planted:q} > {log:q} 2>&1"


os.environ.update(addresses.environment(settings.downloads(config)))


rule download:
    input:
        # A file is what its checksum says, whatever fetched it: changed code fetches nothing again.
        script=ancient(script("download")),
    output:
        file=f"{settings.DOWNLOADS}/{{sha256}}/{{name}}",
    log:
        f"{settings.DOWNLOADS}/{{sha256}}/{{name}}.download.log",
    benchmark:
        f"{settings.DOWNLOADS}/{{sha256}}/{{name}}.download.benchmark.tsv"
    wildcard_constraints:
        sha256="[0-9a-f]{64}",
        name=settings.pattern([Path(path).name for path in settings.downloads(config)]),
    localrule: True  # the nodes of a cluster often have no way out
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("download"),
        runtime=runtime("download"),
        # No params: another limit fetches nothing again.
        limits=" ".join(f"--{name} {limit}" for name, limit in config["downloads"].items()),
    params:
        address=lambda w, output: addresses.flags(settings.downloads(config), output.file),
    shell:
        "python {input.script:q} {params.address} --sha256 {wildcards.sha256}"
        " {resources.limits} --file {output.file:q} > {log:q} 2>&1"


rule import_sequences:
    input:
        script=script("import_sequences"),
        # Their content decides, which is among the settings; what time they have does not matter.
        files=ancient(
            lambda w: settings.files_read(config, w.dataset, config["datasets"][w.dataset])
        ),
    output:
        sequences="results/{dataset}/sequences.parquet",
    log:
        "results/{dataset}/import_sequences.log",
    benchmark:
        "results/{dataset}/import_sequences.benchmark.tsv"
    wildcard_constraints:
        dataset=settings.pattern(IMPORTED),
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("import_sequences"),
        runtime=runtime("import_sequences"),
    params:
        code=code("import_sequences"),
        settings=settings_of("import_sequences"),
    shell:
        "python {input.script:q} --settings {params.settings:q}"
        " --sequences {output.sequences:q} > {log:q} 2>&1"


rule audit:
    input:
        script=script("audit"),
        sequences="results/{dataset}/sequences.parquet",
    output:
        audit="results/{dataset}/audit.json",
        giveaways="results/{dataset}/giveaways.tsv",
    log:
        "results/{dataset}/audit.log",
    benchmark:
        "results/{dataset}/audit.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("audit"),
        runtime=runtime("audit"),
    params:
        code=code("audit"),
        settings=settings_of("audit"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q}"
        " --settings {params.settings:q} --audit {output.audit:q}"
        " --giveaways {output.giveaways:q} > {log:q} 2>&1"


rule plot_giveaways:
    input:
        script=script("plot_giveaways"),
        giveaways="results/{dataset}/giveaways.tsv",
    output:
        svg=report(
            "results/{dataset}/figures/giveaways.svg",
            caption="../report/giveaways.rst",
            category="Data",
            labels={"dataset": "{dataset}", "figure": "giveaways"},
        ),
        png="results/{dataset}/figures/giveaways.png",
        pdf="results/{dataset}/figures/giveaways.pdf",
    log:
        "results/{dataset}/plot_giveaways.log",
    benchmark:
        "results/{dataset}/plot_giveaways.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_giveaways"),
        runtime=runtime("plot_giveaways"),
    params:
        code=code("plot_giveaways"),
        settings=settings_of("plot_giveaways"),
    shell:
        "python {input.script:q} --giveaways {input.giveaways:q} --settings {params.settings:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule encode_chunk:
    input:
        script=script("encode"),
        sequences="results/{dataset}/sequences.parquet",
    output:
        encoded=temp("results/{dataset}/chunks/encode.{scatteritem}.npz"),
    log:
        "results/{dataset}/chunks/{scatteritem}.encode_chunk.log",
    benchmark:
        "results/{dataset}/chunks/{scatteritem}.encode_chunk.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("encode"),
        runtime=runtime("encode"),
    params:
        code=code("encode"),
        settings=settings_of("encode"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q} --chunk {wildcards.scatteritem}"
        " --settings {params.settings:q} --encoded {output.encoded:q} > {log:q} 2>&1"


rule encode:
    input:
        script=script("encode"),
        sequences="results/{dataset}/sequences.parquet",
        parts=lambda w: dataset_chunks(w.dataset, "encode", "npz"),
    output:
        encoded="results/{dataset}/encoded.npz",
    log:
        "results/{dataset}/encode.log",
    benchmark:
        "results/{dataset}/encode.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("encode"),
        runtime=runtime("encode"),
    params:
        code=code("encode"),
        settings=settings_of("encode"),
        parts=lambda w, input: f"--parts {input.parts}" if input.parts else "",
    shell:
        "python {input.script:q} --sequences {input.sequences:q} {params.parts}"
        " --settings {params.settings:q} --encoded {output.encoded:q} > {log:q} 2>&1"


rule find_groups:
    input:
        script=script("find_groups"),
        sequences="results/{dataset}/sequences.parquet",
    output:
        groups="results/{dataset}/groups.tsv",
    log:
        "results/{dataset}/find_groups.log",
    benchmark:
        "results/{dataset}/find_groups.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("find_groups"),
        runtime=runtime("find_groups"),
    params:
        code=code("find_groups"),
        settings=settings_of("find_groups"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q}"
        " --settings {params.settings:q} --groups {output.groups:q} > {log:q} 2>&1"


rule split:
    input:
        script=script("split"),
        sequences="results/{dataset}/sequences.parquet",
        encoded="results/{dataset}/encoded.npz",
        groups="results/{dataset}/groups.tsv",
    output:
        split="results/{dataset}/fold{fold}/split.npz",
    log:
        "results/{dataset}/fold{fold}/split.log",
    benchmark:
        "results/{dataset}/fold{fold}/split.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("split"),
        runtime=runtime("split"),
    params:
        code=code("split"),
        settings=settings_of("split"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q} --encoded {input.encoded:q}"
        " --groups {input.groups:q} --settings {params.settings:q} --fold {wildcards.fold}"
        " --split {output.split:q} > {log:q} 2>&1"


rule audit_split:
    input:
        script=script("audit_split"),
        sequences="results/{dataset}/sequences.parquet",
        encoded="results/{dataset}/encoded.npz",
        groups="results/{dataset}/groups.tsv",
        split="results/{dataset}/fold{fold}/split.npz",
    output:
        leakage="results/{dataset}/fold{fold}/leakage.json",
        related="results/{dataset}/fold{fold}/related.tsv",
    log:
        "results/{dataset}/fold{fold}/audit_split.log",
    benchmark:
        "results/{dataset}/fold{fold}/audit_split.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("audit_split"),
        runtime=runtime("audit_split"),
    params:
        code=code("audit_split"),
        settings=settings_of("audit_split"),
    shell:
        "python {input.script:q} --sequences {input.sequences:q} --encoded {input.encoded:q}"
        " --groups {input.groups:q} --split {input.split:q} --settings {params.settings:q}"
        " --leakage {output.leakage:q} --related {output.related:q} > {log:q} 2>&1"
