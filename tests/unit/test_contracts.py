import gzip
import json
import os
import re
import string
import tracemalloc
import zipfile
from dataclasses import replace

import made_up_rules
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from folders import names

from attendna import intact_files, mapped, values
from attendna.contracts import rules, splits
from attendna.contracts.arrays import load_arrays, map_array, write_arrays
from attendna.contracts.attention import read_attention, write_attention
from attendna.contracts.attributions import (
    Attributions,
    Perturbations,
    read_attributions,
    read_perturbations,
    write_attributions,
    write_perturbations,
)
from attendna.contracts.encoded import read_classes, read_encoded, read_labels, write_encoded
from attendna.contracts.giveaways import read_giveaways
from attendna.contracts.measurements import (
    COMPARISON_COLUMNS,
    METRIC_COLUMNS,
    SUMMARY_COLUMNS,
    read_comparison,
    read_history,
    read_metrics,
    read_run_metrics,
    read_summary,
    write_history,
    write_run_metrics,
)
from attendna.contracts.motifs import MemeMotif, read_meme, read_motifs, write_meme
from attendna.contracts.predictions import (
    Novelty,
    Predictions,
    join_scores,
    read_calibration,
    read_new_predictions,
    read_predictions,
    write_new_predictions,
    write_predictions,
    write_scores,
)
from attendna.contracts.sequences import (
    bed_writer,
    read_bed,
    read_sequences,
    sequence_batches,
    sequence_columns,
    sequence_groups,
    sequence_writer,
    write_sequences,
)
from attendna.contracts.splits import (
    read_dropped,
    read_groups,
    read_related,
    read_split,
    write_split,
)
from attendna.contracts.tables import read_json, read_table, write_json, write_table
from attendna.contracts.trainings import read_training, write_training
from attendna.errors import UserError
from attendna.intact_files import whole, whole_path

RANDOM = np.random.default_rng(1)
X = RANDOM.integers(0, 2, (7, 11, 4)).astype(np.uint8)
Y = RANDOM.integers(0, 2, 7)
LENGTH = np.full(7, 11)


def save(path, x=X, step=3, classes=("yes", "no"), positive="yes"):
    blocks = (x[i : i + step] for i in range(0, len(x), step))
    write_encoded(path, blocks, x.shape, Y[: len(x)], LENGTH[: len(x)], classes, positive)
    return path


# ------------------------------------------------------------------------------ whole or not


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with whole(path, "w") as handle:
        handle.write("α\n")
        assert not path.exists()
    assert path.read_bytes() == "α\n".encode()
    assert names(path.parent) == ["file.txt"]


@pytest.mark.parametrize("opened", [whole, whole_path])
def test_nothing_is_left_when_the_writer_fails(tmp_path, opened):
    path = tmp_path / "file.bin"
    with pytest.raises(RuntimeError), opened(path) as target:
        if opened is whole:
            target.write(b"half")
        else:
            target.write_bytes(b"half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_the_old_file_stays_when_the_writer_fails(tmp_path):
    path = tmp_path / "file.json"
    write_json(path, 1)
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert read_json(path) == 1
    assert names(tmp_path) == ["file.json"]


def test_temporary_name_ends_like_the_file(tmp_path):
    with whole_path(tmp_path / "model.keras") as temporary:
        assert temporary.suffix == ".keras"
        assert temporary.parent == tmp_path  # or the rename would cross file systems
        temporary.touch()


# ------------------------------------------------------------------------------ encoded.npz


@pytest.mark.parametrize("step", [1, 3, 7])
def test_encoded_round_trip(tmp_path, step):
    encoded = read_encoded(save(tmp_path / "encoded.npz", step=step))
    np.testing.assert_array_equal(encoded.x, X)
    np.testing.assert_array_equal(encoded.y, Y)
    np.testing.assert_array_equal(encoded.length, LENGTH)
    assert (encoded.y.dtype, encoded.length.dtype) == (np.int32, np.int32)
    assert (encoded.classes, encoded.positive) == (["yes", "no"], "yes")


def test_x_is_mapped_and_can_not_be_changed(tmp_path):
    x = read_encoded(save(tmp_path / "encoded.npz")).x
    assert isinstance(x, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0, 0] = 1


def test_numpy_reads_the_same_arrays_without_pickles(tmp_path):
    path = save(tmp_path / "encoded.npz")
    with np.load(path, allow_pickle=False) as archive:
        assert sorted(archive.files) == ["classes", "crop", "length", "positive", "x", "y"]
        np.testing.assert_array_equal(archive["x"], X)
        assert archive["classes"].tolist() == ["yes", "no"]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


def test_arrays_saved_by_numpy_can_be_mapped(tmp_path):
    np.savez(tmp_path / "a.npz", first=np.arange(5), x=np.asfortranarray(X))
    mapped = map_array(tmp_path / "a.npz", "x")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, X)


def test_equal_arrays_are_equal_bytes(tmp_path):
    one, two = save(tmp_path / "1.npz", step=2), save(tmp_path / "2.npz", step=5)
    assert one.read_bytes() == two.read_bytes()


def test_no_records(tmp_path):
    encoded = read_encoded(save(tmp_path / "encoded.npz", x=X[:0]))
    assert encoded.x.shape == (0, 11, 4)


def test_class_names_survive(tmp_path):
    classes = ["NA", "", "ä b", "1"]
    encoded = read_encoded(save(tmp_path / "encoded.npz", classes=classes, positive=""))
    assert (encoded.classes, encoded.positive) == (classes, "")


def test_classes_and_labels_are_read_without_the_sequences(tmp_path):
    path = save(tmp_path / "a.npz", classes=("é", "no"), positive="no")
    assert read_classes(path) == (["é", "no"], "no")
    y, classes = read_labels(path)
    np.testing.assert_array_equal(y, Y)
    assert classes == ["é", "no"]


def test_no_part_is_left_when_a_block_fails(tmp_path):
    def blocks():
        yield X[:3]
        raise UserError("record 4 is bad")

    with pytest.raises(UserError, match="record 4"):
        write_encoded(tmp_path / "e.npz", blocks(), X.shape, Y, LENGTH, ["a", "b"], "a")
    assert os.listdir(tmp_path) == []


def test_blocks_must_fill_the_shape(tmp_path):
    with pytest.raises(ValueError, match="blocks"):
        write_encoded(tmp_path / "e.npz", iter([X[:3]]), X.shape, Y, LENGTH, ["a", "b"], "a")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("keep", [0, 10, 0.5, -10])
def test_a_truncated_file_is_named(tmp_path, keep):
    path = save(tmp_path / "encoded.npz")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(UserError, match=r"encoded\.npz: damaged.*moved aside.*run again"):
        read_encoded(path)


def test_another_kind_of_file_is_named(tmp_path):
    path = tmp_path / "encoded.npz"
    path.write_text(">a\nACGT\n")
    with pytest.raises(UserError, match=r"encoded\.npz: damaged"):
        read_encoded(path)


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "encoded.npz", y=Y)
    with pytest.raises(UserError, match=r"encoded\.npz.*length"):
        read_encoded(tmp_path / "encoded.npz")


def test_compressed_arrays_can_not_be_mapped(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=X)
    with pytest.raises(UserError, match="x is compressed"):
        map_array(tmp_path / "a.npz", "x")


def test_pickles_are_not_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match=r"a\.npz: damaged"):
        load_arrays(tmp_path / "a.npz")


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_encoded(tmp_path / "encoded.npz")


# ------------------------------------------------------------------------------ split.npz


def test_split_round_trip_sorts(tmp_path):
    split = {"train": [5, 1, 0], "validation": np.array([3, 2], np.int32), "test": [4]}
    write_split(tmp_path / "split.npz", split)
    result = read_split(tmp_path / "split.npz")
    assert list(result) == ["train", "validation", "test"]
    assert all(indices.dtype == np.int64 for indices in result.values())
    assert {name: indices.tolist() for name, indices in result.items()} == {
        "train": [0, 1, 5],
        "validation": [2, 3],
        "test": [4],
    }


def test_a_split_without_a_part_is_named(tmp_path):
    np.savez(tmp_path / "split.npz", train=[1], test=[2])
    with pytest.raises(UserError, match=r"split\.npz.*validation"):
        read_split(tmp_path / "split.npz")


@pytest.mark.parametrize("same_hash", [False, True])
def test_ids_are_told_apart_whatever_their_hashes(monkeypatch, same_hash):
    if same_hash:
        monkeypatch.setattr(splits, "hash", lambda text: 7, raising=False)
    assert splits._all_differ(["a", "b", "A", ""])
    assert not splits._all_differ(["a", "b", "a"])


def test_groups_are_written_in_parts_as_at_once(tmp_path, monkeypatch):
    ids = ["NA", "01", 'a "b"', "tab\there", "", "seq 5", "ß"]
    groups = np.arange(len(ids)) // 2
    written = []
    for rows in (100, 3, 1):
        monkeypatch.setattr(splits, "ROWS_AT_ONCE", rows)
        splits.write_groups(tmp_path / "groups.tsv", ids, groups)
        written.append((tmp_path / "groups.tsv").read_bytes())
        found, numbers = read_groups(tmp_path / "groups.tsv")
        assert (list(found), numbers.tolist()) == (ids, groups.tolist())
    assert written[0] == written[1] == written[2]
    some = np.array(["ß", "NA", "", "NA"])
    assert splits.groups_of(tmp_path / "groups.tsv", some).tolist() == [3, 0, 2, 0]
    with pytest.raises(UserError, match="no record 'seq'"):
        splits.groups_of(tmp_path / "groups.tsv", np.array(["ß", "seq"]))
    splits.write_groups(tmp_path / "groups.tsv", [], np.zeros(0, int))
    assert (tmp_path / "groups.tsv").read_bytes() == b"id\tgroup\n"


def test_groups_are_looked_up_of_more_letters_than_arrow_takes_at_once(tmp_path):
    ids = [letter * (1 << 20) for letter in string.ascii_lowercase]  # it takes 16 times as many
    splits.write_groups(tmp_path / "groups.tsv", ids, np.arange(26))
    found = splits.groups_of(tmp_path / "groups.tsv", np.array(ids[::-1]))
    assert found.tolist() == list(range(26))[::-1]


# ------------------------------------------------------------------------------ sequences


@pytest.fixture
def sequences(tmp_path):
    table = pd.DataFrame(
        {"id": list("abcde"), "sequence": ["ACGT"] * 5, "label": ["NA", "1", "NA", "1", "1"]}
    )
    write_sequences(tmp_path / "sequences.parquet", table)
    return tmp_path / "sequences.parquet"


def test_sequence_columns_keep_text_and_null(sequences):
    columns = sequence_columns(sequences, ["label", "split", "id"])
    assert list(columns) == ["label", "split", "id"]
    assert columns["label"].tolist() == ["NA", "1", "NA", "1", "1"]
    assert columns["split"].tolist() == [None] * 5


@pytest.fixture(params=[1 << 24, 0], ids=["small", "large"])
def written(request, tmp_path, monkeypatch):
    """A table with all kinds of columns, and its file, whose texts count as large or not."""
    monkeypatch.setattr(mapped, "SMALL", request.param)
    table = {
        "id": ["NA", "ß", "a b", "", "longest of all"],
        "sequence": ["ACGT", "N", "ACGT", "GG", "T"],
        "label": ["x", "y", "x", "x", "y"],
        "group": ["family 1", None, "h", "family 1", None],
        "start": [3, None, 5, 0, 9],
        "lower_case": [0, 1, 2, 3, 4],
    }
    path = tmp_path / "sequences.parquet"
    with sequence_writer(path) as write:
        for first, last in ((0, 2), (2, 5)):
            write({name: column[first:last] for name, column in table.items()})
    return table, path


def test_columns_are_those_that_were_written(written):
    table, path = written
    found = sequence_columns(path, list(table))
    for name in ("id", "sequence", "label", "group", "lower_case"):
        assert list(found[name]) == table[name]
    np.testing.assert_array_equal(found["start"], np.array(table["start"], dtype=float))
    assert found["group"][0] is found["group"][3]  # and no copy of it
    nothing = sequence_columns(path, ["chrom", "end", "split"])
    assert list(nothing["chrom"]) == list(nothing["split"]) == [None] * 5
    assert np.isnan(nothing["end"]).all()


def test_texts_are_read_as_from_a_list(written):
    table, path = written
    texts, expected = sequence_columns(path, ["id"])["id"], table["id"]
    assert len(texts) == 5
    assert [texts[i] for i in range(5)] == expected == list(texts)
    for part in (slice(None), slice(1, 3), slice(4, 9), slice(3, 3), slice(0, 5, 2)):
        assert texts[part] == expected[part]
    rows = np.array([4, 0, 2, 2])
    assert texts[rows].tolist() == texts.array(rows).tolist() == [expected[i] for i in rows]
    # As wide as the longest of all, so that what is chosen does not change how a file is laid out.
    assert texts.array(np.array([1])).dtype == np.array(expected).dtype
    assert texts.array(np.zeros(0, int)).shape == (0,)


def test_large_columns_take_little_memory(tmp_path, monkeypatch):
    """Whatever the length of ids and sequences: pyarrow and Python hold few bytes a record."""
    path, n = tmp_path / "sequences.parquet", 50_000
    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(1).integers(0, 4, (n, 120))]
    with sequence_writer(path) as write:
        write({"id": letters[:, :20], "sequence": letters, "label": ["x", "y"] * (n // 2)})
    held = []
    for small in (0, 1 << 30):
        monkeypatch.setattr(mapped, "SMALL", small)
        before = pa.total_allocated_bytes()
        tracemalloc.start()
        columns = sequence_columns(path, ["id", "sequence", "label", "chrom", "start"])
        held.append((pa.total_allocated_bytes() - before + tracemalloc.get_traced_memory()[0]) / n)
        tracemalloc.stop()
        assert len(columns["sequence"]) == n
        del columns
    assert held[0] < 30  # the labels are 8, and some are kept by pyarrow
    assert held[1] > 140


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_batches_make_up_the_table(sequences, rows):
    batches = list(sequence_batches(sequences, ["id", "sequence"], rows))
    assert max(len(batch) for batch in batches) == min(rows, 5)
    assert [name for batch in batches for name in batch["id"].to_pylist()] == list("abcde")
    assert batches[0].schema.names == ["id", "sequence"]


def test_row_groups_make_up_the_file(tmp_path):
    path = tmp_path / "sequences.parquet"
    with sequence_writer(path) as write:
        write({"id": ["a", "b"], "sequence": ["AC", "GT"], "label": ["x", "y"]})
        write({"id": ["c"], "sequence": ["NN"], "label": ["x"]})
    groups = [
        {name: list(values) for name, values in group.items()}
        for group in sequence_groups(path, ["id", "label"])
    ]
    assert groups == [{"id": ["a", "b"], "label": ["x", "y"]}, {"id": ["c"], "label": ["x"]}]


@pytest.mark.parametrize(
    "read",
    [
        lambda path: sequence_columns(path, ["sequence"]),
        lambda path: list(sequence_batches(path, ["sequence"], 10)),
        lambda path: read_sequences(path, ["sequence"]),
    ],
)
def test_damaged_sequences_are_named(sequences, read):
    sequences.write_bytes(sequences.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"sequences\.parquet: damaged"):
        read(sequences)
    pd.DataFrame({"id": ["a"]}).to_parquet(sequences)
    with pytest.raises(UserError, match=r"sequences\.parquet: damaged.*sequence"):
        read(sequences)


# ------------------------------------------------------------------------------ json


def test_json_of_numpy_and_of_what_is_not_finite(tmp_path):
    content = {
        "b": np.float64(0.5),
        "a": np.array([[1, 2]]),
        "c": (np.int64(3), np.bool_(True), None),
        "bad": [np.nan, np.inf, -np.inf, float("nan"), np.float32("nan")],
        1: "α",
    }
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == {
        "1": "α",
        "a": [[1, 2]],
        "b": 0.5,
        "bad": [None] * 5,
        "c": [3, True, None],
    }


def test_json_is_the_same_in_any_order_of_keys(tmp_path):
    write_json(tmp_path / "1.json", {"a": 1, "b": {"x": 1, "y": 2}})
    write_json(tmp_path / "2.json", {"b": {"y": 2, "x": 1}, "a": 1})
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert json.loads((tmp_path / "1.json").read_text()) == {"a": 1, "b": {"x": 1, "y": 2}}


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "metrics.json").write_text('{"a": ')
    with pytest.raises(UserError, match=r"metrics\.json: damaged"):
        read_json(tmp_path / "metrics.json")


# ------------------------------------------------------------------------------ tables


@pytest.mark.parametrize("name", ["table.tsv", "table.tsv.gz"])
def test_text_survives_a_table(tmp_path, name):
    table = pd.DataFrame({"label": ["NA", "", "01", "null"], "value": [1.5, np.nan, 1e-300, 0.1]})
    write_table(tmp_path / name, table)
    result = read_table(tmp_path / name, text=["label"], required=["value"])
    assert result["label"].tolist() == table["label"].tolist()
    np.testing.assert_array_equal(result["value"], table["value"])


def test_gzip_has_no_time_stamp_and_no_name(tmp_path):
    write_table(tmp_path / "a.tsv.gz", pd.DataFrame({"a": [1]}))
    content = (tmp_path / "a.tsv.gz").read_bytes()
    assert content[3] & 0b1000 == 0  # RFC 1952: the flag of a file name
    assert content[4:8] == bytes(4)  # and the modification time
    assert gzip.decompress(content) == b"a\n1\n"


def test_a_missing_column_is_named(tmp_path):
    write_table(tmp_path / "a.tsv", pd.DataFrame({"a": [1]}))
    with pytest.raises(UserError, match=r"a\.tsv: no column 'b'"):
        read_table(tmp_path / "a.tsv", text=[], required=["b"])


def test_a_truncated_gzip_is_named(tmp_path):
    write_table(tmp_path / "a.tsv.gz", pd.DataFrame({"a": RANDOM.random(5000)}))
    content = (tmp_path / "a.tsv.gz").read_bytes()
    (tmp_path / "a.tsv.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"a\.tsv\.gz: damaged"):
        read_table(tmp_path / "a.tsv.gz", text=[])


# ------------------------------------------------------------------------------ predictions


def predictions(n=50, classes=("NA", "01", "a b")):
    probabilities = RANDOM.dirichlet(np.ones(len(classes)), n)
    labels = np.array(classes)[RANDOM.integers(0, len(classes), n)]
    splits = np.repeat(["validation", "test"], [n // 2, n - n // 2])
    return Predictions(
        np.array([f"{i:03}" for i in range(n)]), splits, labels, probabilities, list(classes)
    )


def test_predictions_round_trip_to_the_last_bit(tmp_path):
    written = predictions()
    write_predictions(tmp_path / "predictions.tsv.gz", written)
    read = read_predictions(tmp_path / "predictions.tsv.gz")
    for field in ("ids", "splits", "labels", "probabilities"):
        np.testing.assert_array_equal(getattr(read, field), getattr(written, field))
    assert read.classes == written.classes
    np.testing.assert_array_equal(np.array(read.classes)[read.y], read.labels)
    assert len(set(map(id, read.labels))) == len(set(written.labels))  # millions share few texts


@pytest.mark.parametrize("names", [["0", "1"], ["01", "1"], ["NA", "nan"], ["True", "False"]])
def test_classes_of_any_name_stay_text(tmp_path, names):
    """A table read as anything else makes numbers of them."""
    splits_ = np.array(["validation", "validation", "test", "test"])
    p = np.array([[0.75, 0.25], [0.25, 0.75], [0.75, 0.25], [0.25, 0.75]])
    written = Predictions(np.array(list("abcd")), splits_, np.array(names * 2), p, names)
    write_predictions(tmp_path / "predictions.tsv.gz", written)
    read = read_predictions(tmp_path / "predictions.tsv.gz", names)
    assert read.labels.tolist() == names * 2
    assert read.y.tolist() == [0, 1, 0, 1]


def test_predictions_of_one_split():
    everything = predictions()
    test = everything.of("test")
    assert set(test.splits) == {"test"}
    np.testing.assert_array_equal(test.ids, everything.ids[25:])
    np.testing.assert_array_equal(test.probabilities, everything.probabilities[25:])


def test_a_label_without_a_column_is_named(tmp_path):
    table = pd.DataFrame({"id": ["a"], "split": ["test"], "label": ["x"], "p_y": [1.0]})
    write_table(tmp_path / "predictions.tsv.gz", table)
    with pytest.raises(UserError, match=r"predictions\.tsv\.gz: no column p_x"):
        read_predictions(tmp_path / "predictions.tsv.gz")


def test_a_row_that_ends_early_is_damage(tmp_path):
    (tmp_path / "predictions.tsv.gz").write_bytes(
        gzip.compress(b"id\tp_x\tsplit\tlabel\na\t1.0\ttest\tx\nb\t1.0\ttest\n")
    )
    with pytest.raises(UserError, match=r"predictions\.tsv\.gz"):
        read_predictions(tmp_path / "predictions.tsv.gz")


def test_predictions_of_new_sequences_name_the_most_probable_class(tmp_path):
    p = RANDOM.dirichlet([1, 1, 1], 5)
    ids, classes = np.array(["NA", "01", "b", "c", "d"]), ["x", "y", "z"]
    write_new_predictions(tmp_path / "a.tsv.gz", ids, p, classes)
    table = read_new_predictions(tmp_path / "a.tsv.gz")
    assert list(table) == ["id", "predicted", "p_x", "p_y", "p_z"]
    assert list(table["id"]) == list(ids)
    assert list(table["predicted"]) == [classes[i] for i in p.argmax(axis=1)]
    np.testing.assert_array_equal(table[["p_x", "p_y", "p_z"]].to_numpy(), p)


def test_headers_of_new_sequences_are_kept_where_they_say_more_than_the_id(tmp_path):
    p, ids, classes = RANDOM.dirichlet([1, 1], 3), np.array(list("abc")), ["x", "y"]
    for headers, kept in ((["a", "", "c"], False), (["a one", "NA", ""], True)):
        write_new_predictions(tmp_path / "a.tsv.gz", ids, p, classes, np.array(headers))
        table = read_new_predictions(tmp_path / "a.tsv.gz")
        assert ("description" in table) == kept
        assert not kept or table["description"].tolist() == headers


def test_parts_of_new_predictions_are_joined_in_their_order(tmp_path):
    p, ids, classes = RANDOM.dirichlet([1, 1], 5), np.array(list("abcde")), ["x", "y"]
    for name, rows in {"1": slice(0, 3), "2": slice(3, 3), "3": slice(3, 5)}.items():
        write_scores(tmp_path / f"{name}.npz", ids[rows], p[rows], classes, ids[rows])
    joined = join_scores([tmp_path / f"{name}.npz" for name in "123"])
    np.testing.assert_array_equal(joined[0], ids)
    np.testing.assert_array_equal(joined[1], p)
    assert joined[2] == classes and joined[4] is None
    np.testing.assert_array_equal(joined[3], ids)


def test_how_unlike_new_sequences_are_goes_with_them(tmp_path):
    p, ids, classes = RANDOM.dirichlet([1, 1], 4), np.array(list("abcd")), ["x", "y"]
    new = Novelty(np.array([0.5, 1.0, 1.23456, 7]), np.array(["words", "length"] * 2))
    for name, rows in {"1": slice(0, 1), "2": slice(1, 4)}.items():
        own = Novelty(*(column[rows] for column in new))
        write_scores(tmp_path / f"{name}.npz", ids[rows], p[rows], classes, novelty=own)
    joined = join_scores([tmp_path / f"{name}.npz" for name in "12"])
    write_new_predictions(tmp_path / "a.tsv.gz", *joined)
    table = read_new_predictions(tmp_path / "a.tsv.gz")
    assert table["unlike"].tolist() == [0.5, 1.0, 1.235, 7.0]
    assert table["unlike_in"].tolist() == ["", "", "words", "length"]
    short = new._replace(unlike=new.unlike[1:])
    write_scores(tmp_path / "2.npz", ids, p, classes, novelty=short)
    with pytest.raises(UserError, match=r"2.npz: damaged"):
        join_scores([tmp_path / "2.npz"])


def test_a_part_whose_arrays_do_not_belong_together_is_named(tmp_path):
    write_scores(tmp_path / "a.npz", np.array(["a"]), np.ones((2, 2)), ["x", "y"])
    with pytest.raises(UserError, match=r"a.npz: damaged"):
        join_scores([tmp_path / "a.npz"])


def test_measurements_of_a_run_without_rows_are_damaged(tmp_path):
    path = tmp_path / "metrics.json"
    content = {"dataset": "d", "fold": 1, "model": "m", "seed": 1, "n": {}, "groups": {}}
    content |= {"classes": ["x", "y"], "positive": "x", "confusion": {}, "reliability": {}}
    content |= {"unrelated": {}}
    content |= {"rows": [{"value": 0.25}]}
    write_run_metrics(path, content)
    assert read_run_metrics(path) == content
    del content["rows"]
    write_run_metrics(path, content)
    with pytest.raises(UserError, match=r"metrics.json: damaged"):
        read_run_metrics(path)


def test_the_course_of_a_training_comes_back(tmp_path):
    history = {"epoch": [1, 2], "loss": [0.7, 0.1 + 0.2], "val_loss": [0.8, 0.5]}
    write_history(tmp_path / "history.tsv", history)
    assert read_history(tmp_path / "history.tsv").to_dict("list") == history


def test_explanations_come_back_as_they_were(tmp_path):
    random = np.random.default_rng(2)
    none = {"differences": np.empty((2, 0), np.float32), "totals": np.empty((2, 0), np.float32)}
    attributions = replace(explained(), baselines=np.array([], np.str_), **none)
    write_attributions(tmp_path / "attributions.npz", attributions)
    back = read_attributions(tmp_path / "attributions.npz")
    assert list(back.methods) == ["gradient"]
    np.testing.assert_array_equal(back.methods["gradient"], attributions.methods["gradient"])
    for name in ("ids", "records", "parts", "target", "scores", "scales", "attention", "totals"):
        np.testing.assert_array_equal(getattr(back, name), getattr(attributions, name))
    tested = back.of_part("test")
    assert tested.ids.tolist() == ["b"]
    assert tested.scales.tolist() == [3, 7]
    for name in ("records", "parts", "target", "scores", "attention", "totals"):
        np.testing.assert_array_equal(getattr(tested, name), getattr(attributions, name)[1:])
    np.testing.assert_array_equal(tested.methods["gradient"], attributions.methods["gradient"][1:])
    perturbations = Perturbations(
        ["gradient", "random"],
        np.array([0.1, 0.5]),
        *random.random((2, 2, 3, 2)).astype(np.float32),
    )
    write_perturbations(tmp_path / "perturbations.npz", perturbations)
    again = read_perturbations(tmp_path / "perturbations.npz")
    assert again.rankings == perturbations.rankings
    np.testing.assert_array_equal(again.insertion, perturbations.insertion)


def test_a_file_that_holds_no_attributions_is_named(tmp_path):
    write_arrays(tmp_path / "attributions.npz", {"ids": np.array(["a"])})
    with pytest.raises(UserError, match=r"attributions\.npz: damaged or not what its name says"):
        read_attributions(tmp_path / "attributions.npz")


# ------------------------------------------------------------------------------ motifs


def test_motifs_come_back_from_meme_and_equal_motifs_make_equal_files(tmp_path):
    rng = np.random.default_rng(0)
    motifs = [
        MemeMotif("hit_1", "TBP", rng.dirichlet([1] * 4, 7), 31),
        MemeMotif("hit_2", "", rng.dirichlet([1] * 4, 4), 12),
    ]
    for name in ("a", "b"):
        write_meme(tmp_path / name, motifs, both_strands=False)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    for back, motif in zip(read_meme(tmp_path / "a"), motifs, strict=True):
        assert (back.name, back.alternative, back.sites) == (
            motif.name,
            motif.alternative,
            motif.sites,
        )
        np.testing.assert_allclose(back.probabilities, motif.probabilities, atol=2e-6)


def test_names_come_back_from_bed(tmp_path):
    odd = ['5" box', "open chromatin", "50%", "%41", "#1", "track", "browser", "=1", "é ü", "\\n"]
    rows = {"chrom": odd, "start": range(10), "end": range(1, 11), "name": odd[::-1]}
    rows |= {"score": [0] * 10, "strand": ["+"] * 10}
    with bed_writer(tmp_path / "b.bed") as write:
        write(rows)
    back = read_bed(tmp_path / "b.bed")
    assert back["chrom"].tolist() == odd and back["name"].tolist() == odd[::-1]
    lines = (tmp_path / "b.bed").read_text().splitlines()
    assert [len(line.split()) for line in lines] == [6] * 10
    assert not any(line.startswith(("#", "track", "browser")) for line in lines)


def test_meme_files_read_in_another_tool(tmp_path):
    memelite_io = pytest.importorskip("memelite.io")
    matrix = np.array([[0.7, 0.1, 0.1, 0.1], [0, 0, 1, 0]])
    write_meme(tmp_path / "m", [MemeMotif("hit_1", "X", matrix, 9)], True)
    ((name, back),) = memelite_io.read_meme(str(tmp_path / "m")).items()
    assert name.split()[0] == "hit_1"
    np.testing.assert_allclose(np.asarray(back).T, matrix, atol=1e-6)


def test_a_file_that_is_no_meme_file_is_an_error(tmp_path):
    (tmp_path / "m").write_text("not meme\n")
    with pytest.raises(UserError, match="damaged"):
        read_meme(tmp_path / "m")


RULE_FILES = {
    "rules.tsv": (rules.write_rules, rules.read_rules, made_up_rules.rules),
    "effects.tsv.gz": (rules.write_rule_effects, rules.read_rule_effects, made_up_rules.effects),
}


@pytest.mark.parametrize("name", RULE_FILES)
@pytest.mark.parametrize("rows", [None, 0])
def test_rules_come_back_also_where_there_are_none(tmp_path, name, rows):
    write, read, make = RULE_FILES[name]
    table = make().head(rows) if rows is not None else make()
    write(tmp_path / name, table)
    pd.testing.assert_frame_equal(read(tmp_path / name), table, check_dtype=bool(len(table)))
    content = (tmp_path / name).read_bytes()
    write(tmp_path / name, table)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"left_strand": "x"}, "the column left_strand ['x'] is none of +, -"),
        ({"planted": "maybe"}, "the column planted ['maybe'] is none of yes, no"),
        ({"gap_from": -1}, "the column gap_from holds -1, and 0 is the least"),
        ({"gap_from": 9}, "a gap ends before it begins"),
        ({"p_value": 2.0}, "the column p_value holds 2, and 1 is the most"),
        ({"low": 7.0}, "an interval begins above its end"),
        ({"effect": np.inf}, "the column effect holds what is not a number"),
    ],
)
def test_impossible_rules_are_refused(tmp_path, change, reason):
    path = tmp_path / "rules.tsv"
    rules.write_rules(path, made_up_rules.rules().assign(**change))
    with pytest.raises(UserError, match=re.escape(reason)) as told:
        rules.read_rules(path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("key", ["words", "sight", "gaps", "arrangements", "rules", "planted"])
def test_a_summary_of_rules_comes_back_or_is_damaged(tmp_path, key):
    path = tmp_path / "rules.json"
    content = made_up_rules.summary(planted=[made_up_rules.planted()])
    rules.write_rule_summary(path, content)
    assert rules.read_rule_summary(path) == content
    rules.write_rule_summary(path, {name: content[name] for name in content if name != key})
    with pytest.raises(UserError, match=re.escape(str(path))):
        rules.read_rule_summary(path)


def test_motifs_json_without_motifs_is_damaged(tmp_path):
    write_json(tmp_path / "m", {"tried": [], "scores": None})
    with pytest.raises(UserError, match="damaged"):
        read_motifs(tmp_path / "m")


# ------------------------------------------------------------------------------ impossible values


def explained():
    random = np.random.default_rng(1)
    return Attributions(
        ids=np.array(["a", "b"]),
        records=np.array([4, 7]),
        parts=np.array(["train", "test"]),
        target=np.array([1, 0], np.int32),
        scores=np.array([0.5, -1], np.float32),
        methods={"gradient": random.normal(size=(2, 5, 4)).astype(np.float32)},
        scales=np.array([3, 7], np.int32),
        attention=random.random((2, 2, 5)).astype(np.float32),
        attention_scores=random.random((2, 5)).astype(np.float32),
        baselines=np.array(["zero"]),
        differences=np.ones((2, 1), np.float32),
        totals=np.ones((2, 1), np.float32),
    )


def save_perturbations(path):
    changed = np.zeros((2, 3, 2), np.float32)
    found = Perturbations(["gradient", "random"], np.array([0.1, 0.5]), changed, changed)
    write_perturbations(path, found)


ARCHIVES = {
    "encoded.npz": (save, read_encoded),
    "split.npz": (
        lambda path: write_split(path, {"train": [0, 1], "validation": [2, 3], "test": [4]}),
        lambda path: (read_split(path, 7), read_dropped(path, 7)),
    ),
    "attention.npz": (
        lambda path: write_attention(path, np.ones((2, 1, 5)), [3], ["a", "b"]),
        read_attention,
    ),
    "attributions.npz": (
        lambda path: write_attributions(path, explained()),
        read_attributions,
    ),
    "perturbations.npz": (save_perturbations, read_perturbations),
}


def put(value, place=0):
    """Return a function that puts a value into an array."""

    def change(array):
        array = array.copy()
        array.flat[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "member", "change", "reason"),
    [
        ("encoded.npz", "y", put(-1), "y holds -1, and 0 is the least"),
        ("encoded.npz", "y", put(2), "y holds 2, and 1 is the most"),
        ("encoded.npz", "y", lambda y: y + 0.5, "y is no row of whole numbers"),
        ("encoded.npz", "length", put(-1), "length holds -1"),
        ("encoded.npz", "length", put(12), "length holds 12, and 11 is the most"),
        ("encoded.npz", "classes", put("no"), "names of classes occur twice"),
        ("encoded.npz", "positive", put("may"), "the positive class"),
        ("encoded.npz", "crop", lambda _: np.array("middle"), "crop"),
        ("encoded.npz", "x", put(2, 150), "x holds other values than 0 and 1"),
        ("encoded.npz", "x", lambda x: x.astype(np.float16), "x holds no bytes"),
        ("split.npz", "train", put(-1), "train holds -1"),
        ("split.npz", "test", put(7), "test holds 7, and 6 is the most"),
        ("split.npz", "train", lambda train: train[::-1], "train is not sorted"),
        ("split.npz", "train", put(0, 1), "train is not sorted, or holds an index twice"),
        ("split.npz", "test", put(3), "records of its parts occur twice"),
        ("split.npz", "test", lambda test: test.astype(float), "test is no row of whole numbers"),
        ("split.npz", "dropped", lambda _: np.array([7]), "dropped holds 7"),
        ("attention.npz", "weights", put(np.nan), "weights holds what is not a number"),
        ("attention.npz", "weights", put(np.inf, 7), "weights holds what is not a number"),
        ("attention.npz", "weights", put(-0.5), "weights holds -0.5, and 0 is the least"),
        ("attention.npz", "weights", lambda weights: weights[:1], "its arrays do not belong"),
        ("attention.npz", "ids", put("b"), "ids occur twice"),
        ("attention.npz", "scales", put(-3), "scales holds -3"),
        ("attention.npz", "crop", lambda _: np.array("middle"), "crop"),
        ("attributions.npz", "gradient", put(np.nan, 30), "gradient holds what is not a number"),
        ("attributions.npz", "gradient", lambda of: of[:, :4], "gradient does not belong"),
        ("attributions.npz", "scores", put(-np.inf), "scores holds what is not a number"),
        ("attributions.npz", "attention", put(-1), "attention holds -1"),
        ("attributions.npz", "attention_scores", put(-1), "attention_scores holds -1"),
        ("attributions.npz", "differences", put(np.nan), "differences holds what is not"),
        ("attributions.npz", "totals", put(np.nan), "totals holds what is not a number"),
        ("attributions.npz", "target", put(-1), "target holds -1"),
        ("attributions.npz", "records", put(-1), "records holds -1"),
        ("attributions.npz", "parts", put("tes"), "the part"),
        ("attributions.npz", "ids", put("b"), "ids occur twice"),
        ("perturbations.npz", "shares", put(1.5), "shares holds 1.5, and 1 is the most"),
        ("perturbations.npz", "deletion", put(np.nan), "deletion holds what is not a number"),
        ("perturbations.npz", "insertion", lambda of: of[:1], "insertion does not belong"),
        ("perturbations.npz", "rankings", put("random"), "rankings occur twice"),
    ],
)
def test_an_array_with_an_impossible_value_is_named(tmp_path, name, member, change, reason):
    write, read = ARCHIVES[name]
    path = tmp_path / name
    write(path)
    read(path)
    arrays = load_arrays(path)
    np.savez(tmp_path / "changed.npz", **arrays | {member: change(arrays[member])})
    changed = os.replace(tmp_path / "changed.npz", path) or path
    intact_files.digest_path(path).unlink()  # as of a file that was made by hand
    with pytest.raises(UserError) as caught:
        read(changed)
    assert str(caught.value).startswith(f"{path}: damaged or not what its name says ({reason}")
    assert str(caught.value).endswith("; delete it and run again to remake it.")


@pytest.mark.parametrize(("y", "reason"), [([0, 2], "y holds 2"), ([0, -1], "y holds -1")])
def test_labels_alone_are_checked_too(tmp_path, y, reason):
    path = tmp_path / "encoded.npz"
    np.savez(path, y=np.array(y, np.int32), classes=["a", "b"])
    with pytest.raises(UserError, match=reason):
        read_labels(path)


def test_a_million_one_hot_rows_are_looked_at_only_without_a_digest(tmp_path, monkeypatch):
    path = save(tmp_path / "encoded.npz")
    looked = []
    monkeypatch.setattr(values, "one_hot", lambda x: looked.append(len(x)))
    read_encoded(path)
    assert looked == []
    intact_files.digest_path(path).unlink()
    read_encoded(path)
    assert looked == [7]


def test_one_hot_rows_are_looked_at_in_blocks(monkeypatch):
    monkeypatch.setattr(values, "BLOCK", 3 * X[0].nbytes)
    values.one_hot(X)
    for record in range(len(X)):
        broken = X.copy()
        broken[record, 3, 1] = 200
        with pytest.raises(ValueError, match="other values than 0 and 1"):
            values.one_hot(broken)


TABLES = {
    "groups.tsv": ({"id": ["a", "b"], "group": [1, 2]}, read_groups),
    "related.tsv": (
        {
            "id": ["a", "a"],
            "split": ["test"] * 2,
            "label": ["x"] * 2,
            "relation": ["exact", "group"],
            "relative": ["b"] * 2,
        },
        read_related,
    ),
    "predictions.tsv.gz": (
        {
            "id": ["a", "b"],
            "split": ["validation", "test"],
            "label": ["x", "y"],
            "p_x": [0.25, 0.5],
            "p_y": [0.75, 0.5],
        },
        read_predictions,
    ),
    "metrics.tsv": (
        dict.fromkeys(METRIC_COLUMNS, ["x"] * 2)
        | {"fold": [1, 1], "seed": [0, 0], "split": ["test"] * 2}
        | {"value": [0.5, np.nan], "low": [0.1, np.nan], "high": [0.9, np.nan]},
        read_metrics,
    ),
    "summary.tsv": (
        dict.fromkeys(SUMMARY_COLUMNS, ["x"] * 2)
        | {"runs": [1, 2], "value": [0.5, np.nan], "low": [0.1, np.nan], "high": [0.9, np.nan]}
        | {"sd_folds": [np.nan, 0.1], "sd_seeds": [np.nan, 0.1]},
        read_summary,
    ),
    "comparison.tsv": (
        dict.fromkeys(COMPARISON_COLUMNS, ["x"] * 2)
        | {"difference": [0.5, np.nan], "low": [0.1, np.nan], "high": [0.9, np.nan]}
        | {"p_value": [0.5, np.nan], "p_adjusted": [1.0, np.nan]},
        read_comparison,
    ),
    "giveaways.tsv": (
        {"kind": ["gc", "position"], "feature": ["GC content", "A at position 1"]}
        | {"position": [0, 1], "class": ["NA", "x"], "records": [5, 4]}
        | {"in_class": [0.5, 1], "in_rest": [0.4, 0], "auroc": [0.5, 1.0], "low": [0.3, 0.7]}
        | {"high": [0.7, 1.0], "p_value": [np.nan, 0.1], "p_adjusted": [np.nan, 0.2]},
        read_giveaways,
    ),
    "history.tsv": (
        {"epoch": [1, 2], "loss": [0.5, 0.4], "val_loss": [0.5, 0.6]},
        read_history,
    ),
}


@pytest.mark.parametrize(
    ("name", "column", "found", "reason"),
    [
        ("groups.tsv", "id", ["a", "a"], "ids occur twice"),
        ("groups.tsv", "group", [-1, 2], "the column group holds -1"),
        ("related.tsv", "split", ["test", "train"], "the split"),
        ("related.tsv", "relation", ["exact", "cousin"], "the relation"),
        ("related.tsv", "relation", ["exact", "exact"], "a record has two relatives of one kind"),
        ("predictions.tsv.gz", "id", ["a", "a"], "ids occur twice"),
        ("predictions.tsv.gz", "split", ["train", "test"], "the split"),
        ("predictions.tsv.gz", "p_x", [0.25, 1.5], "probabilities holds 1.5, and 1 is the most"),
        ("predictions.tsv.gz", "p_x", [-0.25, 0.5], "probabilities holds -0.25"),
        ("predictions.tsv.gz", "p_x", [0.3, 0.5], "probabilities do not sum to 1"),
        ("predictions.tsv.gz", "p_x", [np.nan, 0.5], "probabilities holds what is not a number"),
        ("metrics.tsv", "fold", [0, 1], "the column fold holds 0, and 1 is the least"),
        ("metrics.tsv", "seed", [-1, 1], "the column seed holds -1"),
        ("metrics.tsv", "split", ["all", "test"], "the split"),
        ("metrics.tsv", "value", ["good", "bad"], "the column value holds no numbers"),
        ("metrics.tsv", "value", [np.inf, 0], "the column value holds what is not a number"),
        ("metrics.tsv", "low", [0.95, 0], "an interval begins above its end"),
        ("summary.tsv", "runs", [0, 1], "the column runs holds 0"),
        ("summary.tsv", "value", ["x", "y"], "the column value holds no numbers"),
        ("summary.tsv", "high", [0.05, 1], "an interval begins above its end"),
        ("summary.tsv", "sd_seeds", [-0.1, 0], "the column sd_seeds holds -0.1"),
        ("comparison.tsv", "p_value", [1.5, 0], "the column p_value holds 1.5"),
        ("comparison.tsv", "p_adjusted", [-0.5, 0], "the column p_adjusted holds -0.5"),
        ("comparison.tsv", "low", [0.95, 0], "an interval begins above its end"),
        ("giveaways.tsv", "auroc", [0.4, 1], "the column auroc holds 0.4, and 0.5 is the least"),
        ("giveaways.tsv", "low", [0.8, 0.7], "an interval begins above its end"),
        ("giveaways.tsv", "records", [0, 4], "the column records holds 0"),
        ("giveaways.tsv", "position", ["a", "b"], "the column position holds no numbers"),
        ("giveaways.tsv", "in_rest", [-1, 0], "the column in_rest holds -1"),
        ("giveaways.tsv", "p_adjusted", [np.nan, 2], "the column p_adjusted holds 2"),
        ("history.tsv", "epoch", [1, 3], "epochs are not counted from 1"),
        ("history.tsv", "val_loss", [0.5, np.nan], "the column val_loss holds what is not a num"),
        ("history.tsv", "loss", [-0.5, 0], "the column loss holds -0.5"),
    ],
)
def test_a_table_with_an_impossible_value_is_named(tmp_path, name, column, found, reason):
    content, read = TABLES[name]
    path = tmp_path / name
    write_table(path, pd.DataFrame(content))
    read(path)
    write_table(path, pd.DataFrame(content | {column: found}))
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: damaged or not what its name says ({reason}")
    assert str(caught.value).endswith("; delete it and run again to remake it.")


@pytest.mark.parametrize("name", ["related.tsv", "metrics.tsv", "summary.tsv", "comparison.tsv"])
def test_a_table_may_have_no_rows(tmp_path, name):
    content, read = TABLES[name]
    write_table(tmp_path / name, pd.DataFrame(content).iloc[:0])
    assert len(read(tmp_path / name)) == 0


@pytest.mark.parametrize(
    ("temperature", "biases", "reason"),
    [
        ("0", "[0, 0]", "temperature holds 0"),
        ("-1", "[0, 0]", "temperature holds -1"),
        ("NaN", "[0, 0]", "temperature holds what is not a number"),
        ("Infinity", "[0, 0]", "temperature holds what is not a number"),
        ("1.5", "[0, NaN]", "biases holds what is not a number"),
        ("1.5", "[0]", "not one bias for each class"),
    ],
)
def test_a_calibration_with_an_impossible_value_is_named(tmp_path, temperature, biases, reason):
    path = tmp_path / "calibration.json"
    path.write_text(f'{{"temperature": {temperature}, "biases": {biases}}}')
    with pytest.raises(
        UserError, match=rf"calibration\.json: damaged .*\({reason}.*run again to re"
    ):
        read_calibration(path, 2)


@pytest.mark.parametrize("row", ["0.5 0.5 0.5 0.5", "-1 1 1 0", "0 0 0 0", "nan 0 0 1"])
def test_a_matrix_that_holds_no_probabilities_is_no_motif(tmp_path, row):
    path = tmp_path / "motifs.meme"
    path.write_text(
        f"MEME version 4\n\nMOTIF a\nletter-probability matrix: w= 1 nsites= 2\n{row}\n"
    )
    with pytest.raises(UserError, match=r"motifs\.meme: damaged .*probabilities"):
        read_meme(path)


@pytest.mark.parametrize(
    ("name", "found"),
    [("epochs", "auto"), ("parameters", 0), ("batch_size", True), ("settings", []), ("device", 1)],
)
def test_what_was_decided_of_a_training_is_checked(tmp_path, name, found):
    told = dict.fromkeys(("parameters", "records", "batch_size", "epochs"), 2)
    told |= dict.fromkeys(("hyperparameters", "settings", "versions"), {"a": "b"})
    told |= {"architecture": "cnn", "device": "CPU"}
    write_training(tmp_path / "training.json", told)
    assert read_training(tmp_path / "training.json") == told
    write_training(tmp_path / "training.json", told | {name: found})
    with pytest.raises(UserError, match=rf"training\.json: .*{name} is"):
        read_training(tmp_path / "training.json")
