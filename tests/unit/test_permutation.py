"""P-values of swaps are honest."""

import numpy as np
import pytest
from scipy.stats import kstest

from attendna.evaluation.permutation import swap_p_value, swaps


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
