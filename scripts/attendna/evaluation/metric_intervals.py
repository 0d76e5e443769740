"""Every metric with its interval, each kind of metric with its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from attendna.evaluation.bootstrap import bootstrap, effective_size
from attendna.evaluation.calibration_error import ECE_BINS, calibration_error_interval
from attendna.evaluation.confidence_intervals import (
    area_interval,
    loss_interval,
    rate_interval,
    share_interval,
)
from attendna.evaluation.measures import Key, Measure
from attendna.evaluation.probability_scores import ECE

AREAS = frozenset({"auroc", "auprc"})
LOSSES = frozenset({"brier", "log_loss"})
LOWEST = {"mcc": -1.0}  # of the metrics of decisions that do not start at 0


class Estimate(NamedTuple):
    """A metric and its confidence interval."""

    value: float
    low: float
    high: float


def estimate(
    measure: Measure,
    y: np.ndarray,
    groups: np.ndarray,
    replicates: int,
    confidence: float,
    seed: int,
) -> dict[Key, Estimate]:
    """Return every metric with its interval, each kind of metric with its own.

    See `confidence_intervals.area_interval`, `share_interval`, `rate_interval`, `loss_interval` and
    `calibration_error.calibration_error_interval`.

    Parameters
    ----------
    measure
        The metrics.
    y
        int (n,), the true class of each record.
    groups, replicates, seed
        See `bootstrap.bootstrap_weights`.
    confidence
        For instance 0.95.
    """
    measured = bootstrap(measure, len(y), replicates, seed, groups)
    return estimates(measured, measure, y, groups, confidence, seed)


def estimates(
    measured: Mapping[Key, np.ndarray],
    measure: Measure,
    y: np.ndarray,
    groups: np.ndarray,
    confidence: float,
    seed: int,
) -> dict[Key, Estimate]:
    """Return what `estimate` does, from what `bootstrap.bootstrap` measured."""
    size = effective_size(y, groups)
    found = {}
    for key, values in measured.items():
        if key == ECE:
            bounds = calibration_error_interval(
                measure.event, measure.p, groups, ECE_BINS, confidence, len(values) - 1, seed
            )
        elif key.metric in AREAS:
            bounds = area_interval(values, confidence, size)
        elif key.metric in LOSSES:
            low, high = loss_interval(values, confidence, size)
            # Of few records, one of them hardly right, the logarithm says next to nothing.
            bounds = low, float(np.minimum(high, measure.worst[key.metric]))
        elif key in measure.shares and not np.isnan(values[0]):
            bounds = share_interval(*measure.shares[key], groups, confidence)
        else:
            bounds = rate_interval(values, confidence, size, LOWEST.get(key.metric, 0.0))
        found[key] = Estimate(float(values[0]), *bounds)
    return found
