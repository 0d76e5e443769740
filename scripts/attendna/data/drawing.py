"""Random draws of single records, each class in its share.

Every draw depends on its arguments alone, not on the platform or NumPy's version: whatever is
random comes from raw draws of PCG64.
"""

from __future__ import annotations

import numpy as np

TEST = 0  # stream of random keys: a test set is the same whatever fold and validation share


def random_keys(n: int, seed: int, stream: int) -> np.ndarray:
    """Return uint64 (n,), random numbers whose order is a random order."""
    return np.random.PCG64([seed, stream]).random_raw(n)


def cut(
    records: np.ndarray, y: np.ndarray, keys: np.ndarray, share: float, leave: int
) -> np.ndarray:
    """Choose a share of each class: bool mask of `records`; leave at least so many of a class."""
    counts = np.bincount(y[records])
    return first_of_class(y[records], keys[records], wanted_records(counts, share, leave))


def wanted_records(counts: np.ndarray, share: float, leave: int) -> np.ndarray:
    """Return how many records of each class make up a share, at least one where there are any."""
    present = counts > 0
    wanted = np.zeros(len(counts), dtype=np.int64)
    rounded = _largest_remainder(counts[present] * share)
    wanted[present] = np.clip(rounded, 1, np.maximum(counts[present] - leave, 1))
    return wanted


def first_of_class(y: np.ndarray, keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Choose of each class as many records as wanted, the lowest keys first: bool mask."""
    order = np.lexsort((keys, y))
    counts = np.bincount(y, minlength=len(wanted))
    rank = np.empty(len(y), dtype=np.int64)  # of a record within its class
    rank[order] = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank < wanted[y]


def _largest_remainder(shares: np.ndarray) -> np.ndarray:
    """Round to integers whose total is the rounded total (Hamilton's method)."""
    whole = np.floor(shares).astype(np.int64)
    missing = int(np.floor(shares.sum() + 0.5)) - whole.sum()
    whole[np.argsort(whole - shares, kind="stable")[:missing]] += 1
    return whole


def deal(y: np.ndarray, keys: np.ndarray, folds: int) -> np.ndarray:
    """Deal the records out like cards, class after class: the fold of each, from 0."""
    fold = np.empty(len(y), dtype=np.int64)
    fold[np.lexsort((keys, y))] = np.arange(len(y)) % folds
    return fold
