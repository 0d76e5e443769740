"""K-mers of records: letters as codes, and the stretches that several records share.

Stretches are found exactly. Every k-mer of every record is looked at, in its canonical form (the
smaller of itself and its reverse complement), packed as two bits a base. Up to 32 bases are one
64-bit word, and equal words are equal k-mers; of longer ones the words are hashed to 64 bits, and
k-mers with the same hash are compared base by base, so that a collision relates nobody. No k-mer is
skipped: two records that share k bases in a row on either strand are always found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from attendna import mapped
from attendna.dna import BASES, RECORDS_AT_ONCE

WORD = 32  # bases in 64 bits
UNKNOWN = 4  # the code of a letter that is not A, C, G or T, and of the gap between records
BLOCK = 1 << 21  # letters whose k-mers are packed at once
AT_ONCE = 1 << 23  # k-mers that are sorted at once: 0.4 GB
MOST_FILES = 512  # in which the others wait


def _code_table() -> np.ndarray:
    """uint8 (256,): 0 to 3 for A, C, G and T (or U), `UNKNOWN` for every other byte."""
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for code, base in enumerate(BASES):
        table[ord(base)] = code
    table[ord("U")] = table[ord("T")]
    return table


CODES = _code_table()


@dataclass(frozen=True)
class Letters:
    """The letters of records as codes, one record after another.

    Attributes
    ----------
    codes
        uint8 (letters + n,): 0 to 3 for A, C, G and T, `UNKNOWN` for others and after each record.
        Of many records they are mapped from a file.
    starts
        int64 (n,): where each record begins.
    """

    codes: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, sequences: Sequence[str]) -> Letters:
        """Return those of sequences, upper-case IUPAC of any length."""
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences)) + 1
        ends = np.cumsum(lengths)
        codes = mapped.zeros(int(lengths.sum()), np.uint8)
        for first in range(0, len(sequences), RECORDS_AT_ONCE):
            some = sequences[first : first + RECORDS_AT_ONCE]
            text = np.frombuffer("\n".join([*some, ""]).encode("ascii"), dtype=np.uint8)
            end = ends[first + len(some) - 1]
            codes[end - len(text) : end] = CODES[text]
        return cls(codes, ends - lengths)

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,): how many letters each record has."""
        return np.diff(self.starts, append=len(self.codes)) - 1

    def select(self, records: np.ndarray) -> Letters:
        """Return those of some records."""
        lengths = self.lengths[records] + 1
        ends = np.cumsum(lengths)
        shift = np.repeat(self.starts[records] - (ends - lengths), lengths)
        return Letters(self.codes[np.arange(len(shift)) + shift], ends - lengths)

    def hiding(self, hidden: np.ndarray) -> Letters:
        """Return them with `UNKNOWN` where `hidden`, bool along `codes`, is true."""
        codes = mapped.zeros(len(self.codes), np.uint8)
        for first in range(0, len(codes), BLOCK):
            block = slice(first, first + BLOCK)
            codes[block] = np.where(hidden[block], np.uint8(UNKNOWN), self.codes[block])
        return replace(self, codes=codes)

    def known_only(self) -> Letters:
        """Return them without the letters that are unknown; what stands around these is joined."""
        lengths = self.lengths + 1
        for first, kept in self._known_or_gap():
            lost = first + np.flatnonzero(~kept)
            if len(lost):
                owners = np.searchsorted(self.starts, lost, side="right") - 1
                lengths -= np.bincount(owners, minlength=len(lengths))
        total = int(lengths.sum())
        if total == len(self.codes):
            return self
        codes, end = mapped.zeros(total, np.uint8), 0
        for first, kept in self._known_or_gap():
            some = self.codes[first : first + BLOCK][kept]
            codes[end : end + len(some)] = some
            end += len(some)
        return Letters(codes, np.cumsum(lengths) - lengths)

    def _known_or_gap(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield where each block of codes begins, and which of it are known or after a record."""
        gaps = self.starts + self.lengths
        for first in range(0, len(self.codes), BLOCK):  # so that the indices stay few
            kept = self.codes[first : first + BLOCK] != UNKNOWN
            inside = gaps[np.searchsorted(gaps, first) : np.searchsorted(gaps, first + BLOCK)]
            kept[inside - first] = True
            yield first, kept


def shared_kmers(
    letters: Letters, k: int, at_once: int = AT_ONCE
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Find the k-mers that stand in two records or more, on either strand.

    In portions of about `at_once` k-mers, chosen by their hash, so that memory stays bounded. Where
    there are several, they wait in temporary files, with 12 bytes a k-mer.

    Parameters
    ----------
    letters
        Of the records. A k-mer with an unknown letter is left out, and so are records of fewer
        than `k` letters.
    k
        Length of the k-mers, at least 1.
    at_once
        How many k-mers to sort at once.

    Yields
    ------
    kmers
        int64 (m,), sorted: numbers of k-mers, from 0 in each portion. A k-mer and its reverse
        complement have one number.
    records
        int64 (m,): a record that has it, at least two different ones for each k-mer; a record
        stands there as often as it has the k-mer.
    """
    if k < 1:
        raise ValueError(f"k: expected at least 1, received {k}")
    codes = letters.codes
    entry = np.dtype([("key", np.uint64), ("position", position_type(len(codes)))])
    blocks = (_entries(codes, first, k, entry) for first in range(0, len(codes) - k + 1, BLOCK))
    for entries in in_portions(blocks, entry, portions(len(codes), at_once)):
        positions = entries["position"].astype(np.int64)
        kmers, positions = _repeated(entries["key"].copy(), positions)
        if k > WORD:
            kmers, positions = _told_apart(codes, positions, kmers, k)
        records = np.searchsorted(letters.starts, positions, side="right") - 1
        kept = _in_several(kmers, records)
        if kept.any():
            kmers = kmers[kept]
            begins = run_starts(kmers)
            numbers = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(kmers)))
            yield numbers, records[kept]


def related_within(letters: Letters, y: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Say which records share k bases in a row, on either strand, with another one.

    Parameters
    ----------
    letters
        See `shared_kmers`.
    y
        int (n,), the class of each record.
    k
        Length of the stretch.

    Returns
    -------
    tuple
        bool (n,) each: with another record of its own class; with a record of another class.
    """
    within, between = np.zeros((2, len(y)), dtype=bool)
    for kmers, records in shared_kmers(letters, k):
        between[records[_in_several(kmers, y[records])]] = True
        for number in np.unique(y):
            own = y[records] == number
            of_class = records[own]
            within[of_class[_in_several(kmers[own], of_class)]] = True
    return within, between


def run_starts(values: np.ndarray) -> np.ndarray:
    """Return where each run of equal values begins, int64."""
    return np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else values


def _in_several(kmers: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Say of each entry whether its k-mer (sorted) has two different owners or more."""
    if not len(kmers):
        return np.zeros(0, dtype=bool)
    begins = run_starts(kmers)
    several = np.minimum.reduceat(owners, begins) != np.maximum.reduceat(owners, begins)
    return np.repeat(several, np.diff(begins, append=len(kmers)))


def position_type(letters: int) -> type:
    """Return the smallest type that holds a position in so many letters."""
    return np.uint32 if letters <= 1 << 32 else np.int64


def portions(entries: int, at_once: int = AT_ONCE) -> int:
    """Return the bits of a key by which entries are divided so that about `at_once` stay."""
    bits = max(0, (entries - 1).bit_length() - (at_once - 1).bit_length())
    return min(bits, MOST_FILES.bit_length() - 1)


def in_portions(blocks: Iterable[np.ndarray], entry: np.dtype, bits: int) -> Iterator[np.ndarray]:
    """Collect entries and yield them in portions by the first `bits` of their key.

    Parameters
    ----------
    blocks
        Structured arrays of the type `entry`.
    entry
        With a field `key`, uint64.
    bits
        With 0 there is one portion, and no temporary files.
    """
    if bits == 0:
        yield np.concatenate([np.zeros(0, entry), *blocks])
        return
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(1 << bits)]
        for entries in blocks:
            portion = (entries["key"] >> np.uint64(64 - bits)).astype(np.uint16)
            order = np.argsort(portion, kind="stable")
            bounds = np.searchsorted(portion[order], np.arange(len(files) + 1))
            entries = entries[order]
            for file, first, last in zip(files, bounds[:-1], bounds[1:], strict=True):
                file.write(entries[first:last].tobytes())
        for file in files:
            file.seek(0)
            yield np.frombuffer(file.read(), entry)
            file.close()


def _entries(codes: np.ndarray, first: int, k: int, entry: np.dtype) -> np.ndarray:
    """Return where the k-mers of a block begin, and their hashes."""
    block = codes[first : first + BLOCK + k - 1]
    here = whole_windows(block, k)
    entries = np.empty(len(here), entry)
    entries["key"], entries["position"] = _hashes(block, k)[here], first + here
    return entries


def whole_windows(codes: np.ndarray, k: int) -> np.ndarray:
    """Return where k letters in a row are known, int64."""
    unknown = np.cumsum(np.append(0, codes == UNKNOWN))
    return np.flatnonzero(unknown[k:] == unknown[:-k])


def _hashes(codes: np.ndarray, k: int) -> np.ndarray:
    """uint64 (n - k + 1,): a hash of each canonical k-mer, one to one up to 32 bases.

    Unknown letters give meaningless hashes.
    """
    size = min(k, WORD)
    count = len(codes) - k + 1
    known = codes & 3
    forward = packed(known, size)
    backward = packed((known ^ 3)[::-1], size)[::-1]  # the complement of c is 3 - c
    offsets = sorted({*range(0, k - size + 1, size), k - size})
    words = [
        (forward[o : o + count], backward[k - size - o : k - size - o + count]) for o in offsets
    ]
    smaller, equal = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    for there, back in words:
        smaller |= equal & (back < there)
        equal &= back == there
    key = np.zeros(count, dtype=np.uint64)
    for there, back in words:
        key = _mixed(key ^ np.where(smaller, back, there))
    return key


def packed(codes: np.ndarray, size: int, kind: type = np.uint64) -> np.ndarray:
    """Return each stretch of `size` codes as two bits a code: (n - size + 1,).

    By doubling: a stretch of 2 w codes is one of w and the next one of w.

    Parameters
    ----------
    codes
        uint8 (n,), 0 to 3.
    size
        At most half of the bits.
    kind
        Type of the words.
    """
    words, width = codes.astype(kind), 1
    while width < size:
        step = min(width, size - width)
        # The first `width` codes, then the last `step` of those that begin `step` later.
        tail = words[step:] & kind(4**step - 1)
        words = (words[:-step] << kind(2 * step)) | tail
        width += step
    return words


def _mixed(words: np.ndarray) -> np.ndarray:
    """Scatter 64-bit words one to one (the finaliser of SplitMix64, Steele et al. 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _repeated(keys: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep what has a key that occurs twice or more: numbers of the keys, sorted, and positions."""
    order = np.argsort(keys)
    keys = keys[order]
    same = keys[1:] == keys[:-1]
    repeated = np.append(False, same) | np.append(same, False) if len(keys) else same
    changes = np.append(False, ~same)[repeated] if len(keys) else same
    return np.cumsum(changes, dtype=np.int64), positions[order[repeated]]


def _told_apart(
    codes: np.ndarray, positions: np.ndarray, kmers: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give k-mers that have one hash but differ numbers of their own."""
    waiting = np.arange(len(kmers))
    free = len(kmers)  # a number that no k-mer has
    collided = False
    while len(waiting):
        begins = run_starts(kmers[waiting])
        counts = np.diff(begins, append=len(waiting))
        heads = np.repeat(positions[waiting[begins]], counts)
        waiting = waiting[~_equal(codes, positions[waiting], heads, k)]
        collided = collided or len(waiting) > 0
        old = kmers[waiting]
        kmers[waiting] = free + np.cumsum(np.append(False, old[1:] != old[:-1])[: len(old)])
        free += len(waiting)
    if collided:
        order = np.argsort(kmers, kind="stable")
        kmers, positions = kmers[order], positions[order]
    return kmers, positions


def _equal(codes: np.ndarray, positions: np.ndarray, heads: np.ndarray, k: int) -> np.ndarray:
    """Say whether the k-mers at two places are the same, on either strand."""
    result = np.empty(len(positions), dtype=bool)
    steps = np.arange(k)
    rows = max(1, BLOCK // k)
    for first in range(0, len(positions), rows):
        portion = slice(first, first + rows)
        own = codes[positions[portion, None] + steps]
        head = codes[heads[portion, None] + steps]
        same = (own == head).all(axis=1)
        result[portion] = same | (own == (head ^ 3)[:, ::-1]).all(axis=1)
    return result
