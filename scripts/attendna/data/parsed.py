"""The records of one file as it was read, and what their names have to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from attendna.errors import UserError, shown
from attendna.names import LONGEST, fault
from attendna.wording import counted


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
        None where it is empty; FASTA `description`; intervals `chrom`, `start`, `end` and
        `strand`.
    notes
        What the user should know of how the file was read: `{"severity", "message"}`, as findings
        of the audit.
    """

    ids: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    lower_case: list[int] = field(default_factory=list)
    fields: dict[str, list[Any]] = field(default_factory=dict)
    notes: list[dict[str, str]] = field(default_factory=list)


def check_names(records: Records, path: str) -> None:
    """Raise if an id can't be shown."""
    check_printable(records.ids, records.lines, "id", path)


def check_ids(records: Records, path: str, column: str | int | None) -> None:
    """Raise if an id occurs twice or can't be shown; `column` is where they stand."""
    check_names(records, path)
    again = len(records.ids) - len(set(records.ids))
    if not again:
        return
    first: dict[str, int] = {}
    for record, line in zip(records.ids, records.lines, strict=True):
        if record in first:
            more = f", and so do {counted(again - 1, 'more id')}" if again > 1 else ""
            raise UserError(
                f"{path}, line {line}: the id {shown(record)} of the column {column!r} occurs "
                f"twice, first on line {first[record]}{more}; give every record its own id, or "
                "name another column, or none, as `columns: {id: null}`."
            )
        first[record] = line


def check_printable(
    texts: Sequence[str | None], lines: Sequence[int], what: str, path: str
) -> None:
    """Raise if a name holds a tab, a line end or another character that would break a table."""
    there = [text for text in texts if text is not None]
    if all(there) and max(map(len, there), default=0) <= LONGEST and "".join(there).isprintable():
        if not any(map(str.isspace, there)):
            return  # as nearly always; what is wrong is looked for below
    for text, line in zip(texts, lines, strict=True):
        wrong = None if text is None else fault(text)
        if wrong:
            raise UserError(f"{path}, line {line}: the {what} {shown(text)} {wrong}")
