"""What is "auto" is decided by some records of every class, and the rest stays as it is."""

import numpy as np

from attendna.learning import automatic


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
