"""Numbers and lists in sentences, as one would write them by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "no records", "1 record", "1,200 records".

    Parameters
    ----------
    number
        Not negative.
    noun
        In the singular.
    plural
        Where it is not the noun and an s.
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {plural or f'{noun}s'}" if number else f"no {plural or f'{noun}s'}"


def percent(share: float) -> str:
    """Return a share that someone chose as they would write it: "80%", "97.5%"."""
    return f"{100 * share:g}%"


def each(counts: Mapping[str, int]) -> str:
    """Return how many there are of each: "a: 1,200, b: 30".

    The colon keeps names that are numbers apart from the counts.
    """
    return ", ".join(f"{name}: {number:,}" for name, number in counts.items())


def has(number: int) -> str:
    """Return the verb for so many: "1 record has", "2 records have"."""
    return "has" if number == 1 else "have"


def either(words: Sequence[str]) -> str:
    """Return what one can choose from: "a, b or c".

    Parameters
    ----------
    words
        At least two.
    """
    return f"{', '.join(words[:-1])} or {words[-1]}"


def listed(names: Sequence[str], most: int = 10) -> str:
    """Name the first of some names and say how many more there are: "a, b and 3 more"."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
