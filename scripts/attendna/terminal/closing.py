"""How a run ends: what came out, what is wrong with the data, and where the report is."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attendna.wording import counted

MOST = 3  # datasets that are told in full, and findings of each
SEVERITIES = ("problem", "warning", "note")


def of_report(results: Path, width: int) -> list[str]:
    """Sum up a run that wrote the report.

    Parameters
    ----------
    results
        The folder of results.
    width
        Letters of a line.

    Returns
    -------
    list of str
        Of each dataset the verdict and the findings, then the path of the report.
    """
    read = _read(results / "verdict.json") or {"datasets": []}
    found = read["datasets"]
    lines = []
    for dataset in found[:MOST]:
        lines += ["", *_dataset(dataset, width)]
    if len(found) > MOST:
        lines += ["", f"and {counted(len(found) - MOST, 'more dataset')}, see the report"]
    return [*lines, "", f"The report: {(results / 'report.html').resolve()}"]


def of_part(
    results: Path, datasets: Iterable[str], targets: Iterable[str], width: int
) -> list[str]:
    """Sum up a run of which the report was no part.

    Parameters
    ----------
    results
        The folder of results.
    datasets
        Those whose audit was part of it.
    targets
        The files that were asked for by name.
    width
        Letters of a line.

    Returns
    -------
    list of str
        The findings of the audits, the files, and what to do for a verdict.
    """
    lines = []
    for name in list(datasets)[:MOST]:
        folder = results / name
        audits = [folder / "audit.json", *sorted(folder.glob("fold*/leakage.json"))]
        read = [_read(path) for path in audits]
        if None not in read:  # of what can't be read nothing is said
            findings = [finding for audit in read for finding in audit["findings"]]
            lines += ["", *_dataset({"name": name, "verdict": None, "findings": findings}, width)]
    lines += ["", *(f"Up to date: {path}" for path in sorted(targets)[:MOST])]
    report = results / "report.html"
    if report.exists():
        return [*lines, f"The report is not part of this run and may be older: {report.resolve()}"]
    return [
        *lines,
        f"The verdict is in the report; to make it: snakemake --cores all {report}",
    ]


def _dataset(dataset: Mapping[str, Any], width: int) -> list[str]:
    def wrapped(text: str, indent: str = "  ") -> list[str]:
        return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent=indent + "  ")

    lines = [f"Dataset {dataset['name']}"]
    if dataset["verdict"]:
        lines += wrapped(f"Is it good? {dataset['verdict']}", "")
    findings = sorted(dataset["findings"], key=lambda its: SEVERITIES.index(its["severity"]))
    if not findings:
        lines += wrapped("The audit found nothing wrong in what it checked.")
    for finding in findings[:MOST]:
        lines += wrapped(f"{finding['severity']}: {finding['message']}")
    if len(findings) > MOST:
        lines += wrapped(f"and {counted(len(findings) - MOST, 'more finding')} of the audit")
    return lines


def _read(path: Path) -> Any:
    """Read a file of JSON; None if there is none, or it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
