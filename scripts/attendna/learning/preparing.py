"""A network that is ready for its training: "auto" is decided, and its filters have their start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from attendna.contracts.checkpoints import Checkpoint
from attendna.contracts.encoded import Encoded
from attendna.learning import automatic, members, models, starting, syntax, training
from attendna.learning.backend import keras


def prepared(
    architecture: str,
    hyperparameters: Mapping[str, Any],
    encoded: Encoded,
    split: Mapping[str, np.ndarray],
    settings: training.Training,
    seed: int,
    count: int = 1,
    checkpoint: Callable[[str], Checkpoint | None] = lambda name: None,
    check: Callable[[Mapping[str, Any]], None] = lambda chosen: None,
) -> tuple[keras.Model, dict[str, Any]]:
    """Make a network, and say what was decided for it.

    Parameters
    ----------
    architecture
        One of `models.NETWORKS`.
    hyperparameters
        As in a config, some of them perhaps "auto".
    encoded, split
        The data, and the indices of "train" and "validation".
    settings
        How it will be trained.
    seed
        Of all that is drawn at random.
    count
        Devices that each step's batch is divided among.
    checkpoint
        What gives the checkpoint of a training by its name, see `training.train`.
    check
        Called with hyperparameters before a network of them is built; it raises if none should be.

    Returns
    -------
    model
        The network.
    chosen
        The hyperparameters without any "auto".

    Raises
    ------
    UserError
        If a class has no training record.
    """
    chosen = automatic.decided(hyperparameters, encoded, split, seed)
    about = (encoded, split, settings, seed)
    if models.NETWORKS[architecture] is models.attention_cnn:
        about_data = (len(split["train"]), encoded.x.shape[1])
        chosen["members"] = members.chosen(chosen["members"], *about_data)
        check(chosen | {name: value for name, value in syntax.NONE.items() if name in chosen})
        chosen = syntax.decided(chosen, *about, checkpoint)
        check(chosen)
        keras.utils.set_random_seed(seed)  # the same network as where nothing had to be decided
    data = (encoded.x.shape[1], encoded.classes, encoded.positive)
    model = models.NETWORKS[architecture](*data, crop=encoded.crop, **starting.own(chosen))
    print(f"{model.name}: {models.parameters(model):,} parameters", flush=True)
    if chosen.get("start") == "shuffled":
        print("its filters first learn what stands out against shuffled sequences", flush=True)
        start = starting.learned(chosen, *about, count=count, checkpoint=checkpoint("start"))
        starting.hand_on(start, model)
    return model, chosen
