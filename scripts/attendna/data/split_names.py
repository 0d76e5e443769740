"""How users call the parts of a split, in columns and headers, and in names of files."""

from __future__ import annotations

from attendna.contracts.splits import FOLD, SPLITS
from attendna.errors import UserError, shown
from attendna.wording import either

# In lower case.
PARTS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "holdout": "test",
}


def read_split_name(text: str, path: str, line: int) -> str:
    """Return the part of a split, or the fold, that a field names.

    Raises
    ------
    UserError
        If it names none.
    """
    if FOLD.fullmatch(text):
        return text
    part = PARTS.get(text.lower())
    if part is None:
        raise UserError(
            f"{path}, line {line}: unknown split {shown(text)}; use {either(SPLITS)}, or the "
            "number of a fold, from 1."
        )
    return part
