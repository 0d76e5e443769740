"""How sure a measured number is: bootstrap intervals, paired tests, calibration curves.

The bootstrap resamples records. A replicate is not drawn as a list of records but as weights: how
often each record was drawn. A statistic that takes weights (see `metrics`) then measures a whole
block of replicates with a few matrix products.

The bootstrap is plain, not stratified: records are drawn whatever their class, so the counts of the
classes vary as they would in new data. A replicate without any record of a class leaves the
statistics that need it undefined (NaN); such replicates are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

Statistic = Callable[[np.ndarray], Mapping[Hashable, np.ndarray]]
BLOCK = 200_000  # weights held at a time: 1.6 MB as float64, which a CPU's cache holds


def bootstrap_weights(n: int, replicates: int, seed: int) -> Iterator[np.ndarray]:
    """Draw bootstrap replicates as weights, block by block, so that memory stays bounded.

    Parameters
    ----------
    n
        Number of records.
    replicates
        Number of replicates.
    seed
        Equal `n`, `replicates` and `seed` give equal weights, whatever is measured with them:
        that is what pairs the replicates of two models.

    Yields
    ------
    numpy.ndarray
        float64 (block, n): how often each record was drawn; each row sums to `n`.
    """
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // max(n, 1))
    for start in range(0, replicates, rows):
        block = np.empty((min(rows, replicates - start), n))
        for row in block:
            row[:] = np.bincount(rng.integers(0, n, n), minlength=n)
        yield block


def bootstrap(
    statistic: Statistic, n: int, replicates: int, seed: int
) -> dict[Hashable, np.ndarray]:
    """Measure the data and their bootstrap replicates.

    Parameters
    ----------
    statistic
        Takes weights (b, n) and returns arrays (b, ...) by name.
    n, replicates, seed
        See `bootstrap_weights`.

    Returns
    -------
    dict
        By name an array (1 + replicates, ...): the observed value, then the replicates.
    """
    parts = [statistic(np.ones((1, n)))]
    parts += [statistic(weights) for weights in bootstrap_weights(n, replicates, seed)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def interval(replicates: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval (Efron & Tibshirani 1993, An Introduction to the Bootstrap).

    Parameters
    ----------
    replicates
        (replicates, ...), the bootstrap replicates without the observed value; NaNs are left out.
    confidence
        The share of replicates inside, for instance 0.95.

    Returns
    -------
    tuple
        (low, high), each of the shape of one replicate; NaN where every replicate is NaN.
    """
    columns = replicates.reshape(len(replicates), -1)
    defined = ~np.isnan(columns).all(axis=0)
    bounds = np.full((2, columns.shape[1]), np.nan)
    if defined.any():
        # nanquantile is many times slower than quantile, and NaNs are rare.
        quantile = np.nanquantile if np.isnan(columns).any() else np.quantile
        tails = [(1 - confidence) / 2, (1 + confidence) / 2]
        bounds[:, defined] = quantile(columns[:, defined], tails, axis=0)
    low, high = bounds.reshape(2, *replicates.shape[1:])
    return low, high


def paired_p_value(differences: np.ndarray) -> float:
    """Return the two-sided bootstrap p-value of "the difference is zero".

    `p = min(1, 2 (1 + min(#{d <= 0}, #{d >= 0})) / (B + 1))` over the B paired replicates d, the
    level at which the percentile interval would just touch zero; the added one keeps it above 0
    (Davison & Hinkley 1997, Bootstrap Methods and their Application, section 4.2).

    Parameters
    ----------
    differences
        (B,), the replicates of the difference; NaNs are left out.

    Returns
    -------
    float
        In (0, 1]; NaN if no replicate is left.
    """
    kept = differences[~np.isnan(differences)]
    if not kept.size:
        return float("nan")
    extreme = min(np.sum(kept <= 0), np.sum(kept >= 0))
    return min(1.0, 2 * (1 + int(extreme)) / (kept.size + 1))


class Reliability(NamedTuple):
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
) -> Reliability:
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
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (observed + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(observed * (1 - observed) / n + z**2 / (4 * n**2))
    return Reliability(predicted, observed, middle - half, middle + half, count)
