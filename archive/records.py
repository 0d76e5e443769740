"""What a run did, from the records that Snakemake keeps of each file that it made."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Job:
    """What one job did: its rule, what it read and made, and when (seconds since 1970)."""

    rule: str
    inputs: list[str]
    outputs: list[str] = field(default_factory=list)
    started: float = float("inf")
    ended: float = 0.0

    @property
    def script(self) -> str | None:
        """The name of the script that did it, without its folder."""
        named = [re.search(r"(?:^|/)scripts/(\w+\.py)$", path) for path in self.inputs]
        return next((match[1] for match in named if match), None)


def jobs(records: Path, folder: Path) -> list[Job]:
    """Return the jobs whose outputs are there, in the order in which they ended.

    Parameters
    ----------
    records
        The folder of Snakemake's records, which are named after the outputs, in base64.
    folder
        The working directory.
    """
    found: dict[tuple[str, ...], Job] = {}
    for path in sorted(records.rglob("*")):
        if not path.is_file():
            continue
        output, record = _output(path.relative_to(records)), _record(path)
        if output is None or record is None or not (folder / output).is_file():
            continue
        key = (record["rule"], *(record.get("log") or [output]))
        job = found.setdefault(key, Job(record["rule"], sorted(record["input"])))
        job.outputs.append(output)
        job.started = min(job.started, record["starttime"])
        job.ended = max(job.ended, record["endtime"])
    return sorted(found.values(), key=lambda job: (job.ended, job.rule, job.outputs))


def _output(name: Path) -> str | None:
    """Return which output a record is of; long names are divided into folders that begin with @."""
    code = "".join(part.removeprefix("@") for part in name.parts)
    try:
        return base64.urlsafe_b64decode(code).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _record(path: Path) -> Mapping[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # a run that was killed
        return None
    wanted = ("rule", "input", "starttime", "endtime")
    complete = isinstance(record, dict) and all(record.get(key) is not None for key in wanted)
    return record if complete else None


def result_files(folder: Path) -> Iterator[str]:
    """Yield the paths of all results, without what a run keeps for itself."""
    for path in sorted((folder / "results").rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            yield "/".join(parts)
