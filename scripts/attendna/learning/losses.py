"""The loss and the metrics of a training, of which every member of an ensemble has its own."""

from __future__ import annotations

import numpy as np

from attendna.learning.backend import keras
from attendna.learning.calibration import HOTTEST, pull

ops = keras.ops

TEMPERATURES = np.exp(np.linspace(-np.log(HOTTEST), np.log(HOTTEST), 49))
CLIPPED = 1e-7  # probability that is reckoned with

OF_RECORDS = {  # what is, beside what should be, (..., outputs) both, to a number each, (...)
    "binary_crossentropy": keras.losses.binary_crossentropy,
    "categorical_crossentropy": keras.losses.categorical_crossentropy,
    "binary_accuracy": keras.metrics.binary_accuracy,
    "categorical_accuracy": keras.metrics.categorical_accuracy,
}


@keras.saving.register_keras_serializable(package="attendna")
class MemberLoss(keras.losses.Loss):
    """The mean of a loss over the members of an ensemble, see `layers.MemberMean`.

    Parameters
    ----------
    of
        One of `OF_RECORDS`.
    """

    def __init__(self, of: str, name: str | None = None, **kwargs) -> None:
        super().__init__(name=name or of, **kwargs)
        self.of = of

    def call(self, y_true, y_pred):
        """Return the losses, (batch,), of (batch, outputs) or (batch, members, outputs)."""
        return _over_members(self.of, y_true, y_pred)

    def get_config(self) -> dict:
        """Return what rebuilds the loss."""
        return {**super().get_config(), "of": self.of}


@keras.saving.register_keras_serializable(package="attendna")
class MemberMetric(keras.metrics.Mean):
    """The mean over records and members of what is one of `OF_RECORDS`."""

    def __init__(self, of: str, name: str | None = None, **kwargs) -> None:
        super().__init__(name=name or of, **kwargs)
        self.of = of

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Add a batch, see `MemberLoss.call`."""
        super().update_state(_over_members(self.of, y_true, y_pred), sample_weight)

    def get_config(self) -> dict:
        """Return what rebuilds the metric."""
        return {**super().get_config(), "of": self.of}


@keras.saving.register_keras_serializable(package="attendna")
class CalibratedLoss(keras.metrics.Metric):
    """The log loss that validation records have at the best of some temperatures.

    A network that has begun to learn its records by heart becomes too sure, and its log loss rises
    while it still ranks better. As that is what calibration mends after the training, epochs are
    compared as if it had been. In the training itself, where every member has probabilities of its
    own, nothing is added up.
    """

    def __init__(self, name: str = "calibrated", **kwargs) -> None:
        super().__init__(name=name, **kwargs)
        self.sums = self.add_variable((len(TEMPERATURES),), initializer="zeros", name="sums")
        self.weights_sum = self.add_variable((), initializer="zeros", name="weights_sum")

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Add a batch: what should be and what is, (batch, outputs) both."""
        if len(y_pred.shape) > len(y_true.shape):
            return
        wanted, p = ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype)
        if p.shape[-1] == 1:
            wanted, p = (ops.concatenate([1 - each, each], axis=-1) for each in (wanted, p))
        logits = ops.log(ops.clip(p, CLIPPED, 1.0))[:, :, None]
        scaled = logits / ops.convert_to_tensor(TEMPERATURES, self.dtype)  # (batch, classes, T)
        losses = ops.logsumexp(scaled, axis=1) - ops.sum(wanted[:, :, None] * scaled, axis=1)
        weights = ops.ones_like(losses[:, 0])
        if sample_weight is not None:
            weights = ops.reshape(ops.cast(sample_weight, self.dtype), (-1,))
        self.sums.assign_add(ops.sum(losses * weights[:, None], axis=0))
        self.weights_sum.assign_add(ops.sum(weights))

    def result(self):
        """Return the lowest mean, each with what speaks against its temperature."""
        pulls = ops.convert_to_tensor(pull(np.log(TEMPERATURES)), self.dtype)
        return ops.min(self.sums + pulls) / ops.maximum(self.weights_sum, 1.0)


def _over_members(of: str, y_true, y_pred):
    function = OF_RECORDS[of]
    if len(y_pred.shape) == len(y_true.shape):
        return function(y_true, y_pred)
    wanted = keras.ops.repeat(keras.ops.expand_dims(y_true, 1), y_pred.shape[1], axis=1)
    return keras.ops.mean(function(wanted, y_pred), axis=1)
