"""The size of a network before it is built is that of the network, and too much is refused."""

import pytest
from small_networks import hyperparameters

from attendna.errors import UserError
from attendna.learning import models, network_size

GB = 10**9


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"position": False},
        {"taper": None, "members": 3, "hidden": [5, 7]},
        {"hidden": [], "kernel_sizes": [1, 9, 30], "filters": 7, "position": False},
        {"partner_sizes": [8, 5], "partner_reach": 10, "counting": True, "position": False},
    ],
)
@pytest.mark.parametrize(("classes", "positive"), [(["a", "b"], "b"), (["a", "b", "c"], "")])
def test_the_weights_are_those_of_the_network(changes, classes, positive):
    chosen = hyperparameters("attention_cnn", **changes)
    built = models.parameters(models.attention_cnn(50, classes, positive, **chosen))
    told = sum(network_size.weights(chosen, 50, 1 if positive else 3).values())
    if chosen["position"]:  # the coarser levels are half, a quarter, ... of the finest
        assert 0.5 * built < told < built
    else:
        assert told == built


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"hidden": [100_000, 100_000]}, "hidden: [100000, 100000], with members: 2, makes"),
        ({"filters": 100_000}, "filters: 100000, with members: 2, makes a"),
        (
            {"kernel_sizes": list(range(1, 10_001)), "position": False},
            "kernel_sizes: [1, 2, 3, 4, 5",
        ),
        ({"hidden": [10**9]}, "hidden: [1000000000], with members: 2, makes a network of 20,0"),
    ],
)
def test_what_fits_no_memory_is_refused_with_the_setting_that_takes_most(changes, named):
    chosen = hyperparameters("attention_cnn", **changes)
    with pytest.raises(UserError) as caught:
        network_size.check(chosen, 200, 1, 256, 16 * GB)
    sentence = str(caught.value)
    assert sentence.startswith(f"attention_cnn: {named}")
    assert sentence.endswith(" GB of memory or more, and there are 16.0 GB; make it smaller.")


def test_the_usual_network_is_never_refused():
    chosen = hyperparameters("attention_cnn", kernel_sizes=[3, 7, 15, 25], filters=16, hidden=[64])
    network_size.check(chosen, 10_000, 1, 256, 4 * GB)
