"""The chosen threshold is the best one, and confusion matrices are the right way round."""

import numpy as np
import pytest
from predictions import two_classes
from sklearn import metrics as reference

from attendna.evaluation.decisions import choose_threshold, confusion


@pytest.mark.parametrize("seed", range(5))
def test_the_chosen_threshold_has_the_best_matthews_correlation(seed):
    y, p = two_classes(seed=seed, decimals=2)
    chosen = choose_threshold(y, p)
    best = max(reference.matthews_corrcoef(y, p >= t) for t in p)
    assert reference.matthews_corrcoef(y, p >= chosen) == pytest.approx(best)


def test_the_chosen_threshold_lies_between_separable_classes():
    p = np.array([0.1, 0.2, 0.8, 0.9])
    assert choose_threshold(p > 0.5, p) == pytest.approx(0.5)


def test_neighbouring_floats_are_told_apart():
    low, high = 0.7, np.nextafter(0.7, 1)
    chosen = choose_threshold(np.array([False, True]), np.array([low, high]))
    assert low < chosen <= high


def test_one_class_leaves_no_threshold_to_choose():
    assert choose_threshold(np.ones(5, bool), np.linspace(0, 1, 5)) is None


def test_confusion_has_the_truth_in_rows():
    cells = confusion(np.array([0, 0, 0, 1, 2]), np.array([0, 1, 1, 1, 0]), 3)
    assert cells.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]
