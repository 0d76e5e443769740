"""Whether the sites of a motif prefer a position, and which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PEAKS = (7, 3, 1)  # positions that a preferred one is told to within
SMOOTHING = 7  # positions over which a preference counts
PREFERENCE = 1e-6  # p-value from which on a preference is believed


@dataclass(frozen=True)
class Peak:
    """Where most sites start: the first and the last position, the share, and a p-value.

    The p-value is that of so many sites in any such stretch if all positions were alike
    (Poisson, times the number of stretches).
    """

    first: int
    last: int
    share: float
    p_value: float


def position_peak(starts: np.ndarray, places: int) -> Peak:
    """Return the stretch of positions at which sites start more often than anywhere else.

    Parameters
    ----------
    starts
        int (sites,), from 0; at least one.
    places
        How many positions there are.

    Returns
    -------
    Peak
        Of the stretches of `PEAKS` positions the one that is least likely by chance.
    """
    counts = np.bincount(np.clip(starts, 0, places - 1), minlength=places)
    peaks = [_peak(counts, width) for width in PEAKS if width <= places]
    return min(peaks, key=lambda peak: peak.p_value)


def _peak(counts: np.ndarray, width: int) -> Peak:
    """Return the stretch of `width` positions with most sites."""
    from scipy.stats import poisson

    sums = np.convolve(counts, np.ones(width, int), mode="valid")
    # Of stretches that follow each other and hold equally many, that in the middle.
    first = int(sums.argmax())
    tied = int(np.argmin(np.append(sums[first:] == sums[first], False)))
    first += (tied - 1) // 2
    total = int(counts.sum())
    p_value = float(poisson.sf(sums[first] - 1, total * width / len(counts)))
    tests = len(sums) * len(PEAKS)
    return Peak(first, first + width - 1, float(sums[first] / total), min(1.0, p_value * tests))


def position_odds(starts: np.ndarray, places: int) -> np.ndarray:
    """Return the log odds of each position, where sites clearly prefer some: float (places,).

    Half of them are taken to be spread as the sites so far, smoothed, the other half evenly.
    """
    if not len(starts) or position_peak(starts, places).p_value > PREFERENCE:
        return np.zeros(places)
    counts = np.bincount(np.clip(starts, 0, places - 1), minlength=places).astype(float)
    smooth = np.convolve(counts, np.ones(SMOOTHING) / SMOOTHING, mode="full")
    centre = (len(smooth) - places) // 2
    smooth = smooth[centre : centre + places]
    return np.log(0.5 + 0.5 * smooth / smooth.mean())
