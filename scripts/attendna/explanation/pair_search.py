"""The search for rules between the motifs that a network relies on, asked of the network itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attendna.explanation import attribution
from attendna.explanation.pair_effects import (
    Effects,
    Scorer,
    arrangements_of,
    effects,
    is_symmetric,
)
from attendna.explanation.pair_rules import Rule, rules, without_flanks
from attendna.explanation.pair_sight import Sight, sight
from attendna.explanation.pair_words import Word, words_of
from attendna.learning import models
from attendna.learning.backend import keras
from attendna.shuffling import shuffle_encoded

MOST_BASES = 5e7  # that a network is asked of, about: a quarter of a minute on one core
FEWEST_BACKGROUNDS = 8
FAR = 4  # distances beyond what a network sees, for comparison
BATCH = 512


@dataclass(frozen=True)
class Options:
    """How rules are looked for, as in config.yaml under `explain.rules`.

    Attributes
    ----------
    motifs
        Words of motifs whose pairs are planted, at most.
    gap
        The most bases between them.
    backgrounds
        Shuffled sequences, at most.
    seed
        Of the shuffling.
    """

    motifs: int
    gap: int
    backgrounds: int
    seed: int


@dataclass(frozen=True)
class Search:
    """What was asked, and what was found.

    Attributes
    ----------
    words
        Of motifs.
    sight
        What the network sees.
    farthest
        The most bases between two words at which it does; None: any number.
    backgrounds
        How many there were.
    effects
        By arrangement; None if no arrangement could be asked for.
    rules
        The strongest first.
    flanks
        How many more a longer motif explains.
    """

    words: Sequence[Word]
    sight: Sight
    farthest: int | None
    backgrounds: int = 0
    effects: Effects | None = None
    rules: Sequence[Rule] = field(default_factory=list)
    flanks: int = 0


def search(
    model: keras.Model, x: np.ndarray, motifs: Sequence[Mapping[str, Any]], options: Options
) -> Search:
    """Look for the arrangements of two motifs that raise a network's score.

    What a network can't see is not asked, so that chance finds nothing there. Long sequences take
    fewer backgrounds, and where that is not enough fewer words, so that no more than about
    `MOST_BASES` bases are predicted.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4): records to shuffle, one for each background.
    motifs
        The `motifs` of motifs.json.
    options
        How.
    """
    words = words_of(motifs, options.motifs)
    seen = sight(model)
    farthest = seen.farthest(2 * min((word.width for word in words), default=0))
    gaps = tested_gaps(options.gap, farthest)
    if not (words and gaps and len(x)):
        return Search(words, seen, farthest)
    score = class_scores(model)
    backgrounds = filled(x, options.backgrounds, options.seed)
    symmetric = is_symmetric(score, backgrounds, words)
    count, some = affordable(words, len(gaps), options.backgrounds, x.shape[1], symmetric)
    words, backgrounds = words[:some], backgrounds[:count]
    found = effects(score, backgrounds, words, gaps, symmetric)
    candidates = rules(found)
    kept = without_flanks(score, backgrounds, found, candidates)
    dropped = len(candidates) - len(kept)
    return Search(words, seen, farthest, count, found, kept, dropped)


def class_scores(model: keras.Model) -> Scorer:
    """Return what gives the scores of all classes, see `attribution.target_weights`."""
    classes = np.arange(len(model.get_layer(models.PROBABILITIES).classes))
    weights = attribution.target_weights(model, classes).T  # (outputs, classes)
    logits = attribution.logits_of(model)

    def score(x: np.ndarray) -> np.ndarray:
        outputs = [found for _, found in models.batches_of_outputs(logits, x, min(BATCH, len(x)))]
        return np.concatenate(outputs) @ weights

    return score


def tested_gaps(most: int, farthest: int | None) -> list[int]:
    """Return the bases between words to ask for: what is seen, and some beyond for comparison."""
    if farthest is None or farthest >= most:
        return list(range(most + 1))
    if farthest < 0:
        return []
    beyond = np.linspace(farthest + 1, most, FAR).round().astype(int)
    return sorted({*range(farthest + 1), *beyond.tolist()})


def filled(x: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return so many shuffled sequences, uint8 (count, length, 4), without padding.

    Records are used again where they are too few, and bases where a record is too short.
    """
    chosen = x[np.arange(count) % len(x)].copy()
    for row in chosen:
        bases = row[row.any(axis=1)]
        if 0 < len(bases) < len(row):
            row[:] = np.resize(bases, row.shape)
    return shuffle_encoded(chosen, [seed])


def affordable(
    words: Sequence[Word], gaps: int, backgrounds: int, length: int, symmetric: bool
) -> tuple[int, int]:
    """Return how many backgrounds and how many words can be asked for, see `search`."""
    for some in range(len(words), 1, -1):
        once = len(arrangements_of(words[:some], symmetric)) * gaps * length
        count = int(MOST_BASES // once)
        if count >= min(backgrounds, FEWEST_BACKGROUNDS):
            return min(backgrounds, count), some
    return min(backgrounds, FEWEST_BACKGROUNDS), min(2, len(words))
