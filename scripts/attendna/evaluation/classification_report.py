"""The classification report of a run, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attendna.evaluation.measures import ratio
from attendna.wording import decimals


def classification_report(names: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    """Return the classification report of the test records, a table for each decision rule.

    Parameters
    ----------
    names
        Of the run: its data set, fold, model and seed.
    measured
        What was measured, see `run_metrics.measure_run`.
    """
    about = ", ".join(f"{name} {value}" for name, value in names.items())
    blocks = [f"Classification report of the test records: {about}"]
    for name, cells in measured["confusion"].items():
        if name == "argmax":
            title = "Decision: the most probable class"
        elif name == "validation":
            threshold = measured["threshold"]
            title = f"Decision: threshold {threshold:.4g}, chosen on the validation records"
        else:
            title = f"Decision: threshold {name}"
        blocks.append(f"{title}\n\n{classification_table(cells, measured['classes'])}")
    return "\n\n".join(blocks) + "\n"


def classification_table(cells: np.ndarray, classes: list[str]) -> str:
    """Return a table of precision, recall, F1 and support by class, with their averages.

    Parameters
    ----------
    cells
        int (classes, classes), rows are the truth, see `decisions.confusion`.
    classes
        The names of the classes.
    """
    hits, support, called = np.diag(cells), cells.sum(axis=1), cells.sum(axis=0)
    scores = np.stack(
        [
            ratio(hits, called, 0),
            ratio(hits, support, 0),
            ratio(2 * hits, called + support, 0),
        ],
        axis=1,
    )
    total = support.sum()
    lines = [*zip(classes, scores, support, strict=True)]
    lines += [
        ("macro average", scores.mean(axis=0), total),
        ("weighted average", support @ scores / total, total),
    ]
    width = max(len(name) for name, _, _ in lines)
    header = ["precision", "recall", "f1", "support"]
    table = [" " * width + "".join(f"{name:>11}" for name in header)]
    for name, values, n in lines:
        cells = [*decimals(values, 3), f"{n:,}"]
        table.append(f"{name:<{width}}" + "".join(f"{cell:>11}" for cell in cells))
    table.append(f"\naccuracy {decimals([hits.sum() / total], 3)[0]} of {total:,} records")
    return "\n".join(table)
