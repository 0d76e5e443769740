"""Numbers and lists in sentences, as one would write them by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MOST_DIGITS = 6  # after the point, of a value that is nearly 0 or 1
ROUNDING = 1e-12  # of a value that is 0 or 1 but for the arithmetic


def decimals(values: Sequence[float | None], digits: int, full: float = 1) -> list[str]:
    """Write numbers that belong together so that none looks like 0 or full that is not.

    Parameters
    ----------
    values
        None or NaN where there is none.
    digits
        After the point. What would be written as 0 gets as many more as it takes to its first one;
        where some would be written as `full`, all get as many more as it takes; at most six.
    full
        What shares are shares of: 1, or 100 for per cents.

    Returns
    -------
    list of str
        With true minus signs; dashes where there is no number.
    """
    below = [abs(v) for v in values if v is not None and abs(v) < full * (1 - ROUNDING)]
    shared = digits
    while shared < MOST_DIGITS and any(float(f"{value:.{shared}f}") == full for value in below):
        shared += 1
    return [_decimal(value, shared, full) for value in values]


def _decimal(value: float | None, digits: int, full: float) -> str:
    if value is None or value != value:
        return "–"
    size, sign = abs(value), "−" if value < 0 else ""
    if size < full * ROUNDING:
        return f"{0:.{digits}f}"
    while digits < MOST_DIGITS and not float(f"{size:.{digits}f}"):
        digits += 1
    text = f"{size:.{digits}f}"
    step = 10**-MOST_DIGITS
    if not float(text):
        return f"{'more' if sign else 'less'} than {sign}{step:.{MOST_DIGITS}f}"
    if float(text) == full and size < full * (1 - ROUNDING):
        return f"{'less' if sign else 'more'} than {sign}{full - step:.{MOST_DIGITS}f}"
    return sign + text


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


def share(part: float, whole: float = 1, digits: int = 1) -> str:
    """Return a share that was measured: "7.0%", "0.03%", "99.98%"; "–" of nothing.

    Parameters
    ----------
    part, whole
        What the share is of, such as counts.
    digits
        After the point; more where it would look like 0% or 100% and is not, see `decimals`.
    """
    return f"{decimals([100 * part / whole], digits, 100)[0]}%" if whole else "–"


def each(counts: Mapping[str, int]) -> str:
    """Return how many there are of each: "a: 1,200, b: 30".

    The colon keeps names that are numbers apart from the counts.
    """
    return ", ".join(f"{name}: {number:,}" for name, number in counts.items())


def has(number: int) -> str:
    """Return the verb for so many: "1 record has", "2 records have"."""
    return "has" if number == 1 else "have"


def are(number: int) -> str:
    """Return the verb for so many: "1 record is", "2 records are"."""
    return "is" if number == 1 else "are"


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
