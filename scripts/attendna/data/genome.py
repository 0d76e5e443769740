"""A genome in FASTA or 2bit, one chromosome at a time: memory holds no more than the largest."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from attendna.data.foreign import refuse
from attendna.data.raw_text import blocks_of_lines, first_part, largest_text, opened
from attendna.data.twobit import MAGIC, twobit_chromosomes, twobit_lengths
from attendna.dna import IUPAC
from attendna.errors import UserError, brief, shown
from attendna.names import fault

_BLANKS = b" \t\r\n"
_INVALID = b"\0"
LOOKED_AT = 1 << 28  # bytes of a genome before a run: those of a second


def _table() -> bytes:
    """Map the IUPAC letters to themselves, U to T, and every other byte to `_INVALID`."""
    table = bytearray(_INVALID * 256)
    for letter in "".join(IUPAC) + "".join(IUPAC).lower():
        table[ord(letter)] = ord(letter)
    table[ord("U")], table[ord("u")] = b"Tt"
    return bytes(table)


_LETTERS = _table()


def chromosomes(
    blocks: Iterable[bytes], path: str, largest: int = sys.maxsize
) -> Iterator[tuple[str, bytes]]:
    r"""Parse a genome.

    Parameters
    ----------
    blocks
        The content of a FASTA file, in parts that end with a line.
    path
        What errors call the file.
    largest
        Letters of a chromosome that memory suffices for.

    Yields
    ------
    name, letters
        The first word of a header, and its IUPAC letters, U as T, upper and lower case as they
        are: lower case stands for repeats (soft-masking).

    Raises
    ------
    UserError
        If the file is of another kind, if there is text before the first header, a header without
        a name, a name that occurs twice, a chromosome without letters, with one outside IUPAC or
        with too many, or no chromosome.
    """
    seen: set[str] = set()
    name, parts, start = None, [], True
    for block in blocks:
        if start:
            refuse(block[:1024], path)
            start = False
        if b"\0" in block:
            raise UserError(f"{path}: binary data; a genome is FASTA, plain, gzip or bgzip.")
        # With a line end in front of it, a header is told alike wherever it stands.
        first, *records = (b"\n" + block).split(b"\n>")
        if name is not None:
            parts.append(first.translate(None, _BLANKS))
        elif first.strip():
            raise UserError(
                f"{path}: text before the first header; a genome is FASTA, in which a line "
                "`>chr1` begins each chromosome."
            )
        for record in records:
            if name is not None:
                yield name, _checked(parts, name, path)
            header, _, letters = record.partition(b"\n")
            name, parts = header_name(header, seen, path), [letters.translate(None, _BLANKS)]
            seen.add(name)
        if sum(map(len, parts)) > largest:
            raise UserError(
                f"{path}: {brief(name)} has more than {largest:,} letters, too many for the memory "
                "of this machine or job; give it more."
            )
    if name is None:
        raise UserError(f"{path}: the genome holds no chromosome, only blanks.")
    yield name, _checked(parts, name, path)


def header_name(header: bytes, seen: Collection[str], path: str) -> str:
    """Return the name that a header gives a chromosome, which no other of `seen` may have."""
    words = header.decode("utf-8", errors="replace").split(None, 1)
    if not words:
        raise UserError(f"{path}: a header without a name; write the chromosome's behind the `>`.")
    _check_name(words[0], seen, path)
    return words[0]


def _check_name(name: str, seen: Collection[str], path: str) -> None:
    if name in seen:
        raise UserError(f"{path}: the name {shown(name)} stands for two chromosomes; rename one.")
    wrong = fault(name)
    if wrong:
        raise UserError(f"{path}: the chromosome {shown(name)} {wrong}")


def _checked(parts: list[bytes], name: str, path: str) -> bytes:
    raw = b"".join(parts)
    if not raw:
        raise UserError(f"{path}: {brief(name)} has no letters; add them or remove its header.")
    return checked_letters(raw, name, path)


def checked_letters(raw: bytes, name: str, path: str, before: int = 0) -> bytes:
    """Return letters of a chromosome as `chromosomes` does; `before` them are so many others."""
    letters = raw.translate(_LETTERS)
    wrong = letters.find(_INVALID)
    if wrong >= 0:
        letter = raw[wrong : wrong + 4].decode("utf-8", errors="replace")[0]
        raise UserError(
            f"{path}: {letter!r}, letter {before + wrong + 1:,} of {brief(name)}, is not an IUPAC "
            "nucleotide letter; is this the genome's DNA?"
        )
    return letters


def spelling(name: str) -> str:
    """Return what a chromosome's spellings have in common: chr1, Chr1 and 1; NC_1.2 and NC_1."""
    common = re.sub(r"\.\d+$", "", name.lower().removeprefix("chr"))
    return "mt" if common == "m" else common


@dataclass(frozen=True)
class Genome:
    """A genome that is read from its file, one chromosome at a time, whenever it is iterated."""

    path: str

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the letters of each chromosome, see `chromosomes`."""
        if is_twobit(self.path):
            return _named(twobit_chromosomes(self.path, largest_text()), self.path)
        return chromosomes(blocks_of_lines(self.path), self.path, largest_text())


def is_twobit(path: str) -> bool:
    """Whether a file is a genome in 2bit.

    Raises
    ------
    UserError
        If there is no such file, or it can't be read.
    """
    with opened(path) as handle:
        return handle.read(4) in MAGIC


def _named(found: Iterable[tuple[str, Any]], path: str) -> Iterator[tuple[str, Any]]:
    """Yield chromosomes whose names are checked as those of FASTA."""
    seen: set[str] = set()
    for name, content in found:
        _check_name(name or " ", seen, path)
        seen.add(name)
        if not content:
            raise UserError(f"{path}: {brief(name)} has no letters; take it out.")
        yield name, content
    if not seen:
        raise UserError(f"{path}: the genome holds no chromosome.")


def first_chromosome(path: str) -> str:
    """Return the name of the first chromosome of a genome, of which the first part is looked at.

    Raises
    ------
    UserError
        If that is no genome.
    """
    if is_twobit(path):
        return next(_named(twobit_lengths(path), path))[0]
    content, _ = first_part(path)
    return next(chromosomes([content], path))[0]


def genome_lengths(path: str) -> tuple[dict[str, int], bool]:
    """Return the letters of each chromosome, as far as a moment suffices to count them.

    Returns
    -------
    lengths, complete
        By name; whether these are all chromosomes. Letters are not checked.

    Raises
    ------
    UserError
        If the file can't be read or is no genome.
    """
    if is_twobit(path):
        return dict(_named(twobit_lengths(path), path)), True
    lengths: dict[str, int] = {}
    name, looked_at = None, 0
    for block in blocks_of_lines(path):
        first, *records = (b"\n" + block).split(b"\n>")
        if name is not None:
            lengths[name] += len(first.translate(None, _BLANKS))
        for record in records:
            header, _, letters = record.partition(b"\n")
            name = header_name(header, lengths.keys(), path)
            lengths[name] = len(letters.translate(None, _BLANKS))
        looked_at += len(block)
        if looked_at > LOOKED_AT:
            if name is not None:
                del lengths[name]  # which goes on
            return lengths, False
    return lengths, True
