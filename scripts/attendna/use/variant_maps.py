"""Mutation maps at a variant: what every base would do there, with either allele in place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.dna import BASES
from attendna.use.log_odds import LogOdds

REACH = 25  # bases on each side of a variant that a map shows
ROWS = 1 << 13  # mutants at a time


def mutation_maps(
    models: Sequence[LogOdds], windows: np.ndarray, places: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each base at each place near a variant does to the log odds of a class.

    Parameters
    ----------
    models
        Whose mean counts.
    windows
        uint8 (n, 2, length): the window of the reference and that of the alternative.
    places
        int (n,): where in them the variant is.
    target
        int (n,): the class.

    Returns
    -------
    letters
        uint8 (n, 2, 2 REACH + 1): ASCII, the middle one at `places`; 0 beyond the window.
    effects
        float32 (n, 2, 2 REACH + 1, 4): the log odds with this base, less those of the window; 0
        beyond it.
    """
    n, _, length = windows.shape
    size = 2 * REACH + 1
    letters = np.zeros((n, 2, size), np.uint8)
    effects = np.zeros((n, 2, size, len(BASES)), np.float32)
    bases = np.frombuffer(BASES.encode(), np.uint8)
    for i in range(n):
        for which in range(2):
            window = windows[i, which]
            columns = places[i] - REACH + np.arange(size)
            shown = np.flatnonzero((columns >= 0) & (columns < length))
            letters[i, which, shown] = window[columns[shown]]
            mutants = np.repeat(window[None], len(shown) * len(bases) + 1, axis=0)
            at = np.repeat(columns[shown], len(bases))
            mutants[np.arange(len(at)), at] = np.tile(bases, len(shown))
            odds = np.mean([_in_parts(model, mutants) for model in models], axis=0)[:, target[i]]
            effects[i, which, shown] = (odds[:-1] - odds[-1]).reshape(-1, len(bases))
    return letters, effects


def _in_parts(model: LogOdds, rows: np.ndarray) -> np.ndarray:
    parts = [model(rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)]
    return np.concatenate(parts)
