"""Each kind of metric has its own interval."""

import numpy as np
import pytest
from predictions import many_classes, two_classes

from attendna.evaluation.confidence_intervals import share_interval
from attendna.evaluation.metric_intervals import estimate
from attendna.evaluation.metrics import binary, measure
from attendna.evaluation.probability_scores import ECE


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_that_are_shares_know_of_what(classes):
    y, p = many_classes()
    y, p = y % classes, p[:, :classes] / p[:, :classes].sum(axis=1, keepdims=True)
    names = list("abcd")[:classes]
    measured = measure(y, p, names, "b" if classes == 2 else "", {"0.5": 0.5, "low": 0.2})
    values = measured(np.ones((1, len(y))))
    assert len(measured.shares) == (8 if classes == 2 else 9)
    found = estimate(measured, y, np.arange(len(y)), 20, 0.95, 1)
    for key, share in measured.shares.items():
        assert values[key][0] == pytest.approx(share.hits.sum() / share.trials.sum())
        assert not (share.hits & ~share.trials).any()
        low, high = share_interval(*share, np.arange(len(y)), 0.95)
        assert found[key] == (values[key][0], low, high)


def test_the_calibration_error_has_an_interval_about_it():
    y, p = two_classes(n=300, decimals=3)
    found = estimate(binary(y, p, {}), y, np.arange(300), 200, 0.95, 1)[ECE]
    assert 0 < found.low < found.value < found.high < 1
