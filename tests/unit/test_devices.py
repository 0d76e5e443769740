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
from attendna.learning import devices, models, training

HERE = Path(__file__)
LENGTH, RECORDS = 30, 192


@pytest.mark.slow
def test_two_devices_learn_what_one_learns():
    """In a process of its own, because virtual devices are made before the first tensor."""
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, HERE], env=environment, text=True, capture_output=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "equal"


def test_more_devices_than_there_are_is_an_error():
    with pytest.raises(UserError, match="training.devices: 3 were asked for, but .* sees 1 CPU"):
        devices.names(3)


@pytest.mark.parametrize(("strategy", "count"), [("one_device", 2), ("mirrored", 1)])
def test_a_strategy_and_a_number_that_contradict_each_other_are_an_error(strategy, count):
    with pytest.raises(UserError, match="training.strategy: .* training.devices"):
        devices.check(strategy, count)


@pytest.mark.parametrize(("strategy", "count"), [("one_device", 1), ("auto", 1), ("mirrored", 4)])
def test_a_strategy_and_a_number_that_agree_pass(strategy, count):
    devices.check(strategy, count)


def test_batches_divide_evenly_among_devices():
    x, indices = np.zeros((23, 5, 4), np.uint8), np.arange(23)
    flat = np.zeros((23, 1), np.float32)
    batches = training.Batches(x, flat, flat[:, 0], indices, 6, seed=1, devices=3)
    sizes = [len(batches[i][0]) for i in range(len(batches))]
    assert sizes == [6, 6, 6, 3]
    seen = set()
    for epoch in range(20):  # what one epoch leaves out, others see
        batches.start(epoch)
        seen |= set(batches.order.tolist())
    assert seen == set(range(23))


# ------------------------------------------------------------- in a process with two devices


def compare() -> None:
    """Train the same networks on one device and on two, with the same batches."""
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    virtual = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, virtual)
    with pytest.raises(UserError, match="asked for, but TensorFlow sees 2 CPU"):
        training.set_up("cpu", "float32", 2, True, 1, count=3)
    training.set_up("cpu", "float32", 2, True, 1, count=2)
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
    values = hyperparameters("attention_cnn", dropout=0, filter_dropout=0)
    return models.attention_cnn(LENGTH, ["no", "yes"], "yes", crop="left", **values)


def descend(x, y, count):
    """Return the loss curves of plain gradient descent."""
    model = network() if count == 1 else devices.replicate(network(), count)
    with devices.scope(model):
        model.compile(keras.optimizers.SGD(0.05), training.MemberLoss("binary_crossentropy"))
    wanted, weights = y.astype(np.float32)[:, None], 1 + (y == 1).astype(np.float32)
    parts = np.arange(RECORDS), np.arange(RECORDS, len(y))
    fitted, checked = (training.Batches(x, wanted, weights, part, 32, seed=5) for part in parts)
    return model.fit(fitted, validation_data=checked, epochs=3, verbose=0, shuffle=False).history


def train(x, y, count):
    """Return the history and the network of a training as the workflow does it."""
    model = network()
    how = training.Training.of(training_settings(epochs=3, batch_size=32, mutation=0.05))
    split = {"train": np.arange(RECORDS), "validation": np.arange(RECORDS, len(y))}
    history = training.train(model, x, y, split, how, seed=5, count=count)
    return history, model


if __name__ == "__main__":
    compare()
