"""What stretches that many unlike records share mean, in numbers for files and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attendna.data.repeats import Repeats
from attendna.wording import counted, share

SHOWN = 3  # stretches in sentences
LETTERS = 60  # of a stretch that is shown whole
END = 25  # letters that are shown at each end of a longer one
NEARLY_ALL = 0.5  # share of the records: from there on it is a warning
PLACES = {"start": "at their start", "end": "at their end", "varies": "at various places"}
REMEDIES = {
    "start": "trim them if they are an adapter or a flank",
    "end": "trim them if they are an adapter or a flank",
    "varies": "trim them if they are an adapter, or mask them if they are repeats of a genome "
    "(soft_masked: mask)",
}


def described(found: Repeats) -> dict[str, Any]:
    """Return them for a JSON file.

    Returns
    -------
    dict
        ``records``, how many have such a stretch; ``mostly``, how many consist of them by more
        than half; and the most frequent ``stretches``, each with its ``letters``, the ``share`` of
        the records that have it, and its ``place``: "start", "end" or "varies".
    """
    return {"records": found.records, "mostly": found.mostly, "stretches": found.stretches}


def findings(measured: Mapping[str, Any] | None, total: int) -> Iterator[tuple[str, float, str]]:
    """Yield severity, harm and message of findings.

    Parameters
    ----------
    measured
        See `described`; None: not looked for.
    total
        Records in all.
    """
    if measured is None:
        return
    for stretch in measured["stretches"][:SHOWN]:
        part, place = stretch["share"], stretch["place"]
        size = f"{len(stretch['letters']):,} bases in common"
        yield (
            "warning" if part >= NEARLY_ALL else "note",
            part,
            f"{share(part)} of the records have {size} {PLACES[place]} "
            f"({shortened(stretch['letters'])}), though they are unlike otherwise: these bases are "
            f"left out of the search for relatives. {REMEDIES[place].capitalize()}.",
        )
    if measured["mostly"]:
        yield (
            "warning",
            measured["mostly"] / total,
            f"{counted(measured['mostly'], 'record')} of {total:,} consist by more than half of "
            "bases that many unlike records have in common: relatives of these are hardly found.",
        )


def shortened(letters: str) -> str:
    """Return letters, or the ends of many."""
    return letters if len(letters) <= LETTERS else f"{letters[:END]}...{letters[-END:]}"
