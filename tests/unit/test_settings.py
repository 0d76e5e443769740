"""What a config says, looked up: precedence, and what follows from it."""

import copy
import json
import re

import pytest
from configs import DEFAULT, DIGITS, PEAKS, SUM, TWO_FILES, checked, simulation, some_class

from attendna.planning import settings


def test_training_is_model_over_architecture_over_dataset_over_global():
    levels = {
        "global": "training: {epochs: 1, batch_size: 1, threads: 1, attention_records: 1}",
        "dataset": "training: {epochs: 2, batch_size: 2, threads: 2}",
        "architecture": "training: {epochs: 3, batch_size: 3}",
        "model": "training: {epochs: 4}",
    }
    config = checked(
        levels["global"],
        f"datasets: {{d: {{sources: [{{path: t.csv}}], {levels['dataset']}}}}}",
        f"architectures: {{attention_cnn: {{{levels['architecture']}}}}}",
        f"models: {{m: {{architecture: attention_cnn, {levels['model']}}}}}",
    )
    training = settings.training(config, "d", "m")
    values = {"epochs": 4, "batch_size": 3, "threads": 2, "attention_records": 1}
    assert training == training | values
    assert set(training) == set(DEFAULT["training"])
    assert "training" not in settings.hyperparameters(config, "m")


def test_the_training_of_tutorial_cnn_is_its_own():
    config = checked("training: {epochs: 2, batch_size: 8}")
    training = settings.training(config, "tutorial", "tutorial_cnn")
    assert (training["epochs"], training["batch_size"]) == (30, 64)


def test_hyperparameters_of_a_model_come_before_those_of_its_architecture():
    config = checked(
        "architectures: {kmer_logistic: {k: 3, both_strands: true}}",
        "models: {m: {architecture: kmer_logistic, k: 2}}",
    )
    assert settings.hyperparameters(config, "m") == {
        "architecture": "kmer_logistic",
        **DEFAULT["architectures"]["kmer_logistic"],
        "k": 2,
        "both_strands": True,
    }


def test_split_and_columns_of_a_dataset_come_before_the_general_ones():
    config = checked(
        "split: {seed: 5, test: 0.4}",
        "columns: {sequence: dna, id: name}",
        "datasets: {d: {sources: [{path: t.csv}], split: {test: 0.3}, columns: {id: null}}}",
    )
    assert settings.split(config, "d") == DEFAULT["split"] | {"seed": 5, "test": 0.3}
    columns = settings.columns(config, config["datasets"]["d"])
    assert columns == DEFAULT["columns"] | {"sequence": "dna", "id": None}


def test_the_oracle_runs_on_simulated_data_only():
    config = checked(f"{TWO_FILES[:-1]}, s: {DEFAULT['datasets']['tutorial']}}}")
    assert "oracle" in settings.models(config, "s")
    assert "oracle" not in settings.models(config, "d")
    assert set(settings.models(config, "d")) == set(DEFAULT["models"]) - {"oracle"}


def test_what_draws_nothing_at_random_runs_with_the_first_seed_only():
    config = checked("seeds: [7, 3]", "split: {folds: 2}")
    runs = list(settings.runs(config, "tutorial"))
    assert len(runs) == len(set(runs)) == 2 * (2 * 2 + 4)
    assert {run.seed for run in runs if run.model == "attention_cnn"} == {7, 3}
    assert {run.seed for run in runs if run.model in ("kmer_logistic", "oracle")} == {7}
    assert {run.fold for run in runs} == {1, 2}


def test_classes_keep_the_order_of_the_config_and_tables_leave_it_to_the_data():
    assert settings.class_order(DEFAULT, "tutorial") == ["positive", "negative"]
    sources = "[{path: b, label: z}, {path: c, label: 10}, {path: d, label: z}]"
    assert settings.class_order(checked(f"datasets: {{d: {{sources: {sources}}}}}"), "d") == [
        "z",
        "10",
    ]
    assert settings.class_order(checked("datasets: {d: {sources: [{path: t.csv}]}}"), "d") is None


def test_a_dataset_has_its_own_length_and_crop_over_the_global_ones():
    config = checked(
        "{length: 50, crop: left}",
        "datasets: {d: {crop: right, sources: [{path: a}]}, "
        "e: {length: auto, sources: [{path: a}]}}",
    )
    assert settings.rows(config, "d") == {"length": 50, "crop": "right"}
    assert settings.rows(config, "e") == {"length": "auto", "crop": "left"}


def test_a_dataset_is_read_by_its_own_settings_over_the_global_ones():
    config = checked(
        "{width: 100, soft_masked: mask}",
        PEAKS % ", centre: summit, negatives: {method: genome, label: 0, seed: 7}",
    )
    assert settings.reading(config, "d") == {
        "genome": "g.fa",
        "width": 100,
        "centre": "summit",
        "soft_masked": "mask",
        "gaps": "error",
        "missing_contigs": "error",
    }
    assert settings.negatives(config, "d") == {
        "method": "genome",
        "label": "0",
        "ratio": 1,
        "seed": 7,
    }
    assert settings.class_order(config, "d") == ["bound", "0"]
    assert settings.genomes(config, "d") == ["g.fa"]
    config = checked(TWO_FILES)
    assert settings.negatives(config, "d") is None and settings.genomes(config, "d") == []


def test_a_genome_is_fetched_by_its_checksum():
    genome = f"{{url: https://x.org/g.fa.gz, sha256: {DIGITS}}}"
    config = checked((PEAKS % ", negatives: {method: genome, label: n}").replace("g.fa", genome, 1))
    path = f"results/downloads/{DIGITS}/g.fa.gz"
    assert settings.genomes(config, "d") == [path] == [settings.reading(config, "d")["genome"]]
    assert settings.downloads(config) == {path: "https://x.org/g.fa.gz"}
    config = checked(f"genome: {genome}", TWO_FILES)
    assert settings.downloads(config) == {path: "https://x.org/g.fa.gz"}


def test_a_simulation_keeps_its_length():
    assert settings.rows(checked("length: 50"), "tutorial")["length"] == "auto"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h.org/x/genes.fa.gz?download=1#top", "genes.fa.gz"),
        ("http://h.org/a%20%2e%2Fb{c}.csv", "b_c_.csv"),
        ("http://h.org/", "file"),
        ("http://h.org", "file"),
        ("http://h.org/x/..", "file"),
        ("file:///data/genes.fa", "genes.fa"),
        (f"http://h.org/{'x' * 300}.fa", "x" * 97 + ".fa"),
    ],
)
def test_a_fetched_file_is_where_its_checksum_says_and_keeps_its_name(url, name):
    source = f"{{url: '{url}', sha256: {SUM.upper()}}}"
    config = checked(
        f"datasets: {{d: {{sources: [{{path: t.csv}}, {source}]}}}}",
        "models: {m: {architecture: kmer_logistic}}",
        f"predict: {{n: {{dataset: d, model: m, sources: [{source}]}}}}",
    )
    path = f"results/downloads/{SUM}/{name}"
    assert settings.source_paths(config["datasets"]["d"]) == ["t.csv", path]
    assert settings.sources(config["predict"]["n"])[0]["path"] == path
    assert settings.downloads(config) == {path: url}


def test_sources_name_every_key_and_labels_are_text():
    config = checked("datasets: {d: {sources: [{path: a, label: 1}, {path: b, label: 0}]}}")
    first = settings.sources(config["datasets"]["d"])[0]
    assert first == {"path": "a", "label": "1", "split": None, "format": None}


def test_equal_settings_are_equal_json():
    one = {"b": [1, {"y": None, "x": "é"}], "a": {1: True, "x": 0.5}}
    other = {"a": {"x": 0.5, "1": True}, "b": [1, {"x": "é", "y": None}]}
    assert settings.as_json(one) == settings.as_json(other)
    assert settings.as_json(one) == '{"a": {"1": true, "x": 0.5}, "b": [1, {"x": "é", "y": null}]}'


def test_classes_may_be_called_by_numbers():
    config = checked(simulation({1: some_class(), "x": some_class()}))
    assert settings.class_order(config, "d") == ["1", "x"]
    assert '"1": {' in settings.as_json(config)


def test_a_simulation_keeps_the_order_of_its_classes_and_of_nothing_else():
    one = checked(simulation({2: some_class(motifs=["A"]), "x": some_class(), 1: some_class()}))
    other = copy.deepcopy(one)
    block = other["datasets"]["d"]["simulate"]
    other["datasets"]["d"]["simulate"] = dict(reversed(block.items()))
    assert settings.simulation_json(one, "d") == settings.simulation_json(other, "d")
    assert list(json.loads(settings.simulation_json(one, "d"))["classes"]) == ["2", "x", "1"]


def test_a_preset_is_written_out_and_what_stands_beside_it_comes_first():
    config = checked(
        "datasets: {d: {simulate: {preset: splice, sequences: 9, length: 60, seed: 1, anchor: 20}}}"
    )
    assert settings.class_order(config, "d") == ["donor", "acceptor", "neither"]
    block = json.loads(settings.simulation_json(config, "d"))
    assert "preset" not in block
    assert list(block["classes"]) == ["donor", "acceptor", "neither"]
    assert block["anchor"] == 20 and block["background"]["order"] == 2
    assert config["datasets"]["d"]["simulate"]["preset"] == "splice"


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ("{}", [(1, "attention_cnn", 3)]),
        ("explain: {models: all}", [(1, "attention_cnn", 3), (1, "tutorial_cnn", 3)]),
        ("explain: {models: none}", []),
        ("explain: {models: [tutorial_cnn]}", [(1, "tutorial_cnn", 3)]),
        ("explain: {runs: all}", [(f, "attention_cnn", s) for f in (1, 2) for s in (3, 1)]),
        ("models: {k: {architecture: kmer_logistic, k: 2}}", []),
    ],
)
def test_of_the_runs_those_are_explained_that_the_config_names(overlay, expected):
    config = checked("seeds: [3, 1]", "split: {folds: 2}", overlay)
    assert settings.explained(config, "tutorial") == [("tutorial", *run) for run in expected]


def test_attributions_are_told_all_that_they_depend_on_and_nothing_else():
    config = checked("explain: {target: 1, models: [attention_cnn]}", "training: {threads: 3}")
    how = settings.attributing(config, "tutorial", "attention_cnn")
    assert how["target"] == "1" and how["threads"] == 3
    assert set(how) == {
        "records",
        "fill_up",
        "target",
        "methods",
        "baselines",
        "shuffles",
        "steps",
        "seed",
    } | {
        "device",
        "threads",
    }


@pytest.mark.parametrize("names", [[], ["a"], ["a", "a-b"], ["a.b", "x|y"]])
def test_a_pattern_matches_its_names_and_nothing_else(names):
    pattern = settings.pattern(names)
    candidates = ["", "a", "b", "a-b", "ab", "a.b", "axb", "x|y", "x", "y"]
    assert [c for c in candidates if re.fullmatch(pattern, c)] == [
        c for c in candidates if c in names
    ]


def test_files_that_are_packed_hold_more_letters(tmp_path):
    for name, letters in (("a.fa", 10), ("a.fa.gz", 40), ("a.xlsx", 40), ("a.parquet", 40)):
        path = tmp_path / name
        path.write_bytes(b"x" * 10)
        assert settings.file_letters({"sources": [{"path": str(path)}]}) == letters
