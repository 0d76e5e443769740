"""Swaps of two models' predictions, whose areas go by ranks."""

import numpy as np
import pytest
from predictions import many_classes, two_classes

from attendna.evaluation.comparison import swapped
from attendna.evaluation.measures import Key
from attendna.evaluation.metric_intervals import AREAS
from attendna.evaluation.metrics import measure


@pytest.mark.parametrize("classes", [2, 4])
def test_swapping_all_records_turns_the_difference(classes):
    y, first = many_classes()
    _, second = many_classes(seed=1)
    names, positive = list("abcd")[:classes], "b" if classes == 2 else ""
    y = y % classes
    first, second = (
        p[:, :classes] / p[:, :classes].sum(axis=1, keepdims=True) for p in (first, second)
    )
    swaps = np.stack([np.zeros(150), np.ones(150), np.arange(150) < 40])
    found = swapped(y, first, second, names, positive)(swaps)
    alone = [
        measure(y, p, names, positive, {"0.5": 0.5})(np.ones((1, 150))) for p in (first, second)
    ]
    mixed = [np.where(swaps[2][:, None] == 1, *pair) for pair in ((second, first), (first, second))]
    by_hand = [measure(y, p, names, positive, {"0.5": 0.5})(np.ones((1, 150))) for p in mixed]
    for key, values in found.items():
        assert values[0] == pytest.approx(alone[0][key][0] - alone[1][key][0])
        assert values[1] == pytest.approx(-values[0])
        if key.metric not in AREAS:  # areas are of ranks, which mix otherwise
            assert values[2] == pytest.approx(by_hand[0][key][0] - by_hand[1][key][0])


def test_areas_do_not_see_the_scale_of_a_model():
    y, p = two_classes(decimals=2)
    columns = np.stack([1 - p, p], axis=1)
    other = np.stack([1 - p**3, p**3], axis=1)
    swaps = np.random.default_rng(0).integers(0, 2, (20, len(y))).astype(float)
    found = swapped(y.astype(int), columns, other, ["no", "yes"], "yes")(swaps)
    for metric in AREAS:
        np.testing.assert_allclose(found[Key("", metric, "")], 0, atol=1e-12)
    assert np.abs(found[Key("", "brier", "")]).min() > 0
