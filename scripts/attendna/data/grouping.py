"""Which records are related: by sequence, by a stretch of it, by coordinates, by what a user says.

Related records must stay on one side of a split. A group is a connected component: if a is related
to b and b to c, all three are one group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

import numpy as np

from attendna import mapped
from attendna.data.kmers import Letters, run_starts, shared_kmers
from attendna.data.relatives import similar_pairs
from attendna.data.repeats import without_repeats
from attendna.dna import RECORDS_AT_ONCE, reverse_complements

NONE = -1
DIGEST = 16  # bytes
JOINED_AT_ONCE = 0.05  # links a record that wait before groups are joined


# ------------------------------------------------------------------------------ groups


def find_groups(
    sequences: Sequence[str],
    k: int,
    chrom: Sequence[str | None] | None = None,
    start: Sequence[int | None] | None = None,
    end: Sequence[int | None] | None = None,
    groups: Sequence[str | None] | None = None,
    identity: float | None = None,
) -> np.ndarray:
    """Return the group of each record, from all kinds of relation.

    Parameters
    ----------
    sequences
        One of each record, upper-case IUPAC. Related are the same sequences, reverse complements
        of one another, sequences that share `k` bases in a row on either strand, and those that
        are similar. A stretch with a letter other than A, C, G and T matches nothing; nor does one
        that many unlike records share, see `repeats`.
    k
        Length of the stretch.
    chrom, start, end
        Where each record lies, 0-based half-open; None where unknown. Records that have a base in
        common, on either strand, are related.
    groups
        The user's group of each record, None where there is none.
    identity
        From which sequences are similar, see `similarity`; None: not looked for.

    Returns
    -------
    numpy.ndarray
        int64 (n,), numbered from 1 by the first record of each group.
    """
    n = len(sequences)
    letters, _ = without_repeats(Letters.of(sequences), identity)
    links = links_by_kind(sequences, letters, k, chrom, start, end, groups)
    found = components(n, np.concatenate(list(links.values()), axis=1))
    return found if identity is None else with_similar(letters, identity, found)


def links_by_kind(
    sequences: Sequence[str],
    letters: Letters,
    k: int,
    chrom: Sequence[str | None] | None,
    start: Sequence[int | None] | None,
    end: Sequence[int | None] | None,
    groups: Sequence[str | None] | None,
) -> dict[str, np.ndarray]:
    """Link records by each kind of relation but similarity.

    Parameters
    ----------
    letters
        Of the records, without repeats.
    sequences, k, chrom, start, end, groups
        See `find_groups`.

    Returns
    -------
    dict of str to numpy.ndarray
        For ``exact`` (also of the reverse complement), ``shared_kmer``, ``coordinates`` and
        ``group`` int64 (2, links): pairs whose connected components are those of the relation.
    """
    n = len(sequences)
    none = np.zeros((2, 0), dtype=np.int64)
    code, mate = identities(sequences)
    first = _first_by(code)
    mated = np.flatnonzero(mate != NONE)
    copies = np.flatnonzero(first[code] != np.arange(n))
    same = [[copies, first[code[copies]]], [mated, first[mate[mated]]]]
    stars = [_star(kmers, records, n) for kmers, records in shared_kmers(letters, k)]
    return {
        "exact": np.concatenate([np.stack(links) for links in same], axis=1),
        "shared_kmer": np.concatenate([none, *stars], axis=1),
        "coordinates": none if chrom is None else overlapping(chrom, start, end),
        "group": none if groups is None else _same_group(groups),
    }


def with_similar(letters: Letters, identity: float, groups: np.ndarray) -> np.ndarray:
    """Join groups by records that are similar.

    Parameters
    ----------
    letters
        Of all records, without repeats.
    identity
        From which they are similar.
    groups
        int64 (n,), numbered from 1 by the first record of each group.

    Returns
    -------
    numpy.ndarray
        int64 (n,), numbered likewise.
    """
    waiting: list[np.ndarray] = []

    def joined() -> np.ndarray:
        # The groups are the nodes now, which are in the order of their first records.
        links = groups[np.concatenate(waiting, axis=1)] - 1
        return components(int(groups.max()), links)[groups - 1]

    pairs = similar_pairs(letters, identity, lambda a, b: groups[a] != groups[b])
    for pair in pairs:
        waiting.append(np.stack(pair))
        if sum(links.shape[1] for links in waiting) > JOINED_AT_ONCE * len(groups):
            groups, waiting = joined(), []
    return joined() if waiting else groups


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
    rank = np.zeros(int(labels.max(initial=NONE)) + 1, dtype=np.int64)
    rank[np.argsort(_first_by(labels))] = np.arange(1, len(rank) + 1)
    return rank[labels]


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
    return np.fromiter(
        (NONE if name is None else index.setdefault(name, len(index)) for name in groups),
        np.int64,
        len(groups),
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
    own, other = _digested(sequences), _digested(sequences, reverse_complements)
    code, distinct, number = _numbered(own)
    place = np.minimum(np.searchsorted(distinct, other), len(distinct) - 1)
    return code, np.where(distinct[place] == other, number[place], NONE)


def sequence_codes(sequences: Sequence[str]) -> np.ndarray:
    """Return the `code` of `identities` alone, which takes half of the time."""
    return _numbered(_digested(sequences))[0]


def _digested(
    sequences: Sequence[str],
    turned: Callable[[Sequence[str]], Iterable[str]] = lambda some: some,
) -> np.ndarray:
    """Return what stands for each sequence, or for what is made of it, as bytes (n,)."""
    found = mapped.zeros(len(sequences), f"S{DIGEST}")
    for first in range(0, len(sequences), RECORDS_AT_ONCE):
        some = sequences[first : first + RECORDS_AT_ONCE]
        found[first : first + len(some)] = _digests(turned(some))
    return found


def _numbered(own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the number of each digest, int64 (n,), the distinct ones, sorted, and their numbers.

    Numbers are in order of appearance. `numpy.unique` would tell as much, but copies them twice.
    """
    order = np.argsort(own, kind="stable")
    ranked = own[order]
    new = np.ones(len(own), bool)
    np.not_equal(ranked[1:], ranked[:-1], out=new[1:])
    distinct, heads = ranked[new], order[new]
    del ranked
    number = np.empty(len(heads), dtype=np.int64)
    number[np.argsort(heads)] = np.arange(len(heads))
    rank = np.cumsum(new, dtype=np.int64)
    rank -= 1
    np.take(number, rank, out=rank, mode="clip")  # else it would be copied once more
    code = np.empty_like(rank)
    code[order] = rank
    return code, distinct, number


def _digests(sequences: Iterable[str]) -> list[bytes]:
    """Return what stands for sequences: nobody knows two texts that have one BLAKE2 in common."""
    return [blake2b(text.encode(), digest_size=DIGEST).digest() for text in sequences]


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
