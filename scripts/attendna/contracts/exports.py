"""What exported networks are: `model.json` beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attendna import intact_files, values
from attendna.contracts.tables import read_json, write_json
from attendna.intact_files import reading


def write_facts(path: str | Path, known: Mapping[str, Any], files: Sequence[str | Path]) -> None:
    """Write `model.json`.

    Parameters
    ----------
    path
        The file to write.
    known
        What a user of the network has to know, see `exporting.facts`.
    files
        What was exported, in the folder of `path` or below; told as `files`, with their SHA-256.

    Raises
    ------
    UserError
        If one of these is damaged.
    """
    digests = {}
    for file in files:
        with reading(file):
            name = Path(file).relative_to(Path(path).parent).as_posix()
            digests[name] = intact_files.sha256(file)
    write_json(path, {**known, "files": digests})


def read_facts(path: str | Path) -> dict[str, Any]:
    """Read `model.json`.

    Raises
    ------
    UserError
        If it is damaged or holds impossible values.
    """
    with reading(path):
        known = read_json(path)
        values.class_names(known["classes"])
        values.known([known["positive"]], "the positive class", ["", *known["classes"]])
        values.numbers(np.array([known["length"], known["weights"]]), "length and weights", least=1)
        for key in ("dataset", "model", "fold", "seed", "crop", "input", "files", "versions"):
            known[key]
        for key in ("soft_masked", "gaps", "both_strands", "alphabet"):
            known[key]
    return known
