"""What two words say together beyond what each says alone, by their distance, order and strand.

In silico, as tangermeme's `space`: both words are planted in shuffled sequences, with every number
of bases between them, and each of them alone at the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import NamedTuple

import numpy as np

from attendna.dna import reverse_complement
from attendna.explanation.pair_words import Word

# uint8 (n, length, 4) to the score of each class, float (n, classes).
Scorer = Callable[[np.ndarray], np.ndarray]
ROWS = 2048  # sequences at a time, of up to BASES_OF_A_ROW bases
BASES_OF_A_ROW = 200
SYMMETRIC = 1e-3  # between the scores of a sequence and its reverse complement, absolute


class Arrangement(NamedTuple):
    """How two words stand: the left one and the right one, by their numbers, and their strands."""

    left: int
    left_strand: str
    right: int
    right_strand: str

    @property
    def pair(self) -> tuple[int, int]:
        """The words in the order of their numbers, whatever stands left."""
        return min(self.left, self.right), max(self.left, self.right)

    @property
    def mirrored(self) -> Arrangement:
        """The same on the other strand of the sequence."""
        turned = {"+": "-", "-": "+"}
        return Arrangement(
            self.right, turned[self.right_strand], self.left, turned[self.left_strand]
        )


@dataclass(frozen=True)
class Effects:
    """What was found out about the arrangements of pairs.

    Attributes
    ----------
    words
        Those of the pairs.
    arrangements
        Of the pairs, A of them.
    gaps
        int64 (G,): bases between the words, ascending.
    beyond
        float32 (A, G, B, C): by how much the score of a class in a background is higher with both
        words than the sum of what each of them does alone; NaN where they have no room.
    above
        float32 (A, G, C): by how much it is higher, in the mean over the backgrounds, than with
        the better one of them alone and than with none.
    symmetric
        Whether a sequence and its reverse complement have the same score, so that of two
        arrangements which are each other's mirror images only one was asked for.
    """

    words: Sequence[Word]
    arrangements: Sequence[Arrangement]
    gaps: np.ndarray
    beyond: np.ndarray
    above: np.ndarray
    symmetric: bool


def is_symmetric(score: Scorer, backgrounds: np.ndarray, words: Sequence[Word]) -> bool:
    """Whether sequences with one of the words and their reverse complements score alike."""
    length = backgrounds.shape[1]
    x = np.concatenate([backgrounds] * (len(words) + 1))
    for word, part in zip(words, np.split(x, len(words) + 1)[1:], strict=True):
        start = max(0, (length - word.width) // 2)
        part[:, start : start + word.width] = word.on("+")[: length - start]
    turned = np.ascontiguousarray(reverse_complement(x))
    return bool(np.abs(score(x) - score(turned)).max(initial=0) <= SYMMETRIC)


def arrangements_of(words: Sequence[Word], symmetric: bool) -> list[Arrangement]:
    """Return every arrangement of every pair of words, also of a word with itself.

    A word that reads the same on both strands stands on "+" only. Where mirror images say the same,
    one of them is left out: rather the one with its left word, or else its lower one, on "+".
    """
    strands = ["+" if word.palindrome else "+-" for word in words]
    found: dict[Arrangement, None] = {}
    for pair in combinations_with_replacement(range(len(words)), 2):
        every = {
            Arrangement(left, one, right, other)
            for left, right in {pair, pair[::-1]}
            for one, other in product(strands[left], strands[right])
        }
        for arrangement in sorted(every, key=_plain_first):
            image = _readable(arrangement.mirrored, strands)
            if not (symmetric and image in found):
                found[arrangement] = None
    return list(found)


def _plain_first(arrangement: Arrangement) -> tuple:
    """Sort by how many words stand on "-", then by which is left."""
    minus = (arrangement.left_strand == "-") + (arrangement.right_strand == "-")
    return minus, arrangement.left, arrangement.left_strand, arrangement.right_strand


def _readable(arrangement: Arrangement, strands: Sequence[str]) -> Arrangement:
    """Put what stands on no strand in particular on "+"."""
    left, one, right, other = arrangement
    one = one if one in strands[left] else "+"
    return Arrangement(left, one, right, other if other in strands[right] else "+")


def effects(
    score: Scorer,
    backgrounds: np.ndarray,
    words: Sequence[Word],
    gaps: Sequence[int],
    symmetric: bool,
) -> Effects:
    """Plant every pair of words in every arrangement and at every distance.

    A pair stands in the middle of the background. Only what differs is scored: a word alone at one
    place serves all pairs that have it there.

    Parameters
    ----------
    score
        What is asked.
    backgrounds
        uint8 (B, length, 4).
    words
        Which.
    gaps
        Bases between them, ascending.
    symmetric
        See `is_symmetric`.
    """
    every = arrangements_of(words, symmetric)
    length = backgrounds.shape[1]
    plans = [[places(words, each, gap, length) for gap in gaps] for each in every]
    singles = {place: None for plan in plans for pair in plan for place in pair or ()}
    sets = [[], *([place.planted(words)] for place in singles)]
    none, *alone = scored(score, backgrounds, sets)
    of_single = dict(zip(singles, alone, strict=True))
    shape = (len(every), len(gaps), len(backgrounds), none.shape[1])
    beyond = np.full(shape, np.nan, np.float32)
    above = np.full((*shape[:2], shape[3]), np.nan, np.float32)
    asked = [(a, g, pair) for a, plan in enumerate(plans) for g, pair in enumerate(plan) if pair]
    sets = [[place.planted(words) for place in pair] for *_, pair in asked]
    for (a, g, pair), both in zip(asked, scored(score, backgrounds, sets), strict=True):
        one, other = (of_single[place] for place in pair)
        beyond[a, g] = both - one - other + none
        highest = np.max([each.mean(axis=0) for each in (none, one, other)], axis=0)
        above[a, g] = both.mean(axis=0) - highest
    return Effects(words, every, np.asarray(gaps, np.int64), beyond, above, symmetric)


Planted = tuple[int, np.ndarray]  # the leftmost base, and uint8 (width, 4)


class Place(NamedTuple):
    """Where a word stands: its number, its strand, its leftmost base."""

    word: int
    strand: str
    start: int

    def planted(self, words: Sequence[Word]) -> Planted:
        """Return what is written there."""
        return self.start, words[self.word].on(self.strand)


def places(
    words: Sequence[Word], arrangement: Arrangement, gap: int, length: int
) -> tuple[Place, Place] | None:
    """Return where the words of a pair stand, in the middle; None where they have no room."""
    left, one, right, other = arrangement
    widths = words[left].width, words[right].width
    start = (length - widths[0] - gap - widths[1]) // 2
    if start < 0:
        return None
    return Place(left, one, start), Place(right, other, start + widths[0] + gap)


def scored(
    score: Scorer, backgrounds: np.ndarray, sets: Sequence[Sequence[Planted]]
) -> Iterator[np.ndarray]:
    """Yield for each set of words the scores float32 (B, C) with it planted in each background."""
    count, length = backgrounds.shape[:2]
    rows = max(1, ROWS * BASES_OF_A_ROW // max(length, BASES_OF_A_ROW))
    size = max(1, rows // count)
    for first in range(0, len(sets), size):
        some = sets[first : first + size]
        x = np.broadcast_to(backgrounds, (len(some), *backgrounds.shape)).copy()
        for filled, plantings in zip(x, some, strict=True):
            for start, bases in plantings:
                filled[:, start : start + len(bases)] = bases
        scores = np.asarray(score(x.reshape(-1, *x.shape[2:])), np.float32)
        yield from scores.reshape(len(some), count, -1)
