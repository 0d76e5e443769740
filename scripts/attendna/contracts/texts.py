"""Texts of records as Arrow holds them, since as Python's own each takes 60 bytes and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.dna import RECORDS_AT_ONCE

if TYPE_CHECKING:
    import pyarrow as pa


def give_back() -> None:
    """Give the system the memory that Arrow has freed, which it else keeps for texts to come."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


class Texts(Sequence):
    """Texts of records, one of each, of which only those that are asked for become Python's own.

    Parameters
    ----------
    column
        pyarrow.ChunkedArray of strings, which may be mapped from a file.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        self.column = column

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.column)

    def __getitem__(self, which: Any) -> Any:
        """Return the text of a record; of a slice a list; of int (m,) records an object array."""
        if isinstance(which, slice):
            first, last, step = which.indices(len(self))
            return self.column.slice(first, max(last - first, 0)).to_pylist()[::step]
        if isinstance(which, np.ndarray):
            return np.array(self.column.take(which).to_pylist(), dtype=object)
        return self.column[int(which)].as_py()

    def array(self, records: np.ndarray) -> np.ndarray:
        """Return those of int (m,) records as str (m,), as wide as the longest text of all."""
        import pyarrow.compute

        longest = pyarrow.compute.max(pyarrow.compute.utf8_length(self.column)).as_py()
        return self[records].astype(f"U{longest or 1}")

    def __iter__(self) -> Iterator[Any]:
        """Yield them in order."""
        for first in range(0, len(self), RECORDS_AT_ONCE):
            yield from self[first : first + RECORDS_AT_ONCE]
