"""Training: what is learned, kept and calibrated."""

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from small_networks import CONFIG, hyperparameters, planted, random_letters, training_settings

from attendna.dna import one_hot
from attendna.errors import UserError
from attendna.learning import models, training
from attendna.learning.batches import targets
from attendna.learning.calibration import calibrate
from attendna.learning.layers import FadingDropout
from attendna.learning.losses import OF_RECORDS, MemberMetric

# ------------------------------------------------------------------------------ learning


def fit(model, x, y, settings, seed=1, **options):
    """Train on the first two thirds, validate on the rest."""
    split = {"train": np.arange(len(y) * 2 // 3), "validation": np.arange(len(y) * 2 // 3, len(y))}
    history = training.train(model, x, y, split, training.Training.of(settings), seed, **options)
    return history, x[split["validation"]], y[split["validation"]]


def build(length, architecture="attention_cnn", classes=("no", "yes"), positive="yes", **changes):
    keras.utils.set_random_seed(1)
    network = models.NETWORKS[architecture]
    if architecture == "attention_cnn":
        changes = {"kernel_sizes": [8]} | changes  # one scale is traced in half of the time
    return network(length, classes, positive, **hyperparameters(architecture, **changes))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("classes", "positive"), [(("no", "yes"), "yes"), (("no", "yes"), "no"), (("no", "yes"), "")]
)
def test_class_weights_are_divided_out_of_the_probabilities(classes, positive):
    # Noise: all that can be learned is how frequent the classes are, 9 to 1.
    x = one_hot(random_letters(600, 20, seed=3))
    y = (np.arange(600) % 10 == 0).astype(np.int64)
    model = build(20, classes=classes, positive=positive, sparsity=0.0)
    settings = training_settings(epochs=3, class_weight="balanced", learning_rate=0.001)
    _, x_validation, _ = fit(model, x, y, settings)
    mean = models.predict(model, x_validation)[:, 1].mean()
    assert 0.05 < mean < 0.2  # about a half without
    weighted = model.get_layer(models.PROBABILITIES)
    assert weighted.priors == pytest.approx([1 / 1.8, 5.0])


@pytest.fixture(scope="module")
def learned():
    """A network that has learned a motif, its history and its validation records."""
    letters, y, _ = planted(600, 40, "GATTACAG", seed=3)
    model = build(40)
    return model, *fit(model, one_hot(letters), y, training_settings())


def test_a_planted_motif_is_learned(learned):
    model, _, x, y = learned
    assert roc_auc_score(y, models.predict(model, x)[:, 1]) > 0.95


def test_the_history_has_a_row_an_epoch(learned):
    _, history, _, _ = learned
    columns = ["epoch", "loss", "val_loss", "accuracy", "val_accuracy", "learning_rate"]
    assert list(history) == [*columns, "val_calibrated"]
    assert history["epoch"] == list(range(1, len(history["loss"]) + 1))
    assert len({len(values) for values in history.values()}) == 1
    assert all(math.isfinite(value) for values in history.values() for value in values)
    assert history["learning_rate"][0] > history["learning_rate"][-1]


def test_the_best_epochs_weights_are_restored():
    # Labels at random: validation gets worse while the training records are learned by heart.
    x = one_hot(random_letters(150, 20, seed=4))
    y = np.random.default_rng(5).integers(0, 2, 150)
    settings = training_settings(schedule="constant", early_stopping=None, epochs=6)
    model = build(20, dropout=0.0, filter_dropout=0.0)
    history, held_out, truth = fit(model, x, y, settings)
    assert len(history["loss"]) == 6
    best = int(np.argmin(history["val_calibrated"]))
    assert history["val_calibrated"][-1] > history["val_calibrated"][best] + 1e-3
    found = log_loss(truth, models.predict(model, held_out))
    assert found == pytest.approx(history["val_loss"][best], abs=1e-4)


def test_without_calibration_the_best_epoch_has_the_lowest_loss_itself():
    x = one_hot(random_letters(150, 20, seed=4))
    y = np.random.default_rng(5).integers(0, 2, 150)
    settings = training_settings(schedule="constant", epochs=6, calibration="none")
    model = build(20, dropout=0.0, filter_dropout=0.0)
    history, held_out, truth = fit(model, x, y, settings)
    assert "val_calibrated" not in history
    best = min(history["val_loss"])
    assert history["val_loss"][-1] > best + 0.01
    assert log_loss(truth, models.predict(model, held_out)) == pytest.approx(best, abs=1e-4)


def test_training_stops_when_it_has_been_patient():
    x = one_hot(random_letters(150, 20, seed=4))
    y = np.random.default_rng(5).integers(0, 2, 150)
    settings = training_settings(schedule="constant", early_stopping=2, epochs=30)
    history, _, _ = fit(build(20, dropout=0.0, filter_dropout=0.0), x, y, settings)
    assert len(history["val_loss"]) == np.argmin(history["val_calibrated"]) + 1 + 2


@pytest.mark.parametrize(("classes", "positive"), [(("no", "yes"), "yes"), (("a", "b", "c"), "")])
def test_members_learn_as_if_each_were_alone(classes, positive):
    """The loss of a training step, and what is logged, are the weighted means of their own."""
    x = one_hot(random_letters(6, 20, seed=4))
    model = build(20, classes=classes, positive=positive)
    p = np.array(model(x, training=True))
    outputs = 1 if positive else len(classes)
    assert p.shape == (6, 2, outputs) and np.abs(p[:, 0] - p[:, 1]).max() > 1e-3
    rng = np.random.default_rng(2)
    y = targets(rng.integers(0, len(classes), 6), list(classes), positive)
    weights = rng.random(6).astype(np.float32)
    training._compile(model, training.Training.of(training_settings()), 10)
    alone = [float(model.loss(y, p[:, member], weights)) for member in range(2)]
    assert alone[0] != pytest.approx(alone[1], rel=1e-3)
    assert float(model.loss(y, p, weights)) == pytest.approx(np.mean(alone), rel=1e-5)
    kind = "binary" if positive else "categorical"
    assert model.loss.name == f"{kind}_crossentropy"
    for of in ("crossentropy", "accuracy"):
        metric = MemberMetric(f"{kind}_{of}")
        metric = MemberMetric.from_config(metric.get_config())
        plain = OF_RECORDS[f"{kind}_{of}"]
        by_record = np.mean([plain(y, p[:, member]) for member in range(2)], axis=0).reshape(6)
        metric.update_state(y, p, weights)
        assert float(metric.result()) == pytest.approx(np.average(by_record, weights=weights))


def test_callbacks_of_the_caller_see_each_epoch():
    seen = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    x = one_hot(random_letters(150, 20, seed=4))
    fit(build(20), x, np.arange(150) % 2, training_settings(epochs=2), callbacks=[watch])
    assert seen == [0, 1]


def test_dropout_fades_while_a_network_trains():
    seen = []
    model = build(20, dropout=0.5, filter_dropout=0.2)
    fading = [layer for layer in model.layers if isinstance(layer, FadingDropout)]
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append([float(layer.left[0]) for layer in fading])
    )
    x = one_hot(random_letters(150, 20, seed=4))
    fit(model, x, np.arange(150) % 2, training_settings(epochs=5), callbacks=[watch])
    np.testing.assert_allclose(seen, np.repeat([[1], [0.75], [0.5], [0.25], [0]], 2, axis=1))


# ------------------------------------------------------------------------------ not a number


def fails(model, callbacks=(), **changes):
    """Train a network that fails; return the sentence."""
    x = one_hot(random_letters(150, 20, seed=4))
    settings = training_settings(**{"epochs": 2} | changes)
    with pytest.raises(UserError, match="are not numbers; ") as caught:
        fit(model, x, np.arange(150) % 2, settings, callbacks=callbacks)
    return str(caught.value)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("policy", "hyperparameters", "settings", "helps", "does_not"),
    [
        ("float32", {}, {"learning_rate": 1e30}, ["_rate, which is 1e+30"], ["precision", "sched"]),
        (
            "float32",
            {},
            {"learning_rate": 1e30, "schedule": "constant"},
            ["learning_rate", "schedule to cosine"],
            ["precision"],
        ),
        ("mixed_bfloat16", {}, {"learning_rate": 1e30}, ["learning_rate"], ["precision"]),
        ("mixed_float16", {}, {"learning_rate": 1e5}, ["learning_rate", "precision"], ["sparsity"]),
        ("float32", {"sparsity": 1e38}, {}, ["sparsity"], ["learning_rate", "precision"]),
    ],
)
def test_what_helps_a_training_loss_depends_on_how_it_came(
    policy, hyperparameters, settings, helps, does_not
):
    keras.config.set_dtype_policy(policy)
    try:
        sentence = fails(build(20, **hyperparameters), **settings)
    finally:
        keras.config.set_dtype_policy("float32")
    assert sentence.startswith("the training losses of epoch 1 are")
    assert all(word in sentence for word in helps), sentence
    assert not any(word in sentence for word in does_not), sentence


def test_a_validation_loss_that_is_no_number_ends_the_training():
    """The training records are scored by the statistics of their batch, others by the moving."""
    model = build(20)
    norm = model.get_layer("features_norm")
    norm.moving_mean.assign(np.full(norm.moving_mean.shape, np.nan))
    assert fails(model).startswith("the validation losses of epoch 1 are not numbers")


@pytest.mark.thorough
def test_weights_that_are_no_numbers_are_not_kept():
    model = build(20)
    bias = model.get_layer("logits").bias
    broken = keras.callbacks.LambdaCallback(
        on_train_end=lambda logs: bias.assign(np.full(bias.shape, np.inf))
    )
    assert fails(model, callbacks=[broken]).startswith("the weights of the network are not numbers")


def test_nothing_is_calibrated_to_what_is_no_number(learned, monkeypatch):
    model, _, x, y = learned
    last = model.get_layer(models.PROBABILITIES)
    before = last.temperature
    monkeypatch.setattr(models, "predict", lambda *_: np.full((len(x), 2), np.nan))
    with pytest.raises(UserError, match="of the calibration are not numbers; set training.calibr"):
        calibrate(model, x, y)
    assert last.temperature == before


# ------------------------------------------------------------------------------ the tutorial's


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
def test_the_tutorials_training_is_the_tutorials(classes, monkeypatch):
    settings = CONFIG["training"] | CONFIG["architectures"]["tutorial_cnn"]["training"]
    asked = {}

    def fit_nothing(model, data, **options):
        asked.update(options, data=data)
        raise Stop

    monkeypatch.setattr(keras.Model, "fit", fit_nothing)
    model = build(20, "tutorial_cnn", classes, "yes" if len(classes) == 2 else "")
    x = one_hot(random_letters(90, 20, seed=4))
    with pytest.raises(Stop):
        fit(model, x, np.arange(90) % len(classes), settings)

    assert (asked["epochs"], asked["data"].batch_size) == (30, 64)
    np.testing.assert_array_equal(asked["data"].weights, 1)
    adam = model.optimizer.get_config()
    expected = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    assert type(model.optimizer) is keras.optimizers.Adam
    assert {key: pytest.approx(adam[key]) for key in expected} == expected
    assert not (adam["weight_decay"] or adam["clipnorm"] or adam["amsgrad"] or adam["use_ema"])
    assert model.loss.name == ("binary" if len(classes) == 2 else "categorical") + "_crossentropy"
    kinds = (keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau)
    stopping, plateau = (
        next(c for c in asked["callbacks"] if isinstance(c, kind)) for kind in kinds
    )
    # The two are one number where, as here, the weights cost nothing.
    assert not model.losses
    assert {stopping.monitor, plateau.monitor} <= {"val_loss", "val_cross_entropy"}
    assert (stopping.patience, stopping.restore_best_weights) == (10, True)
    assert (plateau.patience, plateau.factor, plateau.min_lr) == (5, 0.5, 1e-6)


class Stop(Exception):
    """Training would begin here."""


# ------------------------------------------------------------------------------ calibration


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize(("classes", "positive"), [(["yes", "no"], "yes"), (["a", "b", "c"], "")])
def test_calibration_finds_what_is_off_and_keeps_ranks(classes, positive, biases, tmp_path):
    x = one_hot(random_letters(4000, 20, seed=6))
    model = build(20, classes=classes, positive=positive)
    logits = model.get_layer("logits")
    values = keras.Model(model.input, logits.output).predict(x, verbose=0)
    scale = 3 / values.mean(axis=1).std(axis=0)  # (outputs,), of the mean over the members
    logits.kernel.assign(logits.kernel * scale)
    logits.bias.assign(-values.mean(axis=0) * scale)
    before = models.predict(model, x)
    true = before ** (1 / 2.5)  # the network is too sure of itself by this temperature
    if biases:
        true[:, 0] *= np.exp(0.8)  # and says the first class too seldom
    chances = (true / true.sum(axis=1, keepdims=True)).cumsum(axis=1)
    y = (np.random.default_rng(7).random((4000, 1)) > chances[:, :-1]).sum(axis=1)

    found = calibrate(model, x, y, biases)
    after = models.predict(model, x)
    assert found.temperature == pytest.approx(2.5, rel=0.1)
    expected = np.array([0.8 * biases] + [0.0] * (len(classes) - 1))
    np.testing.assert_allclose(found.biases, expected - expected.mean(), atol=0.15)
    last = model.get_layer(models.PROBABILITIES)
    assert (last.temperature, last.biases or [0.0] * len(classes)) == found
    assert log_loss(y, after) < log_loss(y, before) - 0.02
    if not biases:
        np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    if positive:
        clear = np.abs(before[:, 0] - 0.5) < 0.4999  # beyond, single precision makes ties
        ranked = np.argsort(before[clear, 0])
        assert (np.diff(after[clear, 0][ranked]) > -1e-5).all()
    again = calibrate(model, x, y, biases)  # all done
    assert again.temperature == pytest.approx(found.temperature, rel=0.01)
    np.testing.assert_allclose(again.biases, found.biases, atol=0.02)

    after = models.predict(model, x)
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras")
    assert loaded.get_layer(models.PROBABILITIES).temperature == pytest.approx(2.5, rel=0.1)
    np.testing.assert_array_equal(models.predict(loaded, x), after)


def test_a_class_that_validation_lacks_keeps_a_chance(learned):
    model, _, x, _ = learned
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    calibrate(copy, x[:40], np.zeros(40, int))
    p = models.predict(copy, x)
    assert np.isfinite(p).all() and (p[:, 1] > 1e-6).any()


def test_calibration_never_makes_the_log_loss_worse(learned, tmp_path):
    model, _, x, y = learned
    model.save(tmp_path / "model.keras")
    model = models.load(tmp_path / "model.keras")
    before = log_loss(y, models.predict(model, x))
    calibrate(model, x, y)
    assert log_loss(y, models.predict(model, x)) <= before + 1e-6


# ------------------------------------------------------------------------------ other backends

ON_JAX = """
import numpy as np
from attendna.dna import one_hot
from attendna.learning import devices, models, training
from attendna.learning.calibration import calibrate
from small_networks import hyperparameters, planted, training_settings

devices.set_up("auto", "auto", 1, False, 1)
letters, y, _ = planted(90, 20, "GATTACAG", 1)
x = one_hot(letters)
split = {"train": np.arange(60), "validation": np.arange(60, 90)}
plain = hyperparameters("attention_cnn")
syntax = {"partner_sizes": plain["kernel_sizes"], "counting": True, "reverse_complement": "either"}
for changes in ({}, syntax):
    model = models.attention_cnn(20, ["no", "yes"], "yes", **plain | changes)
    history = training.train(
        model, x, y, split, training.Training.of(training_settings(epochs=1)), 1
    )
    calibrate(model, x, y)
    scales, weights = models.attention_along(model, x, 32)
    assert np.isfinite(history["loss"]).all()
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
    np.testing.assert_allclose(models.predict(model, x).sum(axis=1), 1)
"""


def test_our_network_trains_on_jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed; TensorFlow is the backend that the project ships")
    tests = Path(__file__).parents[1]
    path = os.pathsep.join([str(tests), str(tests.parent / "scripts")])
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
