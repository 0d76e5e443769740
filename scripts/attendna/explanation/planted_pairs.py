"""Which of the pairs that were planted in simulated data were found as rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from attendna.explanation.pair_effects import Arrangement
from attendna.explanation.pair_rules import Rule
from attendna.explanation.pair_words import Word
from attendna.simulation.grammar import Site, Unit, reverse_complement
from attendna.simulation.specification import Simulation

PSEUDOCOUNT = 0.01  # of a probability, added to each base of a planted matrix
RECOGNISED = 0.6  # of the highest score of a planted matrix, from which on a word is a site of it
OTHER = {"+": "-", "-": "+"}


@dataclass(frozen=True)
class PlantedPair:
    """Two sites that a class has at a distance.

    Attributes
    ----------
    label
        The class.
    left, left_strand, right, right_strand
        The sites, as they stand on one of the strands.
    first_gap, last_gap
        Bases between them.
    adjacent
        Whether no other site of the unit stands between them; what follows from other distances
        need not be found.
    """

    label: str
    left: str
    left_strand: str
    right: str
    right_strand: str
    first_gap: int
    last_gap: int
    adjacent: bool = True

    @property
    def mirrored(self) -> PlantedPair:
        """The same on the other strand."""
        return replace(
            self,
            left=self.right,
            left_strand=OTHER[self.right_strand],
            right=self.left,
            right_strand=OTHER[self.left_strand],
        )

    @property
    def arrangement(self) -> tuple[str, str, str, str]:
        """Which sites, in which order and on which strands."""
        return self.left, self.left_strand, self.right, self.right_strand


@dataclass(frozen=True)
class Likeness:
    """How a word is a site of a planted motif.

    Attributes
    ----------
    name
        Of the planted motif.
    strand
        On which strand of the word it reads.
    before, after
        By how many bases it begins before the word and ends after it; below 0: within.
    """

    name: str
    strand: str
    before: int
    after: int

    def on(self, strand: str) -> Likeness:
        """Return it for the word on a strand."""
        if strand == "+":
            return self
        return Likeness(self.name, OTHER[self.strand], self.after, self.before)


def planted_pairs(simulation: Simulation) -> list[PlantedPair]:
    """Return the pairs that were planted in some class and not alike in all, each on one strand."""
    same = set(simulation.classes[0].units).intersection(*(c.units for c in simulation.classes))
    found: dict[tuple, PlantedPair] = {}
    for spec in simulation.classes:
        for unit in (unit for unit in spec.units if unit not in same):
            for pair in _pairs(spec.name, unit):
                image = pair.mirrored
                if _key(image) in found and image.arrangement != pair.arrangement:
                    pair = image
                before = found.get(_key(pair), pair)
                found[_key(pair)] = replace(
                    before,
                    first_gap=min(before.first_gap, pair.first_gap),
                    last_gap=max(before.last_gap, pair.last_gap),
                )
    return list(found.values())


def _key(pair: PlantedPair) -> tuple:
    return pair.label, pair.arrangement, pair.adjacent


def _pairs(label: str, unit: Unit) -> list[PlantedPair]:
    """Return each two sites of each variant of a unit."""
    found = []
    for variant in unit.variants:
        for (i, left), (j, right) in combinations(enumerate(variant.sites), 2):
            gap = right.offset - left.end
            standing = left.name, left.strand, right.name, right.strand
            found.append(PlantedPair(label, *standing, gap, gap, j == i + 1))
    return found


def planted_sites(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return the matrices of what was planted, float (width, 4), as each reads on its own strand.

    Of several motifs with one name the first.
    """
    found: dict[str, np.ndarray] = {}
    for site in _sites(simulation):
        own = site.matrix if site.strand == "+" else reverse_complement(site.matrix)
        found.setdefault(site.name, np.array(own))
    return found


def _sites(simulation: Simulation) -> list[Site]:
    variants = [v for spec in simulation.classes for unit in spec.units for v in unit.variants]
    return [site for variant in variants for site in variant.sites]


def likeness(word: Word, matrices: Mapping[str, np.ndarray]) -> Likeness | None:
    """Return of which planted motif a word is a site; None if of none.

    The one whose log-odds, where it lies best on the word, are the highest share of what they can
    be, and at least `RECOGNISED`; bases of the motif beyond the word count nothing.
    """
    best, highest = None, RECOGNISED
    for name, matrix in matrices.items():
        odds = np.log2((matrix + PSEUDOCOUNT) / (1 + 4 * PSEUDOCOUNT) / 0.25)
        most = odds.max(axis=1).sum()
        for strand in "+-":
            own = odds if strand == "+" else odds[::-1, ::-1]
            for start in range(1 - len(own), word.width):
                first, last = max(0, start), min(word.width, start + len(own))
                score = (word.on("+")[first:last] * own[first - start : last - start]).sum()
                if most > 0 and score / most > highest:
                    highest = score / most
                    best = Likeness(name, strand, -start, start + len(own) - word.width)
    return best


@dataclass(frozen=True)
class Recovered:
    """A planted pair, and what was found of it.

    Attributes
    ----------
    pair
        What was planted.
    expected
        By the arrangement of two words that are sites of the pair, the first and the last number of
        bases between them that was planted; empty where a site has no word.
    rule
        The number of the rule that finds it, or None.
    first_gap, last_gap
        Bases between its sites by that rule.
    """

    pair: PlantedPair
    expected: Mapping[Arrangement, tuple[int, int]]
    rule: int | None
    first_gap: int = 0
    last_gap: int = 0

    @property
    def shared(self) -> int:
        """How many of the planted distances the rule names."""
        first, last = self.pair.first_gap, self.pair.last_gap
        both = min(last, self.last_gap) - max(first, self.first_gap) + 1
        return 0 if self.rule is None else both


def recovered(
    rules: Sequence[Rule],
    words: Sequence[Word],
    classes: Sequence[str],
    simulation: Simulation,
) -> tuple[list[Recovered], list[bool]]:
    """Compare rules with what was planted.

    A planted pair is found if a rule for its class has words that are sites of it, in its order and
    on its strands, or all of that turned, and at one of its distances.

    Parameters
    ----------
    rules
        What was found, the strongest first.
    words, classes
        What their numbers mean.
    simulation
        How the data were made.

    Returns
    -------
    list of Recovered
        One for each planted pair of neighbours.
    list of bool
        For each rule whether it was planted.
    """
    matrices = planted_sites(simulation)
    alike = [likeness(word, matrices) for word in words]
    found, was_planted = [], [False] * len(rules)
    for pair in planted_pairs(simulation):
        expected = _expected(pair, words, alike) | _expected(pair.mirrored, words, alike)
        first = None
        for number, rule in enumerate(rules):
            gaps = expected.get(rule.arrangement)
            if gaps is None or classes[rule.label] != pair.label:
                continue
            if rule.first_gap <= gaps[1] and gaps[0] <= rule.last_gap:
                was_planted[number] = True
                first = number if first is None else first
        if pair.adjacent:
            found.append(_recovered(pair, expected, rules, first))
    return found, was_planted


def _recovered(
    pair: PlantedPair,
    expected: Mapping[Arrangement, tuple[int, int]],
    rules: Sequence[Rule],
    number: int | None,
) -> Recovered:
    """Put together what was found of a pair, in bases between its sites."""
    if number is None:
        return Recovered(pair, expected, None)
    rule = rules[number]
    nearer = expected[rule.arrangement][0] - pair.first_gap
    return Recovered(pair, expected, number, rule.first_gap - nearer, rule.last_gap - nearer)


def _expected(
    pair: PlantedPair, words: Sequence[Word], alike: Sequence[Likeness | None]
) -> dict[Arrangement, tuple[int, int]]:
    """Return in which arrangements of words, and with how many bases between, a pair stands."""
    found = {}
    for left, left_like in enumerate(alike):
        for right, right_like in enumerate(alike):
            if left_like is None or right_like is None:
                continue
            if (left_like.name, right_like.name) != (pair.left, pair.right):
                continue
            one = "+" if left_like.strand == pair.left_strand else "-"
            other = "+" if right_like.strand == pair.right_strand else "-"
            more = left_like.on(one).after + right_like.on(other).before
            gaps = pair.first_gap + more, pair.last_gap + more
            # As it is asked for: a palindrome stands on "+", whichever of its sites is meant.
            one = "+" if words[left].palindrome else one
            other = "+" if words[right].palindrome else other
            found[Arrangement(left, one, right, other)] = gaps
    return found
