"""What is "auto" is decided by some records of every class, and the rest stays as it is."""

import numpy as np
import pytest
from small_networks import encoded

from attendna.contracts.encoded import Encoded
from attendna.learning import automatic

ROWS = np.arange(40)
DATA = Encoded(encoded(40, 30, 1), ROWS % 2, np.full(40, 30), ["no", "yes"], "yes", "")
SPLIT = {"train": ROWS[:30], "validation": ROWS[30:]}


def test_of_many_records_cheap_models_see_a_part_and_every_class(monkeypatch):
    monkeypatch.setattr(automatic, "PROBED", 50)
    y = np.zeros(1000, np.int64)
    y[[11, 700]] = 1
    rows = np.arange(10, 990)
    drawn = automatic.sample(y, rows, np.random.default_rng(1))
    assert len(drawn) <= 52 and set(drawn) <= set(rows) and set(y[drawn]) == {0, 1}
    np.testing.assert_array_equal(
        automatic.sample(y, rows[:50], np.random.default_rng(1)), rows[:50]
    )


def test_hyperparameters_without_auto_are_kept():
    chosen = {"filters": 4, "position": False}
    assert automatic.decided(chosen, None, {}, 1) == chosen


@pytest.mark.parametrize(("strands", "found"), [("either", [12, 15]), ("none", [])])
def test_partners_are_filters_of_the_size_of_a_site_if_they_look_on_either_strand(strands, found):
    chosen = {"kernel_sizes": [3, 12, 15, 25], "reverse_complement": strands}
    decided = automatic.decided({**chosen, "partner_sizes": "auto"}, DATA, SPLIT, 1)
    assert decided == {**chosen, "partner_sizes": found}
    kept = automatic.decided({**chosen, "partner_sizes": [3], "position": "auto"}, DATA, SPLIT, 1)
    assert kept["partner_sizes"] == [3]
