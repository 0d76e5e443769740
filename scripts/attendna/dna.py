"""The alphabet: IUPAC letters, one-hot encoding and the reverse complement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

BASES = "ACGT"  # the order of the four channels
# The bases that each IUPAC letter allows (Cornish-Bowden 1985, Nucleic Acids Res. 13:3021).
IUPAC = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "U": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVN", "TGCAAYRSWMKVHDBN")
RECORDS_AT_ONCE = 10_000  # whose letters are joined, so that memory is not that of all
CROPS = ["centre", "left", "right"]  # what a crop and the padding leave in its place
PADDING = 0  # the byte that stands where a sequence has ended; encoded as 0000


def _encoding_table() -> np.ndarray:
    """uint8 (256, 4): row b is the encoding of the ASCII letter b, upper or lower case."""
    table = np.zeros((256, 4), dtype=np.uint8)
    for letter, allowed in IUPAC.items():
        for base in allowed:
            table[ord(letter), BASES.index(base)] = 1
    for letter in IUPAC:
        table[ord(letter.lower())] = table[ord(letter)]
    return table


ENCODING = _encoding_table()


def _complement_table() -> np.ndarray:
    """uint8 (256,): the complement of each IUPAC letter; any other byte stays as it is."""
    table = np.arange(256, dtype=np.uint8)
    for letter, complement in COMPLEMENT.items():
        table[letter] = complement
        table[ord(chr(letter).lower())] = ord(chr(complement).lower())
    return table


COMPLEMENTS = _complement_table()


@cache
def _pairs() -> np.ndarray:
    """uint64 (65536,): the encoding of two letters at once, looked up by their 16 bits."""
    letters = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2)
    return ENCODING[letters].reshape(-1, 8).view(np.uint64).ravel()


PAIRS_AT_ONCE = 1 << 18  # 2 MB of output, and as much for the indices: they stay in the cache


def one_hot(letters: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Encode letters as one-hot, every base that an IUPAC letter allows set.

    Two letters are looked up at once, as one 16-bit index into a table of 64-bit words, and in
    portions whose indices and output stay in the processor's cache.

    Parameters
    ----------
    letters
        uint8 (..., length), ASCII in upper or lower case; the byte 0 is padding.
    out
        Where to write: uint8 (..., length, 4), C-contiguous. A new array by default.

    Returns
    -------
    numpy.ndarray
        uint8 (..., length, 4) in the order A, C, G, T. N is 1111; padding, and any byte that is
        no IUPAC letter, is 0000.

    Raises
    ------
    ValueError
        If an array has the wrong type, shape or layout.
    """
    if letters.dtype != np.uint8:
        raise ValueError(f"letters: expected uint8, received {letters.dtype}")
    shape = (*letters.shape, len(BASES))
    if out is None:
        out = np.empty(shape, dtype=np.uint8)
    elif out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(
            f"out: expected C-contiguous uint8 {shape}, received {out.dtype} {out.shape}"
        )
    flat = np.ascontiguousarray(letters).reshape(-1)
    encoded = out.reshape(-1, len(BASES))
    even = flat.size - flat.size % 2
    indices, words = flat[:even].view(np.uint16), encoded[:even].reshape(-1).view(np.uint64)
    for start in range(0, len(indices), PAIRS_AT_ONCE):
        portion = slice(start, start + PAIRS_AT_ONCE)
        # No 16-bit index is out of range, and "wrap", unlike "raise", writes without a buffer.
        np.take(_pairs(), indices[portion], out=words[portion], mode="wrap")
    encoded[even:] = ENCODING[flat[even:]]
    return out


_LETTERS = np.zeros(16, dtype=np.uint8)  # of the bases that are allowed, read as binary digits
for _letter in IUPAC:
    if _letter != "U":
        _LETTERS[ENCODING[ord(_letter)] @ [8, 4, 2, 1]] = ord(_letter)


def decode(x: np.ndarray) -> np.ndarray:
    """Turn what `one_hot` made back into letters.

    Parameters
    ----------
    x
        uint8 (..., length, 4).

    Returns
    -------
    numpy.ndarray
        uint8 (..., length), ASCII in upper case, T for U; the byte 0 at padding.
    """
    return _LETTERS[x @ np.array([8, 4, 2, 1], dtype=np.uint8)]


def reverse_complement(x: np.ndarray) -> np.ndarray:
    """Return the other strand of encoded sequences, as a view.

    Parameters
    ----------
    x
        (..., length, 4) in the order A, C, G, T: one-hot, fractions or anything else with a value
        for each base, such as attributions. Padding at the end comes to stand at the start.
    """
    return x[..., ::-1, ::-1]  # A C G T is its own complement read backwards


def reverse_complement_letters(letters: np.ndarray) -> np.ndarray:
    """Return the other strand of sequences of letters.

    Parameters
    ----------
    letters
        uint8 (..., length), ASCII IUPAC in upper or lower case (the complement of U is A).
        Padding at the end comes to stand at the start.
    """
    return COMPLEMENTS[letters[..., ::-1]]


def reverse_complements(sequences: Sequence[str]) -> Iterator[str]:
    """Yield the other strand of each sequence, upper-case IUPAC of any length."""
    for start in range(0, len(sequences), RECORDS_AT_ONCE):
        batch = sequences[start : start + RECORDS_AT_ONCE]
        turned = reverse_complement_letters(joined_letters(batch)).tobytes().decode("ascii")
        end = len(turned)
        for sequence in batch:
            yield turned[end - len(sequence) : end]
            end -= len(sequence)


def letters(sequences: Sequence[str] | np.ndarray | pa.Array) -> np.ndarray:
    """Return sequences of one length as a matrix of ASCII letters.

    Parameters
    ----------
    sequences
        n strings in a list or array. The letters of a pyarrow array are not copied, and the
        result is then read-only.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length).

    Raises
    ------
    ValueError
        If two lengths differ, or a sequence is null or (in a list) not ASCII.
    """
    count = lengths(sequences)
    if len(count) == 0:
        return np.zeros((0, 0), dtype=np.uint8)
    if (count != count[0]).any():
        other = int(np.argmax(count != count[0]))
        raise ValueError(
            f"sequences of unequal length: {count[0]} letters in the first, "
            f"{count[other]} in number {other + 1}"
        )
    return joined_letters(sequences).reshape(len(count), count[0])


def joined_letters(sequences: Sequence[str] | np.ndarray | pa.Array) -> np.ndarray:
    """Return all letters of sequences of any lengths, one after another: uint8 (letters,), ASCII.

    Those of a pyarrow array are not copied and are then read-only.
    """
    if hasattr(sequences, "buffers"):
        offsets, data = _arrow_letters(sequences)
        return data[offsets[0] : offsets[-1]]
    return np.frombuffer("".join(sequences).encode("ascii"), dtype=np.uint8)


def lengths(sequences: Sequence[str] | np.ndarray | pa.Array) -> np.ndarray:
    """Return the number of letters of each sequence in a list or array, int (n,)."""
    if hasattr(sequences, "buffers"):
        return np.diff(_arrow_letters(sequences)[0])
    return np.fromiter(map(len, sequences), np.int64, len(sequences))


def _arrow_letters(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets (n + 1,) and the letters of a pyarrow string array, without a copy."""
    if array.null_count:
        raise ValueError("a sequence is null")
    kind = {"string": np.int32, "large_string": np.int64}[str(array.type)]
    _, offsets, data = array.buffers()
    window = slice(array.offset, array.offset + len(array) + 1)
    letters = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    return np.frombuffer(offsets, dtype=kind)[window], letters


def base_fractions(x: np.ndarray) -> np.ndarray:
    """Turn encoded letters into the share of each base: R is 1/2 A + 1/2 G, padding stays 0.

    Parameters
    ----------
    x
        uint8 (..., length, 4), see `one_hot`.

    Returns
    -------
    numpy.ndarray
        float32 (..., length, 4); each position sums to 1, padding to 0.
    """
    total = x.sum(axis=-1, keepdims=True, dtype=np.float32)
    return x / np.maximum(total, 1)
