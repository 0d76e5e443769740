"""Compare every pair of models on the same test records, with paired bootstrap differences."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from attendna import metrics
from attendna.contracts import (
    COMPARISON_COLUMNS,
    POOLED,
    Predictions,
    groups_of,
    load_arrays,
    read_predictions,
    write_comparison,
)
from attendna.errors import UserError, run
from attendna.uncertainty import bootstrap, holm, paired_difference

METRICS = ["auroc", "auprc", "mcc", "balanced_accuracy", "brier", "log_loss", "accuracy"]


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
        type=json.loads,
        help="JSON: bootstrap (replicates), confidence, seed",
    )
    parser.add_argument("--dataset", required=True, help="name of the data set")
    parser.add_argument(
        "--run",
        required=True,
        nargs=4,
        action="append",
        metavar=("FOLD", "MODEL", "SEED", "PREDICTIONS"),
        help="one run and its predictions.tsv.gz; repeat for each run",
    )
    parser.add_argument("--comparison", required=True, help="the comparison.tsv to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Compare and save."""
    import pandas as pd

    args = parse(argv)
    small = load_arrays(args.encoded, ["classes", "positive"])
    classes, positive = [str(name) for name in small["classes"]], str(small["positive"])
    folds: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    for fold in dict.fromkeys(fold for fold, _, _, _ in args.run):
        runs = [(model, path) for number, model, _, path in args.run if number == fold]
        # Each fold draws for itself: its test records are not those of the others.
        settings = args.settings | {"seed": [args.settings["seed"], int(fold)]}
        folds[fold] = _measure_models(runs, classes, positive, args.groups, settings)
    if len(folds) > 1:
        folds[POOLED] = _mean_over_folds(list(folds.values()))
    rows = []
    for fold, measured in folds.items():
        names = {"dataset": args.dataset, "fold": fold, "split": "test"}
        rows += [names | row for row in _compare(measured, args.settings["confidence"])]
    write_comparison(args.comparison, pd.DataFrame(rows, columns=COMPARISON_COLUMNS))


def _measure_models(
    runs: list[tuple[str, str]],
    classes: list[str],
    positive: str,
    groups: str,
    settings: Mapping[str, Any],
) -> dict[str, dict[str, np.ndarray]]:
    """Return by model and metric the observed value and its replicates, means over the seeds.

    Every run is measured with the same weights, so that replicates of two models are pairs.
    """
    first: tuple[str, Predictions] | None = None
    by_model: dict[str, list[dict[str, np.ndarray]]] = {}
    for model, path in runs:
        test = read_predictions(path, classes).of("test")
        first = first or (path, test)
        _check_same_records(first, (path, test))
        measure = metrics.measure(test.y, test.probabilities, classes, positive, {"0.5": 0.5})
        drawing = settings["bootstrap"], settings["seed"], groups_of(groups, test.ids)
        values = bootstrap(measure, len(test.ids), *drawing)
        chosen = {k.metric: v for k, v in values.items() if k.metric in METRICS and not k.label}
        by_model.setdefault(model, []).append(chosen)
    return {
        model: {name: np.mean([seed[name] for seed in seeds], axis=0) for name in METRICS}
        for model, seeds in by_model.items()
    }


def _mean_over_folds(
    folds: list[dict[str, dict[str, np.ndarray]]],
) -> dict[str, dict[str, np.ndarray]]:
    """Average value by value and replicate by replicate: the folds' draws are independent."""
    return {
        model: {name: np.mean([fold[model][name] for fold in folds], axis=0) for name in METRICS}
        for model in folds[0]
    }


def _check_same_records(a: tuple[str, Predictions], b: tuple[str, Predictions]) -> None:
    if not np.array_equal(a[1].ids, b[1].ids) or not np.array_equal(a[1].labels, b[1].labels):
        raise UserError(
            f"{b[0]}: its test records are not those of {a[0]}, so the two can't be compared; "
            "delete both and run again to remake them."
        )


def _compare(
    measured: Mapping[str, Mapping[str, np.ndarray]], confidence: float
) -> list[dict[str, Any]]:
    """Return a row for each pair of models and each metric; p-values are adjusted by metric."""
    pairs = list(combinations(measured, 2))
    adjusted = {}
    found = {
        (pair, metric): paired_difference(
            measured[pair[0]][metric] - measured[pair[1]][metric], confidence
        )
        for pair in pairs
        for metric in METRICS
    }
    for metric in METRICS:
        p_values = holm([found[pair, metric].p_value for pair in pairs])
        adjusted |= {(pair, metric): p for pair, p in zip(pairs, p_values, strict=True)}
    return [
        {
            "metric": metric,
            "model_a": pair[0],
            "model_b": pair[1],
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
            "p_value": difference.p_value,
            "p_adjusted": adjusted[pair, metric],
        }
        for (pair, metric), difference in found.items()
    ]


if __name__ == "__main__":
    run(main)
