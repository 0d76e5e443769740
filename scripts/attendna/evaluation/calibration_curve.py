"""Calibration curves: predicted probabilities against observed frequencies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from attendna.inference import wilson_interval


class ReliabilityCurve(NamedTuple):
    """Predicted against observed in bins of the prediction; arrays (bins,), NaN where empty."""

    predicted: np.ndarray  # mean prediction
    observed: np.ndarray  # share of positives
    low: np.ndarray  # Wilson interval of that share
    high: np.ndarray
    count: np.ndarray  # records


def probability_bins(p: np.ndarray, bins: int) -> np.ndarray:
    """Return the index of each probability's bin among bins of equal width: [0, 1/bins), ..."""
    return np.minimum((p * bins).astype(np.int64), bins - 1)


def reliability_curve(
    y: np.ndarray, p: np.ndarray, bins: int, confidence: float = 0.95
) -> ReliabilityCurve:
    """Compare predicted probabilities with observed frequencies in bins of equal width.

    Parameters
    ----------
    y
        bool or 0/1 (n,): the event happened.
    p
        (n,), its predicted probability.
    bins
        Number of bins of [0, 1].
    confidence
        Of the interval of Wilson (1927, J. Am. Stat. Assoc. 22:209) around each frequency.
    """
    index = probability_bins(p, bins)
    count = np.bincount(index, minlength=bins)
    n = np.where(count, count, np.nan)
    predicted = np.bincount(index, p, bins) / n
    observed = np.bincount(index, y, bins) / n
    return ReliabilityCurve(predicted, observed, *wilson_interval(observed, n, confidence), count)
