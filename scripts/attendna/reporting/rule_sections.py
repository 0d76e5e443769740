"""What the report says about rules between motifs: a paragraph, and rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attendna.evaluation import summary as scores
from attendna.wording import counted, listed

if TYPE_CHECKING:
    import pandas as pd

ARROWS = {"+": "→", "-": "←"}
NAMED = 4  # rules that the paragraph names


def section(model: str, rules: pd.DataFrame, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of the rules of a run.

    Parameters
    ----------
    model
        Its name.
    rules, found
        `rules.tsv` and `rules.json`.
    """
    rows = rules.to_dict("records")
    sentences = [_found(model, rows, found), _sight(model, found), _planted(rows, found)]
    return {
        "sentence": " ".join(sentence for sentence in sentences if sentence),
        "rows": [_row(row) for row in rows],
        "planted": [_planted_row(each) for each in found["planted"] or []],
        "drawn": found["arrangements"] > 0,
        "backgrounds": found["backgrounds"],
    }


def _found(model: str, rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> str:
    """Say which rules there are, or that there are none."""
    if not found["asked"]["motifs"]:
        return "Rules between motifs were not looked for (explain.rules.motifs is 0)."
    if not found["words"]:
        return "Rules between motifs were not looked for, because no motif was found."
    if not found["arrangements"]:
        return ""
    motifs = counted(len(found["words"]), "motif")
    if not rows:
        return (
            f"No rule was found for pairs of {motifs}: no two of them raise the score of {model} "
            "more in one order or at one distance than they mostly do."
        )
    told = [f"{_standing(row)} {_apart(row)} (for {row['class']})" for row in rows[:NAMED]]
    more = len(rows) - NAMED
    rest = f"; and {more} more" if more > 0 else ""
    about = counted(len(rows), "rule")
    return f"{model} learned {about} about pairs of motifs: {'; '.join(told)}{rest}."


def _sight(model: str, found: Mapping[str, Any]) -> str:
    """Say what the network can't see, by what it is made of."""
    sight = found["sight"]
    farthest = sight["farthest"]
    if farthest is None or not found["words"] or farthest >= found["asked"]["gap"]:
        return ""
    kernel = f"up to {counted(sight['kernel'], 'base')}"
    if sight["reach"]:
        return (
            f"The filters of {model} see each other's sites up to {sight['reach']} bases away, so "
            "it cannot know rules about motifs that are farther apart."
        )
    alone = f"The filters of {model} do not see each other's sites (`partner_sizes`), so it "
    if farthest < 0:
        return f"{alone}cannot see how motifs are arranged: none is wide enough for two of them."
    return f"{alone}can only see how motifs are arranged where one filter of {kernel} holds both."


def _planted(rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> str:
    """Say which planted pairs were found, and how many rules were not planted."""
    if found["planted"] is None or not found["arrangements"]:
        return ""
    pairs = found["planted"]
    missed = [_pair(each) for each in pairs if each["rule"] is None]
    others = sum(row["planted"] == "no" for row in rows)
    text = ""
    if pairs:
        count = len(pairs) - len(missed)
        were = "was" if count == 1 else "were"
        text = f"Of {counted(len(pairs), 'planted pair')}, {count or 'none'} {were} found"
        text += f"; missed: {listed(missed)}." if missed else "."
    if others:
        is_not = "rule was" if others == 1 else "rules were"
        text += f" {others} {is_not} not planted."
    return text.strip()


def _standing(row: Mapping[str, Any]) -> str:
    """Write two words as they stand, with arrows for their strands."""
    return (
        f"{row['left_word']}{ARROWS[row['left_strand']]} "
        f"{row['right_word']}{ARROWS[row['right_strand']]}"
    )


def _apart(row: Mapping[str, Any]) -> str:
    gaps = _gaps(row["gap_from"], row["gap_to"])
    return f"with {gaps} {'base' if gaps == '1' else 'bases'} between them"


def _gaps(first: int, last: int) -> str:
    text = f"{first}" if first == last else f"{first} to {last}"
    return text.replace("-", "−")


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a line of the table of rules."""
    effect = {"value": row["effect"], "low": row["low"], "high": row["high"]}
    return {
        "class": row["class"],
        "pair": _standing(row),
        "motifs": f"{row['left']}, {row['right']}",
        "gaps": _gaps(row["gap_from"], row["gap_to"]),
        "effect": scores.with_interval(effect, 2),
        "largest": f"{scores.number(row['largest'])} at {row['gap_of_largest']}",
        "planted": row["planted"],
    }


def _pair(each: Mapping[str, Any]) -> str:
    return (
        f"{each['left']}{ARROWS[each['left_strand']]} {each['right']}{ARROWS[each['right_strand']]}"
    )


def _planted_row(each: Mapping[str, Any]) -> dict[str, str]:
    """Return a line of the table of planted pairs."""
    if each["found"]:
        found = f"{_gaps(*each['found'])}"
    else:
        found = "not found" if each["words"] else "not tested: a motif was not found"
    return {
        "class": each["class"],
        "pair": _pair(each),
        "gaps": _gaps(*each["gaps"]),
        "found": found,
    }
