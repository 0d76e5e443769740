"""What the oracle says about positions: the ceiling of attributions of simulated sequences."""

from __future__ import annotations

import numpy as np

from attendna.simulation import oracle
from attendna.simulation.arrangements import coverage, states
from attendna.simulation.background import Background
from attendna.simulation.grammar import Unit, motif_unit
from attendna.simulation.specification import ClassSpec, Simulation


def planted_posterior(
    sequences: np.ndarray, labels: np.ndarray, simulation: Simulation
) -> np.ndarray:
    """Return how likely each position is to belong to what was planted.

    Chance copies of a motif can't be told from planted ones, so nobody finds all planted positions
    and no others; ranking positions by this probability is the best that can be done by one who
    knows how the sequences were made and the class of each.

    Parameters
    ----------
    sequences
        uint8 (n, length): ASCII A, C, G, T, of the simulation's length.
    labels
        str (n,), the class of each.
    simulation
        How the sequences were made.

    Returns
    -------
    numpy.ndarray
        float64 (n, length); nan where the class can't make the sequence.
    """
    chain = simulation.background or Background.of_composition()
    covered = np.zeros(sequences.shape)
    for spec in simulation.classes:
        units = _units(spec)
        members = np.flatnonzero(labels == spec.name)
        rows = oracle.rows_at_once(simulation.length, states(units, simulation.length))
        for start in range(0, len(members), rows):
            chunk = members[start : start + rows]
            scores = oracle.site_scores(sequences[chunk], chain)
            covered[chunk] = coverage(units, simulation.length, scores, len(chunk)).T
    return covered


def _units(spec: ClassSpec) -> tuple[Unit, ...]:
    """Return what a class plants; of classes that plant motifs in uniform bases too."""
    return spec.units or motif_unit(spec.motifs, spec.planted)
