"""Motifs compared with known ones by TOMTOM (Gupta et al. 2007, Genome Biol. 8:R24), by memelite.

TOMTOM asks how often a motif's columns would be as close to columns drawn from all targets. So its
p-values mean something only with many targets: where few are given, those of JASPAR stand beside
them as background.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attendna.dna import BASES
from attendna.jaspar import PSEUDOCOUNT
from attendna.simulation.grammar import Matrix, Unit, motif_unit
from attendna.simulation.specification import ClassSpec, Simulation

RECOVERED = 0.01  # p-value of the match between a planted motif and the one that recovers it
SHORTEST = 4  # bases of a planted motif; no comparison of shorter ones can reach that p-value


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
        "-" if the target is turned.
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
    from pyjaspar import jaspardb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = jaspardb().fetch_motifs(
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


def release() -> str:
    """Return which JASPAR it is, such as "JASPAR2026"."""
    from pyjaspar import jaspardb

    return jaspardb().release


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
        Whether targets are turned too. Without, a run of A does not match a run of T.
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


# ------------------------------------------------------------------------------ what was planted


def planted_targets(simulation: Simulation) -> list[Target]:
    """Return the motifs that were planted, on each strand where they were.

    Those that tell nothing about a class, because every class has the same unit of them (decoys),
    don't count, nor do those shorter than `SHORTEST`.
    """
    every = [_units(spec, simulation) for spec in simulation.classes]
    same = set(every[0]).intersection(*every[1:])
    found: dict[tuple[str, str, Matrix], None] = {}
    for unit in (unit for units in every for unit in units if unit not in same):
        for variant in unit.variants:
            for site in variant.sites:
                found[site.name, site.strand, site.matrix] = None
    return [
        Target(name, name, np.array(matrix), strand)
        for name, strand, matrix in found
        if len(matrix) >= SHORTEST
    ]


def _units(spec: ClassSpec, simulation: Simulation) -> tuple[Unit, ...]:
    """Return what is planted in a class."""
    plain = simulation.background is None
    return motif_unit(spec.motifs, spec.planted) if plain else spec.units


@dataclass(frozen=True)
class Recovery:
    """Which planted motifs were found.

    Attributes
    ----------
    found
        By the name of a planted motif the index of the motif that recovers it and the p-value, or
        None.
    best
        For each motif the index of its best target and the p-value, or None.
    """

    found: dict[str, tuple[int, float] | None]
    best: list[tuple[int, float] | None]

    @property
    def recovered(self) -> list[str]:
        """The names of those that were found."""
        return [name for name, match in self.found.items() if match is not None]


def recovery(
    motifs: Sequence[np.ndarray],
    planted: Sequence[Target],
    background: Sequence[Target],
    threads: int = 1,
) -> Recovery:
    """Say which planted motifs were recovered.

    A planted motif is recovered if it is the best match of some motif among all that were planted,
    read on the strand on which it was planted, with p of at most `RECOVERED`.

    Parameters
    ----------
    motifs
        float (width, 4) each.
    planted
        See `planted_targets`.
    background
        Other known motifs, many: the p-values compare with them.
    threads
        Cores.
    """
    best: list[tuple[int, float] | None] = []
    found: dict[str, tuple[int, float] | None] = {target.name: None for target in planted}
    tables = compare(motifs, planted, background, both_strands=False, threads=threads)
    for index, matches in enumerate(tables):
        if not matches or matches[0].p_value > RECOVERED:
            best.append(None)
            continue
        match = matches[0]
        best.append((match.target, match.p_value))
        name = planted[match.target].name
        before = found[name]
        if before is None or match.p_value < 0.99 * before[1]:  # equal ones differ in the last bits
            found[name] = (index, match.p_value)
    return Recovery(found, best)
