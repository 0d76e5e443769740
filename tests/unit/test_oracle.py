"""The oracle against exhaustive enumeration, and against what the simulation draws."""

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attendna.dna import IUPAC
from attendna.simulation.oracle import count_occurrences, log_likelihood_ratios, posterior
from attendna.simulation.specification import Simulation, simulate_block


def make(classes, sequences=1000, length=6, seed=3):
    return Simulation.from_settings(
        {"sequences": sequences, "length": length, "seed": seed, "classes": classes}
    )


def ascii_matrix(sequences):
    return np.array([list(sequence.encode()) for sequence in sequences], dtype=np.uint8)


def all_sequences(length):
    return ["".join(bases) for bases in product("ACGT", repeat=length)]


def enumerate_class(spec, length):
    """p(sequence | class) of all 4^length sequences, by going through all that can be drawn."""
    sequences = all_sequences(length)
    index = {sequence: i for i, sequence in enumerate(sequences)}
    background = 1 / len(sequences)
    probability = np.full(len(sequences), (1 - spec.planted) * background)
    for motif in spec.motifs:
        instances = list(product(*(IUPAC[letter] for letter in motif)))
        starts = length - len(motif) + 1
        weight = spec.planted / len(spec.motifs) / starts / len(instances) * background
        for instance, start, sequence in product(instances, range(starts), sequences):
            end = start + len(motif)
            probability[index[sequence[:start] + "".join(instance) + sequence[end:]]] += weight
    return probability


THREE = {
    "a": {"fraction": 0.5, "planted": 1.0, "motifs": ["AA", "TAC", "AA"]},
    "b": {"fraction": 0.3, "planted": 0.4, "motifs": ["RYN", "CG", "BS"]},
    "c": {"fraction": 0.2, "planted": 0.0, "motifs": []},
}


@pytest.mark.parametrize(
    ("classes", "length"),
    [
        (THREE, 6),
        ({"only": {"fraction": 1.0, "planted": 0.3, "motifs": ["UUUU", "NNN"]}}, 4),
        (
            {
                "x": {"fraction": 0.9, "planted": 0.8, "motifs": ["ACGTW"]},  # as long as sequences
                "y": {"fraction": 0.1, "planted": 0.0, "motifs": ["CC"]},
            },
            5,
        ),
    ],
)
def test_posterior_is_that_of_exhaustive_enumeration(classes, length):
    simulation = make(classes, length=length)
    sequences = ascii_matrix(all_sequences(length))
    likelihood = np.stack([enumerate_class(spec, length) for spec in simulation.classes], axis=1)
    np.testing.assert_allclose(likelihood.sum(axis=0), 1)  # the enumeration is complete

    ratios = np.exp(log_likelihood_ratios(sequences, simulation))
    np.testing.assert_allclose(ratios / 4**length, likelihood, rtol=1e-12)

    joint = likelihood * [spec.fraction for spec in simulation.classes]
    expected = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(posterior(sequences, simulation), expected, rtol=1e-12)


def test_the_simulation_draws_from_the_distribution_that_the_oracle_states():
    length, records = 4, 60_000
    classes = {
        "a": {"fraction": 0.5, "planted": 0.7, "motifs": ["TA", "RYC"]},
        "b": {"fraction": 0.5, "planted": 0.5, "motifs": ["GN", "TTT"]},
    }
    simulation = make(classes, sequences=records, length=length)
    block = simulate_block(simulation, 0)
    codes = np.searchsorted(list(b"ACGT"), block.sequences) @ 4 ** np.arange(length)[::-1]
    ratios = np.exp(log_likelihood_ratios(ascii_matrix(all_sequences(length)), simulation))
    for i, spec in enumerate(simulation.classes):
        counts = np.bincount(codes[block.labels == spec.name], minlength=4**length)
        expected = counts.sum() * ratios[:, i] / 4**length
        statistic = np.sum((counts - expected) ** 2 / expected)
        freedom = 4**length - 1
        assert abs(statistic - freedom) < 5 * np.sqrt(2 * freedom)


def test_prior_is_the_share_of_records_not_of_the_settings():
    same = {"planted": 0.0, "motifs": []}
    simulation = make({"a": {"fraction": 0.5} | same, "b": {"fraction": 0.5} | same}, sequences=3)
    np.testing.assert_allclose(posterior(ascii_matrix(["ACGTAC"]), simulation), [[2 / 3, 1 / 3]])


def test_a_sequence_that_no_class_can_make_is_nan_and_others_are_not():
    simulation = make({"a": {"fraction": 1.0, "planted": 1.0, "motifs": ["AAA"]}})
    scores = posterior(ascii_matrix(["CCCCCC", "CAAACC"]), simulation)
    assert np.isnan(scores[0]).all()
    assert scores[1] == 1


def test_long_motifs_do_not_overflow():
    motif = "ACGT" * 400  # 4^1600 is beyond float64
    classes = {
        "a": {"fraction": 0.5, "planted": 0.5, "motifs": [motif]},
        "b": {"fraction": 0.5, "planted": 0.0, "motifs": []},
    }
    simulation = make(classes, length=1600)
    scores = posterior(ascii_matrix([motif, "A" * 1600]), simulation)
    # With the motif, a = 1; without, p(a) : p(b) = 1/2 * 1/2 : 1/2.
    np.testing.assert_allclose(scores, [[1, 0], [1 / 3, 2 / 3]], rtol=1e-12, atol=1e-300)


def test_occurrences_count_overlaps():
    counts = count_occurrences(ascii_matrix(["AAAAGA", "CCCCCC"]), {"AA", "RA", "NNNNN", "U"})
    assert {motif: count.tolist() for motif, count in counts.items()} == {
        "AA": [3, 0],
        "RA": [4, 0],
        "NNNNN": [2, 2],
        "U": [0, 0],
    }


def test_chunks_do_not_show(monkeypatch):
    simulation = make(THREE)
    sequences = simulate_block(simulation, 0).sequences
    whole = posterior(sequences, simulation)
    monkeypatch.setattr("attendna.simulation.oracle.CHUNK_BASES", 60)
    np.testing.assert_array_equal(posterior(sequences, simulation), whole)


TUTORIAL = {
    "positive": {
        "fraction": 0.5,
        "planted": 1.0,
        "motifs": ["TATAAA", "CAAT", "GGGCGG", "TTGACA"],
    },
    "negative": {
        "fraction": 0.5,
        "planted": 0.3,
        "motifs": ["AAAAAAA", "TTTTTTT", "CCCCCCC", "GGGGGGG"],
    },
}


def test_on_the_tutorial_it_separates_as_measured_and_is_calibrated():
    simulation = make(TUTORIAL, sequences=20_000, length=200, seed=42)
    block = simulate_block(simulation, 0)
    scores = posterior(block.sequences, simulation)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-12)
    positive = block.labels == "positive"
    p = scores[:, 0]
    assert 0.89 < roc_auc_score(positive, p) < 0.93
    assert 0.82 < ((p > 0.5) == positive).mean() < 0.86
    # Calibrated: in each tenth of the scores the mean score is the share of positives.
    for tenth in np.array_split(np.argsort(p), 10):
        error = np.sqrt(np.sum(p[tenth] * (1 - p[tenth]))) / len(tenth)
        assert abs(p[tenth].mean() - positive[tenth].mean()) < 5 * error + 1e-3
    assert abs(p.mean() - 0.5) < 0.01
