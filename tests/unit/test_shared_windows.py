"""Responses that windows share: window by window what each would have by itself."""

import numpy as np
import pytest
from small_networks import random_letters

from attendna.dna import base_fractions, one_hot
from attendna.explanation.mutagenesis import Scale, sequence_totals
from attendna.use.shared_windows import SharedScale


def scale(width, filters, seed, length=None, size=1.0):
    """Random filters, and with a length a prior over places."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(width, 4, filters)) * size
    kernel -= kernel.mean(axis=1, keepdims=True)
    offset = np.zeros(filters) if length is None else 2 * rng.normal(size=(length, filters))
    return Scale(kernel, offset)


def windows_by_hand(letters, length, step):
    starts = range(0, len(letters) - length + 1, step)
    return base_fractions(one_hot(np.stack([letters[s : s + length] for s in starts])))


def stretch(length, seed):
    letters = random_letters(1, length, seed)[0]
    letters[50:57] = list(b"RNBDHVY")
    return letters


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("width", [1, 2, 3, 8, 25, 40])
@pytest.mark.parametrize("step", [1, 7, 10, 40])
def test_windows_of_a_stretch_have_the_totals_of_each_by_itself(width, step, prior):
    length = 40
    filters = scale(width, 5, seed=width, length=length if prior else None)
    letters = stretch(length + 30 * step, seed=step)
    wanted = sequence_totals(filters, windows_by_hand(letters, length, step))
    bases = np.ascontiguousarray(base_fractions(one_hot(letters)).T)
    totals, sound = SharedScale(filters, length, step).totals(bases)
    assert sound.all()
    np.testing.assert_allclose(totals.T, wanted, atol=2e-5)


def test_one_window_is_a_stretch():
    filters, letters = scale(5, 3, seed=1), stretch(60, seed=2)
    bases = np.ascontiguousarray(base_fractions(one_hot(letters)).T)
    totals, _ = SharedScale(filters, 60, 10).totals(bases)
    wanted = sequence_totals(filters, windows_by_hand(letters, 60, 10))
    np.testing.assert_allclose(totals.T, wanted, atol=2e-5)


def test_a_window_far_below_the_best_of_its_stretch_is_told_or_right():
    filters = scale(8, 4, seed=3, size=12.0)
    letters = stretch(4000, seed=4)
    wanted = sequence_totals(filters, windows_by_hand(letters, 40, 10))
    bases = np.ascontiguousarray(base_fractions(one_hot(letters)).T)
    totals, sound = SharedScale(filters, 40, 10).totals(bases)
    assert 0 < sound.sum() < len(sound)
    np.testing.assert_allclose(totals.T[sound], wanted[sound], rtol=1e-5, atol=1e-4)


def test_filters_wider_than_a_window_are_refused():
    with pytest.raises(ValueError, match="filters of 9 bases"):
        SharedScale(scale(9, 2, seed=1), 8, 1)
