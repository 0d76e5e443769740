"""Large arrays that need no memory of their own: they are mapped from temporary files.

Their pages are like those of any file that is mapped: where memory is short the system writes them
back and drops them, so that a job's own memory does not grow with what it looks at.
"""

from __future__ import annotations

import errno
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import DTypeLike

from attendna.errors import UserError

SMALL = 1 << 24  # bytes up to which an array is simply in memory
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def zeros(shape: int | Sequence[int], dtype: DTypeLike) -> np.ndarray:
    """Return an array of zeros, mapped from a file without a name if it is large.

    Raises
    ------
    UserError
        If there is no room for the file.
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= SMALL:
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile() as file:
        with room():
            # It is taken now: a page that finds none later would end the process without a word.
            os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, dtype, "r+", shape=shape).view(np.ndarray)


class Growing:
    """An array that is written piece by piece to a temporary file, and mapped as a whole.

    Parameters
    ----------
    dtype
        Of its entries.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._file = tempfile.TemporaryFile()
        self._size = 0

    def append(self, some: np.ndarray) -> None:
        """Put entries to its end.

        Raises
        ------
        UserError
            If there is no room for the file.
        """
        with room():
            self._file.write(np.ascontiguousarray(some, self.dtype).data)
        self._size += len(some)

    def mapped(self) -> np.ndarray:
        """Return all entries; nothing can be put to the end any more."""
        with self._file, room():
            self._file.flush()
            if self._size == 0:
                return np.zeros(0, self.dtype)
            return np.memmap(self._file, self.dtype, "r+", shape=self._size).view(np.ndarray)


@contextmanager
def room() -> Iterator[None]:
    """Say where there is no room left, if a temporary file finds none within the block.

    Raises
    ------
    UserError
        With the folder, and what helps.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise UserError(
            f"{tempfile.gettempdir()}: no room for temporary files ({os.strerror(error.errno)}); "
            "make room, or set TMPDIR to a folder on another disk."
        ) from error
