"""Where the files of a run stand below the results folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """One fitted model: one fold of one dataset, one model of the config, one seed.

    Attributes
    ----------
    dataset, model
        Their names in the config.
    fold
        Counted from 1.
    seed
        The seed of the model.
    """

    dataset: str
    fold: int
    model: str
    seed: int


def dataset_folder(results: str | Path, dataset: str) -> Path:
    """Return the folder of one dataset."""
    return Path(results) / dataset


def fold_folder(results: str | Path, dataset: str, fold: int) -> Path:
    """Return the folder of one fold of a dataset."""
    return dataset_folder(results, dataset) / f"fold{fold}"


def run_folder(results: str | Path, run: Run) -> Path:
    """Return the folder that tells the whole story of one run."""
    return fold_folder(results, run.dataset, run.fold) / run.model / f"seed{run.seed}"


def figure_path(folder: Path, name: str, suffix: str) -> Path:
    """Return where a figure of a dataset or of a run stands; `suffix` is "svg" or "png"."""
    return folder / "figures" / f"{name}.{suffix}"
