"""Metrics of how a score ranks records: the areas under ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np

from attendna.evaluation.measures import ratio


class Ranking:
    """Records sorted by score, best first: the ground of ROC and precision-recall curves.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    score
        (n,): the higher, the more positive. Equal scores are one step of the curve.
    """

    def __init__(self, y: np.ndarray, score: np.ndarray) -> None:
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        self.y = np.asarray(y, bool)[self.order]
        self.ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
        self.thresholds = ranked[self.ends]

    def counts(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return true and false positives at each threshold, two arrays (b, thresholds)."""
        ranked = weights[:, self.order]
        called = np.cumsum(ranked, axis=1)[:, self.ends]
        hits = np.cumsum(ranked * self.y, axis=1)[:, self.ends]
        return hits, called - hits


def auroc(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve by the trapezoidal rule, so that ties count one half.

    Parameters
    ----------
    hits, false
        (b, thresholds), see `Ranking.counts`.
    """
    steps = np.diff(false, axis=1, prepend=0)
    heights = hits - np.diff(hits, axis=1, prepend=0) / 2
    pairs = hits[:, -1] * false[:, -1]
    return ratio(np.einsum("ij,ij->i", steps, heights), pairs, np.nan)


def average_precision(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Return the sum over thresholds of precision times the step in recall.

    Parameters
    ----------
    hits, false
        (b, thresholds), see `Ranking.counts`.
    """
    precision = ratio(hits, hits + false, 0)
    steps = np.diff(hits, axis=1, prepend=0)
    area = ratio(np.einsum("ij,ij->i", steps, precision), hits[:, -1], np.nan)
    return np.where(false[:, -1] > 0, area, np.nan)
