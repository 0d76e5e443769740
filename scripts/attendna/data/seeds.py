"""Candidates for similar records: pairs that share short exact stretches, bounded in number.

Between two edits two similar records agree, so they share exact stretches: seeds. Of all stretches
of k letters those are kept whose hash is small (a fixed share, whatever record and strand they are
in), and sorted; records with the same seed are a candidate, which is looked at more closely around
the seed. The length of seeds follows from that of the records and from the identity that is asked
for, and as many are kept as it takes to find them. Where there are so many letters that too many
seeds would meet by chance, they are longer (`plan`).

Of a seed in many records not all pairs are looked at: the records are sorted by the seed that
stands next to it, and each is compared with those that follow, the nearest first, until a number of
pairs is reached that grows with the letters. The members of a family stand close to each other in
this order, and groups need only a chain of relations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb

import numpy as np

from attendna import mapped
from attendna.data.kmers import (
    WORD,
    Letters,
    in_portions,
    packed,
    portions,
)
from attendna.data.short_records import WIDEST

SHORTEST, LONGEST = 6, 16  # letters of seeds; 16 fill 32 bits
LONG = 500  # letters of records; longer ones lack seeds of 16 even less
MISSED = 0.003  # of relatives at the aimed identity, for want of one exact stretch
FAR, NEAR = 0.75, 0.5  # share of the allowed edits up to which relatives are aimed at
ENOUGH = 9.0  # seeds that two such relatives are expected to share
# How many pairs of seeds may meet by chance, where seeds are shorter the more may:
CHEAP_LETTERS = 1e8  # letters of one record of each, where edits at any places leave a seed exact
FEW_PAIRS = 1e7  # pairs, where edits at random places leave hardly any far relative without one
MOST_PAIRS = 1e8  # pairs, where they leave hardly any near relative without one
MOST_SEEDS = 3e7  # or a fifth of all letters, whichever is more
LOOKED_AT = 2  # times as many pairs of seeds are looked at, at most
BLOCK = 1 << 19  # letters at once: what they need stays in the processor's cache
SEEDS_AT_ONCE = 1 << 22
PAIRS_AT_ONCE = 1 << 18
SQUARED = 1000  # letters from which on an alignment takes time by the square of their number
ALIGNED_LETTERS = 1e8  # of pairs that share a seed by chance and are alike around it
FEWEST_PASSED, MOST_PASSED = 0.04, 0.2  # of these pairs, if that would be more or fewer
COUNTED_LETTERS, COUNTED = 1e9, (0.2, 0.4)  # likewise, where all records are short
MARGIN = 2 * WORD  # letters before the first record and after the last one


@dataclass(frozen=True)
class Seeds:
    """Which stretches are seeds.

    Attributes
    ----------
    length
        In letters.
    one_in
        One of so many stretches is kept, at least 1.
    chance_pairs
        How many pairs of them are expected to be the same by chance.
    passed
        Share of these that is aligned.
    """

    length: int
    one_in: float
    chance_pairs: float
    passed: float


def missed(length: int, edits: int, k: int) -> float:
    """Return the probability that edits leave no exact stretch of `k` letters.

    Parameters
    ----------
    length
        Of the record.
    edits
        Letters exchanged, at random places: they cut the others into `edits` + 1 stretches, all
        divisions equally likely.
    k
        Letters in a row.
    """
    total = sum(
        (-1) ** j * comb(edits + 1, j) * comb(length - j * k, edits)
        for j in range(edits + 2)
        if length - j * k >= edits
    )
    return total / comb(length, edits)


def plan(lengths: np.ndarray, length: int, identity: float, agreement: float) -> Seeds:
    """Choose seeds for records, as short as the number of chance pairs allows.

    However d edits lie in m letters, a stretch of (m - d) / (d + 1) letters is left exact.

    Parameters
    ----------
    lengths
        int64 (n,), of all records.
    length
        Of a short record among them.
    identity
        That relates.
    agreement
        Probability that two letters are the same by chance.
    """
    far, near = (_longest(length, (1 - identity) * share) for share in (FAR, NEAR))
    edits = round((1 - identity) * FAR * length)
    k = min(far, max(SHORTEST, (length - edits) // (edits + 1)))
    effort = length * (1 + length / SQUARED)  # of an alignment
    while True:
        stretches = float(np.maximum(lengths - k + 1, 0).sum())
        shared = max(length - k + 1, 1) * (1 - (1 - identity) * FAR) ** k
        most = max(MOST_SEEDS, stretches / 5)
        one_in = max(1.0, shared / ENOUGH, stretches / most)
        # Half of all pairs, of half as many different seeds as there are stretches on one strand.
        pairs = (stretches / one_in) ** 2 * agreement**k
        cheap = min(CHEAP_LETTERS / effort, FEW_PAIRS)
        if k == LONGEST or pairs <= (MOST_PAIRS if k >= near else FEW_PAIRS if k >= far else cheap):
            passed = np.clip(ALIGNED_LETTERS / effort / max(pairs, 1), FEWEST_PASSED, MOST_PASSED)
            if lengths.max() <= WIDEST:  # whose edits are counted many pairs at once
                passed = np.clip(COUNTED_LETTERS / length / max(pairs, 1), *COUNTED)
            return Seeds(k, one_in, pairs, float(passed))
        k += 1


def _longest(length: int, rate: float) -> int:
    """Return the letters of seeds that hardly any relative lacks, with so many edits a letter."""
    k, length = SHORTEST, min(length, LONG)
    while k < LONGEST and missed(length, round(rate * length), k + 1) <= MISSED:
        k += 1
    return k


# ------------------------------------------------------------------------------ pairs of seeds

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]  # record, record, turned
# The key is the seed, 31 bits of the next one, and whether it is turned.
SEED = np.dtype([("key", np.uint64), ("record", np.uint32), ("place", np.uint32)])


def candidates(
    letters: Letters,
    seeds: Seeds,
    agreement: float,
    overlap: Callable[[np.ndarray, np.ndarray], np.ndarray],
    wanted: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Iterator[Pairs]:
    """Find pairs of records that may be similar.

    Parameters
    ----------
    letters
        Of all records, known ones only.
    seeds
        See `plan`.
    agreement
        Probability that two letters are the same by chance.
    overlap
        Says how many letters of a pair must lie side by side, of the lengths of both: int64 (m,).
    wanted
        Says of two arrays of records which pairs still matter: bool (m,). It is asked again and
        again.

    Yields
    ------
    tuple
        int64 (m,), int64 (m,), bool (m,): the first record, a later one, whether one of them is
        to be turned. No pair is twice in one portion, but it may be in several.
    """
    words = Words.of(letters)
    likely = Likely.of(agreement, seeds.passed)
    bits = portions(int(len(letters.codes) / seeds.one_in), SEEDS_AT_ONCE)
    budget = int(LOOKED_AT * max(MOST_PAIRS, len(letters.codes) / 10)) >> bits
    for found in in_portions(_seeds_of(letters, seeds), SEED, bits):
        found = found[np.argsort(found["key"])]
        for first, second in _pairs((found["key"] >> np.uint64(32)).astype(np.uint32), budget):
            a, b = found[first], found[second]
            kept = a["record"] != b["record"]
            kept &= wanted(a["record"], b["record"])
            a, b = a[kept], b[kept]
            kept = _alike(words, a, b, seeds.length, overlap, likely)
            yield _distinct(a[kept], b[kept], len(letters.starts))


def _seeds_of(letters: Letters, seeds: Seeds) -> Iterator[np.ndarray]:
    """Yield the seeds of all records, of a block of letters at a time."""
    k = seeds.length
    ahead = int(np.ceil(k / seeds.one_in))  # about k letters further
    most = np.uint32(min(2**32 - 1, int(2**32 / seeds.one_in)))
    codes, lengths = letters.codes, letters.lengths
    for first in range(0, len(codes) - k + 1, BLOCK):
        block = codes[first : first + BLOCK + k - 1]
        word, turned = _canonical(block, k)
        here = np.flatnonzero(word * np.uint32(0x9E3779B1) <= most)
        record = np.searchsorted(letters.starts, first + here, side="right") - 1
        place = first + here - letters.starts[record]
        inside = place + k <= lengths[record]
        here = here[inside]
        word = word[here] * np.uint32(0x85EBCA6B)  # one to one
        padded = np.concatenate([np.zeros(ahead, np.uint32), word, np.zeros(ahead, np.uint32)])
        beside = np.where(turned[here], padded[: len(word)], padded[2 * ahead :])
        found = np.empty(len(here), SEED)
        found["record"], found["place"] = record[inside], place[inside]
        found["key"] = word.astype(np.uint64) << np.uint64(32)
        found["key"] |= (beside & np.uint32(0xFFFFFFFE)) | turned[here]
        yield found


def _is_turned(seeds: np.ndarray) -> np.ndarray:
    return (seeds["key"] & np.uint64(1)).astype(bool)


def _canonical(codes: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each k-mer on the strand where it is smaller, uint32, and whether that is the other.

    Unknown letters give meaningless ones.
    """
    known = codes & 3
    forward = packed(known, k, np.uint32)
    backward = packed((known ^ 3)[::-1], k, np.uint32)[::-1]
    return np.minimum(forward, backward), backward < forward


def _pairs(keys: np.ndarray, budget: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield places in sorted keys that hold the same one, the nearest first, in portions."""
    alive = np.flatnonzero(keys[1:] == keys[:-1])
    distance = 1
    waiting: list[tuple[np.ndarray, np.ndarray]] = []
    size = 0
    while len(alive) and budget > 0:
        for first in range(0, len(alive), PAIRS_AT_ONCE):
            some = alive[first : first + PAIRS_AT_ONCE]
            waiting.append((some, some + distance))
            size += len(some)
            if size >= PAIRS_AT_ONCE:
                yield tuple(np.concatenate(part) for part in zip(*waiting, strict=True))
                waiting, size = [], 0
        budget -= len(alive)
        distance += 1
        alive = alive[alive + distance < len(keys)]
        alive = alive[keys[alive + distance] == keys[alive]]
    if waiting:
        yield tuple(np.concatenate(part) for part in zip(*waiting, strict=True))


def _distinct(a: np.ndarray, b: np.ndarray, n: int) -> Pairs:
    """Return each pair of records once on each strand, with the smaller index first."""
    low = np.minimum(a["record"], b["record"]).astype(np.int64)
    high = np.maximum(a["record"], b["record"]).astype(np.int64)
    pairs = np.unique((low * n + high) * 2 + (_is_turned(a) != _is_turned(b)))
    return pairs // 2 // n, pairs // 2 % n, pairs % 2 == 1


# ------------------------------------------------------------------------------ around a seed


@dataclass(frozen=True)
class Words:
    """Letters as words of 32, to compare many pairs at once.

    Attributes
    ----------
    words
        uint64: two bits a letter, the first ones highest, with `MARGIN` letters on either side.
    letters
        What they hold.
    lengths
        int64 (n,), of the records.
    """

    words: np.ndarray
    letters: Letters
    lengths: np.ndarray

    @classmethod
    def of(cls, letters: Letters) -> Words:
        """Pack letters; unknown ones and the gaps become some base."""
        size = -(-(len(letters.codes) + 2 * MARGIN) // WORD)
        words = mapped.zeros(size, np.uint64)
        rows = BLOCK // WORD
        for first in range(0, size, rows):
            last = min(first + rows, size)
            begin, end = first * WORD - MARGIN, last * WORD - MARGIN
            inside = letters.codes[max(begin, 0) : max(end, 0)] & 3
            block = np.zeros(end - begin, dtype=np.uint64)
            offset = max(begin, 0) - begin
            block[offset : offset + len(inside)] = inside
            for place in range(WORD):
                words[first:last] <<= np.uint64(2)
                words[first:last] |= block[place::WORD]
        return cls(words, letters, letters.lengths)

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Return the 32 letters from each position of the codes on: uint64 (m,)."""
        positions = positions + MARGIN
        place, rest = positions >> 5, (2 * (positions & 31)).astype(np.uint64)
        high, low = self.words[place], self.words[place + 1]
        # In two steps, because a shift by all 64 bits is not defined.
        return (high << rest) | ((low >> np.uint64(1)) >> (np.uint64(63) - rest))


def _turned(words: np.ndarray) -> np.ndarray:
    """Return the reverse complement of words of 32 letters."""
    words = ~words.byteswap()
    for bits, mask in ((4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333)):
        mask = np.uint64(mask)
        words = ((words >> np.uint64(bits)) & mask) | ((words & mask) << np.uint64(bits))
    return words


def _differing(words: np.ndarray) -> np.ndarray:
    """Return one bit for each letter, the lower of its two, where an XOR of words has any."""
    return (words | (words >> np.uint64(1))) & np.uint64(0x5555555555555555)


def _alike(
    words: Words,
    a: np.ndarray,
    b: np.ndarray,
    k: int,
    overlap: Callable[[np.ndarray, np.ndarray], np.ndarray],
    likely: Likely,
) -> np.ndarray:
    """Say which pairs of seeds lie in an overlap and are more similar around it than by chance.

    By how many agree of the 32 letters before the middle of the seed and the 32 after it, as far as
    both records have them, or by how many agree in a row, where letters are put in or left out.
    """
    same = _is_turned(a) == _is_turned(b)
    length_a, length_b = words.lengths[a["record"]], words.lengths[b["record"]]
    middle = k // 2
    place_a = a["place"].astype(np.int64) + middle  # of the first letter after the middle
    before_a, after_a = place_a, length_a - place_a
    place_b = b["place"].astype(np.int64) + np.where(same, middle, k - 1 - middle)
    # The letters of b beside those of a: before the middle and from it on.
    before_b = np.where(same, place_b, length_b - place_b - 1)
    after_b = length_b - before_b
    before, after = np.minimum(before_a, before_b), np.minimum(after_a, after_b)
    result = before + after >= overlap(length_a, length_b)
    chosen = np.flatnonzero(result)
    same, before, after = same[chosen], np.minimum(before, WORD)[chosen], after[chosen]
    after = np.minimum(after, WORD)
    at_a = words.letters.starts[a["record"][chosen]] + place_a[chosen]
    at_b = words.letters.starts[b["record"][chosen]] + place_b[chosen]
    left_a, right_a = words.at(at_a - WORD), words.at(at_a)
    left_b, right_b = (
        words.at(at_b + np.where(same, -WORD, 1)),
        words.at(at_b + np.where(same, 0, 1 - WORD)),
    )
    left_b = np.where(same, left_b, _turned(left_b))
    right_b = np.where(same, right_b, _turned(right_b))
    left, right = _differing(left_a ^ left_b), _differing(right_a ^ right_b)
    run = np.minimum(before, _zeros_below(left) // 2) + np.minimum(after, _zeros_above(right) // 2)
    left <<= (2 * (WORD - before)).astype(np.uint64)  # by less than 64: the seed is on both sides
    right >>= (2 * (WORD - after)).astype(np.uint64)
    compared = before + after - k
    agreeing = compared - np.bitwise_count(left) - np.bitwise_count(right)
    result[chosen] = (agreeing >= likely.agreeing[compared]) | (run >= k + likely.run)
    return result


def _zeros_below(words: np.ndarray) -> np.ndarray:
    """Count the zeros below the lowest bit of each word, 64 where there is none."""
    return np.bitwise_count((words & -words) - np.uint64(1)).astype(np.int64)


def _zeros_above(words: np.ndarray) -> np.ndarray:
    """Count the zeros above the highest bit of each word, whose bits are never neighbours."""
    # Such a word is less than 4/3 of its highest bit, and no rounding takes it to the next one.
    return 64 - np.frexp(words.astype(np.float64))[1].astype(np.int64)


@dataclass(frozen=True)
class Likely:
    """What two records that share a seed reach by chance around it, seldom more.

    Attributes
    ----------
    agreeing
        int64 (65,): letters that agree, by how many are compared.
    run
        Letters that agree in a row, before and after the seed.
    """

    agreeing: np.ndarray
    run: int

    @classmethod
    def of(cls, agreement: float, passed: float) -> Likely:
        """Return them for letters that agree with a probability, and a share that reaches them."""
        passed /= 2  # in each of two ways
        sizes = np.arange(2 * WORD + 1)
        by_chance = [
            [comb(size, n) * agreement**n * (1 - agreement) ** (size - n) for n in range(size + 1)]
            for size in sizes.tolist()
        ]
        agreeing = [
            next((n for n in range(size + 1) if sum(chances[n:]) <= passed), size + 1)
            for size, chances in enumerate(by_chance)
        ]
        run = 0
        # Each length is as likely as any other way to divide it between the two sides.
        while agreement**run * (1 + run * (1 - agreement)) > passed:
            run += 1
        return cls(np.array(agreeing), run)
