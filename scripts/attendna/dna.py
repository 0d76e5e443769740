"""The alphabet: IUPAC letters, one-hot encoding and the reverse complement."""

from __future__ import annotations

import numpy as np

BASES = "ACGT"  # the order of the four channels
# The bases that each IUPAC letter allows (Cornish-Bowden 1985, Nucleic Acids Res. 13:3021).
IUPAC = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "U": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
PADDING = 0  # the byte that stands where a sequence has ended; encoded as 0000


def _encoding_table() -> np.ndarray:
    """uint8 (256, 4): row b is the encoding of the ASCII letter b, upper or lower case."""
    table = np.zeros((256, 4), dtype=np.uint8)
    for letter, allowed in IUPAC.items():
        for base in allowed:
            table[ord(letter), BASES.index(base)] = 1
    for letter in IUPAC:
        table[ord(letter.lower())] = table[ord(letter)]
    return table


ENCODING = _encoding_table()
