import json
import os

import numpy as np
import pandas as pd
import pytest

import split
from attendna.contracts import read_split, write_encoded, write_sequences
from attendna.errors import UserError

SETTINGS = {"strategy": "stratified", "test": 0.2, "validation": 0.25, "folds": 1, "seed": 42}
Y = np.tile([0, 1], 20)


def run(folder, splits=None, fold=1, **settings):
    """Split forty records of two classes."""
    n = len(Y)
    table = pd.DataFrame({"id": [f"r{i}" for i in range(n)], "sequence": "ACGT"})
    table["label"] = np.array(["a", "b"])[Y]
    if splits is not None:
        table["split"] = splits
    write_sequences(folder / "sequences.parquet", table)
    x = np.zeros((n, 4, 4), np.uint8)
    write_encoded(folder / "encoded.npz", iter([x]), x.shape, Y, [4] * n, ["a", "b"], "b")
    files = {name: str(folder / name) for name in ("sequences.parquet", "encoded.npz", "split.npz")}
    split.main(
        ["--sequences", files["sequences.parquet"], "--encoded", files["encoded.npz"]]
        + ["--settings", json.dumps(SETTINGS | settings), "--fold", str(fold)]
        + ["--split", files["split.npz"]]
    )
    return read_split(folder / "split.npz")


def test_random_split_has_the_shares_in_each_class(tmp_path):
    counts = {name: np.bincount(Y[records]).tolist() for name, records in run(tmp_path).items()}
    assert counts == {"train": [12, 12], "validation": [4, 4], "test": [4, 4]}


def test_the_settings_reach_the_split(tmp_path):
    assert len(run(tmp_path, test=0.5)["test"]) == 20
    assert len(run(tmp_path, validation=0.5)["validation"]) == 16
    assert run(tmp_path, seed=1)["test"].tolist() != run(tmp_path, seed=2)["test"].tolist()


def test_folds_cover_everything(tmp_path):
    tests = [run(tmp_path, folds=5, fold=fold)["test"] for fold in range(1, 6)]
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(40))


def test_a_fixed_split_is_kept(tmp_path):
    splits = np.repeat(["test", "train", "validation"], [10, 20, 10])
    result = run(tmp_path, splits)
    assert result["test"].tolist() == list(range(10))
    assert result["train"].tolist() == list(range(10, 30))


def test_validation_is_cut_from_a_fixed_train(tmp_path):
    result = run(tmp_path, np.repeat(["test", "train"], [16, 24]))
    assert result["test"].tolist() == list(range(16))
    assert np.bincount(Y[result["validation"]]).tolist() == [3, 3]
    assert len(result["train"]) == 18


@pytest.mark.parametrize(
    ("splits", "settings", "message"),
    [
        (None, {"strategy": "chromosome"}, "split.strategy: 'chromosome' is unknown"),
        (None, {"folds": 21}, "class 'a' has 20 records, too few"),
        (None, {"folds": 2, "fold": 3}, "2 folds have no fold 3"),
        (["train"] * 40, {}, "no record has the split 'test'"),
        (["train"] * 20 + ["test"] * 20, {"folds": 2}, "2 folds can't be made"),
        (["train"] * 20 + [None] * 20, {}, "20 records have a split and 20 have none .*'r20'"),
    ],
)
def test_bad_input_leaves_a_sentence_and_no_file(tmp_path, splits, settings, message):
    with pytest.raises(UserError, match=message):
        run(tmp_path, splits, **settings)
    assert sorted(os.listdir(tmp_path)) == ["encoded.npz", "sequences.parquet"]
