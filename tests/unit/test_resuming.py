"""A training that was stopped after any epoch ends like one that never stopped, bit for bit."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_networks import hyperparameters, planted, training_settings
from tensorflow.python.framework import config

from attendna.contracts.checkpoints import Checkpoint
from attendna.dna import one_hot
from attendna.learning import models, starting, syntax, training
from attendna.learning.resuming import Resume

pytestmark = pytest.mark.slow  # TensorFlow compiles many networks

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


def network(**changes):
    """Build a network of one scale, which is traced in half of the time of two."""
    values = hyperparameters("attention_cnn", **{"kernel_sizes": [8]} | changes)
    return models.attention_cnn(20, ["no", "yes"], "yes", **values)


def train(path=None, stop_after=None, y=Y, **changes):
    """Train a new network; return its history, its weights and its predictions."""
    keras.utils.set_random_seed(3)
    model = network(dropout=0.5)
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
    assert "continuing after epoch 1, where an earlier run stopped" in said


@pytest.fixture
def eager():
    """Run steps as they are written: few are made of each network, and compiling takes longer."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.thorough
def test_what_is_learned_before_the_training_is_not_learned_again(tmp_path, monkeypatch, eager):
    """A kill may come while small networks find out what suits, or while the filters start."""
    data = SimpleNamespace(x=X, y=Y, classes=["no", "yes"], positive="yes", crop="")
    monkeypatch.setattr(syntax, "SHOWN", -100.0)  # partners are used
    monkeypatch.setattr(syntax, "FEWEST_RECORDS", 1)
    own = hyperparameters("attention_cnn", kernel_sizes=[8], members=2)
    own |= {"partner_sizes": "auto", "start": "auto", "counting": False}
    settings = training.Training.of(training_settings(epochs=2))
    saved = []

    def train(folder, **stop):
        keras.utils.set_random_seed(3)

        def kept(name):
            checkpoint = Stopping(folder / f"{name}.npz", "this", stop.get(name))
            save = checkpoint.save
            checkpoint.save = lambda *args, **how: (saved.append(name), save(*args, **how))
            return checkpoint

        about = (data, SPLIT, settings, 1)
        chosen = syntax.decided(own, *about, kept)
        assert (chosen["partner_sizes"], chosen["start"]) == ([8], "shuffled")
        keras.utils.set_random_seed(3)
        model = network(members=2, partner_sizes=[8])
        starting.hand_on(starting.learned(chosen, *about, checkpoint=kept("start")), model)
        training.train(model, X, Y, SPLIT, settings, 1, checkpoint=kept("state"))
        return model.get_weights()

    folders = [tmp_path / "undisturbed", tmp_path / "killed"]
    for folder in folders:
        folder.mkdir()
    undisturbed = train(folders[0])
    epochs, saved[:] = sorted(saved), []
    for name, epoch in {"syntax_start": 1, "syntax_partners": 2, "start": 1, "state": 1}.items():
        with pytest.raises(Stop):
            train(folders[1], **{name: epoch})
    for mine, theirs in zip(train(folders[1]), undisturbed, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert sorted(saved) == epochs  # no epoch twice
    assert len(epochs) == 2 * 5


@pytest.mark.thorough
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


@pytest.mark.thorough
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


# ------------------------------------------------------------------------------ of another form


def put(state, value, *place):
    """Put a value at a place in a state."""
    *way, last = place
    for step in way:
        state = state[step]
    state[last] = value
    return value


def callback(state, name):
    """Return what the callback remembers that has something of this name."""
    return next(memory for memory in state["callbacks"] if name in memory)


FORMS = {
    "the same": lambda state: None,
    "no state": lambda state: state.clear(),
    "more epochs": lambda state: put(state, 10**9, "epochs"),
    "no epoch": lambda state: put(state, 0, "epochs"),
    "words for numbers": lambda state: put(state, "one", "epochs"),
    "half a stop": lambda state: put(state, None, "stopped"),
    "fewer variables": lambda state: state["variables"][0].pop(),
    "no optimiser": lambda state: state["variables"].pop(),
    "another shape": lambda state: put(state, np.zeros((2, 3)), "variables", 0, 0),
    "not a number": lambda state: state["variables"][0][0].fill(np.nan),
    "not a number in the optimiser": lambda state: state["variables"][1][-1].fill(np.inf),
    "text for a variable": lambda state: put(state, "w", "variables", 0, 0),
    "other callbacks": lambda state: state["callbacks"].pop(),
    "another memory": lambda state: put(state, 1, "callbacks", 0, "other"),
    "another history": lambda state: put(callback(state, "history"), {"loss": []}, "history"),
    "other epochs": lambda state: put(callback(state, "history"), [5], "epoch"),
    "other best weights": lambda state: put(
        callback(state, "best_weights"), [np.zeros(3)], "best_weights"
    ),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """What a training kept that was stopped after an epoch."""
    path = tmp_path_factory.mktemp("kept") / "state.npz"
    with pytest.raises(Stop):
        train(path, stop_after=1, epochs=2)
    return path


def resume(path, **changes):
    """Take up a training as `training.train` does."""
    settings = training.Training.of(training_settings(epochs=2, early_stopping=None))
    model = network(**changes)
    training._compile(model, settings, 6)
    callbacks = [*training._callbacks(settings, 2), keras.callbacks.History()]
    return Resume(Checkpoint(path, "this"), callbacks, model)


@pytest.mark.parametrize("form", FORMS)
def test_a_state_of_another_form_is_not_used_and_said(form, kept, tmp_path, capsys):
    state = Checkpoint(kept, "this").load()
    FORMS[form](state)
    Checkpoint(tmp_path / "state.npz", "this").save(state)
    found = resume(tmp_path / "state.npz")
    said = capsys.readouterr().out
    if form == "the same":
        assert (found.first_epoch, found.stopped, said) == (1, False, "")
    else:
        assert (found.first_epoch, found.stopped, found.state) == (0, False, None)
        path = tmp_path / "state.npz"
        assert said == f"the state kept in {path} is of another form: starting anew\n"


def test_the_state_of_another_architecture_is_not_used(kept, capsys):
    for changes in ({"filters": 5}, {"members": 3}, {"hidden": []}):
        assert resume(kept, **changes).first_epoch == 0
        assert "is of another form: starting anew" in capsys.readouterr().out


@pytest.mark.thorough
def test_a_training_that_starts_anew_ends_like_one_that_never_stopped(kept, tmp_path, capsys):
    undisturbed = train(epochs=2)
    state = Checkpoint(kept, "this").load()
    FORMS["another shape"](state)
    Checkpoint(tmp_path / "state.npz", "this").save(state)
    equal(train(tmp_path / "state.npz", epochs=2), undisturbed)
    assert "starting anew" in capsys.readouterr().out
