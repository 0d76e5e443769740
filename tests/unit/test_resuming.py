"""A training that was stopped after any epoch ends like one that never stopped, bit for bit."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_networks import hyperparameters, planted, training_settings
from tensorflow.python.framework import config

from attendna.contracts.checkpoints import Checkpoint
from attendna.dna import one_hot
from attendna.learning import models, training

LETTERS, Y, _ = planted(120, 20, "GATTACAG", 1)
X = one_hot(LETTERS)
SPLIT = {"train": np.arange(80), "validation": np.arange(80, 120)}


class Stop(Exception):
    """Stands for a kill: it leaves the process nothing to do."""


@pytest.fixture(autouse=True)
def deterministic():
    tf.config.experimental.enable_op_determinism()
    yield
    config.disable_op_determinism()  # which the public module lacks


def train(path=None, stop_after=None, y=Y, **changes):
    """Train a new network; return its history, its weights and its predictions."""
    keras.utils.set_random_seed(3)
    model = models.attention_cnn(
        20, ["no", "yes"], "yes", **hyperparameters("attention_cnn", dropout=0.5)
    )
    changes = {"early_stopping": None, "mutation": 0.1} | changes
    settings = training.Training.of(training_settings(**changes))
    checkpoint = None if path is None else Stopping(path, "this", stop_after)
    history = training.train(model, X, y, SPLIT, settings, 1, checkpoint=checkpoint)
    return history, model.get_weights(), models.predict(model, X)


class Stopping(Checkpoint):
    """A checkpoint at which the process ends when an epoch is kept."""

    def __init__(self, path, belongs, stop_after):
        super().__init__(path, belongs)
        self.stop_after = stop_after

    def save(self, state, lasting=True):
        super().save(state, lasting)
        if state["epochs"] == self.stop_after:
            raise Stop


def equal(one, other):
    assert one[0] == other[0]
    for mine, theirs in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one[2], other[2])


@pytest.mark.slow
def test_stopped_after_an_epoch_it_ends_like_one_that_never_stopped(tmp_path, capsys):
    undisturbed = train(epochs=3)
    path = tmp_path / "state.npz"
    for epoch in (1, 3):  # in the middle, and when only what follows a training is missing
        with pytest.raises(Stop):
            train(path, stop_after=epoch, epochs=3)
    equal(train(path, epochs=3), undisturbed)
    said = capsys.readouterr().out
    lines = [line.split()[1] for line in said.splitlines() if line.startswith("epoch ")]
    assert lines == ["1/3", "2/3", "3/3"] * 2  # the undisturbed, and the others: no epoch twice
    assert "going on after epoch 1, where an earlier run stopped" in said


@pytest.mark.slow
def test_patience_and_the_plateau_are_remembered(tmp_path, monkeypatch, capsys):
    """Labels at random get worse soon; a training that had stopped does not start again."""
    monkeypatch.setattr(training, "PLATEAU_PATIENCE", 2)
    settings = {"epochs": 30, "early_stopping": 3, "schedule": "plateau", "learning_rate": 0.05}
    settings |= {"y": np.random.default_rng(5).integers(0, 2, len(Y))}
    undisturbed = train(**settings)
    epochs = len(undisturbed[0]["epoch"])
    assert 4 < epochs < 30
    assert undisturbed[0]["learning_rate"][-1] < 0.05
    path = tmp_path / "state.npz"
    for stop in (epochs - 2, epochs):  # in the middle of both waits, and after the end
        with pytest.raises(Stop):
            train(path, stop_after=stop, **settings)
    capsys.readouterr()
    equal(train(path, **settings), undisturbed)
    assert "val_loss" not in capsys.readouterr().out  # no epoch more


def test_a_callback_of_our_own_names_what_it_remembers(tmp_path, monkeypatch):
    class Counting(keras.callbacks.Callback):
        kept = ("count",)

        def on_train_begin(self, logs=None):
            self.count = [np.zeros(2)]

        def on_epoch_end(self, epoch, logs=None):
            self.count = [self.count[0] + epoch + 1]

    made = []
    usual = training._callbacks

    def callbacks(*settings):
        made.append(Counting())
        return [*usual(*settings), made[-1]]

    monkeypatch.setattr(training, "_callbacks", callbacks)
    with pytest.raises(Stop):
        train(tmp_path / "state.npz", stop_after=1, epochs=2)
    train(tmp_path / "state.npz", epochs=2)
    assert made[0].count[0].tolist() == [1, 1] and made[1].count[0].tolist() == [3, 3]
