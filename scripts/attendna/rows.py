"""Records of an array that is mapped from disk, gathered as they are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rows:
    """Some records of an array, of which no more are in memory than a slice asks for.

    Attributes
    ----------
    x
        (n, ...), mapped.
    indices
        int64 (some,), which records, in which order.
    """

    x: np.ndarray
    indices: np.ndarray

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.indices)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Gather a slice of the records."""
        return self.x[self.indices[part]]
