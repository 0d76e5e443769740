"""The thresholds of the motif search: what is a seed, a site, a column, a motif."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """Which k-mers may be seeds.

    Attributes
    ----------
    lengths
        Their bases.
    top
        Share of all windows that count as high.
    purity
        Share of a k-mer's occurrences that have to be high.
    information
        Bits that the motif has to reach.
    """

    lengths: range
    top: float
    purity: float
    information: float


@dataclass(frozen=True)
class Thresholds:
    """What counts in the search for motifs.

    Attributes
    ----------
    levels
        Which k-mers may be seeds. What contributes much may be short; what contributes little has
        to be more telling, since a network answers a little to every part of what it looks for.
    shifts
        Of the contributions along their records: what seeds look like where there is nothing.
    place_widths
        Bases of the windows that places are compared by.
    place_reach
        Bases by which sites of one place may be apart from it.
    place_top
        Share of all windows that count as high there.
    rounds
        Of sites and matrix, at most.
    flank
        Bases that a motif may grow on each side in one round.
    narrowest, widest
        Bases of a motif.
    column_bits, column_chi2, column_share
        A column at a motif's end has to tell so many bits, be unlike the background with p < 0.001
        (chi-squared, 3 degrees of freedom), and contribute this share of what the best column does.
    likeness
        Share of the best possible log odds from which on letters count as like the matrix.
    doubt
        Nats by which a site's letters must speak for the motif, whatever it contributes.
    pseudocount
        Sites that are like the background.
    divisions
        Times that what was found is divided, at most.
    effect
        Mean contribution of the sites: log odds that change by a tenth.
    share
        Of all that speaks for the class.
    alike
        Correlation of two matrices from which on they are one motif.
    """

    levels: tuple[Level, ...] = (
        Level(range(4, 9), 0.02, 0.25, 0.0),
        Level(range(6, 9), 0.1, 0.5, 10.0),
    )
    shifts: int = 5
    place_widths: tuple[int, ...] = (5, 7)
    place_reach: int = 3
    place_top: float = 0.05
    rounds: int = 20
    flank: int = 8
    narrowest: int = 4
    widest: int = 30
    column_bits: float = 0.3
    column_chi2: float = 16.3
    column_share: float = 0.08
    likeness: float = 0.6
    doubt: float = 3.0
    pseudocount: float = 1.0
    divisions: int = 2
    effect: float = 0.1
    share: float = 0.01
    alike: float = 0.9


THRESHOLDS = Thresholds()
