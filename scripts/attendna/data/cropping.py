"""Sequences of different lengths as rows of one length: the longer cropped, the shorter padded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attendna import dna
from attendna.dna import CROPS

if TYPE_CHECKING:
    import pyarrow as pa

AUTO = "auto"
KEPT_WHOLE = 0.95  # share of the records that `auto` leaves whole at least
OUTLIER = 2  # how many times that length a longest record may have before it is cropped


def choose_length(lengths: np.ndarray, wanted: int | str) -> int:
    """Return the length of the rows.

    Parameters
    ----------
    lengths
        int (n,), letters of each sequence, at least one.
    wanted
        A number, which is kept, or "auto": the longest, unless it is more than twice the length in
        which 95 of 100 sequences fit; then that length, so that a few giants don't fill the
        memory with padding.
    """
    if wanted != AUTO:
        return int(wanted)
    most = int(np.quantile(lengths, KEPT_WHOLE, method="inverted_cdf"))
    longest = int(lengths.max())
    return longest if longest <= OUTLIER * most else most


def offsets(lengths: np.ndarray, length: int, crop: str) -> np.ndarray:
    """Return where the first letter of each sequence comes to stand in its row.

    Parameters
    ----------
    lengths
        int (n,), letters of each sequence.
    length
        Of the rows.
    crop
        What keeps its place whatever the lengths: "left", the first letter, at the start of the
        row; "right", the last letter, at its end; "centre", letter n // 2 (from 0) of n, at
        `length // 2`.

    Returns
    -------
    numpy.ndarray
        int (n,): positive, so much padding stands before the sequence; negative, so many of its
        letters are cut.
    """
    lengths = np.asarray(lengths)
    if crop == "left":
        return np.zeros_like(lengths)
    if crop == "right":
        return length - lengths
    if crop == "centre":
        return length // 2 - lengths // 2
    raise ValueError(f"crop: expected one of {', '.join(CROPS)}, received {crop!r}")


def fit(sequences: Sequence[str] | np.ndarray | pa.Array, length: int, crop: str) -> np.ndarray:
    """Return sequences as rows of letters of one length, cropped and padded.

    Parameters
    ----------
    sequences
        n strings in a list or array. Where all have the length already, the letters of a pyarrow
        array are not copied, and the result is then read-only.
    length, crop
        See `offsets`.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length): ASCII letters, `dna.PADDING` where a sequence has none.
    """
    count = dna.lengths(sequences)
    if (count == length).all():
        return dna.letters(sequences).reshape(len(count), length)
    first = offsets(count, length, crop)
    begin, end = np.maximum(first, 0), np.minimum(first + count, length)  # in the row
    rows = np.full((len(count), length), dna.PADDING, np.uint8)
    position = np.arange(length)
    filled = (position >= begin[:, None]) & (position < end[:, None])
    rows[filled] = dna.joined_letters(sequences)[_kept(count, begin - first, end - first)]
    return rows


def _kept(lengths: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return bool (letters,): letters `begin` to `end` of each sequence, all in a row."""
    starts = np.cumsum(lengths) - lengths
    some = begin < end
    # +1 where a stretch begins and -1 where it ends: the running sum is 1 inside.
    steps = np.zeros(int(lengths.sum()) + 1, np.int8)
    steps[(starts + begin)[some]] += 1
    steps[(starts + end)[some]] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8).view(bool)
