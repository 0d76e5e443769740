"""Where files stand below the results folder: the one place that knows, for rules and scripts."""

from __future__ import annotations

from collections.abc import Sequence
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
    fold: int | str
    model: str
    seed: int | str


# As Snakemake names the folder of any run in the rules.
ANY_RUN = Run("{dataset}", "{fold}", "{model}", "{seed}")
EXPORT = "export"  # the folder in that of a run with its network for other programs
# What it holds of each format. A SavedModel is a folder, and these are its files if it has a shard.
EXPORTED = {
    "onnx": ("model.onnx", "example.py"),
    "saved_model": (
        "saved_model/saved_model.pb",
        "saved_model/fingerprint.pb",
        "saved_model/variables/variables.index",
        "saved_model/variables/variables.data-00000-of-00001",
    ),
}
STATE = ".state"  # ends the folder in which a long job keeps what it needs to go on after a kill


def dataset_folder(results: str | Path, dataset: str) -> Path:
    """Return the folder of one dataset."""
    return Path(results) / dataset


def fold_folder(results: str | Path, dataset: str, fold: int) -> Path:
    """Return the folder of one fold of a dataset."""
    return dataset_folder(results, dataset) / f"fold{fold}"


def run_folder(results: str | Path, run: Run) -> Path:
    """Return the folder that tells the whole story of one run."""
    return fold_folder(results, run.dataset, run.fold) / run.model / f"seed{run.seed}"


def model_path(results: str | Path, run: Run, kind: str) -> Path:
    """Return where the model of a run stands; `kind` is "network" or "baseline"."""
    suffix = {"network": "keras", "baseline": "npz"}[kind]
    return run_folder(results, run) / f"model.{suffix}"


def prediction_path(results: str | Path, dataset: str, name: str) -> Path:
    """Return where the predictions of new sequences stand; `name` is theirs in the config."""
    return dataset_folder(results, dataset) / "predict" / f"{name}.tsv.gz"


def report_pages(results: str | Path, datasets: Sequence[str]) -> list[Path]:
    """Return where the pages of datasets stand behind the report; one dataset needs none."""
    if len(datasets) < 2:
        return []
    return [Path(results) / "report" / f"{name}.html" for name in datasets]


def scan_path(results: str | Path, dataset: str, name: str) -> Path:
    """Return what the names of all files of a scan begin with; `name` is its name in the config."""
    return dataset_folder(results, dataset) / "scans" / name


def part_path(folder: Path, name: str, part: str, suffix: str) -> Path:
    """Return where a part of a file stands while the file is made in parts, below its folder."""
    return folder / "chunks" / f"{name}.{part}.{suffix}"


def training_state(folder: Path) -> Path:
    """Return where the training of the run in a folder keeps its state."""
    return folder / STATE


def attribution_state(folder: Path) -> Path:
    """Return where the explanation of the run in a folder keeps its state."""
    return folder / f".attributions{STATE}"


def prediction_state(results: str | Path, dataset: str, name: str) -> Path:
    """Return where the prediction of new sequences keeps its state; see `prediction_path`."""
    return prediction_path(results, dataset, name).with_name(f".{name}{STATE}")


def variant_path(results: str | Path, dataset: str, name: str, suffix: str) -> Path:
    """Return where what came of variants stands; `name` is theirs, `suffix` such as "tsv.gz"."""
    return dataset_folder(results, dataset) / "variants" / f"{name}.{suffix}"


def variant_state(results: str | Path, dataset: str, name: str) -> Path:
    """Return where the scoring of variants keeps its state; see `variant_path`."""
    return dataset_folder(results, dataset) / "variants" / f".{name}{STATE}"


def scan_state(results: str | Path, dataset: str, name: str) -> Path:
    """Return where a scan keeps its state; see `scan_path`."""
    return scan_path(results, dataset, name).with_name(f".{name}{STATE}")


def figure_path(folder: Path, name: str, suffix: str) -> Path:
    """Return where a figure of a dataset or of a run stands; `suffix` is "svg" or "png"."""
    return folder / "figures" / f"{name}.{suffix}"
