"""Metrics of decisions, from how many records were called right and wrong, and the threshold."""

from __future__ import annotations

import numpy as np

from attendna.evaluation.measures import Share, ratio
from attendna.evaluation.ranking import Ranking


def decision_shares(y: np.ndarray, called: np.ndarray) -> dict[str, Share]:
    """Return the metrics of decisions that are shares of records."""
    return {
        "precision": Share(y & called, called),
        "recall": Share(y & called, y),
        "specificity": Share(~y & ~called, ~y),
        "accuracy": Share(y == called, np.ones(len(y), bool)),
    }


def decision_metrics(
    hits: np.ndarray, false: np.ndarray, positives: np.ndarray, total: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure decisions from true and false positives, positives and all records, arrays (b,)."""
    negatives = total - positives
    misses, rejected = positives - hits, negatives - false
    recall = ratio(hits, positives, np.nan)
    specificity = ratio(rejected, negatives, np.nan)
    scale = np.sqrt(positives * negatives * (hits + false) * (misses + rejected))
    mcc = ratio(hits * rejected - false * misses, scale, 0)
    f1 = ratio(2 * hits, hits + false + positives, np.nan)
    # First what a rare class can't flatter.
    return {
        "mcc": np.where(positives * negatives > 0, mcc, np.nan),
        "balanced_accuracy": (recall + specificity) / 2,
        "f1": np.where(positives > 0, f1, np.nan),
        "precision": np.where(positives > 0, ratio(hits, hits + false, 0), np.nan),
        "recall": recall,
        "specificity": specificity,
        "accuracy": (hits + rejected) / total,
    }


def gorodkin(
    correct: np.ndarray, called: np.ndarray, occur: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Return R_K from counts: correct (b,), called and occur (b, classes), total (b,)."""
    covariance = correct * total - np.sum(called * occur, axis=1)
    called_variance = total**2 - np.sum(called**2, axis=1)
    true_variance = total**2 - np.sum(occur**2, axis=1)
    result = ratio(covariance, np.sqrt(called_variance * true_variance), 0)
    return np.where(true_variance > 0, result, np.nan)


def choose_threshold(y: np.ndarray, p: np.ndarray) -> float | None:
    """Choose the decision threshold with the highest Matthews correlation.

    MCC rather than balanced accuracy, because it is what promoter and binding-site studies report,
    and because it weighs every cell of the confusion matrix as often as it occurs: with few
    positives, balanced accuracy calls so many negatives positive that precision collapses (Chicco &
    Jurman 2020, BMC Genomics 21:6). Half-way between two neighbouring scores; of equally good
    thresholds the one nearest to 0.5.

    Parameters
    ----------
    y
        bool (n,): the record is positive. These are validation records: a threshold chosen on the
        test records would flatter the model.
    p
        (n,), the probability of the positive class.

    Returns
    -------
    float or None
        None if the records are all of one class, which leaves nothing to choose by.
    """
    if np.all(y) or not np.any(y):
        return None
    ranking = Ranking(y, p)
    hits, false = (counts[0] for counts in ranking.counts(np.ones((1, len(p)))))
    mcc = decision_metrics(hits, false, hits[-1], np.float64(len(p)))["mcc"]
    scores = ranking.thresholds
    middle = (scores + np.append(scores[1:], 0.0)) / 2
    # Between neighbouring floats the middle may round to the lower one, which is called already.
    thresholds = np.where(middle > np.append(scores[1:], -np.inf), middle, scores)
    best = np.flatnonzero(mcc >= mcc.max() - 1e-12)
    return float(thresholds[best[np.argmin(np.abs(thresholds[best] - 0.5))]])


def confusion(y: np.ndarray, decision: np.ndarray, classes: int) -> np.ndarray:
    """Return int (classes, classes): how many records of class i (row) were called j (column)."""
    return np.bincount(y * classes + decision, minlength=classes**2).reshape(classes, classes)
