"""Training on several devices: the same numbers as on one, and clear errors."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from small_networks import hyperparameters, planted, training_settings

from attendna.dna import one_hot
from attendna.errors import UserError
from attendna.learning import devices, models, replication, training
from attendna.learning.batches import Batches
from attendna.learning.losses import MemberLoss

HERE = Path(__file__)
LENGTH, RECORDS = 30, 192


@pytest.mark.thorough
def test_two_devices_learn_what_one_learns():
    """In a process of its own, because virtual devices are made before the first tensor."""
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, HERE], env=environment, text=True, capture_output=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "equal"


@pytest.mark.parametrize(("strategy", "count"), [("one_device", 2), ("mirrored", 1)])
def test_a_strategy_and_a_number_that_contradict_each_other_are_an_error(strategy, count):
    with pytest.raises(UserError, match="training.strategy: .* training.devices"):
        replication.check(strategy, count)


@pytest.mark.parametrize(("strategy", "count"), [("one_device", 1), ("auto", 1), ("mirrored", 4)])
def test_a_strategy_and_a_number_that_agree_pass(strategy, count):
    replication.check(strategy, count)


# ------------------------------------------------------------- in a process with two devices


def compare() -> None:
    """Train the same networks on one device and on two, with the same batches."""
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    virtual = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, virtual)
    with pytest.raises(UserError, match="asked for, but TensorFlow sees 2 CPU"):
        devices.set_up("cpu", "float32", 2, True, 1, count=3)
    devices.set_up("cpu", "float32", 2, True, 1, count=2)
    letters, y, _ = planted(RECORDS + 50, LENGTH, "TGACTCA", 3)
    letters[::3, -9:] = 0  # padding
    x = one_hot(letters)
    one, two = (descend(x, y, count) for count in (1, 2))
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(two[name], one[name], rtol=1e-5, err_msg=name)
        assert one[name][-1] < one[name][0]  # there was something to learn
    one, two = (train(x, y, count) for count in (1, 2))
    np.testing.assert_allclose(two[0]["loss"], one[0]["loss"], rtol=1e-5)
    # Adam makes steps of rounding errors where a weight has no gradient, as the shifts of filters
    # that `features_norm` takes off again; validation sees it, as it is done with moving means.
    np.testing.assert_allclose(two[0]["val_loss"], one[0]["val_loss"], rtol=2e-2)
    norms = [a for a in two[1].layers if isinstance(a, keras.layers.BatchNormalization)]
    assert norms and not any(norm.synchronized for norm in norms)  # what is saved is one network
    print("equal")


def network():
    keras.utils.set_random_seed(1)
    values = hyperparameters("attention_cnn", kernel_sizes=[7], dropout=0, filter_dropout=0)
    return models.attention_cnn(LENGTH, ["no", "yes"], "yes", crop="left", **values)


def descend(x, y, count):
    """Return the loss curves of plain gradient descent."""
    model = network() if count == 1 else replication.replicate(network(), count)
    with replication.scope(model):
        model.compile(keras.optimizers.SGD(0.05), MemberLoss("binary_crossentropy"))
    wanted, weights = y.astype(np.float32)[:, None], 1 + (y == 1).astype(np.float32)
    parts = np.arange(RECORDS), np.arange(RECORDS, len(y))
    fitted, checked = (Batches(x, wanted, weights, part, 32, seed=5) for part in parts)
    return model.fit(fitted, validation_data=checked, epochs=3, verbose=0, shuffle=False).history


def train(x, y, count):
    """Return the history and the network of a training as the workflow does it."""
    model = network()
    settings = training.Training.of(training_settings(epochs=3, batch_size=32, mutation=0.05))
    split = {"train": np.arange(RECORDS), "validation": np.arange(RECORDS, len(y))}
    history = training.train(model, x, y, split, settings, seed=5, count=count)
    return history, model


if __name__ == "__main__":
    compare()
