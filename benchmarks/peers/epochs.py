"""What is noted of the epochs of a Keras training."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from common import Clock, Training


class Epochs(keras.callbacks.Callback):
    """Notes of each epoch when it ended and how the network then scores the test records.

    The test predictions made here are left out of the clock.

    Parameters
    ----------
    clock
        Of the program.
    records
        Training records of an epoch.
    scores
        Returns float (n,), the scores of the test records by the network as it is.
    cap
        Processor seconds after which the training ends, within an epoch if need be: it is then
        validated, and counted as the part of an epoch that it is.
    """

    def __init__(
        self, clock: Clock, records: int, scores: Callable[[], np.ndarray], cap: float
    ) -> None:
        super().__init__()
        self.clock, self.records, self.test_scores, self.cap = clock, records, scores, cap
        self.ended: list[float] = []
        self.rates: list[float] = []
        self.scores: list[np.ndarray] = []
        self.capped = False
        self.epochs = 0.0
        self._steps = 0
        self._trained: float | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Begin the first epoch."""
        self._started = self._began = self.clock.now()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the steps, and end the training if its time is over."""
        self._steps = batch + 1
        if self.clock.now() - self._started > self.cap:
            self.capped = self.model.stop_training = True

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Note that the training steps are over and the validation begins."""
        self._trained = self._trained or self.clock.now()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Note all there is to note, and begin the next epoch."""
        now = self.clock.now()
        part = min(1.0, self._steps / self.params["steps"])
        self.epochs += part
        self.rates.append(self.records * part / ((self._trained or now) - self._began))
        self.ended.append(now)
        with self.clock.stopped():
            self.scores.append(self.test_scores())
        self._began, self._trained = self.clock.now(), None

    def training(self, epochs: int, parameters: int, note: str = "") -> Training:
        """Return what came of a training that may have taken as many epochs.

        The rate is the median over the epochs but the first, in which TensorFlow compiles, unless
        there is no other.
        """
        rates = self.rates[1:] or self.rates
        stopped = "cap" if self.capped else "early" if len(self.ended) < epochs else "end"
        return Training(
            self.records,
            self.ended,
            float(np.median(rates)),
            self.epochs,
            np.array(self.scores),
            stopped,
            parameters,
            note,
        )
