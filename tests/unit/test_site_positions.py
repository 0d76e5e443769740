"""Whether sites prefer a position is told, and how sure it is."""

import numpy as np

from attendna.explanation.site_positions import position_odds, position_peak


def test_the_preferred_position_is_told_and_how_sure_it_is():
    rng = np.random.default_rng(0)
    starts = np.concatenate([np.full(30, 40), rng.integers(0, 94, 60)])
    peak = position_peak(starts, 94)
    assert (peak.first, peak.last) == (40, 40)
    assert peak.share >= 30 / 90
    assert peak.p_value < 1e-6
    assert position_peak(rng.integers(0, 94, 90), 94).p_value > 0.01
    alone = position_peak(np.array([50]), 94)
    assert (alone.first + alone.last) / 2 == 50


def test_a_position_counts_for_a_site_only_where_sites_prefer_one():
    rng = np.random.default_rng(0)
    starts = np.concatenate([np.full(30, 40), rng.integers(0, 94, 30)])
    odds = position_odds(starts, 94)
    assert odds.shape == (94,)
    assert odds[40] == odds.max() > 1
    assert odds.min() >= np.log(0.5)
    assert not position_odds(rng.integers(0, 94, 60), 94).any()
    assert not position_odds(np.zeros(0, int), 94).any()
