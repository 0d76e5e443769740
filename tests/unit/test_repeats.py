"""What many unlike records share is hidden and named; what families share is not."""

import numpy as np
import pytest
from planted_relatives import KINDS, as_text, edited

from attendna.data import repeat_findings, repeats
from attendna.data.grouping import find_groups
from attendna.data.kmers import UNKNOWN, Letters
from attendna.data.large_groups import about_largest
from attendna.data.repeats import without_repeats

HOW = {"groups": "auto", "shared_kmer": 40, "identity": 0.8}


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def random_text(rng, length):
    return as_text(rng.integers(0, 4, length))


def turned(text):
    return text.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def search(sequences, identity=0.8):
    letters, found = without_repeats(Letters.of(sequences), identity)
    return found, letters


def hidden_in(letters, record):
    start = letters.starts[record]
    return np.flatnonzero(letters.codes[start : start + letters.lengths[record]] == UNKNOWN)


@pytest.mark.parametrize("n", [16, 60, 240, 1200])
@pytest.mark.parametrize("place", ["start", "end"])
@pytest.mark.parametrize("rest", [15, 60, 155])
def test_a_flank_of_all_records_ties_nobody(rng, n, place, rest):
    flank = random_text(rng, 45)
    inserts = [random_text(rng, rest) for _ in range(n)]
    sequences = [flank + text if place == "start" else text + flank for text in inserts]
    found, letters = search(sequences)
    assert found.records == n
    stretch, *others = found.stretches
    assert not others or n == 16
    assert (stretch["share"], stretch["place"]) == (1.0, place)
    # In half of few records the next letter may be the same.
    assert flank in stretch["letters"] and len(stretch["letters"]) <= 45 + 2 * (n == 16)
    where = np.arange(45) + (rest if place == "end" else 0)
    exact = 0
    for record in range(n):
        assert set(where) <= set(hidden_in(letters, record).tolist())
        assert len(hidden_in(letters, record)) < 45 + 6
        exact += len(hidden_in(letters, record)) == 45
    # In few records the same letter stands beside it in many by chance, and is hidden too.
    assert exact == n or n == 16
    assert find_groups(sequences, 40, identity=0.8).max() == n
    assert find_groups(sequences, 40, identity=None).max() == n


def test_errors_in_a_flank_are_hidden_with_it(rng):
    flank = random_text(rng, 60)
    sequences = [flank + random_text(rng, 60) for _ in range(100)]
    wrong = "".join(turned(base) if i in (25, 35) else base for i, base in enumerate(flank))
    sequences[0] = wrong + sequences[0][60:]
    assert hidden_in(search(sequences)[1], 0).tolist() == list(range(60))


def test_relatives_are_found_beside_a_flank(rng):
    flank = random_text(rng, 45)
    codes = rng.integers(0, 4, (300, 100))
    codes = [*codes, *(edited(row, 10, KINDS[0], rng) for row in codes[:50])]
    groups = find_groups([flank + as_text(row) for row in codes], 40, identity=0.8)
    assert groups.tolist() == [*range(1, 301), *range(1, 51)]


@pytest.mark.parametrize(("share", "differing"), [(1.0, 0.0), (0.3, 0.0), (0.3, 0.1), (0.1, 0.05)])
def test_a_repeat_at_any_place_and_strand_ties_nobody(rng, share, differing):
    repeat = rng.integers(0, 4, 100)
    sequences = []
    for _ in range(1500):
        codes = rng.integers(0, 4, 250)
        if rng.random() < share:
            copy = edited(repeat, int(differing * 100), KINDS[0], rng)
            start = rng.integers(0, 150)
            codes[start : start + 100] = 3 - copy[::-1] if rng.random() < 0.5 else copy
        sequences.append(as_text(codes))
    found, _ = search(sequences)
    assert np.bincount(find_groups(sequences, 40, identity=0.8)).max() <= 0.01 * 1500
    if differing == 0:
        named = found.stretches[0]
        assert as_text(repeat) in (named["letters"], turned(named["letters"]))
        assert named["place"] == "varies"
        assert abs(found.records - share * 1500) < 60
    else:
        assert found.records > 0.8 * share * 1500


def test_what_families_share_is_not_hidden(rng):
    parents = rng.integers(0, 4, (10, 80))
    sequences = [as_text(edited(parent, 3, KINDS[0], rng)) for parent in parents for _ in range(50)]
    assert search(sequences)[0] == repeats.Repeats()
    assert find_groups(sequences, 40, identity=0.8).max() == 10


def test_windows_of_one_place_are_not_hidden(rng):
    """They share stretches, and are unlike nowhere that both have letters."""
    whole = random_text(rng, 700)
    windows = [whole[start : start + 200] for start in range(0, 500, 5)]
    windows = [turned(text) if i % 3 == 0 else text for i, text in enumerate(windows)]
    sequences = windows + [random_text(rng, 200) for _ in range(1000)]
    assert search(sequences)[0].records == 0
    assert find_groups(sequences, 40).tolist() == [1] * 100 + list(range(2, 1002))


def test_few_records_with_a_stretch_are_relatives(rng):
    stretch = random_text(rng, 60)
    sequences = [random_text(rng, 200) for _ in range(400)]
    for i in range(8):
        sequences[i] = sequences[i][:50] + stretch + sequences[i][110:]
    assert search(sequences)[0].records == 0
    assert find_groups(sequences, 40).max() == 400 - 7


def test_short_and_unknown_letters_hide_nothing():
    for sequences in ([], ["ACGT"] * 30, ["N" * 40] * 30, ["A" * 15] * 30):
        assert search(sequences)[0] == repeats.Repeats()


def test_little_is_left_of_records_that_are_mostly_shared(rng):
    flank = random_text(rng, 60)
    sequences = [flank + random_text(rng, 40) for _ in range(100)]
    found, _ = search(sequences)
    assert found.mostly == 100
    said = list(repeat_findings.findings(repeat_findings.described(found), 100))
    severity, harm, message = said[0]
    assert (severity, harm) == ("warning", 1.0)
    assert message == (
        f"100.0% of the records have 60 bases in common at their start ({flank}), though they "
        "otherwise differ: these bases are left out of the search for relatives. Trim them if they "
        "are an adapter or a flank."
    )
    assert said[1][2].startswith("In 100 records of 100, more than half of the bases are shared by")
    assert list(repeat_findings.findings(None, 100)) == []
    assert repeat_findings.shortened("A" * 61) == "A" * 25 + "..." + "A" * 25


def test_letters_of_a_sample_are_those_of_the_records(rng):
    sequences = [random_text(rng, length) for length in (3, 50, 1, 20)]
    letters = Letters.of(sequences)
    assert letters.lengths.tolist() == [3, 50, 1, 20]
    some = letters.select(np.array([3, 0]))
    expected = Letters.of([sequences[3], sequences[0]])
    np.testing.assert_array_equal(some.codes, expected.codes)
    np.testing.assert_array_equal(some.starts, expected.starts)


@pytest.mark.parametrize("block", [7, 1 << 21])
def test_known_letters_are_joined(rng, block):
    sequences = ["NNACNGT", "NNN", "ACGT", "TRRRRRRRRRRC", "N"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attendna.data.kmers.BLOCK", block)
        found = Letters.of(sequences).known_only()
    expected = Letters.of(["ACGT", "", "ACGT", "TC", ""])
    np.testing.assert_array_equal(found.codes, expected.codes)
    np.testing.assert_array_equal(found.starts, expected.starts)


@pytest.mark.parametrize("block", [5, 1 << 21])
def test_gaps_between_hidden_letters_are_found_whatever_the_blocks(rng, monkeypatch, block):
    monkeypatch.setattr(repeats, "BLOCK", block)
    monkeypatch.setattr(repeats, "BRIDGED", 3)
    monkeypatch.setattr("attendna.data.kmers.BLOCK", block)
    letters = Letters.of(["ACGTACGTACGT", "ACGTACGT"])
    hidden = np.array([c == "x" for c in "x---x----xx-.xx---x--."])
    repeats._bridge(hidden, letters)
    assert "".join("x" if here else "-" for here in hidden) == "xxxxx----xx--xxxxxx---"
    codes = letters.hiding(hidden).codes
    np.testing.assert_array_equal(codes, np.where(hidden, UNKNOWN, letters.codes))


# ------------------------------------------------------------------------------ large groups


def told(sequences, how=HOW, **columns):
    n = len(sequences)
    records = {"sequence": sequences} | {
        name: columns.get(name, [None] * n) for name in ("chrom", "start", "end", "group")
    }
    letters, _ = without_repeats(Letters.of(sequences), how["identity"])
    places = [records[name] for name in ("chrom", "start", "end", "group")]
    groups = find_groups(sequences, how["shared_kmer"], *places, how["identity"])
    return about_largest(groups, records, letters, how)


def test_a_large_group_names_its_cause(rng):
    others = [random_text(rng, 100) for _ in range(80)]
    assert told(others) is None
    parent = rng.integers(0, 4, 100)
    family = [as_text(edited(parent, 5, KINDS[0], rng)) for _ in range(20)]
    assert told(others + family).startswith(
        "The largest group of related records has 20 of 100 records (20.0%) and stays in one part "
        "of the split: an identity of 80% alone ties all of them together."
    )
    assert told(others + [as_text(parent)] * 20).endswith(
        "the same sequence on either strand alone ties all of them together. 100% of them have "
        f"100 bases in common ({as_text(parent)[:25]}...{as_text(parent)[-25:]})."
    )
    column = told(others, group=["g"] * 15 + [None] * 65)
    assert "80 records (18.8%)" in column and "the group column alone ties all" in column
    start = np.append(np.zeros(9, int), np.arange(71) * 100 + 100)
    placed = told(others, chrom=["c"] * 80, start=start, end=start + 50)
    assert "overlap in the genome alone ties all of them" in placed


def test_a_large_group_of_several_causes_names_each(rng):
    parent = rng.integers(0, 4, 100)
    family = [as_text(edited(parent, 5, KINDS[0], rng)) for _ in range(10)]
    others = [random_text(rng, 100) for _ in range(60)]
    group = ["g"] + [None] * 9 + ["g"] * 6 + [None] * 54
    assert told(family + others, group=group).startswith(
        "The largest group of related records has 16 of 70 records (22.9%) and stays in one part "
        "of the split: no relation alone ties all of them together (an identity of 80% ties "
        "10, the group column 7"
    )


def test_a_large_group_of_the_column_alone(rng):
    sequences = [random_text(rng, 50) for _ in range(10)]
    how = HOW | {"groups": "column"}
    assert told(sequences, how, group=["g"] * 3 + [None] * 7).endswith(
        "in one part of the split, because the group column says so."
    )
