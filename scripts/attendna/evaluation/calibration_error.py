"""The expected calibration error (ECE), and its interval: a finite sample overstates the error."""

from __future__ import annotations

import numpy as np

from attendna.evaluation.bootstrap import BLOCK
from attendna.evaluation.calibration_curve import probability_bins
from attendna.evaluation.confidence_intervals import expit, logit
from attendna.inference import normal_quantile

ECE_BINS = 15  # as in Guo et al. 2017
PULL = 0.25  # towards probabilities as they are, as of one record at 1/2
ROUNDING = 1e-12  # what is less counts as 0


def calibration_gaps(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return what the expected calibration error sums: (n, bins), p - y in the bin of p.

    The error is the sum over bins of |sum of p - y| divided by the number of records (Naeini et al.
    2015, AAAI; Guo et al. 2017, ICML), with 15 bins of equal width: unlike bins of equal mass they
    do not move from replicate to replicate.

    Parameters
    ----------
    y
        bool (n,): the event happened.
    p
        (n,), its predicted probability.
    """
    gaps = np.zeros((len(p), ECE_BINS))
    gaps[np.arange(len(p)), probability_bins(p, ECE_BINS)] = p - y
    return gaps


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
        int (n,), see `bootstrap.bootstrap_weights`: records of a group are right and wrong
        together, and their signs are turned together.
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
    gaps = np.bincount(bin_of, p) / n - np.bincount(bin_of, y) / n
    size, share = np.abs(gaps), n / n.sum()
    value = float(share @ size)
    chance = _errors_by_chance(y, p, bin_of, groups, replicates, seed)
    variance, by_bin, in_all = _variances(y, p, bin_of, gaps, groups)
    among = share @ (size - value) ** 2 / n.sum()  # which bins the records are in
    reach = normal_quantile(confidence) * np.sqrt(in_all * (share**2 @ variance + among))
    likely = _shrunk_gaps(y, p, bin_of, gaps, by_bin * variance, by_bin)
    least, bias = (share @ _folding_bias(gap, by_bin * variance) for gap in (size, likely))
    calibrated = value <= np.quantile(chance, confidence)
    low = 0.0 if calibrated else value - bias - reach
    high = value - least + reach
    return float(max(min(low, value), 0.0)), float(min(max(high, value), 1.0))


def _errors_by_chance(
    y: np.ndarray,
    p: np.ndarray,
    bin_of: np.ndarray,
    groups: np.ndarray,
    replicates: int,
    seed: int,
) -> np.ndarray:
    """Return calibration errors of calibrated probabilities, (replicates,): signs at random."""
    residuals = _sums_by_group(p - y, bin_of, groups)
    error = np.bincount(bin_of, (p - y) ** 2)
    expected = np.bincount(bin_of, p * (1 - p))
    residuals *= np.sqrt(expected / np.where(error > 0, error, 1))
    return _sums_with_random_signs(residuals, replicates, seed) / len(p)


def _variances(
    y: np.ndarray, p: np.ndarray, bin_of: np.ndarray, gaps: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Return the variance of each bin's gap and two design effects (Kish 1965, Survey Sampling).

    The variance, (bins,), is that of strangers. The design effects are those of the bins and of
    their sum: how much more groups vary.
    """
    n = np.bincount(bin_of)
    expected = np.bincount(bin_of, p * (1 - p))
    # Of the residuals as they are, since a bin holds records of unlike probabilities. One more, as
    # the probabilities say, keeps a bin of equal outcomes from being certain.
    centred = p - y - gaps[bin_of]
    variance = (np.bincount(bin_of, centred**2) + expected / n) / (n + 1) / n
    sums = _sums_by_group(centred, bin_of, groups)
    alone = max(float(centred @ centred), ROUNDING)
    in_all = float(np.sum(sums.sum(axis=1) ** 2)) / alone
    np.square(sums, out=sums)  # in place: of millions of records they are the most that is held
    by_bin = max(float(np.sum(sums)) / alone, 1.0)
    in_all = max(in_all, by_bin)
    return variance, by_bin, in_all


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

    logits = logit(np.clip(p, 1e-6, 1 - 1e-6))
    inputs = np.stack([np.ones_like(logits), logits], axis=1)
    identity = np.array([0.0, 1.0])

    def loss(curve: np.ndarray) -> tuple[float, np.ndarray]:
        z, off = inputs @ curve, PULL * effect * (curve - identity)
        value = np.logaddexp(0, z).sum() - z @ y + off @ (curve - identity) / 2
        return value, inputs.T @ (expit(z) - y) + off

    return expit(inputs @ minimize(loss, identity, jac=True, method="BFGS").x)


def _sums_with_random_signs(residuals: np.ndarray, replicates: int, seed: int) -> np.ndarray:
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
