import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from attendna import dna
from attendna.dna import (
    BASES,
    IUPAC,
    base_fractions,
    letters,
    one_hot,
    reverse_complement,
    reverse_complement_letters,
)

iupac = st.text("".join(IUPAC), max_size=40)
matrices = st.integers(0, 40).flatmap(
    lambda length: st.lists(st.text("".join(IUPAC), min_size=length, max_size=length), min_size=1)
)


def encode(text: str) -> np.ndarray:
    return one_hot(letters([text])[0])


def decode(x: np.ndarray) -> list[set[str]]:
    """The set of bases at each position, read from the channels one by one."""
    return [{base for base, value in zip(BASES, row, strict=True) if value} for row in x]


def test_bases_in_order():
    np.testing.assert_array_equal(encode("ACGT"), np.eye(4))


@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_each_letter_sets_the_bases_it_allows(change):
    assert decode(encode(change("".join(IUPAC)))) == [set(allowed) for allowed in IUPAC.values()]


def test_n_is_every_base_and_padding_none():
    np.testing.assert_array_equal(one_hot(np.array([ord("N"), 0], np.uint8)), [[1] * 4, [0] * 4])


def test_any_other_byte_is_no_base():
    others = set(range(256)) - {ord(c) for c in "".join(IUPAC) + "".join(IUPAC).lower()}
    assert not one_hot(np.array(sorted(others), np.uint8)).any()


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=9)))
def test_is_the_table_looked_up(array):
    np.testing.assert_array_equal(one_hot(array), dna.ENCODING[array])


@pytest.mark.parametrize("extra", [-1, 0, 1, 2])
def test_portions_meet_without_a_seam(extra):
    array = np.random.default_rng(1).integers(0, 256, 2 * dna.PAIRS_AT_ONCE + extra, np.uint8)
    np.testing.assert_array_equal(one_hot(array), dna.ENCODING[array])


@pytest.mark.parametrize(
    "view", [lambda a: a[::-1], lambda a: a[:, ::2], lambda a: a.T, lambda a: a.reshape(-1)[1:]]
)
def test_input_of_any_layout(view):
    array = view(letters(["ACGTNA", "TTGACR", "ACCCGT"]))
    np.testing.assert_array_equal(one_hot(array), dna.ENCODING[array])


@pytest.mark.parametrize("offset", [0, 1, 3])
def test_writes_into_out_even_unaligned(offset):
    array = letters(["ACGTN", "RYTAA", "GGGTT"])
    out = np.full(60 + offset, 7, np.uint8)[offset:].reshape(3, 5, 4)
    assert one_hot(array, out=out) is out
    np.testing.assert_array_equal(out, dna.ENCODING[array])


@pytest.mark.parametrize(
    "out",
    [np.empty((2, 4), np.uint8), np.empty((1, 4, 4), np.float32), np.empty((1, 4, 8), np.uint8)],
)
def test_rejects_an_out_that_does_not_fit(out):
    with pytest.raises(ValueError, match="out: expected C-contiguous uint8"):
        one_hot(letters(["ACGT"]), out=out)


def test_rejects_an_out_that_is_not_contiguous():
    with pytest.raises(ValueError, match="out: expected C-contiguous"):
        one_hot(letters(["ACGT"]), out=np.empty((1, 4, 8), np.uint8)[..., ::2])


def test_rejects_text():
    with pytest.raises(ValueError, match="expected uint8"):
        one_hot(np.array(list("ACGT")))


def test_reverse_complement_by_hand():
    np.testing.assert_array_equal(reverse_complement(encode("AACGN")), encode("NCGTT"))


@given(iupac)
def test_reverse_complement_is_its_own_inverse(text):
    x = encode(text)
    np.testing.assert_array_equal(reverse_complement(reverse_complement(x)), x)


@given(matrices)
def test_complementing_letters_and_encoding_commute(sequences):
    array = letters(sequences)
    np.testing.assert_array_equal(
        one_hot(reverse_complement_letters(array)), reverse_complement(one_hot(array))
    )


def test_complement_keeps_case_and_padding():
    array = np.frombuffer(b"AaCcGRrYKmBdHvNnSW\0", np.uint8)
    assert reverse_complement_letters(array).tobytes() == b"\0WSnNbDhVkMRyYCgGtT"


def test_complement_of_letters_is_its_own_inverse_without_u():
    array = np.frombuffer("".join(set(IUPAC) - {"U"}).encode(), np.uint8)
    twice = reverse_complement_letters(reverse_complement_letters(array))
    np.testing.assert_array_equal(twice, array)


@given(matrices)
def test_letters_are_the_same_from_every_container(sequences):
    expected = [list(text.encode()) for text in sequences]
    whole = pa.array(["TT", *sequences, "ACGT"], pa.string())
    for container in (
        sequences,
        np.array(sequences, dtype=object),
        np.array(sequences),
        pa.array(sequences, pa.string()),
        pa.array(sequences, pa.large_string()),
        whole.slice(1, len(sequences)),
    ):
        matrix = letters(container)
        assert matrix.dtype == np.uint8
        assert matrix.tolist() == expected


def test_letters_of_arrow_share_its_memory():
    array = pa.array(["ACGT", "TTTT"])
    data = np.frombuffer(array.buffers()[2], np.uint8)
    assert np.shares_memory(letters(array), data)


def test_letters_of_nothing():
    assert letters([]).shape == (0, 0)


@pytest.mark.parametrize("container", [list, pa.array])
def test_letters_names_unequal_lengths(container):
    with pytest.raises(ValueError, match="4 letters in the first, 3 in number 3"):
        letters(container(["ACGT", "ACGT", "ACG"]))


def test_letters_rejects_null():
    with pytest.raises(ValueError, match="null"):
        letters(pa.array(["ACGT", None]))


def test_base_fractions_by_hand():
    half, third = 1 / 2, 1 / 3
    expected = [[1, 0, 0, 0], [half, 0, half, 0], [0, third, third, third], [1 / 4] * 4, [0] * 4]
    x = np.concatenate([encode("ARBN"), np.zeros((1, 4), np.uint8)])
    fractions = base_fractions(x)
    assert fractions.dtype == np.float32
    np.testing.assert_allclose(fractions, expected, rtol=1e-6)


@given(iupac)
def test_base_fractions_sum_to_one(text):
    np.testing.assert_allclose(base_fractions(encode(text)).sum(axis=-1), 1, rtol=1e-6)


def test_letters_that_are_encoded_can_be_read_back():
    letters = np.frombuffer(b"ACGTRYSWKMBDHVN\0acgtu", dtype=np.uint8)
    assert dna.decode(dna.one_hot(letters)).tobytes() == b"ACGTRYSWKMBDHVN\0ACGTT"
