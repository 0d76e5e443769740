"""What the report says of a scan of a genome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attendna.wording import counted, listed

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10  # peaks
LOST = {
    "unknown": "held too many N",
    "excluded": "touched an excluded interval",
}
NO_PROBABILITY = (
    "The tracks are log odds, not probabilities: a probability holds only where the classes are as "
    "frequent as in the training data. Many training records are positive, but few windows of a "
    "genome are. Give the share that you expect as `prior`, and the tracks become probabilities."
)
PROBABILITY = (
    "The tracks are probabilities for a genome in which the classes have the shares that `prior` "
    "names; they are only as right as these shares."
)


def scan_section(summary: Mapping[str, Any], table: pd.DataFrame) -> dict[str, Any]:
    """Sum up a scan.

    Parameters
    ----------
    summary
        See `contracts.scans.write_scan`.
    table
        See `contracts.scans.write_peaks`.

    Returns
    -------
    dict
        `sentences`, and `header` and `rows` of the best peaks.
    """
    lost = [
        f"{counted(summary['lost'][reason], 'window')} {words}"
        for reason, words in LOST.items()
        if summary["lost"].get(reason)
    ]
    strands = {
        "better": "on the better strand of each window",
        "both": "on both strands together",
    }
    sentences = [
        f"Scored: {counted(summary['windows'], 'window')} of {counted(summary['length'], 'base')}"
        f" at a step of {summary['step']}, by {counted(summary['models'], 'model')}, "
        f"{strands[summary['strands']]}." + (f" Not scored: {listed(lost)}." if lost else ""),
        *(_of_class(name, told, summary) for name, told in summary["peaks"].items()),
        NO_PROBABILITY if summary["prior"] is None else PROBABILITY,
    ]
    best = table[table["q_value"] <= summary["q_value"]]
    best = best.sort_values("log_odds", ascending=False, kind="stable").head(SHOWN)
    rows = [
        [
            f"{row.chrom}:{row.start:,}-{row.end:,}",
            f"{row.summit:,}",
            row.strand,
            row.label,
            f"{row.log_odds:.2f}",
            f"{row.q_value:.2g}",
            row.motifs.replace(",", ", "),
        ]
        for row in best.rename(columns={"class": "label"}).itertuples()
    ]
    header = ["peak", "summit", "strand", "class", "log odds", "q", "motifs"]
    return {"sentences": sentences, "header": header, "rows": rows}


def _of_class(name: str, told: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """Say how many peaks of a class there are, and how many are expected to be false."""
    share = summary["windows"] / max(summary["null_windows"], 1)
    expected = told["shuffled_candidates"] * share
    found = (
        f"{name}: {counted(told['found'], 'peak')} with a q-value of at most "
        f"{summary['q_value']:g}, of {counted(told['candidates'], 'candidate')} with log odds of "
        f"at least {told['threshold']:.2f}; the same amount of shuffled DNA has about "
        f"{expected:,.0f} such candidates."
    )
    if told["found"] == 0:
        found += (
            " So the model fires about as often in shuffled DNA, which keeps the dinucleotides, as "
            "in the genome: no single peak can be trusted."
        )
    return found
