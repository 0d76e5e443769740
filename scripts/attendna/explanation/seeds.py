"""What proposes a motif: a matrix that sites are then looked for by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Seed:
    """A proposal.

    Attributes
    ----------
    probabilities
        float (width, 4), rows sum to 1.
    method
        Who made it.
    place
        Where its sites start, give or take `Thresholds.place_reach` bases; None: anywhere.
    """

    probabilities: np.ndarray
    method: str
    place: int | None = None
