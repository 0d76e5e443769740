"""What bases contribute to a score, and how it changes when they are deleted or inserted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from attendna import values
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.contracts.splits import SPLITS
from attendna.intact_files import reading


@dataclass(frozen=True)
class Attributions:
    """What the bases of some records contribute to what a network says about them.

    Attributes
    ----------
    ids
        str (n,).
    records
        int64 (n,), index into `encoded.npz`.
    parts
        str (n,): of which part of the split each is, "test", "validation" or "train".
    target
        int32 (n,), index of the class whose score is explained.
    scores
        float32 (n,), that score, see `attribution.target_weights`.
    methods
        By the name of the method float32 (n, length, 4): hypothetical contributions, what each base
        would contribute at each position; 0 at padding.
    scales, attention
        int32 (scales,) and float32 (n, scales, length), as in `attention.npz`.
    attention_scores
        float32 (n, length), see `attribution.attention_scores`.
    baselines, differences, totals
        str (b,) and float32 (n, b), see `attribution.integrated_gradients`; empty without it.
    """

    ids: np.ndarray
    records: np.ndarray
    parts: np.ndarray
    target: np.ndarray
    scores: np.ndarray
    methods: dict[str, np.ndarray]
    scales: np.ndarray
    attention: np.ndarray
    attention_scores: np.ndarray
    baselines: np.ndarray
    differences: np.ndarray
    totals: np.ndarray

    def of_part(self, part: str) -> Attributions:
        """Return what belongs to the records of one part of the split."""
        own = self.parts == part
        of_all = {"methods", "scales", "baselines"}
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        kept = {name: of if name in of_all else of[own] for name, of in columns.items()}
        kept["methods"] = {name: of[own] for name, of in self.methods.items()}
        return Attributions(**kept)


_ATTRIBUTIONS = {
    "ids": np.str_,
    "records": np.int64,
    "parts": np.str_,
    "target": np.int32,
    "scores": np.float32,
    "scales": np.int32,
    "attention": np.float32,
    "attention_scores": np.float32,
    "baselines": np.str_,
    "differences": np.float32,
    "totals": np.float32,
}


def write_attributions(path: str | Path, attributions: Attributions) -> None:
    """Write `attributions.npz`: the members of `Attributions`, and an array a method."""
    arrays = {
        name: np.asarray(getattr(attributions, name), kind) for name, kind in _ATTRIBUTIONS.items()
    }
    methods = {name: np.asarray(of, np.float32) for name, of in attributions.methods.items()}
    write_arrays(path, arrays | methods)


def read_attributions(path: str | Path) -> Attributions:
    """Read `attributions.npz`.

    Raises
    ------
    UserError
        If the file is damaged or lacks an array.
    """
    arrays = load_arrays(path)
    with reading(path):
        known = {name: arrays.pop(name) for name in _ATTRIBUTIONS}
        found = Attributions(methods=arrays, **known)
        _check_attributions(found)
    return found


def _check_attributions(found: Attributions) -> None:
    n, (length, bases) = len(found.ids), found.attention.shape[2:] + (4,)
    shapes = {
        "records": (n,),
        "parts": (n,),
        "target": (n,),
        "scores": (n,),
        "attention": (n, len(found.scales), length),
        "attention_scores": (n, length),
        "differences": (n, len(found.baselines)),
        "totals": (n, len(found.baselines)),
    }
    shapes |= dict.fromkeys(found.methods, (n, length, bases))
    arrays = {name: getattr(found, name, None) for name in shapes} | found.methods
    for name, shape in shapes.items():
        values.require(arrays[name].shape == shape, f"{name} does not belong to the other arrays")
        if name != "parts":
            values.numbers(arrays[name], name)
    values.distinct(found.ids, "ids")
    values.known(found.parts, "the part", SPLITS)
    for name in ("records", "target", "scales"):
        values.whole_numbers(getattr(found, name), name)
    for name in ("attention", "attention_scores"):
        values.numbers(arrays[name], name, least=0)


@dataclass(frozen=True)
class Perturbations:
    """How a network's score changes when positions are deleted, or they alone inserted.

    Attributes
    ----------
    rankings
        str (r,): by what positions were ranked, a method, "attention" or "random".
    shares
        float64 (s,): of the bases of a record.
    deletion, insertion
        float32 (r, n, s): the score after the top positions were deleted, or inserted alone.
    """

    rankings: list[str]
    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray


def write_perturbations(path: str | Path, perturbations: Perturbations) -> None:
    """Write `perturbations.npz`, the members of `Perturbations`; records as in `Attributions`."""
    arrays = {
        "rankings": np.asarray(perturbations.rankings, np.str_),
        "shares": np.asarray(perturbations.shares, np.float64),
        "deletion": np.asarray(perturbations.deletion, np.float32),
        "insertion": np.asarray(perturbations.insertion, np.float32),
    }
    write_arrays(path, arrays)


def read_perturbations(path: str | Path) -> Perturbations:
    """Read `perturbations.npz`."""
    arrays = load_arrays(path, ["rankings", "shares", "deletion", "insertion"])
    rankings = [str(name) for name in arrays.pop("rankings")]
    with reading(path, verified=False):
        values.distinct(rankings, "rankings")
        values.numbers(arrays["shares"], "shares", 0, 1)
        for name in ("deletion", "insertion"):
            shape = arrays[name].shape
            fits = len(shape) == 3 and shape[::2] == (len(rankings), len(arrays["shares"]))
            values.require(fits, f"{name} does not belong to the other arrays")
            values.numbers(arrays[name], name)
    return Perturbations(rankings=rankings, **arrays)


def write_filters(path: str | Path, filters: Mapping[str, np.ndarray]) -> None:
    """Write `filters.npz`: for each of the first layers float32 (width, 4, filters)."""
    write_arrays(path, filters)


def read_filters(path: str | Path) -> dict[str, np.ndarray]:
    """Read `filters.npz`."""
    return load_arrays(path)
