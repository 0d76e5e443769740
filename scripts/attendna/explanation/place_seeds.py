"""Seeds that are places: what stands where many records have high contributions.

A motif of few or ambiguous letters is common everywhere, and so no k-mer tells it. Where it always
stands at the same place, the place does.
"""

from __future__ import annotations

import numpy as np

from attendna.explanation.seeds import Seed
from attendna.explanation.unexplained import Unexplained, shifted, smoothed_matrix, window_sums


def best_place(unexplained: Unexplained, seed: int, dismissed: set[tuple[int, int]]) -> Seed | None:
    """Propose what stands at the place that is high in more records than any is by chance.

    High are the windows that contribute most of all in what is left; by chance is when each
    record's contributions are moved along it.

    Parameters
    ----------
    unexplained
        What is left.
    seed
        Of the moves.
    dismissed
        Widths and places that were proposed before.
    """
    generator = np.random.default_rng(seed)
    best, highest = None, 0.0
    for width in unexplained.thresholds.place_widths:
        if width > unexplained.left.shape[1]:
            continue
        high, scores = _scored(unexplained, width, generator)
        scores[[place for other, place in dismissed if other == width]] = 0
        if scores.max() > highest:
            highest, place = float(scores.max()), int(scores.argmax())
            best = width, place, np.flatnonzero(high[:, place])
    if best is None:
        return None
    width, place, own = best
    letters = unexplained.direction.bases[own, place : place + width]
    counts = np.stack([(letters == base).sum(axis=0) for base in range(4)], axis=1)
    return Seed(smoothed_matrix(counts, unexplained), "places", place)


def _scored(
    unexplained: Unexplained, width: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return which windows are high, bool (m, places), and the score of each place, (places,).

    The score is 0 where it could be chance, or where too few records are high.
    """
    thresholds = unexplained.thresholds
    windows = window_sums(unexplained.left, width)
    threshold = max(0.0, float(np.quantile(windows, 1 - thresholds.place_top)))
    high = windows > threshold
    scores, chance = _place_scores(high), 0.0
    for _ in range(thresholds.shifts):
        moved = window_sums(shifted(unexplained.left, generator), width)
        chance = max(chance, _place_scores(moved > threshold).max())
    scores[scores <= 2 * chance] = 0
    scores[high.sum(axis=0) < unexplained.min_sites] = 0
    return high, scores


def _place_scores(high: np.ndarray) -> np.ndarray:
    """Score places, float (places,), by how much more often they are high, bool (rows, places).

    The log-likelihood ratio of two binomial distributions, as of k-mers; 0 where not more often.
    """
    rows, places = high.shape
    among = high.sum(axis=0)
    share = np.clip(among / rows, 1e-9, 1 - 1e-9)
    usual = np.clip(high.mean(), 1e-9, 1 - 1e-9)
    ratio = among * np.log(share / usual) + (rows - among) * np.log((1 - share) / (1 - usual))
    return np.where(share > usual, ratio, 0.0)
