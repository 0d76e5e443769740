"""How good an explanation is: by the network itself, by other methods, other seeds, no training.

Every number is measured with bootstrap weights (`resampling`), and so has an interval. How well
explanations find what was planted is in `planted_scores`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from attendna.contracts.attributions import Attributions, Perturbations
from attendna.dna import base_fractions
from attendna.explanation.resampling import Resampling, correlation_interval


def scores(
    found: Attributions,
    untrained: Attributions,
    others: Mapping[str, Attributions],
    perturbations: Perturbations,
    x: np.ndarray,
    y: np.ndarray,
    classes: list[str],
    resampling: Resampling,
) -> dict[str, Any]:
    """Score a run's explanations of test records.

    Parameters
    ----------
    found, untrained
        Of the network, and of an untrained one.
    others
        By seed, those of the same model trained with another.
    perturbations
        What deletion and insertion did.
    x
        uint8 (n, length, 4): the explained records.
    y
        int (n,): their classes.
    classes
        The names of the classes.
    resampling
        How intervals are made.

    Returns
    -------
    dict
        `records`, `classes`, `target` (records by explained class), `score` (the mean score of a
        record's own class), `completeness`, `faithfulness` and `agreement`.
    """
    mask = x.any(axis=2)
    rankings, control = ranked(found, x), ranked(untrained, x)
    kinds = [str(kind) for kind in found.baselines]
    return {
        "records": len(found.ids),
        "classes": classes,
        "target": np.bincount(found.target, minlength=len(classes)),
        "score": resampling.mean(np.where(found.target == y, found.scores, np.nan)),
        "completeness": completeness(kinds, found.differences, found.totals, resampling),
        "faithfulness": faithful(found, perturbations, resampling),
        "agreement": {
            "methods": [
                {"a": a, "b": b} | agreement(rankings[a], rankings[b], mask, resampling)
                for a, b in combinations(rankings, 2)
            ],
            "seeds": [
                {"method": name, "seed": int(seed)}
                | agreement(rankings[name], own, mask, resampling)
                for seed, other in others.items()
                for name, own in common(found, other, x).items()
            ],
            "untrained": {
                name: agreement(rankings[name], control[name], mask, resampling)
                for name in rankings
            },
        },
    }


def ranked(found: Attributions, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what ranks positions, float (n, length) each: the contributions, and attention."""
    fractions = base_fractions(x)
    by_method = {name: contributions(of, fractions) for name, of in found.methods.items()}
    return by_method | {"attention": found.attention_scores}


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


# ------------------------------------------------------------------------------ against each other


def common(found: Attributions, other: Attributions, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the rankings of another run, which explains the same records, by the same methods."""
    if not np.array_equal(found.ids, other.ids):
        raise ValueError("runs of one fold explain different records")
    rankings = ranked(other, x)
    return {name: rankings[name] for name in ranked(found, x) if name in rankings}


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


def faithful(
    found: Attributions, perturbations: Perturbations, resampling: Resampling
) -> dict[str, Any]:
    """Measure what deletion and insertion did, see `faithfulness`."""
    by_name = {
        "deletion": dict(zip(perturbations.rankings, perturbations.deletion, strict=True)),
        "insertion": dict(zip(perturbations.rankings, perturbations.insertion, strict=True)),
    }
    return {"shares": perturbations.shares} | {
        name: faithfulness(found.scores, perturbed, resampling, insert=name == "insertion")
        for name, perturbed in by_name.items()
    }


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
