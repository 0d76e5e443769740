"""Replicates are drawn as weights, records or groups of them, whatever is measured."""

import numpy as np
import pytest

from attendna.evaluation import bootstrap as module
from attendna.evaluation.bootstrap import bootstrap, bootstrap_weights, effective_size


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
    monkeypatch.setattr(module, "BLOCK", 70)
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
