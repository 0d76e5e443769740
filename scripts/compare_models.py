"""Compare every pair of models on the same test records: bootstrap intervals and swap tests.

Where a split leaks, on all test records and on those without a relative in training.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from attendna import command_line
from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_classes
from attendna.contracts.measurements import COMPARISON_COLUMNS, POOLED, write_comparison
from attendna.contracts.predictions import Predictions, read_predictions
from attendna.contracts.splits import groups_of, read_related
from attendna.errors import UserError
from attendna.evaluation import comparison
from attendna.evaluation.comparison import Draws, Measured
from attendna.evaluation.subsets import subsets


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
    parser.add_argument(
        "--related",
        required=True,
        nargs=2,
        action="append",
        metavar=("FOLD", "RELATED"),
        help="related.tsv of one fold; may be repeated",
    )
    parser.add_argument("--comparison", required=True, help="the comparison.tsv to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Compare and save."""
    import pandas as pd

    args = parse(argv)
    classes, positive = read_classes(args.encoded)
    related = dict(args.related)
    folds: dict[str, dict[str, Measured]] = {"all": {}, "unrelated": {}}
    for fold in dict.fromkeys(fold for fold, _, _, _ in args.run):
        tests = _read([run[1::2] for run in args.run if run[0] == fold], classes)
        test = next(iter(tests.values()))[0]
        groups = groups_of(args.groups, test.ids)
        chosen = subsets({"test": test}, {"test": _related(related[fold])})
        for (_, subset), records in chosen.items():
            # Each fold draws for itself: its test records are not those of the others.
            seed = [args.settings["seed"], int(fold)]
            draws = Draws(args.settings["bootstrap"], seed, groups[records])
            own = {model: [of.only(records) for of in seeds] for model, seeds in tests.items()}
            folds[subset][fold] = comparison.measure_fold(own, positive, draws)
    if folds["unrelated"]:  # of folds without leaks these are all records, see `on_unrelated`
        folds["unrelated"] = folds["all"] | folds["unrelated"]
    for measured in folds.values():
        if len(measured) > 1:
            measured[POOLED] = comparison.pooled(list(measured.values()))
    rows = [
        {"dataset": args.dataset, "fold": fold, "split": "test", "subset": subset} | row
        for subset, of_folds in folds.items()
        for fold, measured in of_folds.items()
        for row in comparison.compare(measured, args.settings["confidence"])
    ]
    write_comparison(args.comparison, pd.DataFrame(rows, columns=COMPARISON_COLUMNS))


def _related(path: str) -> np.ndarray:
    """Return the ids of the test records that have a relative in training, str."""
    table = read_related(path)
    return table.loc[table["split"] == "test", "id"].to_numpy(str)


def _read(runs: list[list[str]], classes: list[str]) -> dict[str, list[Predictions]]:
    """Return the test predictions of each model, one a seed, of `(model, path)`."""
    first: tuple[str, Predictions] | None = None
    tests: dict[str, list[Predictions]] = {}
    for model, path in runs:
        test = read_predictions(path, classes).of("test")
        first = first or (path, test)
        _check_same_records(first, (path, test))
        same = {name: getattr(first[1], name) for name in ("ids", "splits", "labels")}
        tests.setdefault(model, []).append(replace(test, **same))  # all runs share them
    return tests


def _check_same_records(a: tuple[str, Predictions], b: tuple[str, Predictions]) -> None:
    if not np.array_equal(a[1].ids, b[1].ids) or not np.array_equal(a[1].labels, b[1].labels):
        raise UserError(
            f"{b[0]}: its test records are not those of {a[0]}, so the two can't be compared; "
            "delete both and run again to remake them."
        )


if __name__ == "__main__":
    run(main)
