"""Sentences on what scores of explanations can't tell, and on what not to believe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def notes(content: Mapping[str, Any], wanted: int, simulated: bool) -> list[str]:
    """Say what could not be done, and what not to believe.

    Parameters
    ----------
    content
        What explanation_scores.json is to hold.
    wanted
        How many records were asked for.
    simulated
        Whether what was planted is known.
    """
    return [
        *_on_records(content, wanted),
        *_on_comparisons(content, simulated),
        *_on_methods(content),
    ]


def _on_records(content: Mapping[str, Any], wanted: int) -> Iterator[str]:
    """Say what the records are too few or too hard for."""
    if content["records"] < wanted:
        yield (
            f"Of the {wanted} records asked for, the test part has {content['records']}; with so "
            "few, the intervals are wide."
        )
    if content["score"]["low"] <= 0:
        yield (
            "This network does not tell the classes apart in these records: the mean score of a "
            "record's own class is not above 0. Explanations of it explain nothing."
        )


def _on_comparisons(content: Mapping[str, Any], simulated: bool) -> Iterator[str]:
    """Say what there was nothing to compare with."""
    if not content["agreement"]["seeds"]:
        yield (
            "Agreement between seeds was not measured: only one seed was explained; set several "
            "`seeds` and `explain.runs: all`."
        )
    if not simulated:
        yield "No score against the truth, which is known for simulated data only."
    elif not content["planted"]["records"]:
        yield "No score against the truth: nothing is planted in the explained records."


def _on_methods(content: Mapping[str, Any]) -> Iterator[str]:
    """Say which methods are no better than an untrained network or than chance."""
    auprc = content.get("auprc", {})
    for name in content["agreement"]["untrained"]:
        if name in auprc and auprc[name]["low"] <= auprc[f"untrained_{name}"]["high"]:
            yield f"{name} finds what was planted no better than it does in an untrained network."
    for name, effect in content["faithfulness"]["deletion"].items():
        if name != "random" and not effect["low"] > 0:
            yield (
                f"Deleting the positions that {name} ranks first lowers the score no more than "
                "deleting random ones: they do not show what this network relies on."
            )
