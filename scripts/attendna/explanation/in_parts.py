"""Long computations on records, part by part: memory stays bounded, and no part is done twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from attendna.contracts.checkpoints import Parts

PART = 512  # records that are explained at once, and lost at most if the job is killed


def in_parts(
    records: int,
    parts: Parts,
    inputs: Callable[[slice], Sequence[np.ndarray | int]],
    compute: Callable[[slice], Mapping[str, np.ndarray]],
) -> list[dict[str, np.ndarray]]:
    """Compute part by part what was not computed before, and say how far it is.

    Parameters
    ----------
    records
        How many there are.
    parts
        What was computed before.
    inputs
        From the records of a part to what it is computed from: if that has changed, so has the
        part.
    compute
        From the records of a part to arrays by name.
    """
    found = []
    for number, start in enumerate(range(0, records, PART)):
        own = slice(start, min(start + PART, records))
        found.append(parts.once(number, _digest(*inputs(own)), lambda own=own: compute(own)))
        print(f"{own.stop} of {records} records", flush=True)
    if parts.found:
        print(f"{parts.found} parts had been computed before an earlier run stopped", flush=True)
    return found


def _digest(*arrays: np.ndarray | int) -> str:
    """Return a digest that tells what a part is computed from."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
