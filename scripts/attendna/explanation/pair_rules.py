"""Which arrangements of two motifs raise the score: rules, from what pairs were found to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from attendna.explanation.pair_effects import Arrangement, Effects, Scorer, places, scored
from attendna.inference import holm

LEVEL = 0.05  # how often any rule is found where there is none
LEAST = float(np.log(2))  # of an effect, in log-odds: it doubles the odds
SHARE = 0.5  # of the arrangement's largest effect, from which on a distance is part of a rule
HOLE = 3  # distances without an effect that do not divide a rule: partners are seen in blocks of 4
ECHO = 1 / 3  # of a word's largest effect, below which it has no other rule


@dataclass(frozen=True)
class Rule:
    """A pair of words that raises the score of a class where it is arranged in one way.

    Attributes
    ----------
    arrangement
        Which words, which one is left, on which strands.
    label
        The number of the class.
    first_gap, last_gap
        Bases between the words, both included.
    effect, low, high
        By how much the log-odds are higher than without this arrangement, in the mean over the
        distances, with its 95% interval; see `contrasts`.
    largest
        The highest mean at one distance.
    at
        The distance with that.
    p_value
        Of that distance, corrected for all that were tested.
    """

    arrangement: Arrangement
    label: int
    first_gap: int
    last_gap: int
    effect: float
    low: float
    high: float
    largest: float
    at: int
    p_value: float


def contrasts(found: Effects) -> np.ndarray:
    """Return by how much an arrangement says more than its pair mostly does, (A, G, B, C).

    What two words say beyond each alone depends on more than their arrangement: where one of
    them is enough, two are less than their sum, wherever they stand. So the median over all
    arrangements and distances of the pair is taken off, in each background.
    """
    pairs = np.array([each.pair for each in found.arrangements]).reshape(-1, 2)
    contrast = np.full_like(found.beyond, np.nan)
    for pair in np.unique(pairs, axis=0):
        own = np.flatnonzero((pairs == pair).all(axis=1))
        tested = np.isfinite(found.beyond[own, :, 0, 0])
        if tested.any():
            typical = np.median(found.beyond[own][tested], axis=0)
            contrast[own] = found.beyond[own] - typical
    return contrast


def rules(found: Effects, reported: np.ndarray | None = None) -> list[Rule]:
    """Return the rules, the one with the largest effect first.

    A distance is part of a rule if there the contrast (see `contrasts`) is above 0 in a t-test over
    the backgrounds, corrected by Holm for all arrangements, distances and classes that were tested;
    if it is at least `LEAST`, and so is what the pair says beyond each alone, and by how much the
    score is higher than with one of them or none; and if it is at least `SHARE` of the highest
    contrast of this arrangement and `ECHO` of that of either word, with whatever word and for
    whatever class: what a network learns of one arrangement is learned in contrast to others, and
    spills over to words that are a little alike. Distances are one rule where no more than `HOLE`
    are missing between them.

    Parameters
    ----------
    found
        What was found out.
    reported
        bool (C,): the classes of which rules are wanted; None: all.
    """
    contrast = contrasts(found)
    mean, p_values = _tested(contrast)
    strong = np.minimum.reduce([mean, found.beyond.mean(axis=2), found.above])
    passing = (p_values < LEVEL) & (strong >= LEAST)
    if reported is not None:
        passing &= reported
    sure = np.where(passing, mean, 0)
    passing &= mean >= SHARE * sure.max(axis=1, keepdims=True)
    passing &= mean >= ECHO * _highest_of_words(found, sure)
    listed = [
        _rule(found, contrast, mean, p_values, a, label, run)
        for a, label in np.argwhere(passing.any(axis=1))
        for run in _runs(passing[a, :, label], found.gaps)
    ]
    return sorted(listed, key=lambda rule: -rule.largest)


def without_flanks(
    score: Scorer, backgrounds: np.ndarray, found: Effects, candidates: Sequence[Rule]
) -> list[Rule]:
    """Leave out rules that hold for one word and half of the other: that is one longer motif.

    Bases beside a site may fit the motif too, as those of AAAA beside TATAAA, or complete a motif
    of which the word is a part. So each word of a rule, at its best distance, is also planted
    beside only that half of the other one which faces it. If that says `SHARE` of what the rule
    says, the other word as such is not needed.

    Parameters
    ----------
    score, backgrounds
        See `pair_effects.effects`.
    found
        What was found out.
    candidates
        See `rules`.
    """
    sets: list[list[tuple[int, np.ndarray]]] = [[]]
    for rule in candidates:
        pair = places(found.words, rule.arrangement, rule.at, backgrounds.shape[1])
        (start, left), (other, right) = (place.planted(found.words) for place in pair)
        half, facing = len(left) // 2, -(-len(right) // 2)
        halves = (start + half, left[half:]), (other, right[:facing])
        whole = (start, left), (other, right)
        sets += [[whole[0], halves[1]], [whole[0]], [halves[1]]]
        sets += [[halves[0], whole[1]], [whole[1]], [halves[0]]]
    none, *others = (each.mean(axis=0) for each in scored(score, backgrounds, sets))
    kept = []
    for i, rule in enumerate(candidates):
        parts = np.array(others[6 * i : 6 * i + 6]).reshape(2, 3, -1)[..., rule.label]
        beyond = parts[:, 0] - parts[:, 1] - parts[:, 2] + none[rule.label]
        if beyond.max() < SHARE * rule.largest:
            kept.append(rule)
    return kept


def _tested(contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the means over backgrounds and corrected p-values of their being above 0."""
    from scipy.special import stdtr

    count = contrast.shape[2]
    mean = contrast.mean(axis=2)
    error = contrast.std(axis=2, ddof=1) / np.sqrt(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = stdtr(count - 1, -mean.astype(float) / error)
    p_values[(error == 0) & (mean <= 0)] = 1.0
    return mean, holm(p_values.ravel()).reshape(mean.shape)


def _highest_of_words(found: Effects, values: np.ndarray) -> np.ndarray:
    """Return for each arrangement the highest value that either of its words has, (A, 1, 1)."""
    highest = np.full(len(found.words), -np.inf)
    for arrangement, own in zip(found.arrangements, values, strict=True):
        for word in arrangement.pair:
            highest[word] = max(highest[word], own.max())
    pairs = np.array([arrangement.pair for arrangement in found.arrangements]).reshape(-1, 2)
    return highest[pairs].max(axis=1).reshape(-1, 1, 1)


def _runs(passing: np.ndarray, gaps: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the indices of the distances of each stretch, see `HOLE`."""
    places = np.flatnonzero(passing)
    breaks = np.flatnonzero(np.diff(gaps[places]) > HOLE + 1) + 1
    yield from np.split(places, breaks)


def _rule(
    found: Effects,
    contrast: np.ndarray,
    mean: np.ndarray,
    p_values: np.ndarray,
    a: int,
    label: int,
    run: np.ndarray,
) -> Rule:
    """Put the numbers of a rule together."""
    best = run[mean[a, run, label].argmax()]
    effect, low, high = interval(contrast[a, run, :, label].mean(axis=0))
    return Rule(
        found.arrangements[a],
        int(label),
        int(found.gaps[run[0]]),
        int(found.gaps[run[-1]]),
        effect,
        low,
        high,
        float(mean[a, best, label]),
        int(found.gaps[best]),
        float(p_values[a, best, label]),
    )


def interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of values (n,) and its interval by Student's t."""
    from scipy.special import stdtrit

    half = stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / len(values) ** 0.5
    mean = float(values.mean())
    return mean, mean - float(half), mean + float(half)
