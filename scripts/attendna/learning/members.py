"""How many small networks are trained side by side, if that is "auto"."""

from __future__ import annotations

BASES = 1_000_000  # of the training records at most, where there are more members
FEW, MANY = 2, 4


def chosen(setting: int | str, records: int, length: int) -> int:
    """Return how many members a network has, which "auto" leaves to the amount of data.

    The fewer data, the more depends on chance what a network takes for a motif, and the more an
    average gains. Where there are many, more members gain next to nothing and only take longer.

    Parameters
    ----------
    setting
        A number, or "auto".
    records
        For training.
    length
        Their positions.
    """
    if setting != "auto":
        return setting
    return MANY if records * length <= BASES else FEW
