"""Relations are those that a search of all pairs finds, whatever strand, hash and portion."""

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendna.data import grouping, kmers
from attendna.data.grouping import NONE
from attendna.data.kmers import Letters
from attendna.dna import COMPLEMENT


def turn(sequence):
    return sequence.translate(COMPLEMENT)[::-1]


def random_sequences(rng, n, length, letters="ACGT"):
    return ["".join(row) for row in rng.choice(list(letters), (n, length))]


def kmers_of(sequence, k):
    found = {sequence[i : i + k] for i in range(len(sequence) - k + 1)}
    return {min(kmer, turn(kmer)) for kmer in found if not set(kmer) - set("ACGT")}


def pairs_by_search(sequences, k):
    sets = [kmers_of(sequence, k) for sequence in sequences]
    n = len(sequences)
    return {(i, j) for i in range(n) for j in range(i + 1, n) if sets[i] & sets[j]}


def pairs_found(sequences, k, **options):
    pairs = set()
    for numbers, records in kmers.shared_kmers(Letters.of(sequences), k, **options):
        assert (np.diff(numbers) >= 0).all()
        for number in np.unique(numbers):
            own = sorted(set(records[numbers == number].tolist()))
            assert len(own) > 1
            pairs |= {(i, j) for i in own for j in own if i < j}
    return pairs


@st.composite
def relatives(draw, k):
    """A few records, some cut from others, turned, mutated or joined; of unequal lengths."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    letters = draw(st.sampled_from(["ACGT", "AC", "ACGTN", "A"]))
    sequences = [random_sequences(rng, 1, rng.integers(1, 3 * k), letters)[0] for _ in range(8)]
    for _ in range(8):
        a, b = rng.choice(sequences, 2)
        start = rng.integers(0, len(a))
        piece = a[start : start + rng.integers(1, 2 * k)]
        piece = turn(piece) if rng.random() < 0.5 else piece
        sequences.append(b[: rng.integers(0, len(b) + 1)] + piece)
    return [sequence for sequence in sequences if sequence]


@pytest.mark.parametrize("k", [1, 2, 5, 12, 31, 32, 33, 40, 64, 65, 97])
@settings(max_examples=25)
@given(data=st.data())
def test_shared_kmers_are_those_of_a_search_of_all_pairs(k, data):
    sequences = data.draw(relatives(k))
    assert pairs_found(sequences, k) == pairs_by_search(sequences, k)
    assert pairs_found(sequences, k, at_once=16) == pairs_by_search(sequences, k)


@pytest.mark.parametrize("k", [33, 70])
@settings(max_examples=25)
@given(data=st.data())
def test_a_collision_of_hashes_relates_nobody(k, data):
    """With a hash of three values nearly all k-mers collide."""
    sequences = data.draw(relatives(k))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kmers, "_mixed", lambda words: words % np.uint64(3))
        assert pairs_found(sequences, k) == pairs_by_search(sequences, k)


@settings(max_examples=25)
@given(data=st.data())
def test_blocks_of_letters_leave_no_seam(data):
    sequences = data.draw(relatives(20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kmers, "BLOCK", data.draw(st.integers(1, 60)))
        assert pairs_found(sequences, 20) == pairs_by_search(sequences, 20)


def test_random_sequences_have_no_relatives():
    sequences = random_sequences(np.random.default_rng(5), 10_000, 200)
    assert grouping.find_groups(sequences, 40).tolist() == list(range(1, 10_001))
    assert not np.any(kmers.related_within(Letters.of(sequences), np.arange(10_000) % 2, 40))


@pytest.fixture
def planted():
    """1,000 random records and, for the first fifty of them, ten relatives of each kind."""
    rng = np.random.default_rng(6)
    sequences = random_sequences(rng, 1000, 100)
    relatives = []
    for kind in range(5):
        for i in range(10 * kind, 10 * kind + 10):
            original = sequences[i]
            if kind == 0:
                relatives.append(original)
            elif kind == 1:
                relatives.append(turn(original))
            elif kind == 2:  # a window that is shifted by 1 to 60 bases, on either strand
                shift = rng.integers(1, 61)
                shifted = original[shift:] + random_sequences(rng, 1, shift)[0]
                relatives.append(turn(shifted) if i % 2 else shifted)
            elif kind == 3:  # one mutation anywhere
                at = rng.integers(0, 100)
                base = rng.choice(sorted(set("ACGT") - {original[at]}))
                relatives.append(original[:at] + base + original[at + 1 :])
            else:  # overlaps by coordinates only
                relatives.append(random_sequences(rng, 1, 100)[0])
    n = len(sequences) + 50
    chrom = np.full(n, None, dtype=object)
    start, end = chrom.copy(), chrom.copy()
    for i in range(40, 50):
        for record, first in ((i, 1000 * i), (1000 + i, 1000 * i + 99)):
            chrom[record], start[record], end[record] = "chr1", first, first + 100
    return sequences + relatives, chrom, start, end


def test_planted_relatives_of_every_kind_are_found_and_no_others(planted):
    groups = grouping.find_groups(planted[0], 40, *planted[1:])
    assert groups[:1000].tolist() == list(range(1, 1001))
    assert groups[1000:].tolist() == list(range(1, 51))


def test_a_mutation_in_the_middle_is_seen_up_to_the_length_of_the_stretch():
    rng = np.random.default_rng(8)
    original = random_sequences(rng, 1, 100)[0]
    other = "A" if original[50] != "A" else "C"
    mutated = original[:50] + other + original[51:]
    assert grouping.find_groups([original, mutated], 50).tolist() == [1, 1]
    assert grouping.find_groups([original, mutated], 51).tolist() == [1, 2]


def test_short_and_ambiguous_sequences_are_related_by_identity():
    sequences = ["ACGTT", "AACGT", "ACGTTA", "N" * 60, "N" * 60, "ANC" * 20, "GNT" * 20, "ACG"]
    assert grouping.find_groups(sequences, 40).tolist() == [1, 1, 2, 3, 3, 4, 4, 5]


def test_groups_are_connected_components():
    rng = np.random.default_rng(9)
    whole = random_sequences(rng, 1, 160)[0]
    a, b, c = whole[:70], turn(whole[30:110]), whole[65:160]  # a and c have nothing in common
    alone = random_sequences(rng, 1, 100)[0]
    groups = grouping.find_groups([c, alone, a, b], 40)
    assert groups.tolist() == [1, 2, 1, 1]
    assert grouping.find_groups([c, alone, a], 40).tolist() == [1, 2, 3]


def test_user_groups_alone_and_beside_the_others():
    names = ["p", None, "q", "p", None, "q"]
    assert grouping.user_groups(names).tolist() == [1, 2, 3, 1, 4, 3]
    sequences = random_sequences(np.random.default_rng(1), 6, 50)
    sequences[4] = sequences[0]
    assert grouping.find_groups(sequences, 40, groups=names).tolist() == [1, 2, 3, 1, 1, 3]


@st.composite
def placed(draw):
    n = draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    chrom = rng.choice(["chr1", "chr2", None], n, p=[0.5, 0.3, 0.2])
    start = rng.integers(0, 60, n)
    return chrom, start, start + rng.integers(1, 15, n), rng.random(n) < 0.5


def overlap(chrom, start, end, i, j):
    same = chrom[i] is not None and chrom[i] == chrom[j]
    return same and start[i] < end[j] and start[j] < end[i]


@given(placed())
def test_overlaps_are_those_of_a_search_of_all_pairs(data):
    chrom, start, end, wanted = data
    n = len(chrom)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j and overlap(*data[:3], i, j)]
    links = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    expected = grouping.components(n, links)
    found = grouping.components(n, grouping.overlapping(chrom, start, end))
    np.testing.assert_array_equal(found, expected)
    table = grouping.intervals(chrom, start, end)
    any_other = np.array([any(a == i for a, _ in pairs) for i in table[0]], dtype=bool)
    np.testing.assert_array_equal(grouping.overlapped(table), any_other)
    queries = wanted[table[0]]
    for record, target in zip(
        table[0][queries], grouping.covering(table, queries, ~queries), strict=True
    ):
        targets = {j for i, j in pairs if i == record and not wanted[j]}
        assert target in targets if targets else target == NONE


def test_touching_intervals_do_not_overlap():
    where = (["c", "c", "c"], [0, 10, 19], [10, 20, 30])
    assert grouping.components(3, grouping.overlapping(*where)).tolist() == [1, 2, 2]


def test_coordinates_come_as_parquet_gives_them():
    """A column with nulls is one of floats, a column of nulls one of None."""
    start, end = np.array([np.nan, 5.0]), np.array([np.nan, 8.0])
    assert grouping.intervals(["c", "c"], start, end).T.tolist() == [[1, 0, 5, 8]]
    nothing = np.array([None, None])
    assert grouping.intervals(nothing, nothing, nothing).shape == (4, 0)


def test_relations_within_and_between_classes():
    rng = np.random.default_rng(3)
    sequences = random_sequences(rng, 6, 60)
    sequences[1] = turn(sequences[0])[5:] + "ACGTA"
    sequences[3] = sequences[2]
    y = np.array([0, 0, 0, 1, 1, 1])
    within, between = kmers.related_within(Letters.of(sequences), y, 40)
    assert within.tolist() == [True, True, False, False, False, False]
    assert between.tolist() == [False, False, True, True, False, False]
    # Twice in one record is no relation to another.
    assert not np.any(kmers.related_within(Letters.of([sequences[0] * 2, sequences[5]]), y[:2], 40))


def test_a_stretch_needs_a_length():
    with pytest.raises(ValueError, match="at least 1"):
        list(kmers.shared_kmers(Letters.of(["ACGT"]), 0))


class MadeWhenAsked(Sequence):
    """Random sequences of 300 bases, of which none is kept."""

    def __init__(self, n):
        self.letters = np.frombuffer(b"ACGT", np.uint8)
        self.letters = self.letters[np.random.default_rng(1).integers(0, 4, (n, 300))]

    def __len__(self):
        return len(self.letters)

    def __getitem__(self, which):
        if isinstance(which, slice):
            return [row.tobytes().decode() for row in self.letters[which]]
        return self.letters[which].tobytes().decode()


def test_identities_take_few_bytes_a_record(monkeypatch):
    """And not as many as the sequences have letters."""
    monkeypatch.setattr(grouping, "RECORDS_AT_ONCE", 500)
    monkeypatch.setattr("attendna.dna.RECORDS_AT_ONCE", 500)
    sequences = MadeWhenAsked(10_000)
    tracemalloc.start()
    code, mate = grouping.identities(sequences)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(code, np.arange(10_000))
    assert (mate == NONE).all()
    assert peak < 200 * 10_000
