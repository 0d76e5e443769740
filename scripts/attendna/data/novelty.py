"""How far outside the data of a dataset a new sequence is: length, composition, known words.

A model gives a probability to whatever it is asked, also to a run of A. What it says of sequences
unlike all that it has learned from is an extrapolation, whatever the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attendna import dna
from attendna.contracts.predictions import Novelty
from attendna.contracts.sequences import sequence_batches
from attendna.data import features
from attendna.data.features import Text

RECORDS, LETTERS = 10_000, 1_000_000  # of a dataset that are looked at, at most
FEWEST = 50  # records that are looked at even if they are longer together
USUAL = 0.99  # share of a dataset's own records that are less unlike than 1
EACH_WORD = 4  # times that each word would occur among these letters by chance, at least
LONGEST_WORD = 10
SHRINKAGE = 0.1  # of the covariance towards equal variances, at least: more for few records
ABOUT_EQUAL = np.log(1.05)  # a length that differs by less is not unlike
FEW_UNKNOWN = 0.02  # likewise a share of unknown words
AT_ONCE = 2_000  # new records that are looked at at once
ROWS = 20_000  # records of a file that are read at once
ASPECTS = ("length", "composition", "words")


@dataclass(frozen=True)
class Known:
    """What a dataset is like.

    Attributes
    ----------
    length
        The median.
    means, roots
        float64 (classes, 16) and (classes, 16, 16): of the pairs of bases of each class the mean
        shares, and what brings deviations from them to unit variance.
    words
        bool (4**k,): those of k bases that occur.
    reach
        float64 (3,): what counts as 1, by `ASPECTS`.
    """

    length: float
    means: np.ndarray
    roots: np.ndarray
    words: np.ndarray
    reach: np.ndarray


def chosen(lengths: np.ndarray) -> np.ndarray:
    """Choose the records of a dataset that are looked at, spread evenly.

    Parameters
    ----------
    lengths
        int (n,), in letters.

    Returns
    -------
    numpy.ndarray
        int64, sorted.
    """
    n = len(lengths)
    fitting = max(int(LETTERS / max(lengths.mean(), 1)), FEWEST)
    count = min(n, RECORDS, fitting)
    return np.unique(np.linspace(0, n - 1, count).round().astype(np.int64))


def learn_from(path: str | Path) -> Known:
    """Learn what a dataset is like from its `sequences.parquet`.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    parts = [dna.lengths(batch["sequence"]) for batch in sequence_batches(path, ["sequence"], ROWS)]
    kept = chosen(np.concatenate(parts))
    sequences: list[str] = []
    labels: list[str] = []
    first = 0
    for batch in sequence_batches(path, ["sequence", "label"], ROWS):
        here = kept[(kept >= first) & (kept < first + len(batch))] - first
        first += len(batch)
        sequences += batch["sequence"].take(here).to_pylist()
        labels += batch["label"].take(here).to_pylist()
    return learn(sequences, np.unique(labels, return_inverse=True)[1])


def learn(sequences: Sequence[str], y: np.ndarray) -> Known:
    """Learn what a dataset is like.

    Parameters
    ----------
    sequences
        Upper-case IUPAC, those that `chosen` names.
    y
        int (n,): the class of each.
    """
    text = _text(sequences)
    pairs = _pairs(text)
    length = float(np.median(text.lengths))
    shapes = [_shape(pairs[y == number]) for number in np.unique(y)]
    means, roots = (np.array(part) for part in zip(*shapes, strict=True))
    k = _word_length(int(text.lengths.sum()))
    owners, words = _words(text, k)
    counts = np.bincount(words, minlength=4**k)
    # A word of a record is known only if another record has it too.
    pairs_of = owners.astype(np.int64) * 4**k + words
    _, place, own = np.unique(pairs_of, return_inverse=True, return_counts=True)
    elsewhere = counts[words] > own[place]
    known = Known(length, means, roots, counts > 0, np.ones(3))
    aspects = np.stack(
        [
            _length_distance(text.lengths, length),
            _composition_distance(pairs, text.lengths, known),
            _unknown_share(owners[elsewhere], text.lengths, k),
        ]
    )
    least = np.array([ABOUT_EQUAL, 1e-9, FEW_UNKNOWN])
    reach = np.maximum(np.quantile(aspects, USUAL, axis=1), least)
    together = np.quantile((aspects / reach[:, None]).max(axis=0), USUAL)
    return Known(length, means, roots, counts > 0, reach * max(together, 1.0))


def unlike(sequences: Sequence[str], known: Known) -> Novelty:
    """Say how unlike a dataset sequences are.

    Parameters
    ----------
    sequences
        Upper-case IUPAC, none empty.
    known
        What the dataset is like.
    """
    parts = [
        _aspects(sequences[first : first + AT_ONCE], known)
        for first in range(0, len(sequences), AT_ONCE)
    ]
    ratios = np.concatenate([np.empty((3, 0)), *parts], axis=1) / known.reach[:, None]
    return Novelty(ratios.max(axis=0), np.array(ASPECTS)[ratios.argmax(axis=0)])


def _aspects(sequences: Sequence[str], known: Known) -> np.ndarray:
    """float64 (3, n): how far off in each of `ASPECTS`."""
    text = _text(sequences)
    k = _width(known.words)
    owners, words = _words(text, k)
    return np.stack(
        [
            _length_distance(text.lengths, known.length),
            _composition_distance(_pairs(text), text.lengths, known),
            _unknown_share(owners[known.words[words]], text.lengths, k),
        ]
    )


def _text(sequences: Sequence[str]) -> Text:
    lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
    return Text(dna.joined_letters(list(sequences)), np.cumsum(lengths) - lengths, lengths)


def _pairs(text: Text) -> np.ndarray:
    """float64 (n, 16): the share of each pair of bases; NaN where a record has none."""
    shares = features.composition(text)
    return np.stack([shares[name] for name in shares if len(name) == 2], axis=1).astype(float)


def _shape(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the inverse root of the shrunk covariance."""
    there = pairs[~np.isnan(pairs).any(axis=1)]
    width = pairs.shape[1]
    if len(there) < 2:
        return np.full(width, 1 / width), np.eye(width)
    covariance = np.cov(there, rowvar=False)
    spread = max(float(np.trace(covariance)) / width, 1e-12)
    shrinkage = max(SHRINKAGE, min(2 * width / len(there), 1))
    covariance = (1 - shrinkage) * covariance + shrinkage * spread * np.eye(width)
    return there.mean(axis=0), np.linalg.inv(np.linalg.cholesky(covariance))


def _length_distance(lengths: np.ndarray, usual: float) -> np.ndarray:
    return np.abs(np.log(lengths / usual))


def _composition_distance(pairs: np.ndarray, lengths: np.ndarray, known: Known) -> np.ndarray:
    """Return the distance to the nearest class; of short records chance alone makes it larger."""
    distances = [
        np.linalg.norm((pairs - mean) @ root.T, axis=1)
        for mean, root in zip(known.means, known.roots, strict=True)
    ]
    shorter = np.sqrt(np.minimum(lengths / known.length, 1))
    # Without any pair of bases there is no composition to be unlike; its words are all unknown.
    return np.nan_to_num(np.min(distances, axis=0) * shorter, nan=0.0)


def _word_length(letters: int) -> int:
    """Return how long words can be so that each occurs several times among so many letters."""
    k = int(np.log(max(letters / EACH_WORD, 4)) / np.log(4))
    return min(max(k, 1), LONGEST_WORD)


def _width(words: np.ndarray) -> int:
    return round(np.log(len(words)) / np.log(4))


def _words(text: Text, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the words of k bases in all records: whose each is, and its number below 4**k."""
    codes = features.CODES[text.letters]
    owner = np.repeat(np.arange(len(text.starts), dtype=np.int32), text.lengths)
    count = max(len(codes) - k + 1, 0)
    number, valid = np.zeros(count, np.int32), np.ones(count, dtype=bool)
    for step in range(k):
        here = codes[step : step + count]
        number = number * 4 + here
        valid &= here < 4
    valid &= owner[:count] == owner[k - 1 : k - 1 + count]
    return owner[:count][valid], number[valid]


def _unknown_share(known: np.ndarray, lengths: np.ndarray, k: int) -> np.ndarray:
    """Return the share of a record's words that are unknown, or hold an ambiguous letter.

    Parameters
    ----------
    known
        int: for each known word whose it is.
    lengths
        int (n,), of the records; one that is shorter than a word has none, and a share of 1.
    k
        Length of a word.
    """
    words = np.maximum(lengths - k + 1, 1)
    return 1 - np.bincount(known, minlength=len(lengths)) / words
