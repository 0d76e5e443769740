"""The log loss that validation records have once their network is calibrated."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from attendna.learning.backend import keras
from attendna.learning.calibration import PULL
from attendna.learning.losses import CalibratedLoss


def logits(n, classes, sharpness=1.0, seed=0):
    """Logits of known classes, right more often than not, and the classes, one-hot."""
    rng = np.random.default_rng(seed)
    y = np.eye(classes)[rng.integers(0, classes, n)]
    return sharpness * (1.5 * y + rng.normal(size=(n, classes))), y


def lowest(scores, y, weights=None):
    def loss(log_temperature):
        logs = log_softmax(scores / np.exp(log_temperature), axis=1)
        mean = np.average(-(y * logs).sum(axis=1), weights=weights)
        total = len(y) if weights is None else weights.sum()
        return mean + PULL * min(0, log_temperature) ** 2 / 2 / total

    return minimize_scalar(loss, bounds=(-3, 3), method="bounded").fun


def measured(scores, y, weights=None, batch=37):
    metric = CalibratedLoss()
    p = np.exp(log_softmax(scores, axis=1))
    if y.shape[1] == 2:
        p, y = p[:, 1:], y[:, 1:]
    for start in range(0, len(y), batch):
        part = slice(start, start + batch)
        own = None if weights is None else weights[part]
        metric.update_state(y[part].astype("float32"), p[part].astype("float32"), own)
    return float(metric.result())


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("sharpness", [0.3, 1, 5])
def test_it_is_the_lowest_one_that_a_temperature_gives(classes, sharpness):
    scores, y = logits(300, classes, sharpness)
    assert measured(scores, y) == pytest.approx(lowest(scores, y), abs=2e-3)
    weights = np.where(y[:, 0] == 1, 0.5, 2.0)
    assert measured(scores, y, weights) == pytest.approx(lowest(scores, y, weights), abs=2e-3)


def test_a_network_that_is_too_sure_is_no_worse_and_few_right_records_are_no_certainty():
    scores, y = logits(300, 2)
    assert measured(5 * scores, y) == pytest.approx(measured(3 * scores, y), abs=2e-3)
    scores, y = np.array([[2.0, 0.0]] * 5), np.array([[1.0, 0.0]] * 5)
    assert measured(scores, y) > 0.01


def test_members_in_training_add_nothing():
    metric = CalibratedLoss()
    metric.update_state(np.ones((4, 1), "float32"), np.full((4, 2, 1), 0.5, "float32"))
    assert float(metric.weights_sum) == 0 and float(metric.result()) == 0
    metric.update_state(np.ones((4, 1), "float32"), np.full((4, 1), 0.5, "float32"))
    assert float(metric.result()) == pytest.approx(np.log(2), abs=1e-4)
    metric.reset_state()
    assert not np.any(keras.ops.convert_to_numpy(metric.sums))
