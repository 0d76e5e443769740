"""Scores of explanations against other ways to the same number, and at their ends."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from attendna.errors import UserError
from attendna.explanation import explanation_scores as scores
from attendna.explanation.explanation_scores import Ranking, Resampling


@pytest.fixture
def case():
    """Thirty records of 25 positions with ties, padding and records without a planted site."""
    random = np.random.default_rng(1)
    planted = np.zeros((30, 25), bool)
    planted[:20, 8:12] = True
    ranking = np.round(random.normal(size=planted.shape) + planted, 1)
    mask = np.ones(planted.shape, bool)
    mask[::3, 20:] = False
    return planted, ranking, mask


def resampling(n, replicates=200):
    return Resampling(replicates, 0.95, 1, np.arange(n))


# ------------------------------------------------------------------------------ the truth


def test_average_precision_is_that_of_records_that_are_counted_as_often_as_drawn(case, monkeypatch):
    planted, ranking, mask = case
    weights = np.random.default_rng(2).integers(0, 4, (5, 30)).astype(float)
    weights[0] = 1
    expected = [
        average_precision_score(
            planted[mask], ranking[mask], sample_weight=w.repeat(25)[mask.ravel()]
        )
        for w in weights
    ]
    found = Ranking(planted, ranking, mask).average_precision(weights)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    monkeypatch.setattr(scores, "BLOCK", 90)  # three planted positions at a time
    np.testing.assert_allclose(Ranking(planted, ranking, mask).average_precision(weights), found)


def test_average_precision_is_nan_where_nothing_planted_was_drawn(case):
    weights = np.zeros((1, 30))
    weights[0, 25] = 1
    assert np.isnan(Ranking(*case).average_precision(weights)).all()


def test_what_is_padding_does_not_count(case):
    planted, ranking, mask = case
    weights = np.ones((1, 30))
    before = Ranking(planted, ranking, mask).average_precision(weights)
    changed = np.where(mask, ranking, 100)
    assert Ranking(planted, changed, mask).average_precision(weights) == before
    np.testing.assert_array_equal(
        scores.top_k_recall(planted, changed, mask), scores.top_k_recall(planted, ranking, mask)
    )


def test_top_k_recall_is_the_share_among_as_many_as_are_planted():
    planted = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0]], bool)
    ranking = np.array([[3, 1, 2, 0], [1, 2, 3, 4], [9, 1, 8, 2]], float)
    found = scores.top_k_recall(planted, ranking, np.ones(planted.shape, bool))
    np.testing.assert_array_equal(found, [0.5, np.nan, 1.0])


def test_planted_positions_are_those_of_all_sites():
    found = scores.planted_positions([1, 0, 3], [3, 1, 4], [0, 1, 1], (2, 4))
    assert found.tolist() == [[False, True, True, False], [True, False, False, True]]


def test_the_truth_is_a_perfect_ranking_and_chance_is_the_share(case):
    planted, _, mask = case
    random = np.random.default_rng(3).random(planted.shape)
    rankings = {"truth": planted * 1.0, "chance": random}
    found = scores.against_planted(planted, rankings, planted + 0.01 * random, mask, resampling(30))
    assert found["auprc"]["truth"]["value"] == found["top_k_recall"]["truth"]["value"] == 1
    share = planted[mask].mean()
    chance = found["auprc"]["chance"]
    assert chance["low"] < share < chance["high"] and chance["value"] < 1.5 * share
    assert found["of_oracle"]["truth"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert found["of_oracle"]["chance"]["value"] == pytest.approx(chance["value"])


def test_an_oracle_that_knows_no_such_sequence_is_no_ceiling(case):
    planted, ranking, mask = case
    mask = mask.copy()
    mask[0, 0] = False
    oracle = planted * 1.0
    oracle[0, 0] = np.nan  # does not count
    scores.against_planted(planted & mask, {"r": ranking}, oracle, mask, resampling(30))
    oracle[1, np.flatnonzero(mask[1])[0]] = np.nan
    with pytest.raises(UserError, match="oracle's probabilities .* are not numbers; score the seq"):
        scores.against_planted(planted & mask, {"r": ranking}, oracle, mask, resampling(30))


def test_an_interval_is_wider_where_records_are_drawn_in_groups(case):
    planted, ranking, mask = case
    planted, ranking, mask = (np.repeat(array, 4, axis=0) for array in case)
    widths = []
    for groups in (np.arange(120), np.arange(120) // 4):
        how = Resampling(300, 0.95, 1, groups)
        found = scores.against_planted(planted, {"r": ranking}, ranking, mask, how)["auprc"]["r"]
        assert found["low"] < found["value"] < found["high"]
        widths.append(found["high"] - found["low"])
    assert widths[1] > 1.5 * widths[0]


# ------------------------------------------------------------------------------ each other


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


# ------------------------------------------------------------------------------ the network


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
