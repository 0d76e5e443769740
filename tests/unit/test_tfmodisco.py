from types import SimpleNamespace

import numpy as np
import pytest
from contributions import direction, number, planted, random_bases

from attendna.explanation import tfmodisco
from attendna.explanation.seeds import Seed


def pattern(word: str, forth: int, back: int) -> SimpleNamespace:
    """Make a pattern as modisco-lite does: all windows read like the word, some were turned."""
    sequence = np.eye(4)[number("ACGT" + word + "ACGT")]
    height = np.zeros(len(sequence))
    height[4:-4] = 1
    windows = [
        SimpleNamespace(
            is_revcomp=i >= forth, sequence=sequence, contrib_scores=sequence * height[:, None]
        )
        for i in range(forth + back)
    ]
    return SimpleNamespace(seqlets=windows)


def letters(seed: Seed) -> str:
    return "".join("ACGT"[i] for i in seed.probabilities.argmax(axis=1))


def test_each_strand_of_a_pattern_is_a_proposal_of_its_own():
    seeds = tfmodisco._seeds([pattern("TATAAAG", 30, 20)], both_strands=False)
    assert [letters(seed) for seed in seeds] == ["TATAAAG", "CTTTATA"]
    assert {seed.method for seed in seeds} == {"tfmodisco"}


def test_a_strand_with_few_windows_is_none():
    seeds = tfmodisco._seeds([pattern("TATAAAG", 30, 4)], both_strands=False)
    assert [letters(seed) for seed in seeds] == ["TATAAAG"]


def test_on_both_strands_a_pattern_stays_one():
    seeds = tfmodisco._seeds([pattern("TATAAAG", 30, 20)], both_strands=True)
    assert [letters(seed) for seed in seeds] == ["TATAAAG"]


@pytest.mark.parametrize(
    ("rows", "length", "reason"),
    [
        (200, 40, "TF-MoDISco needs sequences of 100 bases, and these have 40."),
        (20, 200, "TF-MoDISco needs 100 records, and there are 20."),
        (200, 200, None),
    ],
)
def test_it_says_why_it_can_not_be_run(rows, length, reason):
    made = direction(random_bases(rows, length, 1), np.ones((rows, length)))
    assert tfmodisco.reason_against(made) == reason


def test_it_says_that_it_is_not_installed(monkeypatch):
    made = direction(random_bases(200, 200, 1), np.ones((200, 200)))
    monkeypatch.setattr(tfmodisco, "find_spec", lambda name: None)
    assert tfmodisco.reason_against(made) == (
        "TF-MoDISco is left out, because the package modisco-lite is not installed."
    )


@pytest.mark.thorough
def test_it_proposes_what_was_planted_and_on_that_strand():
    pytest.importorskip("modiscolite")
    made, _ = planted(["GATTACAG", "CTGTAATC"], rows=400, length=120, noise=0.02)
    proposed, against, failure = tfmodisco.proposals(made, both_strands=False)
    assert failure is None
    assert against == []
    assert {"GATTACAG", "CTGTAATC"} <= {letters(seed) for seed in proposed}


def test_of_two_classes_what_speaks_against_the_first_is_proposed_for_the_second(monkeypatch):
    made = [
        direction(random_bases(200, 120, 1), np.ones((200, 120)), name) for name in ("a", "b", "c")
    ]
    seeds = [Seed(np.full((6, 4), 0.25), "tfmodisco") for _ in range(3)]
    monkeypatch.setattr(tfmodisco, "is_installed", lambda: True)
    monkeypatch.setattr(tfmodisco, "proposals", lambda *_: (seeds[:1], seeds[1:], None))
    two = tfmodisco.propose(made[:2], both_strands=False)
    assert [of_class.seeds for of_class in two] == [seeds[:1], seeds[1:]]
    assert [of_class.notes for of_class in two] == [
        ["Class a: TF-MoDISco proposed 1 pattern."],
        ["Class b: TF-MoDISco proposed 2 patterns."],
    ]
    assert [of_class.seeds for of_class in tfmodisco.propose(made, False)] == [seeds[:1]] * 3
