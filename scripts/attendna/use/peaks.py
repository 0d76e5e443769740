"""Where a model fires in a genome: summits, their q-values against shuffled DNA, their extent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

LONGEST = 1 << 20  # windows of one cluster that are held; a longer one is divided


@dataclass(frozen=True, eq=False)
class Cluster:
    """Windows above a threshold, none of which is as far as a window from the next.

    Attributes
    ----------
    starts
        int64 (windows,), ascending.
    scores
        float32 (windows,).
    """

    starts: np.ndarray
    scores: np.ndarray


def clusters(
    parts: Iterable[tuple[np.ndarray, np.ndarray]], threshold: float, length: int
) -> Iterator[Cluster]:
    """Yield the clusters of a chromosome, whose windows come part by part.

    Parameters
    ----------
    parts
        starts, int64 (n,) and ascending from part to part, and scores, float (n,); NaN where a
        window is not scored.
    threshold
        The least score.
    length
        Bases of a window.
    """
    held_starts, held_scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
    for starts, scores in parts:
        with np.errstate(invalid="ignore"):
            high = scores >= threshold
        held_starts = np.concatenate([held_starts, starts[high]])
        held_scores = np.concatenate([held_scores, scores[high].astype(np.float32)])
        if not len(held_starts):
            continue
        cuts = np.flatnonzero(np.diff(held_starts) >= length) + 1
        if len(held_starts) - (cuts[-1] if len(cuts) else 0) > LONGEST or (
            starts[-1] - held_starts[-1] >= length
        ):
            cuts = np.append(cuts, len(held_starts))  # the last is complete, too
        for first, end in zip(np.append(0, cuts[:-1]), cuts, strict=False):
            if end > first:
                yield Cluster(held_starts[first:end], held_scores[first:end])
        done = int(cuts[-1]) if len(cuts) else 0
        held_starts, held_scores = held_starts[done:], held_scores[done:]
    cuts = np.flatnonzero(np.diff(held_starts) >= length) + 1
    for windows in np.split(np.arange(len(held_starts)), cuts):
        if len(windows):
            yield Cluster(held_starts[windows], held_scores[windows])


def summits(cluster: Cluster, length: int) -> np.ndarray:
    """Return the best windows of a cluster that do not overlap: indices, ascending.

    The best first, then the best of those that overlap none so far, and so on; of equals the
    one in the middle of its run, then the first.
    """
    starts, scores = cluster.starts, cluster.scores
    middle = _from_edges(scores)
    order = np.lexsort((starts, -middle, -scores))
    free = np.ones(len(starts), bool)
    chosen = []
    for index in order.tolist():
        if free[index]:
            chosen.append(index)
            near = np.searchsorted(starts, [starts[index] - length + 1, starts[index] + length])
            free[near[0] : near[1]] = False
    return np.sort(np.array(chosen, np.int64))


def _from_edges(scores: np.ndarray) -> np.ndarray:
    """Return how far each is from the nearer end of its run of equal scores: int (n,)."""
    change = np.flatnonzero(np.diff(scores)) + 1
    edges = np.concatenate([[0], change, [len(scores)]])
    run = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    places = np.arange(len(scores))
    return np.minimum(places - edges[run], edges[run + 1] - 1 - places)


@dataclass(frozen=True)
class Peak:
    """A summit and the windows above the threshold around it.

    Attributes
    ----------
    start, end
        Of the merged windows, which end half-way to a neighbouring summit.
    summit
        The start of the best window.
    score
        Of that window.
    """

    start: int
    end: int
    summit: int
    score: float


def peaks(cluster: Cluster, length: int) -> list[Peak]:
    """Return the peaks of a cluster, by place."""
    chosen = summits(cluster, length)
    starts = cluster.starts
    places = starts[chosen]
    between = (places[:-1] + places[1:]) // 2 + length // 2
    firsts = np.concatenate([[starts[0]], between])
    ends = np.concatenate([between, [starts[-1] + length]])
    found = []
    for index, first, end in zip(chosen.tolist(), firsts.tolist(), ends.tolist(), strict=True):
        # A gap in the cluster that no window above the threshold bridges can't be: see `clusters`.
        found.append(Peak(first, end, int(starts[index]), float(cluster.scores[index])))
    return found


def q_values(scores: np.ndarray, null_scores: np.ndarray, share: float) -> np.ndarray:
    """Return the q-value of each peak: the expected share of false ones among those as high.

    As many peaks as shuffled DNA has are expected to be false, and one more, so that a count of
    zero promises nothing that so few can't keep (as in Levitsky et al. 2017, J. Proteome Res.
    16:689, of decoys).

    Parameters
    ----------
    scores
        float (n,), of the genome's peaks.
    null_scores
        float (m,), of the peaks of shuffled DNA.
    share
        Windows of the genome for each window of shuffled DNA.

    Returns
    -------
    numpy.ndarray
        float64 (n,), at most 1; never lower for a lower score.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    as_high = np.searchsorted(-ranked, -ranked, side="right")
    null = np.sort(-np.asarray(null_scores))
    false = (np.searchsorted(null, -ranked, side="right") + 1) * share
    rates = np.minimum(false / np.maximum(as_high, 1), 1)
    q = np.empty(len(scores))
    q[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return q
