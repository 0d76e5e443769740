"""The search for rules: what a network can see, and how much it is asked."""

import keras
import numpy as np
import pytest
from small_networks import encoded, hyperparameters
from toy_scorers import WORDS, motif

from attendna.explanation import pair_search
from attendna.explanation.pair_effects import arrangements_of
from attendna.explanation.pair_search import Options, affordable, filled, search, tested_gaps
from attendna.explanation.pair_sight import Sight, sight
from attendna.explanation.pair_words import Word
from attendna.learning import models
from attendna.planning import needs

tested_gaps.__test__ = False  # pytest would take it for a test
LENGTH = 60
OPTIONS = Options(motifs=2, gap=4, backgrounds=5, seed=1)


def network(length=LENGTH, **changes):
    how = hyperparameters("attention_cnn", **changes)
    return models.attention_cnn(length, ["hit", "other"], "hit", **how)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"partner_sizes": []}, Sight(8, 0)),
        ({"partner_sizes": [8], "partner_reach": 16}, Sight(8, 16)),
        ({"partner_sizes": [], "reverse_complement": "either", "counting": True}, Sight(8, 0)),
        ({"partner_sizes": [], "reverse_complement": "average"}, Sight(8, 0)),
    ],
)
def test_what_a_network_sees_follows_from_its_layers(changes, expected):
    assert sight(network(**changes)) == expected


def test_a_network_of_other_layers_may_see_anything():
    inputs = keras.Input((LENGTH, 4))
    hidden = keras.layers.Conv1D(3, 5)(inputs)
    for deeper in (
        keras.layers.Flatten()(hidden),
        keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(3, 5)(hidden)),
        keras.layers.Reshape((LENGTH * 3,))(keras.layers.Conv1D(3, 5, padding="same")(inputs)),
        keras.layers.LSTM(2)(hidden),
    ):
        assert sight(keras.Model(inputs, keras.layers.Dense(1)(deeper))).whole
    pooled = keras.layers.GlobalMaxPooling1D()(hidden)
    assert sight(keras.Model(inputs, keras.layers.Dense(1)(pooled))) == Sight(5)


def test_a_network_without_partners_says_the_same_beyond_what_it_sees_and_not_before():
    """In sequences of N, where nothing but the two words can make a difference."""
    model = network(partner_sizes=[], kernel_sizes=[8], position=False, members=1)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(np.abs(rng.normal(size=weight.shape)))
    score, x = pair_search.class_scores(model), np.ones((2, LENGTH, 4), np.uint8)
    unseen = sight(model).farthest(0) + 1  # not even a base of each word at once
    found = pair_search.effects(score, x, WORDS, [0, 4, unseen, unseen + 7], symmetric=False)
    own = found.beyond[[arrangement.pair == (0, 1) for arrangement in found.arrangements]]
    unlike = np.abs(own - own[:, -1:]).max(axis=(0, 2, 3))
    assert unlike[2] < 1e-4 and (unlike[:2] > 0.01).all()


def test_how_far_a_network_sees():
    assert Sight(25).farthest(16) == 9
    assert Sight(7).farthest(16) < 0
    # From one end of a block to the other end of another, and each word at the end of a filter.
    assert Sight(15, reach=32).farthest(16) == 32 + 3 + 15 - 16
    assert Sight(60, whole=True).farthest(16) is None


def test_distances_that_are_not_seen_are_asked_for_comparison_only():
    assert tested_gaps(4, None) == tested_gaps(4, 9) == [0, 1, 2, 3, 4]
    assert tested_gaps(40, -1) == []
    some = tested_gaps(40, 5)
    assert some[:6] == [0, 1, 2, 3, 4, 5] and len(some) == 6 + pair_search.FAR
    assert some[-1] == 40


@pytest.mark.parametrize("length", [50, 200, 2000, 20_000])
@pytest.mark.parametrize("symmetric", [True, False])
def test_long_sequences_take_fewer_backgrounds_then_fewer_words(length, symmetric):
    words = [Word(str(i), "hit", letters) for i, letters in enumerate(["GATTACAG"] * 8)]
    count, some = affordable(words, 41, 20, length, symmetric)
    asked = len(arrangements_of(words[:some], symmetric)) * 41 * count * length
    assert 2 <= some <= 8 and pair_search.FEWEST_BACKGROUNDS <= count <= 20
    assert asked <= pair_search.MOST_BASES or (count, some) == (8, 2)
    if length <= 200:
        assert some == 8
    estimated = needs.pair_seconds({"motifs": 8, "gap": 40, "backgrounds": 20}, length)
    assert estimated >= needs.PREDICTION * asked / needs.MB


def test_few_are_asked_where_few_are_wanted():
    assert affordable(WORDS, 5, 5, 100, True) == (5, 2)
    assert affordable(WORDS[:1], 5, 5, 100, True) == (5, 1)


def test_the_estimate_knows_the_bounds_of_the_search():
    assert needs.MOST_PAIRS == pair_search.MOST_BASES
    assert needs.FEWEST_BACKGROUNDS == pair_search.FEWEST_BACKGROUNDS


def test_backgrounds_have_no_padding_and_are_as_many_as_wanted():
    x = encoded(3, LENGTH, 1)
    x[1, 20:] = 0
    found = filled(x, 7, seed=2)
    assert found.shape == (7, LENGTH, 4) and found.any(axis=2).all()
    assert len(np.unique(found.reshape(7, -1), axis=0)) == 7  # each shuffled anew
    assert (found == filled(x, 7, seed=2)).all()


MOTIFS = [motif("a", "GATTACAG"), motif("b", "CCGTTTGC")]


def test_a_search_asks_the_network_and_says_what_it_asked():
    model = network(partner_sizes=[8], partner_reach=8)
    found = search(model, encoded(9, LENGTH, 1), MOTIFS, OPTIONS)
    assert [word.letters for word in found.words] == ["GATTACAG", "CCGTTTGC"]
    assert found.backgrounds == 5 and found.farthest == 8 + 3 + 8 - 16
    assert found.effects.beyond.shape == (16, 5, 5, 2)
    np.testing.assert_allclose(found.effects.beyond.sum(axis=3), 0, atol=1e-5)
    assert found.rules == []  # it has learned nothing


@pytest.mark.parametrize(
    ("motifs", "options"),
    [([], OPTIONS), (MOTIFS, Options(0, 4, 5, 1)), ([motif("a", "GAT")], OPTIONS)],
)
def test_without_motifs_nothing_is_asked(motifs, options):
    found = search(network(), encoded(9, LENGTH, 1), motifs, options)
    assert found.effects is None and found.rules == [] and found.words == []


def test_a_network_that_sees_no_arrangement_is_not_asked(monkeypatch):
    monkeypatch.setattr(pair_search, "effects", None)
    found = search(network(partner_sizes=[]), encoded(9, LENGTH, 1), MOTIFS, OPTIONS)
    assert found.effects is None and len(found.words) == 2 and found.farthest < 0
