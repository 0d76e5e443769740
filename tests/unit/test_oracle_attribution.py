"""The posterior of planted positions against enumeration, and against what a simulation draws."""

from itertools import product

import numpy as np
import pytest
from brute_force import copies_of, overlap, units_of

from attendna.simulation.oracle_attribution import planted_posterior
from attendna.simulation.specification import Simulation, simulate, simulate_block

LENGTH = 6


def simulation_of(classes, length=LENGTH, sequences=1000, **more):
    block = {"sequences": sequences, "length": length, "seed": 5, "classes": classes, **more}
    return Simulation.from_settings(block)


def letters_of(words):
    return np.array([list(word.encode()) for word in words], np.uint8)


def enumerated(elements, length, words, anchor):
    """P(position is planted | word), float (words, length), by going through all arrangements."""
    digits = np.array([["ACGT".index(base) for base in word] for word in words])
    total, covered = np.zeros(len(words)), np.zeros((len(words), length))
    for parts in product(*(list(copies_of(unit, length, anchor)) for unit in units_of(elements))):
        if overlap([span for _, _, spans in parts for span in spans]):
            continue
        columns = {
            start + j: row
            for part in parts
            for start, matrix in part[1]
            for j, row in enumerate(matrix)
        }
        weight = np.full(len(words), np.prod([part[0] for part in parts]))
        for i in range(length):
            weight *= np.array(columns.get(i, [0.25] * 4))[digits[:, i]]
        total += weight
        covered[:, list(columns)] += weight[:, None]
    with np.errstate(invalid="ignore"):  # words that nothing can make
        return covered / total[:, None]


ELEMENTS = {
    "one motif": [{"motif": "TA", "probability": 0.6}],
    "two that can overlap": [{"motif": "TA"}, {"motif": "RC", "probability": 0.5}],
    "any number": [{"motif": "A", "count": {"poisson": 1.2}}, {"motif": "CG", "probability": 0.3}],
    "two copies": [{"motif": ["AC", "T"], "count": 2, "probability": 0.4}],
    "a distance": [
        {"motif": "AC", "name": "first", "strand": "both"},
        {"motif": "T", "after": "first", "gap": [0, 2], "probability": 0.7},
    ],
    "a place": [{"motif": "GA", "position": {"from": -2, "to": 1}}, {"motif": "N", "name": "any"}],
}


@pytest.mark.parametrize("elements", ELEMENTS.values(), ids=ELEMENTS)
def test_it_is_the_posterior_of_exhaustive_enumeration(elements):
    classes = {
        "a": {"fraction": 0.5, "elements": elements},
        "b": {"fraction": 0.5, "elements": []},
    }
    simulation = simulation_of(classes, sequences=60)
    words = ["".join(word) for word in product("ACGT", repeat=LENGTH)][::7]
    expected = enumerated(elements, LENGTH, words, anchor=LENGTH // 2)
    found = planted_posterior(letters_of(words), np.array(["a"] * len(words)), simulation)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.isfinite(found).any() and np.isnan(found).any() == np.isnan(expected).any()
    none = planted_posterior(letters_of(words), np.array(["b"] * len(words)), simulation)
    assert (none == 0).all()


def test_on_the_motifs_of_the_tutorial_it_holds_what_it_promises():
    """Calibrated: of the positions with a posterior of about p, a share p is planted."""
    classes = {
        "a": {"fraction": 0.5, "planted": 1.0, "motifs": ["TATA", "CAT"]},
        "b": {"fraction": 0.5, "planted": 0.3, "motifs": ["AAAAA"]},
    }
    simulation = simulation_of(classes, length=60, sequences=4000)
    block = simulate_block(simulation, 0)
    posterior = planted_posterior(block.sequences, block.labels, simulation)
    planted = np.zeros(posterior.shape, bool)
    for row, start, end in zip(block.planted, block.starts, block.ends, strict=True):
        planted[row, start:end] = True
    assert posterior[block.labels == "a"].sum(axis=1) == pytest.approx(3.5, abs=0.5001)
    edges = [0, 0.01, 0.1, 0.3, 0.6, 0.9, 1.01]
    for low, high in zip(edges, edges[1:], strict=False):
        within = (posterior >= low) & (posterior < high)
        expected, seen = posterior[within].mean(), planted[within].mean()
        # A site covers up to 5 positions, which are planted together or not.
        error = np.sqrt(5 * posterior[within].sum()) / within.sum()
        assert abs(seen - expected) <= 5 * error, (low, high)


def test_chunks_do_not_show(monkeypatch):
    classes = {
        "a": {"fraction": 0.5, "elements": ELEMENTS["two that can overlap"]},
        "b": {"fraction": 0.5, "elements": ELEMENTS["a distance"]},
    }
    simulation = simulation_of(classes, length=12, sequences=40)
    block = next(simulate(simulation))
    whole = planted_posterior(block.sequences, block.labels, simulation)
    monkeypatch.setattr("attendna.simulation.oracle.CHUNK_BASES", 30)
    np.testing.assert_array_equal(
        planted_posterior(block.sequences, block.labels, simulation), whole
    )
