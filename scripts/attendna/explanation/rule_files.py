"""What the files of a run tell of rules between its motifs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.contracts.rules import EFFECT_COLUMNS, PAIR, RULE_COLUMNS
from attendna.explanation.pair_effects import Arrangement, Effects
from attendna.explanation.pair_rules import LEAST, LEVEL, contrasts
from attendna.explanation.pair_search import Options, Search
from attendna.explanation.pair_words import Word
from attendna.explanation.planted_pairs import Recovered

if TYPE_CHECKING:
    import pandas as pd


def rule_table(
    found: Search, classes: Sequence[str], planted: Sequence[bool] | None
) -> pd.DataFrame:
    """Return the rows of `rules.tsv`, the strongest rule first.

    Parameters
    ----------
    found
        The search.
    classes
        Their names.
    planted
        For each rule whether it was planted; None: not known.
    """
    import pandas as pd

    known = [""] * len(found.rules) if planted is None else ["no", "yes"]
    rows = [
        [
            classes[rule.label],
            *_pair(found.words, rule.arrangement),
            *(rule.first_gap, rule.last_gap),
            *map(_short, (rule.effect, rule.low, rule.high, rule.largest)),
            *(rule.at, _short(rule.p_value)),
            known[i if planted is None else planted[i]],
        ]
        for i, rule in enumerate(found.rules)
    ]
    return pd.DataFrame(rows, columns=RULE_COLUMNS)


def effect_table(found: Search, classes: Sequence[str]) -> pd.DataFrame:
    """Return the rows of `rule_effects.tsv.gz`: every class, arrangement and distance."""
    import pandas as pd

    if found.effects is None:
        return pd.DataFrame(columns=EFFECT_COLUMNS)
    arrays = _means(found.effects)
    rows = [
        [classes[label], *_pair(found.words, arrangement), int(gap)]
        + [_short(array[a, g, label]) for array in arrays]
        for label in range(len(classes))
        for a, arrangement in enumerate(found.effects.arrangements)
        for g, gap in enumerate(found.effects.gaps)
        if np.isfinite(arrays[0][a, g, label])
    ]
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def _short(number: float) -> float:
    """Return a number with as many digits as anybody reads."""
    return float(f"{number:.5g}")


def _means(found: Effects) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return over the backgrounds the mean beyond both, that of the contrast and its error."""
    contrast = contrasts(found)
    error = contrast.std(axis=2, ddof=1) / np.sqrt(contrast.shape[2])
    return found.beyond.mean(axis=2), contrast.mean(axis=2), error


def _pair(words: Sequence[Word], arrangement: Arrangement) -> list[str]:
    left, one, right, other = arrangement
    return [
        *(words[left].motif, words[left].letters, one),
        *(words[right].motif, words[right].letters, other),
    ]


def summary(
    found: Search,
    classes: Sequence[str],
    length: int,
    options: Options,
    planted: Sequence[Recovered] | None,
) -> dict[str, Any]:
    """Return what `rules.json` holds.

    Parameters
    ----------
    found, classes
        See `rule_table`.
    length
        Bases of a background.
    options
        What was asked for.
    planted
        What was planted, and what was found of it; None: not known.
    """
    tested = found.effects
    return {
        "words": [
            {
                "motif": word.motif,
                "class": word.label,
                "letters": word.letters,
                "palindrome": word.palindrome,
            }
            for word in found.words
        ],
        "classes": list(classes),
        "sight": asdict(found.sight) | {"farthest": found.farthest},
        "asked": asdict(options),
        "least": LEAST,
        "level": LEVEL,
        "gaps": [] if tested is None else tested.gaps,
        "backgrounds": found.backgrounds,
        "length": length,
        "symmetric": tested is not None and tested.symmetric,
        "arrangements": 0 if tested is None else len(tested.arrangements),
        "rules": len(found.rules),
        "flanks": found.flanks,
        "planted": None if planted is None else [_planted(each, found.words) for each in planted],
    }


def _planted(each: Recovered, words: Sequence[Word]) -> dict[str, Any]:
    """Return what is told of a planted pair."""
    return {
        "class": each.pair.label,
        "left": each.pair.left,
        "left_strand": each.pair.left_strand,
        "right": each.pair.right,
        "right_strand": each.pair.right_strand,
        "gaps": [each.pair.first_gap, each.pair.last_gap],
        "words": bool(each.expected),
        "rule": each.rule,
        "found": None if each.rule is None else [each.first_gap, each.last_gap],
        "shared": each.shared,
        "expected": [
            dict(zip(PAIR, _pair(words, arrangement), strict=True)) | {"gaps": list(gaps)}
            for arrangement, gaps in each.expected.items()
        ],
    }
