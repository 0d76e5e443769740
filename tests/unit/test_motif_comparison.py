import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matrices import matrix, random_targets, targets
from pyjaspar import jaspardb

from attendna.explanation import motif_comparison
from attendna.explanation.motif_comparison import Match, Target, jaspar_targets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def background():
    return random_targets()


def test_a_motif_matches_itself_best_and_the_offset_says_where(background):
    known = targets("CCTATAAACG", "TTGACATT", "GGGCGGAA")
    (matches,) = motif_comparison.compare([matrix("TATAAA")], known, background)
    assert known[matches[0].target].name == "CCTATAAACG"
    assert (matches[0].offset, matches[0].overlap, matches[0].strand) == (2, 6, "+")
    assert matches[0].p_value < 1e-4
    assert [match.p_value for match in matches] == sorted(match.p_value for match in matches)
    assert matches[0].e_value == pytest.approx(3 * matches[0].p_value)
    assert all(match.p_value <= match.q_value <= 1 for match in matches)


def test_the_complement_matches_on_both_strands_only(background):
    known = targets("AAAAAAA")
    motif = [matrix("TTTTTTT")]
    ((both,),) = motif_comparison.compare(motif, known, background)
    ((one,),) = motif_comparison.compare(motif, known, background, both_strands=False)
    assert (both.p_value < 1e-4, both.strand) == (True, "-")
    assert (one.p_value > 0.05, one.strand) == (True, "+")


def test_the_background_is_compared_with_but_never_matched(background):
    known = targets("TATAAA")
    (matches,) = motif_comparison.compare([background[3].probabilities], known, background)
    assert [match.target for match in matches] == [0]
    assert matches[0].p_value > 0.01


def test_likenesses_are_told_with_the_background_that_is_given(background):
    known, motif = targets("TATAAA", "TTGACATT"), [matrix("TATAAT", 0.8)]
    for others in ((), background):
        [expected] = motif_comparison.compare(motif, known, others)
        [like] = motif_comparison.likenesses(motif, known, 1, 10, background=others)
        assert like.matches == expected


def test_nothing_to_compare_gives_no_match():
    assert motif_comparison.compare([], targets("TATAAA")) == []
    assert motif_comparison.compare([matrix("TATAAA")], []) == [[]]


def test_of_several_versions_the_best_stands_for_all(background):
    words = ("TTTTCC", "TATAAA", "GGGCGG")
    alone = [Target(f"M{i}", "box", matrix(word)) for i, word in enumerate(words)]
    together = [replace(target, profile="M") for target in alone[:2]] + alone[2:]
    (before,) = motif_comparison.compare([matrix("TATAAA")], alone, background)
    (after,) = motif_comparison.compare([matrix("TATAAA")], together, background)
    assert [match.target for match in before] == [1, 0, 2]
    assert after == [before[0], before[2]]  # the choice is paid for by what counts every version


@pytest.mark.thorough
def test_a_factor_is_found_by_flanks_that_newer_versions_lack():
    known = jaspar_targets(["vertebrates"])
    versions = [target for target in known if target.profile == "MA0496"]
    assert {target.name for target in versions} == {"MAFK"} and len(versions) > 3
    newest = max(versions, key=lambda target: int(target.identifier.split(".")[1]))
    widest = max(versions, key=lambda target: len(target.probabilities))
    rng = np.random.default_rng(5)
    sites = np.array([rng.multinomial(200, column) for column in widest.probabilities])
    motif = sites / sites.sum(axis=1, keepdims=True)

    def first(targets):
        (matches,) = motif_comparison.compare([motif], targets)
        profiles = [targets[match.target].profile for match in matches]
        assert len(set(profiles)) == len(profiles) == len({t.profile for t in targets})
        return targets[matches[0].target].name

    last = {}
    for target in sorted(known, key=lambda target: int(target.identifier.split(".")[1])):
        last[target.profile] = target
    assert last["MA0496"] is newest and first(list(last.values())) != "MAFK"
    assert first(known) == "MAFK"


def test_jaspar_has_the_groups_that_are_asked_for():
    fungi = motif_comparison.jaspar_targets(["fungi"])
    assert 100 < len({target.profile for target in fungi}) < 400
    for target in fungi:
        np.testing.assert_allclose(target.probabilities.sum(axis=1), 1)
        assert target.probabilities.min() > 0
    assert motif_comparison.release().startswith("JASPAR20")


def test_indices_make_the_search_in_jaspar_short_and_change_nothing():
    """Steps of SQLite, which are the same each time, stand for the time."""
    found, steps = [], []
    for database in (jaspardb(), motif_comparison._indexed_database()):
        counted = itertools.count()
        # What counts has to return 0, or the search ends.
        database.conn.set_progress_handler(lambda c=counted: bool(next(c)) * 0, 1000)
        fetched = database.fetch_motifs(collection="CORE", tax_group="fungi", all_versions=True)
        database.conn.close()
        matrices = {motif.matrix_id: dict(motif.counts) for motif in fetched}
        others = {motif.matrix_id: (motif.name, motif.tf_family, motif.acc) for motif in fetched}
        found.append((matrices, others))
        steps.append(next(counted))
    assert found[0] == found[1] and found[0][0]
    assert steps[1] < steps[0] / 10


def target(name, *families):
    return Target(name, name, np.full((6, 4), 0.25), families=families)


def test_the_family_of_the_best_match_is_told_with_its_other_members():
    targets = [target("MAF", "Maf"), target("FOS", "Fos"), target("FOS::MAF", "Fos", "Maf")]
    targets += [target("MAFK", "Maf"), target("new")]
    matches = [Match(0, t, 1e-9, 1e-6, 1e-6, 0, 6, "+") for t in range(5)]
    of_maf = motif_comparison.family(matches, targets)
    assert (of_maf.names, of_maf.members) == (("Maf",), ["MAF", "FOS::MAF", "MAFK"])
    of_both = motif_comparison.family(matches[2:] + matches[:2], targets)
    assert of_both.members == ["FOS::MAF", "MAFK", "MAF", "FOS"]
    assert motif_comparison.family(matches[4:] + matches[:1], targets) is None
    assert motif_comparison.family([], targets) is None


@pytest.mark.thorough
def test_jaspar_knows_the_families_of_most_factors():
    vertebrates = {target.name: target for target in jaspar_targets(["vertebrates"])}
    assert vertebrates["MAFK"].families == vertebrates["MAFA"].families != ()
    assert set(vertebrates["POU5F1"].families) < set(vertebrates["Pou5f1::Sox2"].families)
    assert np.mean([bool(target.families) for target in vertebrates.values()]) > 0.9


def test_the_matrices_and_their_versions_are_counted():
    columns = np.full((6, 4), 0.25)
    known = [Target(f"M{i}", "x", columns, profile=f"M{i // 2}") for i in range(5)]
    assert motif_comparison.described_targets(known).endswith(" CORE, 3 profiles in 5 versions")


def test_likenesses_are_the_significant_matches_and_the_family_of_all_of_them(monkeypatch):
    known = [Target(f"M{i}", f"T{i}", np.full((6, 4), 0.25), families=("F",)) for i in range(4)]
    matches = [Match(0, i, q, q, q, 0, 6, "+") for i, q in enumerate((0.01, 0.05, 0.1, 0.2))]
    monkeypatch.setattr(motif_comparison, "compare", lambda *_, **__: [matches, matches[3:]])
    one, none = motif_comparison.likenesses([None, None], known, q_value=0.1, listed=2)
    assert one.matches == matches[:2]
    assert one.family == motif_comparison.Family(("F",), ["T0", "T1", "T2"])
    assert none == ([], None)
