"""Paired tests of two models on the same records: swaps of their predictions, and p-values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from attendna.evaluation.bootstrap import BLOCK, units_of

ROUNDING = 1e-12  # differences that are nearer count as equal


def swaps(
    n: int, replicates: int, seed: int | Sequence[int], groups: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Draw for which records two models swap their predictions, block by block.

    Parameters
    ----------
    n, seed, groups
        See `bootstrap.bootstrap_weights`; related records swap together.
    replicates
        Number of draws. Before them comes one in which nothing is swapped.

    Yields
    ------
    numpy.ndarray
        float64 (block, n): 1 where the two swap, else 0.
    """
    rng = np.random.default_rng(seed)
    member, units = units_of(n, groups)
    rows = max(1, BLOCK // max(2 * n, 1))  # of the predictions of both models
    yield np.zeros((1, n))
    for start in range(0, replicates, rows):
        drawn = rng.integers(0, 2, (min(rows, replicates - start), units), dtype=np.int8)
        yield drawn[:, member].astype(float)


def swap_p_value(differences: np.ndarray, ties: np.ndarray) -> float:
    """Return the p-value of "it does not matter which of two models a prediction comes from".

    If that is so, the observed difference is one of those that arise when the two models swap their
    predictions of some records, each as likely as the other, and the share of those that are at
    least as large is the p-value (a permutation test for pairs, Fisher 1935, The Design of
    Experiments; with the observed one among them, Phipson & Smyth 2010, Stat. Appl. Genet. Mol.
    Biol. 9:39). It holds in samples of any size.

    Metrics of decisions take few values, so that many draws equal the observed difference. To count
    all of them makes the p-value too large, not to count them too small, and a mid-p-value is right
    in the mean only. Here a second statistic decides, and a draw with an equal difference counts if
    that is at least as large too (Kim & Agresti 1995, J. Am. Stat. Assoc. 90:632). Where this one
    is continuous, p-values are uniform under the null; nothing is left to a random number, and two
    models with the same predictions have p = 1.

    Where no draw reaches the observed difference, as of models that differ clearly, the p-value is
    at most Hoeffding's bound for a sum of terms with random signs (1963, J. Am. Stat. Assoc.
    58:13), `2 exp(-d^2 / 2 s^2)` with the root mean square `s` of the draws: it stays useful after
    a correction for many comparisons.

    Parameters
    ----------
    differences
        (1 + replicates,), the observed difference of the two, then those after swaps.
    ties
        (1 + replicates,), differences in another metric for the same swaps.

    Returns
    -------
    float
        NaN if the observed difference is.
    """
    if np.isnan(differences[0]):
        return float("nan")
    defined = ~np.isnan(differences)
    size, second = np.abs(differences[defined]), np.abs(ties[defined])
    equal = np.abs(size - size[0]) <= ROUNDING
    extreme = ~equal & (size > size[0]) | equal & (second >= second[0] - ROUNDING)
    p_value = float(extreme.mean())
    spread = float(np.mean(size[1:] ** 2)) if len(size) > 1 else 0.0
    if extreme.sum() == 1 and spread > 0:
        p_value = min(p_value, 2 * math.exp(-(size[0] ** 2) / (2 * spread)))
    return p_value
