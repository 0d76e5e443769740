"""Genomes in 2bit, written after the specification of UCSC."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

CODES = {"T": 0, "C": 1, "A": 2, "G": 3, "N": 0}


def write_twobit(genome: Sequence[tuple[str, str]], order: str = "<") -> bytes:
    """Return a 2bit file of chromosomes, whose letters are A, C, G, T and N in either case."""

    def numbers(*values: int) -> bytes:
        return struct.pack(f"{order}{len(values)}I", *values)

    place = 16 + sum(len(name.encode()) + 5 for name, _ in genome)
    index = records = b""
    for name, letters in genome:
        index += bytes([len(name.encode())]) + name.encode() + numbers(place + len(records))
        records += numbers(len(letters))
        for pattern in ("[Nn]+", "[a-z]+"):
            spans = [found.span() for found in re.finditer(pattern, letters)]
            starts, sizes = [start for start, _ in spans], [end - start for start, end in spans]
            records += numbers(len(spans), *starts, *sizes)
        records += numbers(0)
        codes = [CODES[letter] for letter in letters.upper()] + [0] * (-len(letters) % 4)
        quads = zip(codes[::4], codes[1::4], codes[2::4], codes[3::4], strict=True)
        records += bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in quads)
    return numbers(0x1A412743, 0, len(genome), 0) + index + records
