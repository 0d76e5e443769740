"""How a network was trained, as it was decided: what "auto" came to, the device, the packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attendna import values
from attendna.contracts.tables import read_json, write_json
from attendna.intact_files import reading

COUNTS = ("parameters", "records", "batch_size", "epochs")
MAPPINGS = ("hyperparameters", "settings", "versions")


def write_training(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write `training.json`.

    Parameters
    ----------
    path
        The file to write.
    content
        `architecture`; `parameters` of the network; training `records`; `batch_size` and `epochs`
        (at most so many) as they were resolved; `hyperparameters` without any "auto"; the
        `settings` of the training; the `device` with its arithmetic; `versions` of packages.
    """
    write_json(path, content)


def read_training(path: str | Path) -> dict[str, Any]:
    """Read `training.json`."""
    with reading(path):
        content = read_json(path)
        values.require(isinstance(content, dict), "no object")
        for name in COUNTS:
            count = content[name]
            values.require(
                type(count) is int and count > 0, f"{name} is {count!r}, no number above 0"
            )
        for name in MAPPINGS:
            values.require(isinstance(content[name], dict), f"{name} is no object")
        for name in ("architecture", "device"):
            values.require(isinstance(content[name], str), f"{name} is no text")
    return content
