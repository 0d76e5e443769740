import resource
import statistics

import keras
import numpy as np
import pytest

from attendna.learning import allocator, models, training

HOW = {
    "epochs": 3,
    "batch_size": 32,
    "learning_rate": 0.001,
    "schedule": "cosine",
    "early_stopping": None,
    "class_weight": "none",
    "mutation": 0.0,
}
STEPS = 25  # an epoch


class Faults(keras.callbacks.Callback):
    """The pages that the kernel had to bring in for each step."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_train_batch_begin(self, batch, logs=None):
        self.before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    def on_train_batch_end(self, batch, logs=None):
        self.counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - self.before)


@pytest.mark.slow
def test_steps_of_a_training_bring_in_hardly_any_pages():
    """A number that does not depend on the clock; each step makes arrays of 1.6 MB, 400 pages.

    Of 50 steps, without the epoch in which memory is taken for the first time, and whatever other
    threads do in some. Where the thresholds are not set, it is hundreds.
    """
    if not allocator.keep_freed_memory():
        pytest.skip("the C library is not glibc")
    rng = np.random.default_rng(1)
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (32 * (STEPS + 2), 200))]
    model = models.NETWORKS["tutorial_cnn"](200, ["no", "yes"], "yes")
    split = {"train": np.arange(64, len(x)), "validation": np.arange(64)}
    faults = Faults()
    training.train(
        model, x, np.arange(len(x)) % 2, split, training.Training.of(HOW), 1, callbacks=[faults]
    )
    assert len(faults.counts) == 3 * STEPS
    assert statistics.median(faults.counts[STEPS:]) < 20, faults.counts
