"""Values of files that are read: possible ones, or a reason why the file can't be used.

The functions raise `ValueError` with the reason; inside `intact_files.reading` it becomes a
sentence that names the file. A file that was damaged has a digest to tell so, but one that was made
by hand, or lost its digest, may hold anything. All checks are a pass or two over the array, without
Python's loops and without a temporary copy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.errors import shown
from attendna.finite import all_numbers
from attendna.names import fault

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 1 << 24  # bytes of a mapped array that are looked at at a time


def require(sound: Any, reason: str) -> None:
    """Raise with a reason unless something holds."""
    if not sound:
        raise ValueError(reason)


def numbers(
    found: np.ndarray, name: str, least: float | None = None, most: float | None = None
) -> None:
    """Check numbers of any kind and shape: finite, and within bounds where these are given."""
    require(found.dtype.kind in "iuf", f"{name} holds no numbers")
    require(all_numbers(found), f"{name} holds what is not a number")
    if found.size and least is not None:
        require(found.min() >= least, f"{name} holds {found.min():g}, and {least:g} is the least")
    if found.size and most is not None:
        require(found.max() <= most, f"{name} holds {found.max():g}, and {most:g} is the most")


def whole_numbers(found: np.ndarray, name: str, below: int | None = None) -> None:
    """Check whole numbers in one row, from 0 to `below`, which is not reached."""
    require(found.dtype.kind in "iu" and found.ndim == 1, f"{name} is no row of whole numbers")
    numbers(found, name, 0, None if below is None else below - 1)


def indices(found: np.ndarray, name: str, records: int | None = None) -> None:
    """Check indices of records: sorted, each once, and there are so many records."""
    whole_numbers(found, name, records)
    require((found[1:] > found[:-1]).all(), f"{name} is not sorted, or holds an index twice")


def distinct(found: Sequence | np.ndarray, name: str) -> None:
    """Check that nothing occurs twice."""
    require(len(np.unique(found)) == len(found), f"{name} occur twice")


def class_names(found: Sequence[str]) -> None:
    """Check the names of classes: two or more, each once, and fit to be shown."""
    require(len(found) > 1, f"it has {len(found)} classes, and a classifier has two or more")
    distinct(found, "names of classes")
    for name in found:
        wrong = fault(name)
        require(wrong is None, f"the class {shown(name)} {wrong}".rstrip("."))


def known(found: Sequence | np.ndarray, name: str, expected: Collection) -> None:
    """Check that there is nothing but what is expected."""
    others = sorted(set(np.unique(found).tolist()) - set(expected), key=str)
    require(not others, f"{name} {others[:1]} is none of {', '.join(map(str, expected))}")


def one_hot(x: np.ndarray) -> None:
    """Check one-hot rows, which may be mapped from disk: 0 and 1 alone."""
    rows = max(1, BLOCK // max(x[:1].nbytes, 1))
    for start in range(0, len(x), rows):
        require(x[start : start + rows].max(initial=0) <= 1, "x holds other values than 0 and 1")


def probabilities(p: np.ndarray, name: str) -> None:
    """Check probabilities (n, classes): from 0 to 1, and each row sums to 1."""
    numbers(p, name, 0, 1)
    require(np.allclose(p.sum(axis=1), 1, rtol=0, atol=1e-4), f"{name} do not sum to 1")


def column(
    table: pd.DataFrame,
    name: str,
    least: float | None = None,
    most: float | None = None,
    missing: bool = False,
) -> None:
    """Check a column of numbers of a table, of which some may be missing; one without rows is."""
    if not len(table):
        return
    found = table[name].to_numpy()
    require(found.dtype.kind in "iuf", f"the column {name} holds no numbers")
    numbers(found[~np.isnan(found)] if missing else found, f"the column {name}", least, most)


def interval(table: pd.DataFrame) -> None:
    """Check the columns `low` and `high` of a table, of which some may be missing."""
    column(table, "low", missing=True)
    column(table, "high", missing=True)
    if len(table):
        require(not (table["low"] > table["high"]).any(), "an interval begins above its end")
