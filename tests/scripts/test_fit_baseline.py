"""A baseline fits on the training records alone and predicts the others."""

import json

import numpy as np
import pandas as pd
import pytest

from attendna.contracts.encoded import read_encoded, write_encoded
from attendna.contracts.predictions import read_predictions
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import read_split, write_split
from attendna.dna import ENCODING
from attendna.learning import baselines
from fit_baseline import main

SETTINGS = {
    "gc_content": {"architecture": "gc_content"},
    "kmer_logistic": {"architecture": "kmer_logistic", "k": 3, "c": "auto", "both_strands": False},
    "positional_logistic": {"architecture": "positional_logistic", "c": 0.1},
}


@pytest.fixture
def dataset(tmp_path):
    """200 sequences of 20 bases; those of "yes" have CAG at position 8."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (200, 20))
    y = np.arange(200) % 2
    letters[y == 0, 8:11] = list("CAG")  # "yes" is the first class
    sequences = ["".join(row) for row in letters]
    ids = [f"record{i}" for i in range(200)]
    labels = np.where(y == 0, "yes", "no")
    table = pd.DataFrame({"id": ids, "sequence": sequences, "label": labels})
    write_sequences(tmp_path / "sequences.parquet", table)
    x = ENCODING[np.array([list(sequence.encode()) for sequence in sequences], np.uint8)]
    write_encoded(
        tmp_path / "encoded.npz", iter([x]), x.shape, y, np.full(200, 20), ["yes", "no"], "yes"
    )
    order = rng.permutation(200)
    parts = {"train": order[:120], "validation": order[120:150], "test": order[150:]}
    write_split(tmp_path / "split.npz", parts)
    return tmp_path


def fit(folder, settings, seed=1):
    inputs = {"sequences": "sequences.parquet", "encoded": "encoded.npz", "split": "split.npz"}
    outputs = {"model": "model.npz", "predictions": "predictions.tsv.gz"}
    arguments = ["--settings", json.dumps(settings), "--seed", str(seed)]
    for name, file in (inputs | outputs).items():
        arguments += [f"--{name}", str(folder / file)]
    main(arguments)
    return read_predictions(folder / "predictions.tsv.gz", ["yes", "no"])


@pytest.mark.parametrize("architecture", SETTINGS)
def test_predictions_are_the_models_own(dataset, architecture):
    predictions = fit(dataset, SETTINGS[architecture])
    split = read_split(dataset / "split.npz")
    measured = np.concatenate([split["validation"], split["test"]])
    assert predictions.ids.tolist() == [f"record{i}" for i in measured]
    assert predictions.splits.tolist() == ["validation"] * 30 + ["test"] * 50
    assert predictions.labels.tolist() == ["yes" if i % 2 == 0 else "no" for i in measured]
    encoded = read_encoded(dataset / "encoded.npz")
    again = baselines.predict(baselines.load(dataset / "model.npz"), encoded.x[measured])
    np.testing.assert_allclose(predictions.probabilities, again)
    if architecture != "gc_content":  # the three letters hardly move it
        assert np.mean(predictions.probabilities.argmax(axis=1) == predictions.y) > 0.7


def test_the_test_records_do_not_enter_the_fit(dataset):
    before = fit(dataset, SETTINGS["positional_logistic"])
    first = (dataset / "model.npz").read_bytes()
    encoded = read_encoded(dataset / "encoded.npz")
    y = encoded.y.copy()
    test = read_split(dataset / "split.npz")["test"]
    y[test] = 1 - y[test]
    x = np.array(encoded.x)
    write_encoded(
        dataset / "encoded.npz", iter([x]), x.shape, y, encoded.length, ["yes", "no"], "yes"
    )
    after = fit(dataset, SETTINGS["positional_logistic"])
    np.testing.assert_array_equal(after.probabilities, before.probabilities)
    assert (dataset / "model.npz").read_bytes() == first


def test_seeds_do_not_matter(dataset):
    one, other = (fit(dataset, SETTINGS["kmer_logistic"], seed) for seed in (1, 2))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
