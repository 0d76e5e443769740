"""Strands and places, if they are "auto": cheap models find in the data what suits them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attendna.contracts.encoded import Encoded
from attendna.learning import positions, strands
from attendna.learning.probes import Probes, divisions

PROBED = 4000  # records that cheap models learn from, and as many that they are tested on


def decided(
    hyperparameters: Mapping[str, Any],
    encoded: Encoded,
    split: Mapping[str, np.ndarray],
    seed: int,
) -> dict[str, Any]:
    """Return hyperparameters with the strands and places decided if "auto", and say what was found.

    Parameters
    ----------
    hyperparameters
        Of a network.
    encoded
        The data set.
    split
        Indices of "train" and "validation".
    seed
        Of the records that are drawn, and of the cheap models.

    Raises
    ------
    UserError
        If a class has no training record.
    """
    chosen = dict(hyperparameters)
    if "auto" not in [chosen.get("reverse_complement"), chosen.get("position")]:
        return chosen
    rng = np.random.default_rng(seed)
    train, validation = (sample(encoded.y, split[part], rng) for part in ("train", "validation"))
    probes = divisions(
        Probes(
            encoded.x[train],
            encoded.y[train],
            encoded.x[validation],
            encoded.y[validation],
            encoded.classes,
            encoded.positive,
            seed,
        )
    )
    places = chosen.get("position")
    if places == "auto":
        places = chosen["position"] = positions.matter(probes)
        found = "matter: filters learn them" if places else "do not matter: filters know none"
        print(f"positions {found}", flush=True)
    if chosen.get("reverse_complement") == "auto":
        alike = strands.alike(probes, aligned=bool(places))
        chosen["reverse_complement"] = "either" if alike else "none"
        found = "alike: a site counts the same on either" if alike else "not alike: sees one"
        print(f"the strands are {found}", flush=True)
    return chosen


def sample(
    y: np.ndarray, rows: np.ndarray, rng: np.random.Generator, most: int | None = None
) -> np.ndarray:
    """Return at most `most` (`PROBED`) of the rows, or a few more, so that no class is left out."""
    most = most or PROBED
    if len(rows) <= most:
        return rows
    firsts = np.unique(y[rows], return_index=True)[1]
    return np.union1d(rng.choice(rows, most, replace=False), rows[firsts])
