"""Rules are compared with the pairs that were planted."""

from pathlib import Path

import pytest
import yaml

from attendna.explanation.pair_effects import Arrangement
from attendna.explanation.pair_rules import Rule
from attendna.explanation.pair_words import Word
from attendna.explanation.planted_pairs import (
    likeness,
    planted_pairs,
    planted_sites,
    recovered,
)
from attendna.simulation.specification import Simulation

PRESETS = Path(__file__).parents[2] / "presets"
CLASSES = ["near", "other"]


def simulated(*elements, other=(), **more):
    classes = {
        "near": {"fraction": 0.5, "elements": list(elements)},
        "other": {"fraction": 0.5, "elements": list(other)},
    }
    return Simulation.from_settings(
        {"sequences": 9, "length": 90, "seed": 1, "classes": classes, **more}
    )


def preset(name):
    settings = yaml.safe_load((PRESETS / f"{name}.yaml").read_text())
    return Simulation.from_settings(settings | {"sequences": 9, "length": 200, "seed": 1})


ONE = {"name": "one", "motif": "TTGATTACAGCC", "strand": "both"}
TWO = {"name": "two", "motif": "CCGTTTGC", "after": "one", "gap": [2, 5]}
# The word of the first lies two bases within it, on both sides; the second is on its other strand.
WORDS = [Word("a_1", "near", "GATTACAG"), Word("a_2", "near", "GCAAACGG")]


def rule(arrangement, first, last, label=0):
    return Rule(Arrangement(*arrangement), label, first, last, 5.0, 4.0, 6.0, 6.0, first, 1e-9)


def told(pairs):
    return [
        (p.label, p.left + p.left_strand, p.right + p.right_strand, p.first_gap, p.last_gap)
        for p in pairs
    ]


def test_what_the_presets_plant():
    assert told(planted_pairs(preset("regulatory"))) == [
        ("enhancer", "SOX2+", "POU5F1+", 0, 4),
    ]
    assert told(planted_pairs(preset("order"))) == [
        ("ordered", "FOXA2+", "HNF4A+", 5, 5),
        ("ordered", "CEBPA+", "NFYA+", 8, 24),
        ("swapped", "HNF4A+", "FOXA2+", 5, 5),
        ("swapped", "NFYA+", "CEBPA+", 8, 24),
    ]
    assert planted_pairs(preset("clusters")) == []


def test_what_is_alike_in_all_classes_is_no_rule():
    assert planted_pairs(simulated(ONE, TWO, other=(ONE, TWO))) == []
    assert told(planted_pairs(simulated(ONE, TWO))) == [("near", "one+", "two+", 2, 5)]


def test_the_strand_of_the_second_is_told_relative_to_the_first():
    assert told(planted_pairs(simulated(ONE, TWO | {"strand": "-"}))) == [
        ("near", "one+", "two-", 2, 5)
    ]


def test_a_word_is_a_site_of_what_it_is_most_like():
    matrices = planted_sites(simulated(ONE, TWO))
    first, second = (likeness(word, matrices) for word in WORDS)
    assert (first.name, first.strand, first.before, first.after) == ("one", "+", 2, 2)
    assert (second.name, second.strand, second.before, second.after) == ("two", "-", 0, 0)
    turned = likeness(Word("", "", "TGATTACAG"), matrices).on("-")
    assert (turned.strand, turned.before, turned.after) == ("-", 2, 1)
    assert likeness(Word("", "", "TATATATA"), matrices) is None


# Planted with 2 to 5 bases between the sites: 4 to 7 between the words, the second turned.
@pytest.mark.parametrize("arrangement", [(0, "+", 1, "-"), (1, "+", 0, "-")])
@pytest.mark.parametrize(
    ("first", "last", "found", "shared"),
    [(4, 7, (2, 5), 4), (3, 8, (1, 6), 4), (7, 9, (5, 7), 1), (5, 5, (3, 3), 1)],
)
def test_a_planted_pair_is_found_in_its_arrangement_or_its_mirror_image(
    arrangement, first, last, found, shared
):
    rules = [rule(arrangement, first, last)]
    (pair,), planted = recovered(rules, WORDS, CLASSES, simulated(ONE, TWO))
    assert planted == [True] and pair.rule == 0
    assert (pair.first_gap, pair.last_gap) == found
    assert pair.shared == shared
    assert pair.expected[Arrangement(*arrangement)] == (4, 7)


@pytest.mark.parametrize(
    "other",
    [
        rule((0, "+", 1, "+"), 4, 7),  # another strand
        rule((1, "-", 0, "+"), 4, 7),  # another order
        rule((0, "+", 1, "-"), 8, 12),  # other distances
        rule((0, "+", 1, "-"), 4, 7, label=1),  # another class
        rule((0, "+", 0, "+"), 4, 7),  # another pair
    ],
)
def test_other_rules_were_not_planted(other):
    (pair,), planted = recovered([other], WORDS, CLASSES, simulated(ONE, TWO))
    assert planted == [False] and pair.rule is None and pair.shared == 0
    assert pair.expected  # it could have been found


def test_a_pair_without_words_can_not_be_found():
    (pair,), planted = recovered([], WORDS[:1], CLASSES, simulated(ONE, TWO))
    assert planted == [] and pair.rule is None and not pair.expected


def test_what_follows_from_two_distances_is_neither_missed_nor_wrong():
    third = {"name": "three", "motif": "AAGGGCCCA", "after": "two", "gap": [1, 1]}
    words = [*WORDS, Word("a_3", "near", "AAGGGCCC")]
    outer = rule((0, "+", 2, "+"), 15, 18)  # 2, its 2 to 5 bases, 8 of `two` and 1
    pairs, planted = recovered([outer], words, CLASSES, simulated(ONE, TWO, third))
    assert told(each.pair for each in pairs) == [
        ("near", "one+", "two+", 2, 5),
        ("near", "two+", "three+", 1, 1),
    ]
    assert planted == [True]


def test_a_palindrome_stands_on_no_strand_and_its_site_where_it_is():
    """The element begins a base before the word and ends with it: turned it is the reverse."""
    half = {"name": "half", "motif": "CGAATTC", "strand": "both"}
    after = {"name": "two", "motif": "CCGTTTGC", "after": "half", "gap": [2, 2]}
    words = [Word("a_1", "near", "GAATTC"), Word("a_2", "near", "CCGTTTGC")]
    (pair,), _ = recovered([], words, CLASSES, simulated(half, after))
    assert pair.expected == {
        Arrangement(0, "+", 1, "+"): (2, 2),
        Arrangement(1, "-", 0, "+"): (2, 2),
    }
    before = {"name": "half", "motif": "CGAATTC", "strand": "-", "after": "one", "gap": [2, 2]}
    one = {"name": "one", "motif": "CCGTTTGC"}
    (pair,), _ = recovered([], words, CLASSES, simulated(one, before))
    assert pair.expected[Arrangement(1, "+", 0, "+")] == (2, 2)
    (pair,), _ = recovered([], words, CLASSES, simulated(one, before | {"strand": "+"}))
    assert pair.expected[Arrangement(1, "+", 0, "+")] == (3, 3)
