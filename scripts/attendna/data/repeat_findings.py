"""What stretches that many unlike records share mean, in numbers for files and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attendna.data.repeats import Repeats
from attendna.dna import reverse_complements
from attendna.wording import counted, share

SHOWN = 3  # stretches in sentences
LETTERS = 60  # of a stretch that is shown whole
END = 25  # letters that are shown at each end of a longer one
SAME = 0.8  # share of the letters of the longer of two stretches that are one
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


def findings(
    measured: Mapping[str, Any] | None, total: int, constant: Sequence[str] = ()
) -> Iterator[tuple[str, float, str]]:
    """Yield severity, harm and message of findings.

    Parameters
    ----------
    measured
        See `described`; None: not looked for.
    total
        Records in all.
    constant
        Stretches that another finding tells of, see `is_among`: nothing is said of them here.
    """
    if measured is None:
        return
    rest = [found for found in measured["stretches"] if not is_among(found["letters"], constant)]
    for stretch in rest[:SHOWN]:
        part, place = stretch["share"], stretch["place"]
        size = f"{len(stretch['letters']):,} bases in common"
        yield (
            "warning" if part >= NEARLY_ALL else "note",
            part,
            f"{share(part)} of the records have {size} {PLACES[place]} "
            f"({shortened(stretch['letters'])}), though they otherwise differ: these bases are "
            f"left out of the search for relatives. {REMEDIES[place].capitalize()}.",
        )
    if measured["mostly"]:
        yield (
            "warning",
            measured["mostly"] / total,
            f"In {counted(measured['mostly'], 'record')} of {total:,}, more than half of the bases "
            "are shared by many otherwise different records, so their relatives are hardly ever "
            "found.",
        )


def is_among(letters: str, others: Sequence[str]) -> bool:
    """Whether a stretch is, on either strand, one of others but for some letters at its ends."""
    (turned,) = reverse_complements([letters])
    return any(
        part in whole and len(part) >= SAME * len(whole)
        for other in others
        for strand in (letters, turned)
        for part, whole in ((strand, other), (other, strand))
    )


def shortened(letters: str) -> str:
    """Return letters, or the ends of many."""
    return letters if len(letters) <= LETTERS else f"{letters[:END]}...{letters[-END:]}"
