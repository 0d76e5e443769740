"""Configs as Snakemake reads them; what they mean is tested with the module `settings`."""

import pytest


def refused(clone, *arguments, **options):
    """Return what Snakemake says on its way to exit status 1."""
    result = clone.snakemake("-n", *arguments, **options)
    assert result.returncode == 1
    assert "Traceback" not in result.stdout
    return result.stdout


def test_datasets_and_models_of_an_overlay_replace_the_default_ones(fresh):
    plan = fresh.plan(config="models: {wide: {architecture: attention_cnn}}")
    assert plan.wildcard("dataset") == {"small", "files"}
    assert plan.wildcard("model") == {"cnn", "kmers", "oracle", "wide"}


def test_without_an_overlay_the_default_runs(fresh):
    fresh.configs.clear()
    plan = fresh.plan()
    assert plan.wildcard("dataset") == {"tutorial"}
    assert "import_sequences" not in plan.rules


def test_the_oracle_is_skipped_on_real_data(fresh):
    plan = fresh.plan()
    oracles = [job for job in plan.jobs if job.wildcards.get("model") == "oracle"]
    assert {job.wildcards["dataset"] for job in oracles} == {"small"}


def test_seeds_and_folds_multiply_the_runs(fresh):
    plan = fresh.plan("models", config="{seeds: [3, 5], split: {folds: 2}}")
    runs = {
        tuple(job.wildcards[name] for name in ("fold", "seed"))
        for job in plan.jobs
        if job.rule == "train" and job.wildcards["dataset"] == "small"
    }
    assert runs == {("1", "3"), ("1", "5"), ("2", "3"), ("2", "5")}
    assert sum(job.rule == "split" for job in plan.jobs) == 4


def test_explanations_can_be_turned_off(fresh):
    explaining = {
        "attribute",
        "find_motifs",
        "find_rules",
        "score_explanations",
        "plot_explanations",
    }
    everything = fresh.plan().rules
    assert explaining < everything
    assert fresh.plan(config="explain: {models: none}").rules == everything - explaining
    plan = fresh.plan("explanation", config="explain: {models: none}")
    assert "plot_attention" in plan.rules and not explaining & plan.rules


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("trainig: {epochs: 3}", "config: trainig: unknown key; did you mean 'training'?"),
        ("seeds: [1, 1]", "config: seeds: expected values that differ, found [1, 1]."),
        ("datasets: {my data: {}}", "config: datasets.my data: 'my data' is not a plain word;"),
        ("datasets:", "config: datasets: expected keys with values, found nothing."),
        ("# nothing\n", "Config file must be given as JSON or YAML with keys at top level"),
        ("- training", "Config file must be given as JSON or YAML with keys at top level"),
        (
            "datasets: {s: {simulate: {sequences: 9, length: 9, seed: 1, classes: {"
            "a: {fraction: 0.3, planted: 1, motifs: [GGA]}, "
            "b: {fraction: 0.5, planted: 0, motifs: []}}}}}",
            "config: datasets.s.simulate.classes: the fractions of the classes sum to 0.8;",
        ),
        (
            "seeds: [1]\ndatasets: {}\nseeds: [2]",
            "more.yaml, line 3: the key seeds occurs twice in one mapping, first on line 1, and",
        ),
        ("__use_yte__: true\nseeds: [1]", "more.yaml, line 1: the key __use_yte__ belongs to YTE"),
        ("training:\n\tepochs: 3", "Config file is not valid JSON or YAML"),
    ],
)
def test_a_bad_config_is_refused_in_a_sentence(fresh, config, sentence):
    assert sentence in refused(fresh, config=config)


def test_a_source_that_is_not_there_is_named(fresh):
    (fresh.folder / "data" / "bound.fa").unlink()
    sentence = "config: datasets.files.sources.0.path: no file 'data/bound.fa', looked up from"
    assert sentence in refused(fresh)


def test_the_default_config_is_data_too(fresh):
    with open(fresh.folder / "config.yaml", "a") as handle:
        handle.write("\n__use_yte__: true\n__definitions__:\n  - open('run', 'w')\n")
    assert "config.yaml, line " in refused(fresh)
    assert not (fresh.folder / "run").exists()


@pytest.mark.thorough
def test_a_run_needs_no_home_folder(fresh):
    # Below a file nobody can make a folder, not even root.
    kept = fresh.folder / ".snakemake" / "caches"
    picture = "results/small/fold1/kmers/seed1/figures/overview.png"
    for home in ("/dev/null", "/dev/null/home"):
        fresh.run(picture, HOME=home, XDG_CACHE_HOME="", MPLCONFIGDIR="")
        (fresh.folder / picture).unlink()
        assert (kept / "matplotlib").is_dir()


@pytest.mark.thorough
def test_the_longest_names_fit_in_names_of_files(fresh):
    dataset, model, new = (f"{letter}0123456789" * 9 + letter for letter in "dmn")
    fresh.configs = ["long.yaml"]
    (fresh.folder / "long.yaml").write_text(
        f"datasets: {{{dataset}: {{simulate: {{preset: splice, sequences: 200, length: 100, "
        f"seed: 1}}}}}}\nmodels: {{{model}: {{architecture: kmer_logistic, k: 2}}}}\n"
        f"predict: {{{new}: {{dataset: {dataset}, model: {model}, sources: "
        "[{path: data/new.fa}]}}\nchunks: {letters: 0, number: 2}\n"
    )
    fresh.run(f"results/{dataset}/predict/{new}.tsv.gz")
    names = [path.name for path in fresh.folder.rglob("*")]
    assert len(dataset) == 100
    assert 100 < max(len(name) for name in names if new in name) < 143
