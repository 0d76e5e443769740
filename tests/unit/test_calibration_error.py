"""The interval of the expected calibration error holds the truth."""

import tracemalloc

import numpy as np
import pytest

from attendna.evaluation import calibration_error
from attendna.evaluation.calibration_curve import probability_bins
from attendna.evaluation.calibration_error import calibration_error_interval


@pytest.mark.parametrize(("off", "members"), [(0.0, 1), (1.0, 1), (0.0, 4)])
def test_the_interval_of_the_calibration_error_holds_the_truth(off, members):
    def draw(seed, n):
        rng = np.random.default_rng(seed)
        p = np.repeat(rng.random(n // members), members)
        y = np.repeat(rng.random(n // members) < p[::members], members)
        return y, 1 / (1 + (1 - p) / p * np.exp(-off)), np.arange(n) // members

    y, p, _ = draw(0, 1_000_000)
    index = probability_bins(p, 15)
    truth = np.abs(np.bincount(index, p - y)).sum() / len(y) if off else 0.0
    inside, excluded = 0, 0
    for seed in range(200):
        y, p, groups = draw(seed, 240)
        low, high = calibration_error_interval(y, p, groups, 15, 0.95, 100, seed)
        inside += low <= truth <= high
        excluded += low > 0
    assert 0.9 <= inside / 200 <= 0.995
    assert (excluded > 100) == bool(off)


@pytest.mark.thorough
def test_the_interval_holds_an_error_that_no_smooth_recalibration_sees():
    """Half of the records are sure and right; bins of the others are off, up and down in turn."""
    inside = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        p = np.where(np.arange(1000) % 2, 0.999, 0.07 + 0.86 * rng.random(1000))
        off = np.where(np.arange(1000) % 2, 0, 0.06 * (-1.0) ** probability_bins(p, 15))
        y = rng.random(1000) < p + off
        low, high = calibration_error_interval(y, p, np.arange(1000), 15, 0.95, 100, seed)
        inside += low <= 0.03 <= high
    assert inside > 0.88 * 150


def test_recalibrated_probabilities_have_the_mean_and_the_slope_of_what_happens():
    rng = np.random.default_rng(1)
    p = rng.random(400)
    y = rng.random(400) < 1 / (1 + ((1 - p) / p) ** 2)
    q = calibration_error._recalibrated(y, p, 1.0)
    logits = np.log(p / (1 - p))
    np.testing.assert_allclose([q.sum(), q @ logits], [y.sum(), y @ logits], rtol=0.02)
    same = calibration_error._recalibrated(np.arange(10) < 8, np.ones(10), 1.0)
    np.testing.assert_allclose(same, 0.8, atol=0.02)  # all alike, and too sure


def test_records_that_come_four_times_tell_as_much_as_once():
    rng = np.random.default_rng(1)
    p = rng.random(200)
    y = rng.random(200) < 1 / (1 + (1 - p) / p * 3)
    once = calibration_error_interval(y, p, np.arange(200), 15, 0.95, 400, 1)
    four = [np.repeat(values, 4) for values in (y, p, np.arange(200))]
    assert calibration_error_interval(*four, 15, 0.95, 400, 1) == pytest.approx(once, rel=0.02)
    alone = calibration_error_interval(*four[:2], np.arange(800), 15, 0.95, 400, 1)
    assert alone[1] - alone[0] < 0.7 * (once[1] - once[0])


def test_a_bin_of_unlike_probabilities_is_as_uncertain_as_its_records():
    """Half of the records hardly ever happen, half nearly always; their mean is no coin."""
    y = np.arange(400) % 2 == 0
    y[:8] = True  # 4 in 200 happen against the odds
    p = np.where(np.arange(400) % 2 == 0, 0.98, 0.02)
    low, high = calibration_error_interval(y, p, np.arange(400), 1, 0.95, 200, 1)
    value = abs(y.mean() - p.mean())
    assert low <= value <= high < value + 1.96 * np.sqrt(0.02 * 0.98 / 400) * 1.3


def test_many_replicates_of_the_calibration_error_take_little_memory():
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    y = rng.random(20_000) < p
    tracemalloc.start()
    try:
        calibration_error_interval(y, p, np.arange(20_000), 15, 0.95, 500, 1)
        assert tracemalloc.get_traced_memory()[1] < 20e6  # of signs alone there are 80 MB
    finally:
        tracemalloc.stop()
