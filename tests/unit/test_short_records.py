"""Edits that are counted many pairs at once are those that plain dynamic programming counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_relatives import KINDS, as_text, edited, fewest_edits, planted

from attendna.data import relatives
from attendna.data.kmers import Letters
from attendna.data.short_records import PAIRS_AT_ONCE, WIDEST, ShortRecords


def texts(rng, lengths):
    return [as_text(rng.integers(0, 4, length)) for length in lengths]


def turned_around(text):
    return text.translate(str.maketrans("ACGT", "TGCA"))[::-1]


@given(st.integers(0, 2**32), st.lists(st.integers(1, WIDEST), min_size=2, max_size=4))
def test_edits_are_those_between_the_shorter_and_the_best_part_of_the_longer(seed, lengths):
    rng = np.random.default_rng(seed)
    sequences = texts(rng, lengths)
    copy = edited(rng.integers(0, 4, lengths[0]), 0, KINDS[0], rng)
    sequences += [as_text(copy), as_text(edited(copy, lengths[0] // 5, KINDS[1], rng)) or "A"]
    sequences = [text[:WIDEST] for text in sequences]
    a, b = (each.ravel() for each in np.indices([len(sequences)] * 2))
    for strand in (False, True):
        found = ShortRecords(Letters.of(sequences)).edits(a, b, np.full(len(a), strand))
        for i, j, edits in zip(a, b, found, strict=True):
            first, second = sorted((sequences[i], sequences[j]), key=len)
            assert edits == fewest_edits(turned_around(first) if strand else first, second)


def test_many_pairs_are_counted_like_few():
    rng = np.random.default_rng(0)
    records = ShortRecords(Letters.of(texts(rng, rng.integers(20, WIDEST + 1, 50))))
    a, b = rng.integers(0, 50, (2, PAIRS_AT_ONCE + 9))
    strand = rng.random(len(a)) < 0.5
    found = records.edits(a, b, strand)
    np.testing.assert_array_equal(found[-9:], records.edits(a[-9:], b[-9:], strand[-9:]))
    assert len(records.edits(a[:0], b[:0], strand[:0])) == 0


def test_longer_records_are_refused():
    with pytest.raises(ValueError, match="at most 64 letters, received 65"):
        ShortRecords(Letters.of(["A" * 65]))


def test_counting_first_changes_no_relation(monkeypatch):
    rng = np.random.default_rng(1)
    sequences = planted(400, 30, 200, 0.85, KINDS[1], rng) + planted(99, 50, 50, 0.8, KINDS[0], rng)

    def found():
        pairs = relatives.similar_pairs(Letters.of(sequences), 0.8, lambda a, b: a >= 0)
        return {pair for a, b in pairs for pair in zip(a.tolist(), b.tolist(), strict=True)}

    counted = found()
    monkeypatch.setattr(relatives, "WIDEST", 0)
    assert counted == found() and len(counted) > 200
