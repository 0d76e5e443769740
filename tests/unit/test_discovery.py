"""Motifs are found where there are any, wherever they come from, and only there."""

import re
from dataclasses import replace

import numpy as np
import pytest
from contributions import ambiguous, direction, number, planted, random_bases

from attendna.explanation.directions import UNKNOWN
from attendna.explanation.discovery import Found, Options, discover
from attendna.explanation.seeds import Seed

OPTIONS = Options(min_sites=10, most=20)


def consensus(found: Found) -> set[str]:
    return {motif.consensus for motif in found.motifs}


def test_planted_words_come_back_letter_by_letter_with_their_places():
    words = ["TATAAA", "GGGCGG", "TTGACA"]
    made, starts = planted(words)
    found = discover(made, OPTIONS)
    assert consensus(found) == set(words)
    for motif in found.motifs:
        own = np.arange(240)[words.index(motif.consensus) :: 3]
        at = dict(zip(motif.records.tolist(), motif.starts.tolist(), strict=True))
        assert np.mean([at.get(row) == starts[row] for row in own]) > 0.95
        assert set(motif.strands) == {"+"}
        assert motif.evidence.mean() == pytest.approx(3, rel=0.1)


def test_a_run_of_one_base_and_that_of_its_complement_are_two_motifs():
    made, _ = planted(["AAAAAAA", "TTTTTTT", "CCCCCCC", "GGGGGGG"])
    assert consensus(discover(made, OPTIONS)) == {base * 7 for base in "ACGT"}


def test_on_both_strands_they_are_one_and_the_strand_is_told():
    made, _ = planted(["GATTACAG", "CTGTAATC"])
    found = discover(made, replace(OPTIONS, both_strands=True))
    assert len(found.motifs) == 1
    (motif,) = found.motifs
    assert motif.consensus in {"GATTACAG", "CTGTAATC"}
    first = "+" if motif.consensus == "GATTACAG" else "-"
    even = motif.strands[motif.records % 2 == 0]
    assert np.mean(even == first) > 0.95
    assert motif.probabilities.max(axis=1) == pytest.approx(1, abs=0.1)


def test_a_motif_with_a_gap_and_free_letters_is_one_motif():
    rng = np.random.default_rng(5)
    words = ["TGCTGA" + "".join(rng.choice(list("ACGT"), 4)) + "CAGCA" for _ in range(60)]
    made, _ = planted(words)
    strongest = discover(made, OPTIONS).motifs[0]
    assert strongest.width == 15
    assert strongest.consensus[:6] + strongest.consensus[10:] == "TGCTGACAGCA"
    assert strongest.probabilities[6:10].max() < 0.6


def at_one_place(words: list[str], place: int, share: float = 0.4, length: int = 60):
    """Plant in a share of the records, all at one place; each base contributes 0.5."""
    bases = random_bases(len(words), length, 6)
    evidence = np.random.default_rng(7).normal(0, 0.1, bases.shape)
    holders = np.arange(len(words)) < share * len(words)
    for row in np.flatnonzero(holders):
        part = slice(place, place + len(words[row]))
        bases[row, part] = number(words[row])
        evidence[row, part] += 0.5
    return direction(bases, evidence), holders


def test_a_motif_too_short_and_ambiguous_for_any_k_mer_is_found_by_its_place():
    made, holders = at_one_place(ambiguous("RGWYV", 300, 5), 37)
    found = discover(made, OPTIONS).motifs
    assert [motif.method for motif in found] == ["places"]
    assert set(found[0].starts) == {37}
    share = found[0].probabilities
    assert share[1, 2] > 0.9  # G
    assert min(share[0, [0, 2]].sum(), share[2, [0, 3]].sum(), share[3, [1, 3]].sum()) > 0.95
    assert max(share[0, :3:2].max(), share[2, ::3].max(), share[3, 1::2].max()) < 0.7
    assert set(found[0].records) <= set(np.flatnonzero(holders))
    assert found[0].sites > 0.9 * holders.sum()


def test_contributions_that_gather_at_a_place_without_letters_are_no_motif():
    bases = random_bases(300, 60, 6)
    evidence = np.random.default_rng(7).normal(0, 0.1, bases.shape)
    evidence[:120, 37:42] += 0.5
    found = discover(direction(bases, evidence), OPTIONS)
    assert found.motifs == []
    (note,) = found.notes
    # Many places, and the k-mers that are none are not "0 k-mers".
    assert re.fullmatch(
        r"Class hit: no k-mers and \d+ places stood out from chance, but none.*", note
    )


def test_motifs_that_one_proposal_mixes_are_both_found():
    made, _ = planted(["TGATTGGA", "GGGGCGGG"])
    mixed = np.full((8, 4), 0.1)
    for word in ("TGATTGGA", "GGGGCGGG"):
        mixed[np.arange(8), number(word)] += 0.3
    mixed /= mixed.sum(axis=1, keepdims=True)
    found = discover(made, OPTIONS, [Seed(mixed, "tfmodisco")], own=False)
    assert consensus(found) == {"TGATTGGA", "GGGGCGGG"}


def test_contributions_without_pattern_give_no_motif_and_say_why():
    bases = random_bases(300, 80, 2)
    evidence = np.random.default_rng(3).normal(0, 1, bases.shape)
    found = discover(direction(bases, evidence), OPTIONS)
    assert found.motifs == []
    assert found.notes == [found.notes[0]]
    assert found.notes[0].startswith("Class hit: no k-mer contributes more often than by chance")


def test_no_contribution_and_no_record_give_no_motif_and_say_so():
    still = discover(direction(random_bases(30, 40, 1), np.zeros((30, 40))), OPTIONS)
    assert still.motifs == []
    assert still.notes
    empty = direction(np.zeros((0, 40), np.uint8), np.zeros((0, 40)))
    assert discover(empty, OPTIONS).notes == ["Class hit: no record was explained for this class."]


def test_what_hardly_changes_the_odds_is_no_motif():
    made, _ = planted(["TATAAA"], noise=0.0005)
    weak = direction(made.bases, made.evidence / 100)
    assert discover(made, OPTIONS).motifs
    assert discover(weak, OPTIONS).motifs == []


def test_fewer_sites_than_asked_for_are_no_motif():
    made, _ = planted(["TATAAA"], rows=60, length=40)
    few = discover(made, replace(OPTIONS, min_sites=100))
    assert few.motifs == []
    (note,) = few.notes
    assert re.fullmatch(
        r"Class hit: (no|[1-9]\d*) k-mers? and (no|[1-9]\d*) places? stood out from chance, but "
        "none has at least 100 sites that are alike.",
        note,
    )
    assert discover(made, replace(OPTIONS, min_sites=30)).motifs[0].sites >= 30


def test_sequences_shorter_than_any_seed_end_well():
    bases = random_bases(40, 3, 1)
    found = discover(direction(bases, np.ones(bases.shape)), OPTIONS)
    assert found.motifs == []


def test_unknown_letters_are_in_no_site():
    made, _ = planted(["TATAAA"])
    bases = made.bases.copy()
    bases[:, 40:] = UNKNOWN
    found = discover(direction(bases, made.evidence), OPTIONS)
    assert found.motifs
    assert all((motif.starts + motif.width).max() <= 40 for motif in found.motifs)


def test_a_proposal_is_fitted_and_keeps_the_name_of_its_maker():
    made, _ = planted(["TATAAA"])
    rough = np.full((6, 4), 0.1)
    rough[np.arange(6), number("TATAAA")] = 0.7
    found = discover(made, OPTIONS, [Seed(rough, "tfmodisco")])
    assert [(motif.consensus, motif.method) for motif in found.motifs] == [("TATAAA", "tfmodisco")]


def test_without_k_mers_only_proposals_count():
    made, _ = planted(["TATAAA"])
    assert discover(made, OPTIONS, own=False).motifs == []


def test_a_copy_that_contributes_nothing_is_no_site():
    made, starts = planted(["GATTACAG"])
    evidence = made.evidence.copy()
    silent = np.arange(0, 240, 4)
    for row in silent:
        evidence[row, starts[row] : starts[row] + 8] = -0.5
    (motif,) = discover(direction(made.bases, evidence), OPTIONS).motifs
    assert motif.consensus == "GATTACAG"
    assert not set(motif.records.tolist()) & set(silent.tolist())
    assert motif.sites >= 170
