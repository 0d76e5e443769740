"""One training on several devices: each step's batch is divided among the GPUs of a machine.

Synchronous data parallelism with TensorFlow's MirroredStrategy, the one of TensorFlow's strategies
that Keras 3 trains with: every device holds a copy of the network, computes the gradients of its
share of the batch, and all apply the sum. So the loss curve is that of one device with the same
batches, up to rounding, if batch normalisation looks at the whole batch, which it does here.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from attendna.errors import UserError
from attendna.learning import devices
from attendna.learning.backend import keras


def check(strategy: str, count: int) -> None:
    """Raise if a strategy and a number of devices do not go together.

    Parameters
    ----------
    strategy
        "one_device", "mirrored" or "auto", which is whichever `count` says.
    count
        Devices of one training.

    Raises
    ------
    UserError
        If one device is to be several, or several are one.
    """
    if strategy == "one_device" and count > 1:
        raise UserError(
            f"training.strategy: one_device, but training.devices is {count}; "
            "set strategy to auto or devices to 1."
        )
    if strategy == "mirrored" and count == 1:
        raise UserError(
            "training.strategy: mirrored over 1 device; say in training.devices over how many, "
            "or set strategy to auto."
        )


def replicate(model: keras.Model, count: int) -> keras.Model:
    """Copy a network to several devices.

    Parameters
    ----------
    model
        A network of `models` that was built on one device.
    count
        How many devices, at least 2.

    Returns
    -------
    keras.Model
        The same network with the same weights, to be compiled and trained; batch normalisation
        takes its mean and variance over the whole batch. Its weights fit the original.

    Raises
    ------
    UserError
        If there are not so many devices.
    """
    with _mirrored(count).scope():
        copy = keras.models.clone_model(model, clone_function=_synchronized)
        copy.set_weights(model.get_weights())
    return copy


@cache
def _mirrored(count: int):
    """Return the strategy; one a process, as a second one would number its sums as the first."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices.names(count))


def scope(model: keras.Model) -> AbstractContextManager:
    """Return the context in which a network that may be replicated has to be compiled."""
    strategy = getattr(model, "_distribute_strategy", None)
    return nullcontext() if strategy is None else strategy.scope()


def _synchronized(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Copy a layer."""
    config = layer.get_config()
    if isinstance(layer, keras.layers.BatchNormalization):
        config["synchronized"] = True
    return layer.__class__.from_config(config)
