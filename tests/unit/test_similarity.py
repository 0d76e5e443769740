"""Two records are related by the edits between them, as plain dynamic programming counts them."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from planted_relatives import KINDS, as_text, edited, fewest_edits

from attendna.data import similarity
from attendna.data.kmers import Letters
from attendna.data.short_records import ShortRecords
from attendna.data.similarity import Alignment, most_edits, window_length


def related_by_definition(a, b, identity, limit):
    """Whether all, or the first, middle or last 80%, of the shorter stands in the longer one."""
    shorter = [(a, b)] if len(a) < len(b) else [(b, a)]
    for short, long in shorter if len(a) != len(b) else [(a, b), (b, a)]:
        size = window_length(len(short))
        rest = len(short) - size
        windows = [short, *(short[i : i + size] for i in (0, rest // 2, rest))]
        for window in windows:
            if fewest_edits(window, long) <= limit(len(window), len(long)):
                return True
    return False


@st.composite
def pairs(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    codes = rng.integers(0, 4, draw(st.integers(24, 45)))
    other = edited(codes, draw(st.integers(0, len(codes) // 3)), draw(st.sampled_from(KINDS)), rng)
    cut = draw(st.integers(0, 12))
    other = np.concatenate([rng.integers(0, 4, draw(st.integers(0, 12))), other[cut:]])
    return codes, other, draw(st.sampled_from([0.7, 0.8, 0.9, 1.0])), draw(st.booleans())


@settings(max_examples=150)
@given(pairs())
@example(  # the second in the first, but not the first in the second
    (
        np.array([1, 2, 3, 3, 0, 0, 3, 3, 0, 1, 3, 1, 1, 3, 1, 1, 2, 2, 0, 0, 3, 3, 3, 2]),
        np.array([3, 3, 1, 2, 3, 3, 0, 0, 3, 0, 1, 3, 1, 1, 3, 1, 1, 2, 2, 0, 3, 3, 3, 2]),
        0.7,
        False,
    )
)
def test_related_is_what_the_definition_says(data):
    a, b, identity, turned = data
    there = 3 - b[::-1] if turned else b
    alignment = Alignment(Letters.of([as_text(a), as_text(there)]), identity)

    def limit(length, longer):
        found = alignment.limits(min(len(a), len(b)), longer)
        return found.whole if length == min(len(a), len(b)) else found.within

    expected = related_by_definition(a.tolist(), b.tolist(), identity, limit)
    # Of an odd number of bases that are left over, the middle is another one from the other end.
    ends = (3 - a[::-1]).tolist(), (3 - b[::-1]).tolist()
    assume(related_by_definition(*ends, identity, limit) == expected)
    assert alignment.related(0, 1, turned) == expected
    assert alignment.related(1, 0, turned) == expected
    records = ShortRecords(alignment.letters)
    for one, other in ((0, 1), (1, 0)):
        pair = np.array([one]), np.array([other]), np.array([turned])
        assert alignment.near_enough(*pair, records)[0] >= expected


def test_so_many_edits_a_letter_and_no_more():
    assert most_edits(200, 200, 0.8, 0.25, 1000) == 40
    assert most_edits(160, 200, 0.8, 0.25, 1000) == 32
    assert most_edits(60, 60, 0.8, 0.25, 100_000) == 12
    assert most_edits(200, 200, 1.0, 0.25, 1000) == 0
    assert most_edits(199, 200, 0.985, 0.25, 1000) == 2


@pytest.mark.parametrize(("length", "edits"), [(8, 0), (8, 1), (10, 2), (12, 3)])
def test_the_bound_on_chance_holds_and_is_no_wild_guess(length, edits):
    rng = np.random.default_rng(length)
    hits = 0
    for _ in range(20_000):
        stretch, whole = rng.integers(0, 4, length), rng.integers(0, 4, length + 6)
        found = similarity.edits(
            stretch.astype(np.uint8).tobytes(), whole.astype(np.uint8).tobytes(), edits
        )
        hits += found is not None
    bound = (length + 6) * similarity.chance_relations(length, edits, 0.25)
    assert hits / 20_000 < bound < 20 * (hits + 3) / 20_000


def test_short_records_need_more_identity_than_they_can_have_by_chance():
    assert most_edits(10, 10, 0.8, 0.25, 1000) == -1  # even the same ten letters are no proof
    few, many = (most_edits(24, 24, 0.8, 0.25, n) for n in (1000, 1_000_000))
    assert 0 < many < few < 0.2 * 24
    assert most_edits(24, 24, 0.8, 0.4, 1000) < few  # letters that agree more often by chance


def test_the_composition_says_how_often_letters_agree():
    assert similarity.chance_agreement(Letters.of(["ACGT" * 10])) == 0.25
    assert similarity.chance_agreement(Letters.of(["AAAA", "NNNN"])) == 0.5  # on both strands
    assert similarity.chance_agreement(Letters.of(["NNNN"])) == 0.25


def test_short_records_are_near_enough_if_either_stands_nearly_in_the_other():
    """Where both have one length, a copy of the middle of one may be near in one direction only."""
    rng = np.random.default_rng(3)
    sequences, size = [], 40
    for _ in range(150):
        codes = rng.integers(0, 4, size)
        inner = edited(codes[4:-4], int(rng.integers(3, 16)), KINDS[1], rng)
        sides = rng.integers(0, 4, (2, 40))
        copy = np.concatenate([sides[0, : rng.integers(0, 8)], inner, sides[1]])[:size]
        sequences += [as_text(codes), as_text(copy)]
    alignment = Alignment(Letters.of(sequences), 0.7)
    most = alignment.limits(size, size).most
    a = np.arange(0, 300, 2)
    records = ShortRecords(alignment.letters)
    there = np.array([fewest_edits(sequences[i], sequences[i + 1]) for i in a])
    back = np.array([fewest_edits(sequences[i + 1], sequences[i]) for i in a])
    assert ((there > most) & (back <= most)).any() and (back > most).any()
    found = alignment.near_enough(a, a + 1, np.zeros(150, bool), records)
    related = [alignment.related(i, i + 1, False) for i in a.tolist()]
    np.testing.assert_array_equal(found, (there <= most) | (back <= most))
    assert (found >= related).all()
