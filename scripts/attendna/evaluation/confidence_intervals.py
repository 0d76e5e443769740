"""Confidence intervals of single numbers and of curves, each kind of number with its own.

Most are made from an observed value and its bootstrap replicates, see `bootstrap`.
"""

from __future__ import annotations

import math

import numpy as np

from attendna.inference import normal_quantile, wilson_interval

FURTHEST = 6.0  # of a replicate, in odds; see benchmarks/coverage.py


def area_interval(values: np.ndarray, confidence: float, size: int) -> tuple[float, float]:
    """Return the interval of an area under a curve, symmetric on the scale of its logit.

    The logit is what Pepe 2003 (The Statistical Evaluation of Medical Tests, section 5.2) and Boyd,
    Eng & Page 2013 (ECML PKDD) advise for areas. The standard error there is that of the logits
    of the replicates. In few records some replicates reach 1, where the logit is infinite: none
    counts as further from the value than a factor `FURTHEST` in the odds.

    Parameters
    ----------
    values
        (1 + replicates,), the observed value and its replicates, of which NaNs are left out.
    confidence
        For instance 0.95.
    size
        See `bootstrap.effective_size`.

    Returns
    -------
    tuple
        (low, high); NaN where the value is. At 0 or 1 no replicate differs: then the other bound is
        the one of Clopper & Pearson 1934 for `size` successes in `size` trials.
    """
    value, replicates = _defined(values)
    if np.isnan(value):
        return np.nan, np.nan
    if not 0 < value < 1:
        gap = 1 - ((1 - confidence) / 2) ** (1 / max(size, 1))
        return (value - gap, value) if value >= 1 else (value, value + gap)
    with np.errstate(divide="ignore"):
        steps = logit(replicates) - logit(value)
    steps = np.clip(steps, -math.log(FURTHEST), math.log(FURTHEST))
    reach = normal_quantile(confidence) * _standard_error(steps)
    return float(expit(logit(value) - reach)), float(expit(logit(value) + reach))


def rate_interval(
    values: np.ndarray, confidence: float, size: int, lowest: float = 0.0
) -> tuple[float, float]:
    """Return the score interval (Wilson 1927) with the effective number of records.

    For what is made of several shares, such as the F1 score. It varies like a share of `v (1 - v) /
    se^2` independent records, where `se` is the standard error of the bootstrap (Korn & Graubard
    1998, Surv. Methodol. 24:193). Unlike the logit, the score interval does not grow without bounds
    near the ends of the range.

    Parameters
    ----------
    values, confidence
        See `area_interval`.
    size
        Records to reckon with where no replicate differs from the value, see
        `bootstrap.effective_size`.
    lowest
        The lower end of the range, of which 1 is the upper one.
    """
    value, replicates = _defined(values)
    if np.isnan(value):
        return np.nan, np.nan
    reach = 1 - lowest
    share, error = (value - lowest) / reach, _standard_error(replicates) / reach
    records = share * (1 - share) / error**2 if error > 0 and 0 < share < 1 else max(size, 1)
    low, high = wilson_interval(share, records, confidence)
    return float(lowest + reach * low), float(lowest + reach * high)


def share_interval(
    hits: np.ndarray, trials: np.ndarray, groups: np.ndarray, confidence: float
) -> tuple[float, float]:
    """Return the score interval (Wilson 1927) of a share of records.

    Without groups of several records, given how many records it is a share of, their hits are
    binomial: unlike that of `rate_interval`, this interval does not take how far that number could
    move for uncertainty. With groups the number is divided by the design effect (Kish 1965, Survey
    Sampling): how much the sums of groups vary more than as many strangers would.

    Parameters
    ----------
    hits
        bool (n,), none outside `trials`.
    trials
        bool (n,): the records that it is a share of.
    groups
        int (n,), see `bootstrap.bootstrap_weights`.
    confidence
        For instance 0.95.

    Returns
    -------
    tuple
        (low, high), of no trials (0, 1).
    """
    records = int(trials.sum())
    if not records:
        return 0.0, 1.0
    share = float(hits.sum()) / records
    member = np.unique(groups, return_inverse=True)[1]
    if 0 < share < 1:
        errors = np.bincount(member, np.where(trials, hits - share, 0.0))
        effect = max(float(errors @ errors) / (records * share * (1 - share)), 1.0)
    else:  # a group counts as one record
        effect = records / len(np.unique(member[trials]))
    low, high = wilson_interval(share, records / effect, confidence)
    return max(float(low), 0.0), min(float(high), 1.0)


def loss_interval(values: np.ndarray, confidence: float, size: int) -> tuple[float, float]:
    """Return the interval of a loss, symmetric on the scale of its logarithm.

    The standard error is that of the replicates' logarithms, and the quantile one of Student's t,
    because a few records of a rare class may make up most of a loss.

    Parameters
    ----------
    values, confidence
        See `area_interval`.
    size
        See `bootstrap.effective_size`: degrees of freedom, plus one.
    """
    value, replicates = _defined(values)
    if np.isnan(value):
        return np.nan, np.nan
    if value <= 0:
        return value, value
    logs = np.log(replicates[replicates > 0])
    reach = _t_quantile(confidence, size) * _standard_error(logs)
    return float(value * np.exp(-reach)), float(value * np.exp(reach))


def normal_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the interval of normal theory with the standard error of the bootstrap.

    Parameters
    ----------
    values, confidence
        See `area_interval`.
    """
    value, replicates = _defined(values)
    reach = normal_quantile(confidence) * _standard_error(replicates)
    return value - reach, value + reach


def percentile_interval(replicates: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval (Efron & Tibshirani 1993, An Introduction to the Bootstrap).

    For curves, point by point; single numbers have intervals that hold the truth more often.

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


def logit(p: np.ndarray) -> np.ndarray:
    """Return the log odds of probabilities."""
    return np.log(p) - np.log1p(-p)


def expit(x: np.ndarray | float) -> np.ndarray | float:
    """Return the probabilities of log odds; scipy is not imported before it is needed."""
    from scipy.special import expit

    return expit(x)


def _t_quantile(confidence: float, size: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(size - 1, 1), (1 + confidence) / 2))


def _standard_error(replicates: np.ndarray) -> float:
    return float(replicates.std(ddof=1)) if len(replicates) > 1 else 0.0


def _defined(values: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the observed value, NaN if no replicate has one, and the replicates that do."""
    replicates = values[1:][~np.isnan(values[1:])]
    return (float(values[0]) if len(replicates) else np.nan), replicates
