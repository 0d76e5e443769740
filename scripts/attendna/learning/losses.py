"""The loss and the metrics of a training, of which every member of an ensemble has its own."""

from __future__ import annotations

from attendna.learning.backend import keras

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


def _over_members(of: str, y_true, y_pred):
    function = OF_RECORDS[of]
    if len(y_pred.shape) == len(y_true.shape):
        return function(y_true, y_pred)
    wanted = keras.ops.repeat(keras.ops.expand_dims(y_true, 1), y_pred.shape[1], axis=1)
    return keras.ops.mean(function(wanted, y_pred), axis=1)
