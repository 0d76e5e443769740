"""Contributions are divided by the class that they speak for."""

import numpy as np
from contributions import random_bases

from attendna.explanation.directions import directions, preferred


def test_of_two_classes_what_speaks_against_one_speaks_for_the_other():
    rng = np.random.default_rng(4)
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (6, 10))]
    hypothetical = rng.normal(size=(6, 10, 4))
    target = np.array([0, 1, 0, 1, 1, 0])
    first, second = directions(x, hypothetical, target, ["a", "b"])
    np.testing.assert_allclose(first.evidence, -second.evidence)
    own = (hypothetical[0] * x[0]).sum(axis=1)
    np.testing.assert_allclose(first.evidence[0], own, rtol=1e-5)
    assert [way.name for way in (first, second)] == ["a", "b"]


def test_of_more_classes_each_has_its_own_records():
    x = np.eye(4, dtype=np.uint8)[random_bases(6, 10, 1)]
    ways = directions(x, np.ones((6, 10, 4)), np.array([0, 1, 2, 2, 1, 2]), ["a", "b", "c"])
    assert [way.records.tolist() for way in ways] == [[0], [1, 4], [2, 3, 5]]


def test_ambiguous_letters_and_padding_have_no_number():
    x = np.array([[[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 1]]], np.uint8)
    (way, _) = directions(x, np.ones((1, 5, 4)), np.array([0]), ["a", "b"])
    assert way.bases.tolist() == [[0, 4, 4, 4, 3]]


def test_mutagenesis_is_preferred_wherever_it_stands():
    assert preferred(["gradient", "integrated_gradients", "mutagenesis"]) == "mutagenesis"
    assert preferred(["integrated_gradients", "gradient"]) == "gradient"
