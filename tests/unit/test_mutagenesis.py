"""Mutants by windows against mutants that are computed as a whole."""

import numpy as np
import pytest
from scipy.special import logsumexp

from attendna.dna import base_fractions, one_hot
from attendna.explanation.mutagenesis import (
    Scale,
    attended_bases,
    mutant_totals,
    sequence_totals,
    spread_evenly,
)

FILTERS = 3


def scale_of(width, length, seed, strength=1.0):
    random = np.random.default_rng(seed)
    kernel = strength * random.normal(size=(width, 4, FILTERS))
    return Scale(kernel, random.normal(size=(length, FILTERS)))


def pooled(scale, fractions):
    """One record at a time, term by term: float (filters,)."""
    length = len(fractions)
    scores = np.array(scale.offset)
    for position in range(length):
        for j in range(scale.width):
            base = position + j - (scale.width - 1) // 2
            if 0 <= base < length:
                scores[position] += fractions[base] @ scale.kernel[j]
    return logsumexp(scores[fractions.any(axis=1)], axis=0)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 9, 15, 25, 40])
def test_mutants_are_those_that_are_computed_as_a_whole(width):
    """Even widths, windows wider than the sequence, unknown letters and padding as well."""
    letters = np.frombuffer(b"ACGTNACCRTGA\0\0" + b"\0\0\0GGATTACAYCC", np.uint8).reshape(2, 14)
    fractions = base_fractions(one_hot(letters))
    scale = scale_of(width, 14, seed=width)
    expected = [pooled(scale, record) for record in fractions]
    np.testing.assert_allclose(sequence_totals(scale, fractions), expected, rtol=1e-6, atol=1e-6)
    found = mutant_totals(scale, fractions)
    for record, place, base in np.argwhere(
        np.broadcast_to(fractions.any(2)[..., None], (2, 14, 4))
    ):
        mutant = fractions[record].copy()
        mutant[place] = np.eye(4)[base]
        expected = pooled(scale, mutant)
        np.testing.assert_allclose(found[record, place, base], expected, rtol=1e-6, atol=1e-6)


def test_a_match_that_a_mutation_destroys_leaves_a_far_weaker_one():
    """Were the changed terms subtracted from the sum, nothing would be left but rounding."""
    x = one_hot(np.frombuffer(b"ACGTTTTTACGT", np.uint8)[None])
    kernel = np.where(x[0, :4, :, None] > 0, 25.0, -75.0)
    offset = np.zeros((12, 1))
    offset[9] = -60  # where the window of the second ACGT is
    found = mutant_totals(Scale(kernel, offset), base_fractions(x))[0, 1]
    assert found[:, 0] == pytest.approx([40, 100, 40, 40], abs=1e-5)  # ACGT became A?GT


def test_attention_goes_to_the_bases_of_its_window_and_none_is_lost():
    letters = np.frombuffer(b"TTTTTTGATTACATTTTTTT", np.uint8)[None]
    x = one_hot(letters)
    kernel = np.where(x[0, 6:13, :, None] > 0, 4.0, 0.0)  # looks for GATTACA
    kernel[[0, 6]] = 0  # but not at its ends
    scale = Scale(kernel, np.zeros(1))
    found = attended_bases(scale, base_fractions(x), np.array([[2.0]]))[0]
    assert found.sum() == pytest.approx(2, rel=1e-3)
    assert found[7:12].sum() == pytest.approx(2, rel=0.02)
    assert found[7:12] == pytest.approx(0.4, rel=0.05)


def test_padding_gets_no_attention():
    letters = np.frombuffer(b"\0\0\0ACGTACGTTG", np.uint8)[None]
    found = attended_bases(
        scale_of(5, 13, 1), base_fractions(one_hot(letters)), np.ones((1, FILTERS))
    )
    assert (found[0, :3] == 0).all() and (found[0, 3:] > 0).all()


def test_weights_are_spread_over_the_window_of_a_convolution():
    weights = np.zeros((1, 9))
    weights[0, 4] = 1
    assert spread_evenly(weights, 3)[0] == pytest.approx([0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0])
    # Of an even width the middle is the left one of two, as Keras pads.
    assert np.flatnonzero(spread_evenly(weights, 4)[0]).tolist() == [3, 4, 5, 6]
