"""AUROC, interval and p-value from counts are those of slower ways, and right as often as said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, mannwhitneyu
from sklearn.metrics import roc_auc_score

from attendna.data.separation import fisher_p_value, of_shares, of_values


def counted(own, others):
    """How many of two sets of numbers have each value."""
    distinct, place = np.unique(np.concatenate([own, others]), return_inverse=True)
    first = np.arange(len(place)) < len(own)
    return [np.bincount(place[side], minlength=len(distinct)) for side in (first, ~first)]


def measured(own, others):
    return of_values(*counted(np.asarray(own, float), np.asarray(others, float)), 0.95)


some = st.lists(st.integers(0, 6), min_size=1, max_size=20)


@given(some, some)
def test_area_is_that_of_scikit_learn_and_turns_with_the_sides(own, others):
    found, turned = measured(own, others), measured(others, own)
    y = [1] * len(own) + [0] * len(others)
    assert found.auroc == pytest.approx(roc_auc_score(y, own + others))
    assert found.low <= found.auroc <= found.high and 0 <= found.p_value <= 1
    assert turned.auroc == pytest.approx(1 - found.auroc)
    assert turned.low == pytest.approx(1 - found.high, abs=1e-9)
    assert turned.p_value == pytest.approx(found.p_value)


def test_standard_error_is_delongs():
    """From the placement values, as in the paper: a record counts the pairs that it wins."""
    rng = np.random.default_rng(0)
    own, others = rng.integers(0, 30, 40), rng.integers(5, 35, 60)
    wins = (own[:, None] > others) + 0.5 * (own[:, None] == others)
    variance = wins.mean(axis=1).var(ddof=1) / 40 + wins.mean(axis=0).var(ddof=1) / 60
    found = measured(own, others)
    area = wins.mean()
    reach = 1.959964 * np.sqrt(variance) / (area * (1 - area))
    odds = np.exp(np.array([-reach, reach])) * area / (1 - area)
    assert [found.low, found.high] == pytest.approx(odds / (1 + odds))


def test_p_value_of_numbers_is_the_rank_sum_tests():
    rng = np.random.default_rng(1)
    own, others = rng.normal(0.4, 1, 50).round(1), rng.normal(0, 1, 80).round(1)
    expected = mannwhitneyu(own, others, method="asymptotic").pvalue
    assert measured(own, others).p_value == pytest.approx(expected)


def test_p_value_of_a_yes_or_no_is_twice_the_smaller_tail_of_fishers():
    tails = [fisher_exact([[5, 15], [7, 83]], side).pvalue for side in ("less", "greater")]
    found = fisher_p_value(*map(np.array, (5, 20, 7, 90)))
    assert found == pytest.approx(2 * min(tails))
    assert of_shares(*map(np.array, (5, 20, 7, 90)), 0.95).auroc == pytest.approx(
        (1 + 5 / 20 - 7 / 90) / 2
    )


def test_interval_of_a_yes_or_no_by_the_numbers_of_the_paper():
    """Newcombe 1998, table II, (a): 56/70 and 48/80, method 10: 0.0524 to 0.3339."""
    found = of_shares(*map(np.array, (56, 70, 48, 80)), 0.95)
    assert 2 * found.low - 1 == pytest.approx(0.0524, abs=5e-5)
    assert 2 * found.high - 1 == pytest.approx(0.3339, abs=5e-5)


def test_three_records_of_a_rare_class_are_not_made_a_certainty():
    """Of numbers that are mostly 0, ranks are no more normal: three of ten thousand are not 0."""
    found = measured([1, 2, 3] + [0] * 97, [0] * 9900)
    assert 1e-7 < found.p_value < 1e-5  # (1/100) ** 3 and a factor; by normal ranks it were 1e-66


def test_apart_is_one_with_an_interval_and_nothing_is_nothing():
    found = measured(np.arange(20) + 100, np.arange(50))
    assert (found.auroc, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 20))
    assert np.isnan(measured([], [1, 2])).all()
    turned = measured(np.arange(50), np.arange(20) + 100).either_way()
    assert (turned.auroc, turned.low) == (1, found.low)


def nothing_but_noise(rng, n):
    return rng.normal(size=n)


def mostly_zero(rng, n):
    return np.where(rng.random(n) < 0.03, rng.random(n), 0)


@pytest.mark.parametrize("draw", [nothing_but_noise, mostly_zero])
@pytest.mark.parametrize("sizes", [(40, 40), (15, 600)])
def test_p_values_keep_their_error(draw, sizes):
    rng = np.random.default_rng(2)
    p_values = [measured(*(draw(rng, n) for n in sizes)).p_value for _ in range(3000)]
    for level in (0.001, 0.01, 0.05):
        # Three standard errors of the share above what is promised.
        assert np.mean(np.array(p_values) <= level) < level + 3 * np.sqrt(level / 3000)


@pytest.mark.parametrize("shift", [0, 0.7, 2])
def test_intervals_hold_the_truth(shift):
    rng = np.random.default_rng(3)
    truth = measured(rng.normal(shift, 1, 100_000), rng.normal(0, 1, 100_000)).auroc
    held = 0
    for _ in range(1000):
        found = measured(rng.normal(shift, 1, 60), rng.normal(0, 1, 200))
        held += found.low <= truth <= found.high
    assert 930 <= held <= 970
