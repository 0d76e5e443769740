"""A genome stretch by stretch: memory holds one of them, however long the chromosomes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from attendna.data.foreign import refuse
from attendna.data.genome import checked_letters, header_name, is_twobit
from attendna.data.raw_text import blocks_of_lines
from attendna.data.twobit import twobit_pieces
from attendna.errors import UserError, brief

PIECE = 1 << 22  # letters of a 2bit file that are read at a time
_BLANKS = b" \t\r\n"


class Stretch(NamedTuple):
    """A part of a chromosome.

    Attributes
    ----------
    chrom
        Its name.
    start
        Of the first letter, from 0.
    letters
        IUPAC, upper and lower case as they are; with those that the next stretch begins with.
    """

    chrom: str
    start: int
    letters: bytes


def chromosome_lengths(path: str) -> dict[str, int]:
    """Return the letters of each chromosome, in the order of the file, which is read once.

    Raises
    ------
    UserError
        See `genome.chromosomes`.
    """
    lengths: dict[str, int] = {}
    for name, piece in pieces(path):
        lengths[name] = lengths.get(name, 0) + len(piece)
    return lengths


def stretches(path: str, size: int, overlap: int) -> Iterator[Stretch]:
    """Cut a genome into stretches, each of which has the beginning of the next one at its end.

    Parameters
    ----------
    path
        FASTA, plain, gzip or bgzip, or 2bit; no index is needed.
    size
        Letters from the start of a stretch to that of the next.
    overlap
        Letters that two neighbours have in common.

    Yields
    ------
    Stretch
        Of each chromosome at least one; the last ones may be shorter.

    Raises
    ------
    UserError
        See `genome.chromosomes`.
    """
    name, start, held = None, 0, bytearray()
    for chrom, piece in pieces(path):
        if chrom != name:
            if name is not None:
                yield from _rest(name, start, held, size, overlap)
            name, start, held = chrom, 0, bytearray()
        held += piece
        while len(held) > size + overlap:
            yield Stretch(name, start, bytes(held[: size + overlap]))
            start += size
            del held[:size]
    if name is not None:
        yield from _rest(name, start, held, size, overlap)


def _rest(chrom: str, start: int, held: bytearray, size: int, overlap: int) -> Iterator[Stretch]:
    """Yield the last stretches of a chromosome, those without an end in common with another."""
    for place in range(0, max(len(held) - overlap, 1), size):
        yield Stretch(chrom, start + place, bytes(held[place : place + size + overlap]))


def pieces(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the chromosomes of a genome in pieces, each under its name.

    Raises
    ------
    UserError
        See `genome.chromosomes`.
    """
    found = _twobit_pieces(path) if is_twobit(path) else _fasta_pieces(path)
    seen: set[str] = set()
    name, before = None, 0
    for header, piece in found:
        if header is not None:
            _refuse_empty(path, name, before)
            name, before = header_name(header, seen, path), 0
            seen.add(name)
        if piece:
            yield name, checked_letters(piece, name, path, before)
            before += len(piece)
    _refuse_empty(path, name, before)
    if name is None:
        raise UserError(f"{path}: the genome holds no chromosome, only blanks.")


def _refuse_empty(path: str, name: str | None, letters: int) -> None:
    if name is not None and not letters:
        raise UserError(f"{path}: {brief(name)} has no letters; add them or remove its header.")


def _fasta_pieces(path: str) -> Iterator[tuple[bytes | None, bytes]]:
    """Yield what stands between line ends: a header, None where it goes on, and letters."""
    begun = False
    for number, block in enumerate(blocks_of_lines(path)):
        if not number:
            refuse(block[:1024], path)
        if b"\0" in block:
            raise UserError(f"{path}: binary data; a genome is FASTA, plain, gzip or bgzip.")
        # With a line end in front of it, a header is told alike wherever it stands.
        first, *records = (b"\n" + block).split(b"\n>")
        letters = first.translate(None, _BLANKS)
        if letters and not begun:
            raise UserError(
                f"{path}: text before the first header; a genome is FASTA, in which a line "
                "`>chr1` begins each chromosome."
            )
        yield from [(None, letters)] if letters else []
        for record in records:
            begun = True
            header, _, rest = record.partition(b"\n")
            yield header, rest.translate(None, _BLANKS)


def _twobit_pieces(path: str) -> Iterator[tuple[bytes | None, bytes]]:
    for name, start, letters in twobit_pieces(path, PIECE):
        yield (None if start else name.encode()), letters
