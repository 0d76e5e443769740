import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from folders import names

import encode
from attendna import dna
from attendna.contracts.encoded import read_encoded
from attendna.contracts.sequences import write_sequences
from attendna.data import cropping
from attendna.errors import UserError


def make(folder, sequences, labels, ids=None):
    ids = ids or [f"r{i}" for i in range(len(sequences))]
    table = pd.DataFrame({"id": ids, "sequence": sequences, "label": labels})
    write_sequences(folder / "sequences.parquet", table)


def run(folder, classes=None, positive=None, length="auto", crop="centre"):
    how = {"classes": classes, "positive": positive, "length": length, "crop": crop}
    settings = json.dumps(how)
    sequences, encoded = folder / "sequences.parquet", folder / "encoded.npz"
    encode.main(["--sequences", str(sequences), "--settings", settings, "--encoded", str(encoded)])
    return read_encoded(encoded)


def test_by_hand(tmp_path):
    make(tmp_path, ["ACGT", "NRTA", "CCCC"], ["no", "yes", "no"])
    encoded = run(tmp_path)
    np.testing.assert_array_equal(encoded.x[0], np.eye(4))
    np.testing.assert_array_equal(
        encoded.x[1], [[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    )
    assert encoded.y.tolist() == [0, 1, 0]
    assert encoded.length.tolist() == [4, 4, 4]
    assert (encoded.classes, encoded.positive) == (["no", "yes"], "yes")
    assert encoded.crop == ""


def test_unequal_lengths_by_hand(tmp_path):
    make(tmp_path, ["ACGT", "GT"], ["no", "yes"])
    encoded = run(tmp_path, crop="right")
    np.testing.assert_array_equal(encoded.x[1], [[0] * 4, [0] * 4, [0, 0, 1, 0], [0, 0, 0, 1]])
    assert (encoded.length.tolist(), encoded.crop) == ([4, 2], "right")
    encoded = run(tmp_path, length=3, crop="left")
    np.testing.assert_array_equal(encoded.x[0], np.eye(4)[:3])
    np.testing.assert_array_equal(encoded.x[1], [[0, 0, 1, 0], [0, 0, 0, 1], [0] * 4])
    assert (encoded.length.tolist(), encoded.crop) == ([3, 2], "left")


def test_a_length_that_is_asked_for_holds_for_new_sequences_too(tmp_path):
    make(tmp_path, ["ACGT", "GTTT"], ["no", "yes"])
    assert run(tmp_path, length=4, crop="left").crop == "left"


def test_the_log_says_how_many_are_cropped_and_padded(tmp_path, capsys):
    make(tmp_path, ["ACGTACG", "GTA", "G", "T"], ["no", "yes", "no", "yes"])
    run(tmp_path, length=3)
    assert capsys.readouterr().out == "4 records of 3 positions: 1 cropped, 2 padded\n"


@pytest.mark.parametrize(
    ("classes", "positive", "expected"),
    [
        (["no", "yes"], None, (["no", "yes"], "no", [0, 1])),
        (["yes", "no"], None, (["yes", "no"], "yes", [1, 0])),
        (["yes", "no"], "no", (["yes", "no"], "no", [1, 0])),
        (None, "no", (["no", "yes"], "no", [0, 1])),
    ],
)
def test_classes_and_positive(tmp_path, classes, positive, expected):
    make(tmp_path, ["ACGT", "TTTT"], ["no", "yes"])
    encoded = run(tmp_path, classes, positive)
    assert (encoded.classes, encoded.positive, encoded.y.tolist()) == expected


def test_more_than_two_classes_have_no_positive(tmp_path):
    make(tmp_path, ["ACGT"] * 3, ["b", "c", "a"])
    encoded = run(tmp_path)
    assert (encoded.classes, encoded.positive, encoded.y.tolist()) == (list("abc"), "", [1, 2, 0])


@pytest.mark.parametrize("letters_at_once", [1, 50, 64, 10_000])
def test_blocks_meet_without_a_seam(tmp_path, monkeypatch, letters_at_once):
    monkeypatch.setattr(encode, "LETTERS_AT_ONCE", letters_at_once)
    random = np.random.default_rng(1)
    array = random.choice(np.frombuffer("".join(dna.IUPAC).encode(), np.uint8), (101, 13))
    make(tmp_path, [row.tobytes().decode() for row in array], ["a", *["b"] * 100])
    np.testing.assert_array_equal(run(tmp_path).x, dna.ENCODING[array])


@pytest.mark.parametrize("letters_at_once", [1, 50, 10_000])
@pytest.mark.parametrize("crop", cropping.CROPS)
def test_blocks_of_unequal_lengths_meet_without_a_seam(
    tmp_path, monkeypatch, letters_at_once, crop
):
    monkeypatch.setattr(encode, "LETTERS_AT_ONCE", letters_at_once)
    random = np.random.default_rng(1)
    sequences = ["".join(random.choice(list("ACGTN"), n)) for n in random.integers(1, 30, 101)]
    make(tmp_path, sequences, ["a", *["b"] * 100])
    encoded = run(tmp_path, length=13, crop=crop)
    np.testing.assert_array_equal(encoded.x, dna.one_hot(cropping.fit(sequences, 13, crop)))
    assert encoded.length.tolist() == [min(len(sequence), 13) for sequence in sequences]


def test_same_input_same_bytes(tmp_path):
    make(tmp_path, ["ACGT", "TTTT"], ["no", "yes"])
    run(tmp_path)
    first = (tmp_path / "encoded.npz").read_bytes()
    run(tmp_path)
    assert (tmp_path / "encoded.npz").read_bytes() == first


@pytest.mark.parametrize("other", ["ACGT" * 500, "ACGT" * 400])
def test_memory_does_not_grow_with_the_data_whatever_their_lengths(other, tmp_path, monkeypatch):
    monkeypatch.setattr(encode, "LETTERS_AT_ONCE", 1 << 14)
    sequences, labels = ["ACGT" * 500, other] * 2000, ["a", "b"] * 2000
    make(tmp_path, sequences, labels)
    run(tmp_path)  # imports
    tracemalloc.start()
    run(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6  # of 32 MB


@pytest.mark.parametrize(
    ("sequences", "labels", "settings", "message"),
    [
        (["ACGT"] * 2, ["a", "b"], {"classes": ["a", "c"]}, "class 'c' has no record"),
        (["ACGT"] * 3, ["a", "b", "c"], {"classes": ["a", "b"]}, "record 'r2': the label 'c'"),
        (["ACGT"] * 2, ["a", "a"], {}, "fewer than two classes"),
        (["ACGT"] * 2, ["a", "b"], {"positive": "z"}, "positive: 'z' is no class"),
        ([], [], {}, "fewer than two classes"),
    ],
)
def test_bad_input_leaves_a_sentence_and_no_file(tmp_path, sequences, labels, settings, message):
    make(tmp_path, sequences, labels)
    with pytest.raises(UserError, match=message):
        run(tmp_path, **settings)
    assert names(tmp_path) == ["sequences.parquet"]
