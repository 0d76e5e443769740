"""Statistics that several stages need: quantiles, intervals of shares, p-values of many tests."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np


def normal_quantile(confidence: float) -> float:
    """Return how many standard errors an interval of normal theory reaches to each side."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson_interval(
    share: np.ndarray, records: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of Wilson (1927, J. Am. Stat. Assoc. 22:209) around proportions."""
    z = normal_quantile(confidence)
    middle = (share + z**2 / (2 * records)) / (1 + z**2 / records)
    inside = share * (1 - share) / records + z**2 / (4 * records**2)
    half = z / (1 + z**2 / records) * np.sqrt(inside)
    return middle - half, middle + half


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Correct p-values for their number (Holm 1979, Scand. J. Stat. 6:65).

    Among the values below a level after the correction, any false one is as rare as that level,
    whatever the values depend on. NaNs stay NaN and are not counted.
    """
    p_values = np.asarray(p_values, float)
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)
    order = order[~np.isnan(p_values[order])]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted
