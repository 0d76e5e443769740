"""What the report says of rules between motifs follows from their files."""

import made_up_rules as made
import pytest

from attendna.reporting.rule_curves import panels
from attendna.reporting.rule_sections import section

NONE = made.rules().head(0)
BLIND = made.SIGHT | {"reach": 0, "farthest": 9}


def told(table=None, **more):
    return section("net", made.rules() if table is None else table, made.summary(**more))


def test_rules_are_named_in_words():
    sentence = told()["sentence"]
    assert "net learned 1 rule about pairs of motifs: " in sentence
    assert "GATTACAG→ CCGTTTGC← with 3 to 6 bases between them (for hit)." in sentence
    other = ["other", *made.PAIR, 1, 1, 2.0, 1.0, 3.0, 2.0, 1, 0.01, "no"]
    two = told(made.rules(other))
    assert "net learned 2 rules about pairs of motifs" in two["sentence"]
    assert "with 1 base between them (for other)" in two["sentence"]
    assert [row["gaps"] for row in two["rows"]] == ["3 to 6", "1"]
    assert two["rows"][0]["effect"] == "5.50 (5.00 to 6.00)"
    many = told(made.rules(*[other] * 5))["sentence"]
    assert "learned 6 rules" in many and "; and 2 more." in many


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "No rule was found for pairs of 2 motifs"),
        ({"asked": made.summary()["asked"] | {"motifs": 0}}, "(explain.rules.motifs is 0)"),
        ({"words": [], "arrangements": 0}, "because no motif was found"),
    ],
)
def test_no_rule_has_a_reason(more, sentence):
    assert sentence in told(NONE, **more)["sentence"]


@pytest.mark.parametrize(
    ("sight", "sentence"),
    [
        (made.SIGHT, "see each other's sites up to 32 bases away"),
        (BLIND, "only see how motifs are arranged where one filter of up to 25 bases holds both"),
        (BLIND | {"farthest": -2}, "cannot see how motifs are arranged"),
    ],
)
def test_what_the_network_cannot_see_is_said(sight, sentence):
    assert sentence in told(NONE, sight=sight)["sentence"]


@pytest.mark.parametrize("farthest", [None, 40])
def test_a_network_that_sees_all_that_was_asked_has_no_such_sentence(farthest):
    assert "filters" not in told(sight=made.SIGHT | {"farthest": farthest})["sentence"]


def test_a_network_that_sees_nothing_is_not_said_to_have_no_rule():
    blind = told(NONE, sight=BLIND | {"farthest": -2}, arrangements=0)
    assert "No rule" not in blind["sentence"] and not blind["drawn"]


def test_planted_pairs_are_found_or_missed():
    missed = made.planted(found=False, left="three", words=False)
    other = ["other", *made.PAIR, 1, 1, 2.0, 1.0, 3.0, 2.0, 1, 0.01, "no"]
    both = told(made.rules(other), planted=[made.planted(), missed])
    assert "Of 2 planted pairs, 1 was found; missed: three→ two→." in both["sentence"]
    assert "1 rule was not planted." in both["sentence"]
    assert [row["found"] for row in both["planted"]] == [
        "2 to 5",
        "not tested: a motif was not found",
    ]
    wide = told(planted=[made.planted(found=[-2, 5])])
    assert wide["planted"][0]["found"] == "−2 to 5"
    tested = told(NONE, planted=[made.planted(found=False)])
    assert "Of 1 planted pair, none were found" in tested["sentence"]
    assert tested["planted"][0]["found"] == "not found"
    assert "planted" not in told()["sentence"]


def test_pairs_with_rules_are_drawn_with_what_was_planted():
    (panel,) = panels(made.rules(), made.effects(), made.summary(planted=[made.planted()]))
    assert panel.title == "GATTACAG and CCGTTTGC: hit"
    best, other = panel.curves
    assert best.label == "GATTACAG→ CCGTTTGC←" and other.label == "GATTACAG→ CCGTTTGC→"
    assert best.rules == [(3, 6)] == best.planted
    assert other.rules == [] == other.planted


def test_without_rules_what_comes_nearest_is_drawn():
    (panel,) = panels(NONE, made.effects(), made.summary())
    assert panel.curves[0].rules == []
    missed = made.summary(planted=[made.planted(found=False)])
    (panel,) = panels(NONE, made.effects(), missed)
    assert panel.curves[0].planted == [(3, 6)]
    assert panels(NONE, made.effects().head(0), made.summary()) == []
