"""The chromosomes of a genome by name, one in memory at a time, without an index beside the file.

Where the format allows (plain FASTA, 2bit) a chromosome is read from its place; a packed FASTA has
to be read from its begin, so it is read on from where it is as long as that leads there.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from attendna.data.genome import Genome, chromosomes, first_chromosome, is_twobit
from attendna.data.raw_text import BLOCK, largest_text
from attendna.data.twobit import twobit_chromosomes, twobit_lengths
from attendna.errors import UserError, brief

_BLANKS = b" \t\r\n"
_GZIP = b"\x1f\x8b"


class Chromosomes:
    """The chromosomes of a genome.

    Attributes
    ----------
    path
        The file: FASTA, plain, gzip or bgzip, or 2bit.
    lengths
        The letters of each, by name, in the order of the file.
    """

    def __init__(self, path: str) -> None:
        first_chromosome(path)  # says what is wrong with a file of another kind
        self.path = path
        self._places: dict[str, tuple[int, int]] = {}
        self._running: Iterator[tuple[str, bytes]] = iter(())
        self._last: tuple[str, bytes] = ("", b"")
        self._twobit = is_twobit(path)
        if self._twobit:
            self.lengths = dict(twobit_lengths(path))
            return
        with open(path, "rb") as handle:
            packed = handle.read(len(_GZIP)) == _GZIP
        if packed:
            self.lengths = {name: len(letters) for name, letters in Genome(path)}
        else:
            self.lengths = self._index()

    def _index(self) -> dict[str, int]:
        """Find where the chromosomes of a plain FASTA file stand; return their letters."""
        lengths: dict[str, int] = {}
        with (
            open(self.path, "rb") as handle,
            mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as text,
        ):
            starts = list(_headers(text))
            for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
                line = min(_line_end(text, start, end), end)
                name = text[start + 1 : line].decode("utf-8", errors="replace").split(None, 1)
                if not name or name[0] in lengths:
                    continue  # reading it says what is wrong
                self._places[name[0]] = (start, end)
                parts = (text[at : min(at + BLOCK, end)] for at in range(line, end, BLOCK))
                lengths[name[0]] = sum(len(part.translate(None, _BLANKS)) for part in parts)
        return lengths

    def letters(self, name: str) -> bytes:
        """Return the letters of a chromosome, as `genome.chromosomes` does; the last is kept.

        Raises
        ------
        UserError
            If the file is damaged there, or the chromosome too large for the memory.
        """
        if self._last[0] != name:
            self._last = ("", b"")  # not two of them in memory
            self._last = (name, self._read(name))
        return self._last[1]

    def _read(self, name: str) -> bytes:
        if self._twobit:
            return next(twobit_chromosomes(self.path, largest_text(), name))[1]
        if self._places:
            start, end = self._places[name]
            if end - start > largest_text():
                raise UserError(
                    f"{self.path}: {brief(name)} is too large for the memory of this machine or "
                    "job; give it more."
                )
            with open(self.path, "rb") as handle:
                handle.seek(start)
                block = handle.read(end - start).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            return next(chromosomes([block], self.path))[1]
        for again in range(2):
            for found, letters in self._running:
                if found == name:
                    return letters
            if not again:
                self._running = iter(Genome(self.path))
        raise UserError(f"{self.path}: {brief(name)} is gone; leave the file alone during a run.")


def _headers(text: mmap.mmap) -> Iterator[int]:
    """Yield where the headers of a FASTA file begin."""
    place = text.find(b">")
    while place >= 0:
        # Behind a line end, or at the begin, perhaps behind the mark of a byte order.
        if text[max(place - 1, 0) : place] in (b"", b"\n", b"\r") or place == 3:
            yield place
        place = text.find(b">", place + 1)


def _line_end(text: mmap.mmap, start: int, end: int) -> int:
    """Return where the line that begins at a place ends, whatever its line end."""
    found = [text.find(mark, start, end) for mark in (b"\n", b"\r")]
    return min((place for place in found if place >= 0), default=end)
