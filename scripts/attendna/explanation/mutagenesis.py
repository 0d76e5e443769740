"""What a mutation does to filters that are pooled along a sequence, without the whole sequence.

A filter's response at a position is a sum over the bases below it, and its pooled response is the
log of a sum of exponentials over positions. A substitution changes the terms of the positions whose
windows hold it and leaves all others, whose sums from the left and from the right are known. And
each changed term is the old one, times the exponential of what the new base adds, over that of what
the old one added. So all mutants of a sequence cost about as much as a few convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Filters of one width whose scores are pooled: the logsumexp over positions.

    See `layers.MotifAttention`; what follows the logsumexp is the network's own.

    Attributes
    ----------
    kernel
        float64 (width, 4, filters), centred as in a convolution with padding "same".
    offset
        float64 (filters,) or (length, filters), added to the convolution.
    """

    kernel: np.ndarray
    offset: np.ndarray

    @property
    def width(self) -> int:
        """Bases that a filter sees."""
        return len(self.kernel)

    @property
    def left(self) -> int:
        """Bases that a filter sees to the left of its position."""
        return (self.width - 1) // 2

    def reach(self, j: int, length: int) -> tuple[slice, slice]:
        """Return the positions that base j of a window can be, and those of their windows."""
        shift = self.left - j
        bases = slice(min(max(0, -shift), length), max(0, length - max(0, shift)))
        return bases, slice(min(max(0, shift), length), max(0, length - max(0, -shift)))


def sequence_totals(scale: Scale, fractions: np.ndarray) -> np.ndarray:
    """Return the pooled scores of sequences: float32 (n, filters).

    Parameters
    ----------
    scale
        The filters.
    fractions
        float (n, length, 4), see `dna.base_fractions`.
    """
    scores = _scores(scale, fractions)
    highest = scores.max(axis=1)
    sums = np.exp(scores - highest[:, None]).sum(axis=1)
    return (highest + np.log(sums)).astype(np.float32)


def mutant_totals(scale: Scale, fractions: np.ndarray) -> np.ndarray:
    """Return the pooled scores of each mutant.

    Parameters
    ----------
    scale
        The filters.
    fractions
        float (n, length, 4), see `dna.base_fractions`.

    Returns
    -------
    numpy.ndarray
        float32 (n, length, 4, filters): with this base in place of what stands there. What it says
        about padding has no meaning.
    """
    n, length, bases = fractions.shape
    filters = scale.kernel.shape[2]
    scores = _scores(scale, fractions)
    highest = scores.max(axis=1, keepdims=True)
    terms = np.exp(scores - highest)  # (n, length, filters)

    # What a mutation at i does not reach, plus what it does, base by base.
    sums = np.zeros((2, n, length + 1, filters))
    np.cumsum(terms, axis=1, out=sums[0, :, 1:])
    np.cumsum(terms[:, ::-1], axis=1, out=sums[1, :, 1:])
    places = np.arange(length)
    right = scale.width - 1 - scale.left
    before = np.maximum(places - right, 0)  # the first position whose window holds i
    after = np.maximum(length - 1 - places - scale.left, 0)  # counted from the end
    rest = sums[0][:, before] + sums[1][:, after]
    mutated = np.repeat(rest[:, :, None], bases, axis=2)
    for j, weights in enumerate(scale.kernel):
        mutation, reached = scale.reach(j, length)
        without = terms[:, reached] * np.exp(-(fractions[:, mutation] @ weights))
        mutated[:, mutation] += without[:, :, None] * np.exp(weights)
    with np.errstate(divide="ignore"):  # a sum too small for a number is told by its infinity
        return (highest[:, :, None] + np.log(mutated)).astype(np.float32)


def attended_bases(scale: Scale, fractions: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """Return how much attention each base gets, since a filter that attends sees a window.

    Each filter's attention is spread over its window as the weights of its kernel are: by the
    Euclidean norm, over the bases, of what they differ from one another.

    Parameters
    ----------
    scale
        The filters.
    fractions
        float (n, length, 4), see `dna.base_fractions`.
    importance
        float (n, filters): what the attention of each filter counts.

    Returns
    -------
    numpy.ndarray
        float32 (n, length).
    """
    scores = _scores(scale, fractions)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights *= importance[:, None] / weights.sum(axis=1, keepdims=True)
    differences = scale.kernel - scale.kernel.mean(axis=1, keepdims=True)
    profile = np.linalg.norm(differences, axis=1)  # (width, filters)
    profile /= np.maximum(profile.sum(axis=0), np.finfo(float).tiny)
    attended = np.zeros(fractions.shape[:2])
    for j, shares in enumerate(profile):
        bases, windows = scale.reach(j, fractions.shape[1])
        attended[:, bases] += weights[:, windows] @ shares
    return (attended * fractions.any(axis=2)).astype(np.float32)


def spread_evenly(weights: np.ndarray, width: int) -> np.ndarray:
    """Spread the weights of positions over windows of a width: float (n, length) both."""
    scale = Scale(np.zeros((width, 4, 1)), np.zeros(1))
    spread = np.zeros_like(weights)
    for j in range(width):
        bases, windows = scale.reach(j, weights.shape[1])
        spread[:, bases] += weights[:, windows] / width
    return spread


def _scores(scale: Scale, fractions: np.ndarray) -> np.ndarray:
    """float64 (n, length, filters): the terms of the sum, in logarithms; -inf at padding."""
    n, length, bases = fractions.shape
    padded = np.zeros((n, length + scale.width - 1, bases))
    padded[:, scale.left : scale.left + length] = fractions
    windows = np.lib.stride_tricks.sliding_window_view(padded, scale.width, axis=1)
    windows = windows.transpose(0, 1, 3, 2).reshape(n * length, scale.width * bases)
    responses = windows @ scale.kernel.reshape(scale.width * bases, -1)
    scores = responses.reshape(n, length, -1) + scale.offset
    return np.where(fractions.any(axis=2, keepdims=True), scores, -np.inf)
