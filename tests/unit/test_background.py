"""Markov chains: stationary from the first base on, and as likely as they are drawn."""

from itertools import product

import numpy as np
import pytest

from attendna.errors import UserError
from attendna.simulation.background import Background
from attendna.simulation.specification import Simulation, simulate_block


def make(**settings):
    return Background.from_settings(settings, "simulate.background")


def words(length):
    return np.array(list(product(range(4), repeat=length)))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_chain_is_stationary(order):
    chain = make(order=order, gc=0.3, seed=1)
    assert [len(table) for table in chain.tables] == [4**i for i in range(order + 1)]
    for table in chain.tables:
        np.testing.assert_allclose(table.sum(axis=1), 1)
    length = order + 3
    p = np.exp(chain.log_probabilities(words(length)).sum(axis=1)).reshape((4,) * length)
    assert p.sum() == pytest.approx(1)
    # What the first `order` bases are like, any later ones are.
    rest = tuple(range(order, length))
    for shift in range(1, length - order + 1):
        others = tuple(axis for axis in range(length) if not shift <= axis < shift + order)
        np.testing.assert_allclose(p.sum(axis=rest), p.sum(axis=others), rtol=1e-10)


def test_probabilities_by_hand():
    chain = make(order=1, transitions=[[0.9, 0.05, 0.03, 0.02], [0.25] * 4, [0.25] * 4, [0.25] * 4])
    # A is left with 0.1 and reached with 1/4: p(A) * 0.1 = (1 - p(A)) / 4.
    a = 0.25 / 0.35
    logs = chain.log_probabilities(np.array([[0, 0, 2, 3]]))
    np.testing.assert_allclose(np.exp(logs), [[a, 0.9, 0.03, 0.25]])
    np.testing.assert_allclose(
        np.exp(make(order=0, gc=0.4).tables[0]), np.exp([[0.3, 0.2, 0.2, 0.3]])
    )


@pytest.mark.parametrize(
    "settings",
    [{"order": 0, "gc": 0.7}, {"order": 1, "gc": 0.4, "seed": 2}, {"order": 3, "seed": 5}],
)
def test_the_simulation_draws_from_it(settings):
    classes = {"a": {"fraction": 1.0, "elements": []}}
    made = Simulation.from_settings(
        {"sequences": 4000, "length": 103, "seed": 1, "classes": classes, "background": settings}
    )
    bases = np.searchsorted(list(b"ACGT"), simulate_block(made, 0).sequences)
    expected = np.exp(made.background.log_probabilities(words(4)).sum(axis=1))
    for columns in (slice(0, 4), slice(None)):
        windows = np.lib.stride_tricks.sliding_window_view(bases[:, columns], 4, axis=1)
        share = (
            np.bincount((windows @ [64, 16, 4, 1]).ravel(), minlength=256) / windows[..., 0].size
        )
        # Windows overlap, so their counts vary more than independent ones: bounds are wide.
        error = np.sqrt(expected / (4000 * (windows.shape[1] / 4)))
        assert (np.abs(share - expected) < 6 * error).all()


def test_seed_and_composition_are_those_of_the_settings():
    one, again, other = (make(order=2, gc=0.3, seed=seed).tables[2] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.05
    gc = make(order=2, gc=0.3, seed=1).tables[0][0, 1:3].sum()
    assert 0.2 < gc < 0.4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "background.order: missing"),
        ({"order": 4}, "background.order: expected 0, 1, 2 or 3, got 4"),
        ({"order": True}, "background.order: "),
        ({"order": 1}, "background.seed: order 1 needs a seed"),
        ({"order": 0, "seed": 1}, "background.seed: nothing is drawn for order 0"),
        ({"order": 0, "gc": 1}, "background.gc: expected a number between 0 and 1, got 1"),
        ({"order": 0, "at": 1}, "background.at: unknown"),
        ({"order": 1, "transitions": [[0.25] * 4]}, "order 1 needs 4 rows of 4 numbers"),
        ({"order": 0, "transitions": [[1, 0, 0, 0]]}, "every probability has to be above 0"),
        ({"order": 0, "transitions": [[0.5, 0.3, 0.3, 0.2]]}, "row 1 sums to 1.3"),
        ({"order": 0, "gc": 0.5, "transitions": [[0.25] * 4]}, "background.gc: the transitions"),
    ],
)
def test_bad_settings_name_their_key(settings, message):
    with pytest.raises(UserError, match=message):
        Background.from_settings(settings, "simulate.background")
