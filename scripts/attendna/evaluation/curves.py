"""ROC and precision-recall curves with their bootstrap bands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from attendna.evaluation.confidence_intervals import percentile_interval
from attendna.evaluation.ranking import Ranking


class Band(NamedTuple):
    """A curve on a grid with its pointwise bootstrap interval; arrays (grid,)."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_band(
    y: np.ndarray,
    p: np.ndarray,
    weights: Iterable[np.ndarray],
    grid: np.ndarray,
    confidence: float = 0.95,
) -> Band:
    """Return the true positive rate at given false positive rates.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    p
        (n,), its score.
    weights
        Blocks (b, n) of bootstrap weights, see `bootstrap.bootstrap_weights`.
    grid
        False positive rates, (grid,).
    confidence
        Of the pointwise percentile interval.
    """

    def curve(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
        rates = (np.append(0, counts) / counts[-1] for counts in (false, hits))
        return np.interp(grid, *rates)  # at a vertical step the upper end

    return _band(curve, y, p, weights, grid, confidence)


def pr_band(
    y: np.ndarray,
    p: np.ndarray,
    weights: Iterable[np.ndarray],
    grid: np.ndarray,
    confidence: float = 0.95,
) -> Band:
    """Return the precision at given recalls, as a step function, the way average precision sums it.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    p
        (n,), its score.
    weights
        Blocks (b, n) of bootstrap weights, see `bootstrap.bootstrap_weights`.
    grid
        Recalls, (grid,).
    confidence
        Of the pointwise percentile interval.
    """

    def curve(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
        # The first threshold that reaches the recall, or, for recall 0, that calls any positive.
        # A little less is asked for, because grid * positives may round up past the exact count.
        at = np.searchsorted(hits, np.maximum(grid * hits[-1], 1) - 1e-6)
        return hits[at] / (hits[at] + false[at])

    return _band(curve, y, p, weights, grid, confidence)


def _band(
    curve: Callable[[np.ndarray, np.ndarray], np.ndarray],
    y: np.ndarray,
    p: np.ndarray,
    weights: Iterable[np.ndarray],
    grid: np.ndarray,
    confidence: float,
) -> Band:
    ranking = Ranking(y, p)

    def curves(block: np.ndarray) -> np.ndarray:
        rows = np.full((len(block), len(grid)), np.nan)
        for row, hits, false in zip(rows, *ranking.counts(block), strict=True):
            if hits[-1] and false[-1]:
                row[:] = curve(hits, false)
        return rows

    observed = curves(np.ones((1, len(p))))[0]
    replicates = np.concatenate([curves(block) for block in weights])
    return Band(observed, *percentile_interval(replicates, confidence))
