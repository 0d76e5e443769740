"""Which of the measured features are giveaways: beyond chance, and by enough to matter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attendna.data.giveaways import ARTEFACTS, LEVEL, TELLING, TELLING_ARTEFACT

ADAPTER = 8  # letters of an end from which on it is hardly biology


def thresholds(kind: str, feature: str) -> tuple[float, float]:
    """Return the AUROC from which on a feature is a note, and from which on a warning."""
    short = kind == "ends" and len(end_of(feature)) < ADAPTER
    return TELLING_ARTEFACT if kind in ARTEFACTS and not short else TELLING


def told(table: Mapping[str, np.ndarray]) -> np.ndarray:
    """Say which rows are giveaways: beyond chance, and by enough to matter.

    Parameters
    ----------
    table
        See `giveaways.measure`.

    Returns
    -------
    numpy.ndarray
        bool (rows,).
    """
    found = table["p_adjusted"] <= LEVEL
    for row in np.flatnonzero(found):
        least, _ = thresholds(table["kind"][row], table["feature"][row])
        found[row] = table["auroc"][row] >= least
    return found


def end_of(feature: str) -> str:
    """Return the letters of "begins with ACGT"."""
    return feature.rpartition(" ")[2]
