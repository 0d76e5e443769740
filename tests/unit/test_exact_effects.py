"""Exact effects are those of the probabilities, and agreement is what it says."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from small_networks import random_letters

from attendna.dna import BASES
from attendna.simulation.oracle import posterior
from attendna.simulation.specification import Simulation
from attendna.use import exact_effects
from attendna.use.exact_effects import agreement, by_motif, changed_motifs, planted_there
from attendna.use.log_odds import of_scores, probabilities

CLASSES = {
    "yes": {"fraction": 0.5, "planted": 0.8, "motifs": ["TATAA", "GGC"]},
    "no": {"fraction": 0.3, "planted": 0.3, "motifs": ["CCCC"]},
    "other": {"fraction": 0.2, "planted": 0.0, "motifs": []},
}


@pytest.fixture(scope="module")
def simulation():
    return Simulation.from_settings({"sequences": 100, "length": 20, "seed": 1, "classes": CLASSES})


def test_exact_effects_are_differences_of_the_log_odds_of_the_posterior(simulation):
    sequences = random_letters(4, 20, 3)
    sequences[0, 5:10] = list(b"TATAA")
    target = np.array([0, 1, 2, 0])
    found = exact_effects.exact_effects(sequences, target, simulation)
    for i in range(4):
        for place in range(20):
            for k, base in enumerate(BASES):
                changed = sequences[i].copy()
                changed[place] = ord(base)
                p = posterior(np.stack([sequences[i], changed]), simulation)[:, target[i]]
                odds = np.log(p / (1 - p))
                assert np.isclose(found[i, place, k], odds[1] - odds[0], atol=1e-9)
    assert np.abs(found[0, 5:10]).max() > 1


def test_a_class_that_becomes_impossible_has_an_infinite_effect():
    classes = {
        "always": {"fraction": 0.5, "planted": 1.0, "motifs": ["TATAAA"]},
        "no": {"fraction": 0.5, "planted": 0.0, "motifs": []},
    }
    its = Simulation.from_settings({"sequences": 9, "length": 12, "seed": 1, "classes": classes})
    with_motif, without = (np.frombuffer(t, np.uint8) for t in (b"CCCTATAAACCC", b"CCCTATGGACCC"))
    found = exact_effects.exact_effects(np.stack([with_motif, without]), np.zeros(2, int), its)
    place, base = 5, BASES.index("G")
    assert found[0, place, base] == -np.inf  # TAGAAA: no motif is left
    assert found[0, 0, base] == 0 and found[1, 0, base] == 0  # impossible before and after
    assert not np.isnan(found).any()


def test_agreement_by_hand():
    exact = np.array([2.0, -1.0, 0.6, 0.0, 0.0, 0.2, np.inf, -np.inf])
    found = np.array([1.0, 0.5, 0.3, 0.1, -0.4, 0.2, 3.0, -2.0])
    its = agreement(exact, found)
    large = its["large"]
    assert (its["substitutions"], large["n"], large["infinite"]) == (8, 5, 2)
    assert large["sign"] == 4 / 5
    chosen = [0, 1, 2, 6, 7]
    ranks = np.array([4, 1, 3, 9, -9.0])
    assert np.isclose(large["spearman"], spearmanr(ranks, found[chosen]).statistic)
    expected = spearmanr(exact[:3], found[:3]).statistic
    assert np.isclose(large["spearman_finite"], expected)
    assert np.isclose(large["slope"], (2 - 0.5 + 0.18) / (4 + 1 + 0.36))
    assert its["none"]["n"] == 2 and its["none"]["small"] == 0.5
    counts = [row["n"] for row in its["sizes"]]
    assert counts == [1, 2, 1, 0, 0, 2]  # up to 0.5, 1, 2, 4, beyond, infinite
    of_one = its["sizes"][1]
    assert of_one["sign"] == 0.5 and np.isclose(of_one["rmse"], np.sqrt((1.5**2 + 0.3**2) / 2))


def test_effects_that_are_exact_agree_and_those_of_chance_do_not():
    rng = np.random.default_rng(1)
    exact = np.where(rng.random(4000) < 0.5, 0, rng.normal(0, 2, 4000))
    same = agreement(exact, exact)
    assert same["large"]["sign"] == 1 and np.isclose(same["large"]["spearman"], 1)
    assert np.isclose(same["large"]["slope"], 1) and same["none"]["small"] == 1
    chance = agreement(exact, rng.permutation(exact))
    assert abs(chance["large"]["spearman"]) < 0.1 and chance["none"]["small"] < 0.7


def test_motifs_that_a_substitution_makes_or_loses_are_named(simulation):
    sequence = np.frombuffer(b"CACACATATAACACACTGGA", np.uint8)
    found = changed_motifs(sequence[None], simulation)[0]
    assert found[6, BASES.index("G")] == "TATAA lost"
    assert found[19, BASES.index("C")] == "GGC made"
    assert found[0, BASES.index("G")] == ""
    exact, effects = np.array([1.0, -2.0, 0.1]), np.array([0.5, 1.0, 0.0])
    rows = by_motif(exact, effects, np.array(["a", "a", "b"], dtype=object))
    assert [(row["motif"], row["n"], row["sign"]) for row in rows] == [("a", 2, 0.5)]
    there = planted_there(["x", "y"], (2, 20), {"y": [(3, 5, "box")]})
    assert (
        set(there[1, 3:5].ravel()) == {"in box"} and not there[0].any() and not there[1, 5:].any()
    )


def test_log_odds_of_scores_are_those_of_the_softmax():
    scores = np.random.default_rng(2).normal(0, 3, (50, 4))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    odds = of_scores(scores)
    assert np.allclose(odds, np.log(p / (1 - p)))
    assert np.allclose(probabilities(odds), p)
    impossible = of_scores(np.array([[-np.inf, 0.0, 1.0], [-np.inf, -np.inf, 0.0]]))
    assert impossible[0, 0] == -np.inf and impossible[1, 2] == np.inf
