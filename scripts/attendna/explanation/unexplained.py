"""What no motif has explained yet of what speaks for a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attendna.explanation.directions import Direction
from attendna.explanation.motif_thresholds import Thresholds


@dataclass(frozen=True, eq=False)
class Unexplained:
    """The contributions that are left, and by what motifs are looked for in them.

    Attributes
    ----------
    direction
        What speaks for the class.
    left
        float64 (m, length): its contributions, 0 where a motif explains them; changes.
    background
        float64 (4,): how frequent the bases are.
    min_sites
        A motif with fewer sites is none.
    both_strands
        Whether a motif and its reverse complement are one.
    thresholds
        What counts.
    """

    direction: Direction
    left: np.ndarray
    background: np.ndarray
    min_sites: int
    both_strands: bool
    thresholds: Thresholds

    @classmethod
    def of(
        cls, direction: Direction, min_sites: int, both_strands: bool, thresholds: Thresholds
    ) -> Unexplained:
        """Begin with all that speaks for the class."""
        counts = np.bincount(direction.bases.ravel(), minlength=5)[:4] + 1.0
        if both_strands:
            counts += counts[::-1]
        left = direction.evidence.astype(np.float64)
        background = counts / counts.sum()
        return cls(direction, left, background, min_sites, both_strands, thresholds)


def window_sums(values: np.ndarray, width: int) -> np.ndarray:
    """Sum float (m, length) over windows: (m, length - width + 1)."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums[:, width:] - sums[:, :-width]


def shifted(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Move the values of each record, float (m, length), along it by a random number of bases.

    They keep their values and their neighbours, but not their letters.
    """
    rows, length = values.shape
    shifts = generator.integers(0, length, (rows, 1))
    return np.take_along_axis(values, (np.arange(length) + shifts) % length, axis=1)


def smoothed_matrix(counts: np.ndarray, unexplained: Unexplained) -> np.ndarray:
    """Return the probabilities, float (width, 4), of counts with sites like the background."""
    counts = counts + unexplained.thresholds.pseudocount * unexplained.background
    return counts / counts.sum(axis=1, keepdims=True)
