"""Motifs that a network learned: what the stretches that speak for a class have in common.

Every motif is found in two steps. A seed proposes it: a pattern of TF-MoDISco (`tfmodisco`), or, in
what that leaves, a place (`place_seeds`) or a k-mer (`kmer_seeds`) at which the contributions are
far higher than elsewhere. Then sites and matrix are fitted to each other (`fitting`). The
contributions that the sites explain are taken out before the next seed. Strands are kept apart
unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from attendna.explanation import tfmodisco
from attendna.explanation.directions import Direction
from attendna.explanation.fitting import divided, fit
from attendna.explanation.kmer_seeds import KmerSeeds, kmer_seed
from attendna.explanation.merging import alike, joined
from attendna.explanation.motif_thresholds import THRESHOLDS, Level, Thresholds
from attendna.explanation.motifs import Motif
from attendna.explanation.place_seeds import best_place
from attendna.explanation.seeds import Seed
from attendna.explanation.sites import motif_of
from attendna.explanation.unexplained import Unexplained
from attendna.wording import counted


class Found(NamedTuple):
    """Motifs, and sentences on what was tried and why it ended."""

    motifs: list[Motif]
    notes: list[str]


@dataclass(frozen=True)
class Options:
    """How motifs are looked for.

    Attributes
    ----------
    min_sites
        A motif with fewer sites is none.
    most
        Motifs of a class, at most.
    both_strands
        Whether a motif and its reverse complement are one.
    seed
        Of the shifts that tell what k-mers and places reach by chance.
    thresholds
        What counts.
    """

    min_sites: int
    most: int
    both_strands: bool = False
    seed: int = 1
    thresholds: Thresholds = THRESHOLDS


def discover_all(directions: Sequence[Direction], method: str, options: Options) -> Found:
    """Find the motifs of all classes.

    Parameters
    ----------
    directions
        What speaks for each class.
    method
        "tfmodisco" (its proposals alone), "kmers" (places and k-mers alone) or "auto" (places and
        k-mers in what TF-MoDISco leaves, where it can run).
    options
        How.
    """
    if method == "kmers":
        proposals = [tfmodisco.Proposals(direction, [], []) for direction in directions]
    else:
        proposals = tfmodisco.propose(directions, options.both_strands)
    motifs, notes = [], []
    for of_class in proposals:
        found = discover(of_class.direction, options, of_class.seeds, own=method != "tfmodisco")
        notes += [*of_class.notes, *found.notes]
        motifs += found.motifs
    if not motifs:
        notes.append("No motif was found.")
    return Found(motifs, notes)


def discover(
    direction: Direction, options: Options, seeds: Iterable[Seed] = (), own: bool = True
) -> Found:
    """Find the motifs that speak for a class.

    Parameters
    ----------
    direction
        See `Direction`.
    options
        How.
    seeds
        Proposals that come first.
    own
        Whether to look for places and k-mers in what they leave.

    Returns
    -------
    Found
        The motifs, the one whose sites contribute most first.
    """
    if len(direction.bases) == 0:
        return Found([], [f"Class {direction.name}: no record was explained for this class."])
    search = Search(direction, options)
    for proposal in seeds:
        search.try_seed(proposal)
    notes = search.try_own_seeds() if own else []
    motifs = sorted(search.motifs, key=lambda motif: -motif.evidence.sum())[: options.most]
    named = [
        replace(motif, name=f"{direction.name}_{number}")
        for number, motif in enumerate(motifs, start=1)
    ]
    return Found(named, notes)


class Search:
    """The search for the motifs of a class: what is left to explain, and the motifs so far."""

    def __init__(self, direction: Direction, options: Options) -> None:
        self.direction, self.options, self.thresholds = direction, options, options.thresholds
        self.unexplained = Unexplained.of(
            direction, options.min_sites, options.both_strands, options.thresholds
        )
        self.total = float(np.maximum(self.unexplained.left, 0).sum())
        self.motifs: list[Motif] = []
        self.kmers = KmerSeeds(self.unexplained)

    def try_seed(self, proposal: Seed, information: float = 0.0, depth: int = 0) -> bool:
        """Fit a motif to a proposal; keep it, and take out what it explains, if it is one.

        It needs sites and so many bits of information. What turns out to be two motifs becomes two
        proposals, and these again, `Thresholds.divisions` times.
        """
        sites = fit(self.unexplained, proposal)
        if sites is None:
            return False
        if depth < self.thresholds.divisions:
            parts = divided(self.unexplained, proposal, sites)
            kept = [self.try_seed(part, information, depth + 1) for part in parts]
            if any(kept):
                return True
        motif = motif_of(self.direction, sites, proposal.method)
        if motif.information < information or motif.evidence.mean() < self.thresholds.effect:
            return False
        if motif.evidence.sum() < self.thresholds.share * self.total:
            return False
        for row, start in zip(sites.rows, sites.starts, strict=True):
            self.unexplained.left[row, start : start + sites.width] = 0
        self._keep(motif)
        return True

    def _keep(self, motif: Motif) -> None:
        """Add a motif, or its sites to one that is the same."""
        for i, other in enumerate(self.motifs):
            shift = alike(other, motif, self.thresholds.alike)
            if shift is not None:
                self.motifs[i] = joined(self.direction, other, motif, shift)
                return
        self.motifs.append(motif)

    def try_own_seeds(self) -> list[str]:
        """Try places, then k-mers, until none stands out, and say how it ended if none did."""
        before = len(self.motifs)
        places = self._try_places()
        tried, best = 0, []
        for level in self.thresholds.levels:
            count, highest, threshold = self._try_kmers(level)
            tried += count
            if highest > 0:
                best.append(f"{highest:.1f} against {threshold:.1f}")
        if len(self.motifs) > before:
            return []
        name = f"Class {self.direction.name}"
        if tried or places:
            return [
                f"{name}: {counted(tried, 'k-mer')} and {counted(places, 'place')} stood out from "
                f"chance, but none has at least {self.options.min_sites} sites that are alike."
            ]
        if not best:
            return [
                f"{name}: no k-mer is among the highest contributions often enough to be counted."
            ]
        return [
            f"{name}: no k-mer{' in what was left' if before else ''} contributes more often than "
            f"by chance (log-likelihood ratio of the best and of chance: {', '.join(best)})."
        ]

    def _try_places(self) -> int:
        """Try places until none stands out; return how many were tried."""
        dismissed: set[tuple[int, int]] = set()
        while len(self.motifs) < self.options.most:
            proposal = best_place(self.unexplained, self.options.seed, dismissed)
            if proposal is None:
                break
            dismissed.add((len(proposal.probabilities), proposal.place))
            self.try_seed(proposal)
        return len(dismissed)

    def _try_kmers(self, level: Level) -> tuple[int, float, float]:
        """Try k-mers until none stands out; return how many, the highest score, and chance's."""
        threshold = self.kmers.chance_level(level, self.options.seed)
        tried, highest = 0, 0.0
        while len(self.motifs) < self.options.most:
            word, score = self.kmers.best_word(level)
            highest = max(highest, score)
            if score <= threshold:
                break
            tried += 1
            if not self.try_seed(kmer_seed(word), level.information):
                self.kmers.dismiss(word)
        return tried, highest, threshold
