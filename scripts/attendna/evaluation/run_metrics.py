"""What is measured of one run: its decisions, its metrics with intervals, and its confusions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from attendna.contracts.measurements import UNCALIBRATED
from attendna.contracts.predictions import Calibration, Predictions
from attendna.evaluation import metrics, reliability
from attendna.evaluation.decisions import choose_threshold, confusion
from attendna.evaluation.metric_intervals import estimate
from attendna.evaluation.probability_scores import before_calibration, probability_scores
from attendna.evaluation.subsets import subsets


class Bootstrap(NamedTuple):
    """How intervals are made: bootstrap replicates, the share of them inside, the seed."""

    replicates: int
    confidence: float
    seed: int


def measure_run(
    parts: Mapping[str, Predictions],
    groups: Mapping[str, np.ndarray],
    related: Mapping[str, np.ndarray],
    positive: str,
    calibration: Calibration | None,
    bootstrap: Bootstrap,
    both: bool = False,
) -> dict[str, Any]:
    """Measure the validation and the test predictions of a run.

    Parameters
    ----------
    parts
        Predictions by split, "validation" and "test".
    groups
        By split int (n,): the records that are drawn together.
    related
        By split the ids of the records that have a relative in training, str.
    positive
        The positive class of two, else "".
    calibration
        Of a network, to measure what it changed.
    bootstrap
        How intervals are made.
    both
        Whether AUPRC and F1 are measured for the other one of two classes, too.

    Returns
    -------
    dict
        See `contracts.measurements.write_run_metrics`, less the names of the run.
    """
    test, classes = parts["test"], parts["test"].classes
    thresholds = decision_thresholds(parts["validation"], positive)
    measured = subsets(parts, related)
    rows = [
        {"split": split, "subset": subset} | row
        for (split, subset), chosen in measured.items()
        for row in metric_rows(
            parts[split].only(chosen),
            groups[split][chosen],
            positive,
            thresholds,
            calibration,
            bootstrap,
            both,
        )
    ]
    return {
        "positive": positive,
        "classes": classes,
        "threshold": thresholds.get("validation"),
        "n": {split: len(part.ids) for split, part in parts.items()},
        "groups": {split: len(np.unique(groups[split])) for split in parts},
        "temperature": None if calibration is None else calibration.temperature,
        "unrelated": {
            split: int(chosen.sum())
            for (split, subset), chosen in measured.items()
            if subset == "unrelated"
        },
        "confusion": {
            name: confusion(test.y, called, len(classes))
            for name, called in decisions(test, positive, thresholds).items()
        },
        "reliability": reliability.measure(
            test,
            groups["test"],
            positive,
            bootstrap.confidence,
            bootstrap.replicates,
            bootstrap.seed,
        ),
        "rows": rows,
    }


def decision_thresholds(validation: Predictions, positive: str) -> dict[str, float]:
    """Return the decision thresholds of two classes by name; none for more classes."""
    if len(validation.classes) > 2:
        return {}
    index = validation.classes.index(positive)
    chosen = choose_threshold(validation.y == index, validation.probabilities[:, index])
    return {"0.5": 0.5} | ({} if chosen is None else {"validation": chosen})


def decisions(
    test: Predictions, positive: str, thresholds: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Return the class that each record is called, int (n,), by the name of the decision rule."""
    if len(test.classes) > 2:
        return {"argmax": test.probabilities.argmax(axis=1)}
    index = test.classes.index(positive)
    p = test.probabilities[:, index]
    return {name: np.where(p >= t, index, 1 - index) for name, t in thresholds.items()}


def metric_rows(
    part: Predictions,
    groups: np.ndarray,
    positive: str,
    thresholds: Mapping[str, float],
    calibration: Calibration | None,
    bootstrap: Bootstrap,
    both: bool = False,
) -> list[dict[str, Any]]:
    """Return one row of metrics.tsv for each metric of some records, without what is the run's."""
    p, classes = part.probabilities, part.classes
    # One after the other, as each holds much of its records.
    measures = {"": lambda: metrics.measure(part.y, p, classes, positive, thresholds, both=both)}
    if calibration is not None:
        measures[UNCALIBRATED] = lambda: probability_scores(
            part.y, before_calibration(p, *calibration), classes, positive
        )
    rows = []
    for ending, measure in measures.items():
        for key, found in estimate(measure(), part.y, groups, *bootstrap).items():
            name = {"threshold": key.threshold, "metric": key.metric + ending, "class": key.label}
            rows.append(name | found._asdict())
    return rows
