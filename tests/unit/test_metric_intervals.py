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


@pytest.mark.parametrize(("classes", "positive"), [(["no", "yes"], "yes"), (["a", "b", "c"], "")])
def test_intervals_of_losses_stay_within_what_is_possible(classes, positive):
    """Fourteen records, one of them hardly right: on a scale of logarithms there is no end."""
    y = np.arange(14) % len(classes)
    p = np.where(y[:, None] == np.arange(len(classes)), 1 - 1e-12, 1e-12 / (len(classes) - 1))
    p[0] = np.eye(len(classes))[0] * 0.5 + 0.5 / len(classes)
    p[1] = np.eye(len(classes))[1] * (1 - 1e-5) + 1e-5 / len(classes)
    found = estimate(measure(y, p, classes, positive, {"0.5": 0.5}), y, np.arange(14), 200, 0.95, 1)
    worst = {"brier": 1 if positive else 2, "log_loss": -np.log(np.finfo(float).eps)}
    for key, its in found.items():
        if key.metric in worst:
            assert 0 <= its.low <= its.value <= its.high <= worst[key.metric]
            assert its.high == pytest.approx(worst[key.metric])
