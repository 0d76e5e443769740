"""How good an explanation is: against what was planted, against the network itself, against others.

Every number is measured with bootstrap weights (`evaluation.bootstrap`), and so has an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from attendna import finite
from attendna.evaluation.bootstrap import bootstrap
from attendna.evaluation.confidence_intervals import area_interval, normal_interval, rate_interval

BLOCK = 2**22  # numbers that are held at once
# From the observed value and its replicates, the confidence and the number of units to an interval.
Interval = Callable[[np.ndarray, float, int], tuple[float, float]]


def correlation_interval(values: np.ndarray, confidence: float, size: int) -> tuple[float, float]:
    """Return the interval of a correlation, see `confidence_intervals.rate_interval`."""
    return rate_interval(values, confidence, size, lowest=-1.0)


def contributions(hypothetical: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Return what the bases that stand there contribute.

    Parameters
    ----------
    hypothetical
        float (n, length, 4), what each base would contribute.
    fractions
        float (n, length, 4), see `dna.base_fractions`.

    Returns
    -------
    numpy.ndarray
        float (n, length).
    """
    return np.sum(hypothetical * fractions, axis=2)


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


# ------------------------------------------------------------------------------ against the truth


def planted_positions(
    starts: np.ndarray, ends: np.ndarray, rows: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Return which positions belong to a planted site: bool (n, length).

    Parameters
    ----------
    starts, ends, rows
        int (sites,): half-open, and the record of each.
    shape
        (n, length).
    """
    planted = np.zeros(shape, bool)
    for start, end, row in zip(starts, ends, rows, strict=True):
        planted[row, start:end] = True
    return planted


class Ranking:
    """The average precision with which a score ranks planted positions first, for any weights.

    Average precision is the mean, over planted positions, of the precision among all positions
    that score as high; a record that counts w times counts as w records. So a replicate of the
    bootstrap needs no sorting: how many positions of each record score at least as high as each
    planted one is counted once, and a matrix product gives the rest.

    Parameters
    ----------
    planted
        bool (n, length).
    scores
        float (n, length).
    mask
        bool (n, length): positions that hold a base; others don't count.
    """

    def __init__(self, planted: np.ndarray, scores: np.ndarray, mask: np.ndarray) -> None:
        self._planted, self._scores, self._mask = planted & mask, scores, mask
        self._rows, places = np.nonzero(self._planted)
        self._thresholds = scores[self._rows, places]

    def average_precision(self, weights: np.ndarray) -> np.ndarray:
        """Return average precision for weights (b, n): float (b,), nan where nothing is planted."""
        total = np.zeros(len(weights))
        size = max(1, BLOCK // max(len(self._scores), len(weights)))
        for start in range(0, len(self._thresholds), size):
            part = slice(start, start + size)
            true = weights @ self._reached(self._planted, self._thresholds[part])
            all_ = weights @ self._reached(self._mask, self._thresholds[part])
            # A planted position that no drawn record has weighs nothing, whatever its precision.
            precision = true / np.maximum(all_, 1)
            total += np.sum(weights[:, self._rows[part]] * precision, axis=1)
        counted = weights @ self._planted.sum(axis=1)
        return np.divide(total, counted, out=np.full(len(weights), np.nan), where=counted > 0)

    def _reached(self, which: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        """float64 (n, thresholds): positions of each record that score as high or higher."""
        counts = np.empty((len(which), len(thresholds)))
        for row, (positions, scores) in enumerate(zip(which, self._scores, strict=True)):
            sorted_scores = np.sort(scores[positions])
            counts[row] = len(sorted_scores) - np.searchsorted(sorted_scores, thresholds)
        return counts


def top_k_recall(planted: np.ndarray, scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the share of a record's k planted positions that are among its k highest.

    Parameters
    ----------
    planted, mask
        bool (n, length).
    scores
        float (n, length); of equal scores the leftmost count as higher.

    Returns
    -------
    numpy.ndarray
        float64 (n,), nan where nothing is planted.
    """
    order = np.argsort(np.where(mask, -scores, np.inf), axis=1, kind="stable")
    k = planted.sum(axis=1)
    top = np.arange(planted.shape[1]) < k[:, None]
    found = np.sum(np.take_along_axis(planted, order, axis=1) & top, axis=1)
    return np.divide(found, k, out=np.full(len(k), np.nan), where=k > 0)


def against_planted(
    planted: np.ndarray,
    rankings: Mapping[str, np.ndarray],
    oracle: np.ndarray,
    mask: np.ndarray,
    resampling: Resampling,
) -> dict[str, dict[str, dict[str, float]]]:
    """Score rankings of positions by what was planted, beside the best that is possible.

    Parameters
    ----------
    planted, mask
        bool (n, length).
    rankings
        By name, float (n, length).
    oracle
        float (n, length), see `oracle_attribution.planted_posterior`.
    resampling
        How intervals are made.

    Returns
    -------
    dict
        `auprc` and `top_k_recall` by the name of the ranking, and `oracle`; `of_oracle`, the share
        of the oracle's AUPRC that a ranking reaches, with the interval of the pair. Each is
        `{"value", "low", "high"}`.

    Raises
    ------
    UserError
        If the oracle can't tell of a position that counts: no class makes such a sequence.
    """
    finite.check(
        oracle[mask],
        "the oracle's probabilities of planted positions",
        "score the sequences with the settings of the simulation that made them",
    )
    found = {"auprc": {}, "top_k_recall": {}, "of_oracle": {}}
    ceiling = None
    for name, scores in {"oracle": oracle, **rankings}.items():
        precision = resampling.draw(Ranking(planted, scores, mask).average_precision)
        found["auprc"][name] = resampling.estimate(precision, area_interval)
        recall = top_k_recall(planted & mask, scores, mask)
        found["top_k_recall"][name] = resampling.mean(recall, rate_interval)
        if ceiling is None:
            ceiling = precision
        else:
            found["of_oracle"][name] = resampling.estimate(precision / ceiling)
    return found


# ------------------------------------------------------------------------------ against each other


def rank_correlations(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of two scores along each record.

    Parameters
    ----------
    a, b
        float (n, length).
    mask
        bool (n, length): positions that count.

    Returns
    -------
    numpy.ndarray
        float64 (n,), nan where a score is the same everywhere.
    """
    from scipy.stats import rankdata

    found = np.full(len(a), np.nan)
    for i, here in enumerate(mask):
        ranks = np.stack([rankdata(scores[i, here]) for scores in (a, b)]) if here.any() else None
        if ranks is not None and (np.ptp(ranks, axis=1) > 0).all():
            found[i] = np.corrcoef(ranks)[0, 1]
    return found


def agreement(
    a: np.ndarray, b: np.ndarray, mask: np.ndarray, resampling: Resampling
) -> dict[str, float]:
    """Return the mean of `rank_correlations` with its interval."""
    return resampling.mean(rank_correlations(a, b, mask), correlation_interval)


# ------------------------------------------------------------------------------ against the network


def faithfulness(
    scores: np.ndarray,
    perturbed: Mapping[str, np.ndarray],
    resampling: Resampling,
    *,
    insert: bool,
) -> dict[str, dict[str, object]]:
    """Measure how much more top positions matter to the network than random ones.

    Parameters
    ----------
    scores
        float (n,): the network's score of each record as it is.
    perturbed
        By the name of the ranking, float (n, shares): the score after its top positions were
        deleted, or they alone inserted; among them "random".
    resampling
        How intervals are made.
    insert
        Whether they were inserted.

    Returns
    -------
    dict
        By the name of the ranking `curve`, the mean score for each share, and for all but "random"
        `value`, `low` and `high`: by how much deleting its top positions lowers the score further
        than deleting random ones does, or inserting them raises it, the mean over the shares.
    """
    sign = 1 if insert else -1
    found: dict[str, dict[str, object]] = {}
    for name, after in perturbed.items():
        found[name] = {"curve": after.mean(axis=0), "intact": float(scores.mean())}
        if name != "random":
            gain = sign * (after - perturbed["random"]).mean(axis=1)
            found[name] |= resampling.mean(gain)
    return found


def completeness(
    kinds: list[str], differences: np.ndarray, totals: np.ndarray, resampling: Resampling
) -> dict[str, dict[str, float]]:
    """Measure by how much integrated gradients miss the difference that they should add up to.

    Parameters
    ----------
    kinds
        Of baselines.
    differences, totals
        float (n, kinds), see `attribution.integrated_gradients`.
    resampling
        How intervals are made.

    Returns
    -------
    dict
        By kind, and for the mean of all as `all`: the median over the records of the error, as a
        share of the difference.
    """
    columns = {kind: (differences[:, i], totals[:, i]) for i, kind in enumerate(kinds)}
    if kinds:
        columns["all"] = (differences.mean(axis=1), totals.mean(axis=1))
    found = {}
    for kind, (difference, total) in columns.items():
        errors = np.full(len(total), np.nan)  # of a baseline that scores the same
        np.divide(np.abs(total - difference), np.abs(difference), errors, where=difference != 0)
        found[kind] = resampling.estimate(resampling.draw(_weighted_median(errors)))
    return found


def _weighted_median(values: np.ndarray):
    """Return the median of values (n,) as a function of weights (b, n); NaNs are left out."""
    defined = np.flatnonzero(~np.isnan(values))
    order = defined[np.argsort(values[defined])]

    def statistic(weights):
        if not len(order):
            return np.full(len(weights), np.nan)
        passed = np.cumsum(weights[:, order], axis=1)
        return values[order][np.argmax(passed >= passed[:, -1:] / 2, axis=1)]

    return statistic
