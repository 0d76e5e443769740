"""Boxes that sigma factors of bacteria bind, as published: JASPAR has no bacteria.

Facts from the papers that each box names: for the common factors how often each base was counted,
for the others a consensus.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from attendna.dna import BASES, IUPAC
from attendna.explanation.motif_comparison import Target

NAME = "bacteria"  # of this group in `explain.motifs.jaspar`
CONSENSUS = 0.8  # share of the bases that a consensus names where no share is published
FAMILY = {"70": "sigma-70 family", "54": "sigma-54 family"}
# Wösten, Boeve, Koot, van Nuenen & van der Zeijst 1998, J. Bacteriol. 180:594, table 3: 263
# promoters of E. coli after Harley & Reynolds 1987 (Nucleic Acids Res. 15:2343), and 237 of
# B. subtilis after Helmann 1995 (Nucleic Acids Res. 23:2351).
COUNTED = "Wösten et al. 1998"


class Box(NamedTuple):
    """A box.

    Attributes
    ----------
    identifier, name
        What tables call it.
    family
        Of the sigma factor, a key of `FAMILY`.
    columns
        One word a position: a base with its share in percent, or an IUPAC letter.
    source
        The paper.
    """

    identifier: str
    name: str
    family: str
    columns: str
    source: str


BOXES = [
    Box("RpoD-35", "sigma-70 -35 box", "70", "T78 T82 G68 A58 C51 A55", COUNTED),
    Box("RpoD-10", "sigma-70 -10 box", "70", "T82 A90 T52 A59 A49 T89", COUNTED),
    Box("SigA-35", "sigma-A -35 box", "70", "T87 T83 G78 A64 C51 A58", COUNTED),
    Box("SigA-10", "sigma-A -10 box", "70", "T94 A96 T60 A78 A74 T94", COUNTED),
    Box(
        "SigA-10x",
        "sigma-A extended -10 box",
        "70",
        "T58 G52 N T94 A96 T60 A78 A74 T94",
        COUNTED,
    ),
    Box(
        "RpoN",
        "sigma-54 promoter",
        "54",
        "M R N R Y T G G C A C G N N N N T T G C W N N W",
        "Barrios, Valderrama & Morett 1999, Nucleic Acids Res. 27:4305",
    ),
    Box(
        "RpoH-35",
        "sigma-32 -35 box",
        "70",
        "T C N C C C T T G A A",
        "Cowing et al. 1985, Proc. Natl. Acad. Sci. USA 82:2679",
    ),
    Box(
        "RpoH-10",
        "sigma-32 -10 box",
        "70",
        "C C C C A T T T A",
        "Cowing et al. 1985, Proc. Natl. Acad. Sci. USA 82:2679",
    ),
    Box(
        "FliA-10",
        "sigma-28 -10 box",
        "70",
        "G C C G A T A A",
        "Helmann & Chamberlin 1987, Proc. Natl. Acad. Sci. USA 84:6422",
    ),
    Box(
        "SigD-10",
        "sigma-D -10 box",
        "70",
        "C C G A T A T",
        "Gilman, Wiggs & Chamberlin 1981, Nucleic Acids Res. 9:5991",
    ),
]


def targets() -> list[Target]:
    """Return the boxes as matrices to compare motifs with."""
    return [
        Target(
            box.identifier,
            box.name,
            np.array([_column(word) for word in box.columns.split()]),
            families=(FAMILY[box.family],),
        )
        for box in BOXES
    ]


def _column(word: str) -> list[float]:
    """Return the shares of A, C, G and T: what a word leaves open is shared equally."""
    named = IUPAC[word[0]]
    share = int(word[1:]) / 100 if word[1:] else CONSENSUS
    if len(named) == len(BASES):
        share = 1.0
    others = (1 - share) / max(len(BASES) - len(named), 1)
    return [share / len(named) if base in named else others for base in BASES]


def described() -> str:
    """Say which matrices these are."""
    return f"{len(BOXES)} boxes of bacterial sigma factors as published"
