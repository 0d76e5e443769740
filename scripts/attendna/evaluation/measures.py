"""What a metric is: a function of weights, under a key.

Every metric is a function of weights (replicates, n): how often each record counts in each
bootstrap replicate. Weights of one measure the data themselves, and integer weights give what
scikit-learn gives on records that are repeated that often. What is the same for every replicate
(sorting by score, losses of single records) is done once; a block of replicates then costs some
matrix products and, for the rank metrics, cumulative sums.

A metric that needs a class of which no record has any weight is NaN. Ratios that are 0/0 because a
class was never predicted are 0, as in scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Key(NamedTuple):
    """Which number: the columns `threshold`, `metric` and `class` of metrics.tsv."""

    threshold: str  # "" where none applies, "0.5" or "validation"
    metric: str
    label: str  # "" for the overall value


class Share(NamedTuple):
    """What a metric is a share of; bool arrays (n,)."""

    hits: np.ndarray
    trials: np.ndarray


Values = dict[Key, np.ndarray]


@dataclass(frozen=True)
class Measure:
    """The function from weights (b, n) to metrics, arrays (b,) by `Key`.

    Attributes
    ----------
    of
        The function itself.
    event
        bool (n,): what the calibration error judges has happened.
    p
        (n,), the predicted probability of that.
    shares
        Of the metrics that are shares of records, which ones.
    worst
        Of the losses, by name, the highest value that they can have.
    """

    of: Callable[[np.ndarray], Values]
    event: np.ndarray
    p: np.ndarray
    shares: Mapping[Key, Share] = field(default_factory=dict)
    worst: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, weights: np.ndarray) -> Values:
        """Measure every row of weights."""
        return self.of(weights)


def ratio(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    """Divide; where the denominator is 0 the result is `otherwise`."""
    result = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), float(otherwise))
    return np.divide(numerator, denominator, out=result, where=denominator != 0)
