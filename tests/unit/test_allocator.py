import resource
import statistics

import keras
import numpy as np
import pytest

from attendna.learning import allocator, models, training

HOW = {
    "epochs": 5,
    "batch_size": 64,
    "learning_rate": 0.001,
    "schedule": "cosine",
    "early_stopping": None,
    "class_weight": "none",
    "mutation": 0.0,
}
STEPS = 30


class Faults(keras.callbacks.Callback):
    """The pages that the kernel had to bring in each epoch."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_epoch_begin(self, epoch, logs=None):
        self.before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    def on_epoch_end(self, epoch, logs=None):
        self.counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - self.before)


@pytest.mark.slow
def test_steps_of_a_training_bring_in_hardly_any_pages():
    """A number that does not depend on the clock; each step makes arrays of 1.6 MB, 400 pages.

    Without the epoch in which memory is taken for the first time, and whatever other threads do in
    one or two. With TensorFlow's threshold set after ours it was 1,300 to 30,000.
    """
    if not allocator.keep_freed_memory():
        pytest.skip("the C library is not glibc")
    rng = np.random.default_rng(1)
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (64 * (STEPS + 2), 200))]
    model = models.NETWORKS["tutorial_cnn"](200, ["no", "yes"], "yes")
    split = {"train": np.arange(128, len(x)), "validation": np.arange(128)}
    faults = Faults()
    training.train(
        model, x, np.arange(len(x)) % 2, split, training.Training.of(HOW), 1, callbacks=[faults]
    )
    assert statistics.median(faults.counts[1:]) < 20 * STEPS, faults.counts
