"""New sequences that are unlike a dataset are told from those that are like it."""

import numpy as np
import pandas as pd
import pytest

from attendna.contracts.sequences import write_sequences
from attendna.data import novelty
from attendna.data.novelty import chosen, learn, learn_from, unlike

WEIGHTS = {"rich": [0.2, 0.3, 0.3, 0.2], "poor": [0.35, 0.15, 0.15, 0.35]}


def drawn(rng, n, length=100, kind="rich"):
    return ["".join(row) for row in rng.choice(list("ACGT"), (n, length), p=WEIGHTS[kind])]


@pytest.fixture(scope="module")
def known():
    rng = np.random.default_rng(0)
    sequences = drawn(rng, 1000) + drawn(rng, 1000, kind="poor")
    return learn(sequences, np.repeat([0, 1], 1000))


def test_what_is_drawn_alike_is_rarely_unlike(known):
    rng = np.random.default_rng(1)
    for kind in WEIGHTS:
        assert (unlike(drawn(rng, 1000, kind=kind), known).unlike > 1).mean() < 0.03


@pytest.mark.parametrize(
    ("sequence", "aspect"),
    [
        ("A" * 100, "composition"),
        ("CG" * 50, "composition"),
        ("N" * 100, "words"),
        ("ACGGTCATTGCAGTCCATGA" * 2 + "N" * 60, "words"),
        ("ACGGTCATTGCAGTCCATGA" * 2, "length"),
        ("ACGGTCATTGCAGTCCATGA" * 20, "length"),
        ("AC", "length"),
    ],
)
def test_what_is_unlike_is_said_in_what(known, sequence, aspect):
    found = unlike([sequence], known)
    assert found.unlike[0] > 2
    assert found.aspect[0] == aspect


def test_a_class_of_its_own_kind_is_known_and_what_lies_between_classes_is_not_far():
    """Distances are to the nearest class: a rare one of its own composition is not unlike."""
    rng = np.random.default_rng(2)
    rare = ["".join(row) for row in rng.choice(list("ACGT"), (100, 100), p=[0.7, 0.1, 0.1, 0.1])]
    sequences = drawn(rng, 2000) + rare
    y = np.repeat([0, 1], [2000, 100])
    own = unlike(rare, learn(sequences, y)).unlike
    assert (own > 1).mean() < 0.05
    strange = unlike(rare, learn(sequences[:2000], y[:2000])).unlike
    assert (strange > 1).mean() > 0.95

    # And what is as far off on another side is unlike with the rare class, too.
    known = learn(sequences, y)
    other = rng.choice(list("ACGT"), (100, 100), p=[0.15, 0.15, 0.15, 0.55])
    assert (unlike(["".join(row) for row in other], known).unlike > 1.5).mean() > 0.9


def test_words_of_a_small_dataset_are_not_taken_for_all_that_there_are():
    """By chance some words of new records are in no other record, as is so of its own records."""
    rng = np.random.default_rng(7)
    known = learn(drawn(rng, 70, 60), np.arange(70) % 2)
    assert (unlike(drawn(rng, 1000, 60), known).unlike > 1).mean() < 0.1


def test_words_lie_within_records_and_have_no_ambiguous_letter():
    text = novelty._text(["ACG", "TN", "A", "GGNTT"])
    owners, words = novelty._words(text, 2)
    assert owners.tolist() == [0, 0, 3, 3]
    assert words.tolist() == [0 * 4 + 1, 1 * 4 + 2, 2 * 4 + 2, 3 * 4 + 3]


def test_words_that_the_dataset_lacks_are_unlike():
    """All records are made of a few words, in any order; the new ones of others, turned around."""
    rng = np.random.default_rng(3)
    words = np.array(drawn(rng, 40, 12))
    known = learn(["".join(row) for row in rng.choice(words[:30], (800, 8))], np.arange(800) % 2)
    same = unlike(["".join(row) for row in rng.choice(words[:30], (200, 8))], known)
    other = unlike(["".join(row[::-1]) for row in rng.choice(words[30:], (200, 8))], known)
    assert (same.unlike > 1).mean() < 0.1
    assert (other.unlike > 1).all() and np.median(other.unlike) > 2


def test_one_in_a_hundred_of_the_own_records_is_above_one_at_most():
    rng = np.random.default_rng(4)
    for lengths in ((80, 80), (40, 300)):
        sequences = drawn(rng, 1500, 300)
        sequences = [
            record[: int(rng.integers(lengths[0], lengths[1] + 1))] for record in sequences
        ]
        found = unlike(sequences, learn(sequences, np.arange(1500) % 3))
        assert (found.unlike > 1).mean() <= 0.0105


def test_portions_do_not_show(known, monkeypatch):
    rng = np.random.default_rng(5)
    sequences = [record[: int(rng.integers(1, 101))] for record in drawn(rng, 50)]
    whole = unlike(sequences, known)
    monkeypatch.setattr(novelty, "AT_ONCE", 7)
    for one, other in zip(unlike(sequences, known), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    assert unlike([], known).unlike.shape == (0,)


def test_records_that_are_looked_at_are_spread_evenly_and_few_enough():
    assert chosen(np.full(100, 50)).tolist() == list(range(100))
    many = chosen(np.full(1_000_000, 200))
    assert len(many) == 5_000 and (many[0], many[-1]) == (0, 999_999)
    assert np.ptp(np.diff(many)) <= 1
    assert len(chosen(np.full(1_000_000, 20))) == 10_000
    assert len(chosen(np.full(1000, 100_000))) == 50


def test_a_file_is_read_as_the_records_that_it_holds(tmp_path, monkeypatch):
    rng = np.random.default_rng(6)
    sequences, labels = drawn(rng, 300, 60), ["b", "a", "c"] * 100
    ids = [f"r{i}" for i in range(300)]
    table = pd.DataFrame({"id": ids, "sequence": sequences, "label": labels})
    write_sequences(tmp_path / "sequences.parquet", table)
    monkeypatch.setattr(novelty, "ROWS", 70)
    monkeypatch.setattr(novelty, "RECORDS", 100)
    kept = chosen(np.full(300, 60))
    assert 90 < len(kept) <= 100
    y = np.unique(labels, return_inverse=True)[1]
    expected = learn([sequences[i] for i in kept], y[kept])
    for one, other in zip(
        vars(learn_from(tmp_path / "sequences.parquet")).values(),
        vars(expected).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
