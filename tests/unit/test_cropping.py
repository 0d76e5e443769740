"""Rows of one length: letters keep their order, an anchor its place, and padding is no letter."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna import dna
from attendna.data import cropping

ANCHORS = {  # the letter that keeps its place, and that place
    "left": (lambda n: 0, lambda length: 0),
    "right": (lambda n: n - 1, lambda length: length - 1),
    "centre": (lambda n: n // 2, lambda length: length // 2),
}
crops = pytest.mark.parametrize("crop", cropping.CROPS)
sequences = st.lists(st.text("ACGTRYN", min_size=1, max_size=12), min_size=1, max_size=6)


def row_by_row(sequence, length, crop):
    """Place the letters one by one, by the anchor."""
    letter, place = (of(n) for of, n in zip(ANCHORS[crop], (len(sequence), length), strict=True))
    row = bytearray(length)
    for i, base in enumerate(sequence.encode()):
        if 0 <= place - letter + i < length:
            row[place - letter + i] = base
    return bytes(row)


@crops
@given(sequences=sequences, length=st.integers(1, 15), arrow=st.booleans())
def test_rows_are_those_that_placing_letter_by_letter_gives(crop, sequences, length, arrow):
    given = pa.array(["T", *sequences]).slice(1) if arrow else sequences
    rows = cropping.fit(given, length, crop)
    assert rows.dtype == np.uint8 and rows.shape == (len(sequences), length)
    expected = [row_by_row(sequence, length, crop) for sequence in sequences]
    assert [row.tobytes() for row in rows] == expected


@crops
@given(sequences=sequences, length=st.integers(1, 15))
def test_a_row_is_filled_or_holds_the_whole_sequence_in_its_order(crop, sequences, length):
    for sequence, row in zip(sequences, cropping.fit(sequences, length, crop), strict=True):
        letters = row.tobytes().replace(b"\0", b"").decode()
        assert len(letters) == min(len(sequence), length) and letters in sequence


@crops
@given(sequences=sequences, length=st.integers(12, 20), more=st.integers(1, 9))
def test_a_longer_row_only_adds_padding(crop, sequences, length, more):
    short = cropping.fit(sequences, length, crop)
    long = cropping.fit(sequences, length + more, crop)
    first = cropping.offsets(np.array([length]), length + more, crop)[0]
    np.testing.assert_array_equal(long[:, first : first + length], short)
    assert np.count_nonzero(long) == np.count_nonzero(short)


@crops
def test_sequences_of_the_length_are_taken_as_they_are(crop):
    rows = cropping.fit(["ACGT", "TTTT"], 4, crop)
    np.testing.assert_array_equal(rows, dna.letters(["ACGT", "TTTT"]))
    assert cropping.fit([], 4, crop).shape == (0, 4)


def test_by_hand():
    rows = {crop: cropping.fit(["ACG", "ACGTACG"], 5, crop) for crop in cropping.CROPS}
    text = {crop: [row.tobytes().decode() for row in of] for crop, of in rows.items()}
    assert text["left"] == ["ACG\0\0", "ACGTA"]
    assert text["right"] == ["\0\0ACG", "GTACG"]
    assert text["centre"] == ["\0ACG\0", "CGTAC"]


def test_an_unknown_crop_is_an_error():
    with pytest.raises(ValueError, match="expected one of centre, left, right, received 'middle'"):
        cropping.offsets(np.array([3]), 4, "middle")


# ------------------------------------------------------------------------------ the length


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([81] * 50, 81),
        ([50, 60, 70, 100], 100),
        ([100] * 95 + [200] * 5, 200),  # twice as long is no outlier
        ([100] * 95 + [201] * 5, 100),
        ([100] * 94 + [201] * 6, 201),  # too many to crop
        ([*range(1, 101), 1_000_000], 96),
        ([7], 7),
    ],
)
def test_the_automatic_length_is_the_longest_that_is_no_outlier(lengths, expected):
    assert cropping.choose_length(np.array(lengths), "auto") == expected


@given(lengths=st.lists(st.integers(1, 5000), min_size=1, max_size=200))
def test_the_automatic_length_crops_few_and_wastes_little(lengths):
    lengths = np.array(lengths)
    length = cropping.choose_length(lengths, "auto")
    assert (lengths <= length).mean() >= 0.95
    assert (lengths * 2 >= length).any() and length in lengths
    assert np.sort(lengths)[int(np.ceil(0.95 * len(lengths))) - 1] * 2 >= length


def test_a_length_that_is_given_is_kept():
    assert cropping.choose_length(np.array([5, 900]), 64) == 64
