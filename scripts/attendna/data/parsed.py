"""The records of one file as it was read, and what their names have to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from attendna.errors import UserError, shown
from attendna.names import fault


@dataclass
class Records:
    """The records of one file, in its order.

    Attributes
    ----------
    ids, sequences
        The sequences are upper-case IUPAC letters.
    lines
        The line on which each record begins, counted from 1.
    lower_case
        How many letters of each record are lower case in the file; empty where nobody counted.
    fields
        What a file says beyond that, one value a record: a table `label`, `group` or `split`,
        None where a table in which labels are optional has an empty field; intervals `chrom`,
        `start`, `end` and `strand`.
    """

    ids: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    lower_case: list[int] = field(default_factory=list)
    fields: dict[str, list[Any]] = field(default_factory=dict)


def check_ids(records: Records, path: str) -> None:
    """Raise if an id occurs twice or can't be shown."""
    check_printable(records.ids, records.lines, "id", path)
    if len(set(records.ids)) == len(records.ids):
        return
    first: dict[str, int] = {}
    for record, line in zip(records.ids, records.lines, strict=True):
        if record in first:
            raise UserError(
                f"{path}, line {line}: the id {shown(record)} occurs twice, first on line "
                f"{first[record]}; give every record its own id."
            )
        first[record] = line


def check_printable(
    texts: Sequence[str | None], lines: Sequence[int], what: str, path: str
) -> None:
    """Raise if a name holds a tab, a line end or another character that would break a table."""
    for text, line in zip(texts, lines, strict=True):
        wrong = None if text is None else fault(text)
        if wrong:
            raise UserError(f"{path}, line {line}: the {what} {shown(text)} {wrong}")
