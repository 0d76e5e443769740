"""How sure a measured number is: bootstrap intervals, paired tests, calibration curves.

The bootstrap resamples records, or whole groups of related ones. A replicate is not drawn as a list
of records but as weights: how often each record was drawn. A statistic that takes weights (see
`metrics`) then measures a whole block of replicates with a few matrix products.

The bootstrap is plain, not stratified: records are drawn whatever their class, so the counts of the
classes vary as they would in new data. A replicate without any record of a class leaves the
statistics that need it undefined (NaN); such replicates are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

Statistic = Callable[[np.ndarray], Mapping[Hashable, np.ndarray]]
BLOCK = 200_000  # weights held at a time: 1.6 MB as float64, which a CPU's cache holds
STEP = 1e-6  # of the numerical derivative of a scale


def bootstrap_weights(
    n: int, replicates: int, seed: int | Sequence[int], groups: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Draw bootstrap replicates as weights, block by block, so that memory stays bounded.

    Parameters
    ----------
    n
        Number of records.
    replicates
        Number of replicates.
    seed
        Equal `n`, `groups`, `replicates` and `seed` give equal weights, whatever is measured with
        them: that is what pairs the replicates of two models.
    groups
        int (n,): records with equal numbers are drawn together, as many groups as there are (the
        cluster bootstrap; Davison & Hinkley 1997, section 3.8). None: every record by itself.

    Yields
    ------
    numpy.ndarray
        float64 (block, n): how often each record was drawn; without groups each row sums to `n`.
    """
    rng = np.random.default_rng(seed)
    member = np.unique(groups, return_inverse=True)[1] if groups is not None else np.arange(n)
    units = int(member.max(initial=-1)) + 1
    rows = max(1, BLOCK // max(n, 1))
    for start in range(0, replicates, rows):
        block = np.empty((min(rows, replicates - start), n))
        for row in block:
            drawn = np.bincount(rng.integers(0, units, units), minlength=units)
            row[:] = drawn if units == n else drawn[member]
        yield block


def bootstrap(
    statistic: Statistic,
    n: int,
    replicates: int,
    seed: int | Sequence[int],
    groups: np.ndarray | None = None,
) -> dict[Hashable, np.ndarray]:
    """Measure the data and their bootstrap replicates.

    Parameters
    ----------
    statistic
        Takes weights (b, n) and returns arrays (b, ...) by name.
    n, replicates, seed, groups
        See `bootstrap_weights`.

    Returns
    -------
    dict
        By name an array (1 + replicates, ...): the observed value, then the replicates.
    """
    parts = [statistic(np.ones((1, n)))]
    parts += [statistic(weights) for weights in bootstrap_weights(n, replicates, seed, groups)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def effective_size(y: np.ndarray, groups: np.ndarray | None = None) -> int:
    """Count the independent records, or groups, of the rarest class: what limits every metric.

    Parameters
    ----------
    y
        int (n,), the true class.
    groups
        See `bootstrap_weights`.
    """
    groups = np.arange(len(y)) if groups is None else groups
    return min((len(np.unique(groups[y == label])) for label in np.unique(y)), default=0)


class Scale(NamedTuple):
    """Where a metric is about normal; an interval that is symmetric there stays in its range."""

    into: Callable[[float], float]
    back: Callable[[float], float]
    lowest: float  # the ends of the range, where `into` is infinite
    highest: float


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def _expit(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


UNIT = Scale(_logit, _expit, 0.0, 1.0)  # areas, rates
CORRELATION = Scale(np.arctanh, np.tanh, -1.0, 1.0)
LOSS = Scale(np.log, np.exp, 0.0, np.inf)


def scaled_interval(
    values: np.ndarray, confidence: float, scale: Scale, size: int
) -> tuple[float, float]:
    """Return the interval that is symmetric on a metric's own scale.

    The standard error is that of the bootstrap, carried to the scale by the delta method, times a
    quantile of Student's t. Percentiles of the replicates, the usual choice, hold the truth too
    seldom where a class is small or a value near its end (docs/benchmarks.md has the numbers); the
    logit is what Boyd, Eng & Page 2013 (ECML PKDD) and Pepe 2003 (The Statistical Evaluation of
    Medical Tests, section 5.2) advise for areas under curves.

    Parameters
    ----------
    values
        (1 + replicates,), the observed value and its replicates, of which NaNs are left out.
    confidence
        For instance 0.95.
    scale
        Of the metric.
    size
        See `effective_size`: degrees of freedom, plus one.

    Returns
    -------
    tuple
        (low, high). At an end of the scale no replicate differs: then the other bound is the one of
        Clopper & Pearson 1934 for `size` successes in `size` trials, and for losses the value. NaN
        where the value is.
    """
    value, replicates = float(values[0]), values[1:][~np.isnan(values[1:])]
    if np.isnan(value) or not len(replicates):
        return float("nan"), float("nan")
    reach = scale.highest - scale.lowest
    if not scale.lowest < value < scale.highest:
        if not np.isfinite(reach):
            return value, value
        gap = reach * (1 - ((1 - confidence) / 2) ** (1 / max(size, 1)))
        top = value >= scale.highest
        return (value - gap, value) if top else (value, value + gap)
    step = STEP * min(value - scale.lowest, scale.highest - value)
    slope = (scale.into(value + step) - scale.into(value - step)) / (2 * step)
    error = slope * _standard_error(replicates) * _t_quantile(confidence, size)
    middle = scale.into(value)
    return float(scale.back(middle - error)), float(scale.back(middle + error))


def _standard_error(replicates: np.ndarray) -> float:
    return float(replicates.std(ddof=1)) if len(replicates) > 1 else 0.0


def _t_quantile(confidence: float, size: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(size - 1, 1), (1 + confidence) / 2))


def normal_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the interval of normal theory with the standard error of the bootstrap.

    Parameters
    ----------
    values
        (1 + replicates,), the observed value and its replicates, of which NaNs are left out.
    confidence
        For instance 0.95.
    """
    value, replicates = float(values[0]), values[1:][~np.isnan(values[1:])]
    if np.isnan(value) or not len(replicates):
        return float("nan"), float("nan")
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * _standard_error(replicates)
    return value - reach, value + reach


class Difference(NamedTuple):
    """A paired difference, its interval and the p-value of "there is none"."""

    value: float
    low: float
    high: float
    p_value: float


def paired_difference(values: np.ndarray, confidence: float) -> Difference:
    """Judge a difference of two models on the same records.

    Normal theory with the standard error `se` of the paired bootstrap: the p-value is
    `2 (1 - Phi(|d| / se))`, and the interval holds zero just where it is above 1 - confidence.

    Parameters
    ----------
    values
        (1 + replicates,), the observed difference and its replicates, of which NaNs are left out.
    confidence
        For instance 0.95.
    """
    value, replicates = float(values[0]), values[1:][~np.isnan(values[1:])]
    low, high = normal_interval(values, confidence)
    error = _standard_error(replicates)
    if np.isnan(low):
        p_value = float("nan")
    elif error > 0:
        p_value = math.erfc(abs(value) / error / math.sqrt(2))
    else:  # no replicate differs
        p_value = 1.0 if value == 0 else 1 / (len(replicates) + 1)
    return Difference(value, low, high, p_value)


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


def interval(replicates: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval (Efron & Tibshirani 1993, An Introduction to the Bootstrap).

    For curves, point by point; for single numbers see `scaled_interval`.

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
