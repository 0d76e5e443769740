"""Motifs compared with known ones by TOMTOM (Gupta et al. 2007, Genome Biol. 8:R24), by memelite.

TOMTOM asks how often a motif's columns would be as close to columns drawn from all targets. So its
p-values mean something only with many targets: where few are given, those of JASPAR stand beside
them as background.
"""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attendna.dna import BASES
from attendna.jaspar import PSEUDOCOUNT

if TYPE_CHECKING:
    from pyjaspar import jaspardb

# Tables of JASPAR, and what pyjaspar looks their rows up by, in the way in which it compares.
PARTS_OF_A_MATRIX = {
    "MATRIX_ANNOTATION": "ID",
    "MATRIX_SPECIES": "ID",
    "MATRIX_PROTEIN": "ID COLLATE NOCASE",
}


@dataclass(frozen=True, eq=False)
class Target:
    """A known motif.

    Attributes
    ----------
    identifier, name
        Such as MA0108.2 and TBP.
    probabilities
        float (width, 4); rows sum to 1.
    strand
        On which it was planted, as the matrix reads on "+"; "+" for those of a database.
    families
        Of the factors that bind it, two for a pair of different ones; empty if not known.
    profile
        Shared by the versions of one, such as MA0108 by MA0108.1 and MA0108.2; None: it is the only
        one.
    """

    identifier: str
    name: str
    probabilities: np.ndarray
    strand: str = "+"
    families: tuple[str, ...] = ()
    profile: str | None = None


@dataclass(frozen=True)
class Match:
    """How a motif compares with a target.

    Attributes
    ----------
    motif, target
        Indices.
    p_value
        Of the best alignment.
    e_value
        Targets that would match as well by chance.
    q_value
        Benjamini and Hochberg's, over the targets.
    offset
        Where in the target the motif starts; below 0 if left of it.
    overlap
        Columns that were compared.
    strand
        "-" if it matches the target's reverse complement.
    """

    motif: int
    target: int
    p_value: float
    e_value: float
    q_value: float
    offset: int
    overlap: int
    strand: str


def jaspar_targets(taxa: Sequence[str] | None = None) -> list[Target]:
    """Return all versions of the profiles of JASPAR CORE, from the copy that pyjaspar carries.

    Versions of one profile come from other experiments or were trimmed elsewhere; they bear the
    name and the families of the newest.

    Parameters
    ----------
    taxa
        Groups such as "vertebrates"; None: all.
    """
    database = _indexed_database()
    with warnings.catch_warnings(), closing(database.conn):
        warnings.simplefilter("ignore")
        found = database.fetch_motifs(
            collection="CORE", tax_group=list(taxa) if taxa else None, all_versions=True
        )
    newest = {m.base_id: m for m in sorted(found, key=lambda m: int(m.version))}
    targets = []
    for motif in found:
        now = newest[motif.base_id]
        counts = np.array([motif.counts[base] for base in BASES], dtype=float).T + PSEUDOCOUNT
        probabilities = counts / counts.sum(axis=1, keepdims=True)
        families = tuple(now.tf_family or ())
        targets.append(
            Target(
                motif.matrix_id,
                now.name,
                probabilities,
                families=families,
                profile=motif.base_id,
            )
        )
    return targets


def _indexed_database() -> jaspardb:
    """Return a copy of JASPAR in memory that finds what belongs to a matrix without a search.

    The copy that pyjaspar carries has no indices of these tables, so that each of thousands of
    matrices would be looked for in all rows: seconds, where the copy takes hundredths of one.
    """
    from pyjaspar import jaspardb

    database = jaspardb()
    memory = sqlite3.connect(":memory:")
    with closing(database.conn) as file:
        file.backup(memory)
    for table, key in PARTS_OF_A_MATRIX.items():
        memory.execute(f"CREATE INDEX {table}_BY_MATRIX ON {table} ({key})")
    database.conn = memory
    return database


def release() -> str:
    """Return which JASPAR it is, such as "JASPAR2026"."""
    from pyjaspar import jaspardb

    return jaspardb().release


def described_targets(targets: Sequence[Target]) -> str:
    """Say which motifs of JASPAR these are: the release, and how many profiles and versions."""
    profiles = len({target.profile for target in targets})
    return f"{release()} CORE, {profiles:,} profiles in {len(targets):,} versions"


@dataclass(frozen=True)
class Family:
    """The factors that a motif may be of, since it can't tell relatives from each other.

    Attributes
    ----------
    names
        Of the families of the best match.
    members
        The matches that are of one of them, the best first.
    """

    names: tuple[str, ...]
    members: list[str]


def family(matches: Sequence[Match], targets: Sequence[Target]) -> Family | None:
    """Return the family of the best match, with the other matches that belong to it.

    Relatives bind nearly the same, so which of them comes first says less than that they come
    together: the matrix of one may be a column longer than that of another.

    Parameters
    ----------
    matches
        The significant ones, the best first.
    targets
        What they refer to.

    Returns
    -------
    Family or None
        None if there is no match or its family is not known.
    """
    if not matches:
        return None
    names = targets[matches[0].target].families
    own = [targets[m.target].name for m in matches if set(names) & set(targets[m.target].families)]
    return Family(names, list(dict.fromkeys(own))) if names else None


class Likeness(NamedTuple):
    """What a motif is like: its significant matches, the best first, and their family."""

    matches: list[Match]
    family: Family | None


def likenesses(
    motifs: Sequence[np.ndarray],
    targets: Sequence[Target],
    q_value: float,
    listed: int,
    threads: int = 1,
    background: Sequence[Target] = (),
) -> list[Likeness]:
    """Say what each motif is like.

    Parameters
    ----------
    motifs, targets, threads, background
        See `compare`.
    q_value
        Of a significant match, at most.
    listed
        Matches of a motif, at most; its family is told by all.
    """
    found = []
    for table in compare(motifs, targets, background, threads=threads):
        significant = [match for match in table if match.q_value <= q_value]
        found.append(Likeness(significant[:listed], family(significant, targets)))
    return found


def compare(
    motifs: Sequence[np.ndarray],
    targets: Sequence[Target],
    background: Sequence[Target] = (),
    both_strands: bool = True,
    threads: int = 1,
) -> list[list[Match]]:
    """Compare each motif with all targets.

    Where a profile has several versions, the one that matches best stands for it. For the newest is
    not always the most telling one: JASPAR 2024 cut off what carries little information, and with
    it flanks by which relatives differ. Every version counts as a target of its own in E- and
    q-values, which thereby pay for that choice.

    Parameters
    ----------
    motifs
        float (width, 4) each; rows sum to 1.
    targets
        What to compare with.
    background
        Targets whose columns count for the p-values, but that are not compared with.
    both_strands
        Whether reverse complements of targets count too. Without, a run of A does not match a run
        of T.
    threads
        Cores.

    Returns
    -------
    list of list of Match
        For each motif one target of each profile, the best match first.
    """
    from memelite import tomtom
    from scipy.stats import false_discovery_control

    if not motifs or not targets:
        return [[] for _ in motifs]
    known = [np.ascontiguousarray(t.probabilities.T) for t in (*targets, *background)]
    queries = [np.ascontiguousarray(motif.T, dtype=np.float64) for motif in motifs]
    p, scores, offsets, overlaps, strands = (
        np.asarray(part)[:, : len(targets)]
        for part in tomtom(queries, known, reverse_complement=both_strands, n_jobs=threads)
    )
    p = np.clip(p, 0.0, 1.0)
    tables = []
    for motif in range(len(motifs)):
        q = false_discovery_control(p[motif])
        order = _best_versions(np.lexsort((-scores[motif], p[motif])), targets)
        tables.append(
            [
                Match(
                    motif,
                    int(t),
                    float(p[motif, t]),
                    float(p[motif, t] * len(targets)),
                    float(q[t]),
                    int(offsets[motif, t]),
                    int(overlaps[motif, t]),
                    "-" if strands[motif, t] else "+",
                )
                for t in order
            ]
        )
    return tables


def _best_versions(order: np.ndarray, targets: Sequence[Target]) -> list[int]:
    """Leave out targets of a profile that has one further up in the order."""
    seen: set[str | None] = set()
    kept = []
    for t in order:
        profile = targets[t].profile
        if profile is None or profile not in seen:
            kept.append(int(t))
            seen.add(profile)
    return kept
