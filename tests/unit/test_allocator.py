import resource
import statistics

import keras
import numpy as np
import pytest

from attendna.dna import base_fractions
from attendna.explanation.attribution import Gradients
from attendna.learning import allocator, models, training

HOW = {
    "epochs": 3,
    "batch_size": 32,
    "learning_rate": 0.001,
    "schedule": "cosine",
    "early_stopping": None,
    "class_weight": "none",
    "mutation": 0.0,
    "calibration": "bias_corrected",
}
STEPS = 25  # an epoch
HARDLY = 20  # pages a step; where the thresholds are not set, it is 40 to hundreds


def faults():
    """The pages that the kernel has brought in for this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


@pytest.fixture(scope="module")
def network():
    """A network, one that makes arrays of 1.6 MB, 400 pages, in each step."""
    if not allocator.keep_freed_memory():
        pytest.skip("the C library is not glibc")
    return models.NETWORKS["tutorial_cnn"](200, ["no", "yes"], "yes")


def sequences(count):
    rng = np.random.default_rng(1)
    return np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (count, 200))]


class Faults(keras.callbacks.Callback):
    """The pages that the kernel had to bring in for each step."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_train_batch_begin(self, batch, logs=None):
        self.before = faults()

    def on_train_batch_end(self, batch, logs=None):
        self.counts.append(faults() - self.before)


@pytest.mark.thorough
def test_steps_of_a_training_bring_in_hardly_any_pages(network):
    """A number that does not depend on the clock.

    Of 50 steps, without the epoch in which memory is taken for the first time, and whatever other
    threads do in some.
    """
    x = sequences(32 * (STEPS + 2))
    split = {"train": np.arange(64, len(x)), "validation": np.arange(64)}
    counted = Faults()
    training.train(
        network, x, np.arange(len(x)) % 2, split, training.Training.of(HOW), 1, callbacks=[counted]
    )
    assert len(counted.counts) == 3 * STEPS
    assert statistics.median(counted.counts[STEPS:]) < HARDLY, counted.counts


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "records"), [("prediction", 256), ("attribution", 64)])
def test_steps_of_what_follows_a_training_bring_in_hardly_any_pages(network, kind, records):
    """Likewise, of 50 batches after ten. Without gradients less is kept, so batches are larger."""
    x = sequences(records)
    if kind == "prediction":

        def step():
            list(models.batches_of_outputs(network, x, len(x)))
    else:
        along, weights = Gradients(network), np.ones((len(x), 1), np.float32)

        def step():
            along(base_fractions(x), np.ones(x.shape[:2], bool), weights)

    counts = []
    for _ in range(60):
        before = faults()
        step()
        counts.append(faults() - before)
    assert statistics.median(counts[10:]) < HARDLY, counts


def test_whoever_trains_or_opens_a_network_keeps_freed_memory(monkeypatch, tmp_path):
    """Before anything else, so that whatever is computed with it does."""

    def called():
        raise StopIteration

    monkeypatch.setattr(allocator, "keep_freed_memory", called)
    with pytest.raises(StopIteration):
        models.load(tmp_path / "model.keras")
    x = sequences(4)
    split = {"train": np.arange(2), "validation": np.arange(2, 4)}
    with pytest.raises(StopIteration):
        training.train(None, x, np.arange(4) % 2, split, training.Training.of(HOW), 1)
