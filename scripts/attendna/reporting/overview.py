"""The overview of several datasets: a row for each dataset and model, and what to say of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attendna.reporting.page import ROLES
from attendna.wording import counted

METRICS = ("auroc", "auprc", "mcc")  # columns of the overview, the first is compared
SEVERITIES = ("problem", "warning")


def of_dataset(section: Mapping[str, Any], page: str) -> dict[str, Any]:
    """Return what the overview tells of a dataset, of its section of the report.

    Parameters
    ----------
    section
        As the page of the dataset shows it.
    page
        The address of that page.

    Returns
    -------
    dict
        `name page data verdict learned missing`, its `findings` (problems and warnings), their
        number in `warnings` and `rank`, and `rows`, one for each model: `model role runs best`,
        the `scores` as pairs of a text and an interval, and `optimum`, the best possible AUROC.
    """
    findings = [
        finding
        for its in (section["data"], section["leakage"], section["scores"])
        for finding in (its or {}).get("findings") or []
        if finding["severity"] in SEVERITIES
    ]
    counts = [sum(its["severity"] == kind for its in findings) for kind in SEVERITIES]
    told = [counted(n, kind) for n, kind in zip(counts, SEVERITIES, strict=True) if n]
    learned = [its["sentence"] for its in section["explained"] if its["sentence"]]
    return {
        "name": section["name"],
        "page": page,
        "data": section["data"] and section["data"]["sentence"],
        "verdict": section["scores"] and section["scores"]["sentence"],
        "learned": learned[0] if learned else None,
        "findings": findings,
        "warnings": ", ".join(told) or "none",
        "rank": 1000 * counts[0] + counts[1],
        "missing": len(section["missing"]),
        "unrelated": section["judged"] == "unrelated",
        "rows": _rows(section),
    }


def _rows(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the models, on the test records by which they are judged."""
    if not section["scores"]:
        return []
    new = section["judged"] == "unrelated" and section["leakage"]
    rows = section["leakage"]["rows"] if new else section["scores"]["rows"]
    rows = [row for row in rows if row.runs is not None]  # without guessing
    optimum = [row.cells[0].value for row in rows if row.role == ROLES["oracle"]]
    return [
        {
            "model": row.model,
            "role": row.role,
            "runs": row.runs,
            "best": row.cells[0].best,
            "scores": row.cells[: len(METRICS)],
            "optimum": optimum[0] if optimum else "–",
        }
        for row in rows
    ]
