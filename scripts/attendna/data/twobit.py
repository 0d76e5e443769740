"""Genomes in the 2bit format of UCSC, one chromosome at a time.

The libraries that read it either build a list of all letters of a chromosome, which takes minutes
and gigabytes for a human one, or are C that a damaged file makes crash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from attendna.errors import UserError, brief

MAGIC = {b"\x43\x27\x41\x1a": "<", b"\x1a\x41\x27\x43": ">"}  # to the order of bytes
# The four letters of each byte, the first in the highest bits.
_LETTERS = np.frombuffer(b"TCAG", np.uint8)[
    (np.arange(256)[:, None] >> np.array([6, 4, 2, 0])) & 3
].astype(np.uint8)
_LOWER = 0x20  # the bit by which a small letter differs from a capital


class _File:
    """A 2bit file of which no more is read than there is."""

    def __init__(self, handle: BinaryIO, path: str) -> None:
        self._handle, self._path = handle, path
        self._size = os.fstat(handle.fileno()).st_size
        self._order = MAGIC.get(handle.read(4), "")
        if not self._order:
            raise self.damaged()

    def numbers(self, count: int, width: int = 4) -> np.ndarray:
        """Read whole numbers of so many bytes, int64 (count,)."""
        raw = self.read(count * width)
        return np.frombuffer(raw, f"{self._order}u{width}").astype(np.int64)

    def read(self, size: int) -> bytes:
        if size > self._size - self._handle.tell():
            raise self.damaged()
        return self._handle.read(size)

    def seek(self, place: int) -> None:
        if not 0 <= place <= self._size:
            raise self.damaged()
        self._handle.seek(place)

    def index(self) -> list[tuple[str, int]]:
        """Read the name of each chromosome and where it begins."""
        version, count, _ = self.numbers(3).tolist()
        if version > 1:
            raise self.damaged()
        names = []
        for _ in range(count):
            name = self.read(self.read(1)[0]).decode("utf-8", errors="replace")
            names.append((name, int(self.numbers(1, 8 if version else 4)[0])))
        return names

    def blocks(self, length: int) -> list[tuple[int, int]]:
        """Read stretches of a chromosome, as start and end."""
        count = int(self.numbers(1)[0])
        starts, sizes = self.numbers(count), self.numbers(count)
        ends = starts + sizes
        if count and ends.max() > length:
            raise self.damaged()
        return list(zip(starts.tolist(), ends.tolist(), strict=True))

    def damaged(self) -> UserError:
        return UserError(f"{self._path}: the 2bit file is damaged; copy or download it again.")


def twobit_lengths(path: str) -> Iterator[tuple[str, int]]:
    """Yield the name and the length of each chromosome.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    with open(path, "rb") as handle:
        file = _File(handle, path)
        for name, place in file.index():
            file.seek(place)
            yield name, int(file.numbers(1)[0])


def twobit_chromosomes(
    path: str, largest: int, only: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the letters of each chromosome, see `genome.chromosomes`.

    Parameters
    ----------
    path
        The file.
    largest
        Letters of a chromosome that memory suffices for.
    only
        The name of the one to read; None: all.

    Raises
    ------
    UserError
        If the file is damaged, or a chromosome too large.
    """
    with open(path, "rb") as handle:
        file = _File(handle, path)
        for name, place in file.index():
            if only not in (None, name):
                continue
            file.seek(place)
            length = int(file.numbers(1)[0])
            if length > largest:
                raise UserError(
                    f"{path}: {brief(name)} has {length:,} letters, too many for the memory of "
                    "this machine or job; give it more."
                )
            unknown, masked = file.blocks(length), file.blocks(length)
            file.numbers(1)
            yield name, b"".join(_letters(file, length, max(length, 1), unknown, masked))


def twobit_pieces(path: str, size: int) -> Iterator[tuple[str, int, bytes]]:
    """Yield each chromosome in pieces of so many letters, a multiple of 4: name, start, letters.

    One without letters is one piece that has none.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    with open(path, "rb") as handle:
        file = _File(handle, path)
        for name, place in file.index():
            file.seek(place)
            length = int(file.numbers(1)[0])
            unknown, masked = file.blocks(length), file.blocks(length)
            file.numbers(1)
            if not length:
                yield name, 0, b""
            for number, letters in enumerate(_letters(file, length, size, unknown, masked)):
                yield name, number * size, letters


def _letters(
    file: _File,
    length: int,
    size: int,
    unknown: list[tuple[int, int]],
    masked: list[tuple[int, int]],
) -> Iterator[bytes]:
    """Read the letters of a chromosome, of so many, in pieces; all bytes of one that are packed."""
    for first in range(0, length, size):
        count = min(size, length - first)
        packed = np.frombuffer(file.read(-(-count // 4)), np.uint8)
        letters = _LETTERS[packed].reshape(-1)[:count]
        for start, end in _within(unknown, first, count):
            letters[start:end] = ord("N")
        for start, end in _within(masked, first, count):
            letters[start:end] |= _LOWER
        yield letters.tobytes()


def _within(blocks: list[tuple[int, int]], first: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield what lies in a piece of stretches of a chromosome, counted from its first letter."""
    for start, end in blocks:
        if start < first + count and end > first:
            yield max(start - first, 0), min(end - first, count)
