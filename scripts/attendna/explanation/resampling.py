"""Intervals of scores of explanations, by bootstrap weights (`evaluation.bootstrap`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attendna.evaluation.bootstrap import bootstrap
from attendna.evaluation.confidence_intervals import normal_interval, rate_interval

# From the observed value and its replicates, the confidence and the number of units to an interval.
Interval = Callable[[np.ndarray, float, int], tuple[float, float]]


def correlation_interval(values: np.ndarray, confidence: float, size: int) -> tuple[float, float]:
    """Return the interval of a correlation, see `confidence_intervals.rate_interval`."""
    return rate_interval(values, confidence, size, lowest=-1.0)


@dataclass(frozen=True)
class Resampling:
    """How intervals are made: see `bootstrap.bootstrap`.

    Attributes
    ----------
    replicates, confidence, seed
        How many, what share of them an interval holds, and of what they are drawn.
    groups
        int (n,), records that are drawn together.
    """

    replicates: int
    confidence: float
    seed: int
    groups: np.ndarray

    def draw(self, statistic) -> np.ndarray:
        """Return a statistic of weights (b, n) of the data and of their replicates, (1 + r,)."""
        n = len(self.groups)
        named = bootstrap(lambda w: {"": statistic(w)}, n, self.replicates, self.seed, self.groups)
        return named[""]

    def estimate(self, values: np.ndarray, interval: Interval | None = None) -> dict[str, float]:
        """Return the observed value and its interval, of its own kind or by normal theory."""
        if interval is None:
            low, high = normal_interval(values, self.confidence)
        else:
            size = len(np.unique(self.groups))
            low, high = interval(values, self.confidence, size)
        return {"value": float(values[0]), "low": low, "high": high}

    def mean(self, values: np.ndarray, interval: Interval | None = None) -> dict[str, float]:
        """Return the mean of values (n,) with its interval; NaNs are left out."""
        defined = ~np.isnan(values)
        filled = np.where(defined, values, 0)

        def statistic(weights):
            with np.errstate(invalid="ignore"):  # no record has a value
                return weights @ filled / (weights @ defined)

        return self.estimate(self.draw(statistic), interval)
