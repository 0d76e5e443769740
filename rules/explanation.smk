# What it learned: where a network attends.


rule plot_attention:
    input:
        script=script("plot_attention"),
        library=library("plot_attention"),
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
        settings=settings.as_json(config["plots"]),
    shell:
        "python {input.script:q} --attention {input.attention:q}"
        " --sequences {input.sequences:q} --predictions {input.predictions:q}"
        " --settings {params.settings:q}"
        " --svg {output.svg:q} --png {output.png:q} > {log:q} 2>&1"
