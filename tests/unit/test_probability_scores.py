"""A calibration can be undone, and scores of probabilities are those of all metrics."""

import numpy as np
import pytest
from predictions import many_classes

from attendna.evaluation.bootstrap import bootstrap_weights
from attendna.evaluation.metrics import multiclass
from attendna.evaluation.probability_scores import before_calibration, probability_scores


@pytest.mark.parametrize("classes", [2, 4])
def test_calibration_can_be_undone(classes):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(50, classes)) * 3

    def softmax(values):
        return np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)

    biases = rng.normal(size=classes)
    for temperature in (0.3, 1.0, 2.5):
        calibrated = softmax(logits / temperature + biases)
        before = before_calibration(calibrated, temperature, biases)
        np.testing.assert_allclose(before, softmax(logits), atol=1e-6)
    certain = before_calibration(np.eye(classes), 2.0, biases)
    assert np.isfinite(np.log(certain)).all()


def test_scores_of_probabilities_are_those_of_all_metrics():
    y, p = many_classes()
    weights = np.concatenate(list(bootstrap_weights(len(y), 5, 1)))
    alone = probability_scores(y, p, list("abcd"), "")(weights)
    whole = multiclass(y, p, list("abcd"))(weights)
    for key, values in alone.items():
        np.testing.assert_array_equal(values, whole[key])
