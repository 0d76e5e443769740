"""Models compared in pairs on the same test records: how far apart they are, and whether by chance.

Differences have bootstrap intervals, and p-values from swaps of the two models' predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from attendna.contracts.predictions import Predictions
from attendna.evaluation.bootstrap import bootstrap
from attendna.evaluation.confidence_intervals import normal_interval
from attendna.evaluation.measures import Key, Values
from attendna.evaluation.metrics import measure
from attendna.evaluation.permutation import swap_p_value, swaps
from attendna.inference import holm

METRICS = ["auroc", "auprc", "mcc", "balanced_accuracy", "brier", "log_loss", "accuracy"]
TIES = "brier"  # decides between draws that are equal in a metric, see `swap_p_value`
Pair = tuple[str, str]
Replicates = dict[str, np.ndarray]  # by metric, the observed value and its replicates


class Draws(NamedTuple):
    """How replicates are drawn; the same for all models of a fold, which makes them pairs."""

    replicates: int
    seed: list[int]
    groups: np.ndarray


class Measured(NamedTuple):
    """The models of one fold: each with its bootstrap, each pair with its swaps."""

    models: dict[str, Replicates]
    differences: dict[Pair, Replicates]


def measure_fold(
    tests: Mapping[str, Sequence[Predictions]], positive: str, draws: Draws
) -> Measured:
    """Measure all models of a fold and all pairs of them.

    Parameters
    ----------
    tests
        By model its predictions of the test records, one for each seed.
    positive
        The positive class of two, else "".
    draws
        How replicates are drawn.
    """
    return Measured(
        {model: _bootstrapped(seeds, positive, draws) for model, seeds in tests.items()},
        {(a, b): _swapped(tests[a], tests[b], positive, draws) for a, b in combinations(tests, 2)},
    )


def pooled(folds: Sequence[Measured]) -> Measured:
    """Return the mean over folds, replicate by replicate."""
    return Measured(
        *(
            {name: _mean([fold[name] for fold in of_folds]) for name in of_folds[0]}
            for of_folds in zip(*folds, strict=True)
        )
    )


def compare(measured: Measured, confidence: float) -> list[dict[str, Any]]:
    """Return a row for each pair of models and each metric; p-values are adjusted by metric."""
    p_values = {
        (pair, metric): swap_p_value(values[metric], values[TIES])
        for pair, values in measured.differences.items()
        for metric in METRICS
    }
    adjusted = {}
    for metric in METRICS:
        corrected = holm([p_values[pair, metric] for pair in measured.differences])
        adjusted |= {
            (pair, metric): p for pair, p in zip(measured.differences, corrected, strict=True)
        }
    rows = []
    for (a, b), metric in p_values:
        difference = measured.models[a][metric] - measured.models[b][metric]
        low, high = normal_interval(difference, confidence)
        rows.append(
            {
                "metric": metric,
                "model_a": a,
                "model_b": b,
                "difference": difference[0],
                "low": low,
                "high": high,
                "p_value": p_values[(a, b), metric],
                "p_adjusted": adjusted[(a, b), metric],
            }
        )
    return rows


def _bootstrapped(seeds: Sequence[Predictions], positive: str, draws: Draws) -> Replicates:
    """Measure a model and its bootstrap replicates, in the mean over its seeds."""
    found = []
    for test in seeds:
        of_seed = measure(test.y, test.probabilities, test.classes, positive, {"0.5": 0.5})
        found.append(_overall(bootstrap(of_seed, len(test.ids), *draws)))
    return _mean(found)


def _swapped(
    first: Sequence[Predictions], second: Sequence[Predictions], positive: str, draws: Draws
) -> Replicates:
    """Measure the difference of two models as it is and after swaps, in the mean over their seeds.

    All seeds of a record swap together. Seeds are paired in order; a model with fewer of them, like
    a baseline with one, meets the others again.
    """
    found = []
    for i in range(max(len(first), len(second))):
        a, b = first[i % len(first)], second[i % len(second)]
        differences = swapped(a.y, a.probabilities, b.probabilities, a.classes, positive)
        parts = [_overall(differences(drawn)) for drawn in swaps(len(a.ids), *draws)]
        found.append({name: np.concatenate([part[name] for part in parts]) for name in METRICS})
    return _mean(found)


def _overall(values: Mapping[Key, np.ndarray]) -> Replicates:
    """Choose the metrics that are compared, of all classes together."""
    return {
        key.metric: found
        for key, found in values.items()
        if key.metric in METRICS and not key.label
    }


def _mean(parts: Sequence[Replicates]) -> Replicates:
    """Average value by value and replicate by replicate, over seeds or folds."""
    return {name: np.mean([part[name] for part in parts], axis=0) for name in METRICS}


def swapped(
    y: np.ndarray, first: np.ndarray, second: np.ndarray, classes: list[str], positive: str
) -> Callable[[np.ndarray], Values]:
    """Return the function from swaps to the difference of two models in every metric.

    Where a record is swapped, each model gets the other's prediction. Areas under curves only
    depend on how a model ranks the records, and two models may rank alike on different scales; so
    it is ranks that are swapped there (Venkatraman & Begg 1996, Biometrika 83:835; Bandos, Rockette
    & Gur 2005, Stat. Med. 24:2873).

    Parameters
    ----------
    y, classes, positive
        See `measure`; the threshold is 0.5.
    first, second
        (n, classes), the probabilities of two models for the same records.

    Returns
    -------
    callable
        Takes swaps (b, n), see `permutation.swaps`, and returns (b,) arrays by `Key`.
    """
    from scipy.stats import rankdata

    ranks = np.concatenate([rankdata(first, axis=0), rankdata(second, axis=0)])
    both = measure(
        np.tile(y, 2), np.concatenate([first, second]), classes, positive, {"0.5": 0.5}, ranks
    )

    def differences(swaps: np.ndarray) -> Values:
        kept = 1 - swaps
        ours = both(np.concatenate([kept, swaps], axis=1))
        theirs = both(np.concatenate([swaps, kept], axis=1))
        return {key: ours[key] - theirs[key] for key in ours}

    return differences
