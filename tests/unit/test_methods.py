import dataclasses
import re
from pathlib import Path

import pytest

from attendna.contracts.layout import Run, dataset_folder, fold_folder, run_folder
from attendna.explanation import motif_comparison
from attendna.planning.settings import KINDS
from attendna.reporting import methods
from attendna.terminal import steps

ROOT = Path(__file__).parents[2]

CHOSEN = {"members": 2, "filters": 16, "kernel_sizes": [3, 7], "reverse_complement": "average"}
SETTINGS = {"learning_rate": 0.02, "schedule": "cosine", "early_stopping": 10, "mutation": 0.05}
SETTINGS |= {"class_weight": "balanced", "calibration": "bias_corrected"}
TRAINED = {"architecture": "attention_cnn", "parameters": 12345, "records": 64, "batch_size": 32}
TRAINED |= {"epochs": 60, "device": "CPU, 2 threads, float32", "hyperparameters": CHOSEN}
TRAINED |= {"settings": SETTINGS, "versions": {"tensorflow": "2.21.0", "keras": "3.15.0"}}
SEARCH = {"shared_kmer": 40, "identity": 0.8, "coverage": 0.8, "coordinates": True, "group": True}
PARTS = {"train": {"a": 60}, "validation": {"a": 20}, "test": {"a": 20}}
FOLD = {"records": PARTS, "wanted": {"test": 0.2}, "search": SEARCH}
MOTIFS = {"motifs": [{"method": "tfmodisco"}, {"method": "kmers"}], "q_value": 0.1}
MOTIFS |= {"jaspar": "JASPAR2026 CORE"}
EFFECTS = {"faithfulness": {"deletion": {"mutagenesis": {}, "integrated_gradients": {}}}}

# Everything at once; what a run has not done is taken away in the tests.
FULL = methods.Done(
    classes={"a": 60, "b": 40},
    length="200 bases each",
    simulated=True,
    negatives="dinucleotide_shuffle",
    sources={"a.fa": "f" * 64},
    table="e" * 64,
    leakage=[FOLD, FOLD],
    strategy="stratified_group",
    groups="auto",
    models=[
        methods.Model(
            "cnn", "network", "attention_cnn", seeds=2, trainings=[TRAINED] * 2, epochs=[60, 41]
        ),
        methods.Model("words", "baseline", "kmer_logistic", {"k": 6}),
        methods.Model("gapped", "baseline", "gkm_svm", {"l": 11, "k": 7, "d": 3}),
        methods.Model("ideal", "oracle", "oracle"),
    ],
    evaluation={"bootstrap": 1000, "confidence": 0.95},
    compared=True,
    explained=[(MOTIFS, EFFECTS)],
    days=["2026-11-29", "2026-11-30"],
    machines=["Linux x86_64, 2 cores"],
    seconds={"train": 200.0, "evaluate": 2.0},
    versions={"attendna": "0.1.0", "scikit-learn": "1.7.0", "snakemake": "9.27.1"},
    commit="abc1234",
)


def without(*models: str, **changes) -> methods.Done:
    kept = [model for model in FULL.models if model.name not in models]
    return dataclasses.replace(FULL, models=kept, **changes)


def trained(*decisions):
    """The paragraph where each training of a network decided something else."""
    runs = [TRAINED | {"hyperparameters": CHOSEN | chosen} for chosen in decisions]
    cnn = dataclasses.replace(FULL.models[0], trainings=runs)
    return methods.paragraph(dataclasses.replace(FULL, models=[cnn]))[0]


def test_what_each_training_decided_is_told():
    sees = {"partner_sizes": [15], "counting": True, "start": "shuffled"}
    text = trained(sees, sees)
    assert (
        " Filters see each other's sites nearby. Filters count their sites. Filters started "
        in text
    )
    text = trained(sees | {"reverse_complement": "either"}, {"reverse_complement": "none"})
    assert "same on either strand," not in text
    for what in ("a motif counts the same on either strand.", "filters count their sites."):
        assert f" In 1 of 2 trainings, {what}" in text
    text = trained({"partner_sizes": [], "counting": False, "start": "random"}, {})
    for what in ("see each other", "count their sites", "started"):
        assert what not in text


def test_what_was_done_is_told_with_its_sources():
    text, sources = methods.paragraph(FULL)
    for words in (
        "We classified 100 simulated DNA sequences (200 bases each) into 2 classes (a: 60, b: 40).",
        "shuffling records, keeping their dinucleotides",
        "for 2-fold cross-validation (60 training, 20 validation, 20 test in each of 2 folds) at "
        "random, keeping related records together.",
        "share 40 bases in a row on either strand, overlap in the genome, are of the same group in "
        "the data or are at least 80% identical over 80% of the shorter one (Šošić & Šikić 2017).",
        "cnn is a convolutional network with attention pooling (2 networks with 16 filters of each "
        "of the widths 3, 7), averaged over both strands, with 12,345 parameters, trained with "
        "Adam (Kingma & Ba 2015) in batches of 32 for at most 60 epochs",
        "stopping after 10 epochs without a lower validation loss",
        "The classes had equal weights in the loss.",
        "a temperature and a bias for each class (Alexandari et al. 2020)",
        "It was trained with 2 seeds.",
        "counts of all words of 1 to 6 bases and a gapped k-mer support vector machine (l = 11, "
        "k = 7, d = 3; Ghandi et al. 2014).",
        "with 95% confidence intervals. Intervals for areas under curves are based on the "
        "standard errors of 1,000 bootstrap samples",
        "computed by integrated gradients (Sundararajan et al. 2017) and in-silico mutagenesis,",
        "proposed by TF-MoDISco (Shrikumar et al. 2018) and a search for enriched words, and",
        "compared with JASPAR2026 CORE (Ovek Baydar et al. 2026) by TOMTOM (Gupta et al. 2007)",
        "done with attendna 0.1.0 (commit abc1234), TensorFlow 2.21.0, Keras 3.15.0, scikit-learn "
        "1.7.0 and Snakemake 9.27.1 (Mölder et al. 2021).",
    ):
        assert words in text, words
    assert sources == sorted(sources) and len(sources) == len(set(sources))
    for source in sources:  # cited, each
        assert methods._authors(next(k for k, v in methods.SOURCES.items() if v == source)) in text


def test_the_source_of_jaspar_is_that_of_the_release_that_is_used():
    number = motif_comparison.release().removeprefix("JASPAR")
    assert f" {number}, JASPAR {number}: " in methods.SOURCES["jaspar"]


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (without(explained=[]), ["integrated", "mutagenesis", "Motifs", "TOMTOM", "JASPAR"]),
        (without(explained=[(None, EFFECTS)]), ["Motifs", "TOMTOM", "JASPAR", "TF-MoDISco"]),
        (without(explained=[(MOTIFS | {"jaspar": None}, None)]), ["TOMTOM", "JASPAR", "integrat"]),
        (
            without(explained=[(MOTIFS | {"motifs": []}, None)]),
            ["Motifs", "TOMTOM", "compared with J"],
        ),
        (without("cnn"), ["Adam", "epochs", "TensorFlow", "Keras", "convolutional", "calibrated"]),
        (without("words", "gapped"), ["baseline", "scikit-learn", "Ghandi"]),
        (without("gapped"), ["support vector", "Ghandi", "Simple baselines"]),
        (without("ideal"), ["best possible", "Bayes"]),
        (without(compared=False), ["permutation", "Holm", "compared on"]),
        (without(evaluation=None, compared=False), ["bootstrap", "intervals", "Scores"]),
        (without(leakage=[]), ["divided", "cross-validation", "Records count as related"]),
        (without(leakage=[FOLD | {"wanted": {}}]), ["keeping related", "divided", "related if"]),
        (without(strategy="stratified"), ["keeping related", "related if", "Edlib"]),
        (without(strategy="chromosome"), ["keeping related", "related if"]),
        (without(groups="column"), ["related if", "related records together."]),
        (without(negatives=""), ["Negatives"]),
        (without(simulated=False), ["simulated DNA"]),
        (without(commit=None), ["commit"]),
    ],
)
def test_nothing_is_told_that_was_not_done(done, words):
    text, sources = methods.paragraph(done)
    told = " ".join([text, *sources, *(fact for _, fact in methods.facts(done))])
    full, all_sources = methods.paragraph(FULL)
    for word in words:
        assert word in " ".join([full, *all_sources]), word
        assert word not in told, word


def test_the_box_tells_what_files_know():
    facts = dict(methods.facts(FULL))
    assert facts == {
        "Made on": "2026-11-29 to 2026-11-30",
        "By": "attendna 0.1.0, commit abc1234",
        "Checksums (SHA-256)": f"a.fa: {'f' * 64}; sequences.parquet: {'e' * 64}",
        "Records": "60 training, 20 validation, 20 test in each of 2 folds",
        "cnn": "41 to 60 of at most 60 epochs, batches of 32, 12,345 parameters; CPU, 2 threads, "
        "float32",
        "Machine": "Linux x86_64, 2 cores",
        "Time taken": "3 minutes, the sum over all jobs, including those that ran side by side "
        "(train 3 minutes, evaluate 2 seconds)",
    }
    bare = without("cnn", days=[], machines=[], seconds={}, leakage=[], sources={}, table=None)
    assert dict(methods.facts(bare)) == {"By": "attendna 0.1.0, commit abc1234"}


def test_times_are_those_of_the_jobs_of_these_runs(tmp_path):
    runs = [Run("d", fold, "cnn", 1) for fold in (1, 2)]
    taken = {
        dataset_folder(tmp_path, "d") / "simulate": "1.5",
        dataset_folder(tmp_path, "d") / "import_sequences": "100",  # of an earlier config
        fold_folder(tmp_path, "d", 1) / "split": "2",
        fold_folder(tmp_path, "d", 3) / "split": "100",  # no longer a fold
        run_folder(tmp_path, runs[0]) / "train": "30",
        run_folder(tmp_path, runs[1]) / "train": "10.5",
        run_folder(tmp_path, runs[0]) / "attribute": "4",
        run_folder(tmp_path, runs[1]) / "attribute": "100",  # no longer explained
        run_folder(tmp_path, Run("d", 1, "other", 1)) / "train": "100",
        run_folder(tmp_path, runs[0]) / "evaluate": "no number",
    }
    for path, seconds in taken.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.benchmark.tsv").write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")
    found = methods.seconds_taken(tmp_path, runs, {"cnn": "network"}, {runs[0]}, "simulate")
    assert found == {"simulate": 1.5, "split": 2.0, "train": 40.5, "attribute": 4.0}


def test_every_rule_of_a_dataset_is_counted_and_every_baseline_has_words():
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    rules = set(re.findall(r"^rule (\w+):", text, re.MULTILINE))
    # What is fetched is no dataset's own, parts are a rule's own, and what models are used for
    # afterwards did not make them.
    other = {"download", "report"} | {rule for rule in rules if rule.endswith("_chunk")}
    other |= {rule for stage in steps.USES for rule in steps.STEPS[stage]}
    counted = {rule for named in methods.RULES.values() for rule in named.split()}
    assert counted | {"simulate", "import_sequences"} == rules - other
    assert {name for name, kind in KINDS.items() if kind == "baseline"} == set(methods.BASELINES)
