import json

import numpy as np
import pandas as pd
import pytest
from folders import names

import split
from attendna.contracts.encoded import write_encoded
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import read_dropped, read_split, write_groups
from attendna.errors import UserError

SETTINGS = {
    "strategy": "stratified",
    "test": 0.2,
    "validation": 0.25,
    "folds": 1,
    "seed": 42,
    "test_chromosomes": None,
    "validation_chromosomes": None,
    "on_leak": "report",
    "shared_kmer": 12,
    "identity": None,
}
Y = np.tile([0, 1], 20)


def run(folder, splits=None, fold=1, groups=None, sequences=None, chrom=None, **settings):
    """Split forty records of two classes, unrelated ones if nothing is said."""
    n = len(Y)
    letters = np.random.default_rng(0).choice(list("ACGT"), (n, 30))
    table = pd.DataFrame({"id": [f"r{i}" for i in range(n)]})
    table["sequence"] = ["".join(row) for row in letters] if sequences is None else sequences
    table["chrom"] = chrom
    table["label"] = np.array(["a", "b"])[Y]
    if splits is not None:
        table["split"] = splits
    write_sequences(folder / "sequences.parquet", table)
    x = np.zeros((n, 4, 4), np.uint8)
    write_encoded(folder / "encoded.npz", iter([x]), x.shape, Y, [4] * n, ["a", "b"], "b")
    write_groups(folder / "groups.tsv", table["id"], np.arange(n) if groups is None else groups)
    names = ("sequences.parquet", "encoded.npz", "groups.tsv", "split.npz")
    files = {name: str(folder / name) for name in names}
    split.main(
        ["--sequences", files["sequences.parquet"], "--encoded", files["encoded.npz"]]
        + ["--settings", json.dumps(SETTINGS | settings), "--fold", str(fold)]
        + ["--groups", files["groups.tsv"], "--split", files["split.npz"]]
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
        (None, {"strategy": "random"}, "split.strategy: 'random' is unknown"),
        (
            None,
            {"strategy": "chromosome"},
            "but there is none for 40 records",
        ),
        (None, {"folds": 21}, "class 'a' has 20 records, too few"),
        (None, {"folds": 2, "fold": 3}, "split.folds: 2, so there is no fold 3"),
        (["train"] * 40, {}, "no record has the split 'test'"),
        (["train"] * 20 + ["test"] * 20, {"folds": 2}, "2 folds can't be made"),
        (["train"] * 20 + [None] * 20, {}, "found it for 20 of 40; .*'r20'"),
    ],
)
def test_bad_input_leaves_a_sentence_and_no_file(tmp_path, splits, settings, message):
    with pytest.raises(UserError, match=message):
        run(tmp_path, splits, **settings)
    assert names(tmp_path) == ["encoded.npz", "groups.tsv", "sequences.parquet"]


def test_groups_stay_together(tmp_path):
    groups = np.arange(40) // 4
    for fold in (1, 2):
        split = run(tmp_path, groups=groups, strategy="stratified_group", folds=2, fold=fold)
        where = [set(groups[records]) for records in split.values()]
        assert sum(map(len, where)) == len(set.union(*where)) == 10


def test_validation_cut_from_a_fixed_train_keeps_groups_together(tmp_path):
    groups = np.arange(40) // 4
    splits = np.repeat(["test", "train"], [16, 24])
    split = run(tmp_path, splits, groups=groups, strategy="stratified_group")
    assert not set(groups[split["train"]]) & set(groups[split["validation"]])


def test_chromosomes_stay_together(tmp_path):
    chrom = np.array([f"chr{i // 4}" for i in range(40)])
    settings = {"strategy": "chromosome", "test_chromosomes": ["chr3", "chr5"]}
    split = run(tmp_path, chrom=chrom, **settings)
    assert set(chrom[split["test"]]) == {"chr3", "chr5"}
    assert not set(chrom[split["train"]]) & set(chrom[split["validation"]])


def related():
    """Forty sequences and a fixed split; r0 and r1 of test and r39 of validation are in train."""
    rows = np.random.default_rng(1).choice(list("ACGT"), (40, 30))
    sequences = ["".join(row) for row in rows]
    sequences[0] = sequences[20]
    sequences[1] = sequences[21][10:] + "ACGTACGTAC"
    sequences[39] = sequences[25]
    return sequences, np.repeat(["test", "train", "validation"], [10, 20, 10])


def test_leaks_are_left_alone_dropped_or_refused(tmp_path, capsys):
    sequences, splits = related()
    assert run(tmp_path, splits, sequences=sequences)["test"].tolist() == list(range(10))
    split = run(tmp_path, splits, sequences=sequences, on_leak="drop")
    assert split["test"].tolist() == list(range(2, 10))
    assert split["validation"].tolist() == list(range(30, 39))
    assert split["train"].tolist() == list(range(10, 30))
    assert read_dropped(tmp_path / "split.npz").tolist() == [0, 1, 39]
    assert "Dropped 3 of 20 validation and test records" in capsys.readouterr().out
    message = "2 test records and 1 validation record have a relative in training, such"
    with pytest.raises(UserError, match=message):
        run(tmp_path, splits, sequences=sequences, on_leak="fail")
    assert len(run(tmp_path, splits, on_leak="fail")["test"]) == 10


def test_similar_records_are_dropped(tmp_path):
    sequences, splits = related()
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    sequences[2] = "".join(
        other[base] if i in (9, 19) else base for i, base in enumerate(sequences[22])
    )  # leaves stretches of 10 bases at most
    split = run(tmp_path, splits, sequences=sequences, on_leak="drop")
    assert split["test"].tolist() == list(range(2, 10))
    split = run(tmp_path, splits, sequences=sequences, on_leak="drop", identity=0.9)
    assert split["test"].tolist() == list(range(3, 10))


def test_groups_that_cannot_be_divided_are_named_with_their_cause(tmp_path):
    sequences, _ = related()
    sequences[0::2] = [sequences[0]] * 20  # all of the class a
    groups = np.where(Y == 0, 0, np.arange(40))
    with pytest.raises(UserError) as error:
        run(tmp_path, groups=groups, sequences=sequences, strategy="stratified_group")
    assert "class 'a' is in 1 group of related records" in str(error.value)
    assert (
        "The largest group of related records has 20 of 40 records (50.0%) and stays in one part "
        "of the split: the same sequence on either strand alone ties all of them together."
    ) in str(error.value)


def test_a_class_that_leaks_as_a_whole_is_not_dropped(tmp_path):
    sequences, splits = related()
    sequences[0:10:2] = sequences[20:30:2]
    with pytest.raises(UserError, match="drop leaves no test record of the class 'a'"):
        run(tmp_path, splits, sequences=sequences, on_leak="drop")
