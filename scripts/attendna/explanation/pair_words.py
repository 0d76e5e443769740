"""The words by which pairs of motifs are asked of a network: one for each motif of some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attendna.dna import BASES, letters, one_hot, reverse_complement
from attendna.explanation.motifs import column_information

PSEUDOCOUNT = 0.25  # sites, added to each base
TELLS = 0.5  # bits of a column from which on it is part of a word
APART = 3  # columns in a row that tell less, which make two words of a motif
SHORTEST = 4  # bases of a word; each place of a sequence would hold shorter ones by chance
ALIKE = 0.8  # more of the bases of a word agree with one that is about the same


@dataclass(frozen=True)
class Word:
    """A motif, or a part of it, as it is planted.

    Attributes
    ----------
    motif
        The name of the motif.
    label
        The class that it speaks for.
    letters
        The most frequent bases of its sites, or of a part of them.
    """

    motif: str
    label: str
    letters: str

    @property
    def width(self) -> int:
        """Its bases."""
        return len(self.letters)

    @property
    def palindrome(self) -> bool:
        """Whether it reads about the same on both strands, so that its strand means nothing."""
        return _matching(self.on("+"), self.on("-"), 0) > ALIKE * self.width

    def on(self, strand: str) -> np.ndarray:
        """Return it on a strand, uint8 (width, 4)."""
        encoded = one_hot(letters([self.letters]))[0]
        return reverse_complement(encoded) if strand == "-" else encoded


def words_of(motifs: Sequence[Mapping[str, Any]], most: int) -> list[Word]:
    """Return the words of the strongest motifs that differ from each other.

    The strongest are those whose sites contribute most in all. What looks like an earlier motif,
    or is its reverse complement, is left out: both strands of every word are planted anyway. A
    motif may hold two sites at a fixed distance: its parts are words of their own, so that other
    distances are tried too.

    Parameters
    ----------
    motifs
        The `motifs` of motifs.json.
    most
        How many words there are at most.
    """
    own = [motif for motif in motifs if motif["like"] is None]
    own.sort(key=lambda motif: -motif["sites"] * abs(motif["effect"]))
    found: list[Word] = []
    for motif in own:
        for part in parts(np.array(motif["counts"], float)):
            word = Word(motif["name"], motif["class"], part)
            if not any(_same(word, other) for other in found):
                found.append(word)
    return found[:most]


def parts(counts: np.ndarray) -> list[str]:
    """Return the most frequent bases of each informative stretch of a motif.

    Parameters
    ----------
    counts
        float (width, 4): how many sites hold A, C, G and T.
    """
    shares = counts + PSEUDOCOUNT
    shares = shares / shares.sum(axis=1, keepdims=True)
    tells = np.flatnonzero(column_information(shares, np.full(4, 0.25)) >= TELLS)
    stretches = np.split(tells, np.flatnonzero(np.diff(tells) > APART) + 1)
    bases = "".join(BASES[base] for base in shares.argmax(axis=1))
    found = [bases[stretch[0] : stretch[-1] + 1] for stretch in stretches if len(stretch)]
    return [word for word in found if len(word) >= SHORTEST]


def _same(word: Word, other: Word) -> bool:
    """Whether two words are about the same on either strand, or one holds the other."""
    long, short = sorted((word, other), key=lambda each: -each.width)
    bases = long.on("+")
    return any(
        _matching(bases, short.on(strand), shift) > ALIKE * short.width
        for strand in "+-"
        for shift in range(1 - short.width, long.width)
    )


def _matching(bases: np.ndarray, others: np.ndarray, shift: int) -> int:
    """Count the bases that agree where the second word stands `shift` further right."""
    first, last = max(0, shift), min(len(bases), shift + len(others))
    return int((bases[first:last] & others[first - shift : last - shift]).sum())
