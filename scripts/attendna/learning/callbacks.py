"""What is done at each epoch of a training, besides learning."""

from __future__ import annotations

import math
import time

import numpy as np

from attendna import finite
from attendna.learning import models
from attendna.learning.backend import keras
from attendna.learning.batches import Batches
from attendna.learning.layers import FadingDropout

MONITORED = "val_cross_entropy"  # the validation loss
# The same as it is after calibration: it decides which epoch is the best if there is to be one.
CALIBRATED = "val_calibrated"


class EpochStart(keras.callbacks.Callback):
    """Tell the batches which epoch begins.

    Keras calls their own `on_epoch_end` once more than there are epochs, when it looks at the
    shape of a batch, so counting there would be off by one.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the epoch."""
        self.batches.start(epoch)


class FadeDropout(keras.callbacks.Callback):
    """Lower the rates of `layers.FadingDropout`.

    Parameters
    ----------
    left
        float (epochs,): what is left of them in each epoch, 0 to 1.
    """

    def __init__(self, left: np.ndarray) -> None:
        super().__init__()
        self.left = left

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Set what is left."""
        for layer in self.model.layers:
            if isinstance(layer, FadingDropout):
                layer.left.assign([self.left[epoch]])


class FiniteLosses(keras.callbacks.Callback):
    """End a training whose losses are not numbers, before its state is kept.

    Looked at once an epoch: what Keras tells of each batch costs a copy from the device.
    """

    def __init__(self, learning_rate: float, schedule: str) -> None:
        super().__init__()
        self.learning_rate, self.schedule = learning_rate, schedule

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Note whether the penalties on the weights are numbers before any step."""
        penalties = [keras.ops.convert_to_numpy(loss) for loss in self.model.losses]
        self.untrained = not finite.all_numbers(np.array(penalties))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Check both losses."""
        self._check(logs["loss"], f"training losses of epoch {epoch + 1}", self.untrained)
        self._check(logs[MONITORED], f"validation losses of epoch {epoch + 1}")

    def _check(self, loss: float, what: str, untrained: bool = False) -> None:
        remedy = models.retraining(self.model, self.learning_rate, self.schedule, untrained)
        finite.check(loss, f"the {what}", remedy)


class Progress(keras.callbacks.Callback):
    """A line an epoch: losses, accuracy, speed, and the time that is left at most."""

    def __init__(self, epochs: int, records: int) -> None:
        super().__init__()
        self.epochs, self.records = epochs, records

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Note the time."""
        self.started, self.done = time.monotonic(), 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the time."""
        self.epoch_started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Print the line."""
        now = time.monotonic()
        speed = self.records / (now - self.epoch_started)
        self.done += 1  # by this process; an earlier one may have done some
        left = (now - self.started) / self.done * (self.epochs - epoch - 1)
        print(
            f"epoch {epoch + 1}/{self.epochs}  loss {logs['cross_entropy']:.4f}  "
            f"val_loss {logs[MONITORED]:.4f}  val_accuracy {logs['val_accuracy']:.4f}  "
            f"{speed:,.0f} sequences/s  at most {math.ceil(left)} s left",
            flush=True,
        )


class LearningRateLog(keras.callbacks.Callback):
    """Put the learning rate into the history."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add it to the epoch's numbers."""
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        logs["learning_rate"] = float(rate)
