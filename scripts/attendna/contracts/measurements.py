"""What was measured: metrics, their summary, comparisons of models, the course of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna import values
from attendna.contracts.splits import SPLITS
from attendna.contracts.tables import read_json, read_table, write_json, write_table
from attendna.intact_files import reading

if TYPE_CHECKING:
    import pandas as pd

METRIC_COLUMNS = [
    "dataset",
    "fold",
    "model",
    "seed",
    "split",
    "subset",
    "threshold",
    "metric",
    "class",
    "value",
    "low",
    "high",
]
COMPARISON_COLUMNS = [
    "dataset",
    "fold",
    "split",
    "subset",
    "metric",
    "model_a",
    "model_b",
    "difference",
    "low",
    "high",
    "p_value",
    "p_adjusted",
]
SUMMARY_COLUMNS = [
    "dataset",
    "model",
    "split",
    "subset",
    "threshold",
    "metric",
    "class",
    "runs",
    "value",
    "low",
    "high",
    "sd_folds",
    "sd_seeds",
    "beats",
    "matched_by",
]
RUN_METRICS = ["dataset", "fold", "model", "seed", "classes", "positive", "n", "groups"]
RUN_METRICS += ["unrelated", "confusion", "reliability", "rows"]
POOLED = "all"  # in the column fold: the mean over the folds
UNCALIBRATED = "_uncalibrated"  # ends the names of metrics of probabilities before calibration


def write_metrics(path: str | Path, table: pd.DataFrame) -> None:
    """Write `metrics.tsv`, the tidy table with the columns METRIC_COLUMNS."""
    write_table(path, table[METRIC_COLUMNS])


def read_metrics(path: str | Path) -> pd.DataFrame:
    """Read `metrics.tsv`; `threshold` and `class` are "" where none applies."""
    text = ["dataset", "model", "split", "subset", "threshold", "metric", "class"]
    table = read_table(path, text=text, required=METRIC_COLUMNS)
    with reading(path, verified=False):
        values.known(table["split"].to_numpy(str), "the split", SPLITS[1:])
        values.column(table, "fold", least=1)
        values.column(table, "seed", least=0)
        values.column(table, "value", missing=True)
        values.interval(table)
    return table


def write_summary(path: str | Path, table: pd.DataFrame) -> None:
    """Write `summary.tsv`, the tidy table with the columns SUMMARY_COLUMNS."""
    write_table(path, table[SUMMARY_COLUMNS])


def read_summary(path: str | Path) -> pd.DataFrame:
    """Read `summary.tsv`; `threshold`, `class`, `beats` and `matched_by` may be ""."""
    text = [*SUMMARY_COLUMNS[:7], "beats", "matched_by"]
    table = read_table(path, text=text, required=SUMMARY_COLUMNS)
    with reading(path, verified=False):
        values.column(table, "runs", least=1)
        values.column(table, "value", missing=True)
        values.interval(table)
        for spread in ("sd_folds", "sd_seeds"):
            values.column(table, spread, least=0, missing=True)
    return table


def write_comparison(path: str | Path, table: pd.DataFrame) -> None:
    """Write `comparison.tsv`, the tidy table with the columns COMPARISON_COLUMNS."""
    write_table(path, table[COMPARISON_COLUMNS])


def read_comparison(path: str | Path) -> pd.DataFrame:
    """Read `comparison.tsv`; `fold` is text, since it may be POOLED."""
    text = ["dataset", "fold", "split", "subset", "metric", "model_a", "model_b"]
    table = read_table(path, text=text, required=COMPARISON_COLUMNS)
    with reading(path, verified=False):
        values.column(table, "difference", missing=True)
        values.interval(table)
        for p in ("p_value", "p_adjusted"):
            values.column(table, p, least=0, most=1, missing=True)
    return table


def write_run_metrics(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write `metrics.json`, what was measured of one run.

    Parameters
    ----------
    path
        The file to write.
    content
        `dataset fold model seed`, the `classes` and the `positive` one, the `threshold` chosen on
        validation, the `temperature`, by split `n` (records), `groups` and `unrelated`, the
        `confusion` of each decision, the `reliability` of the probabilities, see
        `reliability.measure`, and `rows` of METRIC_COLUMNS less what is the run's.
    """
    write_json(path, content)


def read_run_metrics(path: str | Path) -> dict[str, Any]:
    """Read `metrics.json`."""
    with reading(path):
        content = read_json(path)
        for key in RUN_METRICS:
            content[key]
    return content


def write_history(path: str | Path, history: Mapping[str, Sequence[float]]) -> None:
    """Write `history.tsv`: a column for each key, see `training.train`."""
    import pandas as pd

    write_table(path, pd.DataFrame(history))


def read_history(path: str | Path) -> pd.DataFrame:
    """Read `history.tsv`: one row an epoch."""
    table = read_table(path, text=[], required=["epoch", "loss", "val_loss"])
    with reading(path, verified=False):
        expected = np.arange(1, len(table) + 1)
        values.require(len(table) > 0, "no epoch")
        values.require(np.array_equal(table["epoch"], expected), "epochs are not counted from 1")
        for loss in {"loss", "val_loss", "val_calibrated"} & set(table.columns):
            values.column(table, loss, least=0)
    return table


def best_epoch(history: Mapping[str, Sequence[float]] | pd.DataFrame) -> int:
    """Return the row of the epoch whose weights were kept, from the columns of `history.tsv`.

    It has the lowest validation loss as it is after calibration, or without that the lowest one.
    """
    losses = history["val_calibrated" if "val_calibrated" in history else "val_loss"]
    return int(np.argmin(np.asarray(losses, float)))
