"""What is computed again, and what is not."""

import os

import pytest
from clones import PARTS, Plan, script_of, touch

pytestmark = pytest.mark.slow

SPLIT = {"split", "audit_split"}
DATA = {"simulate", "import_sequences", "audit", "encode", "find_groups"} | SPLIT
LEARN = {"train", "fit_baseline", "score_oracle"}
MOTIFS = {"find_motifs", "find_rules", "score_explanations", "plot_explanations"}
EXPLAIN = {"attribute"} | MOTIFS
EXPORT = {"export_onnx", "export", "write_card"}
VARIANTS = {"score_variants", "plot_variants"}
FIGURES = {"plot_run", "plot_curves", "plot_calibration", "plot_comparison", "plot_attention"}
FIGURES |= {"plot_giveaways"}
SUMMARIES = {"collect_metrics", "compare_models", "plot_comparison", "plot_curves"} | {
    "plot_calibration",
    "report",
}


def hold(plan, reruns, keeps):
    """Check that these rules run and those don't."""
    assert reruns <= plan.rules
    assert not keeps & plan.rules


def without(plan, rules):
    """Leave jobs out: a card compares all runs, so another run writes it anew."""
    return Plan([job for job in plan.jobs if job.rule not in rules])


# ------------------------------------------------------------------------------ nothing


def test_a_second_run_does_nothing(clone):
    before = {path: path.stat().st_mtime_ns for path in clone.folder.glob("results/**/*")}
    assert "Nothing to be done" in clone.run()
    after = {path: path.stat().st_mtime_ns for path in clone.folder.glob("results/**/*")}
    assert before == after and len(before) > 50


def test_touching_all_code_does_nothing(clone):
    for part in PARTS:
        touch([clone.folder / part, *(clone.folder / part).rglob("*")])
    assert clone.plan().jobs == []


def test_an_old_content_that_comes_back_does_nothing(clone):
    script = clone.folder / "scripts" / "encode.py"
    content = script.read_text()
    clone.edit("scripts/encode.py")
    script.write_text(content)
    assert clone.plan().jobs == []


def test_a_touched_input_above_1_mb_does_nothing(clone):
    inputs = [clone.folder / "data" / name for name in ("bound.fa", "unbound.fa", "new.fa")]
    assert all(path.stat().st_size > 1e6 for path in inputs)
    touch(inputs)
    # Nor without the setting of the profile that lets Snakemake compare contents of this size.
    for size in ("1TB", "1MB"):
        assert clone.plan("--max-checksum-file-size", size).jobs == []


def test_touched_results_do_nothing(clone):
    touch(clone.folder.glob("results/*/*.npz"))
    touch(clone.folder.glob("results/*/*.parquet"))
    assert clone.plan().jobs == []


# ------------------------------------------------------------------------------ code


def test_an_edited_evaluation_reruns_it_and_what_follows_but_no_training(clone):
    clone.edit("scripts/evaluate.py")
    plan = clone.plan()
    follows = {"evaluate", "collect_metrics", "plot_run", "plot_comparison", "report"}
    hold(plan, follows, DATA | LEARN | {"compare_models", "plot_attention", "predict"})
    assert sum(job.rule == "evaluate" for job in plan.jobs) == 5


def test_an_edited_library_module_reruns_the_scripts_that_import_it(clone):
    clone.edit("scripts/attendna/evaluation/metrics.py")
    hold(clone.plan(), {"evaluate", "compare_models", "report"}, DATA | LEARN)


def test_an_edited_model_reruns_training_but_no_encoding(clone):
    clone.edit("scripts/attendna/learning/models.py")
    plan = clone.plan()
    hold(plan, {"train", "evaluate", "plot_attention", "report"}, DATA | LEARN - {"train"})
    assert sum(job.rule == "train" for job in plan.jobs) == 2


def test_edited_scores_of_explanations_rerun_no_attribution(clone):
    clone.edit("scripts/score_explanations.py")
    hold(clone.plan(), {"score_explanations", "report"}, DATA | LEARN | {"attribute", "evaluate"})


@pytest.mark.parametrize(
    ("module", "reruns", "keeps"),
    [
        # A new column of motif_matches.tsv is no reason to train, nor to attribute.
        ("contracts/motifs", MOTIFS, DATA | LEARN | FIGURES | {"attribute", "evaluate", "predict"}),
        (
            "contracts/encoded",
            {"encode"} | SPLIT | LEARN | {"evaluate"},
            DATA - SPLIT - {"encode"},
        ),
        (
            "learning/layers",
            {"train", "evaluate", "predict"} | EXPLAIN,
            DATA | LEARN - {"train"},
        ),
        (
            "learning/calibration",
            {"train", "evaluate"} | EXPLAIN,
            DATA | LEARN - {"train"} | {"predict"},
        ),
        (
            "data/splitting",
            SPLIT | LEARN | {"evaluate"} | EXPLAIN,
            DATA - SPLIT,
        ),
        (
            "reporting/figures",
            FIGURES | {"plot_explanations"},
            DATA
            | LEARN
            | EXPLAIN - {"plot_explanations"}
            | {"evaluate", "collect_metrics", "compare_models", "predict"},
        ),
        ("evaluation/comparison", {"compare_models"}, DATA | LEARN | EXPLAIN | {"evaluate"}),
        ("evaluation/subsets", {"evaluate", "compare_models"}, DATA | LEARN | EXPLAIN),
        ("explanation/discovery", MOTIFS, DATA | LEARN | {"attribute", "evaluate"}),
        (
            "explanation/pair_effects",
            {"find_rules", "plot_explanations"},
            DATA | LEARN | {"attribute", "find_motifs", "score_explanations", "evaluate"},
        ),
        (
            "explanation/planted_scores",
            {"score_explanations"},
            DATA | LEARN | {"attribute", "find_motifs", "find_rules", "evaluate"},
        ),
        ("use/onnx_graph", EXPORT, DATA | LEARN | EXPLAIN | FIGURES | {"evaluate", "predict"}),
        (
            "reporting/model_card",
            {"write_card"},
            DATA | LEARN | EXPLAIN | FIGURES | {"evaluate", "predict", "export_onnx", "export"},
        ),
        (
            "reporting/page",
            {"write_card"},
            DATA | LEARN | EXPLAIN | FIGURES | {"evaluate", "predict"},
        ),
    ],
)
def test_an_edited_module_reruns_what_uses_it_and_what_follows(clone, module, reruns, keeps):
    clone.edit(f"scripts/attendna/{module}.py")
    hold(clone.plan(), reruns | {"report"}, keeps)


def test_an_edited_reader_of_files_leaves_simulated_datasets_and_their_attributions_alone(clone):
    clone.edit("scripts/attendna/data/readers.py")
    plan = clone.plan()
    hold(plan, {"import_sequences", "predict", "report"}, {"simulate", "score_oracle"})
    assert plan.wildcard("dataset") == {"files"}


def test_an_edited_shuffle_reruns_what_shuffles(clone):
    clone.edit("scripts/attendna/shuffling.py")
    plan = clone.plan()
    # Filters may start from what stands out against shuffles, so networks are trained anew too.
    hold(plan, {"import_sequences", "train", "report"} | EXPLAIN, {"simulate", "score_oracle"})
    small = {job.rule for job in plan.jobs if job.wildcards.get("dataset") == "small"}
    assert small.isdisjoint(DATA | {"fit_baseline"})


def test_an_edited_template_reruns_the_report_alone(clone):
    (clone.folder / "report" / "template.html").write_text("{{ page }}")
    assert clone.plan().rules == {"report"}


def test_code_that_comes_with_an_older_time_reruns_what_uses_it(clone):
    module = clone.folder / "scripts" / "attendna" / "evaluation" / "metrics.py"
    time = module.stat().st_mtime - 10_000
    clone.edit("scripts/attendna/evaluation/metrics.py")
    os.utime(module, (time, time))  # as `rsync -a` and `tar` leave it
    hold(clone.plan(), {"evaluate", "compare_models", "report"}, DATA | LEARN)


def test_an_edited_module_that_all_scripts_import_reruns_every_rule(clone):
    clone.edit("scripts/attendna/command_line.py")
    scripts = {path.stem for path in clone.folder.glob("scripts/*.py")}
    # No source here has an address, no genome is scanned, and the others are no part of a run.
    rerun = {script_of(rule) for rule in clone.plan().rules}
    assert rerun == scripts - {"download", "scan_genome", "doctor", "new_config"}


def test_every_rule_has_its_script_as_input_and_bears_its_name(clone):
    plan = clone.plan("--forceall")
    for job in plan.jobs:
        assert f"scripts/{script_of(job.rule)}.py" in job.inputs
        assert job.log.endswith(f"{job.rule}.log")
        assert job.benchmark.endswith(f"{job.rule}.benchmark.tsv")


# ------------------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("config", "reruns", "keeps"),
    [
        ("training: {epochs: 3}", {"train", "evaluate"} | EXPLAIN, DATA | LEARN - {"train"}),
        (
            "plots: {dpi: 61}",
            FIGURES | {"plot_explanations"},
            DATA
            | LEARN
            | EXPLAIN - {"plot_explanations"}
            | {"evaluate", "collect_metrics", "compare_models", "predict"},
        ),
        ("plots: {attention_records: 2}", {"plot_attention"}, LEARN | {"plot_run", "evaluate"}),
        (
            "evaluation: {bootstrap: 51}",
            {"evaluate", "compare_models", "plot_curves"},
            DATA | LEARN | {"plot_attention", "predict"},
        ),
        ("export: {input: float32}", EXPORT, DATA | LEARN | EXPLAIN | FIGURES | {"evaluate"}),
        (
            "export: {license: mit}",
            {"write_card"},
            DATA | LEARN | EXPLAIN | FIGURES | {"evaluate", "export_onnx", "export"},
        ),
        (
            "variant_scoring: {mismatches: 0.3}",
            VARIANTS | {"report"},
            DATA | LEARN | EXPLAIN | FIGURES | {"evaluate", "predict", "check_effects"},
        ),
        (
            "explain: {effects: 3}",
            {"check_effects", "report"},
            DATA | LEARN | EXPLAIN | FIGURES | VARIANTS | {"evaluate", "predict"},
        ),
        ("explain: {steps: 5}", EXPLAIN, DATA | LEARN | FIGURES | {"evaluate", "predict"}),
        (
            "explain: {motifs: {min_sites: 11}}",
            MOTIFS,
            DATA | LEARN | FIGURES | {"attribute", "evaluate", "predict"},
        ),
        (
            "explain: {rules: {gap: 9}}",
            {"find_rules", "plot_explanations"},
            DATA | LEARN | FIGURES | {"attribute", "find_motifs", "score_explanations", "predict"},
        ),
        ("split: {seed: 43}", SPLIT | LEARN, DATA - SPLIT),
        (
            "split: {shared_kmer: 30}",
            {"audit", "find_groups"} | SPLIT,
            {"simulate", "import_sequences", "encode"},
        ),
        (
            "split: {identity: 0.9}",
            {"audit", "find_groups"} | SPLIT,
            {"simulate", "import_sequences", "encode"},
        ),
        (
            "models: {kmers: {k: 2}}",
            {"fit_baseline", "predict"},
            DATA | {"train", "score_oracle", "plot_attention"},
        ),
    ],
)
def test_a_changed_setting_reruns_what_it_sets(clone, config, reruns, keeps):
    hold(clone.plan(config=config), reruns | {"report"}, keeps)


@pytest.mark.parametrize(
    ("config", "reruns", "keeps"),
    [
        ("gaps: remove", {"import_sequences", "audit", "train", "predict"}, set()),
        ("missing_contigs: drop", {"import_sequences", "audit", "train", "predict"}, set()),
        (
            "datasets: {files: {labels: {linked: [bound]}}}",
            {"import_sequences", "audit", "encode", "train", "predict"},
            set(),
        ),
        (
            "datasets: {files: {positive: bound}}",
            {"audit", "encode", "evaluate"},
            {"import_sequences", "find_groups"},
        ),
    ],
)
def test_a_setting_of_files_and_labels_reruns_from_where_it_counts(clone, config, reruns, keeps):
    plan = clone.plan(config=config)
    hold(plan, reruns | {"report"}, keeps | {"simulate", "score_oracle"})
    # What is exported says how new sequences are to be read.
    assert without(plan, EXPORT).wildcard("dataset") == {"files"}


def test_a_setting_of_one_dataset_leaves_the_others_alone(clone):
    plan = clone.plan(config="datasets: {files: {training: {epochs: 3}}}")
    hold(plan, {"train", "report"}, DATA)
    assert plan.wildcard("dataset") == {"files"}


# ------------------------------------------------------------------------------ files


@pytest.mark.thorough
def test_a_deleted_figure_reruns_its_rule_and_the_report(clone):
    figure = clone.folder / "results" / "small" / "figures" / "curves.svg"
    content = figure.read_bytes()
    figure.unlink()
    plan = clone.plan()
    assert sorted(job.rule for job in plan.jobs) == ["plot_curves", "report"]
    clone.run()
    assert figure.read_bytes() == content
    assert clone.plan().jobs == []


def test_an_edited_fasta_file_reruns_from_its_import(clone):
    clone.edit("data/bound.fa")
    plan = clone.plan()
    hold(plan, {"import_sequences", *DATA, *LEARN} - {"simulate", "score_oracle"}, {"simulate"})
    assert plan.wildcard("dataset") == {"files"}


def test_edited_new_sequences_are_scored_again(clone):
    clone.edit("data/new.fa")
    assert clone.plan().rules == {"predict", "report"}


@pytest.mark.parametrize("file", ["called.vcf", "genome.fa"])
def test_edited_variants_are_scored_again(clone, file):
    clone.edit(f"data/{file}")
    assert clone.plan().rules == {*VARIANTS, "report"}


# ------------------------------------------------------------------------------ more, or less


def test_one_more_model_computes_itself_and_the_summaries(clone):
    plan = clone.plan(config="models: {positions: {architecture: positional_logistic}}")
    hold(
        plan, {"fit_baseline", "evaluate", "plot_run"} | SUMMARIES, DATA | LEARN - {"fit_baseline"}
    )
    assert without(plan, {"write_card"}).wildcard("model") == {"positions"}


def test_one_more_seed_computes_itself_and_the_summaries(clone):
    plan = clone.plan(config="seeds: [1, 2]")
    hold(plan, {"train", "evaluate", "plot_run"} | SUMMARIES, DATA | LEARN - {"train"})
    assert without(plan, {"write_card"}).wildcard("seed") == {"2"}
    assert plan.wildcard("model") == {"cnn"}


def test_one_more_dataset_computes_itself_and_the_report(clone):
    plan = clone.plan(
        config="datasets: {more: {sources: [{path: data/bound.fa, label: a}, "
        "{path: data/unbound.fa, label: b}]}}"
    )
    hold(plan, {"import_sequences", "train", "report"}, {"simulate", "score_oracle", "predict"})
    assert plan.wildcard("dataset") == {"more"}


def test_one_model_less_computes_the_summaries_alone(clone):
    clone.configs.remove("small.yaml")
    text = (clone.folder / "small.yaml").read_text()
    fewer = text.replace("  oracle: {architecture: oracle}\n", "")
    assert fewer != text
    plan = clone.plan(config=fewer)
    hold(plan, SUMMARIES, DATA | LEARN | {"evaluate", "plot_run"})
    assert plan.wildcard("dataset") == {"small"}
