import numpy as np

from attendna.contracts.predictions import Predictions
from attendna.evaluation.subsets import subsets


def part(ids: list[str]) -> Predictions:
    n = len(ids)
    return Predictions(
        np.array(ids), np.full(n, "test"), np.full(n, "a"), np.full((n, 2), 0.5), ["a", "b"]
    )


def test_a_part_with_some_relatives_in_training_has_two_sets():
    found = subsets({"test": part(["x", "y", "z"])}, {"test": np.array(["y"])})
    assert {key: chosen.tolist() for key, chosen in found.items()} == {
        ("test", "all"): [True, True, True],
        ("test", "unrelated"): [True, False, True],
    }


def test_a_part_without_relatives_or_with_nothing_else_has_one_set():
    parts = {"validation": part(["u", "v"]), "test": part(["x", "y"])}
    related = {"validation": np.array([], str), "test": np.array(["y", "x"])}
    assert set(subsets(parts, related)) == {("validation", "all"), ("test", "all")}
