"""Pairs of records that are similar, found by seeds and decided by an alignment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from attendna.data.kmers import Letters
from attendna.data.seeds import candidates, plan
from attendna.data.short_records import WIDEST, ShortRecords
from attendna.data.similarity import Alignment, window_length

SHORT = 0.01  # share of the records that may be shorter than those that seeds are chosen for
MOST_IN_VAIN = 50  # alignments a record, on average, that relate nobody
QUICK = 1.2e10  # cells of alignments that take seconds: so many in vain are no reason to stop


def similar_pairs(
    letters: Letters,
    identity: float,
    wanted: Callable[[np.ndarray, np.ndarray], np.ndarray],
    on_stop: Callable[[], None] | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Find pairs of records that are similar, see `similarity`.

    Not all of them: of records that are all similar to each other some pairs are found that join
    them. How many relatives are found is measured in benchmarks/relatives.py.

    Parameters
    ----------
    letters
        Of the records, without what is not to be compared.
    identity
        From which two records are related.
    wanted
        Says of two arrays of records which pairs still matter, bool; it is asked for each portion
        of candidates.
    on_stop
        Is called if the search ends early, because far too many records are alike but not related.

    Yields
    ------
    tuple
        int64 (m,) and int64 (m,): the two records of each pair, the smaller index first.
    """
    letters = letters.known_only()
    lengths = letters.lengths
    if not lengths.any():
        return
    alignment = Alignment(letters, identity)
    short = int(np.quantile(lengths[lengths > 0], SHORT, method="lower"))
    seeds = plan(lengths, short, identity, alignment.agreement)

    def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        shorter = np.minimum(a, b)
        return np.ceil(shorter * (window_length(1000) / 1000) * identity).astype(np.int64)

    quick = ShortRecords(letters) if lengths.max() <= WIDEST else None
    tried = InVain(len(lengths))
    most = max(MOST_IN_VAIN * len(lengths), int(QUICK / np.mean(lengths.astype(np.float64) ** 2)))
    for a, b, turned in candidates(letters, seeds, alignment.agreement, overlap, wanted):
        new = ~tried.has(a, b, turned)
        a, b, turned = a[new], b[new], turned[new]
        if quick is not None:
            near = alignment.near_enough(a, b, turned, quick)
            a, b, turned = a[near], b[near], turned[near]
        found = np.fromiter(
            map(alignment.related, a.tolist(), b.tolist(), turned.tolist()), bool, len(a)
        )
        tried.add(a[~found], b[~found], turned[~found])
        if found.any():
            yield a[found], b[found]
        if tried.count > most:
            if on_stop is not None:
                on_stop()
            return


def similar_within(
    letters: Letters,
    y: np.ndarray,
    identity: float,
    on_stop: Callable[[], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Say which records are similar to another one.

    Parameters
    ----------
    letters, identity, on_stop
        See `similar_pairs`.
    y
        int (n,), the class of each record.

    Returns
    -------
    tuple
        bool (n,) each: to another record of its own class; to a record of another class.
    """
    within, between = np.zeros((2, len(y)), dtype=bool)

    def unknown(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return ~np.where(y[a] == y[b], within[a] & within[b], between[a] & between[b])

    for a, b in similar_pairs(letters, identity, unknown, on_stop):
        same = y[a] == y[b]
        for found, some in ((within, same), (between, ~same)):
            found[a[some]] = found[b[some]] = True
    return within, between


class InVain:
    """Pairs that were aligned and are not related, so that few are aligned again."""

    def __init__(self, n: int) -> None:
        """Start with none, of `n` records."""
        self.n = n
        self.count = 0
        self._sorted = np.zeros(0, dtype=np.int64)
        self._recent: list[np.ndarray] = []

    def has(self, a: np.ndarray, b: np.ndarray, turned: np.ndarray) -> np.ndarray:
        """Say of each pair whether it was added; of those added last it may be unknown."""
        keys = self._keys(a, b, turned)
        if not len(self._sorted):
            return np.zeros(len(keys), dtype=bool)
        place = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return self._sorted[place] == keys

    def add(self, a: np.ndarray, b: np.ndarray, turned: np.ndarray) -> None:
        """Add pairs."""
        self._recent.append(self._keys(a, b, turned))
        self.count += len(a)
        if self.count > 1.25 * len(self._sorted):  # so that all are sorted seldom
            self._sorted = np.sort(np.concatenate([self._sorted, *self._recent]))
            self._recent = []

    def _keys(self, a: np.ndarray, b: np.ndarray, turned: np.ndarray) -> np.ndarray:
        return (a * self.n + b) * 2 + turned
