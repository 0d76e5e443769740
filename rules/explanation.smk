# What a network learned: where it attends, which bases and motifs it relies on, and tests of these
# explanations.
#
# Needs   model.keras, attention.npz and predictions.tsv.gz of a network; sequences.parquet,
#         encoded.npz, groups.tsv, split.npz; planted.bed (simulated)
# Makes   results/DATASET/foldN/MODEL/seedN: figures/attention, of every network; of those that are
#         explained: attributions.npz, untrained.npz, perturbations.npz, filters.npz, motifs.json,
#         motifs.meme, filters.meme, motif_matches.tsv, motif_hits.bed, rules.tsv,
#         rule_effects.tsv.gz, rules.json, explanation_scores.json, figures/motifs,
#         figures/motif_positions, figures/contributions, figures/rules


rule plot_attention:
    input:
        script=script("plot_attention"),
        attention=f"{RUN}/attention.npz",
        sequences="results/{dataset}/sequences.parquet",
        predictions=f"{RUN}/predictions.tsv.gz",
    output:
        svg=report(
            f"{RUN}/figures/attention.svg",
            caption="../report/attention.rst",
            category="Attention",
            subcategory="{dataset}",
            labels={"model": "{model}", "fold": "{fold}", "seed": "{seed}"},
        ),
        png=f"{RUN}/figures/attention.png",
        pdf=f"{RUN}/figures/attention.pdf",
    log:
        f"{RUN}/plot_attention.log",
    benchmark:
        f"{RUN}/plot_attention.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_attention"),
        runtime=runtime("plot_attention"),
    params:
        code=code("plot_attention"),
        settings=settings_of("plot_attention"),
    shell:
        "python {input.script:q} --attention {input.attention:q}"
        " --sequences {input.sequences:q} --predictions {input.predictions:q}"
        " --settings {params.settings:q}"
        " --svg {output.svg:q} --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule attribute:
    input:
        script=script("attribute"),
        model=f"{RUN}/model.keras",
        sequences="results/{dataset}/sequences.parquet",
        encoded="results/{dataset}/encoded.npz",
        split="results/{dataset}/fold{fold}/split.npz",
    output:
        attributions=f"{RUN}/attributions.npz",
        untrained=f"{RUN}/untrained.npz",
        perturbations=f"{RUN}/perturbations.npz",
        filters=f"{RUN}/filters.npz",
    log:
        f"{RUN}/attribute.log",
    benchmark:
        f"{RUN}/attribute.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    priority: 1  # it ends the longest chain of jobs
    conda:
        "../envs/learn.yaml"
    threads: run_threads("attribute")
    resources:
        gpu=lambda w: min(1, gpus(w.dataset, w.model)),
        mem_mb=memory("attribute"),
        runtime=runtime("attribute"),
    params:
        code=code("attribute"),
        state=str(layout.attribution_state(Path(RUN))),
        settings=settings_of("attribute"),
    shell:
        "python {input.script:q} --model {input.model:q} --sequences {input.sequences:q}"
        " --encoded {input.encoded:q} --split {input.split:q} --settings {params.settings:q}"
        " --attributions {output.attributions:q} --untrained {output.untrained:q}"
        " --perturbations {output.perturbations:q} --filters {output.filters:q}"
        " --state {params.state:q} --threads {threads} > {log:q} 2>&1"


rule score_explanations:
    input:
        script=script("score_explanations"),
        attributions=f"{RUN}/attributions.npz",
        untrained=f"{RUN}/untrained.npz",
        perturbations=f"{RUN}/perturbations.npz",
        motifs=f"{RUN}/motifs.json",
        encoded="results/{dataset}/encoded.npz",
        groups="results/{dataset}/groups.tsv",
        planted=lambda w: ("results/{dataset}/planted.bed" if w.dataset in SIMULATED else []),
        others=lambda w: list(other_seeds(w).values()),
    output:
        scores=f"{RUN}/explanation_scores.json",
    log:
        f"{RUN}/score_explanations.log",
    benchmark:
        f"{RUN}/score_explanations.benchmark.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory("score_explanations"),
        runtime=runtime("score_explanations"),
    params:
        code=code("score_explanations"),
        settings=settings_of("score_explanations"),
        # A function, because Snakemake would take braces in the simulation for wildcards.
        truth=lambda w: truth_of(w.dataset),
        others=lambda w: " ".join(f"--other {seed} {path}" for seed, path in other_seeds(w).items()),
    shell:
        "python {input.script:q} --attributions {input.attributions:q}"
        " --untrained {input.untrained:q} --perturbations {input.perturbations:q}"
        " --encoded {input.encoded:q} --groups {input.groups:q} --settings {params.settings:q}"
        " --motifs {input.motifs:q}"
        " {params.truth} {params.others} --scores {output.scores:q} > {log:q} 2>&1"


rule find_motifs:
    input:
        script=script("find_motifs"),
        attributions=f"{RUN}/attributions.npz",
        filters=f"{RUN}/filters.npz",
        encoded="results/{dataset}/encoded.npz",
    output:
        motifs=f"{RUN}/motifs.json",
        meme=f"{RUN}/motifs.meme",
        filter_meme=f"{RUN}/filters.meme",
        matches=f"{RUN}/motif_matches.tsv",
        hits=f"{RUN}/motif_hits.bed",
    log:
        f"{RUN}/find_motifs.log",
    benchmark:
        f"{RUN}/find_motifs.benchmark.tsv"
    priority: 1  # it ends the longest chain of jobs
    conda:
        "../envs/motifs.yaml"
    threads: run_threads("find_motifs")
    resources:
        mem_mb=memory("find_motifs"),
        runtime=runtime("find_motifs"),
    params:
        code=code("find_motifs"),
        settings=settings_of("find_motifs"),
        # A function, because Snakemake would take braces in the simulation for wildcards.
        simulation=lambda w: simulation_flag(w.dataset),
    shell:
        "NUMBA_NUM_THREADS={threads} python {input.script:q} --attributions {input.attributions:q}"
        " --filters {input.filters:q} --encoded {input.encoded:q} --threads {threads}"
        " --settings {params.settings:q} {params.simulation} --motifs {output.motifs:q}"
        " --meme {output.meme:q} --filter-meme {output.filter_meme:q}"
        " --matches {output.matches:q} --hits {output.hits:q} > {log:q} 2>&1"


rule find_rules:
    input:
        script=script("find_rules"),
        model=f"{RUN}/model.keras",
        motifs=f"{RUN}/motifs.json",
        encoded="results/{dataset}/encoded.npz",
        split="results/{dataset}/fold{fold}/split.npz",
    output:
        rules=f"{RUN}/rules.tsv",
        effects=f"{RUN}/rule_effects.tsv.gz",
        summary=f"{RUN}/rules.json",
    log:
        f"{RUN}/find_rules.log",
    benchmark:
        f"{RUN}/find_rules.benchmark.tsv"
    wildcard_constraints:
        model=settings.pattern(NETWORKS),
    priority: 1  # it ends the longest chain of jobs
    conda:
        "../envs/learn.yaml"
    threads: run_threads("find_rules")
    resources:
        gpu=lambda w: min(1, gpus(w.dataset, w.model)),
        mem_mb=memory("find_rules"),
        runtime=runtime("find_rules"),
    params:
        code=code("find_rules"),
        settings=settings_of("find_rules"),
        # A function, because Snakemake would take braces in the simulation for wildcards.
        simulation=lambda w: simulation_flag(w.dataset),
    shell:
        "python {input.script:q} --model {input.model:q} --motifs {input.motifs:q}"
        " --encoded {input.encoded:q} --split {input.split:q} --settings {params.settings:q}"
        " {params.simulation} --threads {threads} --rules {output.rules:q}"
        " --effects {output.effects:q} --summary {output.summary:q} > {log:q} 2>&1"


rule plot_explanations:
    input:
        script=script("plot_explanations"),
        attributions=f"{RUN}/attributions.npz",
        motifs=f"{RUN}/motifs.json",
        hits=f"{RUN}/motif_hits.bed",
        rules=f"{RUN}/rules.tsv",
        effects=f"{RUN}/rule_effects.tsv.gz",
        summary=f"{RUN}/rules.json",
        encoded="results/{dataset}/encoded.npz",
        planted=lambda w: ("results/{dataset}/planted.bed" if w.dataset in SIMULATED else []),
    output:
        svg=report(
            f"{RUN}/figures/motifs.svg",
            caption="../report/motifs.rst",
            category="Motifs",
            subcategory="{dataset}",
            labels={"model": "{model}", "fold": "{fold}", "seed": "{seed}"},
        ),
        png=f"{RUN}/figures/motifs.png",
        pdf=f"{RUN}/figures/motifs.pdf",
        positions_svg=f"{RUN}/figures/motif_positions.svg",
        positions_png=f"{RUN}/figures/motif_positions.png",
        positions_pdf=f"{RUN}/figures/motif_positions.pdf",
        contributions_svg=f"{RUN}/figures/contributions.svg",
        contributions_png=f"{RUN}/figures/contributions.png",
        contributions_pdf=f"{RUN}/figures/contributions.pdf",
        rules_svg=f"{RUN}/figures/rules.svg",
        rules_png=f"{RUN}/figures/rules.png",
        rules_pdf=f"{RUN}/figures/rules.pdf",
    log:
        f"{RUN}/plot_explanations.log",
    benchmark:
        f"{RUN}/plot_explanations.benchmark.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory("plot_explanations"),
        runtime=runtime("plot_explanations"),
    params:
        code=code("plot_explanations"),
        settings=settings_of("plot_explanations"),
        planted=lambda w, input: f"--planted {input.planted}" if input.planted else "",
    shell:
        "python {input.script:q} --attributions {input.attributions:q} --motifs {input.motifs:q}"
        " --hits {input.hits:q} --rules {input.rules:q} --effects {input.effects:q}"
        " --summary {input.summary:q} --encoded {input.encoded:q} {params.planted}"
        " --settings {params.settings:q} --figures $(dirname {output.svg:q}) > {log:q} 2>&1"
