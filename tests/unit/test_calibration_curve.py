"""Calibration curves count right."""

import numpy as np
import pytest

from attendna.evaluation.calibration_curve import reliability_curve


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
