"""Settings of elements: what they mean, and the sentence for each that means nothing."""

import numpy as np
import pytest

from attendna import jaspar
from attendna.errors import UserError
from attendna.simulation import grammar
from attendna.simulation.specification import Simulation


def units(*elements, length=50, anchor=25):
    return grammar.units(list(elements), length, anchor, "e")


def test_a_letter_is_a_quarter_a_half_or_all():
    np.testing.assert_array_equal(
        grammar.iupac_matrix("ARN"), [[1, 0, 0, 0], [0.5, 0, 0.5, 0], [0.25] * 4]
    )


def test_the_other_strand_of_a_matrix():
    assert grammar.reverse_complement(grammar.iupac_matrix("AACR")) == grammar.iupac_matrix("YGTT")


def test_variants_of_a_chain():
    (unit,) = units(
        {"motif": ["A", "CC"], "name": "one", "strand": "both"},
        {"motif": "G", "name": "two", "after": "one", "gap": [1, 2], "probability": 0.5},
    )
    assert sum(variant.probability for variant in unit.variants) == pytest.approx(1)
    assert len(unit.variants) == 2 * 2 * (1 + 2)  # motifs, strands, alone or at one of two gaps
    for variant in unit.variants:
        ends = [0] + [site.end for site in variant.sites]
        assert variant.sites[0].offset == 0 and variant.width == ends[-1]
        flipped = [site.name for site in variant.sites] == ["two", "one"]
        assert flipped == (len(variant.sites) == 2 and variant.sites[0].strand == "-")


def test_places_follow_the_anchor():
    (unit,) = units({"motif": "ACG", "position": {"from": -5, "to": 2}})
    assert unit.starts(3, 50) == range(20, 28)
    assert unit.reach(50) == (20, 30)
    (unit,) = units({"motif": "ACG"})
    assert unit.starts(3, 50) == range(48)
    assert unit.reach(50) == (0, 50)


@pytest.mark.parametrize(("value", "position"), [("middle", 25), (0, 0), (49, 49), (-1, 49)])
def test_anchor(value, position):
    assert grammar.anchor(value, 50, "anchor") == position


@pytest.mark.parametrize("value", [50, -51, "left", 1.5, True])
def test_bad_anchor(value):
    with pytest.raises(UserError, match="simulate.anchor: "):
        grammar.anchor(value, 50, "simulate.anchor")


def test_jaspar_matrices_are_probabilities_of_the_counts():
    matrix = np.array(jaspar.probabilities("MA0108.2", "e"))
    assert matrix.shape == (15, 4)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    consensus = "".join("ACGT"[base] for base in matrix.argmax(axis=1))
    assert consensus[1:8] == "TATAAAA"
    assert (matrix > 0).all()
    (unit,) = units({"jaspar": "MA0108.2"})
    assert unit.variants[0].sites[0].name == "MA0108.2"


def test_an_unknown_matrix_of_jaspar():
    with pytest.raises(UserError, match="e.0.jaspar: JASPAR has no matrix 'MA9999.1'"):
        units({"jaspar": "MA9999.1"})


A = {"motif": "ACGT"}


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (["ACGT"], "e.0: expected keys such as motif and position"),
        ([{}], "e.0: expected one of motif, matrix and jaspar, got 0"),
        ([A | {"jaspar": "MA0108.2"}], "e.0: expected one of motif, matrix and jaspar, got 2"),
        ([A | {"motive": 1}], "e.0.motive: unknown; the keys are name, "),
        ([{"motif": "AXC"}], "e.0.motif: AXC has the letter 'X'"),
        ([{"motif": []}], "e.0.motif: name at least one motif"),
        ([{"motif": "A" * 51}], r"e.0: A+ \(51 bases with what follows it\) is longer"),
        ([{"matrix": [[1, 0, 0, 0]]}], "e.0.matrix: a matrix needs a name"),
        ([{"name": "m", "matrix": [[1, 0, 0]]}], "e.0.matrix: expected one row of 4 numbers"),
        ([{"name": "m", "matrix": []}], "e.0.matrix: expected one row of 4 numbers"),
        ([{"name": "m", "matrix": [[1, 0, 0, 0], [1, 1, 0, 0]]}], "e.0.matrix: row 2 sums to 2"),
        ([{"name": "m", "matrix": [[2, -1, 0, 0]]}], "e.0.matrix: every probability"),
        ([{"jaspar": 108}], "e.0.jaspar: expected an identifier such as MA0108.2, got 108"),
        ([A | {"name": ""}], "e.0.name: expected text"),
        ([A | {"name": "two\tcolumns"}], "e.0.name: expected text"),
        ([A | {"probability": 2}], "e.0.probability: expected a number from 0 to 1, got 2"),
        ([A | {"strand": "minus"}], r"e.0.strand: expected \+, - or both, got 'minus'"),
        ([A | {"position": "left"}], "e.0.position: expected uniform, a whole number or"),
        ([A | {"position": {"from": 3}}], "e.0.position: expected uniform, a whole number or"),
        ([A | {"position": {"from": 3, "to": 1}}], "e.0.position: from is above to"),
        ([A | {"position": -26}], "e.0.position: ACGT would reach from -1 to 3, beyond"),
        ([A | {"position": 22}], "e.0.position: ACGT would reach from 47 to 51, beyond"),
        ([A | {"count": 0}], "e.0.count: expected a whole number from 1 to 20"),
        ([A | {"count": {"poisson": 0}}], "e.0.count.poisson: expected a mean above 0"),
        (
            [A | {"count": {"poisson": 1}, "probability": 0.5}],
            "e.0.probability: a Poisson count says how often there is none",
        ),
        ([A, A], "e.1: there are two called ACGT"),
        ([A | {"after": "B", "gap": [0, 1]}], "e.0.after: no element further up is called 'B'"),
        ([A | {"after": "ACGT", "gap": [0, 1]}], "e.0.after: no element further up"),
        ([A, {"motif": "CC", "after": "ACGT"}], "e.1.gap: missing"),
        ([A, {"motif": "CC", "gap": [0, 1]}], "e.1.after: missing"),
        (
            [A, {"motif": "CC", "after": "ACGT", "gap": [2, 1]}],
            r"e.1.gap: expected \[least, most\]",
        ),
        ([A, {"motif": "CC", "after": "ACGT", "gap": 3}], r"e.1.gap: expected \[least, most\]"),
        (
            [A, {"motif": "CC", "after": "ACGT", "gap": [0, 1], "count": 2}],
            "e.1.count: an element with `after` is where its leader is",
        ),
        (
            [A, *[{"motif": m, "after": "ACGT", "gap": [0, 1]} for m in ("CC", "GG")]],
            "e.2.after: CC already follows ACGT; let GG follow CC",
        ),
        (
            [{"motif": "A"}, {"motif": ["C"] * 100, "after": "A", "gap": [0, 30]}],
            "e.1.gap: more than 2000 combinations",
        ),
    ],
)
def test_bad_settings_name_their_key(elements, message):
    with pytest.raises(UserError, match=message):
        units(*elements)


def simulation(elements, length=50, **rest):
    classes = {"a": {"fraction": 1.0, "elements": elements}}
    settings = {"sequences": 10, "length": length, "seed": 1, "classes": classes}
    return Simulation.from_settings(settings | rest)


@pytest.mark.parametrize(
    ("elements", "rest", "message"),
    [
        (
            [A | {"count": 10}],
            {},
            r"simulate.classes.a.elements: too crowded, drawn at random they overlap in \S+ of",
        ),
        (
            [{"motif": motif, "count": 10} for motif in ("AC", "AG", "AT")],
            {"length": 5000},
            "simulate.classes.a.elements: more than 1024 combinations",
        ),
        ([], {"anchor": 50}, "simulate.anchor: 50 is beyond the sequences of 50 bases"),
        ([], {"background": {"order": 9}}, "simulate.background.order: expected 0, 1, 2 or 3"),
        ([], {"decoys": [{"motif": "X"}]}, "simulate.decoys.0.motif: X has the letter 'X'"),
        ({}, {}, "simulate.classes.a.elements: expected a list of elements"),
    ],
)
def test_bad_simulations_name_their_key(elements, rest, message):
    with pytest.raises(UserError, match=message):
        simulation(elements, **rest)


def test_elements_do_not_go_with_motifs():
    content = {"fraction": 1.0, "elements": [], "planted": 0}
    settings = {"sequences": 10, "length": 50, "seed": 1, "classes": {"a": content}}
    with pytest.raises(UserError, match="simulate.classes.a.planted: unknown"):
        Simulation.from_settings(settings)
