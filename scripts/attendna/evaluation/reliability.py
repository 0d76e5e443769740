"""Where on their scale predicted probabilities are off, beyond what chance makes of a sample.

The expected calibration error is a mean over records, and most records lie near 0 or 1; what is
wrong in between hardly shows in it. Here every range of the scale is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from attendna.contracts.predictions import Predictions
from attendna.evaluation.bootstrap import BLOCK
from attendna.evaluation.calibration_curve import probability_bins, reliability_curve

BINS = 10
POPULATED = 10  # records: fewer in a range are too few to say anything of it
TOLERANCE = 0.05  # of a frequency: a probability that is no further off holds
SMALLEST = 1e-6  # a mean probability nearer to 0 or 1 is taken for this


def measure(
    test: Predictions,
    groups: np.ndarray,
    positive: str,
    confidence: float,
    replicates: int,
    seed: int,
) -> dict[str, Any]:
    """Compare predicted probabilities with what happened, by ranges of the scale.

    Parameters
    ----------
    test
        The records, n of them.
    groups
        int (n,), see `bootstrap.bootstrap_weights`.
    positive
        The positive one of two classes, "" for more: then the probability is that of the predicted
        class.
    confidence
        Of the intervals; 1 less that is how often calibrated probabilities are called off in some
        range.
    replicates, seed
        Of the draws, see `ranges_off`.

    Returns
    -------
    dict
        `event`, the positive class or "" for "the predicted class is right"; `bins`, ten equal
        ones with `from to records predicted observed low high` (NaN where there is no record),
        see `calibration_curve.reliability_curve`; `off`, see `ranges_off`; `few`, the ranges `from
        to records` in which no bin holds POPULATED records.
    """
    happened, predicted = event(test, positive)
    curve = reliability_curve(happened, predicted, BINS, confidence)
    bins = [
        {"from": i / BINS, "to": (i + 1) / BINS, "records": int(n)}
        | {
            name: float(getattr(curve, name)[i])
            for name in ("predicted", "observed", "low", "high")
        }
        for i, n in enumerate(curve.count)
    ]
    return {
        "event": positive,
        "bins": bins,
        "off": ranges_off(happened, predicted, groups, confidence, replicates, seed),
        "few": _few(curve.count),
    }


def event(test: Predictions, positive: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what is predicted and how probable it is said to be.

    Returns
    -------
    tuple
        bool (n,), the record is of the positive class, or of the predicted one if there are more
        than two; float (n,), the probability of that.
    """
    if positive:
        index = test.classes.index(positive)
        return test.y == index, test.probabilities[:, index]
    return test.y == test.probabilities.argmax(axis=1), test.probabilities.max(axis=1)


def ranges_off(
    happened: np.ndarray,
    predicted: np.ndarray,
    groups: np.ndarray,
    confidence: float,
    replicates: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Find the ranges of the scale in which probabilities are off.

    Every range of neighbouring bins with POPULATED records or more is looked at, so that a few
    records in each of several bins speak together. How far off it is, is measured by `n KL`: the
    effective number of records times the divergence of the share that happened from the mean
    prediction, the log likelihood ratio of the two. Its p-value is the share of draws of outcomes
    in which any range is as far off, so it allows for the number of ranges (the consistency
    resampling of Bröcker & Smith 2007, Weather Forecast. 22:651, with the step of Westfall & Young
    1993, Resampling-Based Multiple Testing). In a draw the event happens to each record as probably
    as predicted; the records of a group share one random number, since relatives are right and
    wrong together.

    Parameters
    ----------
    happened, predicted
        See `event`.
    groups
        int (n,), see `bootstrap.bootstrap_weights`.
    confidence
        One less the largest p-value.
    replicates, seed
        Of the draws.

    Returns
    -------
    list of dict
        `from to records predicted observed p_value` of ranges that do not overlap, the most
        certain first: those with a p-value of at most `1 - confidence` in which share and mean
        prediction are more than TOLERANCE apart. The narrowest of those that hold the same records.
    """
    order = np.argsort(predicted, kind="stable")
    happened, predicted = happened[order], predicted[order]
    bounds = np.searchsorted(probability_bins(predicted, BINS), np.arange(BINS + 1))
    first, last = np.array(list(combinations(range(BINS + 1), 2))).T
    populated = bounds[last] - bounds[first] >= POPULATED
    first, last = first[populated], last[populated]
    if not len(first):
        return []
    n = bounds[last] - bounds[first]

    def shares(values: np.ndarray) -> np.ndarray:
        """Return the means of values (b, records) over each range, (b, ranges)."""
        up_to = _sums(values, bounds)
        return (up_to[:, last] - up_to[:, first]) / n

    mean, share = shares(predicted[None])[0], shares(happened[None])[0]
    member = np.unique(groups, return_inverse=True)[1][order]
    blocks = _draws(predicted, member, replicates, seed)
    drawn = np.concatenate([shares(outcomes) for outcomes in blocks])
    effective = _effective(drawn, mean, n)
    statistic = _divergence(share, mean, effective)
    furthest = _divergence(drawn, mean, effective).max(axis=1)
    p_values = (1 + (furthest[:, None] >= statistic).sum(axis=0)) / (replicates + 1)
    off = np.flatnonzero((p_values <= 1 - confidence) & (np.abs(share - mean) > TOLERANCE))
    chosen: list[int] = []
    for i in sorted(off, key=lambda i: (-statistic[i], last[i] - first[i])):
        if all(last[i] <= first[j] or last[j] <= first[i] for j in chosen):
            chosen.append(i)
    return [
        {
            "from": int(first[i]) / BINS,
            "to": int(last[i]) / BINS,
            "records": int(n[i]),
            "predicted": float(mean[i]),
            "observed": float(share[i]),
            "p_value": float(p_values[i]),
        }
        for i in chosen
    ]


def _draws(
    predicted: np.ndarray, member: np.ndarray, replicates: int, seed: int
) -> Iterator[np.ndarray]:
    """Draw whether the event happens to each record, bool (block, n), block by block."""
    rng = np.random.default_rng(seed)
    units = int(member.max()) + 1
    rows = max(1, BLOCK // len(member))
    for start in range(0, replicates, rows):
        numbers = rng.random((min(rows, replicates - start), units), dtype=np.float32)
        yield numbers[:, member] < predicted


def _sums(values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Sum up values (b, n) from the first record to each of the bounds, (b, bounds)."""
    parts = [values[:, a:b].sum(axis=1) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    return np.cumsum([np.zeros(len(values)), *parts], axis=0).T


def _effective(drawn: np.ndarray, mean: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return how many independent records of one probability would vary as much, (ranges,).

    More than there are where probabilities differ, fewer where records are related (Korn & Graubard
    1998, Surv. Methodol. 24:193). `drawn` are shares, (draws, ranges).
    """
    variance = np.mean((drawn - mean) ** 2, axis=0)
    return np.divide(mean * (1 - mean), variance, out=n.astype(float), where=variance > 0)


def _divergence(share: np.ndarray, mean: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return `n` times the Kullback-Leibler divergence of `share` from `mean`."""
    from scipy.special import rel_entr

    mean = np.clip(mean, SMALLEST, 1 - SMALLEST)
    return n * (rel_entr(share, mean) + rel_entr(1 - share, 1 - mean))


def _few(count: np.ndarray) -> list[dict[str, Any]]:
    """Return the longest ranges of bins that each hold fewer than POPULATED records."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], count < POPULATED, [0]]).astype(int)))
    return [
        {"from": int(a) / BINS, "to": int(b) / BINS, "records": int(count[a:b].sum())}
        for a, b in edges.reshape(-1, 2)
    ]
