"""Motifs that are the same: how alike two matrices are, and one motif of two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.dna import reverse_complement
from attendna.explanation.directions import Direction
from attendna.explanation.motif_thresholds import THRESHOLDS
from attendna.explanation.motifs import Motif, column_information
from attendna.explanation.sites import Sites, motif_of


def alike(motif: Motif, other: Motif, least: float = THRESHOLDS.alike) -> int | None:
    """Return by how many bases a motif stands further right in another if both are the same.

    The same means: over an overlap of at least three quarters of the shorter one and 4 bases, the
    information-weighted matrices correlate by at least `least`.
    """
    a, b = _heights(motif.probabilities), _heights(other.probabilities)
    overlap = max(4, -(-3 * min(len(a), len(b)) // 4))
    best, best_shift = least, None
    for shift in range(overlap - len(b), len(a) - overlap + 1):
        first, last = max(0, shift), min(len(a), shift + len(b))
        if last - first < overlap:
            continue
        one, two = a[first:last].ravel(), b[first - shift : last - shift].ravel()
        size = np.linalg.norm(a) * np.linalg.norm(b)
        if size > 0 and float(one @ two) / size > best:
            best, best_shift = float(one @ two) / size, shift
    return best_shift


def joined(direction: Direction, motif: Motif, other: Motif, shift: int) -> Motif:
    """Add the sites of a motif that is the same, `shift` bases further right in it."""
    rows = {record: row for row, record in enumerate(direction.records.tolist())}
    width = motif.width
    plus = other.strands == "+"
    starts = np.where(plus, other.starts - shift, other.starts + other.width + shift - width)
    fits = (starts >= 0) & (starts + width <= direction.bases.shape[1])
    own = {(r, s) for r, s in zip(motif.records.tolist(), motif.starts.tolist(), strict=True)}
    near = [
        any((r, s + d) in own for d in range(1 - width, width))
        for r, s in zip(other.records.tolist(), starts.tolist(), strict=True)
    ]
    fits &= ~np.array(near, dtype=bool)
    records = np.concatenate([motif.records, other.records[fits]])
    sites = Sites(
        width,
        np.array([rows[record] for record in records.tolist()]),
        np.concatenate([motif.starts, starts[fits]]),
        np.concatenate([motif.strands, other.strands[fits]]) == "-",
    )
    return motif_of(direction, sites, motif.method)


def like_earlier(motif: Motif, earlier: Sequence[Motif]) -> tuple[Motif, str] | None:
    """Return the first of several motifs that looks like one, or holds it, and on which strand.

    Rather on the same strand than on the other.
    """
    for strand, matrix in (
        ("+", motif.probabilities),
        ("-", reverse_complement(motif.probabilities)),
    ):
        for other in earlier:
            if _resemblance(other.probabilities, matrix) >= THRESHOLDS.alike:
                return other, strand
    return None


def _resemblance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the highest correlation of the shorter matrix with a part of the longer one."""
    long, short = sorted((_heights(one), _heights(other)), key=len, reverse=True)
    best = 0.0
    for shift in range(len(long) - len(short) + 1):
        part = long[shift : shift + len(short)]
        size = np.linalg.norm(part) * np.linalg.norm(short)
        best = max(best, float((part * short).sum() / size) if size > 0 else 0.0)
    return best


def _heights(probabilities: np.ndarray) -> np.ndarray:
    """Letters' heights in a logo: probability times information of the column."""
    bits = column_information(probabilities, np.full(4, 0.25))
    return (probabilities - 0.25) * bits[:, None]
