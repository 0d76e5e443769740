"""Corrected p-values keep false discoveries rare; intervals of shares are those of scipy."""

import numpy as np
import pytest
from scipy.stats import binomtest

from attendna.inference import holm, normal_quantile, wilson_interval


def test_quantiles_and_intervals_of_shares_agree_with_scipy():
    assert normal_quantile(0.95) == pytest.approx(1.959964)
    expected = binomtest(7, 20).proportion_ci(0.9, method="wilson")
    assert wilson_interval(7 / 20, 20, 0.9) == pytest.approx((expected.low, expected.high))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5, np.nan]) == pytest.approx([1, 1, np.nan], nan_ok=True)
    assert holm([0.02]) == pytest.approx([0.02])
    assert len(holm([])) == 0


def test_holm_keeps_false_discoveries_rare():
    rng = np.random.default_rng(0)
    assert np.mean([holm(rng.random(15)).min() < 0.05 for _ in range(2000)]) < 0.06
