"""A genome in FASTA, one chromosome at a time, so that memory holds no more than the largest."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from attendna.data.raw_text import blocks_of_lines, first_part, largest_text
from attendna.dna import IUPAC
from attendna.errors import UserError, brief, shown
from attendna.names import fault

_BLANKS = b" \t\r\n"
_INVALID = b"\0"


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
        If there is text before the first header, a header without a name, a name that occurs
        twice, a chromosome without letters, with one outside IUPAC or with too many, or no
        chromosome.
    """
    seen: set[str] = set()
    name, parts = None, []
    for block in blocks:
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
            name, parts = _name(header, seen, path), [letters.translate(None, _BLANKS)]
            seen.add(name)
        if sum(map(len, parts)) > largest:
            raise UserError(
                f"{path}: {brief(name)} has more than {largest:,} letters, too many for the memory "
                "of this machine or job; give it more."
            )
    if name is None:
        raise UserError(f"{path}: the genome holds no chromosome, only blanks.")
    yield name, _checked(parts, name, path)


def _name(header: bytes, seen: set[str], path: str) -> str:
    words = header.decode("utf-8", errors="replace").split(None, 1)
    if not words:
        raise UserError(f"{path}: a header without a name; write the chromosome's behind the `>`.")
    if words[0] in seen:
        raise UserError(
            f"{path}: the name {shown(words[0])} stands for two chromosomes; rename one."
        )
    wrong = fault(words[0])
    if wrong:
        raise UserError(f"{path}: the chromosome {shown(words[0])} {wrong}")
    return words[0]


def _checked(parts: list[bytes], name: str, path: str) -> bytes:
    raw = b"".join(parts)
    if not raw:
        raise UserError(f"{path}: {brief(name)} has no letters; add them or remove its header.")
    letters = raw.translate(_LETTERS)
    wrong = letters.find(_INVALID)
    if wrong >= 0:
        letter = raw[wrong : wrong + 4].decode("utf-8", errors="replace")[0]
        raise UserError(
            f"{path}: {letter!r}, letter {wrong + 1:,} of {brief(name)}, is no IUPAC nucleotide "
            "letter; is this the genome's DNA?"
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
        return chromosomes(blocks_of_lines(self.path), self.path, largest_text())


def first_chromosome(path: str) -> str:
    """Return the name of the first chromosome of a genome, of which the first part is looked at.

    Raises
    ------
    UserError
        If that is no genome.
    """
    content, _ = first_part(path)
    return next(chromosomes([content], path))[0]
