"""Intervals cover, p-values are honest, calibration curves count right."""

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import kstest

from attendna import uncertainty
from attendna.metrics import Key, binary, estimate
from attendna.uncertainty import (
    CORRELATION,
    LOSS,
    UNIT,
    bootstrap,
    bootstrap_weights,
    effective_size,
    holm,
    interval,
    paired_difference,
    reliability_curve,
    scaled_interval,
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


# ------------------------------------------------------------------------------ groups


def test_groups_are_drawn_as_wholes():
    groups = np.repeat([7, 3, 9, 1], [1, 2, 3, 4])
    weights = np.concatenate(list(bootstrap_weights(10, 300, 1, groups)))
    for name in np.unique(groups):
        assert np.ptp(weights[:, groups == name], axis=1).max() == 0
    assert np.all(weights[:, [0, 1, 3, 6]].sum(axis=1) == 4)  # as many as there are
    assert weights.mean(axis=0) == pytest.approx(np.ones(10), abs=0.25)


def test_groups_of_one_are_no_groups():
    alone = np.concatenate(list(bootstrap_weights(30, 20, 1, np.arange(30) * 5)))
    np.testing.assert_array_equal(alone, np.concatenate(list(bootstrap_weights(30, 20, 1))))


def test_groups_of_equal_records_count_once():
    values = np.random.default_rng(0).normal(size=100)
    single = bootstrap(mean_of(values), 100, 500, 1)["mean"][1:].std()
    fivefold, groups = np.repeat(values, 5), np.repeat(np.arange(100), 5)
    naive = bootstrap(mean_of(fivefold), 500, 500, 1)["mean"][1:].std()
    honest = bootstrap(mean_of(fivefold), 500, 500, 1, groups)["mean"][1:].std()
    assert honest == pytest.approx(single)
    assert naive == pytest.approx(single / np.sqrt(5), rel=0.1)


def test_the_effective_size_is_that_of_the_rarest_class_in_groups():
    y = np.array([0, 0, 0, 0, 1, 1, 1])
    assert effective_size(y) == 3
    assert effective_size(y, np.array([1, 2, 3, 4, 5, 5, 5])) == 1
    assert effective_size(np.zeros(0, int)) == 0


# ------------------------------------------------------------------------------ intervals


@pytest.mark.parametrize("scale", [UNIT, CORRELATION, LOSS])
def test_a_scale_and_its_inverse(scale):
    for value in (0.01, 0.4, 0.99):
        assert scale.back(scale.into(value)) == pytest.approx(value)


def test_a_scaled_interval_by_hand():
    replicates = np.array([0.7, 0.9] * 50)
    error = replicates.std(ddof=1) / (0.8 * 0.2) * stdtrit(30, 0.975)
    low, high = scaled_interval(np.append(0.8, replicates), 0.95, UNIT, 31)
    wanted = [1 / (1 + np.exp(-(np.log(4) + sign * error))) for sign in (-1, 1)]
    assert (low, high) == pytest.approx(wanted, rel=1e-4)
    with_nans = np.append(0.8, np.append(replicates, [np.nan] * 5))
    assert scaled_interval(with_nans, 0.95, UNIT, 31) == pytest.approx((low, high))


@pytest.mark.parametrize(("scale", "value"), [(UNIT, 0.995), (CORRELATION, -0.99), (LOSS, 0.01)])
def test_an_interval_stays_in_the_range_of_its_metric(scale, value):
    values = value + np.append(0, np.random.default_rng(0).normal(0, 0.02, 200))
    low, high = scaled_interval(values, 0.95, scale, 20)
    assert scale.lowest < low < value < high < scale.highest


def test_perfection_in_few_records_is_not_certain():
    # Clopper and Pearson, 20 of 20: 0.8316 to 1.
    assert scaled_interval(np.ones(101), 0.95, UNIT, 20) == pytest.approx((0.8316, 1), abs=1e-4)
    assert scaled_interval(np.zeros(101), 0.95, UNIT, 20) == pytest.approx((0, 0.1684), abs=1e-4)
    low, high = scaled_interval(np.ones(101), 0.95, CORRELATION, 20)
    assert (low, high) == pytest.approx((2 * 0.8316 - 1, 1), abs=1e-3)
    assert scaled_interval(np.zeros(101), 0.95, LOSS, 20) == (0, 0)


def test_what_is_not_defined_has_no_interval():
    assert np.isnan(scaled_interval(np.full(9, np.nan), 0.95, UNIT, 20)).all()
    assert np.isnan(scaled_interval(np.array([0.5, np.nan]), 0.95, UNIT, 20)).all()
    assert np.isnan(paired_difference(np.full(9, np.nan), 0.95)).all()


def scores(rng, y, members=1):
    """Probabilities of a known strength; `members` records in a row share most of their score."""
    shared = np.repeat(rng.normal(size=len(y) // members), members)
    own = rng.normal(size=len(y))
    s = own if members == 1 else np.sqrt(0.8) * shared + np.sqrt(0.2) * own
    return 1 / (1 + np.exp(-(s + y - 0.5)))


@pytest.mark.parametrize("members", [1, 4])
def test_auroc_intervals_cover_the_truth(members):
    # Scores of two normal distributions one apart: AUROC = Phi(1 / sqrt 2) = 0.7602.
    # benchmarks/coverage.py holds all metrics to it, in more draws.
    runs, covered, naive = 250, 0, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        y = np.arange(240) // members % 2 == 0
        groups = np.arange(240) // members
        measure = binary(y, scores(rng, y, members), {})
        for which in (groups, None):
            found = estimate(measure, y, which, 150, 0.95, seed)[Key("", "auroc", "")]
            inside = found.low <= 0.7602 <= found.high
            covered, naive = (
                covered + inside * (which is not None),
                naive + inside * (which is None),
            )
    assert 0.91 <= covered / runs <= 0.985
    if members > 1:
        assert naive / runs < 0.85


# ------------------------------------------------------------------------------ differences


def test_p_values_are_uniform_when_there_is_no_difference():
    p_values = []
    for seed in range(300):
        values = np.random.default_rng(seed).normal(size=100)
        drawn = bootstrap(mean_of(values), 100, 200, seed)["mean"]
        p_values.append(paired_difference(drawn, 0.95).p_value)
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) < 0.05) < 0.09


def test_a_difference_by_hand():
    drawn = np.append(0.2, [0.1, 0.3] * 50)
    found = paired_difference(drawn, 0.95)
    error = drawn[1:].std(ddof=1)
    assert found.value == 0.2
    assert (found.low, found.high) == pytest.approx((0.2 - 1.96 * error, 0.2 + 1.96 * error), 0.01)
    assert found.p_value == pytest.approx(0.0466, abs=1e-4)  # 0.2 / 0.1005: z = 1.990
    assert paired_difference(-drawn, 0.95).p_value == found.p_value
    assert tuple(paired_difference(np.zeros(99), 0.95)) == (0, 0, 0, 1)
    assert 0 < paired_difference(np.ones(100), 0.95).p_value == pytest.approx(1 / 100)


def test_p_value_and_interval_agree_about_zero():
    rng = np.random.default_rng(0)
    for shift in np.linspace(-3, 3, 25):
        found = paired_difference(np.append(shift, rng.normal(shift, 1, 99)), 0.95)
        assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5, np.nan]) == pytest.approx([1, 1, np.nan], nan_ok=True)
    assert holm([0.02]) == pytest.approx([0.02])
    assert len(holm([])) == 0


def test_holm_keeps_false_discoveries_rare():
    rng = np.random.default_rng(0)
    assert np.mean([holm(rng.random(15)).min() < 0.05 for _ in range(2000)]) < 0.06


# ------------------------------------------------------------------------------ calibration


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
