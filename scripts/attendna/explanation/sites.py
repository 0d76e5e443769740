"""The sites of a motif: places whose letters are like its matrix, and which contribute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attendna.dna import reverse_complement
from attendna.explanation.directions import UNKNOWN, Direction
from attendna.explanation.motifs import Motif
from attendna.explanation.site_positions import position_odds
from attendna.explanation.unexplained import Unexplained, window_sums

COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Sites:
    """Where a motif stands.

    Attributes
    ----------
    width
        Its bases.
    rows, starts
        int64 (sites,): the record, as a row of its direction, and the leftmost base.
    reverse
        bool (sites,): on the other strand.
    """

    width: int
    rows: np.ndarray
    starts: np.ndarray
    reverse: np.ndarray

    def __len__(self) -> int:
        """Return how many sites there are."""
        return len(self.rows)

    def only(self, chosen: np.ndarray) -> Sites:
        """Return the sites that a bool (sites,) mask chooses."""
        return Sites(self.width, self.rows[chosen], self.starts[chosen], self.reverse[chosen])

    def same(self, other: Sites | None) -> bool:
        """Whether others are the very same sites."""
        return (
            other is not None
            and self.width == other.width
            and all(
                np.array_equal(getattr(self, name), getattr(other, name))
                for name in ("rows", "starts", "reverse")
            )
        )


def find_sites(
    unexplained: Unexplained,
    probabilities: np.ndarray,
    places: np.ndarray,
    place: int | None = None,
) -> Sites:
    """Return the places that look like the motif and contribute.

    The log odds of a site are those of its letters (matrix against background) plus those of its
    contributions (two normal distributions of the same spread, whose means are those of likely
    sites and of all places) plus the prior odds, and where the sites so far prefer a position,
    those of the position. However much a place contributes, its letters have to speak for the
    motif, since other motifs contribute too.

    Parameters
    ----------
    unexplained
        What is left.
    probabilities
        float (width, 4): the matrix.
    places
        int (sites,): where the sites so far start.
    place
        Where sites have to be near, each position as likely; None: anywhere.
    """
    width, thresholds = len(probabilities), unexplained.thresholds
    logs = np.log(probabilities / unexplained.background)
    letters, reverse = _letter_odds(unexplained, logs)
    evidence = window_sums(unexplained.left, width)
    mean, spread = evidence.mean(), evidence.std() + 1e-12
    best = logs.max(axis=1).sum()
    like = letters > np.maximum(thresholds.likeness * best, thresholds.doubt)
    like &= evidence > mean
    prefer = position_odds(places, letters.shape[1])
    if place is not None:
        away = np.abs(np.arange(letters.shape[1]) - place) > thresholds.place_reach
        like[:, away] = False
        prefer = np.where(away, -np.inf, np.log(len(away) / max(1, (~away).sum())))
    if like.sum() < unexplained.min_sites:
        return Sites(width, *(np.zeros(0, np.int64),) * 3)
    typical = evidence[like].mean()
    prior = np.log(like.sum() / like.size)
    gain = (typical - mean) * (evidence - (typical + mean) / 2) / spread**2
    odds = letters + np.minimum(gain + prior, -thresholds.doubt) + prefer
    odds[evidence <= mean] = -np.inf
    return apart(odds, reverse, width)


def _letter_odds(unexplained: Unexplained, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log odds of the letters at each start, (m, starts), and where the strand is "-".

    Of both strands, where both count, the better one.
    """
    letters = _scan(unexplained.direction.bases, logs)
    reverse = np.zeros(letters.shape, dtype=bool)
    if unexplained.both_strands:
        other = _scan(unexplained.direction.bases, reverse_complement(logs))
        reverse = other > letters
        letters = np.maximum(letters, other)
    return letters, reverse


def _scan(bases: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Sum a matrix of logs (width, 4) at each start: (m, length - width + 1); -inf at unknown."""
    starts = bases.shape[1] - len(logs) + 1
    table = np.concatenate([logs, np.full((len(logs), 1), -np.inf)], axis=1)
    total = np.zeros((len(bases), starts))
    for i, row in enumerate(table):
        total += row[bases[:, i : i + starts]]
    return total


def apart(odds: np.ndarray, reverse: np.ndarray, width: int) -> Sites:
    """Choose places with odds above 0 that do not overlap: best first, of equals the leftmost."""
    rows, starts = np.nonzero(odds > 0)
    order = np.lexsort((starts, -np.round(odds[rows, starts], 6), rows))
    chosen: list[tuple[int, int]] = []
    taken: dict[int, list[int]] = {}
    for row, start in zip(rows[order].tolist(), starts[order].tolist(), strict=True):
        others = taken.setdefault(row, [])
        if all(abs(start - other) >= width for other in others):
            others.append(start)
            chosen.append((row, start))
    chosen.sort()
    table = np.array(chosen, dtype=np.int64).reshape(-1, 2)
    return Sites(width, table[:, 0], table[:, 1], reverse[table[:, 0], table[:, 1]])


def site_letters(direction: Direction, sites: Sites, flank: int) -> np.ndarray:
    """Return the bases of sites and flanks as the motif reads: (sites, width + 2 flank)."""
    letters = _around(direction.bases, UNKNOWN, sites, flank)
    return np.where(sites.reverse[:, None], COMPLEMENT[letters[:, ::-1]], letters)


def base_counts(direction: Direction, sites: Sites, flank: int) -> np.ndarray:
    """Count the bases of the sites and of flanks on each side: float (width + 2 flank, 4)."""
    letters = site_letters(direction, sites, flank)
    return np.stack([(letters == base).sum(axis=0) for base in range(4)], axis=1).astype(float)


def column_evidence(left: np.ndarray, sites: Sites, flank: int) -> np.ndarray:
    """Float (width + 2 flank,): the mean contribution of the sites' columns and their flanks."""
    values = _around(left, 0, sites, flank)
    return np.where(sites.reverse[:, None], values[:, ::-1], values).mean(axis=0)


def _around(values: np.ndarray, outside: float, sites: Sites, flank: int) -> np.ndarray:
    """(sites, width + 2 flank): values of (m, length) around sites, `outside` beyond ends."""
    columns = sites.starts[:, None] + np.arange(-flank, sites.width + flank)
    inside = (columns >= 0) & (columns < values.shape[1])
    taken = values[sites.rows[:, None], np.clip(columns, 0, values.shape[1] - 1)]
    return np.where(inside, taken, np.array(outside, values.dtype))


def motif_of(direction: Direction, sites: Sites, method: str) -> Motif:
    """Put together a motif, without a name, from its sites."""
    columns = sites.starts[:, None] + np.arange(sites.width)
    values = direction.hypothetical[sites.rows[:, None], columns]
    values = values * direction.one_hot[sites.rows[:, None], columns]
    values = np.where(sites.reverse[:, None, None], reverse_complement(values), values)
    return Motif(
        name="",
        label=direction.name,
        method=method,
        counts=base_counts(direction, sites, flank=0),
        contributions=values.mean(axis=0),
        records=direction.records[sites.rows],
        starts=sites.starts,
        strands=np.where(sites.reverse, "-", "+"),
        evidence=direction.evidence[sites.rows[:, None], columns].sum(axis=1),
    )
