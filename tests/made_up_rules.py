"""Files of rules between motifs as `find_rules` writes them, with two rules or none."""

from pathlib import Path

import pandas as pd

from attendna.contracts.rules import (
    EFFECT_COLUMNS,
    RULE_COLUMNS,
    write_rule_effects,
    write_rule_summary,
    write_rules,
)

PAIR = ("hit_1", "GATTACAG", "+", "hit_2", "CCGTTTGC", "-")
SIGHT = {"kernel": 25, "reach": 32, "whole": False, "farthest": 35}


def rules(*more: list) -> pd.DataFrame:
    """One rule with 3 to 6 bases between its motifs, and more."""
    first = ["hit", *PAIR, 3, 6, 5.5, 5.0, 6.0, 6.25, 4, 1e-9, "yes"]
    return pd.DataFrame([first, *more], columns=RULE_COLUMNS)


def effects(gaps: int = 12) -> pd.DataFrame:
    """Of two arrangements at all distances, of which one has the rule."""
    turned = (*PAIR[:5], "+")
    rows = [
        ["hit", *pair, gap, 1.0, 5.5 * (pair == PAIR and 3 <= gap <= 6), 0.25]
        for pair in (PAIR, turned)
        for gap in range(gaps)
    ]
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def planted(found: bool | list[int] = True, **more) -> dict:
    """What rules.json says of a planted pair."""
    place = dict(
        zip(
            ("left", "left_word", "left_strand", "right", "right_word", "right_strand"),
            PAIR,
            strict=True,
        )
    )
    pair = {
        "class": "hit",
        "left": "one",
        "left_strand": "+",
        "right": "two",
        "right_strand": "+",
        "gaps": [2, 5],
        "words": True,
        "rule": 0 if found else None,
        "found": [2, 5] if found is True else found or None,
        "shared": 4 if found else 0,
        "expected": [place | {"gaps": [3, 6]}],
    }
    return pair | more


def summary(**more) -> dict:
    """What rules.json says where something was asked."""
    word = {"motif": "hit_1", "class": "hit", "letters": "GATTACAG", "palindrome": False}
    content = {
        "words": [word, word | {"motif": "hit_2", "letters": "CCGTTTGC"}],
        "classes": ["hit", "other"],
        "sight": SIGHT,
        "asked": {"motifs": 8, "gap": 40, "backgrounds": 20, "seed": 1},
        "least": 0.69,
        "level": 0.05,
        "gaps": list(range(12)),
        "backgrounds": 20,
        "length": 200,
        "symmetric": True,
        "arrangements": 10,
        "rules": 1,
        "flanks": 0,
        "planted": None,
    }
    return content | more


def write(folder: Path, table: pd.DataFrame | None = None, **more) -> list[str]:
    """Write the three files into a folder; return flags that name them."""
    write_rules(folder / "rules.tsv", rules() if table is None else table)
    write_rule_effects(folder / "rule_effects.tsv.gz", effects())
    write_rule_summary(folder / "rules.json", summary(**more))
    names = {"rules": "rules.tsv", "effects": "rule_effects.tsv.gz", "summary": "rules.json"}
    return [f"--{flag}={folder / name}" for flag, name in names.items()]
