"""Bands are held to scikit-learn's curves."""

import numpy as np
import pytest
from predictions import two_classes
from sklearn import metrics as reference

from attendna.evaluation import curves
from attendna.evaluation.bootstrap import bootstrap_weights


def test_roc_band_agrees_with_scikit_learn_and_lies_inside_its_interval():
    y, p = two_classes(n=300, decimals=3)
    grid = np.linspace(0, 1, 51)
    band = curves.roc_band(y, p, bootstrap_weights(300, 200, 0), grid)
    fpr, tpr, _ = reference.roc_curve(y, p, drop_intermediate=False)
    np.testing.assert_allclose(band.value, np.interp(grid, fpr, tpr))
    assert np.all(np.diff(band.value) >= 0)
    assert np.all((band.low <= band.value) & (band.value <= band.high))


def test_pr_band_integrates_to_the_average_precision():
    y, p = two_classes(n=200)
    steps = y.sum()
    grid = np.arange(1, steps + 1) / steps
    band = curves.pr_band(y, p, bootstrap_weights(200, 50, 0), grid)
    assert band.value.mean() == pytest.approx(reference.average_precision_score(y, p))
    assert np.all(band.low <= band.high)
