"""Features that are counted in portions are those that one counts by hand."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendna import mapped
from attendna.data import features
from attendna.data.features import LETTERS, Text

sequences = st.lists(st.text("ACGTNRU", min_size=1, max_size=9), min_size=1, max_size=12)


def text_of(records):
    lengths = np.array([len(record) for record in records])
    letters = np.frombuffer("".join(records).encode(), dtype=np.uint8)
    return Text(letters, np.cumsum(lengths) - lengths, lengths)


@pytest.fixture(autouse=True, scope="module")
def small_portions():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "AT_ONCE", 11)  # steps must not show
        yield


@given(sequences)
@settings(max_examples=200)
def test_composition_is_counted_right(records):
    found = features.composition(text_of(records))
    for i, record in enumerate(record.replace("U", "T") for record in records):
        known = [letter for letter in record if letter in "ACGT"]
        pairs = [a + b for a, b in zip(record, record[1:], strict=False) if {a, b} <= set("ACGT")]
        for base in "ACGT":
            expected = known.count(base) / len(known) if known else np.nan
            assert found[base][i] == pytest.approx(expected, nan_ok=True)
        for pair in ("AC", "GG", "TA"):
            expected = pairs.count(pair) / len(pairs) if pairs else np.nan
            assert found[pair][i] == pytest.approx(expected, nan_ok=True)
        assert found["N"][i] == pytest.approx(record.count("N") / len(record))
        assert found["other"][i] == pytest.approx(record.count("R") / len(record))


@given(sequences)
@settings(max_examples=200)
def test_place_of_n_is_found(records):
    found = features.place_of_unknown(text_of(records))
    for i, record in enumerate(records):
        assert found["start"][i] == len(record) - len(record.lstrip("N"))
        assert found["end"][i] == len(record) - len(record.rstrip("N"))
        places = [(k + 0.5) / len(record) for k, letter in enumerate(record) if letter == "N"]
        assert found["place"][i] == pytest.approx(np.mean(places) if places else 0.5)


def test_n_of_a_record_ends_with_the_record():
    found = features.place_of_unknown(text_of(["NN", "NA", "AN", "NN"]))
    assert found["start"].tolist() == [2, 1, 0, 2]
    assert found["end"].tolist() == [2, 0, 1, 2]


@given(sequences, st.data())
@settings(max_examples=200)
def test_some_of_the_sequences_are_those_that_were_chosen(records, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(records), max_size=len(records)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attendna.dna.RECORDS_AT_ONCE", 3)
        text = Text.of(records)
        for found, expected in zip(text, text_of(records), strict=True):
            np.testing.assert_array_equal(found, expected)
        expected = text_of([r for r, keep in zip(records, kept, strict=True) if keep])
        for found, wanted in zip(text.only(np.array(kept)), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_shares_take_no_memory_for_each_record(monkeypatch):
    """They are 88 bytes of each, and mapped."""
    monkeypatch.setattr(mapped, "SMALL", 0)
    monkeypatch.setattr(features, "AT_ONCE", 1000)
    text = Text.of(["ACGTN" * 4] * 20_000)
    tracemalloc.start()
    found = features.composition(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(values.nbytes for values in found.values()) == 88 * 20_000
    assert peak < 20 * 20_000


@given(sequences, st.booleans(), st.booleans())
@settings(max_examples=200)
def test_letters_are_counted_by_position_and_class(records, from_end, even):
    if even:
        records = [record.ljust(9, "A") for record in records]
    y = np.arange(len(records)) % 2
    longest = max(map(len, records))
    counts = features.letters_at_positions(text_of(records), y, 2, longest, from_end)
    expected = np.zeros_like(counts)
    for record, number in zip(records, y, strict=True):
        for k, letter in enumerate(record[::-1] if from_end else record):
            name = {"U": "T", "R": LETTERS[-1]}.get(letter, letter)
            expected[number, k, LETTERS.index(name)] += 1
    np.testing.assert_array_equal(counts, expected)


@given(sequences, st.booleans())
@settings(max_examples=100)
def test_only_some_sequences_are_as_if_there_were_no_others(records, from_end):
    kept = np.arange(len(records)) % 3 != 1
    some = [record for record, keep in zip(records, kept, strict=True) if keep]
    for one, other in zip(text_of(records).only(kept), text_of(some), strict=True):
        np.testing.assert_array_equal(one, other)


def random_records(rng, n, length):
    return ["".join(row) for row in rng.choice(list("ACGT"), (n, length))]


@pytest.mark.parametrize("from_end", [False, True])
def test_common_ends_are_those_that_many_records_share(from_end):
    rng = np.random.default_rng(0)
    records = random_records(rng, 1000, 50)
    adapter, site = "GATTACAGATTACA", "CCCGG"
    for i in range(120):
        planted = adapter if i < 80 else site
        records[i] = planted + records[i]
    if from_end:
        records = [record[::-1] for record in records]
        adapter, site = adapter[::-1], site[::-1]
    y = (np.arange(1000) >= 100).astype(int)
    found = {
        letters: counts.tolist()
        for letters, counts in features.common_ends(text_of(records), y, 2, from_end)
    }

    def starts(letters):
        has = [r.endswith(letters) if from_end else r.startswith(letters) for r in records]
        return [sum(has[:100]), sum(has[100:])]

    assert {adapter, site} <= set(found)
    assert found == {letters: starts(letters) for letters in found}
    # What goes on alike does not count again: no shorter beginning of the adapter alone.
    assert adapter[:8] not in found and adapter[-8:] not in found
    assert min(map(len, found)) >= 4 and all(sum(counts) >= 10 for counts in found.values())


def test_a_beginning_counts_where_what_goes_on_alike_is_too_rare():
    """Of 51 records, as many as count, 50 go on alike: that is not enough for the longer one."""
    rng = np.random.default_rng(3)
    records = ["T" + record for record in random_records(rng, 5100, 20)]
    records[:51] = ["ACGTACGTAC" + "GT"[i == 0] + "A" * 9 for i in range(51)]
    found = dict(features.common_ends(text_of(records), np.zeros(5100, int), 1))
    assert found["ACGTACGTAC"].tolist() == [51]


def test_which_ends_are_looked_at_does_not_depend_on_the_classes():
    rng = np.random.default_rng(1)
    records = text_of(random_records(rng, 300, 20) + ["ACGTACGT" + "C" * 12] * 40)
    counts = [
        dict(features.common_ends(records, rng.permutation(np.arange(340) % 2), 2))
        for _ in range(3)
    ]
    assert counts[0].keys() == counts[1].keys() == counts[2].keys()


@pytest.mark.parametrize("from_end", [False, True])
def test_constant_stretches_are_found_in_all_classes_or_not_at_all(from_end):
    rng = np.random.default_rng(2)
    records = [list(record) for record in random_records(rng, 200, 60)]
    for i, record in enumerate(records):
        record[:6] = "ACGTAC"
        record[20:30] = "GGCCTTAAGC"
        record[40:50] = "TTTTTTTTTT" if i % 2 else "TTTTTAAAAA"  # one class alone goes on
        if i == 7:
            record[2] = "T"
    records = ["".join(record) for record in records]
    if from_end:
        records = [record[::-1] for record in records]
    y = np.arange(200) % 2
    counts = features.letters_at_positions(text_of(records), y, 2, 60, from_end)
    found = features.constant_stretches(counts, 0.9, 4, 8, from_end)
    expected = [(1, 6, "ACGTAC", 0.99), (21, 30, "GGCCTTAAGC", 1.0)]
    if from_end:
        expected = [(a, b, letters[::-1], share) for a, b, letters, share in expected]
    assert [tuple(stretch)[:4] for stretch in found] == expected


def test_as_many_letters_as_portions_allow():
    records = ["ACGT" * 10, "A", "C" * 30]
    portions = [(p.start, p.stop) for p in text_of(records).portions()]
    assert portions == [(0, 1), (1, 2), (2, 3)]
    assert Counter(k for p in text_of(records).portions(40) for k in range(p.start, p.stop)) == {
        0: 1,
        1: 1,
        2: 1,
    }
