"""Scorers of sequences whose rules are known by hand, and words to ask them about."""

from collections.abc import Callable
from itertools import product

import numpy as np
from matrices import matrix
from small_networks import random_letters

from attendna.dna import one_hot
from attendna.explanation.pair_effects import Scorer
from attendna.explanation.pair_words import Word

WORDS = [Word("first", "hit", "GATTACAG"), Word("second", "hit", "CCGTTTGC")]
OTHER = {"+": "-", "-": "+"}


def motif(name, consensus, sites=50, effect=2.0, like=None, weak=()):
    """An entry of motifs.json; columns at `weak` tell nothing."""
    counts = matrix(consensus) * sites
    counts[list(weak)] = sites / 4
    return {
        "name": name,
        "class": "hit",
        "sites": sites,
        "effect": effect,
        "counts": counts.tolist(),
        "like": like,
    }


def backgrounds(count: int = 8, length: int = 60, seed: int = 5) -> np.ndarray:
    """Random sequences."""
    return one_hot(random_letters(count, length, seed))


def sites(x: np.ndarray, letters: str, strand: str) -> np.ndarray:
    """bool (n, length): whether a word stands on a strand, its leftmost base here."""
    bases = x @ np.arange(4, dtype=np.uint8)
    word = Word("", "", letters).on(strand) @ np.arange(4, dtype=np.uint8)
    found = np.zeros(bases.shape, bool)
    places = bases.shape[1] - len(word) + 1
    found[:, :places] = True
    for i, base in enumerate(word):
        found[:, :places] &= bases[:, i : i + places] == base
    return found


def noise(x: np.ndarray) -> np.ndarray:
    """float (n,): a little that depends on all bases, the same on both strands."""
    weights = np.random.default_rng(0).normal(size=x.shape[1:])
    both = weights + weights[::-1, ::-1]
    return 0.1 * np.sin(x.reshape(len(x), -1) @ both.ravel())


def together(x: np.ndarray, arrangement: tuple, gaps: range, turned: bool = True) -> np.ndarray:
    """bool (n,): whether two words stand as (letters, strand, letters, strand), or mirrored."""
    left, one, right, other = arrangement
    standing = np.zeros(len(x), bool)
    for gap in gaps:
        shift = len(left) + gap
        first = sites(x, left, one)[:, : x.shape[1] - shift]
        standing |= (first & sites(x, right, other)[:, shift:]).any(axis=1)
    if turned:
        image = (right, OTHER[other], left, OTHER[one])
        standing |= together(x, image, gaps, turned=False)
    return standing


def alone(x: np.ndarray, word: Word, strands: str = "+-") -> np.ndarray:
    """float (n,): 1 where a word stands anywhere."""
    return np.any([sites(x, word.letters, s).any(axis=1) for s in strands], axis=0).astype(float)


def two_classes(logit: Callable[[np.ndarray], np.ndarray]) -> Scorer:
    """Scores of the classes "other" and "hit" from the log-odds of the second."""
    return lambda x: np.stack([-logit(x), logit(x)], axis=1)


def pair_scorer(arrangement: tuple, gaps: range, turned: bool = True, rise: float = 6) -> Scorer:
    """Two words each raise the score, and more so in one arrangement at some distances."""

    def logit(x):
        plain = 2 * alone(x, WORDS[0]) + 1.5 * alone(x, WORDS[1]) + noise(x)
        return plain + rise * together(x, arrangement, gaps, turned)

    return two_classes(logit)


def arrangement_letters(strands: str, swapped: bool = False) -> tuple:
    """The two words on these strands, the second one left if swapped."""
    left, right = WORDS[::-1] if swapped else WORDS
    return left.letters, strands[0], right.letters, strands[1]


EVERY = [(a + b, swapped) for a, b in product("+-", repeat=2) for swapped in (False, True)]
