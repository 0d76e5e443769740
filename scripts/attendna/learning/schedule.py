"""How long and how fast a network learns: epochs, batch size, learning rate."""

from __future__ import annotations

import math

import numpy as np

from attendna.learning.backend import keras

WARM_UP = 0.05  # share of a cosine schedule's steps in which the learning rate rises
FADED = 0.8  # share of the epochs after which the data and the network are no longer disturbed


@keras.saving.register_keras_serializable(package="attendna")
class WarmUpCosine(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises for a share of the steps and falls like a cosine to zero.

    Parameters
    ----------
    highest
        The highest learning rate.
    steps
        Steps of the whole training.
    """

    def __init__(self, highest: float, steps: int) -> None:
        self.highest, self.steps = highest, steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        progress = keras.ops.cast(step, "float32") / self.steps
        fall = 0.5 * (1 + keras.ops.cos(math.pi * keras.ops.minimum(progress, 1.0)))
        rise = (progress + 1 / self.steps) / WARM_UP
        return self.highest * keras.ops.minimum(rise, fall)

    def get_config(self) -> dict:
        """Return what rebuilds the schedule."""
        return {"highest": self.highest, "steps": self.steps}


def disturbance(epochs: int) -> np.ndarray:
    """Return what is left in each epoch of mutations and dropout: float64 (epochs,), 1 at first.

    It falls to 0 in a straight line. The last epochs see sequences as they are, as EvoAug's
    fine-tuning does, with all filters, so that what the network concludes from finding no site of
    a motif is as certain as it is when it predicts. With dropout to the end, it has to allow for
    the filter having been left out.
    """
    return np.maximum(0, 1 - np.arange(epochs) / (FADED * epochs))


def automatic_batch_size(records: int) -> int:
    """Return how many records a step sees: more of a larger set, 32 to 256."""
    return int(np.clip(2 ** round(math.log2(max(records, 1) / 100)), 32, 256))


def chosen_batch_size(setting: int | str, records: int) -> int:
    """Return how many of the training records a step sees, which "auto" leaves to their number."""
    return automatic_batch_size(records) if setting == "auto" else setting


def automatic_epochs(records: int, batch_size: int) -> int:
    """Return how many passes are enough: 3,000 steps, but 20 to 60 passes."""
    return int(np.clip(math.ceil(3000 * batch_size / max(records, 1)), 20, 60))


def plan(
    epochs: int | str, batch_size: int | str, records: int, devices: int = 1
) -> tuple[int, int]:
    """Return how many passes are made at most, and how many records a step sees.

    Parameters
    ----------
    epochs, batch_size
        The settings, "auto" or a number.
    records
        Of the training part.
    devices
        That share a step evenly.
    """
    size = chosen_batch_size(batch_size, records)
    return chosen_epochs(epochs, records, size), math.ceil(size / devices) * devices


def chosen_epochs(setting: int | str, records: int, batch_size: int) -> int:
    """Return how many passes are made at most, which "auto" leaves to the number of records."""
    return automatic_epochs(records, batch_size) if setting == "auto" else setting
