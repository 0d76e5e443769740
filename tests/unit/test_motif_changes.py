"""The score of a motif at a variant is that of every place that holds it, by brute force."""

import numpy as np
import pytest

from attendna.use.motif_changes import (
    CHANGED,
    LOST,
    MADE,
    NEVER,
    best_scores,
    greatest_changes,
    searched,
)


def by_hand(window, first, size, bits, both):
    """The best score of the places that hold letters first to first + size, or its junction."""
    width, scores = len(bits), []
    strands = [bits, bits[::-1, ::-1]] if both else [bits]
    for start in range(first - width + 1, first + size):
        letters = window[max(start, 0) : start + width]
        if start < 0 or len(letters) < width or set(letters) - set("ACGT"):
            continue
        for matrix in strands:
            scores.append(sum(matrix[j]["ACGT".index(base)] for j, base in enumerate(letters)))
    return max(scores, default=None)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("width", [1, 3, 4, 7, 10])
@pytest.mark.parametrize("size", [0, 1, 5])
def test_the_best_place_is_that_of_a_search_by_hand(both, width, size):
    rng = np.random.default_rng(width)
    probabilities = rng.dirichlet(np.ones(4), width)
    motif = searched("m", probabilities, 20, both)
    bits = np.log2((probabilities * 20 + 0.25) / 21 * 4)
    windows = ["".join(rng.choice(list("ACGTN"), 24, p=[0.24] * 4 + [0.04])) for _ in range(30)]
    letters = np.array([list(text.encode()) for text in windows], np.uint8)
    for first in (0, 2, 11, 24 - size):
        found = best_scores(letters, first, size, motif)
        for text, score in zip(windows, found, strict=True):
            expected = by_hand(text, first, size, bits, both)
            if expected is None:
                assert score < NEVER / 2
            else:
                assert np.isclose(score, expected, atol=1e-4)


def test_the_motif_that_changes_most_is_named_if_it_is_there_before_or_after():
    certain = np.eye(4)[[0, 1, 2, 3, 0, 1]] * 0.96 + 0.01
    motifs = [searched(name, certain, 100, False) for name in ("a", "b")]
    high = motifs[0].threshold + 1
    before = np.array([[high, high], [0, high], [high, high + 1], [-5, -20]])
    after = np.array([[0, high + 0.5], [high, high], [high, high + 2], [-30, -9]])
    found = greatest_changes(before, after, motifs)
    assert [its and (its.motif, its.kind) for its in found] == [
        ("a", LOST),
        ("a", MADE),
        ("b", CHANGED),
        None,
    ]
    assert (found[0].before, found[0].after) == (high, 0)
    assert greatest_changes(before[:, :0], after[:, :0], []) == [None] * 4
