"""How well explanations find what was planted, beside the best that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna import finite
from attendna.contracts.attributions import Attributions
from attendna.contracts.encoded import Encoded
from attendna.dna import decode
from attendna.evaluation.confidence_intervals import area_interval, rate_interval
from attendna.explanation.resampling import Resampling
from attendna.simulation.oracle_attribution import planted_posterior
from attendna.simulation.specification import Simulation

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 2**22  # numbers that are held at once


def truth(
    found: Attributions,
    encoded: Encoded,
    sites: pd.DataFrame,
    simulation: Simulation,
    rankings: tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]],
    resampling: Resampling,
) -> dict[str, Any]:
    """Score the rankings of the network and of the untrained one by what was planted.

    In the records whose own class is explained.

    Parameters
    ----------
    found
        The attributions of test records.
    encoded
        The data set.
    sites
        What was planted, as the columns of planted.bed.
    simulation
        How.
    rankings
        By name, float (n, length), of the network and of an untrained one.
    resampling
        How intervals are made.

    Returns
    -------
    dict
        `planted` (`records` and `share` of the positions) and, where anything was planted, what
        `against_planted` returns.
    """
    x = np.asarray(encoded.x[found.records])
    row = {str(name): i for i, name in enumerate(found.ids)}
    sites = sites[sites["chrom"].isin(row)]
    planted = planted_positions(sites["start"], sites["end"], sites["chrom"].map(row), x.shape[:2])
    y = encoded.y[found.records]
    mask = x.any(axis=2) & (found.target == y)[:, None]  # what speaks for another class is another
    planted &= mask
    share = {"records": int(planted.any(axis=1).sum()), "share": float(planted[mask].mean())}
    if not planted.any():
        return {"planted": share}
    oracle = planted_posterior(decode(x), np.array(encoded.classes)[y], simulation)
    trained, untrained = rankings
    every = {**trained, **{f"untrained_{name}": of for name, of in untrained.items()}}
    scored = against_planted(planted, every, oracle, mask, resampling)
    return {"planted": share, **scored}


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


class PlantedRanking:
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
        precision = resampling.draw(PlantedRanking(planted, scores, mask).average_precision)
        found["auprc"][name] = resampling.estimate(precision, area_interval)
        recall = top_k_recall(planted & mask, scores, mask)
        found["top_k_recall"][name] = resampling.mean(recall, rate_interval)
        if ceiling is None:
            ceiling = precision
        else:
            found["of_oracle"][name] = resampling.estimate(precision / ceiling)
    return found
