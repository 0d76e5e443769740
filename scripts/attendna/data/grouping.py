"""Which records are related: by sequence, by a stretch of it, by coordinates, by what a user says.

Related records must stay on one side of a split. A group is a connected component: if a is related
to b and b to c, all three are one group.

Stretches are found exactly. Every k-mer of every record is looked at, in its canonical form (the
smaller of itself and its reverse complement), packed as two bits a base. Up to 32 bases are one
64-bit word, and equal words are equal k-mers; of longer ones the words are hashed to 64 bits, and
k-mers with the same hash are compared base by base, so that a collision relates nobody. No k-mer is
skipped: two records that share k bases in a row on either strand are always found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from attendna.dna import BASES, RECORDS_AT_ONCE, reverse_complements

WORD = 32  # bases in 64 bits
UNKNOWN = 4  # the code of a letter that is not A, C, G or T, and of the gap between records
BLOCK = 1 << 21  # letters whose k-mers are packed at once
AT_ONCE = 1 << 23  # k-mers that are sorted at once: 0.4 GB
MOST_FILES = 512  # in which the others wait
NONE = -1


def _code_table() -> np.ndarray:
    """uint8 (256,): 0 to 3 for A, C, G and T (or U), `UNKNOWN` for every other byte."""
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for code, base in enumerate(BASES):
        table[ord(base)] = code
    table[ord("U")] = table[ord("T")]
    return table


CODES = _code_table()


# ------------------------------------------------------------------------------ groups


def find_groups(
    sequences: Sequence[str],
    k: int,
    chrom: Sequence[str | None] | None = None,
    start: Sequence[int | None] | None = None,
    end: Sequence[int | None] | None = None,
    groups: Sequence[str | None] | None = None,
) -> np.ndarray:
    """Return the group of each record, from all kinds of relation.

    Parameters
    ----------
    sequences
        One of each record, upper-case IUPAC. Related are the same sequences, reverse complements
        of one another, and sequences that share `k` bases in a row on either strand. A stretch
        with a letter other than A, C, G and T matches nothing; shorter sequences are related by
        identity alone.
    k
        Length of the stretch.
    chrom, start, end
        Where each record lies, 0-based half-open; None where unknown. Records that have a base in
        common, on either strand, are related.
    groups
        The user's group of each record, None where there is none.

    Returns
    -------
    numpy.ndarray
        int64 (n,), numbered from 1 by the first record of each group.
    """
    n = len(sequences)
    code, mate = identities(sequences)
    first = _first_by(code)
    mated = np.flatnonzero(mate != NONE)
    links = [
        np.stack([np.arange(n), first[code]]),
        np.stack([mated, first[mate[mated]]]),
    ]
    for kmers, records in shared_kmers(sequences, k):
        links.append(_star(kmers, records, n))
    if chrom is not None:
        links.append(overlapping(chrom, start, end))
    if groups is not None:
        links.append(_same_group(groups))
    return components(n, np.concatenate(links, axis=1))


def user_groups(groups: Sequence[str | None]) -> np.ndarray:
    """Return the group of each record from a user's column alone, numbered from 1.

    Parameters
    ----------
    groups
        The user's group of each record; a record without one is its own group.
    """
    return components(len(groups), _same_group(groups))


def components(n: int, links: np.ndarray) -> np.ndarray:
    """Find the connected components of `n` records, numbered from 1 by their first record.

    Parameters
    ----------
    n
        Number of records.
    links
        int64 (2, links): pairs of related records.

    Returns
    -------
    numpy.ndarray
        int64 (n,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(links.shape[1], dtype=np.int8), (links[0], links[1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    return rank[inverse]


def _star(kmers: np.ndarray, records: np.ndarray, n: int) -> np.ndarray:
    """Link each record that has a k-mer to the first record that has it; each link once."""
    begins = run_starts(kmers)
    first = np.repeat(np.minimum.reduceat(records, begins), np.diff(begins, append=len(kmers)))
    pairs = np.unique(first * n + records)
    return np.stack([pairs // n, pairs % n])


def _same_group(groups: Sequence[str | None]) -> np.ndarray:
    """Link each record to the first record of its user's group."""
    codes = group_codes(groups)
    members = np.flatnonzero(codes != NONE)
    return np.stack([members, _first_by(codes[members], members)[codes[members]]])


def group_codes(groups: Sequence[str | None]) -> np.ndarray:
    """Return a number from 0 for each name of a group; `NONE` where a record has none."""
    index: dict[str, int] = {}
    return np.array(
        [NONE if name is None else index.setdefault(name, len(index)) for name in groups],
        dtype=np.int64,
    )


def _first_by(codes: np.ndarray, records: np.ndarray | None = None) -> np.ndarray:
    """Return by code, numbered from 0, the first of the records that have it; `NONE` for none."""
    records = np.arange(len(codes)) if records is None else records
    first = np.full(int(codes.max(initial=NONE)) + 1, NONE, dtype=np.int64)
    first[codes[::-1]] = records[::-1]  # of several, the last to be written stays
    return first


# ------------------------------------------------------------------------------ whole sequences


def identities(sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Give each distinct sequence a number.

    Parameters
    ----------
    sequences
        One of each record, upper-case IUPAC.

    Returns
    -------
    tuple
        `code`, int64 (n,): the number of each record's sequence, from 0 in order of appearance;
        `mate`, int64 (n,): the number of its reverse complement, `NONE` where no record has it. A
        sequence that is its own reverse complement is its own mate.
    """
    index: dict[str, int] = {}
    code = np.fromiter(
        (index.setdefault(sequence, len(index)) for sequence in sequences),
        np.int64,
        len(sequences),
    )
    distinct = list(index)
    mate = np.fromiter(
        (
            index.get(other, NONE)
            for first in range(0, len(distinct), RECORDS_AT_ONCE)
            for other in reverse_complements(distinct[first : first + RECORDS_AT_ONCE])
        ),
        np.int64,
        len(distinct),
    )
    return code, mate[code]


# ------------------------------------------------------------------------------ shared k-mers


def shared_kmers(
    sequences: Sequence[str], k: int, at_once: int = AT_ONCE
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Find the k-mers that stand in two records or more, on either strand.

    In portions of about `at_once` k-mers, chosen by their hash, so that memory stays bounded. Where
    there are several, they wait in temporary files, with 12 bytes a k-mer.

    Parameters
    ----------
    sequences
        One of each record, upper-case IUPAC of any length. A k-mer with a letter other than A, C,
        G and T is left out, and so are records of fewer than `k` letters.
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
    codes, starts = _concatenated(sequences)
    bits = max(0, (len(codes) - 1).bit_length() - (at_once - 1).bit_length())
    bits = min(bits, MOST_FILES.bit_length() - 1)
    for positions, keys in _portions(codes, k, bits):
        kmers, positions = _repeated(keys, positions)
        if k > WORD:
            kmers, positions = _told_apart(codes, positions, kmers, k)
        records = np.searchsorted(starts, positions, side="right") - 1
        kept = _in_several(kmers, records)
        if kept.any():
            kmers = kmers[kept]
            begins = run_starts(kmers)
            numbers = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(kmers)))
            yield numbers, records[kept]


def related_within(
    sequences: Sequence[str], y: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Say which records share k bases in a row, on either strand, with another one.

    Parameters
    ----------
    sequences
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
    within, between = np.zeros((2, len(sequences)), dtype=bool)
    for kmers, records in shared_kmers(sequences, k):
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


def _concatenated(sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of all letters with a gap after each record, and where each begins."""
    lengths = np.fromiter(map(len, sequences), np.int64, len(sequences)) + 1
    ends = np.cumsum(lengths)
    codes = np.empty(int(lengths.sum()), dtype=np.uint8)
    for first in range(0, len(sequences), RECORDS_AT_ONCE):
        some = sequences[first : first + RECORDS_AT_ONCE]
        text = np.frombuffer("\n".join([*some, ""]).encode("ascii"), dtype=np.uint8)
        end = ends[first + len(some) - 1]
        codes[end - len(text) : end] = CODES[text]
    return codes, ends - lengths


def _portions(codes: np.ndarray, k: int, bits: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield where k-mers begin and their hashes, in portions by the first bits of the hash."""
    blocks = (_keyed_positions(codes, first, k) for first in range(0, len(codes) - k + 1, BLOCK))
    if bits == 0:
        parts = list(blocks) or [(np.zeros(0, np.int64), np.zeros(0, np.uint64))]
        yield tuple(np.concatenate(part) for part in zip(*parts, strict=True))
        return
    small = len(codes) <= 1 << 32
    entry = np.dtype([("key", np.uint64), ("position", np.uint32 if small else np.int64)])
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(1 << bits)]
        for positions, keys in blocks:
            portion = (keys >> np.uint64(64 - bits)).astype(np.uint16)
            order = np.argsort(portion, kind="stable")
            entries = np.empty(len(keys), entry)
            entries["key"], entries["position"] = keys[order], positions[order]
            bounds = np.searchsorted(portion[order], np.arange(len(files) + 1))
            for file, first, last in zip(files, bounds[:-1], bounds[1:], strict=True):
                file.write(entries[first:last].tobytes())
        for file in files:
            file.seek(0)
            entries = np.frombuffer(file.read(), entry)
            yield entries["position"].astype(np.int64), entries["key"].copy()
            file.close()


def _keyed_positions(codes: np.ndarray, first: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the k-mers of a block begin, and their hashes."""
    block = codes[first : first + BLOCK + k - 1]
    unknown = np.cumsum(np.append(0, block == UNKNOWN))
    here = np.flatnonzero(unknown[k:] == unknown[:-k])
    return first + here, _hashes(block, k)[here]


def _hashes(codes: np.ndarray, k: int) -> np.ndarray:
    """uint64 (n - k + 1,): a hash of each canonical k-mer, one to one up to 32 bases.

    Unknown letters give meaningless hashes.
    """
    size = min(k, WORD)
    count = len(codes) - k + 1
    known = codes & 3
    forward = _packed(known, size)
    backward = _packed((known ^ 3)[::-1], size)[::-1]  # the complement of c is 3 - c
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


def _packed(codes: np.ndarray, size: int) -> np.ndarray:
    """uint64 (n - size + 1,): each stretch of at most 32 codes as two bits a code.

    By doubling: a stretch of 2 w codes is one of w and the next one of w.
    """
    words, width = codes.astype(np.uint64), 1
    while width < size:
        step = min(width, size - width)
        # The first `width` codes, then the last `step` of those that begin `step` later.
        tail = words[step:] & np.uint64(4**step - 1)
        words = (words[:-step] << np.uint64(2 * step)) | tail
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


# ------------------------------------------------------------------------------ coordinates


def intervals(
    chrom: Sequence[str | None], start: Sequence[int | None], end: Sequence[int | None]
) -> np.ndarray:
    """Return the records that have coordinates, and these as numbers.

    Returns
    -------
    numpy.ndarray
        int64 (4, some): record, number of its chromosome, start, end.
    """
    chromosomes = group_codes(chrom)
    bounds = np.array([start, end], dtype=np.float64)  # None becomes NaN; exact up to 2**53
    known = (chromosomes != NONE) & ~np.isnan(bounds).any(axis=0)
    records = np.flatnonzero(known)
    return np.stack([records, chromosomes[known], *bounds[:, known].astype(np.int64)])


def overlapping(
    chrom: Sequence[str | None], start: Sequence[int | None], end: Sequence[int | None]
) -> np.ndarray:
    """Link records that have a base in common.

    Parameters
    ----------
    chrom, start, end
        One of each a record, 0-based half-open; None where unknown.

    Returns
    -------
    numpy.ndarray
        int64 (2, links): pairs whose connected components are those of the overlaps. The pairs
        themselves need not overlap, but a chain of overlaps joins them.
    """
    record, chromosome, begin, finish = intervals(chrom, start, end)
    order = np.lexsort((begin, chromosome))
    reach = _reach(chromosome[order], finish[order])
    here, begin = chromosome[order], begin[order]
    joined = (here[1:] == here[:-1]) & (begin[1:] < reach[:-1])
    return np.stack([record[order][:-1][joined], record[order][1:][joined]])


def _reach(chromosome: np.ndarray, finish: np.ndarray) -> np.ndarray:
    """Return the furthest end so far on each chromosome; both sorted by chromosome and start."""
    if not len(finish):
        return finish
    # Shifted by chromosome, so that the ends of an earlier one can't reach into a later one.
    shift = chromosome * (int(finish.max()) + 1)
    return np.maximum.accumulate(finish + shift) - shift


def overlapped(placed: np.ndarray) -> np.ndarray:
    """Say of each interval whether it has a base in common with another one.

    Parameters
    ----------
    placed
        int64 (4, some), see `intervals`.

    Returns
    -------
    numpy.ndarray
        bool (some,).
    """
    _, chromosome, begin, finish = placed
    order = np.lexsort((begin, chromosome))
    here, begin, finish = chromosome[order], begin[order], finish[order]
    same = here[1:] == here[:-1]
    result = np.zeros(len(order), dtype=bool)
    result[order[1:]] = same & (begin[1:] < _reach(here, finish)[:-1])
    result[order[:-1]] |= same & (begin[1:] < finish[:-1])
    return result


def covering(placed: np.ndarray, queries: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Find for each query a target that it has a base in common with.

    Parameters
    ----------
    placed
        int64 (4, some), see `intervals`.
    queries, targets
        bool (some,): which of them to look for and where; the two must be disjoint.

    Returns
    -------
    numpy.ndarray
        int64 (queries,): the record of such a target, `NONE` where there is none.
    """
    record, chromosome, begin, finish = placed
    result = np.full(np.count_nonzero(queries), NONE, dtype=np.int64)
    if not targets.any() or not queries.any():
        return result
    span = int(finish.max()) + 1
    at = np.flatnonzero(targets)[np.lexsort((begin[targets], chromosome[targets]))]
    begins, ends = begin[at] + chromosome[at] * span, finish[at] + chromosome[at] * span
    furthest = np.maximum.accumulate(ends)
    holder = at[np.maximum.accumulate(np.where(ends == furthest, np.arange(len(at)), 0))]
    # Of the targets that begin before a query ends, the one that reaches furthest decides.
    last = np.searchsorted(begins, finish[queries] + chromosome[queries] * span, side="left") - 1
    found = (last >= 0) & (furthest[last] > begin[queries] + chromosome[queries] * span)
    result[found] = record[holder[last[found]]]
    return result
