# Variants of a genome, scored by trained models; how right such effects are where that is known.
#
# Needs   model.keras or model.npz of all runs of a model, and motifs.meme of an explained one;
#         variants and genome; of simulated data sequences.parquet, planted.bed, split.npz
# Makes   results/DATASET/variants: NAME.tsv.gz, NAME.vcf.gz, NAME.vcf.gz.tbi, NAME.json,
#         NAME.maps.npz, NAME.svg, NAME.png, NAME.pdf; results/DATASET/effects.json


rule score_variants_chunk:
    input:
        script=script("score_variants"),
        models=lambda w: models_of("variants", w.name),
        motifs=lambda w: motifs_of("variants", w.name)[:1],
        files=ancient(lambda w: settings.variant_files(config, w.name)),
    output:
        table=temp("results/{dataset}/variants/chunks/{name}.{scatteritem}.tsv"),
    log:
        "results/{dataset}/variants/chunks/{name}.{scatteritem}.score_variants_chunk.log",
    benchmark:
        "results/{dataset}/variants/chunks/{name}.{scatteritem}.score_variants_chunk.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["variants"])),
    conda:
        "../envs/learn.yaml"
    threads: lambda w: scoring_threads("variants", w.name)
    resources:
        mem_mb=memory("score_variants"),
        runtime=runtime("score_variants"),
    params:
        code=code("score_variants"),
        settings=settings_of("score_variants"),
        vcf=lambda w: config["variants"][w.name]["vcf"],
        genome=lambda w: settings.variant_genome(config, w.name),
        motifs=lambda w, input: f"--motifs {input.motifs}" if input.motifs else "",
    shell:
        "python {input.script:q} --model {input.models:q} --variants {params.vcf:q}"
        " --genome {params.genome:q} {params.motifs} --settings {params.settings:q}"
        " --threads {threads} --chunk {wildcards.scatteritem} --table {output.table:q}"
        " > {log:q} 2>&1"


rule score_variants:
    input:
        script=script("score_variants"),
        models=lambda w: models_of("variants", w.name),
        motifs=lambda w: motifs_of("variants", w.name)[:1],
        files=ancient(lambda w: settings.variant_files(config, w.name)),
        parts=lambda w: variant_chunks(w.dataset, w.name),
    output:
        table="results/{dataset}/variants/{name}.tsv.gz",
        vcf="results/{dataset}/variants/{name}.vcf.gz",
        index="results/{dataset}/variants/{name}.vcf.gz.tbi",
        summary="results/{dataset}/variants/{name}.json",
        maps="results/{dataset}/variants/{name}.maps.npz",
    log:
        "results/{dataset}/variants/{name}.score_variants.log",
    benchmark:
        "results/{dataset}/variants/{name}.score_variants.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["variants"])),
    conda:
        "../envs/learn.yaml"
    threads: lambda w, input: scoring_threads("variants", w.name, joins=bool(input.parts))
    resources:
        mem_mb=memory("score_variants"),
        runtime=runtime("score_variants"),
    params:
        code=code("score_variants"),
        state=str(layout.variant_state(RESULTS, "{dataset}", "{name}")),
        settings=settings_of("score_variants"),
        vcf=lambda w: config["variants"][w.name]["vcf"],
        genome=lambda w: settings.variant_genome(config, w.name),
        motifs=lambda w, input: f"--motifs {input.motifs}" if input.motifs else "",
        parts=lambda w, input: f"--parts {input.parts}" if input.parts else "",
    shell:
        "python {input.script:q} --model {input.models:q} --variants {params.vcf:q}"
        " --genome {params.genome:q} {params.motifs} --settings {params.settings:q}"
        " --threads {threads} {params.parts} --table {output.table:q} --vcf {output.vcf:q}"
        " --summary {output.summary:q} --maps {output.maps:q} --state {params.state:q}"
        " > {log:q} 2>&1"


rule plot_variants:
    input:
        script=script("plot_variants"),
        maps="results/{dataset}/variants/{name}.maps.npz",
    output:
        svg=report(
            "results/{dataset}/variants/{name}.svg",
            caption="../report/variants.rst",
            category="Variants",
            subcategory="{dataset}",
            labels={"variants": "{name}"},
        ),
        png="results/{dataset}/variants/{name}.png",
        pdf="results/{dataset}/variants/{name}.pdf",
    log:
        "results/{dataset}/variants/{name}.plot_variants.log",
    benchmark:
        "results/{dataset}/variants/{name}.plot_variants.benchmark.tsv"
    wildcard_constraints:
        name=settings.pattern(list(config["variants"])),
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_variants"),
        runtime=runtime("plot_variants"),
    params:
        code=code("plot_variants"),
        settings=settings_of("plot_variants"),
    shell:
        "python {input.script:q} --maps {input.maps:q} --settings {params.settings:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule check_effects:
    input:
        script=script("check_effects"),
        sequences="results/{dataset}/sequences.parquet",
        planted="results/{dataset}/planted.bed",
        split="results/{dataset}/fold1/split.npz",
        models=lambda w: compared_models(w.dataset),
    output:
        effects="results/{dataset}/effects.json",
    log:
        "results/{dataset}/check_effects.log",
    benchmark:
        "results/{dataset}/check_effects.benchmark.tsv"
    conda:
        "../envs/learn.yaml"
    resources:
        mem_mb=memory("check_effects"),
        runtime=runtime("check_effects"),
    params:
        code=code("check_effects"),
        settings=settings_of("check_effects"),
        # A function, because the names of models are those of this dataset.
        runs=lambda w: compared_flags(w.dataset),
    shell:
        "python {input.script:q} --sequences {input.sequences:q} --planted {input.planted:q}"
        " --split {input.split:q} --settings {params.settings:q} {params.runs}"
        " --effects {output.effects:q} > {log:q} 2>&1"
