"""Elements of every kind: the oracle is the brute-force sum, the simulation draws from it."""

from itertools import product

import numpy as np
import pytest
from brute_force import likelihoods

from attendna.simulation import grammar
from attendna.simulation.arrangements import log_room
from attendna.simulation.oracle import log_likelihood_ratios, posterior
from attendna.simulation.specification import Simulation, simulate, simulate_block

WEAK = [[0.7, 0.1, 0.1, 0.1], [0, 0.5, 0, 0.5]]
STRONG = [[0.05, 0.05, 0.85, 0.05], [0.1, 0.1, 0.1, 0.7], [1, 0, 0, 0]]

CASES = {
    "one anywhere": [{"motif": "TAC"}],
    "sometimes": [{"motif": "RYN", "probability": 0.3}],
    "one of several": [{"motif": ["AA", "TAC", "CGW"], "probability": 0.7}],
    "a matrix": [{"name": "m", "matrix": WEAK, "probability": 0.9}],
    "the other strand": [{"name": "m", "matrix": STRONG, "strand": "-"}],
    "either strand": [{"name": "m", "matrix": STRONG, "strand": "both", "probability": 0.8}],
    "at its place": [{"motif": "TA", "position": -2}],
    "near its place": [{"motif": ["TA", "CCG"], "position": {"from": -2, "to": 0}}],
    "two that may meet": [{"motif": "TA"}, {"motif": "AC", "probability": 0.5}],
    "anchored and free": [
        {"motif": "GT", "position": 0},
        {"motif": "AG", "probability": 0.4, "strand": "both"},
    ],
    "two that never meet": [
        {"motif": "TA", "position": {"from": -3, "to": -2}, "probability": 0.6},
        {"name": "m", "matrix": WEAK, "position": {"from": 0, "to": 1}, "strand": "both"},
    ],
    "twice": [{"motif": "AC", "count": 2}],
    "twice or not": [{"motif": ["AC", "T"], "count": 2, "probability": 0.7, "strand": "both"}],
    "any number": [{"name": "m", "matrix": WEAK, "count": {"poisson": 0.8}, "strand": "both"}],
    "any number of two kinds": [
        {"motif": "AC", "count": {"poisson": 0.5}},
        {"motif": "GGT", "count": {"poisson": 0.9}},
    ],
    "any number beside one": [
        {"motif": "ACT", "position": -1, "probability": 0.9},
        {"name": "m", "matrix": WEAK, "count": {"poisson": 1.2}},
    ],
    "a pair": [{"motif": "AC"}, {"motif": "GT", "after": "AC", "gap": [1, 2]}],
    "a pair on either strand": [
        {"motif": "AC", "strand": "both", "name": "left"},
        {"motif": "GT", "after": "left", "gap": [0, 1], "strand": "both", "probability": 0.6},
    ],
    "pairs at any number": [
        {"motif": "A", "name": "left", "strand": "both", "count": {"poisson": 0.7}},
        {"name": "right", "matrix": WEAK, "after": "left", "gap": [0, 1]},
    ],
    "a chain, one element absent": [
        {"motif": "A", "name": "one", "strand": "-"},
        {"motif": "CG", "name": "two", "after": "one", "gap": [0, 1], "probability": 0.5},
        {"motif": "T", "name": "three", "after": "two", "gap": [1, 1], "probability": 0.5},
    ],
    "a chain in one place and another": [
        {"motif": "A", "name": "one", "position": {"from": -3, "to": -2}},
        {"motif": "CG", "name": "two", "after": "one", "gap": [0, 1]},
        {"motif": "T", "count": {"poisson": 0.3}},
    ],
    "nothing": [],
}


def simulation(elements, length=6, sequences=1000, **rest):
    classes = {
        "with": {"fraction": 0.5, "elements": elements},
        "without": {"fraction": 0.5, "elements": []},
    }
    settings = {"sequences": sequences, "length": length, "seed": 5, "classes": classes}
    return Simulation.from_settings(settings | rest)


def ascii_matrix(words):
    return np.array([list(word.encode()) for word in words], dtype=np.uint8)


def likelihood(words, made):
    """p(sequence | class) as the oracle has it, (n, classes)."""
    letters = ascii_matrix(words)
    codes = np.searchsorted(list(b"ACGT"), letters)
    background = made.background.log_probabilities(codes).sum(axis=1, keepdims=True)
    return np.exp(log_likelihood_ratios(letters, made) + background)


@pytest.mark.parametrize("name", CASES)
def test_the_oracle_is_the_sum_over_all_that_can_be_drawn(name):
    made = simulation(CASES[name])
    words, expected = likelihoods(CASES[name], 6, anchor=3)
    np.testing.assert_allclose(expected.sum(), 1)  # the enumeration is complete
    np.testing.assert_allclose(likelihood(words, made)[:, 0], expected, rtol=1e-10, atol=1e-18)


CHAINS = {
    "gc": {"order": 0, "gc": 0.3},
    "order 1": {"order": 1, "gc": 0.6, "seed": 3},
    "order 2": {"order": 2, "seed": 3},
    "order 3": {"order": 3, "gc": 0.4, "seed": 4},
    "given": {
        "order": 1,
        "transitions": [
            [0.7, 0.1, 0.1, 0.1],
            [0.1, 0.2, 0.3, 0.4],
            [0.4, 0.3, 0.2, 0.1],
            [0.25] * 4,
        ],
    },
}


def as_words(chain):
    """The tables of a background by the bases before."""
    return {
        "".join("ACGT"[row // 4**j % 4] for j in reversed(range(order))): list(probabilities)
        for order, table in enumerate(chain.tables)
        for row, probabilities in enumerate(table)
    }


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("name", ["either strand", "anchored and free", "pairs at any number"])
def test_so_it_is_in_every_background(name, chain):
    made = simulation(CASES[name], length=5, anchor=2, background=CHAINS[chain])
    known = as_words(made.background)
    words, expected = likelihoods(CASES[name], 5, anchor=2, background=known)
    found = likelihood(words, made)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-10, atol=1e-18)
    np.testing.assert_allclose(found[:, 1], likelihoods([], 5, 0, known)[1], rtol=1e-10)
    joint = found / found.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(posterior(ascii_matrix(words), made), joint, rtol=1e-9, atol=1e-18)


def test_decoys_stand_in_every_class():
    decoy = {"motif": "CC", "probability": 0.5}
    made = simulation([{"motif": "GT", "position": 0}], decoys=[decoy])
    words, expected = likelihoods([{"motif": "GT", "position": 0}, decoy], 6, anchor=3)
    found = likelihood(words, made)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-10, atol=1e-18)
    np.testing.assert_allclose(found[:, 1], likelihoods([decoy], 6)[1], rtol=1e-10)


@pytest.mark.parametrize(
    ("elements", "room"),
    [
        # Of two sites of 3 bases in 6, both starts have to be those at the ends: 2 in 4 * 4.
        ([{"motif": "AAA", "count": 2}], 2 / 16),
        ([{"motif": "AAAA", "count": 2, "probability": 0.3}], 0.7),
        ([{"motif": "AAAA", "count": {"poisson": 0.5}}], np.exp(-0.5) * 1.5),
        ([{"motif": "AAAA", "position": 0}, {"motif": "AA", "position": -2}], 1),
        ([{"motif": "AA", "position": 0}, {"motif": "CC", "probability": 0.5}], 1 - 0.5 * 3 / 5),
    ],
)
def test_the_probability_that_nothing_overlaps_by_hand(elements, room):
    units = grammar.units(elements, 6, 2, "e")
    assert np.exp(log_room(units, 6)) == pytest.approx(room)


def test_what_planted_and_motifs_say_is_the_same_as_an_element():
    simple = {"fraction": 0.5, "planted": 0.4, "motifs": ["TATAAA", "CAAT", "CAAT"]}
    rest = {"fraction": 0.5, "planted": 0, "motifs": []}
    settings = {"sequences": 300, "length": 40, "seed": 2}
    plain = Simulation.from_settings(settings | {"classes": {"a": simple, "b": rest}})
    mixed = {"a": simple, "b": {"fraction": 0.5, "elements": []}}
    general = Simulation.from_settings(settings | {"classes": mixed})
    assert plain.background is None and general.background is not None
    letters = simulate_block(plain, 0).sequences
    np.testing.assert_allclose(
        log_likelihood_ratios(letters, general), log_likelihood_ratios(letters, plain), atol=1e-9
    )


# ------------------------------------------------------------------------------ drawing


def plausible(counts, expected):
    """Pearson's statistic within five standard deviations, over what is expected often enough."""
    often = expected > 5
    rest = np.array([counts[~often].sum()]), np.array([expected[~often].sum()])
    counts, expected = np.append(counts[often], rest[0]), np.append(expected[often], rest[1])
    statistic = np.sum((counts - expected) ** 2 / np.maximum(expected, 1))
    freedom = len(counts) - 1
    return abs(statistic - freedom) < 5 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("chain", ["gc", "order 2"])
@pytest.mark.parametrize("name", sorted(set(CASES) - {"nothing"}))
def test_the_simulation_draws_from_what_the_oracle_states(name, chain):
    made = simulation(CASES[name], length=6, anchor=3, sequences=40_000, background=CHAINS[chain])
    block = simulate_block(made, 0)
    words = ["".join(word) for word in product("ACGT", repeat=6)]
    codes = np.searchsorted(list(b"ACGT"), block.sequences) @ 4 ** np.arange(6)[::-1]
    stated = likelihood(words, made)
    for i, spec in enumerate(made.classes):
        counts = np.bincount(codes[block.labels == spec.name], minlength=4**6)
        assert plausible(counts, counts.sum() * stated[:, i])


def test_sites_stand_where_the_block_says():
    elements = [
        {"name": "left", "motif": "GATTACA", "strand": "both", "count": {"poisson": 2}},
        {"name": "right", "motif": "CCCTTG", "after": "left", "gap": [2, 5], "strand": "-"},
        {"motif": "TATA", "position": {"from": -10, "to": -5}, "probability": 0.5},
    ]
    made = simulation(elements, length=120, background={"order": 1, "seed": 1})
    block = simulate_block(made, 0)
    sequences = block.sequences.view("S120").ravel().astype(str)
    reads = {
        ("left", "+"): "GATTACA",
        ("left", "-"): "TGTAATC",
        ("right", "-"): "CAAGGG",
        ("right", "+"): "CCCTTG",
        ("TATA", "+"): "TATA",
    }
    sites = list(
        zip(block.planted, block.starts, block.ends, block.motifs, block.strands, strict=True)
    )
    for row, start, end, name, strand in sites:
        assert sequences[row][start:end] == reads[name, strand]
        if name == "TATA":
            assert 50 <= start <= 55
    assert {(name, strand) for *_, name, strand in sites} == set(reads)
    assert not block.planted[block.labels[block.planted] == "without"].size
    by_row = {}
    for row, start, end, name, strand in sites:
        by_row.setdefault(row, []).append((start, end, name, strand))
    for found in by_row.values():
        assert found == sorted(found)
        assert all(one[1] <= other[0] for one, other in zip(found, found[1:], strict=False))
        lefts = [site for site in found if site[2] == "left"]
        rights = [site for site in found if site[2] == "right"]
        for left in lefts:  # each with its partner, downstream on the strand of the left one
            gaps = [
                r[0] - left[1] if left[3] == "+" else left[0] - r[1]
                for r in rights
                if r[3] != left[3]
            ]
            assert any(2 <= gap <= 5 for gap in gaps)
    there = [len([site for site in found if site[2] == "TATA"]) for found in by_row.values()]
    assert max(there) == 1


def test_a_poisson_number_has_its_mean_and_its_variance():
    made = simulation([{"motif": "ACGT", "count": {"poisson": 3}}], length=5000, sequences=2000)
    block = simulate_block(made, 0)
    numbers = np.bincount(block.planted, minlength=2000)[:1000]
    assert abs(numbers.mean() - 3) < 0.3
    assert abs(numbers.var() - 3) < 0.6


def test_blocks_alone_are_those_of_the_stream(monkeypatch):
    monkeypatch.setattr("attendna.simulation.specification.BLOCK_RECORDS", 64)
    made = simulation(CASES["anchored and free"], length=30, sequences=150)
    blocks = list(simulate(made))
    assert [len(block.labels) for block in blocks] == [64, 64, 22]
    for i, block in enumerate(blocks):
        again = simulate_block(made, i)
        assert np.array_equal(block.sequences, again.sequences)
        assert np.array_equal(block.starts, again.starts)
    assert len({block.sequences[:22].tobytes() for block in blocks}) == 3


def test_chunks_of_the_oracle_do_not_show(monkeypatch):
    made = simulation(CASES["pairs at any number"], length=20)
    letters = simulate_block(made, 0).sequences
    whole = posterior(letters, made)
    monkeypatch.setattr("attendna.simulation.oracle.CHUNK_BASES", 200)
    np.testing.assert_array_equal(posterior(letters, made), whole)


def test_long_sequences_and_many_sites_do_not_overflow():
    site = "ACGTTGCAACGT" * 10
    elements = [{"motif": site, "count": {"poisson": 4}, "strand": "both"}]
    made = simulation(elements, length=1200)
    scores = posterior(ascii_matrix([site * 10, "A" * 1200]), made)
    assert scores[0, 0] == pytest.approx(1)
    # Without a site: exp(-4) is left of the class, corrected for draws that overlap.
    assert 0 < scores[1, 0] < 0.05
