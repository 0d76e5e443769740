"""Intervals cover, p-values are honest, calibration curves count right."""

import tracemalloc

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import kstest

from attendna.evaluation import uncertainty
from attendna.evaluation.metrics import Key, binary, estimate
from attendna.evaluation.uncertainty import (
    area_interval,
    bootstrap,
    bootstrap_weights,
    calibration_error_interval,
    effective_size,
    holm,
    interval,
    loss_interval,
    normal_interval,
    rate_interval,
    reliability_curve,
    share_interval,
    swap_p_value,
    swaps,
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


def spread(value, error):
    """An observed value and 100 replicates with this standard error."""
    return np.append(value, value + error * np.array([-1, 1] * 50) * np.sqrt(0.99))


def test_the_interval_of_an_area_is_normal_on_the_scale_of_its_logit():
    logits = np.append(1.5, [1.1, 1.9] * 50)
    low, high = area_interval(1 / (1 + np.exp(-logits)), 0.95, 30)
    reach = 1.96 * logits[1:].std(ddof=1)
    wanted = [1 / (1 + np.exp(-(1.5 + sign * reach))) for sign in (-1, 1)]
    assert (low, high) == pytest.approx(wanted, abs=1e-5)


def test_a_replicate_at_the_end_of_the_scale_counts_as_a_factor_of_six():
    ends = area_interval(np.append(0.9, [0.9, 1.0] * 50), 0.95, 30)
    odds = 6 * 0.9 / 0.1
    assert ends == pytest.approx(
        area_interval(np.append(0.9, [0.9, odds / (1 + odds)] * 50), 0.95, 30)
    )
    assert 0.5 < ends[0] < 0.9 < ends[1] < 1


def test_a_rate_has_the_score_interval_of_as_many_records():
    # 8 of 10: Wilson's interval is 0.490 to 0.943; the standard error is sqrt(0.8 * 0.2 / 10).
    drawn = spread(0.8, np.sqrt(0.016))
    assert rate_interval(drawn, 0.95, 99) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    # From -1 to 1, twice as wide.
    low, high = rate_interval(2 * drawn - 1, 0.95, 99, lowest=-1)
    assert (low, high) == pytest.approx((2 * 0.4902 - 1, 2 * 0.9433 - 1), abs=2e-4)


def test_a_share_has_the_score_interval_of_the_records_that_it_is_a_share_of():
    trials, alone = np.arange(40) % 4 == 0, np.arange(40)
    hits = trials & (alone < 30)  # 8 of 10
    assert share_interval(hits, trials, alone, 0.95) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    nothing = np.zeros(40, bool)
    assert share_interval(nothing, trials, alone, 0.95) == pytest.approx((0, 0.2775), abs=1e-4)
    assert share_interval(trials, trials, alone, 0.95) == pytest.approx((0.7225, 1), abs=1e-4)
    assert share_interval(nothing, nothing, alone, 0.95) == (0, 1)


@pytest.mark.parametrize("right", [0, 8, 10])
def test_records_that_come_twice_leave_a_share_as_uncertain(right):
    trials, hits = np.arange(15) < 10, np.arange(15) < right
    once = share_interval(hits, trials, np.arange(15), 0.95)
    twice = [np.repeat(values, 2) for values in (hits, trials, np.arange(15))]
    assert share_interval(*twice, 0.95) == pytest.approx(once)
    # What relatives do outside the records in question doesn't matter.
    assert share_interval(hits, trials, np.minimum(np.arange(15), 10), 0.95) == once


def test_intervals_of_shares_cover_the_truth_as_binomial_ones_do():
    """Exactly known: the mean over what a count of calls and of hits among them can be."""
    runs, called, truth = 4000, 20, 0.7
    rng = np.random.default_rng(1)
    trials = rng.binomial(called, 0.8, runs)
    inside = 0
    for n in trials:
        hits = np.arange(called) < rng.binomial(n, truth)
        low, high = share_interval(hits, np.arange(called) < n, np.arange(called), 0.95)
        inside += low <= truth <= high
    assert inside / runs == pytest.approx(0.95, abs=0.015)


def test_a_loss_has_an_interval_of_factors():
    low, high = loss_interval(0.3 * np.exp(spread(0, 0.1)), 0.95, 31)
    reach = np.exp(0.1 * stdtrit(30, 0.975))
    assert (low, high) == pytest.approx((0.3 / reach, 0.3 * reach))


@pytest.mark.parametrize(
    ("kind", "value", "lowest", "highest"),
    [
        (lambda v: area_interval(v, 0.95, 20), 0.995, 0, 1),
        (lambda v: rate_interval(v, 0.95, 20), 0.995, 0, 1),
        (lambda v: rate_interval(v, 0.95, 20, lowest=-1), -0.99, -1, 1),
        (lambda v: loss_interval(v, 0.95, 20), 0.01, 0, np.inf),
    ],
)
def test_an_interval_stays_in_the_range_of_its_metric_and_leaves_nans_out(
    kind, value, lowest, highest
):
    drawn = np.random.default_rng(0).normal(0, 0.02, 200)
    replicates = np.clip(value + drawn, lowest, highest)
    low, high = kind(np.append(value, replicates))
    assert lowest <= low < value < high <= highest
    assert kind(np.concatenate([[value], replicates, [np.nan] * 5])) == (low, high)
    assert np.isnan(kind(np.append(np.nan, replicates))).all()
    assert np.isnan(kind(np.array([value, np.nan]))).all()


def test_perfection_in_few_records_is_not_certain():
    # Clopper and Pearson, 20 of 20: 0.8316 to 1; Wilson: 0.8389 to 1.
    assert area_interval(np.ones(101), 0.95, 20) == pytest.approx((0.8316, 1), abs=1e-4)
    assert area_interval(np.zeros(101), 0.95, 20) == pytest.approx((0, 0.1684), abs=1e-4)
    assert rate_interval(np.ones(101), 0.95, 20) == pytest.approx((0.8389, 1), abs=1e-4)
    assert rate_interval(np.zeros(101), 0.95, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert loss_interval(np.zeros(101), 0.95, 20) == (0, 0)


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


def difference_of_means(a, b):
    """From swaps to the difference of two means, each of as many records."""
    return lambda s: ((1 - 2 * s) @ (a - b)) / len(a)


def test_swaps_begin_with_none_and_keep_groups_together():
    groups = np.repeat([4, 2, 9], [1, 2, 3])
    drawn = np.concatenate(list(swaps(6, 400, 1, groups)))
    assert drawn.shape == (401, 6)
    assert not drawn[0].any()
    assert set(np.unique(drawn)) == {0, 1}
    assert np.ptp(drawn[:, groups == 9], axis=1).max() == 0
    assert drawn[1:].mean(axis=0) == pytest.approx(np.full(6, 0.5), abs=0.1)
    assert abs(np.corrcoef(drawn[1:, 0], drawn[1:, 1])[0, 1]) < 0.15


def test_a_p_value_by_hand():
    # Of the four draws with the observed one, three are as large, either way.
    assert swap_p_value(np.array([2, -3, 2, 1.0]), np.zeros(4)) == 3 / 4
    # Of two that are equal, the one whose second difference is smaller does not count.
    assert swap_p_value(np.array([2, -3, 2, 2.0]), np.array([5, 0, 4, -5.0])) == 3 / 4
    assert swap_p_value(np.zeros(99), np.zeros(99)) == 1
    assert np.isnan(swap_p_value(np.full(9, np.nan), np.zeros(9)))
    # No draw is near: not more than Hoeffding's bound, and not more than 1 of 5.
    far = np.array([9, 1, -1, 1, -1.0])
    assert swap_p_value(far, np.zeros(5)) == pytest.approx(2 * np.exp(-81 / 2))
    assert swap_p_value(np.array([1.5, 1, -1, 1, -1]), np.zeros(5)) == 1 / 5
    # Draws that are all equal tell nothing by their spread.
    with np.errstate(all="raise"):
        assert swap_p_value(np.zeros(5), np.array([3, 1, -1, 1, 2.0])) == 1 / 5
        assert swap_p_value(np.array([1, 0, 0, 0, 0.0]), np.zeros(5)) == 1 / 5


@pytest.mark.parametrize("discrete", [False, True])
def test_p_values_are_uniform_when_the_models_are_alike(discrete):
    p_values, untied = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        errors = rng.normal(size=(2, 60)) + rng.normal(size=60)  # in common, as of two models
        parts = list(swaps(60, 199, seed))
        second = np.concatenate([difference_of_means(*errors)(s) for s in parts])
        first = errors > 0 if discrete else np.abs(errors)
        drawn = np.concatenate([difference_of_means(*first.astype(float))(s) for s in parts])
        p_values.append(swap_p_value(drawn, second))
        untied.append(np.mean(np.abs(drawn) >= np.abs(drawn[0]) - 1e-12))
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.03)
    # Without the second statistic, p-values of what is discrete are too large.
    assert (kstest(untied, "uniform").pvalue < 1e-4) == discrete


def test_models_that_differ_have_small_p_values():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 100))
    drawn = np.concatenate([difference_of_means(a + 1, b)(s) for s in swaps(100, 500, 1)])
    assert swap_p_value(drawn, np.zeros(501)) < 1e-3
    assert swap_p_value(-drawn, np.zeros(501)) == swap_p_value(drawn, np.zeros(501))


def test_the_interval_of_a_difference_by_hand():
    drawn = np.append(0.2, [0.1, 0.3] * 50)
    error = drawn[1:].std(ddof=1)
    wanted = (0.2 - 1.96 * error, 0.2 + 1.96 * error)
    assert normal_interval(drawn, 0.95) == pytest.approx(wanted, abs=1e-4)
    assert normal_interval(np.zeros(99), 0.95) == (0, 0)
    assert np.isnan(normal_interval(np.full(9, np.nan), 0.95)).all()


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


@pytest.mark.parametrize(("off", "members"), [(0.0, 1), (1.0, 1), (0.0, 4)])
def test_the_interval_of_the_calibration_error_holds_the_truth(off, members):
    def draw(seed, n):
        rng = np.random.default_rng(seed)
        p = np.repeat(rng.random(n // members), members)
        y = np.repeat(rng.random(n // members) < p[::members], members)
        return y, 1 / (1 + (1 - p) / p * np.exp(-off)), np.arange(n) // members

    y, p, _ = draw(0, 1_000_000)
    index = uncertainty.probability_bins(p, 15)
    truth = np.abs(np.bincount(index, p - y)).sum() / len(y) if off else 0.0
    inside, excluded = 0, 0
    for seed in range(200):
        y, p, groups = draw(seed, 240)
        low, high = calibration_error_interval(y, p, groups, 15, 0.95, 100, seed)
        inside += low <= truth <= high
        excluded += low > 0
    assert 0.9 <= inside / 200 <= 0.995
    assert (excluded > 100) == bool(off)


def test_the_interval_holds_an_error_that_no_smooth_recalibration_sees():
    """Half of the records are sure and right; bins of the others are off, up and down in turn."""
    inside = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        p = np.where(np.arange(1000) % 2, 0.999, 0.07 + 0.86 * rng.random(1000))
        off = np.where(np.arange(1000) % 2, 0, 0.06 * (-1.0) ** uncertainty.probability_bins(p, 15))
        y = rng.random(1000) < p + off
        low, high = calibration_error_interval(y, p, np.arange(1000), 15, 0.95, 100, seed)
        inside += low <= 0.03 <= high
    assert inside > 0.88 * 150


def test_recalibrated_probabilities_have_the_mean_and_the_slope_of_what_happens():
    rng = np.random.default_rng(1)
    p = rng.random(400)
    y = rng.random(400) < 1 / (1 + ((1 - p) / p) ** 2)
    q = uncertainty._recalibrated(y, p, 1.0)
    logits = np.log(p / (1 - p))
    np.testing.assert_allclose([q.sum(), q @ logits], [y.sum(), y @ logits], rtol=0.02)
    same = uncertainty._recalibrated(np.arange(10) < 8, np.ones(10), 1.0)
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
