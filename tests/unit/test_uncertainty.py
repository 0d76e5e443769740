"""Intervals cover, p-values are honest, calibration curves count right."""

import numpy as np
import pytest

from attendna import uncertainty
from attendna.metrics import Key, binary
from attendna.uncertainty import (
    bootstrap,
    bootstrap_weights,
    interval,
    paired_p_value,
    reliability_curve,
)


def mean_of(values):
    return lambda weights: {"mean": weights @ values / weights.sum(axis=1)}


def test_weights_are_counts_that_sum_to_the_records():
    weights = np.concatenate(list(bootstrap_weights(50, 400, 3)))
    assert weights.shape == (400, 50)
    assert np.all(weights.sum(axis=1) == 50)
    assert np.all(weights == weights.astype(int))
    # Multinomial: each count has mean 1 and variance 1 - 1/n.
    assert weights.mean(axis=0) == pytest.approx(np.ones(50), abs=0.25)
    assert weights.var() == pytest.approx(1 - 1 / 50, rel=0.03)


def test_weights_do_not_depend_on_the_size_of_the_blocks(monkeypatch):
    whole = np.concatenate(list(bootstrap_weights(30, 20, 1)))
    monkeypatch.setattr(uncertainty, "BLOCK", 70)
    blocks = list(bootstrap_weights(30, 20, 1))
    assert {len(block) for block in blocks} == {2}
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_seeds_matter():
    one, other = (np.concatenate(list(bootstrap_weights(30, 5, seed))) for seed in (1, 2))
    assert np.any(one != other)


def test_bootstrap_starts_with_the_observed_value_and_has_the_right_spread():
    values = np.random.default_rng(0).normal(size=400)
    means = bootstrap(mean_of(values), 400, 2000, 0)["mean"]
    assert len(means) == 2001
    assert means[0] == pytest.approx(values.mean())
    assert means[1:].std() == pytest.approx(values.std() / 20, rel=0.06)


def test_interval_leaves_nans_out():
    values = np.append(np.arange(101.0), [np.nan] * 7)
    low, high = interval(values, 0.9)
    assert (low, high) == pytest.approx((5, 95))


def test_interval_of_curves_is_pointwise():
    curves = np.stack([np.arange(11.0), np.full(11, np.nan), 2 * np.arange(11.0)], axis=1)
    low, high = interval(curves, 0.8)
    np.testing.assert_allclose(low, [1, np.nan, 2])
    np.testing.assert_allclose(high, [9, np.nan, 18])


def test_auroc_intervals_cover_the_truth():
    # Scores of two normal distributions one apart: AUROC = Phi(1 / sqrt 2) = 0.7602.
    covered = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        y = np.arange(150) % 2 == 0
        measure = binary(y, 1 / (1 + np.exp(-rng.normal(y.astype(float)))), {})
        low, high = interval(bootstrap(measure, 150, 200, seed)[Key("", "auroc", "")][1:], 0.95)
        covered += low <= 0.7602 <= high
    assert 0.88 <= covered / 150 <= 0.99


def test_p_values_are_uniform_when_there_is_no_difference():
    p_values = []
    for seed in range(300):
        values = np.random.default_rng(seed).normal(size=100)
        p_values.append(paired_p_value(bootstrap(mean_of(values), 100, 200, seed)["mean"][1:]))
    p_values = np.array(p_values)
    assert np.mean(p_values < 0.05) < 0.11
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.06)
    assert np.mean(p_values < 0.5) == pytest.approx(0.5, abs=0.1)


def test_p_value_by_hand():
    assert paired_p_value(np.array([1.0, 2, 3, -1])) == pytest.approx(2 * (1 + 1) / 5)
    assert paired_p_value(-np.arange(1.0, 1000)) == pytest.approx(2 / 1000)
    assert paired_p_value(np.array([1.0, 2, 3, np.nan])) == pytest.approx(2 / 4)
    assert paired_p_value(np.zeros(99)) == 1
    assert np.isnan(paired_p_value(np.full(3, np.nan)))


def test_p_value_and_interval_agree_about_zero():
    rng = np.random.default_rng(0)
    for shift in np.linspace(-3, 3, 25):
        differences = rng.normal(shift, 1, 999)
        low, high = interval(differences, 0.95)
        p_value = paired_p_value(differences)
        if abs(p_value - 0.05) > 0.005:
            assert (p_value < 0.05) == (low > 0 or high < 0)


def test_reliability_by_hand():
    y = np.array([0, 1, 1, 1, 0])
    p = np.array([0.1, 0.3, 0.9, 1.0, 0.5])
    curve = reliability_curve(y, p, 4)
    assert curve.count.tolist() == [1, 1, 1, 2]
    np.testing.assert_allclose(curve.predicted, [0.1, 0.3, 0.5, 0.95])
    np.testing.assert_allclose(curve.observed, [0, 1, 0, 1])


def test_reliability_interval_is_wilsons_and_empty_bins_are_nan():
    # 8 of 10: the Wilson interval is 0.490 to 0.943.
    curve = reliability_curve(np.arange(10) < 8, np.full(10, 0.95), 10)
    assert (curve.low[9], curve.high[9]) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert np.isnan(curve.observed[:9]).all()
    assert curve.count[:9].sum() == 0
