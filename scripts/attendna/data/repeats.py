"""Stretches that many records share although the rest of them is unlike: flanks, adapters, repeats.

Such a stretch relates records that have nothing else in common, and by a chain of them nearly all.
It is looked for, left out of the search for relatives, and named, since it is better trimmed.

A stretch of 16 letters is frequent if it is in 1% of the records of a sample, on either strand
(in 20 records at least, or in a quarter of fewer than 80). Some frequent stretches are those of
families, whose members are similar as wholes. So pairs of the records that share one are laid over
each other by it. Where both have 10 letters or more at an end of the overlap and these are unlike,
the pair is no pair of copies or windows of one sequence. A frequent stretch is shared without
kinship if that holds for half of its pairs; pairs that are related all the same, because what they
share is most of them, count only if the stretch is in more than a tenth of the records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attendna import mapped
from attendna.data.kmers import BLOCK, Letters, packed, run_starts, whole_windows
from attendna.data.similarity import Alignment, edits
from attendna.dna import BASES, COMPLEMENT, RECORDS_AT_ONCE

WIDTH = 16  # letters that fill 32 bits
SAMPLE = 20_000  # records
SAMPLED_LETTERS = 1 << 23
FREQUENT = 0.01  # share of the records of the sample
LEAST = 20  # records, or a quarter of them if that is less
FEWEST = 4
MOST_STRETCHES = 10_000  # frequent ones that are looked at, the most frequent
PAIRS = 6  # records that are compared for each
TAIL = 10  # letters at the end of an overlap that may be unlike
LONGEST_TAIL = 24
UNLIKE = 0.3  # edits a letter from which on these are
COMMON = 0.1  # share of the records in which no family is expected
BEYOND = 2  # times as frequent: what such a stretch overlaps by all letters but one
BRIDGED = 32  # letters between two shared stretches that are taken to be of them
NAMED = 5
LONGEST_NAME = 500
SAME_PLACE = 0.9  # share of the records that have it at their start or end
DEFAULT_IDENTITY = 0.8  # by which pairs are judged where no identity relates


@dataclass(frozen=True)
class Repeats:
    """What many unrelated records share.

    Attributes
    ----------
    hidden
        bool along the codes of all records: the letters of such stretches; None if there are none.
    records
        How many records have some.
    mostly
        How many records consist of them by more than half.
    stretches
        The most frequent ones: `letters`; `share`, of the records; and `place`: "start" or "end"
        of the records that have it, or "varies".
    """

    hidden: np.ndarray | None = None
    records: int = 0
    mostly: int = 0
    stretches: list[dict[str, Any]] = field(default_factory=list)


def without_repeats(letters: Letters, identity: float | None) -> tuple[Letters, Repeats]:
    """Find what many unrelated records share, and hide it.

    Parameters
    ----------
    letters
        Of all records.
    identity
        From which records are related; None: 0.8 judges what families are.

    Returns
    -------
    tuple
        The letters with `UNKNOWN` in its place, and what it is.
    """
    found = _Frequent.of(_sample(letters))
    shared = np.zeros(len(found.words), dtype=bool)
    if len(shared):
        alignment = Alignment(found.letters.known_only(), identity or DEFAULT_IDENTITY)
        shared[:] = [found.is_repeat(i, alignment) for i in range(len(shared))]
        shared &= ~_reach_beyond(found.words, found.counts)
    if not shared.any():
        return letters, Repeats()
    words = found.words[shared]
    hidden = _covered(letters, words)
    _bridge(hidden, letters)
    counts = _in_records(hidden, letters.starts)
    repeats = Repeats(
        hidden,
        int((counts > 0).sum()),
        int((counts > letters.lengths / 2).sum()),
        list(_named(found, shared)),
    )
    return letters.hiding(hidden), repeats


def _in_records(hidden: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Count in portions, because NumPy widens all that it sums: int64 (n,)."""
    counts = np.empty(len(starts), dtype=np.int64)
    bounds = np.append(starts, len(hidden))
    for first in range(0, len(starts), RECORDS_AT_ONCE):
        last = min(first + RECORDS_AT_ONCE, len(starts))
        portion = hidden[bounds[first] : bounds[last]]
        counts[first:last] = np.add.reduceat(portion, starts[first:last] - starts[first], dtype=int)
    return counts


def _sample(letters: Letters) -> Letters:
    """Return some records, evenly spaced."""
    n = len(letters.starts)
    if n == 0:
        return letters
    size = max(1, min(n, SAMPLE, SAMPLED_LETTERS * n // len(letters.codes)))
    return letters.select(np.linspace(0, n - 1, size).astype(np.int64))


def _words(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where `WIDTH` known letters stand, them as canonical words, and whether turned."""
    if len(codes) < WIDTH:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32), np.zeros(0, bool)
    here = whole_windows(codes, WIDTH)
    known = codes & 3
    forward = packed(known, WIDTH, np.uint32)[here]
    backward = packed((known ^ 3)[::-1], WIDTH, np.uint32)[::-1][here]
    return here, np.minimum(forward, backward), backward < forward


# ------------------------------------------------------------------------------ which are shared


@dataclass(frozen=True)
class _Frequent:
    """Frequent stretches of a sample, and one place of each in every record that has it.

    Attributes
    ----------
    letters
        Of the sample.
    words
        uint32 (m,), sorted.
    counts
        int64 (m,): records that have each.
    firsts
        int64 (m,): where each begins in what follows.
    records, places, turned
        int64, int64 and bool: for each word in turn the records, where in them it is, and whether
        they have its reverse complement.
    """

    letters: Letters
    words: np.ndarray
    counts: np.ndarray
    firsts: np.ndarray
    records: np.ndarray
    places: np.ndarray
    turned: np.ndarray

    @classmethod
    def of(cls, letters: Letters) -> _Frequent:
        """Count the stretches of a sample of records."""
        n = len(letters.starts)
        here, words, turned = _words(letters.codes)
        records = np.searchsorted(letters.starts, here, side="right") - 1
        key, order = np.unique(
            (words.astype(np.uint64) << np.uint64(32)) | records.astype(np.uint64),
            return_index=True,
        )
        word = (key >> np.uint64(32)).astype(np.uint32)
        begins = run_starts(word).astype(np.int64)
        counts = np.diff(begins, append=len(word))
        least = max(FREQUENT * n, min(LEAST, n // 4), FEWEST)
        kept = np.flatnonzero(counts >= least)
        if len(kept) > MOST_STRETCHES:
            kept = np.sort(kept[np.argsort(-counts[kept], kind="stable")[:MOST_STRETCHES]])
        counts = counts[kept]
        firsts = np.cumsum(counts) - counts
        entries = order[np.repeat(begins[kept] - firsts, counts) + np.arange(counts.sum())]
        records = records[entries]
        return cls(
            letters,
            word[begins[kept]],
            counts,
            firsts,
            records,
            here[entries] - letters.starts[records],
            turned[entries],
        )

    def is_repeat(self, index: int, alignment: Alignment) -> bool:
        """Say whether a stretch is shared by records that are unlike otherwise."""
        first, count = self.firsts[index], self.counts[index]
        common = count > COMMON * len(self.letters.starts)
        votes = [
            self._is_unlike(first + one, first + other, alignment, common)
            for one, other in _spread_pairs(int(count))
        ]
        return 2 * sum(votes) >= len(votes)

    def _is_unlike(self, one: int, other: int, alignment: Alignment, common: bool) -> bool:
        """Say of two records with a stretch whether they are unlike beside it."""
        turned = bool(self.turned[one] != self.turned[other])
        a, b = self._codes(one), self._codes(other)
        before_a, before_b = int(self.places[one]), int(self.places[other])
        if turned:
            b = (b ^ 3)[::-1]  # meaningless where unknown, which is unlike enough
            before_b = len(b) - before_b - WIDTH
        left = _tails_differ(a[:before_a][::-1], b[:before_b][::-1])
        right = _tails_differ(a[before_a + WIDTH :], b[before_b + WIDTH :])
        if not (left or right):
            return False
        if common:
            return True
        pair = self.records[[one, other]].tolist()
        return not alignment.related(*pair, turned)

    def _codes(self, entry: int) -> np.ndarray:
        record = self.records[entry]
        start = self.letters.starts[record]
        return self.letters.codes[start : start + self.letters.lengths[record]]


def _reach_beyond(words: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Say which of the sorted words are of a much more frequent stretch and a letter beside it.

    Beside a flank each base stands in a quarter of the records by chance.
    """
    most = np.zeros(len(words), dtype=np.int64)
    for base in range(len(BASES)):
        first = np.uint32(base << 2 * (WIDTH - 1))
        for beside in ((words << np.uint32(2)) | np.uint32(base), (words >> np.uint32(2)) | first):
            beside = np.minimum(beside, _reversed(beside))
            place = np.minimum(np.searchsorted(words, beside), len(words) - 1)
            most = np.maximum(most, np.where(words[place] == beside, counts[place], 0))
    return most >= BEYOND * counts


def _reversed(words: np.ndarray) -> np.ndarray:
    """Return the reverse complement of words."""
    result = np.zeros_like(words)
    for place in range(WIDTH):
        letter = (words >> np.uint32(2 * place)) & np.uint32(3)
        result |= (letter ^ np.uint32(3)) << np.uint32(2 * (WIDTH - 1 - place))
    return result


def _spread_pairs(count: int) -> list[tuple[int, int]]:
    """Return pairs of different numbers below `count`, from all parts of it."""
    half = count // 2
    firsts = sorted({i * half // PAIRS for i in range(PAIRS)})
    return [(first, first + half) for first in firsts]


def _tails_differ(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether two stretches that begin at a common place are unlike where one ends."""
    length = min(len(a), len(b))
    if length < TAIL:
        return False
    a, b = (b, a) if len(a) > len(b) else (a, b)
    size = min(length, LONGEST_TAIL)
    slack = size // 6  # letters that were put in or left out before
    near = b[max(0, length - size - slack) : length + slack]
    most = int(UNLIKE * size)
    return edits(a[length - size :].tobytes(), near.tobytes(), most) is None


# ------------------------------------------------------------------------------ where they are


def _covered(letters: Letters, words: np.ndarray) -> np.ndarray:
    """Return bool along the codes: the letters of stretches that are among sorted words."""
    table = np.zeros(1 << 20, dtype=bool)
    table[words >> np.uint32(12)] = True  # most others are told apart by their first letters
    hidden = mapped.zeros(len(letters.codes), bool)
    for first in range(0, len(letters.codes), BLOCK):
        here, found, _ = _words(letters.codes[first : first + BLOCK + WIDTH - 1])
        likely = table[found >> np.uint32(12)]
        here, found = here[likely], found[likely]
        place = np.minimum(np.searchsorted(words, found), len(words) - 1)
        here = first + here[words[place] == found]
        for offset in range(WIDTH):
            hidden[here + offset] = True
    return hidden


def _bridge(hidden: np.ndarray, letters: Letters) -> None:
    """Hide few letters between two hidden stretches of a record too, in place."""
    found = [np.flatnonzero(hidden[:1])]
    for first in range(0, len(hidden), BLOCK):
        some = hidden[first : first + BLOCK + 1]
        found.append(first + 1 + np.flatnonzero(some[1:] != some[:-1]))
    changes = np.concatenate(found)
    begins, ends = changes[1::2], changes[2::2]  # of what is not hidden, after the first stretch
    begins = begins[: len(ends)]
    ends_of_records = letters.starts + letters.lengths
    inside = np.searchsorted(ends_of_records, begins) == np.searchsorted(ends_of_records, ends)
    short = inside & (ends - begins <= BRIDGED)
    for begin, end in zip(begins[short].tolist(), ends[short].tolist(), strict=True):
        hidden[begin:end] = True


# ------------------------------------------------------------------------------ what they are


def most_shared(letters: Letters) -> dict[str, Any] | None:
    """Return the most frequent stretch of records, like or unlike, as in `Repeats.stretches`."""
    found = _Frequent.of(_sample(letters))
    return next(_named(found, np.ones(len(found.words), dtype=bool)), None)


def _named(found: _Frequent, shared: np.ndarray) -> Iterator[dict[str, Any]]:
    """Put overlapping stretches together, and yield the most frequent ones of what comes out."""
    counts = dict(zip(found.words[shared].tolist(), found.counts[shared].tolist(), strict=True))
    index = {int(found.words[i]): int(i) for i in np.flatnonzero(shared)}
    left = set(counts)
    n = len(found.letters.starts)
    for _ in range(NAMED):
        if not left:
            return
        word = max(left, key=lambda word: (counts[word], word))
        text, before = _extended(word, counts, left)
        entries = found.firsts[index[word]] + np.arange(counts[word])
        place, turned = _place(found, entries, len(text), before)
        yield {
            "letters": text.translate(COMPLEMENT)[::-1] if turned else text,
            "share": counts[word] / n,
            "place": place,
        }


def _text(word: int) -> str:
    return "".join(BASES[word >> 2 * (WIDTH - 1 - i) & 3] for i in range(WIDTH))


def _canonical(text: str) -> int:
    values = [
        sum(BASES.index(base) << 2 * (WIDTH - 1 - i) for i, base in enumerate(strand))
        for strand in (text, text.translate(COMPLEMENT)[::-1])
    ]
    return min(values)


def _extended(word: int, counts: dict[int, int], left: set[int]) -> tuple[str, int]:
    """Extend a word to both sides by others that are half as frequent, and use these up.

    Returns
    -------
    tuple
        The letters, and how many stand before the word.
    """
    least = counts[word] / 2
    left.discard(word)
    text, before = _text(word), 0
    for ahead in (True, False):
        while len(text) < LONGEST_NAME:
            kept = text[-WIDTH + 1 :] if ahead else text[: WIDTH - 1]
            options = [(kept + base if ahead else base + kept) for base in BASES]
            known = {option: _canonical(option) for option in options}
            fit = [o for o in options if known[o] in left and counts[known[o]] >= least]
            if not fit:
                break
            best = max(fit, key=lambda option: counts[known[option]])
            left.discard(known[best])
            text = text + best[-1] if ahead else best[0] + text
            before += not ahead
    return text, before


def _place(found: _Frequent, entries: np.ndarray, length: int, before: int) -> tuple[str, bool]:
    """Say where in the records a text is, and whether most have its reverse complement."""
    turned = found.turned[entries]
    mostly = bool(turned.mean() > 0.5)
    start = found.places[entries] - np.where(turned, length - WIDTH - before, before)
    end = found.letters.lengths[found.records[entries]] - start - length
    if (start <= 0).mean() >= SAME_PLACE:
        return "start", mostly
    if (end <= 0).mean() >= SAME_PLACE:
        return "end", mostly
    return "varies", mostly
