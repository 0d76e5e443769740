"""Classes that show in where something stands are told from those that show in what there is."""

import numpy as np
import pytest
from small_networks import random_letters

from attendna.dna import one_hot
from attendna.learning import positions
from attendna.learning.probes import Probes, divisions

KNOWN = {"classes": ["no", "yes"], "positive": "yes", "seed": 1}


def planted(n, starts, seed=0):
    """Return x (n, 60, 4) with TGATTA in every second record, from one of `starts` on, and y."""
    rng = np.random.default_rng(seed)
    letters = random_letters(n, 60, seed)
    y = np.arange(n) % 2
    for i in np.flatnonzero(y):
        start = rng.choice(starts)
        letters[i, start : start + 6] = list(b"TGATTA")
    return one_hot(letters), y


def matter(x, y, known=KNOWN):
    half = len(x) // 2
    return positions.matter([Probes(x[:half], y[:half], x[half:], y[half:], **known)])


@pytest.mark.parametrize(
    ("starts", "expected"),
    [([20], True), (range(18, 30), True), (range(55), False)],
    ids=["at a place", "about a place", "anywhere"],
)
def test_a_motif_at_a_place_is_told_from_one_anywhere(starts, expected):
    assert matter(*planted(2400, list(starts))) == expected


def test_a_class_of_three_with_a_place_is_enough():
    x, y = planted(3000, [40])
    y = y * (1 + np.random.default_rng(1).integers(0, 2, len(y)))
    assert matter(x, y, {"classes": ["a", "b", "c"], "positive": "", "seed": 1})


def test_a_motif_about_a_place_is_found_in_few_records():
    """Of 70, the 14 of a validation part would not be enough."""
    x, y = planted(70, [20, 21, 22], seed=3)
    given = Probes(x[:56], y[:56], x[56:], y[56:], **KNOWN)
    assert not positions.matter([given])
    assert positions.matter(divisions(given))


def test_what_is_shown_by_many_records_but_tells_little_does_not_matter(monkeypatch):
    for rise, expected in ((0.05, False), (0.07, True)):
        found = np.full(1000, rise) + np.linspace(-0.1, 0.1, 1000)  # 20 standard errors
        monkeypatch.setattr(positions, "_rises", lambda _, found=found: [found, found - 1])
        x, y = planted(10, [20])
        assert positions.matter([Probes(x, y, x, y, **KNOWN)]) == expected


@pytest.mark.thorough
def test_what_nothing_can_be_learned_of_rarely_seems_to_have_a_place():
    x, _ = planted(600, [20])
    found = [
        matter(x, np.random.default_rng(seed).integers(0, 2, len(x)), KNOWN) for seed in range(20)
    ]
    assert sum(found) <= 1  # two tests at 3 standard errors: none in 300 is expected by chance


def test_without_validation_records_nothing_is_found():
    x, y = planted(100, [20])
    assert not positions.matter([Probes(x, y, x[:1], y[:1], **KNOWN)])


@pytest.mark.parametrize("length", [5, 12])
def test_short_sequences_have_fewer_stretches(length):
    letters = random_letters(400, length, 1)
    y = np.arange(400) % 2
    letters[y == 1, 2] = ord("G")
    assert matter(one_hot(letters), y)


def test_rotating_keeps_the_bases_in_a_circle_and_the_padding_in_its_place():
    rng = np.random.default_rng(3)
    x = one_hot(random_letters(50, 30, 2))
    x[:, :4], x[::2, 25:], x[7] = 0, 0, 0
    turned = positions.rotate(x, rng)
    assert (turned.any(axis=2) == x.any(axis=2)).all()
    for before, after in zip(x, turned, strict=True):
        before, after = before[before.any(axis=1)], after[after.any(axis=1)]
        shifts = [np.array_equal(np.roll(before, k, axis=0), after) for k in range(len(before))]
        assert not len(before) or (any(shifts) and not shifts[0])
