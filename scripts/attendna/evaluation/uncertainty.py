"""How sure a measured number is: bootstrap intervals, paired tests, calibration.

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
FURTHEST = 6.0  # of a replicate, in odds; see benchmarks/coverage.py
PULL = 0.25  # towards probabilities as they are, as of one record at 1/2
ROUNDING = 1e-12  # differences that are nearer count as equal


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
        See `effective_size`.

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
        steps = _logit(replicates) - _logit(value)
    steps = np.clip(steps, -math.log(FURTHEST), math.log(FURTHEST))
    reach = _normal_quantile(confidence) * _standard_error(steps)
    return float(_expit(_logit(value) - reach)), float(_expit(_logit(value) + reach))


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
        Records to reckon with where no replicate differs from the value, see `effective_size`.
    lowest
        The lower end of the range, of which 1 is the upper one.
    """
    value, replicates = _defined(values)
    if np.isnan(value):
        return np.nan, np.nan
    reach = 1 - lowest
    share, error = (value - lowest) / reach, _standard_error(replicates) / reach
    records = share * (1 - share) / error**2 if error > 0 and 0 < share < 1 else max(size, 1)
    low, high = _wilson(share, records, confidence)
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
        int (n,), see `bootstrap_weights`.
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
    low, high = _wilson(share, records / effect, confidence)
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
        See `effective_size`: degrees of freedom, plus one.
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
    reach = _normal_quantile(confidence) * _standard_error(replicates)
    return value - reach, value + reach


def _defined(values: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the observed value, NaN if no replicate has one, and the replicates that do."""
    replicates = values[1:][~np.isnan(values[1:])]
    return (float(values[0]) if len(replicates) else np.nan), replicates


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


def _expit(x: np.ndarray | float) -> np.ndarray | float:
    from scipy.special import expit

    return expit(x)


def _standard_error(replicates: np.ndarray) -> float:
    return float(replicates.std(ddof=1)) if len(replicates) > 1 else 0.0


def _normal_quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _t_quantile(confidence: float, size: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(size - 1, 1), (1 + confidence) / 2))


def _wilson(
    share: np.ndarray, records: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of Wilson (1927, J. Am. Stat. Assoc. 22:209) around proportions."""
    z = _normal_quantile(confidence)
    middle = (share + z**2 / (2 * records)) / (1 + z**2 / records)
    inside = share * (1 - share) / records + z**2 / (4 * records**2)
    half = z / (1 + z**2 / records) * np.sqrt(inside)
    return middle - half, middle + half


# ------------------------------------------------------------------------------ differences


def swaps(
    n: int, replicates: int, seed: int | Sequence[int], groups: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Draw for which records two models swap their predictions, block by block.

    Parameters
    ----------
    n, seed, groups
        See `bootstrap_weights`; related records swap together.
    replicates
        Number of draws. Before them comes one in which nothing is swapped.

    Yields
    ------
    numpy.ndarray
        float64 (block, n): 1 where the two swap, else 0.
    """
    rng = np.random.default_rng(seed)
    member = np.unique(groups, return_inverse=True)[1] if groups is not None else np.arange(n)
    units = int(member.max(initial=-1)) + 1
    rows = max(1, BLOCK // max(2 * n, 1))  # of the predictions of both models
    yield np.zeros((1, n))
    for start in range(0, replicates, rows):
        drawn = rng.integers(0, 2, (min(rows, replicates - start), units), dtype=np.int8)
        yield drawn[:, member].astype(float)


def swap_p_value(differences: np.ndarray, ties: np.ndarray) -> float:
    """Return the p-value of "it does not matter which of two models a prediction comes from".

    If that is so, the observed difference is one of those that arise when the two models swap their
    predictions of some records, each as likely as the other, and the share of those that are at
    least as large is the p-value (a permutation test for pairs, Fisher 1935, The Design of
    Experiments; with the observed one among them, Phipson & Smyth 2010, Stat. Appl. Genet. Mol.
    Biol. 9:39). It holds in samples of any size.

    Metrics of decisions take few values, so that many draws equal the observed difference. To count
    all of them makes the p-value too large, not to count them too small, and a mid-p-value is right
    in the mean only. Here a second statistic decides, and a draw with an equal difference counts if
    that is at least as large too (Kim & Agresti 1995, J. Am. Stat. Assoc. 90:632). Where this one
    is continuous, p-values are uniform under the null; nothing is left to a random number, and two
    models with the same predictions have p = 1.

    Where no draw reaches the observed difference, as of models that differ clearly, the p-value is
    at most Hoeffding's bound for a sum of terms with random signs (1963, J. Am. Stat. Assoc.
    58:13), `2 exp(-d^2 / 2 s^2)` with the root mean square `s` of the draws: it stays useful after
    a correction for many comparisons.

    Parameters
    ----------
    differences
        (1 + replicates,), the observed difference of the two, then those after swaps.
    ties
        (1 + replicates,), differences in another metric for the same swaps.

    Returns
    -------
    float
        NaN if the observed difference is.
    """
    if np.isnan(differences[0]):
        return float("nan")
    defined = ~np.isnan(differences)
    size, second = np.abs(differences[defined]), np.abs(ties[defined])
    equal = np.abs(size - size[0]) <= ROUNDING
    extreme = ~equal & (size > size[0]) | equal & (second >= second[0] - ROUNDING)
    p_value = float(extreme.mean())
    spread = float(np.mean(size[1:] ** 2)) if len(size) > 1 else 0.0
    if extreme.sum() == 1 and spread > 0:
        p_value = min(p_value, 2 * math.exp(-(size[0] ** 2) / (2 * spread)))
    return p_value


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
    return Reliability(predicted, observed, *_wilson(observed, n, confidence), count)


def calibration_error_interval(
    y: np.ndarray,
    p: np.ndarray,
    groups: np.ndarray,
    bins: int,
    confidence: float,
    replicates: int,
    seed: int,
) -> tuple[float, float]:
    """Return the interval of the expected calibration error, which a finite sample overstates.

    The error is a sum of absolute values: of calibrated probabilities the true one is 0, and that
    of a sample what chance leaves. This is drawn by turning the signs of the residuals p - y at
    random, with the variance that the probabilities themselves say (after the consistency
    resampling of Bröcker & Smith 2007, Weather Forecast. 22:651). Where the observed error is not
    among the largest of these draws, the lower bound is 0.

    Else the bounds are those of normal theory about a value from which the bias is subtracted. The
    bias of one bin is how much the mean of a folded normal distribution exceeds the absolute gap,
    most where there is no gap. The true gaps are not known and the observed ones are too large. The
    upper bound subtracts the bias of these, the least there can be. The lower one subtracts that of
    gaps shrunk towards those of a smooth recalibration, as far as they do not differ from them by
    more than chance (Fay & Herriot 1979, J. Am. Stat. Assoc. 74:269): in a hundred records that
    tells more of a gap than the few that fall into its bin. (The upper one can't: of gaps that
    alternate from bin to bin a smooth curve sees nothing, and too much would be subtracted.)

    Parameters
    ----------
    y
        bool or 0/1 (n,): the event happened.
    p
        (n,), its predicted probability.
    groups
        int (n,), see `bootstrap_weights`: records of a group are right and wrong together, and
        their signs are turned together.
    bins
        Number of bins of [0, 1].
    confidence
        For instance 0.95.
    replicates, seed
        Of the draws.

    Returns
    -------
    tuple
        (low, high), about the observed value or with it as upper bound.
    """
    bin_of = np.unique(probability_bins(p, bins), return_inverse=True)[1]
    n = np.bincount(bin_of)
    predicted, observed = np.bincount(bin_of, p) / n, np.bincount(bin_of, y) / n
    gap, share = np.abs(predicted - observed), n / n.sum()
    value = float(share @ gap)

    residuals = _sums_by_group(p - y, bin_of, groups)
    error = np.bincount(bin_of, (p - y) ** 2)
    said = np.bincount(bin_of, p * (1 - p))
    scale = np.sqrt(said / np.where(error > 0, error, 1))
    chance = _by_chance(residuals * scale, replicates, seed) / n.sum()

    # Of the residuals as they are, since a bin holds records of unlike probabilities. One more, as
    # the probabilities say, keeps a bin of equal outcomes from being certain.
    centred = p - y - (predicted - observed)[bin_of]
    variance = (np.bincount(bin_of, centred**2) + said / n) / (n + 1) / n
    sums = _sums_by_group(centred, bin_of, groups)
    alone = max(float(centred @ centred), ROUNDING)
    # Design effects (Kish 1965, Survey Sampling), of the bins and of their sum.
    by_bin = max(float(np.sum(sums**2)) / alone, 1.0)
    in_all = max(float(np.sum(sums.sum(axis=1) ** 2)) / alone, by_bin)
    among = share @ (gap - value) ** 2 / n.sum()  # which bins the records are in
    reach = _normal_quantile(confidence) * np.sqrt(in_all * (share**2 @ variance + among))
    likely = _shrunk_gaps(y, p, bin_of, predicted - observed, by_bin * variance, by_bin)
    least, bias = (share @ _folding_bias(its, by_bin * variance) for its in (gap, likely))
    calibrated = value <= np.quantile(chance, confidence)
    low = 0.0 if calibrated else value - bias - reach
    high = value - least + reach
    return float(max(min(low, value), 0.0)), float(min(max(high, value), 1.0))


def _shrunk_gaps(
    y: np.ndarray,
    p: np.ndarray,
    bin_of: np.ndarray,
    gaps: np.ndarray,
    variance: np.ndarray,
    effect: float,
) -> np.ndarray:
    """Return estimates of the absolute gaps of bins, shrunk towards those of a recalibration.

    Towards which the observed `gaps` are pulled is a logistic curve of the logit (Platt 1999), and
    how far, the variance that is left about it after chance's `variance` (Fay & Herriot 1979).
    """
    recalibrated = _recalibrated(y, p, effect)
    smooth = np.bincount(bin_of, p - recalibrated) / np.bincount(bin_of)
    rest = gaps - smooth
    weights = 1 / np.maximum(variance, ROUNDING) ** 2
    beyond_chance = max(float(weights @ (rest**2 - variance) / weights.sum()), 0.0)
    kept = beyond_chance / np.maximum(beyond_chance + variance, ROUNDING)
    return np.abs(smooth + kept * rest)


def _recalibrated(y: np.ndarray, p: np.ndarray, effect: float) -> np.ndarray:
    """Return probabilities that are right in the mean, (n,): a logistic curve of the logit of `p`.

    A weak pull towards the identity keeps the curve finite where the classes are apart; it counts
    as much more as related records count less, their design `effect`.
    """
    from scipy.optimize import minimize

    logits = _logit(np.clip(p, 1e-6, 1 - 1e-6))
    inputs = np.stack([np.ones_like(logits), logits], axis=1)
    identity = np.array([0.0, 1.0])

    def loss(curve: np.ndarray) -> tuple[float, np.ndarray]:
        z, off = inputs @ curve, PULL * effect * (curve - identity)
        value = np.logaddexp(0, z).sum() - z @ y + off @ (curve - identity) / 2
        return value, inputs.T @ (_expit(z) - y) + off

    return _expit(inputs @ minimize(loss, identity, jac=True, method="BFGS").x)


def _by_chance(residuals: np.ndarray, replicates: int, seed: int) -> np.ndarray:
    """Return sums of absolute values over bins, (replicates,), with signs turned at random.

    `residuals` are those of groups, (groups, bins).
    """
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // len(residuals))
    sums = np.empty(replicates)
    for start in range(0, replicates, rows):
        part = sums[start : start + rows]
        signs = rng.integers(0, 2, (len(part), len(residuals)), dtype=np.int8)
        part[:] = np.abs((2.0 * signs - 1) @ residuals).sum(axis=1)
    return sums


def _sums_by_group(values: np.ndarray, bin_of: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Sum up values by group and bin, (groups, bins)."""
    member = np.unique(groups, return_inverse=True)[1]
    sums = np.zeros((member.max() + 1, bin_of.max() + 1))
    np.add.at(sums, (member, bin_of), values)
    return sums


def _folding_bias(gap: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return how much E |x| exceeds `gap` for normal x of mean `gap` >= 0 and that variance."""
    from scipy.special import ndtr

    error = np.sqrt(np.maximum(variance, ROUNDING**2))
    z = gap / error
    return error * np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2) - 2 * gap * ndtr(-z)
