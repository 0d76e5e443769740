"""What filters start from: what stands out in the sequences against shuffles of themselves.

A motif whose mere presence tells nothing of the class, since both classes have it and only its
place beside another one differs, gives filters that start at random no direction to learn in. But
it stands out against the same bases in another order. So a network of the same make first learns to
tell sequences of the training part, whatever their class, from shuffles that keep the frequency of
each pair of neighbours, and hands its filters on. Where some scales have partners, those alone do
so: a filter of another scale could else take a motif, and its partners would never see it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from attendna.contracts.checkpoints import Checkpoint
from attendna.contracts.encoded import Encoded
from attendna.learning import models, training
from attendna.learning.automatic import sample
from attendna.learning.backend import keras
from attendna.learning.schedule import chosen_batch_size, chosen_epochs
from attendna.shuffling import shuffle_encoded

RECORDS = 10_000  # training records at most that are shuffled
CHECKED = 2_000  # and validation records
BASES = 5_000_000  # of the former at most: of long sequences fewer are enough
STEPS, FEWEST = 390, 5  # of the training: steps, and epochs at least
REAL, SHUFFLED = "real", "shuffled"


def own(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `models.attention_cnn` is built with: all but what its filters start from."""
    return {name: value for name, value in hyperparameters.items() if name != "start"}


def learned(
    hyperparameters: Mapping[str, Any],
    encoded: Encoded,
    split: Mapping[str, np.ndarray],
    settings: training.Training,
    seed: int,
    count: int = 1,
    checkpoint: Checkpoint | None = None,
) -> keras.Model:
    """Train a network to tell sequences from shuffles of them.

    Labels are not looked at, but to draw records of each class.

    Parameters
    ----------
    hyperparameters
        Of the `models.attention_cnn` that is to start from it; what concerns places, partners and
        counting is left out, and so are scales without partners if others have such.
    encoded, split
        The data, and the indices of "train" and "validation".
    settings
        How the network is trained, but for fewer epochs.
    seed
        Of the records that are drawn, of the shuffles and of the training.
    count, checkpoint
        See `training.train`.
    """
    rng = np.random.default_rng(seed)
    enough = max(1, BASES // encoded.x.shape[1])
    parts = {
        part: encoded.x[np.sort(sample(encoded.y, split[part], rng, min(most, enough)))]
        for part, most in (("train", RECORDS), ("validation", CHECKED))
    }
    halves = [(real, shuffle_encoded(real, [seed])) for real in parts.values()]
    x = np.concatenate([half for pair in halves for half in pair])
    sizes = [len(parts["train"]), len(parts["validation"])]
    y = np.repeat([1, 0, 1, 0], np.repeat(sizes, 2))
    first = 2 * sizes[0]
    rows = {"train": np.arange(first), "validation": np.arange(first, len(x))}
    chosen = own(hyperparameters)
    chosen["kernel_sizes"] = chosen.get("partner_sizes") or chosen["kernel_sizes"]
    chosen |= {"position": False, "partner_sizes": [], "counting": False, "crop": encoded.crop}
    model = models.attention_cnn(x.shape[1], [SHUFFLED, REAL], REAL, **chosen)
    training.train(
        model,
        x,
        y,
        rows,
        briefly(settings, first, STEPS, FEWEST),
        seed,
        reverse_complements=hyperparameters["reverse_complement"] == "augment",
        count=count,
        checkpoint=checkpoint,
        quiet=True,
    )
    return model


def briefly(
    settings: training.Training, records: int, steps: int, fewest: int
) -> training.Training:
    """Return settings of a short training, after which nothing is calibrated.

    Parameters
    ----------
    settings
        Of the long one: the user may want no more than its epochs.
    records
        That are learned from.
    steps, fewest
        Of the training about, and the epochs that are enough if that takes fewer.
    """
    size = chosen_batch_size(settings.batch_size, records)
    epochs = max(fewest, math.ceil(steps * size / max(records, 1)))
    most = chosen_epochs(settings.epochs, records, size)
    return replace(settings, epochs=min(epochs, most), calibration="none")


def hand_on(start: keras.Model, model: keras.Model) -> None:
    """Give a network the filters and thresholds of one that `learned` returned.

    Parameters
    ----------
    start
        That network.
    model
        One of `models.attention_cnn`, of the same filters a scale and member. Scales that `start`
        lacks stay as they are; of more members than it has the first ones are taken.
    """
    of_start = {layer.name: layer for layer in start.layers}
    for layer in model.layers:
        own = layer.name.startswith((models.FILTERS, models.ATTENTION))
        if not own or layer.name not in of_start:
            continue
        known = {weight.name: weight for weight in of_start[layer.name].weights}
        for weight in layer.weights:
            if weight.name in known:
                values = keras.ops.convert_to_numpy(known[weight.name])
                weight.assign(values[..., : weight.shape[-1]])
