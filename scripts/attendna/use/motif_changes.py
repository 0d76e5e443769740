"""What a variant does to motifs: the one that it makes, loses or changes most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attendna.contracts.motifs import read_meme
from attendna.dna import BASES, PADDING, reverse_complement
from attendna.explanation.motif_thresholds import THRESHOLDS

MADE, LOST, CHANGED = "made", "lost", "changed"
UNKNOWN = len(BASES)  # what letters outside of ACGT are read as
NEVER = -1e6  # bits of such a letter: no site holds one
AT_ONCE = 4  # columns of a matrix that are looked up together
LETTERS = UNKNOWN + 1


@dataclass(frozen=True, eq=False)
class Searched:
    """A motif that is looked for.

    Attributes
    ----------
    name
        Of the motif.
    width
        Its bases.
    threshold
        Bits from which on letters count as a site: as where motifs are found, `motif_thresholds`.
    tables
        For each strand one float32 (blocks, LETTERS ** AT_ONCE): bits of so many columns at once.
    """

    name: str
    width: int
    threshold: float
    tables: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Change:
    """What happens to a motif.

    Attributes
    ----------
    motif
        Its name.
    kind
        "made", "lost" or "changed".
    before, after
        Bits of its best place at the variant: the log odds of the matrix against equal shares of
        the bases.
    """

    motif: str
    kind: str
    before: float
    after: float


def read(path: str | Path) -> list[Searched]:
    """Read the motifs of a MEME file, and whether they are looked for on both strands.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    motifs = read_meme(path)
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    strands = next((line for line in lines if line.startswith("strands:")), "")
    return [
        searched(its.name, its.probabilities, its.sites, both_strands="-" in strands)
        for its in motifs
    ]


def searched(name: str, probabilities: np.ndarray, sites: int, both_strands: bool) -> Searched:
    """Prepare the search for a motif.

    Parameters
    ----------
    name
        Of the motif.
    probabilities
        float (width, 4); rows sum to 1.
    sites
        How many the matrix was made of: as much more than one site like the background they count.
    both_strands
        Whether to look on the other strand, too.
    """
    share = (probabilities * sites + 1 / len(BASES)) / (sites + 1)
    bits = np.log2(share * len(BASES))
    best = bits.max(axis=1).sum()
    threshold = max(THRESHOLDS.likeness * best, THRESHOLDS.doubt / np.log(2))
    strands = (bits, reverse_complement(bits)) if both_strands else (bits,)
    return Searched(name, len(bits), float(threshold), tuple(map(_tables, strands)))


def _tables(bits: np.ndarray) -> np.ndarray:
    """float32 (blocks, LETTERS ** AT_ONCE), see `Searched`; columns beyond the end say nothing."""
    blocks = -(-len(bits) // AT_ONCE)
    columns = np.zeros((blocks * AT_ONCE, LETTERS))
    columns[: len(bits), :UNKNOWN] = bits
    columns[: len(bits), UNKNOWN] = NEVER
    tables = np.zeros((blocks, *(LETTERS,) * AT_ONCE))
    for block in range(blocks):
        for j in range(AT_ONCE):
            shape = [1] * AT_ONCE
            shape[j] = LETTERS
            tables[block] += columns[block * AT_ONCE + j].reshape(shape)
    return tables.reshape(blocks, -1).astype(np.float32)


_CODES = np.full(256, UNKNOWN, np.int64)
for _base, _letter in enumerate(BASES):
    _CODES[ord(_letter)] = _base


def best_scores(windows: np.ndarray, first: int, size: int, motif: Searched) -> np.ndarray:
    """Return the bits of the best place of a motif among those that hold an allele.

    Parameters
    ----------
    windows
        uint8 (n, length): ASCII, upper case.
    first
        Where the allele begins in each.
    size
        Its letters; of none, the places count that hold the bases on both sides.
    motif
        Which motif.

    Returns
    -------
    numpy.ndarray
        float32 (n,); very low where no place has known letters only.
    """
    starts = size + motif.width - 1
    if starts < 1:
        return np.full(len(windows), NEVER, np.float32)
    blocks = motif.tables[0].shape[0]
    around = _cut(windows, first - motif.width + 1, starts + blocks * AT_ONCE - 1)
    codes = _CODES[around]
    quads = np.zeros((len(codes), codes.shape[1] - AT_ONCE + 1), np.int64)
    for j in range(AT_ONCE):
        quads = quads * LETTERS + codes[:, j : j + quads.shape[1]]
    best = np.full(len(windows), NEVER, np.float32)
    for tables in motif.tables:
        total = np.zeros((len(codes), starts), np.float32)
        for block, table in enumerate(tables):
            total += table[quads[:, block * AT_ONCE : block * AT_ONCE + starts]]
        np.maximum(best, total.max(axis=1), out=best)
    return best


def _cut(windows: np.ndarray, start: int, size: int) -> np.ndarray:
    """uint8 (n, size): a part of windows, with padding where they have ended."""
    found = np.full((len(windows), size), PADDING, np.uint8)
    begin, end = max(start, 0), min(start + size, windows.shape[1])
    if begin < end:
        found[:, begin - start : end - start] = windows[:, begin:end]
    return found


def greatest_changes(
    before: np.ndarray, after: np.ndarray, motifs: Sequence[Searched]
) -> list[Change | None]:
    """Return of each variant the motif whose score changes most; None where none is there.

    Parameters
    ----------
    before, after
        float (n, motifs): see `best_scores`.
    motifs
        Which; only those count that are there before or after.
    """
    if not motifs:
        return [None] * len(before)
    thresholds = np.array([its.threshold for its in motifs])
    was, is_now = before >= thresholds, after >= thresholds
    sizes = np.where(was | is_now, np.abs(after - before), 0)
    which = sizes.argmax(axis=1)
    changes: list[Change | None] = []
    for i, k in enumerate(which):
        if sizes[i, k] == 0:
            changes.append(None)
            continue
        kind = CHANGED if was[i, k] and is_now[i, k] else LOST if was[i, k] else MADE
        changes.append(Change(motifs[k].name, kind, float(before[i, k]), float(after[i, k])))
    return changes
