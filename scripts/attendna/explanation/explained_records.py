"""Which records are explained, and the score of which class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from attendna.contracts.encoded import Encoded
from attendna.data.records import spread_over_classes
from attendna.errors import UserError
from attendna.learning import models
from attendna.learning.backend import keras


def chosen(
    y: np.ndarray, split: Mapping[str, np.ndarray], count: int, fill_up: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return which records to explain, int64 (n,), and the part of the split that each is of.

    Parameters
    ----------
    y
        int (records,): the classes.
    split
        Indices of "test", "validation" and "train".
    count
        Records, spread evenly over the classes.
    fill_up
        Whether validation and training records make up for a class with too few in the test part.
    """
    parts = ["test", "validation", "train"] if fill_up else ["test"]
    records = np.concatenate([split[part] for part in parts])
    names = np.repeat(parts, [len(split[part]) for part in parts])
    drawn = spread_over_classes(y, records, count)
    order = np.argsort(records)
    return drawn, names[order][np.searchsorted(records[order], drawn)]


def targets(
    model: keras.Model, encoded: Encoded, records: np.ndarray, wanted: str, path: str | Path
) -> np.ndarray:
    """Return the class to explain of each record, int32 (n,).

    Parameters
    ----------
    model
        The network.
    encoded
        The data set.
    records
        int64 (n,): which records.
    wanted
        "label" (the record's own class), "predicted" or the name of a class.
    path
        Of the data set, for the error.

    Raises
    ------
    UserError
        If there is no such class.
    """
    if wanted == "label":
        return encoded.y[records]
    if wanted == "predicted":
        return models.predict(model, encoded.x[records]).argmax(axis=1).astype(np.int32)
    if wanted not in encoded.classes:
        raise UserError(
            f"{path}: has no class {wanted!r} for explain.target; name one of "
            f"{', '.join(encoded.classes)}, or label or predicted."
        )
    return np.full(len(records), encoded.classes.index(wanted), np.int32)
