"""What gives a class away is found, named as what it is, and not seen where there is nothing."""

import numpy as np
import planted_giveaways as data
import pytest

from attendna.data import features
from attendna.data.audit import audit
from attendna.data.giveaway_findings import findings, told
from attendna.data.giveaways import FEWEST, KINDS, LEVEL, detectable
from attendna.dna import reverse_complements


def audited(sequences, labels, lower_case=None, shared_kmer=40):
    ids, splits = [f"r{i}" for i in range(len(labels))], [None] * len(labels)
    how = {"shared_kmer": shared_kmer, "lower_case": lower_case}
    return audit(ids, sequences, labels, splits, **how)


def reported(found):
    """The kinds of giveaways in the findings, in the order of `KINDS`."""
    table, classes = found["features"], list(found["classes"])
    said = list(findings(table, found["giveaways"] | {"constant": []}, classes))
    messages = [item["message"] for item in found["findings"]]
    assert all(message in messages for _, _, message in said)
    return said, {str(kind) for kind in table["kind"][told(table)]}


# ------------------------------------------------------------------------------ planted


@pytest.mark.parametrize("change", data.KINDS, ids=lambda change: change.__name__)
def test_what_is_planted_is_found_ten_times_of_ten(change):
    for seed in range(10):
        said, kinds = reported(audited(*data.planted(change, seed)))
        assert data.KINDS[change] in kinds, seed
        assert said, seed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (data.length, "Length alone separates the two classes with an AUROC of 0."),
        (data.gc, "GC content alone separates"),
        (data.bases, " alone separates"),
        (data.pairs, "The share of "),
        (data.base_at_a_position, "G at position 51 alone separates"),
        (data.adapter_at_the_start, "The beginning AGATCGGAAGAGC alone separates"),
        (data.adapter_at_uneven_ends, "The ending AGATCGGAAGAGC alone separates"),
        (data.n_at_a_position, "N at position 31 alone separates"),
        (data.share_of_n, "The share of N alone separates"),
        (data.place_of_n, "The mean place of N alone separates"),
        (data.run_of_n, "N at position 1 alone separates"),
        (data.other_ambiguous_letters, "The share of ambiguous letters other than N alone"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_giveaway_is_named_and_there_is_one_sentence_for_it(change, words):
    said, _ = reported(audited(*data.planted(change, 3)))
    assert len(said) == 1, said
    severity, harm, message = said[0]
    assert words in message and 0 < harm <= 1
    assert severity == "warning"


def test_soft_masked_letters_are_repeats_or_just_spelling():
    rng = np.random.default_rng(0)
    sequences, labels = data.random_records(rng, 600), ["a"] * 300 + ["b"] * 300
    repeats = [*rng.integers(0, 40, 300), *rng.integers(20, 60, 300)]
    ((severity, _, message),) = reported(audited(sequences, labels, repeats))[0]
    assert severity == "warning" and "a classifier may see the repeats" in message
    spelled = [0] * 300 + [100] * 300
    ((severity, _, message),) = reported(audited(sequences, labels, spelled))[0]
    assert severity == "note" and "letters are read regardless of case" in message
    assert reported(audited(sequences, labels, [None] * 600))[0] == []
    # Of shuffled negatives nobody knows the case, so there is nothing to compare.
    assert reported(audited(sequences, labels, [50] * 300 + [None] * 300))[0] == []


def test_a_flank_of_all_records_is_no_giveaway_but_named():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        flank, label = "".join(rng.choice(list("ACGT"), 45)), ["a", "b"] * 100
        begins = [flank + record for record in data.random_records(rng, 200)]
        found = audited(begins, label)
        assert reported(found)[0] == []
        (message,) = [f["message"] for f in found["findings"] if "tells no class" in f["message"]]
        assert message.startswith(f"All records begin with {flank[:24]}... (45 letters), which")
        assert message.endswith("for instance with `crop: right` and a `length` that is 45 less.")
        uneven = [record[i % 7 :] + flank for i, record in enumerate(data.random_records(rng, 200))]
        for ends in (uneven, [record[45:] + flank for record in begins]):
            (message,) = [
                f["message"] for f in audited(ends, label)["findings"] if "tells no" in f["message"]
            ]
            assert message.startswith(f"All records end with {flank[:24]}... (45 letters)")
            assert "`crop: left`" in message


def test_a_stretch_within_the_records_is_told_once_though_few_are_shorter():
    rng = np.random.default_rng(7)
    records = [r[:40] + data.ADAPTER + r[53:] for r in data.random_records(rng, 200)]
    records[:4] = [record[:-1] for record in records[:4]]
    told = [f["message"] for f in audited(records, ["a", "b"] * 100)["findings"]]
    (message,) = [message for message in told if "tells no class" in message]
    assert message.startswith(f"All records have {data.ADAPTER} at positions 41 to 53 (13 letters)")


def test_copies_and_near_duplicates_are_measured_but_not_tested():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        a, b = data.random_records(rng, 100), data.random_records(rng, 100)
        a[50:80] = a[:30]  # copies
        b[50:80] = [record[:45] + other[45:] for record, other in zip(b, b[50:80], strict=False)]
        b[90:95] = list(reverse_complements(b[80:85]))
        found = audited([*a, *b], ["a"] * 100 + ["b"] * 100)
        table = found["features"]
        rows = {str(table["feature"][i]): i for i in np.flatnonzero(table["kind"] == "copies")}
        copy, near = rows["has a copy"], rows["has a near-duplicate"]
        assert (table["in_class"][copy], table["in_rest"][copy]) == (0, 0.6)
        assert table["auroc"][copy] == pytest.approx(0.8)
        assert (table["in_class"][near], table["in_rest"][near]) == (0.7, 0.6)
        assert np.isnan(table["p_value"][[copy, near]]).all()
        text = " ".join(item["message"] for item in found["findings"])
        assert "30 of 200 records (15.0%) have the same sequence as an earlier record" in text
        assert "(a: 60, b: 70): a split must keep relatives together" in text


def test_a_sequence_in_two_classes_is_a_problem():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        records = data.random_records(rng, 200)
        records[1] = records[0]
        found = audited(records, ["a", "b"] * 100)["findings"]
        assert found[0]["severity"] == "problem"
        assert "1 sequence has more than one label" in found[0]["message"]


# ------------------------------------------------------------------------------ nothing


@pytest.mark.thorough
@pytest.mark.parametrize("datasets", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_of_datasets_without_any_difference_at_most_one_percent_are_reported(datasets):
    differing = reports = 0
    for seed in range(datasets):
        found = audited(*data.nothing(seed), shared_kmer=None)
        said, kinds = reported(found)
        reports += bool(said)
        differing += bool((found["features"]["p_adjusted"] <= LEVEL).any())
    expected = 0.01 * datasets
    assert reports <= differing <= expected + 3 * np.sqrt(expected)  # and chance


# ------------------------------------------------------------------------------ rules


def test_copies_of_records_do_not_make_chance_significant():
    sequences, labels, _ = data.nothing(5)
    one = audited(sequences, labels)["features"]
    many = audited(sequences * 5, labels * 5)["features"]
    rest = many["kind"] != "copies"
    assert not rest.all()
    np.testing.assert_array_equal(many["p_value"][rest], one["p_value"][one["kind"] != "copies"])


def test_each_class_is_compared_with_the_rest_and_two_classes_once():
    rng = np.random.default_rng(1)
    a, b, c = (data.random_records(rng, 200) for _ in range(3))
    c = data.gc(rng, a, c)[1]
    found = audited([*a, *b, *c], ["a"] * 200 + ["b"] * 200 + ["c"] * 200)
    ((_, _, message),) = reported(found)[0]
    assert message.startswith("GC content alone separates c from the rest with an AUROC of")
    assert "in class c, 50.2% in the others" in message
    assert set(found["features"]["class"]) == {"a", "b", "c"}
    two = audited([*a, *c], ["a"] * 200 + ["c"] * 200)["features"]
    assert set(two["class"]) == {"c"}
    assert len(two["p_value"]) == len(
        {(k, f) for k, f in zip(two["kind"], two["feature"], strict=True)}
    )


def test_positions_that_few_records_have_are_left_out():
    rng = np.random.default_rng(2)
    records = [record[:50] for record in data.random_records(rng, 200)]
    records[:20] = [record + "A" * 50 for record in records[:20]]
    positions = audited(records, ["a", "b"] * 100)["features"]["position"]
    assert positions.max() == 50 and positions.min() == -50

    # Nor what few of the others have.
    records = data.random_records(rng, 200)
    records[1::2] = [record[: 50 + 50 * (i < 10)] for i, record in enumerate(records[1::2])]
    for labels in (["a", "b"], ["b", "a"]):
        positions = audited(records, labels * 100)["features"]["position"]
        assert positions.max() == 50


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda record: record[:30] + "N" + record[31:], "N at position 31 alone"),
        (lambda record: data.ADAPTER + record[len(data.ADAPTER) :], "The beginning "),
    ],
)
def test_what_shows_at_single_positions_too_is_told_once(change, words):
    """Fewer bases where many N are, and the bases of an adapter, are giveaways by themselves."""
    rng = np.random.default_rng(6)
    a, b = data.random_records(rng, 300), data.random_records(rng, 300)
    b[:180] = [change(record) for record in b[:180]]
    said, kinds = reported(audited([*a, *b], ["a"] * 300 + ["b"] * 300))
    assert "position" in kinds
    messages = [message for _, _, message in said]
    assert [words in message for message in messages if "position" in message[:40]] in ([], [True])
    assert sum(words in message for message in messages) == 1


def test_long_sequences_are_looked_at_from_both_ends(monkeypatch):
    monkeypatch.setattr(features, "MOST_POSITIONS", 30)
    rng = np.random.default_rng(3)
    records = data.random_records(rng, 200)
    records[1::2] = [record[:-3] + "G" + record[-2:] for record in records[1::2]]
    found = audited(records, ["a", "b"] * 100)
    assert found["giveaways"]["positions"] == {"start": 30, "end": 30}
    ((_, _, message),) = reported(found)[0]
    assert message.startswith("G at position -3 alone separates the two classes")
    assert "letters at each of the first and last 30 positions" in found["checked"]


def test_a_flank_is_told_once_and_said_to_be_left_out_of_the_search():
    rng = np.random.default_rng(6)
    flank = data.random_records(rng, 1)[0][:45]
    records = [flank + record[45:] for record in data.random_records(rng, 200)]
    for text, begins in ((records, True), (list(reverse_complements(records)), False)):
        found = [item["message"] for item in audited(text, ["a", "b"] * 100)["findings"]]
        (told,) = [message for message in found if "left out of the search" in message]
        assert told.startswith(f"All records {'begin' if begins else 'end'} with ")
        assert "(45 letters), which tells no class from another and is left out of the" in told
    found = audited(records, ["a", "b"] * 100, shared_kmer=None)["findings"]
    assert not any("left out of the search" in item["message"] for item in found)


def test_drawing_from_a_genome_is_advised_for_intervals_only():
    records, labels = data.planted(data.gc, 0)
    n = len(labels)
    ids, splits = [f"r{i}" for i in range(n)], [None] * n
    places = [["chr1"] * n, [100 * i for i in range(n)], [100 * i + 100 for i in range(n)]]
    for where, advised in ((None, False), (places, True)):
        found = audit(ids, records, labels, splits, shared_kmer=40, places=where)["findings"]
        (told,) = [item["message"] for item in found if item["message"].startswith("GC content")]
        assert "Choose records of equal GC content" in told and "{" not in told.split("`")[0]
        assert ("`negatives: {method: genome}` draws such records to replace" in told) == advised


def test_what_was_checked_is_what_was_looked_at():
    rng = np.random.default_rng(4)
    records, labels = data.random_records(rng, 60), ["a", "b"] * 30
    found = audited(records, labels, shared_kmer=None)
    assert "share of lower-case letters" not in found["checked"]
    assert not any("bases in common" in words for words in found["checked"])
    assert "overlap in the genome" not in audited(records, labels)["checked"]
    nowhere = [[None] * 60] + [[float("nan")] * 60] * 2  # as they are read from a file
    splits = [None] * 60
    for places, seen in ((nowhere, False), ([["chr1"] * 60, range(60), range(60, 120)], True)):
        found = audit(labels, records, labels, splits, shared_kmer=40, places=places)
        assert ("overlap in the genome" in found["checked"]) == seen
    found = audited(records, labels, [1] * 60)
    assert {"share of lower-case letters", "stretches of 40 or more bases in common"} <= {
        *found["checked"]
    }
    assert audited(records, ["a"] * 60)["giveaways"]["checked"] == []


def test_what_is_called_detectable_is_found_nine_times_of_ten():
    rng = np.random.default_rng(5)
    sizes, tested = np.array([150, 250]), 300
    area = detectable(sizes, tested)
    from scipy.stats import mannwhitneyu, norm

    shift = np.sqrt(2) * norm.ppf(area)
    p_values = [
        mannwhitneyu(rng.normal(shift, 1, 150), rng.normal(0, 1, 250)).pvalue for _ in range(500)
    ]
    assert 0.85 < np.mean(np.array(p_values) * tested <= LEVEL) < 0.95
    assert detectable(np.array([3, 500]), tested) is None


def test_every_kind_can_be_told_and_small_data_have_no_flank():
    assert set(data.KINDS.values()) | {"soft_masked", "copies"} == set(KINDS)
    few = ["ACGTACGTAC" + "A" * i for i in range(FEWEST - 1)] * 2
    assert audited(few, ["a"] * (FEWEST - 1) + ["b"] * (FEWEST - 1))["giveaways"]["constant"] == []
