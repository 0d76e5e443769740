"""How well one number, or one yes or no, tells a class from the rest: AUROC, interval, p-value.

Everything is computed from counts: how many records of the class, and how many others, have each
value. A million records are then a sort and a few sums.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from attendna.inference import normal_quantile, wilson_interval


class Separation(NamedTuple):
    """How well something tells a class from the rest; floats or arrays of one shape.

    Attributes
    ----------
    auroc
        Area under the ROC curve of the value for the class; below 0.5 where the others have the
        higher values. NaN where either side has no record.
    low, high
        Its interval.
    p_value
        Of "the value does not depend on the class".
    """

    auroc: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray

    def either_way(self) -> Separation:
        """Return the same for whoever may use the value either way: an AUROC of 0.5 or more."""
        turned = self.auroc < 0.5
        return Separation(
            np.where(turned, 1 - self.auroc, self.auroc),
            np.where(turned, 1 - self.high, self.low),
            np.where(turned, 1 - self.low, self.high),
            self.p_value,
        )


# ------------------------------------------------------------------------------ a number


def of_values(counts: np.ndarray, others: np.ndarray, confidence: float) -> Separation:
    """Measure a number that each record has.

    The standard error is that of DeLong et al. 1988 (Biometrics 44:837), the interval symmetric on
    the scale of the logit (Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2),
    and where the two sides do not overlap, that of Clopper & Pearson 1934 for the smaller one. The
    p-value is that of Wilcoxon's rank-sum test with ties (Mann & Whitney 1947, Ann. Math. Stat.
    18:50). Where more than half of all records have one value, such as no N, ranks are far from
    normal; there Fisher's exact test of who has that value and the rank-sum test of the others
    share the error (as in the two-part test of Lachenbruch 1976, Biom. J. 18:351).

    Parameters
    ----------
    counts, others
        int (values,): records of the class, and all others, with each value; lowest value first.
    confidence
        Of the interval.
    """
    positives, negatives = int(counts.sum()), int(others.sum())
    if not positives or not negatives:
        return Separation(*np.full(4, np.nan))
    beaten = (np.cumsum(others) - others / 2) / negatives  # share of the others below each value
    beating = 1 - (np.cumsum(counts) - counts / 2) / positives
    area = float(counts @ beaten) / positives
    variance = _variance(beaten, counts, area) + _variance(beating, others, area)
    low, high = _logit_interval(area, variance, min(positives, negatives), confidence)
    return Separation(*map(np.float64, (area, low, high, _rank_p_value(counts, others))))


def _variance(placements: np.ndarray, counts: np.ndarray, mean: float) -> float:
    """Return the variance of a mean of placement values; 0 of a single one."""
    n = int(counts.sum())
    return float(counts @ (placements - mean) ** 2) / max(n - 1, 1) / n


def _logit_interval(
    area: float, variance: float, size: int, confidence: float
) -> tuple[float, float]:
    from scipy.special import expit, logit

    if not 0 < area < 1:
        gap = 1 - ((1 - confidence) / 2) ** (1 / size)
        return (area - gap, area) if area >= 1 else (area, area + gap)
    reach = normal_quantile(confidence) * np.sqrt(variance) / (area * (1 - area))
    return expit(logit(area) - reach), expit(logit(area) + reach)


def _rank_p_value(counts: np.ndarray, others: np.ndarray) -> float:
    together = counts + others
    mode = int(np.argmax(together))
    if 2 * together[mode] <= together.sum():
        return _rank_sum(counts, others)
    table = (counts[mode], counts.sum(), others[mode], others.sum())
    presence = float(fisher_p_value(*map(np.asarray, table)))
    if np.count_nonzero(together) < 3:
        return presence
    rest = _rank_sum(np.delete(counts, mode), np.delete(others, mode))
    return min(2 * min(presence, rest), 1.0)


def _rank_sum(counts: np.ndarray, others: np.ndarray) -> float:
    from scipy.special import ndtr

    positives, negatives = float(counts.sum()), float(others.sum())
    together = (counts + others).astype(float)
    n = positives + negatives
    ties = float(np.sum(together**3 - together)) / (n * (n - 1)) if n > 1 else 0.0
    variance = positives * negatives * (n + 1 - ties) / 12
    if variance <= 0:
        return 1.0
    wins = float(counts @ (np.cumsum(others) - others / 2))
    distance = max(abs(wins - positives * negatives / 2) - 0.5, 0)
    return min(2 * float(ndtr(-distance / np.sqrt(variance))), 1.0)


# ------------------------------------------------------------------------------ a yes or no


def of_shares(
    hits: np.ndarray,
    records: np.ndarray,
    other_hits: np.ndarray,
    others: np.ndarray,
    confidence: float,
) -> Separation:
    """Measure what a record has or has not: the AUROC is (1 + the difference of the shares) / 2.

    The interval is the hybrid score interval of Newcombe 1998 (Stat. Med. 17:873, method 10), the
    p-value that of Fisher's exact test.

    Parameters
    ----------
    hits, records
        int, of one shape: the records of the class that have it, and all of the class.
    other_hits, others
        Likewise of all other records.
    confidence
        Of the interval.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share, other = hits / records, other_hits / others
        low, high = wilson_interval(share, records, confidence)
        other_low, other_high = wilson_interval(other, others, confidence)
    below = np.hypot(share - low, other_high - other)
    above = np.hypot(high - share, other - other_low)
    difference = share - other
    return Separation(
        (1 + difference) / 2,
        (1 + np.maximum(difference - below, -1)) / 2,
        (1 + np.minimum(difference + above, 1)) / 2,
        fisher_p_value(hits, records, other_hits, others),
    )


def fisher_p_value(
    hits: np.ndarray, records: np.ndarray, other_hits: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Return the p-value of Fisher's exact test (1935), twice the smaller of its two tails.

    Parameters
    ----------
    hits, records, other_hits, others
        See `of_shares`.
    """
    from scipy.stats import hypergeom

    margins = (records + others, hits + other_hits, records)
    tails = np.minimum(hypergeom.cdf(hits, *margins), hypergeom.sf(hits - 1, *margins))
    return np.minimum(2 * tails, 1.0)
