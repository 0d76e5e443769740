"""In which divisions of the data cheap models learn and are tested."""

import numpy as np
from small_networks import random_letters

from attendna.dna import one_hot
from attendna.learning import probes
from attendna.learning.probes import Probes, divisions

KNOWN = {"classes": ["no", "yes"], "positive": "yes", "seed": 1}


def made(train, validation, y=None):
    n = train + validation
    x = one_hot(random_letters(n, 30, 1))
    y = np.arange(n) % 2 if y is None else y
    return Probes(x[:train], y[:train], x[train:], y[train:], **KNOWN)


def test_each_of_few_records_is_tested_once_by_models_that_did_not_learn_it():
    given = made(56, 14)
    found = divisions(given)
    assert len(found) == probes.FOLDS
    tested = np.concatenate([each.x_validation for each in found])
    every = np.concatenate([given.x, given.x_validation])
    assert len(tested) == 70 and {a.tobytes() for a in tested} == {a.tobytes() for a in every}
    for each in found:
        assert len(each.x) + len(each.x_validation) == 70
        assert not {a.tobytes() for a in each.x} & {a.tobytes() for a in each.x_validation}
        assert set(each.y_validation) == {0, 1}


def test_the_division_is_the_given_one_where_it_is_large_or_a_class_has_hardly_any_records():
    large = made(40, probes.ENOUGH)
    assert divisions(large) == [large]
    rare = made(40, 20, y=(np.arange(60) < 4).astype(int))
    assert divisions(rare) == [rare]
