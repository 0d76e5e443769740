"""score_oracle.py: predictions of the validation and test records, in the order of the config."""

import json

import numpy as np
import pandas as pd
import pytest

import score_oracle
import simulate
from attendna.contracts.predictions import read_predictions
from attendna.contracts.sequences import read_sequences, write_sequences
from attendna.contracts.splits import write_split
from attendna.errors import UserError
from attendna.simulation.oracle import posterior
from attendna.simulation.specification import Simulation, simulate_block

SETTINGS = {
    "sequences": 300,
    "length": 40,
    "seed": 1,
    "classes": {
        "zebra": {"fraction": 0.5, "planted": 1.0, "motifs": ["TATAWA"]},
        "ape": {"fraction": 0.3, "planted": 0.5, "motifs": ["GGGCGG", "CAAT"]},
        "noise": {"fraction": 0.2, "planted": 0.0, "motifs": []},
    },
}
SPLIT = {
    "train": np.arange(0, 100),
    "validation": np.arange(201, 300, 2),
    "test": np.arange(100, 200),
}


@pytest.fixture
def files(tmp_path):
    names = {"sequences": "sequences.parquet", "split": "split.npz", "predictions": "p.tsv.gz"}
    paths = {key: str(tmp_path / name) for key, name in names.items()}
    arguments = ["--sequences", paths["sequences"], "--planted", str(tmp_path / "planted.bed")]
    simulate.main(["--settings", json.dumps(SETTINGS), *arguments])
    write_split(paths["split"], SPLIT)
    return paths


def score(files, settings=SETTINGS):
    flags = [word for key, path in files.items() for word in (f"--{key}", path)]
    score_oracle.main([*flags, "--settings", json.dumps(settings)])


def test_predictions_are_the_posterior_of_validation_and_test(files):
    score(files)
    predictions = read_predictions(files["predictions"])
    order = np.concatenate([SPLIT["validation"], SPLIT["test"]])
    table = read_sequences(files["sequences"]).iloc[order]
    assert predictions.classes == ["zebra", "ape", "noise"]
    assert predictions.ids.tolist() == table["id"].tolist()
    assert predictions.labels.tolist() == table["label"].tolist()
    assert predictions.splits.tolist() == ["validation"] * 50 + ["test"] * 100
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1, rtol=1e-12)

    simulation = Simulation.from_settings(SETTINGS)
    expected = posterior(simulate_block(simulation, 0).sequences, simulation)[order]
    np.testing.assert_array_equal(predictions.probabilities, expected)


def test_elements_are_scored_by_the_settings_that_planted_them(files, tmp_path):
    elements = [{"motif": "TATAWA", "strand": "both", "count": {"poisson": 1.5}}]
    classes = {
        "many": {"fraction": 0.5, "elements": elements},
        "none": {"fraction": 0.5, "elements": []},
    }
    settings = SETTINGS | {"classes": classes, "background": {"order": 1, "seed": 2}}
    arguments = ["--sequences", files["sequences"], "--planted", str(tmp_path / "planted.bed")]
    simulate.main(["--settings", json.dumps(settings), *arguments])
    score(files, settings)
    predictions = read_predictions(files["predictions"])
    assert predictions.classes == ["many", "none"]
    right = predictions.labels == np.array(["many", "none"])[predictions.probabilities.argmax(1)]
    assert right.mean() > 0.8


def test_equal_input_gives_equal_bytes(files):
    contents = []
    for _ in range(2):
        score(files)
        with open(files["predictions"], "rb") as handle:
            contents.append(handle.read())
    assert contents[0] == contents[1]


def test_other_lengths_name_the_record(files):
    with pytest.raises(UserError, match="record seq0000202 has not the 41 bases"):
        score(files, SETTINGS | {"length": 41})


def test_sequences_that_the_settings_can_not_make_name_the_record(files, tmp_path):
    table = pd.DataFrame({"id": list("abc"), "sequence": ["CAATC", "CAATG", "CCCCC"]})
    write_sequences(files["sequences"], table.assign(label="x"))
    write_split(files["split"], {"train": [0], "validation": [1], "test": [2]})
    only = {"x": {"fraction": 1.0, "planted": 1.0, "motifs": ["CAAT"]}}
    with pytest.raises(UserError, match="record c can't come from any class"):
        score(files, {"sequences": 3, "length": 5, "seed": 0, "classes": only})
    assert not (tmp_path / "p.tsv.gz").exists()
