"""Records of an array that is mapped from disk, gathered as they are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Of an array up to this size the kernel is taken to keep all pages, once they are read.
CACHED = 8 << 30  # bytes
NEIGHBOURS, POOL = 64, 1 << 18  # records that are read together, and those shuffled with each other


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

    @property
    def shape(self) -> tuple[int, ...]:
        """(some, ...), that of all of them as an array."""
        return len(self.indices), *self.x.shape[1:]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """Gather all of them, for NumPy."""
        return np.asarray(self[:], dtype)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Gather a slice of the records."""
        return self.x[self.indices[part]]


def shuffled(x: np.ndarray, indices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle records, in an order that can be read fast where they may not fit in memory.

    An array of moderate size is shuffled as a whole. A page of a larger one would be read again for
    nearly each of its records: there, blocks of `NEIGHBOURS` records are drawn at random, and
    records are shuffled within pools of `POOL` of them, so that a pool reads each block once, and a
    batch still has its records from as many blocks as it has records, nearly.

    Parameters
    ----------
    x
        (n, ...), the array.
    indices
        int64 (some,), ascending, which of its records.
    rng
        Where the randomness comes from.

    Returns
    -------
    numpy.ndarray
        int64 (some,), a permutation of `indices`.
    """
    if x.nbytes <= CACHED:
        return rng.permutation(indices)
    blocks = rng.permutation(-(-len(indices) // NEIGHBOURS))
    places = (blocks[:, None] * NEIGHBOURS + np.arange(NEIGHBOURS)).ravel()
    places = places[places < len(indices)]
    for start in range(0, len(places), POOL):
        rng.shuffle(places[start : start + POOL])
    return indices[places]
