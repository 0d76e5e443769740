"""Measure one run's predictions: metrics with intervals, confusion matrices, a report as text."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_classes
from attendna.contracts.measurements import write_run_metrics
from attendna.contracts.predictions import (
    Calibration,
    Predictions,
    read_calibration,
    read_predictions,
)
from attendna.contracts.splits import groups_of, read_related
from attendna.evaluation import metrics, reliability
from attendna.files import whole


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
        help="JSON: bootstrap (replicates), confidence, seed",
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
    classes, positive = read_classes(args.encoded)
    predictions = read_predictions(args.predictions, classes)
    parts = {split: predictions.of(split) for split in ("validation", "test")}
    thresholds = _thresholds(parts["validation"], positive)
    decisions = _decisions(parts["test"], positive, thresholds)
    y = parts["test"].y
    confusion = {
        name: metrics.confusion(y, decision, len(classes)) for name, decision in decisions.items()
    }
    subsets = _subsets(parts, args.related)
    calibration = read_calibration(args.calibration, len(classes)) if args.calibration else None
    rows = []
    for (split, subset), part in subsets.items():
        groups = groups_of(args.groups, part.ids)
        measured = _measure(part, groups, positive, thresholds, calibration, args.settings)
        rows += [{"split": split, "subset": subset} | row for row in measured]
    run_names = {name: getattr(args, name) for name in ("dataset", "fold", "model", "seed")}
    content = {
        **run_names,
        "positive": positive,
        "classes": classes,
        "threshold": thresholds.get("validation"),
        "n": {split: len(part.ids) for split, part in parts.items()},
        "groups": {
            split: len(np.unique(groups_of(args.groups, part.ids))) for split, part in parts.items()
        },
        "temperature": None if calibration is None else calibration.temperature,
        "unrelated": {
            split: len(part.ids)
            for (split, subset), part in subsets.items()
            if subset == "unrelated"
        },
        "confusion": confusion,
        "reliability": _reliability(parts["test"], args.groups, positive, args.settings),
        "rows": rows,
    }
    report = _report(run_names, thresholds, confusion, classes)
    write_run_metrics(args.metrics, content)
    with whole(args.report, "w") as handle:
        handle.write(report)


def _thresholds(validation: Predictions, positive: str) -> dict[str, float]:
    """Return the decision thresholds of two classes by name; none for more classes."""
    if len(validation.classes) > 2:
        return {}
    index = validation.classes.index(positive)
    chosen = metrics.choose_threshold(validation.y == index, validation.probabilities[:, index])
    return {"0.5": 0.5} | ({} if chosen is None else {"validation": chosen})


def _decisions(
    test: Predictions, positive: str, thresholds: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Return the class index that each record is called, by the name of the decision rule."""
    if len(test.classes) > 2:
        return {"argmax": test.probabilities.argmax(axis=1)}
    index = test.classes.index(positive)
    p = test.probabilities[:, index]
    return {name: np.where(p >= t, index, 1 - index) for name, t in thresholds.items()}


def _subsets(parts: Mapping[str, Predictions], related: str) -> dict[tuple[str, str], Predictions]:
    """Return what to measure, by split and subset.

    `all` records, and `unrelated`, those without a relative in training, where some have one.
    """
    table = read_related(related)
    subsets = {}
    for split, part in parts.items():
        subsets[split, "all"] = part
        unrelated = ~np.isin(part.ids, table.loc[table["split"] == split, "id"].to_numpy(str))
        if unrelated.any() and not unrelated.all():
            subsets[split, "unrelated"] = part.only(unrelated)
    return subsets


def _measure(
    part: Predictions,
    groups: np.ndarray,
    positive: str,
    thresholds: Mapping[str, float],
    calibration: Calibration | None,
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return one row of metrics.tsv for each metric of some records, without what is the run's."""
    p, classes = part.probabilities, part.classes
    measures = {"": metrics.measure(part.y, p, classes, positive, thresholds)}
    if calibration is not None:
        before = metrics.before_calibration(p, *calibration)
        measures[metrics.UNCALIBRATED] = metrics.probability_scores(
            part.y, before, classes, positive
        )
    drawing = [settings[name] for name in ("bootstrap", "confidence", "seed")]
    rows = []
    for ending, measure in measures.items():
        for key, found in metrics.estimate(measure, part.y, groups, *drawing).items():
            name = {"threshold": key.threshold, "metric": key.metric + ending, "class": key.label}
            rows.append(name | found._asdict())
    return rows


def _reliability(
    test: Predictions, groups: str, positive: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    drawing = [settings[name] for name in ("confidence", "bootstrap", "seed")]
    return reliability.measure(test, groups_of(groups, test.ids), positive, *drawing)


def _report(
    names: Mapping[str, Any],
    thresholds: Mapping[str, float],
    confusion: Mapping[str, np.ndarray],
    classes: list[str],
) -> str:
    """Return the classification report of the test records, a table for each decision rule."""
    about = ", ".join(f"{name} {value}" for name, value in names.items())
    blocks = [f"Classification report of the test records: {about}"]
    for name, cells in confusion.items():
        if name == "argmax":
            title = "Decision: the most probable class"
        elif name == "validation":
            title = f"Decision: threshold {thresholds[name]:.4g}, chosen on the validation records"
        else:
            title = f"Decision: threshold {name}"
        blocks.append(f"{title}\n\n{metrics.classification_report(cells, classes)}")
    return "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    run(main)
