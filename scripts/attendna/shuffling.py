"""Shuffling a sequence so that it keeps how often each pair of neighbours occurs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product

import numpy as np

from attendna.dna import BASES, decode, one_hot

_STRETCH = re.compile(f"[{BASES}]+")


def shuffle_dinucleotides(sequence: str, rng: np.random.Generator) -> str:
    """Shuffle a sequence and keep how often each pair of neighbours occurs.

    A sequence is a walk along the edges from each letter to the next; each walk that uses the same
    edges has the same dinucleotides, and hence letters, and begins and ends as the first does. One
    of them is drawn, each as likely as any other: by the letters at which the walk leaves each
    base for the last time, which form a tree towards the end, and an order of all other edges.

    Letters other than A, C, G and T stay where they are, and each stretch between them is shuffled
    on its own: so masked or padded places don't tell a shuffled sequence from its model, and pairs
    that contain such a letter are kept as well.

    Parameters
    ----------
    sequence
        Upper-case IUPAC letters.
    rng
        What draws.

    References
    ----------
    Altschul & Erikson 1985, Mol. Biol. Evol. 2:526-538.
    """
    return _STRETCH.sub(lambda match: _shuffle_stretch(match[0], rng), sequence)


def shuffle_encoded(x: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """Shuffle encoded sequences, see `shuffle_dinucleotides`.

    Parameters
    ----------
    x
        uint8 (n, length, 4). Padding, and letters that stand for several bases, stay in place.
    seed
        Of the shuffles, with the number of the row: each has a stream of its own.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length, 4), a copy.
    """
    rows = decode(x)
    for i, row in enumerate(rows):
        drawn = shuffle_dinucleotides(
            row.tobytes().decode("ascii"), np.random.default_rng([*seed, i])
        )
        row[:] = np.frombuffer(drawn.encode("ascii"), np.uint8)
    return one_hot(rows)


def _shuffle_stretch(sequence: str, rng: np.random.Generator) -> str:
    if len(sequence) < 4:  # no other walk begins and ends alike
        return sequence
    codes = _CODES[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]
    counts = np.bincount(codes[:-1] * 4 + codes[1:], minlength=16).reshape(4, 4)
    last = int(codes[-1])
    present = tuple(sorted(set(codes.tolist()) - {last}))
    exits = _draw_exits(counts, present, last, rng)
    ways = []
    for base in range(4):
        others = counts[base].copy()
        if base in exits:
            others[exits[base]] -= 1
        order = rng.permutation(np.repeat(np.arange(4), others)).tolist()
        ways.append(iter(order + [exits[base]] if base in exits else order))
    walk = [int(codes[0])]
    for _ in range(len(sequence) - 1):
        walk.append(next(ways[walk[-1]]))
    return "".join(BASES[base] for base in walk)


_CODES = np.zeros(256, dtype=np.int64)
_CODES[list(BASES.encode())] = range(4)


def _draw_exits(
    counts: np.ndarray, present: tuple[int, ...], last: int, rng: np.random.Generator
) -> dict[int, int]:
    """Draw the edge by which a walk leaves each base for the last time, as likely as its walks."""
    if not present:
        return {}
    trees = _trees(present, last)
    weights = counts[np.array(present), trees].prod(axis=1).cumsum()
    tree = trees[np.searchsorted(weights, rng.integers(weights[-1]), side="right")]
    return dict(zip(present, tree.tolist(), strict=True))


@cache
def _trees(present: tuple[int, ...], last: int) -> np.ndarray:
    """Int (trees, bases): to which base an edge leads from each, so that all lead to the last."""
    trees = []
    for tree in product((*present, last), repeat=len(present)):
        ways = dict(zip(present, tree, strict=True))
        if all(_leads_to(last, base, ways) for base in present):
            trees.append(tree)
    return np.array(trees)


def _leads_to(last: int, base: int, ways: Mapping[int, int]) -> bool:
    for _ in ways:
        base = ways[base]
        if base == last:
            return True
    return False
