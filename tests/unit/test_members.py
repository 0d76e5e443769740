"""How many small networks stand side by side."""

from types import SimpleNamespace

import numpy as np
import pytest
from small_networks import hyperparameters, random_letters, training_settings

from attendna.dna import one_hot
from attendna.learning import members, training
from attendna.learning.preparing import prepared


@pytest.mark.parametrize(
    ("setting", "records", "length", "number"),
    [
        ("auto", 10_000, 100, 4),
        ("auto", 10_001, 100, 2),
        ("auto", 1, 2_000_000, 2),
        (1, 10, 10, 1),
        (7, 10_000_000, 100, 7),
    ],
)
def test_there_are_more_where_there_are_few_data_and_as_many_as_one_asks_for(
    setting, records, length, number
):
    assert members.chosen(setting, records, length) == number


def test_a_network_is_made_of_as_many_as_were_chosen():
    data = SimpleNamespace(
        x=one_hot(random_letters(30, 30, seed=1)),
        y=np.arange(30) % 2,
        classes=["no", "yes"],
        positive="yes",
        crop="",
    )
    split = {"train": np.arange(20), "validation": np.arange(20, 30)}
    own = hyperparameters("attention_cnn", members="auto")
    settings = training.Training.of(training_settings(epochs=1))
    model, chosen = prepared("attention_cnn", own, data, split, settings, seed=1)
    assert chosen["members"] == 4
    assert model.get_layer("filters_3").filters == 4 * own["filters"]
