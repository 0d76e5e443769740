"""Times in words."""

from __future__ import annotations

from attendna.wording import counted


def about(seconds: float) -> str:
    """Return a time as one would say it: "40 seconds", "7 minutes", "3 hours".

    Parameters
    ----------
    seconds
        Not negative. From two of a unit on it is told in that unit.
    """
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return counted(max(round(seconds), 1), "second")
