"""Filters that start from what stands out against shuffles of the sequences."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from small_networks import hyperparameters, planted, random_letters, training_settings

from attendna.dna import decode, one_hot
from attendna.learning import models, starting, training
from attendna.learning.backend import keras
from attendna.shuffling import shuffle_encoded


def network(**changes):
    own = hyperparameters("attention_cnn", **changes)
    return models.attention_cnn(30, ["no", "yes"], "yes", **own)


def neighbours(letters):
    return Counter(zip(letters, letters[1:], strict=False))


def test_a_shuffle_keeps_pairs_of_neighbours_padding_and_unknown_bases():
    letters = random_letters(5, 40, seed=1)
    letters[:, 30] = ord("N")
    letters[:, 36:] = 0
    shuffled = decode(shuffle_encoded(one_hot(letters), [3]))
    assert (shuffled != letters).any(axis=1).all()
    for one, other in zip(letters, shuffled, strict=True):
        assert neighbours(one) == neighbours(other)
        assert (one == other)[30] and (one == other)[36:].all()
    np.testing.assert_array_equal(shuffle_encoded(one_hot(letters), [3]), one_hot(shuffled))
    assert (shuffle_encoded(one_hot(letters), [4]) != one_hot(shuffled)).any()


def test_filters_and_thresholds_are_handed_on_and_nothing_else():
    keras.utils.set_random_seed(1)
    start, model = network(members=2, position=False), network(members=2, position=True)
    for weight in start.weights:
        weight.assign(weight + 1)
    before = {weight.path: weight.numpy() for weight in model.weights}
    starting.hand_on(start, model)
    for size in (3, 8):
        own, given = (each.get_layer(f"filters_{size}") for each in (model, start))
        np.testing.assert_array_equal(own.matrices(), given.matrices())
        own, given = (each.get_layer(f"attention_{size}") for each in (model, start))
        np.testing.assert_array_equal(own.threshold, given.threshold)
    for weight in model.weights:
        if not weight.path.startswith(("filters_", "attention_")) or weight.name == "prior":
            np.testing.assert_array_equal(weight.numpy(), before[weight.path])


def test_a_network_of_fewer_members_and_scales_takes_the_first_filters():
    start, model = network(members=3), network(members=1, kernel_sizes=[8])
    starting.hand_on(start, model)
    np.testing.assert_array_equal(
        model.get_layer("filters_8").kernel, start.get_layer("filters_8").kernel[..., :4]
    )


def test_scales_with_partners_alone_learn_what_stands_out_and_hand_it_on():
    data = SimpleNamespace(x=one_hot(random_letters(60, 30, seed=1)), y=np.arange(60) % 2, crop="")
    split = {"train": np.arange(40), "validation": np.arange(40, 60)}
    settings = training.Training.of(training_settings(epochs=1))
    changes = {"members": 2, "partner_sizes": [8]}
    start = starting.learned(hyperparameters("attention_cnn", **changes), data, split, settings, 1)
    filters = [layer.name for layer in start.layers if layer.name.startswith("filters_")]
    assert filters == ["filters_8"]
    model = network(**changes)
    before = model.get_layer("filters_3").kernel.numpy()
    starting.hand_on(start, model)
    np.testing.assert_array_equal(model.get_layer("filters_3").kernel, before)
    np.testing.assert_array_equal(
        model.get_layer("filters_8").kernel, start.get_layer("filters_8").kernel
    )


@pytest.mark.parametrize(
    ("wanted", "records", "epochs"),
    [("auto", 6400, 6), ("auto", 100, 60), ("auto", 100_000, 5), (3, 6400, 3), (40, 6400, 6)],
)
def test_a_short_training_has_steps_enough_and_no_more_epochs_than_the_user_wants(
    wanted, records, epochs
):
    settings = training.Training.of(training_settings(epochs=wanted, batch_size=64))
    assert starting.briefly(settings, records, steps=600, fewest=5).epochs == epochs


@pytest.mark.thorough
def test_a_motif_of_every_class_stands_out_and_is_learned_without_labels():
    letters = planted(1200, 40, "TGACTCAT", seed=5)[0]
    letters[::2] = planted(1200, 40, "TGACTCAT", seed=6)[0][1::2]  # in all of them
    data = SimpleNamespace(x=one_hot(letters), y=np.arange(1200) % 2, crop="")
    split = {"train": np.arange(1000), "validation": np.arange(1000, 1200)}
    settings = training.Training.of(training_settings())
    own = hyperparameters("attention_cnn", kernel_sizes=[8], members=1)
    keras.utils.set_random_seed(1)
    model = starting.learned(own, data, split, settings, seed=1)
    fresh = np.concatenate([data.x[1000:], shuffle_encoded(data.x[1000:], [9])])
    real = models.predict(model, fresh)[:, 1]
    assert (real[:200] > 0.5).mean() > 0.9 and (real[200:] < 0.5).mean() > 0.9
    matrices = model.get_layer("filters_8").matrices().numpy()
    words = ["".join("ACGT"[base] for base in matrix.argmax(axis=0)) for matrix in matrices.T]
    assert any("GACTC" in word for word in words), words
