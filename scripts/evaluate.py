"""Measure one run's predictions: metrics with intervals, confusion matrices, a report as text."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_classes, read_labels
from attendna.contracts.measurements import write_run_metrics
from attendna.contracts.predictions import Predictions, read_calibration, read_predictions
from attendna.contracts.splits import SPLITS, groups_of, read_related
from attendna.evaluation.classification_report import classification_report
from attendna.evaluation.run_metrics import Bootstrap, measure_run
from attendna.intact_files import whole
from attendna.positive_class import doubt

MEASURED = SPLITS[1:]


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictions", required=True, help="predictions.tsv.gz")
    parser.add_argument("--encoded", required=True, help="encoded.npz, for the classes")
    parser.add_argument(
        "--related", required=True, help="related.tsv, the records with a relative in training"
    )
    parser.add_argument(
        "--groups", required=True, help="groups.tsv, the records that are drawn together"
    )
    parser.add_argument(
        "--calibration", help="calibration.json of a network, to measure what it changed"
    )
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: bootstrap (replicates), confidence, seed, inferred (whether the config names "
        "no positive class)",
    )
    parser.add_argument("--dataset", required=True, help="name of the data set")
    parser.add_argument("--fold", required=True, type=int, help="number of the fold")
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument("--seed", required=True, type=int, help="seed of the run")
    parser.add_argument("--metrics", required=True, help="the metrics.json to write")
    parser.add_argument("--report", required=True, help="the classification report to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Measure and save."""
    args = parse(argv)
    y, classes = read_labels(args.encoded)
    _, positive = read_classes(args.encoded)
    parts = parts_of(args.predictions, classes)
    groups = {split: groups_of(args.groups, part.ids) for split, part in parts.items()}
    table = read_related(args.related)
    related = {split: table.loc[table["split"] == split, "id"].to_numpy(str) for split in MEASURED}
    calibration = read_calibration(args.calibration, len(classes)) if args.calibration else None
    bootstrap = Bootstrap(*(args.settings[key] for key in ("bootstrap", "confidence", "seed")))
    both = args.settings["inferred"] and bool(positive) and doubtful(y, classes, positive)
    measured = measure_run(parts, groups, related, positive, calibration, bootstrap, both)
    names = {name: getattr(args, name) for name in ("dataset", "fold", "model", "seed")}
    report = classification_report(names, measured)
    write_run_metrics(args.metrics, names | measured)
    with whole(args.report, "w") as handle:
        handle.write(report)


def parts_of(path: str, classes: list[str]) -> dict[str, Predictions]:
    """Read the predictions of each part, and keep no others beside them."""
    predictions = read_predictions(path, classes)
    return {split: predictions.of(split) for split in MEASURED}


def doubtful(y: np.ndarray, classes: list[str], positive: str) -> bool:
    """Whether the other of two classes may be the one of interest."""
    counts = np.bincount(y, minlength=len(classes)).tolist()
    return doubt(positive, dict(zip(classes, counts, strict=True))) is not None


if __name__ == "__main__":
    run(main)
