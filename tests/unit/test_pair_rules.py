"""Rules are found where there is one, as it is, and nowhere else."""

import numpy as np
import pytest
from toy_scorers import (
    EVERY,
    WORDS,
    alone,
    arrangement_letters,
    backgrounds,
    noise,
    pair_scorer,
    together,
    two_classes,
)

from attendna.explanation import pair_rules
from attendna.explanation.pair_effects import (
    Arrangement,
    arrangements_of,
    effects,
    is_symmetric,
    places,
)
from attendna.explanation.pair_words import Word

GAPS = range(21)
HIT = 1  # the number of the class


def asked(score, words=WORDS, gaps=GAPS):
    x = backgrounds()
    found = effects(score, x, words, gaps, is_symmetric(score, x, words))
    return x, found


def found_by(score, words=WORDS):
    x, found = asked(score, words)
    return found, pair_rules.without_flanks(score, x, found, pair_rules.rules(found))


def letters_of(arrangement):
    left, one, right, other = arrangement
    return WORDS[left].letters, one, WORDS[right].letters, other


@pytest.mark.parametrize(("strands", "swapped"), EVERY)
def test_the_one_rule_is_found_with_its_order_strands_and_distances(strands, swapped):
    arrangement = arrangement_letters(strands, swapped)
    found, rules = found_by(pair_scorer(arrangement, range(3, 7)))
    assert found.symmetric
    (rule,) = rules  # and not its mirror image, nor any other distance
    assert arrangement in map(letters_of, (rule.arrangement, rule.arrangement.mirrored))
    assert (rule.first_gap, rule.last_gap, rule.label) == (3, 6, HIT)
    assert rule.low < 6 < rule.high or abs(rule.effect - 6) < 0.1
    assert 3 <= rule.at <= 6 and rule.p_value < pair_rules.LEVEL


def test_on_one_strand_the_mirror_image_is_another_arrangement():
    arrangement = arrangement_letters("++")

    def one_strand(x):
        paired = together(x, arrangement, range(2, 4), turned=False)
        return alone(x, WORDS[0], "+") + 4 * paired + noise(x)

    found, (rule,) = found_by(two_classes(one_strand))
    assert not found.symmetric
    assert letters_of(rule.arrangement) == arrangement


def test_two_stretches_of_distances_are_two_rules():

    def stretches(*others):
        scorers = [pair_scorer(arrangement_letters("++"), gaps) for gaps in (range(2, 4), *others)]
        _, rules = found_by(lambda x: sum(score(x) for score in scorers))
        return sorted((rule.first_gap, rule.last_gap) for rule in rules)

    assert stretches(range(8, 10)) == [(2, 3), (8, 9)]
    assert stretches(range(7, 9)) == [(2, 8)]  # a hole that is shorter than a block of partners


def test_both_classes_have_rules_of_their_own():
    """As in the preset `order`: one order is for one class, the other for the other."""

    def logit(x):
        ordered, swapped = (
            together(x, arrangement_letters("++", swapped), range(5, 6)).astype(float)
            for swapped in (False, True)
        )
        return 5 * ordered - 4 * swapped + noise(x)

    _, rules = found_by(two_classes(logit))
    told = {(rule.label, letters_of(rule.arrangement)) for rule in rules}
    assert told == {
        (HIT, arrangement_letters("++")),
        (1 - HIT, arrangement_letters("++", swapped=True)),
    }


def anywhere(x):
    return 3 * alone(x, WORDS[0]) + 2 * alone(x, WORDS[1])


def clash(x):
    near = [together(x, arrangement_letters(s, w), range(4)) for s, w in EVERY]
    return anywhere(x) - 4 * np.any(near, axis=0)


@pytest.mark.parametrize(
    "logit",
    [
        anywhere,  # what each says adds up
        lambda x: np.maximum(3 * alone(x, WORDS[0]), 2 * alone(x, WORDS[1])),  # one is enough
        lambda x: 8 * alone(x, WORDS[0]) * alone(x, WORDS[1]),  # both are needed, anywhere
        lambda x: 4 * np.tanh(anywhere(x)),
        clash,  # what lowers the score raises that of the other class, but not above none
        lambda x: 0.5 * together(x, arrangement_letters("++"), GAPS),  # less than twice the odds
        lambda x: np.zeros(len(x)),
    ],
)
def test_what_does_not_depend_on_the_arrangement_is_no_rule(logit):
    _, rules = found_by(two_classes(lambda x: logit(x) + noise(x)))
    assert rules == []


@pytest.mark.parametrize("seed", range(3))
def test_chance_is_no_rule(seed):
    """Scores that depend on nothing: of thousands of arrangements none passes."""
    rng = np.random.default_rng(seed)
    _, rules = found_by(two_classes(lambda x: 3 * rng.standard_normal(len(x))))
    assert rules == []


def test_a_longer_motif_is_no_rule_of_two():
    """Half of the second word is enough: GATTACAG goes on with CCGT two bases further right."""

    def longer(x):
        flank = together(x, (WORDS[0].letters, "+", WORDS[1].letters[:4], "+"), range(2, 3))
        return alone(x, WORDS[0]) + 5 * flank + noise(x)

    score = two_classes(longer)
    x, found = asked(score)
    (candidate,) = pair_rules.rules(found)
    assert (candidate.first_gap, candidate.last_gap) == (2, 2)
    assert pair_rules.without_flanks(score, x, found, [candidate]) == []
    whole = pair_scorer(arrangement_letters("++"), range(2, 3))
    assert len(found_by(whole)[1]) == 1


def test_two_sites_of_one_motif_can_have_a_rule():
    one = (WORDS[0].letters, "+", WORDS[0].letters, "-")
    score = two_classes(lambda x: alone(x, WORDS[0]) + 4 * together(x, one, range(8, 10)))
    _, (rule,) = found_by(score, WORDS[:1])
    assert rule.arrangement == Arrangement(0, "+", 0, "-")
    assert (rule.first_gap, rule.last_gap) == (8, 9)


def test_arrangements_are_told_once():
    ordered = arrangements_of(WORDS, symmetric=True)
    every = arrangements_of(WORDS, symmetric=False)
    assert len(every) == len(set(every)) == 2 * 4 + 8
    assert len(ordered) == 2 * 3 + 4
    images = {arrangement.mirrored for arrangement in ordered}
    assert set(ordered) | images == set(every)
    assert all(a.mirrored.mirrored == a for a in every)


def test_the_strand_of_a_palindrome_says_nothing():
    words = [Word("box", "hit", "GAATTC"), WORDS[0]]
    assert words[0].palindrome and not words[1].palindrome
    every = arrangements_of(words, symmetric=True)
    own = [arrangement for arrangement in every if arrangement.pair == (0, 0)]
    assert own == [Arrangement(0, "+", 0, "+")]
    # Left or right of a site, which may be turned instead.
    assert len([arrangement for arrangement in every if arrangement.pair == (0, 1)]) == 2


def test_effects_are_what_both_say_beyond_each():
    """Against planting by hand, one background after the other."""
    score = pair_scorer(arrangement_letters("+-"), range(4, 6))
    x, found = asked(score, gaps=[0, 5])
    for a, arrangement in enumerate(found.arrangements):
        for g, gap in enumerate([0, 5]):
            pair = places(WORDS, arrangement, gap, x.shape[1])
            variants = []
            for chosen in ((0, 1), (0,), (1,), ()):
                variant = x.copy()
                for i in chosen:
                    start, bases = pair[i].planted(WORDS)
                    variant[:, start : start + len(bases)] = bases
                variants.append(score(variant))
            both, one, other, none = variants
            np.testing.assert_allclose(found.beyond[a, g], both - one - other + none, atol=1e-5)
            highest = np.max([v.mean(axis=0) for v in (one, other, none)], axis=0)
            np.testing.assert_allclose(found.above[a, g], both.mean(axis=0) - highest, atol=1e-5)


def test_words_do_not_overlap_and_stand_in_the_middle():
    left, right = places(WORDS, Arrangement(0, "+", 1, "-"), 4, 31)
    assert (left.start, right.start) == (5, 17)
    assert places(WORDS, Arrangement(0, "+", 1, "-"), 16, 31) is None


def test_distances_without_room_are_left_out():
    score = pair_scorer(arrangement_letters("++"), range(3, 7))
    x = backgrounds(length=24)
    found = effects(score, x, WORDS, GAPS, symmetric=True)
    assert np.isnan(found.beyond[:, 9:]).all() and np.isfinite(found.beyond[:, :9]).all()
    (rule,) = pair_rules.rules(found)
    assert (rule.first_gap, rule.last_gap) == (3, 6)


def test_memory_is_that_of_a_batch(monkeypatch):
    rows = []
    score = pair_scorer(arrangement_letters("++"), range(3, 7))

    def watched(x):
        rows.append(len(x))
        return score(x)

    monkeypatch.setattr("attendna.explanation.pair_effects.ROWS", 64)
    x = backgrounds()
    whole = effects(watched, x, WORDS, GAPS, symmetric=True)
    assert max(rows) <= 64 and sum(rows) > 1000
    monkeypatch.undo()
    np.testing.assert_array_equal(whole.beyond, effects(score, x, WORDS, GAPS, True).beyond)


def test_what_is_small_beside_another_rule_of_a_word_is_its_echo():
    """As a network that learned one pair says a little of others of its words too."""
    strong = arrangement_letters("++")
    weak = (WORDS[0].letters, "+", WORDS[0].letters, "+")

    def both(of_weak):
        return two_classes(
            lambda x: (
                9 * together(x, strong, range(3, 5))
                + of_weak * together(x, weak, range(6, 8))
                + noise(x)
            )
        )

    assert [letters_of(rule.arrangement) for rule in found_by(both(2))[1]] == [strong]
    assert [letters_of(rule.arrangement) for rule in found_by(both(5))[1]] == [strong, weak]
