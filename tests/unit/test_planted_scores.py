"""Scores by what was planted, against other ways to the same number, and at their ends."""

import numpy as np
import pytest
from rankings import made_up_rankings, resampling
from sklearn.metrics import average_precision_score

from attendna.errors import UserError
from attendna.explanation import planted_scores as scores
from attendna.explanation.planted_scores import PlantedRanking
from attendna.explanation.resampling import Resampling


@pytest.fixture
def case():
    return made_up_rankings()


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
    found = PlantedRanking(planted, ranking, mask).average_precision(weights)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    monkeypatch.setattr(scores, "BLOCK", 90)  # three planted positions at a time
    np.testing.assert_allclose(
        PlantedRanking(planted, ranking, mask).average_precision(weights), found
    )


def test_average_precision_is_nan_where_nothing_planted_was_drawn(case):
    weights = np.zeros((1, 30))
    weights[0, 25] = 1
    assert np.isnan(PlantedRanking(*case).average_precision(weights)).all()


def test_what_is_padding_does_not_count(case):
    planted, ranking, mask = case
    weights = np.ones((1, 30))
    before = PlantedRanking(planted, ranking, mask).average_precision(weights)
    changed = np.where(mask, ranking, 100)
    assert PlantedRanking(planted, changed, mask).average_precision(weights) == before
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
        drawing = Resampling(300, 0.95, 1, groups)
        found = scores.against_planted(planted, {"r": ranking}, ranking, mask, drawing)["auprc"][
            "r"
        ]
        assert found["low"] < found["value"] < found["high"]
        widths.append(found["high"] - found["low"])
    assert widths[1] > 1.5 * widths[0]
