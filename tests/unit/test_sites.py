"""Sites do not overlap, and lie where they are preferred."""

import numpy as np
from contributions import direction, number, random_bases

from attendna.explanation.motif_thresholds import THRESHOLDS
from attendna.explanation.sites import apart, find_sites
from attendna.explanation.unexplained import Unexplained


def test_the_sites_of_a_motif_do_not_overlap_and_the_best_come_first():
    odds = np.ones((2, 20))
    odds[1, 8] = 2
    odds[1, 15:] = -1
    sites = apart(odds, np.zeros((2, 20), bool), 6)
    rows, starts = sites.rows, sites.starts
    assert starts[rows == 0].tolist() == [0, 6, 12, 18]
    assert starts[rows == 1].tolist() == [0, 8, 14]
    assert not sites.reverse.any()


def test_where_sites_prefer_a_position_doubtful_ones_elsewhere_are_none():
    bases = random_bases(400, 60, 6)
    evidence = np.random.default_rng(6).normal(0, 0.1, bases.shape)
    windows = np.lib.stride_tricks.sliding_window_view(bases, 4, axis=1)
    for row, start in zip(*np.nonzero((windows == number("TATA")).all(axis=2)), strict=True):
        evidence[row, start : start + 4] = 1
    unexplained = Unexplained.of(direction(bases, evidence), 10, False, THRESHOLDS)
    soft = np.full((5, 4), 0.08)
    soft[np.arange(5), number("TATAA")] = 0.76
    anywhere = find_sites(unexplained, soft, np.zeros(0, int)).starts
    preferring = find_sites(unexplained, soft, np.full(50, 30)).starts
    near = [np.count_nonzero(np.abs(starts - 30) <= 3) for starts in (anywhere, preferring)]
    assert near[1] >= near[0] > 0
    assert len(preferring) - near[1] < (len(anywhere) - near[0]) / 2


def test_on_both_strands_a_base_is_as_frequent_as_its_complement():
    made = direction(np.zeros((30, 40), np.uint8), np.ones((30, 40)))
    shares = Unexplained.of(made, 10, True, THRESHOLDS).background
    np.testing.assert_allclose(shares, shares[::-1])
