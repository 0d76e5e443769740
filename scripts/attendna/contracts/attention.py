"""Where networks attend: `attention.npz`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from attendna import values
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.dna import CROPS
from attendna.intact_files import reading


def write_attention(
    path: str | Path,
    weights: np.ndarray,
    scales: Sequence[int],
    ids: Sequence[str],
    crop: str = "",
) -> None:
    """Write `attention.npz`.

    Parameters
    ----------
    path
        The file to write.
    weights
        float32 (records, scales, length): attention along the sequence, each scale sums to 1.
    scales
        The kernel size of each scale.
    ids
        The id of each record.
    crop
        How the records were brought to this length, see `encoded.Encoded`.
    """
    arrays = {
        "weights": np.asarray(weights, np.float32),
        "scales": np.asarray(scales, np.int32),
        "ids": np.asarray(ids, np.str_),
        "crop": np.asarray(crop, np.str_),
    }
    write_arrays(path, arrays)


def read_attention(path: str | Path) -> dict[str, np.ndarray]:
    """Read `attention.npz` as a dict `weights scales ids crop`."""
    arrays = load_arrays(path, ["weights", "scales", "ids", "crop"])
    with reading(path, verified=False):
        values.whole_numbers(arrays["scales"], "scales")
        shape = (len(arrays["ids"]), len(arrays["scales"]))
        fits = arrays["weights"].ndim == 3 and arrays["weights"].shape[:2] == shape
        values.require(fits, "its arrays do not belong together")
        values.numbers(arrays["weights"], "weights", least=0)
        values.distinct(arrays["ids"], "ids")
        values.known([str(arrays["crop"])], "crop", ["", *CROPS])
    return arrays
