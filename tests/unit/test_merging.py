"""Motifs that are the same are alike, in any frame, and become one."""

import numpy as np
import pytest
from contributions import direction, motif_of, random_bases

from attendna.explanation import sites as of_sites
from attendna.explanation.merging import alike, joined, like_earlier
from attendna.explanation.sites import Sites


@pytest.mark.parametrize(
    ("one", "other", "shift"),
    [
        ("TATAAAGC", "TATAAAGC", 0),
        ("CTATAAAGC", "TATAAAGC", 1),
        ("TATAAAGC", "CTATAAAGC", -1),
        ("TATAAAGC", "GCTTTATA", None),
    ],
)
def test_the_same_motif_shifted_is_alike_and_its_complement_is_not(one, other, shift):
    assert alike(motif_of(one), motif_of(other)) == shift


def test_a_part_of_an_earlier_motif_or_its_complement_is_like_it():
    earlier = [motif_of("GGGCGG"), motif_of("CTATAAAGC")]
    assert like_earlier(motif_of("TATAAA"), earlier) == (earlier[1], "+")
    assert like_earlier(motif_of("TTTATA"), earlier) == (earlier[1], "-")
    assert like_earlier(motif_of("CATCAT"), earlier) is None


def test_the_sites_of_a_motif_that_is_the_same_are_added_in_its_frame_and_once():
    bases = random_bases(4, 30, 3)
    made = direction(bases, np.ones(bases.shape))

    def at(width, rows, starts):
        rows, starts = np.array(rows), np.array(starts)
        return of_sites.motif_of(
            made, Sites(width, rows, starts, np.zeros(len(rows), bool)), "kmers"
        )

    # One base further right in the first; one site is the same, one begins before its record.
    both = joined(made, at(6, [0, 1], [5, 9]), at(4, [1, 2, 3], [10, 14, 0]), 1)
    assert (both.records.tolist(), both.starts.tolist()) == ([0, 1, 2], [5, 9, 13])
    assert both.counts.sum(axis=1).tolist() == [3] * 6
