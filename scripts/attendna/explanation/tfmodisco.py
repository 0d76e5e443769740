"""Proposals of TF-MoDISco (Shrikumar et al. 2018, arXiv:1811.00416), by modisco-lite.

It clusters windows with high contributions on both strands together, which is wrong where strands
mean something. So the windows of each of its patterns are divided by strand, and each strand that
has enough of them makes a proposal of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from attendna.dna import reverse_complement
from attendna.explanation.directions import Direction
from attendna.explanation.seeds import Seed
from attendna.wording import counted

WINDOW, FLANK = 21, 10  # bases of a window and around it: what modisco-lite was made for
LEAST_LENGTH = 100  # bases; it finds nothing in shorter sequences
LEAST_RECORDS = 100
LEAST_WINDOWS = 20  # of one direction and of one pattern
LEIDEN_RUNS = 10  # of the clustering; its default of 50 finds the same and takes longer


def is_installed() -> bool:
    """Say whether modisco-lite is there; it is optional, for what it needs is under the GPL."""
    return find_spec("modiscolite") is not None


def reason_against(direction: Direction) -> str | None:
    """Say why TF-MoDISco can't be run, or None."""
    records, length = direction.bases.shape
    if length < LEAST_LENGTH:
        return f"TF-MoDISco needs sequences of {LEAST_LENGTH} bases, and these have {length}."
    if records < LEAST_RECORDS:
        return f"TF-MoDISco needs {LEAST_RECORDS} records, and there are {records}."
    if not direction.evidence.any():
        return "TF-MoDISco needs contributions, and all are 0."
    if not is_installed():
        return "TF-MoDISco is left out, because the package modisco-lite is not installed."
    return None


class Proposals(NamedTuple):
    """What was proposed for a class, and sentences on how that ended."""

    direction: Direction
    seeds: list[Seed]
    notes: list[str]


def propose(directions: Sequence[Direction], both_strands: bool) -> list[Proposals]:
    """Propose motifs for each class where that can be done.

    Of two classes, what speaks against the first speaks for the second.

    Parameters
    ----------
    directions
        What speaks for each class.
    both_strands
        Whether a motif and its reverse complement are one.
    """
    found: list[Proposals] = []
    against: list[Seed] = []
    for number, direction in enumerate(directions):
        reason, failure = reason_against(direction), None
        if len(directions) == 2 and number == 1:
            seeds = against
        elif reason:
            seeds = against = []
        else:
            seeds, against, failure = proposals(direction, both_strands)
        if reason:
            ended = reason
        elif failure:
            ended = f"TF-MoDISco failed ({failure})."
        elif not seeds:
            ended = "TF-MoDISco found no pattern."
        else:
            ended = f"TF-MoDISco proposed {counted(len(seeds), 'pattern')}."
        found.append(Proposals(direction, seeds, [f"Class {direction.name}: {ended}"]))
    return found


def proposals(
    direction: Direction, both_strands: bool
) -> tuple[list[Seed], list[Seed], str | None]:
    """Run TF-MoDISco on what speaks for a class and against it.

    Parameters
    ----------
    direction
        At least 100 records of 100 bases, see `reason_against`.
    both_strands
        Whether a motif and its reverse complement are one.

    Returns
    -------
    for_class, against
        Matrices of the patterns whose contributions are positive and negative.
    failure
        What went wrong inside, or None.
    """
    from modiscolite.tfmodisco import TFMoDISco

    one_hot = np.ascontiguousarray(direction.one_hot, dtype=np.float32)
    hypothetical = np.ascontiguousarray(direction.hypothetical, dtype=np.float32)
    try:
        positive, negative = TFMoDISco(
            one_hot,
            hypothetical,
            sliding_window_size=WINDOW,
            flank_size=FLANK,
            min_metacluster_size=LEAST_WINDOWS,
            final_min_cluster_size=LEAST_WINDOWS,
            n_leiden_runs=LEIDEN_RUNS,
        )
    except (ValueError, IndexError, ZeroDivisionError, RuntimeError) as error:
        # What it does on unusual contributions, such as too few different ones.
        return [], [], f"{type(error).__name__}: {error}"
    return _seeds(positive, both_strands), _seeds(negative, both_strands), None


def _seeds(patterns: Sequence | None, both_strands: bool) -> list[Seed]:
    """Turn patterns into proposals, the one with most windows first."""
    seeds: list[tuple[int, Seed]] = []
    for pattern in patterns or []:
        reverse = np.array([bool(seqlet.is_revcomp) for seqlet in pattern.seqlets])
        windows = np.stack([seqlet.sequence for seqlet in pattern.seqlets])
        weights = np.abs(np.stack([seqlet.contrib_scores for seqlet in pattern.seqlets])).sum(2)
        if both_strands:
            parts = [(windows, weights)]
        else:
            parts = [
                (windows[~reverse], weights[~reverse]),
                (reverse_complement(windows[reverse]), weights[reverse][:, ::-1]),
            ]
        for own, heights in parts:
            if len(own) >= LEAST_WINDOWS / 2:
                seeds.append((len(own), Seed(_core(own, heights.mean(axis=0)), "tfmodisco")))
    return [seed for _, seed in sorted(seeds, key=lambda pair: -pair[0])]


def _core(windows: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Return the matrix of the columns that contribute, with those between them."""
    high = np.flatnonzero(heights >= 0.25 * heights.max())
    counts = windows.sum(axis=0)[high[0] : high[-1] + 1] + 0.25
    return counts / counts.sum(axis=1, keepdims=True)
