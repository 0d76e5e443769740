"""Sites and matrix of a motif fitted to each other.

By expectation and maximisation with hard assignments, as in MEME (Bailey & Elkan 1994, ISMB 2:28),
where a site needs both: letters like the matrix, and contributions like the other sites'.
"""

from __future__ import annotations

import numpy as np

from attendna.explanation.mixture import two_motifs
from attendna.explanation.motifs import column_information
from attendna.explanation.seeds import Seed
from attendna.explanation.sites import Sites, base_counts, column_evidence, find_sites, site_letters
from attendna.explanation.unexplained import Unexplained, smoothed_matrix


def fit(unexplained: Unexplained, proposal: Seed) -> Sites | None:
    """Alternate between sites and matrix; None if too few sites are left.

    The motif grows and shrinks at its ends, to the columns that tell something. With a place its
    sites start near it, see `Seed`.
    """
    direction, thresholds = unexplained.direction, unexplained.thresholds
    flank, probabilities, place = thresholds.flank, proposal.probabilities, proposal.place
    before, sites = None, None
    places = np.zeros(0, np.int64)  # where the sites of the round before start
    for _ in range(thresholds.rounds):
        if len(probabilities) > unexplained.left.shape[1]:
            return None
        sites = find_sites(unexplained, probabilities, places, place)
        if len(sites) < unexplained.min_sites:
            return None
        if sites.same(before):
            return sites
        before = sites
        counts = base_counts(direction, sites, flank)
        evidence = column_evidence(unexplained.left, sites, flank)
        first, last = _telling_columns(unexplained, counts, evidence)
        if last - first < thresholds.narrowest:
            return None
        places = sites.starts + first - flank
        place = None if place is None else place + first - flank
        probabilities = smoothed_matrix(counts[first:last], unexplained)
    return sites


def _telling_columns(
    unexplained: Unexplained, counts: np.ndarray, evidence: np.ndarray
) -> tuple[int, int]:
    """Return the first column that tells something and the one after the last."""
    thresholds = unexplained.thresholds
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    bits = column_information(counts / total, unexplained.background)
    needed = np.maximum(
        thresholds.column_bits, thresholds.column_chi2 / (2 * np.log(2) * total[:, 0])
    )
    telling = (bits >= needed) & (evidence >= thresholds.column_share * evidence.max())
    telling &= total[:, 0] >= 0.5 * total.max()
    where = np.flatnonzero(telling)
    if not len(where):
        return 0, 0
    # Around the most telling column, as far as no gap is wider than a half turn of the helix.
    peak = int(np.argmax(np.where(telling, bits, -1)))
    first = last = int(np.searchsorted(where, peak))
    while first > 0 and where[first] - where[first - 1] <= thresholds.flank:
        first -= 1
    while last + 1 < len(where) and where[last + 1] - where[last] <= thresholds.flank:
        last += 1
    begin, end = int(where[first]), int(where[last]) + 1
    return begin, min(end, begin + thresholds.widest)


def divided(unexplained: Unexplained, parent: Seed, sites: Sites) -> list[Seed]:
    """Return the two motifs that sites belong to, if they are two: see `two_motifs`."""
    letters = site_letters(unexplained.direction, sites, flank=0)
    second = two_motifs(letters, unexplained.min_sites)
    if second is None:
        return []
    seeds = []
    for own in (~second, second):
        counts = base_counts(unexplained.direction, sites.only(own), flank=0)
        place = None if parent.place is None else int(np.median(sites.starts[own]))
        seeds.append(Seed(smoothed_matrix(counts, unexplained), parent.method, place))
    return seeds
