"""Batches hold each record once, with its target and weight, in an order that can be had again."""

import keras
import numpy as np
import pytest
from small_networks import random_letters

from attendna.dna import one_hot, reverse_complement
from attendna.learning.batches import Batches, class_weights, mutate, targets
from attendna.learning.callbacks import EpochStart


def batches(n=23, batch_size=5, seed=7):
    """Batches of records that carry their own number, of a split that leaves out the first ten."""
    x = np.arange(n + 10, dtype=np.uint8)[:, None, None] * np.ones((1, 1, 4), np.uint8)
    numbers = np.arange(n + 10, dtype=np.float32)
    indices = np.arange(10, n + 10)
    return Batches(x, numbers[:, None], numbers / 2, indices, batch_size, seed)


def epoch_of(sequence):
    """Return the records of one epoch in their order."""
    return np.concatenate([sequence[i][0][:, 0, 0] for i in range(len(sequence))])


@pytest.mark.parametrize("batch_size", [1, 5, 23, 100])
def test_an_epoch_sees_each_record_of_the_split_once(batch_size):
    sequence = batches(batch_size=batch_size)
    for epoch in range(3):
        sequence.start(epoch)
        assert sorted(epoch_of(sequence)) == list(range(10, 33))


def test_a_batch_keeps_records_targets_and_weights_together():
    x, wanted, weights = batches()[1]
    assert x.shape == (5, 1, 4) and x.dtype == np.uint8
    np.testing.assert_array_equal(wanted[:, 0], x[:, 0, 0])
    np.testing.assert_array_equal(weights, x[:, 0, 0] / 2)


def test_the_order_depends_on_seed_and_epoch_alone():
    one, same, other = batches(seed=7), batches(batch_size=9, seed=7), batches(seed=8)
    first = epoch_of(one)
    np.testing.assert_array_equal(first, epoch_of(same))
    assert (first != epoch_of(other)).any()
    one.start(1)
    second = epoch_of(one)
    assert (first != second).any()
    np.random.default_rng(1).random(5)  # nothing else that draws changes it
    same.start(1)
    np.testing.assert_array_equal(second, epoch_of(same))


def test_without_a_seed_the_order_is_kept():
    sequence = batches(seed=None)
    for epoch in range(2):
        sequence.start(epoch)
        np.testing.assert_array_equal(epoch_of(sequence), np.arange(10, 33))


def test_keras_sees_each_record_once_an_epoch_in_the_order_of_the_epoch():
    fitted, checked, again = batches(seed=7), batches(seed=None), batches(seed=7)
    orders = []
    for epoch in range(3):
        again.start(epoch)
        orders.append(epoch_of(again).tolist())
    loss = Seen()
    model = keras.Sequential([keras.Input((1, 4)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(loss=loss, run_eagerly=True)
    start = EpochStart(fitted)
    model.fit(
        fitted, validation_data=checked, epochs=3, callbacks=[start], verbose=0, shuffle=False
    )
    # Keras looks at a batch first, to build the model.
    seen = np.concatenate(loss.targets)[-3 * 46 :].reshape(3, 46)
    assert seen[:, :23].tolist() == orders
    np.testing.assert_array_equal(seen[:, 23:], [np.arange(10, 33)] * 3)


class Seen(keras.losses.Loss):
    """A loss that remembers the targets that it is called with."""

    def __init__(self):
        super().__init__()
        self.targets = []

    def call(self, y_true, y_pred):
        self.targets.append(np.array(y_true)[:, 0])
        return keras.ops.mean(keras.ops.square(y_pred), axis=-1)


def test_targets_of_two_classes_are_one_for_the_positive():
    y = np.array([0, 1, 1])
    np.testing.assert_array_equal(targets(y, ["a", "b"], "b"), [[0], [1], [1]])
    np.testing.assert_array_equal(targets(y, ["a", "b"], "a"), [[1], [0], [0]])
    assert targets(y, ["a", "b"], "a").dtype == np.float32


def test_targets_of_more_classes_are_one_hot():
    wanted = targets(np.array([2, 0]), ["a", "b", "c"], "")
    np.testing.assert_array_equal(wanted, [[0, 0, 1], [1, 0, 0]])


def test_balanced_classes_count_the_same_and_as_much_as_the_records():
    y = np.repeat([0, 1, 2], [50, 30, 10])
    weights = class_weights(y, 3, "balanced")[y]
    np.testing.assert_allclose([weights[y == i].sum() for i in range(3)], 30, rtol=1e-6)
    np.testing.assert_array_equal(class_weights(y, 3, "none"), [1, 1, 1])


def test_batches_divide_evenly_among_devices():
    x, indices = np.zeros((23, 5, 4), np.uint8), np.arange(23)
    flat = np.zeros((23, 1), np.float32)
    batches = Batches(x, flat, flat[:, 0], indices, 6, seed=1, devices=3)
    sizes = [len(batches[i][0]) for i in range(len(batches))]
    assert sizes == [6, 6, 6, 3]
    seen = set()
    for epoch in range(20):  # what one epoch leaves out, others see
        batches.start(epoch)
        seen |= set(batches.order.tolist())
    assert seen == set(range(23))


def test_half_of_the_sequences_are_shown_as_their_reverse_complement():
    x = one_hot(random_letters(400, 12, seed=2))
    flat = np.zeros((400, 1), np.float32)
    options = {"seed": 1, "reverse_complements": True}
    sequence = Batches(x, flat, flat[:, 0], np.arange(400), 400, **options)
    shown, own = sequence[0][0], x[sequence.order]
    same = (shown == own).all(axis=(1, 2))
    other = (shown == reverse_complement(own)).all(axis=(1, 2))
    assert (same | other).all() and 0.4 < other.mean() < 0.6


def test_every_letter_may_be_replaced_but_padding():
    x = one_hot(random_letters(40, 50, seed=1))
    x[:, :5] = 0
    x[:, 5] = [1, 0, 0, 1]  # W
    before = x.copy()
    mutated = mutate(x, 1.0, np.random.default_rng(1))
    np.testing.assert_array_equal(x, before)
    assert not mutated[:, :5].any()
    assert (mutated[:, 5:].sum(axis=2) == 1).all()
    # A quarter draws the base that was there.
    assert 0.2 < (mutated[:, 6:] == x[:, 6:]).all(axis=2).mean() < 0.3
    rare = mutate(x, 0.1, np.random.default_rng(1))
    assert 0.05 < (rare[:, 6:] != x[:, 6:]).any(axis=2).mean() < 0.1
