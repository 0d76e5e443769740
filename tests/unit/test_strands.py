"""Classes that are the same on both strands are told from such that are not."""

import numpy as np
import pytest
from small_networks import random_letters

from attendna.dna import one_hot, reverse_complement
from attendna.learning import strands
from attendna.learning.probes import Probes

KNOWN = {"classes": ["no", "yes"], "positive": "yes", "seed": 1}


def planted(n, both_strands, anchored=False, seed=0):
    """Return x (n, 60, 4) with TGATTA in every second record, and y."""
    rng = np.random.default_rng(seed)
    letters = random_letters(n, 60, seed)
    y = np.arange(n) % 2
    for i in np.flatnonzero(y):
        start = 20 if anchored else rng.integers(0, 55)
        letters[i, start : start + 6] = list(b"TGATTA")
    x = one_hot(letters)
    if both_strands:
        turned = rng.random(n) < 0.5
        x[turned] = reverse_complement(x[turned])
    return x, y


@pytest.mark.parametrize("both_strands", [True, False])
def test_a_motif_on_either_strand_is_told_from_one_on_a_strand(both_strands):
    x, y = planted(1600, both_strands)
    assert strands.alike([Probes(x[:1200], y[:1200], x[1200:], y[1200:], **KNOWN)]) == both_strands


def test_a_palindrome_at_a_place_of_one_side_is_not_alike():
    rng = np.random.default_rng(1)
    letters, y = random_letters(1600, 60, 2), rng.integers(0, 2, 1600)
    letters[y == 1, 10:16] = list(b"GAATTC")  # words are the same on both strands, places are not
    x = one_hot(letters)
    assert not strands.alike([Probes(x[:1200], y[:1200], x[1200:], y[1200:], **KNOWN)])


def test_the_classes_can_be_alike_where_the_background_is_not():
    rng = np.random.default_rng(3)
    n, y = 3000, np.arange(3000) % 2
    letters = rng.choice(list(b"ACGT"), p=[0.32, 0.2, 0.28, 0.2], size=(n, 60)).astype(np.uint8)
    for i in np.flatnonzero(y):
        start = rng.integers(0, 55)
        letters[i, start : start + 6] = list(rng.choice([b"TGATTA", b"TAATCA"]))
    x = one_hot(letters)
    assert strands.alike([Probes(x[:2000], y[:2000], x[2000:], y[2000:], **KNOWN)])


def test_what_nothing_can_be_learned_of_is_alike():
    x, y = planted(1600, both_strands=True)
    y = np.random.default_rng(5).permutation(y)
    assert strands.alike([Probes(x[:1200], y[:1200], x[1200:], y[1200:], **KNOWN)])


@pytest.mark.parametrize("records", [40, 100])
def test_few_records_do_not_hide_that_a_motif_is_on_one_strand(records):
    x, y = planted(1200 + records, both_strands=False)
    assert not strands.alike([Probes(x[:1200], y[:1200], x[1200:], y[1200:], **KNOWN)])


def test_aligned_sequences_have_a_strand_unless_something_is_gained_by_both():
    x, y = planted(70, both_strands=False, anchored=True)
    few = [Probes(x[:56], y[:56], x[56:], y[56:], **KNOWN)]
    assert strands.alike(few) and not strands.alike(few, aligned=True)
    x, y = planted(1600, both_strands=True)
    half = len(x) // 2
    many = [Probes(x[:half], y[:half], x[half:], y[half:], **KNOWN)]
    assert strands.alike(many, aligned=True)


@pytest.mark.parametrize("records", [0, 1])
def test_without_validation_records_nothing_is_shown(records):
    x, y = planted(100, both_strands=True)
    assert not strands.alike([Probes(x, y, x[:records], y[:records], **KNOWN)])
