# Genomes, scanned by trained models.
#
# Needs   model.keras or model.npz of all runs of a model; motifs.meme of those that are explained;
#         sequences.parquet of the dataset; a genome
# Makes   results/DATASET/scans/NAME.tsv.gz, NAME.bed, NAME.json, and a bigWig for each class in NAME/


rule scan_genome_chunk:
    input:
        script=script("scan_genome"),
        models=lambda w: models_of("scans", w.name),
        known="results/{dataset}/sequences.parquet",
        files=ancient(lambda w: settings.scanned_files(config, w.name)),
    output:
        scores=temp("results/{dataset}/scans/chunks/{name}.{scatteritem}.npz"),
    log:
        "results/{dataset}/scans/chunks/{name}.{scatteritem}.scan_genome_chunk.log",
    benchmark:
        "results/{dataset}/scans/chunks/{name}.{scatteritem}.scan_genome_chunk.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["scans"])),
    conda:
        "../envs/scan.yaml"
    threads: lambda w: scoring_threads("scans", w.name)
    resources:
        mem_mb=memory("scan_genome"),
        runtime=runtime("scan_genome"),
    params:
        code=code("scan_genome"),
        settings=settings_of("scan_genome"),
        state=lambda w: str(layout.scan_state(RESULTS, w.dataset, f"{w.name}.{w.scatteritem}")),
    shell:
        "python {input.script:q} --model {input.models:q} --settings {params.settings:q}"
        " --known {input.known:q} --threads {threads} --chunk {wildcards.scatteritem}"
        " --scores {output.scores:q} --state {params.state:q} > {log:q} 2>&1"


rule scan_genome:
    input:
        script=script("scan_genome"),
        models=lambda w: models_of("scans", w.name),
        motifs=lambda w: motifs_of("scans", w.name),
        known="results/{dataset}/sequences.parquet",
        files=ancient(lambda w: settings.scanned_files(config, w.name)),
        parts=lambda w: scanning_chunks(w.dataset, w.name),
    output:
        peaks="results/{dataset}/scans/{name}.tsv.gz",
        bed="results/{dataset}/scans/{name}.bed",
        summary="results/{dataset}/scans/{name}.json",
        tracks=directory("results/{dataset}/scans/{name}"),
    log:
        "results/{dataset}/scans/{name}.scan_genome.log",
    benchmark:
        "results/{dataset}/scans/{name}.scan_genome.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["scans"])),
    conda:
        "../envs/scan.yaml"
    threads: lambda w, input: scoring_threads("scans", w.name, joins=bool(input.parts))
    resources:
        mem_mb=memory("scan_genome"),
        runtime=runtime("scan_genome"),
    params:
        code=code("scan_genome"),
        settings=settings_of("scan_genome"),
        state=str(layout.scan_state(RESULTS, "{dataset}", "{name}")),
        parts=lambda w, input: f"--parts {input.parts}" if input.parts else "",
    shell:
        "python {input.script:q} --model {input.models:q} --settings {params.settings:q}"
        " --known {input.known:q} --threads {threads} --motifs {input.motifs:q} {params.parts}"
        " --output {output.tracks:q} --state {params.state:q} > {log:q} 2>&1"
