"""Bootstrap replicates of test records, drawn as weights.

The bootstrap resamples records, or whole groups of related ones. A replicate is not drawn as a list
of records but as weights: how often each record was drawn. A statistic that takes weights (see
`metrics`) then measures a whole block of replicates with a few matrix products.

The bootstrap is plain, not stratified: records are drawn whatever their class, so the counts of the
classes vary as they would in new data. A replicate without any record of a class leaves the
statistics that need it undefined (NaN); such replicates are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

import numpy as np

Statistic = Callable[[np.ndarray], Mapping[Hashable, np.ndarray]]
BLOCK = 200_000  # weights held at a time: 1.6 MB as float64, which a CPU's cache holds


def bootstrap_weights(
    n: int, replicates: int, seed: int | Sequence[int], groups: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Draw bootstrap replicates as weights, block by block, so that memory stays bounded.

    Parameters
    ----------
    n
        Number of records.
    replicates
        Number of replicates.
    seed
        Equal `n`, `groups`, `replicates` and `seed` give equal weights, whatever is measured with
        them: that is what pairs the replicates of two models.
    groups
        int (n,): records with equal numbers are drawn together, as many groups as there are (the
        cluster bootstrap; Davison & Hinkley 1997, section 3.8). None: every record by itself.

    Yields
    ------
    numpy.ndarray
        float64 (block, n): how often each record was drawn; without groups each row sums to `n`.
    """
    rng = np.random.default_rng(seed)
    member, units = units_of(n, groups)
    rows = max(1, BLOCK // max(n, 1))
    for start in range(0, replicates, rows):
        block = np.empty((min(rows, replicates - start), n))
        for row in block:
            drawn = np.bincount(rng.integers(0, units, units), minlength=units)
            row[:] = drawn if units == n else drawn[member]
        yield block


def units_of(n: int, groups: np.ndarray | None) -> tuple[np.ndarray, int]:
    """Return what is drawn as a whole: the number of each record's, int (n,), and how many.

    Parameters
    ----------
    n
        Number of records.
    groups
        See `bootstrap_weights`.
    """
    member = np.unique(groups, return_inverse=True)[1] if groups is not None else np.arange(n)
    return member, int(member.max(initial=-1)) + 1


def bootstrap(
    statistic: Statistic,
    n: int,
    replicates: int,
    seed: int | Sequence[int],
    groups: np.ndarray | None = None,
) -> dict[Hashable, np.ndarray]:
    """Measure the data and their bootstrap replicates.

    Parameters
    ----------
    statistic
        Takes weights (b, n) and returns arrays (b, ...) by name.
    n, replicates, seed, groups
        See `bootstrap_weights`.

    Returns
    -------
    dict
        By name an array (1 + replicates, ...): the observed value, then the replicates.
    """
    parts = [statistic(np.ones((1, n)))]
    parts += [statistic(weights) for weights in bootstrap_weights(n, replicates, seed, groups)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def effective_size(y: np.ndarray, groups: np.ndarray | None = None) -> int:
    """Count the independent records, or groups, of the rarest class: what limits every metric.

    Parameters
    ----------
    y
        int (n,), the true class.
    groups
        See `bootstrap_weights`.
    """
    groups = np.arange(len(y)) if groups is None else groups
    return min((len(np.unique(groups[y == label])) for label in np.unique(y)), default=0)
