"""Scores of explanations against other ways to the same number, and at their ends."""

import numpy as np
import pytest
from rankings import made_up_rankings, resampling

from attendna.explanation import explanation_scores as scores


@pytest.fixture
def case():
    return made_up_rankings()


def test_agreement_is_one_with_oneself_and_minus_one_with_the_opposite(case):
    _, ranking, mask = case
    monotone = np.exp(ranking)
    assert scores.agreement(ranking, monotone, mask, resampling(30))["value"] == pytest.approx(1)
    assert scores.agreement(ranking, -ranking, mask, resampling(30))["value"] == pytest.approx(-1)
    other = np.random.default_rng(9).random(ranking.shape)
    chance = scores.agreement(ranking, other, mask, resampling(30))
    assert chance["low"] < 0 < chance["high"]


def test_a_record_whose_scores_are_all_alike_is_left_out(case):
    _, ranking, mask = case
    flat = ranking.copy()
    flat[:29] = 0
    found = scores.rank_correlations(flat, ranking, mask)
    assert np.isnan(found[:29]).all() and found[29] == pytest.approx(1)


def test_faithfulness_is_what_top_positions_matter_more_than_random_ones():
    intact = np.full(40, 5.0)
    noise = np.random.default_rng(1).normal(size=(40, 3))
    after = {"good": 2 + 0.1 * noise, "none": 4 + 0.1 * noise, "random": np.full((40, 3), 4.0)}
    found = scores.faithfulness(intact, after, resampling(40), insert=False)
    assert found["good"]["value"] == pytest.approx(2, abs=0.1) and found["good"]["low"] > 1.9
    assert found["none"]["low"] < 0.05 and "value" not in found["random"]
    assert found["good"]["curve"] == pytest.approx([2, 2, 2], abs=0.1)
    inserted = scores.faithfulness(intact, after, resampling(40), insert=True)
    assert inserted["good"]["value"] == pytest.approx(-found["good"]["value"])


def test_completeness_is_the_median_error_by_kind_and_of_all():
    differences = np.array([[2.0, 4.0], [2.0, 0.0], [4.0, 8.0]])
    totals = differences + [[0.02, -0.02], [0.2, 0.1], [0.04, 0.8]]
    found = scores.completeness(["zero", "uniform"], differences, totals, resampling(3))
    assert found["zero"]["value"] == pytest.approx(0.01)
    assert found["uniform"]["value"] == pytest.approx(0.005)  # of 0.005 and 0.1, and one of nothing
    assert found["all"]["value"] == pytest.approx(0.07)
    assert scores.completeness([], np.empty((3, 0)), np.empty((3, 0)), resampling(3)) == {}
