"""Rules between motifs: `rules.tsv`, `rule_effects.tsv.gz` and `rules.json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attendna import values
from attendna.contracts.tables import read_json, read_table, write_json, write_table
from attendna.intact_files import reading

if TYPE_CHECKING:
    import pandas as pd

PAIR = ["left", "left_word", "left_strand", "right", "right_word", "right_strand"]
RULE_COLUMNS = [
    "class",
    *PAIR,
    "gap_from",
    "gap_to",
    "effect",
    "low",
    "high",
    "largest",
    "gap_of_largest",
    "p_value",
    "planted",
]
EFFECT_COLUMNS = ["class", *PAIR, "gap", "beyond", "contrast", "error"]
STRANDS = ("+", "-")
PLANTED = ("yes", "no", "")


def write_rules(path: str | Path, table: pd.DataFrame) -> None:
    """Write `rules.tsv`, the columns RULE_COLUMNS."""
    write_table(path, table[RULE_COLUMNS])


def read_rules(path: str | Path) -> pd.DataFrame:
    """Read `rules.tsv`."""
    table = read_table(path, text=["class", *PAIR, "planted"], required=RULE_COLUMNS)
    with reading(path, verified=False):
        _check_strands(table)
        values.known(table["planted"].to_numpy(str), "the column planted", PLANTED)
        for gap in ("gap_from", "gap_to", "gap_of_largest"):
            values.column(table, gap, least=0)
        values.require(
            not (table["gap_from"] > table["gap_to"]).any(), "a gap ends before it begins"
        )
        for number in ("effect", "largest"):
            values.column(table, number)
        values.column(table, "p_value", least=0, most=1)
        values.interval(table)
    return table


def write_rule_effects(path: str | Path, table: pd.DataFrame) -> None:
    """Write `rule_effects.tsv.gz`, the columns EFFECT_COLUMNS."""
    write_table(path, table[EFFECT_COLUMNS])


def read_rule_effects(path: str | Path) -> pd.DataFrame:
    """Read `rule_effects.tsv.gz`."""
    table = read_table(path, text=["class", *PAIR], required=EFFECT_COLUMNS)
    with reading(path, verified=False):
        _check_strands(table)
        values.column(table, "gap", least=0)
        for number in ("beyond", "contrast"):
            values.column(table, number)
        values.column(table, "error", least=0)
    return table


def _check_strands(table: pd.DataFrame) -> None:
    for side in ("left_strand", "right_strand"):
        values.known(table[side].to_numpy(str), f"the column {side}", STRANDS)


def write_rule_summary(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write `rules.json`.

    Parameters
    ----------
    path
        The file to write.
    content
        `words` (of each the `motif`, the `class`, the `letters` and whether it is a `palindrome`),
        `classes`, `sight` (`kernel`, `reach`, `whole`, and `farthest`, or null), `asked` (the
        settings), `gaps` that were tested, `backgrounds`, `length`, `symmetric`, how many
        `arrangements`, `rules` and `flanks` (what one longer motif explains), and of simulated data
        `planted` (a list), else null.
    """
    write_json(path, content)


def read_rule_summary(path: str | Path) -> dict[str, Any]:
    """Read `rules.json`."""
    with reading(path):
        content = read_json(path)
        for key in ("words", "sight", "gaps", "arrangements", "rules", "planted"):
            content[key]
    return content
