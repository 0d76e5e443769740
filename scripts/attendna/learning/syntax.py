"""Whether it matters how sites are arranged, so that the filters of a network should see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from attendna.contracts.checkpoints import Checkpoint
from attendna.contracts.encoded import Encoded
from attendna.learning import models, starting, training
from attendna.learning.automatic import sample
from attendna.learning.backend import keras

RECORDS = 5_000  # training records at most that a small network learns from
CHECKED = 4_000  # and validation records that it is tested on
EPOCHS = 8
SHOWN = 3.0  # in standard errors: so much better is a small network that sees it
USUAL = 15  # bases: of the scale that partners are tried on, or the nearest one
LEAST = 1e-9  # probability that is reckoned with


def decided(
    hyperparameters: Mapping[str, Any],
    encoded: Encoded,
    split: Mapping[str, np.ndarray],
    settings: training.Training,
    seed: int,
    checkpoint: Callable[[str], Checkpoint | None] = lambda name: None,
) -> dict[str, Any]:
    """Return hyperparameters with a value for `partner_sizes` and `start` if they are "auto".

    Two networks of one member and one scale are trained on the same records: one whose filters see
    each other's sites and one whose don't, both with filters that learned from shuffled sequences.
    If the log loss of the first is significantly lower on the validation records, the arrangement
    of sites matters.

    Parameters
    ----------
    hyperparameters
        Of `models.attention_cnn`, all others decided.
    encoded, split
        The data, and the indices of "train" and "validation".
    settings
        How the network is trained, but for fewer epochs.
    seed
        Of the records that are drawn and of the trainings.
    checkpoint
        What gives the checkpoint of a training by its name.
    """
    chosen = dict(hyperparameters)
    if chosen.get("partner_sizes") == "auto":
        size = min(chosen["kernel_sizes"], key=lambda size: abs(size - USUAL))
        small = chosen | {"members": 1, "kernel_sizes": [size]}
        about = (encoded, _drawn(encoded, split, seed), settings, seed)
        matters = _arrangement_matters(small, *about, checkpoint)
        chosen["partner_sizes"] = [size] if matters else []
        found = "matters: filters see" if matters else "does not matter: filters don't see"
        print(f"the arrangement of sites {found} each other's sites", flush=True)
    if chosen.get("start") == "auto":
        chosen["start"] = "shuffled" if chosen["partner_sizes"] else "random"
    return chosen


def _drawn(encoded: Encoded, split: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return the records that small networks learn from and are tested on."""
    rng = np.random.default_rng(seed)
    return {
        part: np.sort(sample(encoded.y, split[part], rng, most))
        for part, most in (("train", RECORDS), ("validation", CHECKED))
    }


def _arrangement_matters(
    small: Mapping[str, Any],
    encoded: Encoded,
    rows: Mapping[str, np.ndarray],
    settings: training.Training,
    seed: int,
    checkpoint: Callable[[str], Checkpoint | None],
) -> bool:
    start = starting.learned(
        small, encoded, rows, settings, seed, checkpoint=checkpoint("syntax_start")
    )
    losses = [
        _losses(
            small | {"partner_sizes": sizes}, start, encoded, rows, settings, seed, checkpoint(name)
        )
        for name, sizes in (("syntax_without", []), ("syntax_with", small["kernel_sizes"]))
    ]
    gain = losses[0] - losses[1]
    return len(gain) > 1 and bool(gain.mean() > SHOWN * _error(gain))


def _losses(
    hyperparameters: Mapping[str, Any],
    start: keras.Model,
    encoded: Encoded,
    rows: Mapping[str, np.ndarray],
    settings: training.Training,
    seed: int,
    checkpoint: Checkpoint | None,
) -> np.ndarray:
    """Train a small network; return the log loss of each validation record, float64 (n,)."""
    about = (encoded.x.shape[1], encoded.classes, encoded.positive)
    chosen = {name: value for name, value in hyperparameters.items() if name != "start"}
    model = models.attention_cnn(*about, crop=encoded.crop, **chosen)
    starting.hand_on(start, model)
    training.train(
        model,
        encoded.x,
        encoded.y,
        rows,
        starting.briefly(settings, EPOCHS),
        seed,
        reverse_complements=hyperparameters["reverse_complement"] == "augment",
        checkpoint=checkpoint,
        quiet=True,
    )
    validation = rows["validation"]
    p = models.predict(model, encoded.x[validation])
    return -np.log(np.maximum(p[np.arange(len(p)), encoded.y[validation]], LEAST))


def _error(numbers: np.ndarray) -> float:
    """Return the standard error of a mean."""
    return float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
