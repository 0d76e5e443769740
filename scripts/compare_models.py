"""Compare every pair of models on the same test records: bootstrap intervals and swap tests."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from attendna import command_line
from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_classes
from attendna.contracts.measurements import COMPARISON_COLUMNS, POOLED, write_comparison
from attendna.contracts.predictions import Predictions, read_predictions
from attendna.contracts.splits import groups_of
from attendna.errors import UserError
from attendna.evaluation import metrics
from attendna.evaluation.uncertainty import bootstrap, holm, normal_interval, swap_p_value, swaps

Pair = tuple[str, str]
Values = dict[str, np.ndarray]  # by metric, the observed value and its replicates
METRICS = ["auroc", "auprc", "mcc", "balanced_accuracy", "brier", "log_loss", "accuracy"]
TIES = "brier"  # decides between draws that are equal in a metric, see `swap_p_value`


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoded", required=True, help="encoded.npz, for the classes")
    parser.add_argument(
        "--groups", required=True, help="groups.tsv, the records that are drawn together"
    )
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: bootstrap (replicates), confidence, seed",
    )
    parser.add_argument("--dataset", required=True, help="name of the data set")
    command_line.add_runs(parser)
    parser.add_argument("--comparison", required=True, help="the comparison.tsv to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Compare and save."""
    import pandas as pd

    args = parse(argv)
    classes, positive = read_classes(args.encoded)
    measured: dict[str, dict[str, Values]] = {}
    tested: dict[str, dict[Pair, Values]] = {}
    for fold in dict.fromkeys(fold for fold, _, _, _ in args.run):
        tests = _read([run[1::2] for run in args.run if run[0] == fold], classes)
        # Each fold draws for itself: its test records are not those of the others.
        draws = Draws(
            args.settings["bootstrap"],
            [args.settings["seed"], int(fold)],
            groups_of(args.groups, next(iter(tests.values()))[0].ids),
        )
        measured[fold] = {m: _bootstrap(seeds, positive, draws) for m, seeds in tests.items()}
        tested[fold] = {
            (a, b): _swap(tests[a], tests[b], positive, draws) for a, b in combinations(tests, 2)
        }
    if len(measured) > 1:
        measured[POOLED], tested[POOLED] = (
            {name: _mean([fold[name] for fold in folds.values()]) for name in folds["1"]}
            for folds in (measured, tested)
        )
    rows = []
    for fold, models in measured.items():
        names = {"dataset": args.dataset, "fold": fold, "split": "test"}
        found = _compare(models, tested[fold], args.settings["confidence"])
        rows += [names | row for row in found]
    write_comparison(args.comparison, pd.DataFrame(rows, columns=COMPARISON_COLUMNS))


class Draws(NamedTuple):
    """How replicates are drawn; the same for all models of a fold, which makes them pairs."""

    replicates: int
    seed: list[int]
    groups: np.ndarray


def _read(runs: list[list[str]], classes: list[str]) -> dict[str, list[Predictions]]:
    """Return the test predictions of each model, one a seed, of `(model, path)`."""
    first: tuple[str, Predictions] | None = None
    tests: dict[str, list[Predictions]] = {}
    for model, path in runs:
        test = read_predictions(path, classes).of("test")
        first = first or (path, test)
        _check_same_records(first, (path, test))
        tests.setdefault(model, []).append(test)
    return tests


def _bootstrap(seeds: list[Predictions], positive: str, draws: Draws) -> Values:
    """Measure a model and its bootstrap replicates, in the mean over its seeds."""
    found = []
    for test in seeds:
        measure = metrics.measure(test.y, test.probabilities, test.classes, positive, {"0.5": 0.5})
        found.append(_chosen(bootstrap(measure, len(test.ids), *draws)))
    return _mean(found)


def _swap(
    first: list[Predictions], second: list[Predictions], positive: str, draws: Draws
) -> Values:
    """Measure the difference of two models as it is and after swaps, in the mean over their seeds.

    All seeds of a record swap together. Seeds are paired in order; a model with fewer of them, like
    a baseline with one, meets the others again.
    """
    found = []
    for i in range(max(len(first), len(second))):
        a, b = first[i % len(first)], second[i % len(second)]
        measure = metrics.swapped(a.y, a.probabilities, b.probabilities, a.classes, positive)
        parts = [_chosen(measure(drawn)) for drawn in swaps(len(a.ids), *draws)]
        found.append({name: np.concatenate([part[name] for part in parts]) for name in METRICS})
    return _mean(found)


def _chosen(values: Mapping[metrics.Key, np.ndarray]) -> Values:
    return {k.metric: v for k, v in values.items() if k.metric in METRICS and not k.label}


def _mean(parts: list[Values]) -> Values:
    """Average value by value and replicate by replicate, over seeds or folds."""
    return {name: np.mean([part[name] for part in parts], axis=0) for name in METRICS}


def _check_same_records(a: tuple[str, Predictions], b: tuple[str, Predictions]) -> None:
    if not np.array_equal(a[1].ids, b[1].ids) or not np.array_equal(a[1].labels, b[1].labels):
        raise UserError(
            f"{b[0]}: its test records are not those of {a[0]}, so the two can't be compared; "
            "delete both and run again to remake them."
        )


def _compare(
    measured: Mapping[str, Values], tested: Mapping[Pair, Values], confidence: float
) -> list[dict[str, Any]]:
    """Return a row for each pair of models and each metric; p-values are adjusted by metric."""
    p_values = {
        (pair, metric): swap_p_value(values[metric], values[TIES])
        for pair, values in tested.items()
        for metric in METRICS
    }
    adjusted = {}
    for metric in METRICS:
        corrected = holm([p_values[pair, metric] for pair in tested])
        adjusted |= {(pair, metric): p for pair, p in zip(tested, corrected, strict=True)}
    rows = []
    for (a, b), metric in p_values:
        difference = measured[a][metric] - measured[b][metric]
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


if __name__ == "__main__":
    run(main)
