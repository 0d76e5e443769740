"""The audit counts what a slow and obvious count finds, and says what it means."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_relatives import KINDS, planted

from attendna.data import audit as module
from attendna.data import relatives
from attendna.data.audit import audit, separation, summarize_lengths

COMPLEMENT = dict(zip("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN", strict=True))

# Few and short letters, so that duplicates, palindromes and other strands happen.
sequences = st.text("ACGTNS", min_size=1, max_size=3)
data_sets = st.lists(st.tuples(sequences, st.sampled_from("ab")), min_size=1, max_size=25)


def audited(records, splits=None):
    ids = [f"r{i}" for i in range(len(records))]
    columns = [list(column) for column in zip(*records, strict=True)]
    return audit(ids, *columns, splits or [None] * len(records))


def messages(result, severity=None):
    return [f["message"] for f in result["findings"] if severity in (None, f["severity"])]


def other_strand(sequence):
    return "".join(COMPLEMENT[letter] for letter in reversed(sequence))


@settings(max_examples=200)
@given(data_sets, st.sampled_from([1, 2, 10_000]))
def test_counts_agree_with_a_count_by_hand(records, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RECORDS_AT_ONCE", at_once)  # steps must not show
        patch.setattr("attendna.dna.RECORDS_AT_ONCE", at_once)
        result = audited(records)
    texts = [sequence for sequence, _ in records]
    joined = "".join(texts)
    assert result["letters"]["totals"] == {
        letter: joined.count(letter) for letter in "ACGTNS" if letter in joined
    }
    assert result["letters"]["ambiguous"]["letters"] == joined.count("N") + joined.count("S")
    assert result["letters"]["ambiguous"]["records"] == sum(bool(set(t) & set("NS")) for t in texts)

    repeated = [text in texts[:i] for i, text in enumerate(texts)]
    assert result["duplicates"] == {
        "records": sum(repeated),
        "groups": len({text for text in texts if texts.count(text) > 1}),
    }
    others = [texts[:i] + texts[i + 1 :] for i in range(len(texts))]
    turned = sum(other_strand(text) in rest for text, rest in zip(texts, others, strict=True))
    assert result["reverse_complements"]["records"] == turned

    labels = {text: {label for t, label in records if t == text} for text in texts}
    contradictory = [text for text, kinds in labels.items() if len(kinds) > 1]
    assert result["contradictory"]["sequences"] == len(contradictory)
    assert result["contradictory"]["records"] == sum(texts.count(text) for text in contradictory)
    examples = [
        {label: f"r{records.index((text, label))}" for label in labels[text]}
        for text in contradictory
    ]
    assert result["contradictory"]["examples"] == examples[:10]


@given(data_sets)
def test_turning_every_sequence_changes_nothing_but_the_letters(records):
    straight, turned = audited(records), audited([(other_strand(s), c) for s, c in records])
    for key in ("classes", "lengths", "duplicates", "contradictory", "reverse_complements", "gc"):
        np.testing.assert_equal(turned[key], straight[key])


def test_gc_content_by_hand():
    records = [("GGCC", "a"), ("GATN", "a"), ("SWSS", "b"), ("AAAU", "b"), ("NNRR", "b")]
    result = audited(records)["gc"]
    assert result["by_class"]["a"] == pytest.approx({"mean": (1 + 1 / 3) / 2, "sd": 0.4714045})
    assert result["by_class"]["b"] == pytest.approx({"mean": 0.375, "sd": 0.5303301})
    # Of the four pairs (1, 0.75), (1, 0), (0.33, 0.75), (0.33, 0) a has more in three.
    assert result["separation"]["by_class"] == {"a": 0.75, "b": 0.25}
    assert result["separation"]["auroc"] == 0.75


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=3, max_size=40).filter(
        lambda pairs: {y for _, y in pairs} == {0, 1, 2}
    )
)
def test_separation_counts_the_pairs_in_order(pairs):
    values, y = (np.array(column) for column in zip(*pairs, strict=True))
    result = separation(values.astype(float), y, ["a", "b", "c"])
    expected = []
    for index, name in enumerate("abc"):
        compared = itertools.product(values[y == index], values[y != index])
        area = np.mean([0.5 * (a == b) + (a > b) for a, b in compared])
        assert result["by_class"][name] == pytest.approx(area)
        expected.append(max(area, 1 - area))
    assert result["auroc"] == pytest.approx(np.mean(expected))


@given(st.lists(st.integers(1, 500), min_size=1, max_size=50))
def test_the_histogram_holds_each_length_once(lengths):
    summary = summarize_lengths(np.array(lengths))
    ranges = summary["histogram"]
    assert len(ranges) <= 20
    assert ranges[0]["from"] == min(lengths) and ranges[-1]["to"] == max(lengths)
    for one, following in itertools.pairwise(ranges):
        assert following["from"] == one["to"] + 1
    for part in ranges:
        assert part["records"] == sum(part["from"] <= n <= part["to"] for n in lengths)
    assert summary["median"] == np.median(lengths)
    assert summary["distinct"] == len(set(lengths))


def balanced(count, sequence):
    return [(sequence(i), "ab"[i % 2]) for i in range(count)]


SHUFFLED = np.random.default_rng(0).permutation(4096)  # so that no position tells the parity


def spelled(number):
    """24 letters for each number below 4096, half of them G or C; the other strand has no A."""
    return f"{SHUFFLED[number]:012b}".replace("0", "AG").replace("1", "CA")


def test_sound_data_has_no_findings():
    assert audited(balanced(400, spelled))["findings"] == []


def inserted(number, letters):
    """The letters somewhere in the record, so that no position tells them."""
    place = 7 * (number // 2) % 25
    return spelled(number)[:place] + letters + spelled(number)[place:]


def test_what_separates_the_classes_trivially_is_a_warning():
    gc = audited(balanced(400, lambda i: inserted(i, "AG"[i % 2])))
    assert gc["gc"]["separation"]["auroc"] == 1
    (message,) = messages(gc, "warning")
    assert message.startswith(
        "GC content alone separates the two classes with an AUROC of 1.000 (0.982 to 1.000): mean "
        "52.0% in class b, 48.0% in class a. A classifier may learn little else. Choose records of"
    )
    length = audited(balanced(400, lambda i: inserted(i, "AG" * (i % 2))))
    message = messages(length, "warning")[0]
    assert message.startswith("Length alone separates the two classes")
    assert messages(length, "note") == [
        "The sequences have 2 different lengths, from 24 to 26 letters."
    ]


def rows_of(lengths, wanted, crop="centre"):
    """Audit sequences of these lengths, with what classifiers will see."""
    n = len(lengths)
    sequences = [spelled(i)[:length] for i, length in enumerate(lengths)]
    ids, labels = list(map(str, range(n))), ["a", "b"] * (n // 2)
    found = audit(ids, sequences, labels, [None] * n, {"length": wanted, "crop": crop})
    about = [item for item in found["findings"] if item["message"].startswith("Classifiers see")]
    return found["lengths"]["rows"], about


def test_what_is_cropped_and_padded_is_told():
    rows, told = rows_of([24] * 90 + [20] * 10, "auto")
    assert rows == {"length": 24, "crop": "centre", "cropped": 0, "padded": 10}
    message = (
        "Classifiers see 24 positions, and the centre of every sequence keeps its place: "
        "0 of 100 records (0.0%) are cropped, 10 of 100 records (10.0%) are padded."
    )
    assert told == [{"severity": "note", "message": message, "harm": 0.0}]
    rows, told = rows_of([24] * 90 + [20] * 10, 22, "right")
    assert rows == {"length": 22, "crop": "right", "cropped": 90, "padded": 10}
    assert told[0]["severity"] == "warning" and "the last base of every" in told[0]["message"]
    assert told[0]["harm"] == 0.9


def test_nothing_is_told_of_sequences_that_are_taken_as_they_are():
    assert rows_of([24] * 10, "auto")[1] == []
    assert rows_of([24] * 10, 24)[1] == []


def test_findings_come_worst_first():
    records = balanced(400, spelled) + [("ACGTN", "a"), ("ACGTN", "b"), ("AAAAA", "a")]
    found = audited([*records, ("TTTTT", "a"), ("AAAAA", "a")])["findings"]
    order = [module.SEVERITIES.index(item["severity"]) for item in found]
    assert order == sorted(order)
    assert found[0]["message"] == (
        "1 sequence has more than one label, in 2 records, such as r400 (a), r401 (b): "
        "no classifier can get them all right."
    )
    text = " ".join(item["message"] for item in found)
    assert "2 of 405 records (0.5%) have the same sequence as an earlier record" in text
    assert "3 of 405 records (0.7%) are the reverse complement of another record" in text
    assert "2 of 405 records (0.5%) have letters other than A, C, G and T: N." in text


@given(data_sets)
@settings(max_examples=60, deadline=None)
def test_harm_is_a_share_and_falls_within_a_severity(records):
    found = audited(records)["findings"]
    for severity in module.SEVERITIES:
        harms = [item["harm"] for item in found if item["severity"] == severity]
        assert harms == sorted(harms, reverse=True)
        assert all(0 <= harm <= 1 for harm in harms)


def test_a_giveaway_comes_before_a_few_copies():
    """GC content that tells the classes apart matters more than one copy among 401 records."""
    records = balanced(400, lambda i: inserted(i, "AG"[i % 2]))
    first, second = audited([*records, records[0]])["findings"]
    assert first["message"].startswith("GC content alone separates") and first["harm"] > 0.9
    assert second["message"].startswith("1 of 401 records") and second["harm"] == 1 / 401
    # And the other way round where there are many copies and GC content tells less.
    weak = balanced(400, lambda i: inserted(i, "AG"[(i % 2) ^ (i % 6 == 0)]))
    first, second = audited(weak * 4)["findings"]
    assert first["message"].startswith("1,200 of 1,600 records") and first["harm"] == 0.75
    assert second["message"].startswith("GC content alone") and 0.4 < second["harm"] < 0.75
    assert [row["p_adjusted"] for row in audited(weak)["giveaways"]["kinds"]][0] == (
        audited(weak * 4)["giveaways"]["kinds"][0]["p_adjusted"]
    )


def test_what_the_import_says_comes_last_of_its_severity():
    note = {"severity": "warning", "message": "5 intervals were dropped."}
    records = balanced(400, spelled)
    columns = [list(column) for column in zip(*records, records[0], strict=True)]
    found = audit(list(map(str, range(401))), *columns, [None] * 401, notes=[note])["findings"]
    assert [item["severity"] for item in found] == ["warning", "warning"]
    assert found[1] == note


@pytest.mark.parametrize(
    ("small", "severity"), [(200, None), (199, "note"), (40, "note"), (39, "warning")]
)
def test_imbalance(small, severity):
    records = [(spelled(i), "a" if i < small else "b") for i in range(small + 400)]
    found = [f for f in audited(records)["findings"] if "times as many" in f["message"]]
    assert [f["severity"] for f in found] == ([severity] if severity else [])


def test_small_and_single_classes():
    records = [(spelled(i), "a") for i in range(99)]
    result = audited(records)
    assert "All records have the label a" in messages(result, "problem")[0]
    assert messages(result, "warning") == [
        "The class a has only 99 records: expect wide intervals."
    ]
    assert np.isnan(result["gc"]["separation"]["auroc"])


def test_fixed_splits_are_counted_by_class():
    records = [(spelled(i), "ab"[i % 2]) for i in range(6)]
    result = audited(records, ["train", "train", "test", "train", None, float("nan")])
    assert result["splits"] == {
        "train": {"a": 1, "b": 2},
        "test": {"a": 1, "b": 0},
        "unassigned": {"a": 1, "b": 1},
    }
    assert messages(result, "problem") == [
        "The test part of the fixed split has no record of the class b."
    ]
    assert audited(records)["splits"] is None


def test_given_folds_are_counted_by_class():
    records = [(spelled(i), "ab"[i % 2]) for i in range(6)]
    result = audited(records, ["1", "2", "10", "10", "2", "2"])
    assert list(result["splits"]) == ["fold 1", "fold 2", "fold 10"]
    assert result["splits"]["fold 2"] == {"a": 1, "b": 2}


def test_near_duplicates_are_counted_by_class():
    rng = np.random.default_rng(0)
    text = ["".join(row) for row in rng.choice(list("ACGT"), (6, 60))]
    text[1] = other_strand(text[0])[15:] + "ACGTACGTACGTACG"  # of one class, 45 bases
    text[4] = text[2][:42] + text[4][42:]  # of two classes, 42 bases
    labels = ["a", "a", "a", "b", "b", "b"]
    chrom = ["c", None, None, "c", "c", "d"]
    start, end = [10, None, None, 15, 20, 10], [20, None, None, 25, 30, 20]
    result = audit(["r"] * 6, text, labels, [None] * 6, shared_kmer=40, places=[chrom, start, end])
    assert result["related"] == {
        "shared_kmer": {
            "length": 40,
            "by_class": {"a": 2, "b": 0},
            "records": 2,
            "between_classes": 2,
        },
        "identity": None,
        "coordinates": {"by_class": {"a": 0, "b": 2}, "records": 2, "between_classes": 2},
    }
    told = " ".join(messages(result, "warning"))
    assert (
        "2 of 6 records (33.3%) share 40 or more bases in a row, on either strand, with another "
        "record of the same class (a: 2): a split must keep relatives together, as "
        "stratified_group does."
    ) in told
    assert "2 of 6 records (33.3%) overlap a record of another class in the genome." in told
    similar = audit(["r"] * 6, text, labels, [None] * 6, shared_kmer=40, identity=0.6)
    assert (
        "records (33.3%) are at least 60% identical to another record of the same class, over most "
        "of the shorter one and on either strand (a: 2)"
    ) in " ".join(messages(similar, "warning"))
    assert "records that are at least 60% identical" in similar["checked"]
    fixed = audit(["r"] * 6, text, labels, ["train", "test"] * 3, shared_kmer=40)
    assert (
        "(a: 2): the split comes with the data, and leakage.json says whether it keeps them "
        "together."
    ) in " ".join(messages(fixed, "warning"))
    assert "stratified_group" not in " ".join(messages(fixed, "warning"))
    some = audit(["r"] * 6, text, labels, ["train", "test", None] * 2, shared_kmer=40)
    assert "stratified_group" in " ".join(messages(some, "warning"))
    stricter = audit(["r"] * 6, text, labels, [None] * 6, shared_kmer=43)["related"]
    assert stricter["shared_kmer"]["between_classes"] == 0
    assert stricter["shared_kmer"]["records"] == 2
    assert stricter["coordinates"] is None


def test_similar_records_are_told_with_classes_that_numbers_name():
    rng = np.random.default_rng(3)
    letters = rng.choice(list("ACGT"), (3, 100))
    mutant = letters[0].copy()
    mutant[::10] = [{"A": "C"}.get(letter, "A") for letter in mutant[::10]]
    text = ["".join(row) for row in [*letters, mutant]]
    result = audit(list("rstu"), text, list("1001"), [None] * 4, shared_kmer=40, identity=0.8)
    assert "records that are at least 80% identical" in result["checked"]
    assert (
        "2 of 4 records (50.0%) are at least 80% identical to another record of the same class, "
        "over most of the shorter one and on either strand (1: 2): a split must keep relatives "
        "together, as stratified_group does."
    ) in messages(result, "warning")


def test_a_search_for_similar_records_that_ends_early_is_told(monkeypatch):
    text = planted(40, 100, 20, 0.75, KINDS[0], np.random.default_rng(3))
    how = {"shared_kmer": 40, "identity": 0.8}
    result = audit(["r"] * 60, text, ["a", "b"] * 30, [None] * 60, **how)
    assert result["related"]["identity"]["stopped"] is False
    assert "ended early" not in " ".join(messages(result, "note"))
    monkeypatch.setattr(relatives, "MOST_IN_VAIN", 0)
    monkeypatch.setattr(relatives, "QUICK", 0)
    result = audit(["r"] * 60, text, ["a", "b"] * 30, [None] * 60, **how)
    assert result["related"]["identity"]["stopped"] is True
    assert "records that are at least 80% identical (search ended early)" in result["checked"]
    (told,) = [text for text in messages(result, "note") if "ended early" in text]
    assert told.startswith("The search for records that are at least 80% identical ended early")


@pytest.mark.parametrize("records", [[], [""]])
def test_nothing_to_audit(records):
    with pytest.raises(ValueError, match="no empty sequence"):
        audit(["r"] * len(records), records, ["a"] * len(records), [None] * len(records))


def test_names_that_spreadsheets_would_run_are_counted():
    ids = ["=1+1", "+cmd", "-x", "@SUM", "-1", "+1.5e3", "a=b", "r'=1"]
    labels = ["=HYPERLINK(1)", "-1"] * 4
    result = audit(ids, ["ACGT"] * 8, labels, [None] * 8)
    assert result["formulas"] == {"ids": 4, "labels": 1}
    (told,) = [f for f in result["findings"] if "spreadsheet" in f["message"]]
    assert told["severity"] == "note"
    assert told["message"].startswith(
        "4 ids and 1 class name begin with =, +, - or @, which spreadsheets run as formulas."
    )
    one = audit(["=A1", "b"], ["ACGT"] * 2, ["x", "y"], [None] * 2)["findings"]
    assert any(f["message"].startswith("1 id begins with =") for f in one)
    result = audit(["a", "b"], ["ACGT"] * 2, ["x", "y"], [None] * 2)
    assert result["formulas"] == {"ids": 0, "labels": 0}
    assert not any("spreadsheet" in f["message"] for f in result["findings"])


@pytest.mark.parametrize(
    ("labels", "classes", "positive", "doubt"),
    [
        ("bound unbound", None, "unbound", "its name begins with 'un'"),
        ("bound unbound", ["bound", "unbound"], "bound", None),
        ("bound unbound", ["unbound", "bound"], "unbound", "its name begins with 'un'"),
        ("active inactive", None, "inactive", "its name begins with 'in'"),
        ("cage non-promoter", None, "non-promoter", "its name begins with 'non'"),
        ("hit no", None, "no", "its name begins with 'no'"),
        ("hit Negative", ["Negative", "hit"], "Negative", "its name begins with 'Neg'"),
        ("a control", None, "control", "its name begins with 'control'"),
        ("a background", None, "background", "its name begins with 'background'"),
        ("a b b b", None, "b", "it has 3 of 4 records"),
        ("a a a b", None, "b", None),
        ("a no no", None, "no", "it has 2 of 3 records and its name begins with 'no'"),
        ("0 1", None, "1", None),
    ],
)
def test_a_positive_class_that_nobody_named_may_be_in_doubt(labels, classes, positive, doubt):
    labels = labels.split()
    data = [[f"r{i}" for i in range(len(labels))], ["ACGT"] * len(labels), labels]
    result = audit(*data, [None] * len(labels), classes=classes)
    assert result["positive"] == {"class": positive, "doubt": doubt}
    said = [m for m in messages(result, "warning") if "positive class" in m]
    assert bool(said) == bool(doubt)
    if doubt:
        [other] = set(labels) - {positive}
        assert said == [
            f"{positive} is taken as the positive class because the config names none, but "
            f"{doubt}: is {other} the class of interest? If so, set `positive: {other}` in the "
            "dataset. AUPRC and F1 are given for both."
        ]
    named = audit(*data, [None] * len(labels), classes=classes, positive=positive)
    assert named["positive"] is None and not any("positive" in m for m in messages(named))


def test_of_three_classes_none_is_positive():
    assert audited([("A", "a"), ("C", "b"), ("G", "no")])["positive"] is None
    assert audited([("A", "a"), ("C", "a")])["positive"] is None
