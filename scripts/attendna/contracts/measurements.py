"""What was measured: metrics, their summary, comparisons of models, the course of a training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attendna.contracts.tables import read_table, write_table

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
    "matched_by",
]
POOLED = "all"  # in the column fold: the mean over the folds


def write_metrics(path: str | Path, table: pd.DataFrame) -> None:
    """Write `metrics.tsv`, the tidy table with the columns METRIC_COLUMNS."""
    write_table(path, table[METRIC_COLUMNS])


def read_metrics(path: str | Path) -> pd.DataFrame:
    """Read `metrics.tsv`; `threshold` and `class` are "" where none applies."""
    text = ["dataset", "model", "split", "subset", "threshold", "metric", "class"]
    return read_table(path, text=text, required=METRIC_COLUMNS)


def write_summary(path: str | Path, table: pd.DataFrame) -> None:
    """Write `summary.tsv`, the tidy table with the columns SUMMARY_COLUMNS."""
    write_table(path, table[SUMMARY_COLUMNS])


def read_summary(path: str | Path) -> pd.DataFrame:
    """Read `summary.tsv`; `threshold`, `class` and `matched_by` are "" where none applies."""
    text = [*SUMMARY_COLUMNS[:7], "matched_by"]
    return read_table(path, text=text, required=SUMMARY_COLUMNS)


def write_comparison(path: str | Path, table: pd.DataFrame) -> None:
    """Write `comparison.tsv`, the tidy table with the columns COMPARISON_COLUMNS."""
    write_table(path, table[COMPARISON_COLUMNS])


def read_comparison(path: str | Path) -> pd.DataFrame:
    """Read `comparison.tsv`; `fold` is text, since it may be POOLED."""
    text = ["dataset", "fold", "split", "metric", "model_a", "model_b"]
    return read_table(path, text=text, required=COMPARISON_COLUMNS)


def read_history(path: str | Path) -> pd.DataFrame:
    """Read `history.tsv`: one row an epoch."""
    return read_table(path, text=[], required=["epoch", "loss", "val_loss"])
