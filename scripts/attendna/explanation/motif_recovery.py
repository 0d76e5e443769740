"""Which of the motifs that were planted in simulated data were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attendna.explanation.motif_comparison import Target, compare
from attendna.simulation.grammar import Matrix, Unit, motif_unit
from attendna.simulation.specification import ClassSpec, Simulation

RECOVERED = 0.01  # p-value of the match between a planted motif and the one that recovers it
SHORTEST = 4  # bases of a planted motif; no comparison of shorter ones can reach that p-value


def planted_targets(simulation: Simulation) -> list[Target]:
    """Return the motifs that were planted, on each strand where they were.

    Those that tell nothing about a class, because every class has the same unit of them (decoys),
    don't count, nor do those shorter than `SHORTEST`.
    """
    every = [_units(spec, simulation) for spec in simulation.classes]
    same = set(every[0]).intersection(*every[1:])
    found: dict[tuple[str, str, Matrix], None] = {}
    for unit in (unit for units in every for unit in units if unit not in same):
        for variant in unit.variants:
            for site in variant.sites:
                found[site.name, site.strand, site.matrix] = None
    return [
        Target(name, name, np.array(matrix), strand)
        for name, strand, matrix in found
        if len(matrix) >= SHORTEST
    ]


def _units(spec: ClassSpec, simulation: Simulation) -> tuple[Unit, ...]:
    """Return what is planted in a class."""
    plain = simulation.background is None
    return motif_unit(spec.motifs, spec.planted) if plain else spec.units


@dataclass(frozen=True)
class Recovery:
    """Which planted motifs were found.

    Attributes
    ----------
    found
        By the name of a planted motif the index of the motif that recovers it and the p-value, or
        None.
    best
        For each motif the index of its best target and the p-value, or None.
    """

    found: dict[str, tuple[int, float] | None]
    best: list[tuple[int, float] | None]

    @property
    def recovered(self) -> list[str]:
        """The names of those that were found."""
        return [name for name, match in self.found.items() if match is not None]


def recovery(
    motifs: Sequence[np.ndarray],
    planted: Sequence[Target],
    background: Sequence[Target],
    threads: int = 1,
) -> Recovery:
    """Say which planted motifs were recovered.

    A planted motif is recovered if it is the best match of some motif among all that were planted,
    read on the strand on which it was planted, with p of at most `RECOVERED`.

    Parameters
    ----------
    motifs
        float (width, 4) each.
    planted
        See `planted_targets`.
    background
        Other known motifs, many: the p-values compare with them.
    threads
        Cores.
    """
    best: list[tuple[int, float] | None] = []
    found: dict[str, tuple[int, float] | None] = {target.name: None for target in planted}
    tables = compare(motifs, planted, background, both_strands=False, threads=threads)
    for index, matches in enumerate(tables):
        if not matches or matches[0].p_value > RECOVERED:
            best.append(None)
            continue
        match = matches[0]
        best.append((match.target, match.p_value))
        name = planted[match.target].name
        before = found[name]
        if before is None or match.p_value < 0.99 * before[1]:  # equal ones differ in the last bits
            found[name] = (index, match.p_value)
    return Recovery(found, best)
