"""Intervals cover, stay in the range of their metric, and are those of the textbooks."""

import numpy as np
import pytest
from scipy.special import stdtrit

from attendna.evaluation.confidence_intervals import (
    area_interval,
    loss_interval,
    normal_interval,
    percentile_interval,
    rate_interval,
    share_interval,
)
from attendna.evaluation.measures import Key
from attendna.evaluation.metric_intervals import estimate
from attendna.evaluation.metrics import binary


def test_interval_leaves_nans_out():
    values = np.append(np.arange(101.0), [np.nan] * 7)
    low, high = percentile_interval(values, 0.9)
    assert (low, high) == pytest.approx((5, 95))


def test_interval_of_curves_is_pointwise():
    curves = np.stack([np.arange(11.0), np.full(11, np.nan), 2 * np.arange(11.0)], axis=1)
    low, high = percentile_interval(curves, 0.8)
    np.testing.assert_allclose(low, [1, np.nan, 2])
    np.testing.assert_allclose(high, [9, np.nan, 18])


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


@pytest.mark.thorough
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


def test_the_interval_of_a_difference_by_hand():
    drawn = np.append(0.2, [0.1, 0.3] * 50)
    error = drawn[1:].std(ddof=1)
    wanted = (0.2 - 1.96 * error, 0.2 + 1.96 * error)
    assert normal_interval(drawn, 0.95) == pytest.approx(wanted, abs=1e-4)
    assert normal_interval(np.zeros(99), 0.95) == (0, 0)
    assert np.isnan(normal_interval(np.full(9, np.nan), 0.95)).all()
