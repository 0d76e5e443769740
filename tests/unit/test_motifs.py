import numpy as np
import pytest
from contributions import ambiguous, direction, number, planted, random_bases

from attendna.explanation import motifs
from attendna.explanation.motifs import Seed

OPTIONS = {"min_sites": 10, "most": 20}


def consensus(found: motifs.Found) -> set[str]:
    return {motif.consensus for motif in found.motifs}


def test_planted_words_come_back_letter_by_letter_with_their_places():
    words = ["TATAAA", "GGGCGG", "TTGACA"]
    made, starts = planted(words)
    found = motifs.discover(made, **OPTIONS)
    assert consensus(found) == set(words)
    for motif in found.motifs:
        own = np.arange(240)[words.index(motif.consensus) :: 3]
        at = dict(zip(motif.records.tolist(), motif.starts.tolist(), strict=True))
        assert np.mean([at.get(row) == starts[row] for row in own]) > 0.95
        assert set(motif.strands) == {"+"}
        assert motif.evidence.mean() == pytest.approx(3, rel=0.1)


def test_a_run_of_one_base_and_that_of_its_complement_are_two_motifs():
    made, _ = planted(["AAAAAAA", "TTTTTTT", "CCCCCCC", "GGGGGGG"])
    assert consensus(motifs.discover(made, **OPTIONS)) == {base * 7 for base in "ACGT"}


def test_on_both_strands_they_are_one_and_the_strand_is_told():
    made, _ = planted(["GATTACAG", "CTGTAATC"])
    found = motifs.discover(made, both_strands=True, **OPTIONS)
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
    strongest = motifs.discover(made, **OPTIONS).motifs[0]
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
    found = motifs.discover(made, **OPTIONS).motifs
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
    assert motifs.discover(direction(bases, evidence), **OPTIONS).motifs == []


def test_motifs_that_one_proposal_mixes_are_both_found():
    made, _ = planted(["TGATTGGA", "GGGGCGGG"])
    mixed = np.full((8, 4), 0.1)
    for word in ("TGATTGGA", "GGGGCGGG"):
        mixed[np.arange(8), number(word)] += 0.3
    mixed /= mixed.sum(axis=1, keepdims=True)
    found = motifs.discover(made, [Seed(mixed, "tfmodisco")], own=False, **OPTIONS)
    assert consensus(found) == {"TGATTGGA", "GGGGCGGG"}


def test_contributions_without_pattern_give_no_motif_and_say_why():
    bases = random_bases(300, 80, 2)
    evidence = np.random.default_rng(3).normal(0, 1, bases.shape)
    found = motifs.discover(direction(bases, evidence), **OPTIONS)
    assert found.motifs == []
    assert found.notes == [found.notes[0]]
    assert found.notes[0].startswith("hit: no k-mer contributes more often than chance")


def test_no_contribution_and_no_record_give_no_motif_and_say_so():
    still = motifs.discover(direction(random_bases(30, 40, 1), np.zeros((30, 40))), **OPTIONS)
    assert still.motifs == []
    assert still.notes
    empty = direction(np.zeros((0, 40), np.uint8), np.zeros((0, 40)))
    assert motifs.discover(empty, **OPTIONS).notes == [
        "hit: no record was explained for this class."
    ]


def test_what_hardly_changes_the_odds_is_no_motif():
    made, _ = planted(["TATAAA"], noise=0.0005)
    weak = direction(made.bases, made.evidence / 100)
    assert motifs.discover(made, **OPTIONS).motifs
    assert motifs.discover(weak, **OPTIONS).motifs == []


def test_fewer_sites_than_asked_for_are_no_motif():
    made, _ = planted(["TATAAA"], rows=60, length=40)
    assert motifs.discover(made, min_sites=100, most=20).motifs == []
    assert motifs.discover(made, min_sites=30, most=20).motifs[0].sites >= 30


def test_sequences_shorter_than_any_seed_end_well():
    bases = random_bases(40, 3, 1)
    found = motifs.discover(direction(bases, np.ones(bases.shape)), **OPTIONS)
    assert found.motifs == []


def test_unknown_letters_are_in_no_site():
    made, _ = planted(["TATAAA"])
    bases = made.bases.copy()
    bases[:, 40:] = motifs.UNKNOWN
    found = motifs.discover(direction(bases, made.evidence), **OPTIONS)
    assert found.motifs
    assert all((motif.starts + motif.width).max() <= 40 for motif in found.motifs)


def test_the_sites_of_a_motif_do_not_overlap_and_the_best_come_first():
    odds = np.ones((2, 20))
    odds[1, 8] = 2
    odds[1, 15:] = -1
    rows, starts, strands = motifs._apart(odds, np.zeros((2, 20), bool), 6)
    assert starts[rows == 0].tolist() == [0, 6, 12, 18]
    assert starts[rows == 1].tolist() == [0, 8, 14]
    assert not strands.any()


def test_a_proposal_is_fitted_and_keeps_the_name_of_its_maker():
    made, _ = planted(["TATAAA"])
    rough = np.full((6, 4), 0.1)
    rough[np.arange(6), number("TATAAA")] = 0.7
    found = motifs.discover(made, [Seed(rough, "tfmodisco")], **OPTIONS)
    assert [(motif.consensus, motif.method) for motif in found.motifs] == [("TATAAA", "tfmodisco")]


def test_without_k_mers_only_proposals_count():
    made, _ = planted(["TATAAA"])
    assert motifs.discover(made, [], own=False, **OPTIONS).motifs == []


def test_of_two_classes_what_speaks_against_one_speaks_for_the_other():
    rng = np.random.default_rng(4)
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (6, 10))]
    hypothetical = rng.normal(size=(6, 10, 4))
    target = np.array([0, 1, 0, 1, 1, 0])
    first, second = motifs.directions(x, hypothetical, target, ["a", "b"])
    np.testing.assert_allclose(first.evidence, -second.evidence)
    own = (hypothetical[0] * x[0]).sum(axis=1)
    np.testing.assert_allclose(first.evidence[0], own, rtol=1e-5)
    assert [way.name for way in (first, second)] == ["a", "b"]


def test_of_more_classes_each_has_its_own_records():
    x = np.eye(4, dtype=np.uint8)[random_bases(6, 10, 1)]
    ways = motifs.directions(x, np.ones((6, 10, 4)), np.array([0, 1, 2, 2, 1, 2]), ["a", "b", "c"])
    assert [way.records.tolist() for way in ways] == [[0], [1, 4], [2, 3, 5]]


def test_ambiguous_letters_and_padding_have_no_number():
    x = np.array([[[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 1]]], np.uint8)
    (way, _) = motifs.directions(x, np.ones((1, 5, 4)), np.array([0]), ["a", "b"])
    assert way.bases.tolist() == [[0, 4, 4, 4, 3]]


def test_information_is_two_bits_for_a_certain_base_and_none_for_the_background():
    background = np.full(4, 0.25)
    certain = np.array([[1.0, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(motifs.column_information(certain, background), [2, 0, 1])


def motif_of(word: str) -> motifs.Motif:
    counts = np.eye(4)[number(word)] * 20
    one = np.zeros(1, int)
    return motifs.Motif(word, "", "", counts, counts, one, one, np.array(["+"]), one.astype(float))


@pytest.mark.parametrize(
    ("one", "other", "shift"),
    [
        ("TATAAAGC", "TATAAAGC", 0),
        ("CTATAAAGC", "TATAAAGC", 1),
        ("TATAAAGC", "CTATAAAGC", -1),
        ("TATAAAGC", "GCTTTATA", None),
    ],
)
def test_the_same_motif_shifted_is_alike_and_turned_is_not(one, other, shift):
    assert motifs.alike(motif_of(one), motif_of(other)) == shift


def test_a_part_of_an_earlier_motif_or_its_complement_is_like_it():
    earlier = [motif_of("GGGCGG"), motif_of("CTATAAAGC")]
    assert motifs.like_earlier(motif_of("TATAAA"), earlier) == (earlier[1], "+")
    assert motifs.like_earlier(motif_of("TTTATA"), earlier) == (earlier[1], "-")
    assert motifs.like_earlier(motif_of("CATCAT"), earlier) is None


def test_a_filter_is_described_by_the_windows_that_it_looks_for():
    made, _ = planted(["GATTACA"])
    kernel = np.eye(4)[number("GATTACA")]
    filters = np.stack([kernel, np.zeros_like(kernel)], axis=2)
    ((which, counts),) = motifs.filter_motifs(filters, made.one_hot, least=10)
    assert which == 0
    assert motif_of("GATTACA").consensus == "".join("ACGT"[i] for i in counts.argmax(axis=1))
    np.testing.assert_allclose(counts.sum(axis=1), len(made.bases))


def test_the_preferred_position_is_told_and_how_sure_it_is():
    rng = np.random.default_rng(0)
    starts = np.concatenate([np.full(30, 40), rng.integers(0, 94, 60)])
    peak = motifs.position_peak(starts, 94)
    assert (peak.first, peak.last) == (40, 40)
    assert peak.share >= 30 / 90
    assert peak.p_value < 1e-6
    assert motifs.position_peak(rng.integers(0, 94, 90), 94).p_value > 0.01
    alone = motifs.position_peak(np.array([50]), 94)
    assert (alone.first + alone.last) / 2 == 50


def test_a_position_counts_for_a_site_only_where_sites_prefer_one():
    rng = np.random.default_rng(0)
    starts = np.concatenate([np.full(30, 40), rng.integers(0, 94, 30)])
    odds = motifs.position_odds(starts, 94)
    assert odds.shape == (94,)
    assert odds[40] == odds.max() > 1
    assert odds.min() >= np.log(0.5)
    assert not motifs.position_odds(rng.integers(0, 94, 60), 94).any()
    assert not motifs.position_odds(np.zeros(0, int), 94).any()


def test_a_copy_that_contributes_nothing_is_no_site():
    made, starts = planted(["GATTACAG"])
    evidence = made.evidence.copy()
    silent = np.arange(0, 240, 4)
    for row in silent:
        evidence[row, starts[row] : starts[row] + 8] = -0.5
    (motif,) = motifs.discover(direction(made.bases, evidence), **OPTIONS).motifs
    assert motif.consensus == "GATTACAG"
    assert not set(motif.records.tolist()) & set(silent.tolist())
    assert motif.sites >= 170


def test_where_sites_prefer_a_position_doubtful_ones_elsewhere_are_none():
    bases = random_bases(400, 60, 6)
    evidence = np.random.default_rng(6).normal(0, 0.1, bases.shape)
    windows = np.lib.stride_tricks.sliding_window_view(bases, 4, axis=1)
    for row, start in zip(*np.nonzero((windows == number("TATA")).all(axis=2)), strict=True):
        evidence[row, start : start + 4] = 1
    search = motifs._Search(direction(bases, evidence), 10, False)
    soft = np.full((5, 4), 0.08)
    soft[np.arange(5), number("TATAA")] = 0.76
    _, anywhere, _ = search._sites(soft, np.zeros(0, int))
    _, preferring, _ = search._sites(soft, np.full(50, 30))
    near = [np.count_nonzero(np.abs(starts - 30) <= 3) for starts in (anywhere, preferring)]
    assert near[1] >= near[0] > 0
    assert len(preferring) - near[1] < (len(anywhere) - near[0]) / 2


def test_on_both_strands_a_base_is_as_frequent_as_its_complement():
    made = direction(np.zeros((30, 40), np.uint8), np.ones((30, 40)))
    shares = motifs._Search(made, 10, True).background
    np.testing.assert_allclose(shares, shares[::-1])
