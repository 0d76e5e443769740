"""Which records are looked at more closely."""

from __future__ import annotations

import numpy as np


def spread_over_classes(y: np.ndarray, records: np.ndarray, count: int) -> np.ndarray:
    """Choose the first records of each class in turn, whatever any model says about them.

    Parameters
    ----------
    y
        int (all records,), the class of each.
    records
        int (n,), those to choose from, the ones to begin with first.
    count
        How many, at most.

    Returns
    -------
    numpy.ndarray
        int (at most count,), sorted.
    """
    by_class = [records[y[records] == label] for label in np.unique(y[records])]
    rank = np.concatenate([np.arange(len(members)) for members in by_class])
    first = np.argsort(rank, kind="stable")[:count]
    return np.sort(np.concatenate(by_class)[first])
