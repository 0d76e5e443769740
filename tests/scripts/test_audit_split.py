"""audit_split.py tells which validation and test records have a relative that was learned from."""

import json

import numpy as np
import pandas as pd
import pytest

import audit_split
from attendna.contracts.arrays import write_arrays
from attendna.contracts.sequences import sequence_columns, write_sequences
from attendna.contracts.splits import read_related, write_groups, write_split
from attendna.contracts.tables import read_json
from attendna.data import relatives
from attendna.dna import COMPLEMENT

CLASSES = ["a", "b"]
COLUMNS = ["id", "sequence", "label", "group", "chrom", "start", "end"]
SETTINGS = {
    "groups": "auto",
    "shared_kmer": 40,
    "identity": None,
    "strategy": "stratified",
    "test": 0.2,
    "validation": 0.2,
    "folds": 1,
}
N = 1200
SPLIT = {
    "train": np.arange(600),
    "validation": np.arange(600, 800),
    "test": np.arange(800, N),
}
# Ten leaks of each kind: the records and what they are related by.
KINDS = ["exact", "reverse_complement", "shifted", "mutated", "coordinates", "group"]
LEAKS = {
    kind: np.arange(10) + first for kind, first in zip(KINDS, range(800, 860, 10), strict=True)
}


def turn(sequence):
    return sequence.translate(COMPLEMENT)[::-1]


@pytest.fixture
def planted(tmp_path):
    """Random records with known leaks from train, and one from validation, into test."""
    rng = np.random.default_rng(4)
    sequences = ["".join(row) for row in rng.choice(list("ACGT"), (N, 100))]
    table = pd.DataFrame({"id": [f"r{i}" for i in range(N)]})
    y = np.arange(N) % 2
    table["label"] = np.array(CLASSES)[y]
    places = {name: np.full(N, None, dtype=object) for name in ("chrom", "start", "end", "group")}
    for kind, records in LEAKS.items():
        for record in records:
            source = record - 800  # of the same class, in train
            original = sequences[source]
            if kind == "exact":
                sequences[record] = original
            elif kind == "reverse_complement":
                sequences[record] = turn(original)
            elif kind == "shifted":
                sequences[record] = turn(original[30:] + sequences[record][:30])
            elif kind == "mutated":
                other = "G" if original[49] != "G" else "T"
                sequences[record] = original[:49] + other + original[50:]
            elif kind == "coordinates":
                for one, start in ((source, 1000 * source), (record, 1000 * source + 99)):
                    places["chrom"][one], places["start"][one] = "chr1", start
                    places["end"][one] = start + 100
            else:
                places["group"][[source, record]] = f"g{source}"
    sequences[900] = sequences[601]  # a relative in validation, of the other class
    table["sequence"] = sequences
    write_sequences(tmp_path / "sequences.parquet", table.assign(**places))
    encoded = {"y": y.astype(np.int32), "classes": np.array(CLASSES)}
    write_arrays(tmp_path / "encoded.npz", encoded)
    write_groups(tmp_path / "groups.tsv", table["id"], np.arange(N))
    write_split(tmp_path / "split.npz", SPLIT)
    return tmp_path


def audit(folder, **settings):
    arguments = ["--settings", json.dumps(SETTINGS | settings)]
    for name in (
        "sequences.parquet",
        "encoded.npz",
        "groups.tsv",
        "split.npz",
        "leakage.json",
        "related.tsv",
    ):
        arguments += [f"--{name.split('.')[0]}", str(folder / name)]
    audit_split.main(arguments)
    measured = read_json(folder / "leakage.json")
    return measured, read_related(folder / "related.tsv")


def test_planted_leaks_of_every_kind_are_found_and_no_others(planted):
    measured, related = audit(planted)
    five = {"a": 5, "b": 5}
    expected = {
        "exact": {"a": 6, "b": 5},
        "reverse_complement": five,
        "shared_kmer": {"a": 21, "b": 20},
        "identity": {"a": 0, "b": 0},
        "coordinates": five,
        "overlap": {"a": 26, "b": 25},
        "group": five,
        "any": {"a": 31, "b": 30},
    }
    assert {kind: measured[kind]["test_in_train"] for kind in expected} == expected
    for kind in expected:
        assert measured[kind]["validation_in_train"] == {"a": 0, "b": 0}
    assert measured["contradictory"] == 1
    assert measured["records"]["test"] == {"a": 200, "b": 200}
    leaks = {f"r{record}" for records in LEAKS.values() for record in records}
    assert set(related["id"]) == leaks | {"r900"}
    for row in related.itertuples():
        source = 601 if row.id == "r900" else int(row.id[1:]) - 800
        assert row.relative == f"r{source}"
        assert row.split == "test"
    by_mutation = related[related["id"].isin([f"r{record}" for record in LEAKS["mutated"]])]
    assert set(by_mutation["relation"]) == {"shared_kmer"}


def test_the_findings_say_it_in_words(planted):
    first, second = audit(planted)[0]["findings"]
    assert first["severity"] == "problem"
    assert first["message"].startswith(
        "61 of 400 test records (15.2%) have a relative among the training and validation records "
        "(11 with the same sequence; 10 with the reverse complement; 41 with 40 bases in a row in "
        "common, on either strand; 10 overlapping in the genome; 10 of the same group in the data; "
        "a record can be related in several ways): scores on all test records flatter "
        "a classifier that memorises sequences, so look at the scores on those without a relative."
    )
    assert "1 validation or test record has the same sequence" in second["message"]


def test_a_longer_stretch_finds_less(planted):
    measured, _ = audit(planted, shared_kmer=60)
    assert measured["shared_kmer"]["test_in_train"] == {"a": 16, "b": 15}  # the mutated ones gone
    assert measured["shared_kmer_length"] == 60


def test_relatives_without_a_stretch_in_common_are_found_by_identity(planted):
    """Ten test records differ from one of train at every tenth base, every second on turning."""
    table = sequence_columns(planted / "sequences.parquet", [*COLUMNS])
    sequences = list(table["sequence"])
    for record in range(910, 920):
        copy = "".join(
            {"A": "C", "C": "G", "G": "T", "T": "A"}[base] if i % 10 == 5 else base
            for i, base in enumerate(sequences[record - 900])
        )
        sequences[record] = turn(copy) if record % 2 else copy
    write_sequences(planted / "sequences.parquet", pd.DataFrame(table | {"sequence": sequences}))
    write_split(planted / "split.npz", {**SPLIT, "test": np.arange(901, N)})
    exact, _ = audit(planted)
    assert sum(exact["any"]["test_in_train"].values()) == 0
    assert exact["searched"].endswith(
        "Similar records that do not have 40 bases in a row in common were not searched for "
        "(split.identity: null)."
    )
    measured, related = audit(planted, identity=0.8)
    assert measured["identity"]["test_in_train"] == {"a": 5, "b": 5}
    assert set(related["relation"]) == {"identity"}
    assert {(row.id, row.relative) for row in related.itertuples()} == {
        (f"r{record}", f"r{record - 900}") for record in range(910, 920)
    }
    assert "(10 similar, on either strand; a record" in measured["findings"][0]["message"]
    assert measured["searched"] == (
        "Searched for: the same sequence or its reverse complement; 40 bases in a row in common on "
        "either strand; at least 80% identity on either strand over 80% of the shorter record; "
        "overlap in the genome; the same group in the data. Relatives below this identity were not "
        "searched for, and some of those just above it are missed."
    )
    assert measured["search"]["left_out"] == {"records": 0, "mostly": 0, "stretches": []}


def test_a_search_that_ended_early_is_said(planted, monkeypatch):
    assert not audit(planted, identity=0.8)[0]["search"]["stopped"]
    monkeypatch.setattr(relatives, "MOST_IN_VAIN", -1)
    monkeypatch.setattr(relatives, "QUICK", -1)
    measured, _ = audit(planted, identity=0.8)
    assert measured["search"]["stopped"]
    assert (
        "The search ended early, because far more pairs of records were compared than turned"
        in (measured["searched"])
    )


def test_what_all_records_share_is_left_out_and_said(planted):
    table = sequence_columns(planted / "sequences.parquet", [*COLUMNS])
    flanked = ["ACGTTGCATGTCAGTACGATCGGATTACAGGCATCGTAAGCTCCA" + text for text in table["sequence"]]
    write_sequences(planted / "sequences.parquet", pd.DataFrame(table | {"sequence": flanked}))
    measured, _ = audit(planted, identity=0.8)
    assert sum(measured["shared_kmer"]["test_in_train"].values()) == 41  # as without it
    assert measured["search"]["left_out"]["records"] == N
    assert "in common (in 1,200 records) were left out of the search." in measured["searched"]


def test_a_large_group_is_a_warning_that_names_its_cause(planted):
    table = sequence_columns(planted / "sequences.parquet", [*COLUMNS])
    table["group"] = np.array(["one"] * 300 + [None] * (N - 300), dtype=object)
    write_sequences(planted / "sequences.parquet", pd.DataFrame(table))
    groups = np.append(np.zeros(300, int), np.arange(1, N - 299))
    write_groups(planted / "groups.tsv", table["id"], groups)
    measured, _ = audit(planted, strategy="stratified_group")
    (warning,) = [f for f in measured["findings"] if "largest group of" in f["message"]]
    assert warning["severity"] == "warning"
    assert "has 300 of 1,200 records (25.0%)" in warning["message"]
    assert "the group column alone ties all of them together." in warning["message"]
    assert audit(planted)[0]["large_group"] is None  # no split keeps it whole


def test_unrelated_records_give_no_alarm(planted):
    untouched = {**SPLIT, "test": np.arange(901, N)}
    write_split(planted / "split.npz", untouched)
    measured, related = audit(planted)
    assert related.empty
    assert measured["findings"] == []
    assert not any(sum(measured["any"][key].values()) for key in measured["any"])


def test_dropped_records_are_told(planted):
    kept = {**SPLIT, "test": np.arange(901, N), "dropped": np.arange(800, 901)}
    write_split(planted / "split.npz", kept)
    measured, _ = audit(planted)
    assert measured["dropped"] == {"a": 51, "b": 50}
    assert "101 validation or test records (a: 51, b: 50) with a relative" in str(
        measured["findings"]
    )


def test_a_group_that_keeps_a_set_from_its_share_is_told(planted):
    write_groups(planted / "groups.tsv", [f"r{i}" for i in range(N)], np.maximum(np.arange(N), 600))
    write_split(planted / "split.npz", {**SPLIT, "test": np.arange(901, N)})
    measured, _ = audit(planted, strategy="stratified_group", test=0.35)
    messages = [finding["message"] for finding in measured["findings"]]
    assert any(
        message.startswith("The test set has 27.2% of the records instead of 35.0%, because groups")
        and message.endswith("the largest has 601 records.")
        for message in messages
    ), messages
