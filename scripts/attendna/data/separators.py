"""How the text of a table is laid out: what separates its fields, and the lines that they make."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from attendna.data.raw_text import line_of
from attendna.errors import UserError

SEPARATORS = (",", "\t", ";", "|", " ")
LOOKED_AT = 20  # rows
_DECLARED = re.compile(rb"\Asep=(.)\n")  # Excel's own hint
_HEAD = 1 << 20  # bytes
Row = tuple[int, list[str]]  # its line, counted from 1, and its fields


class Layout(NamedTuple):
    """How a table is laid out.

    Attributes
    ----------
    separator
        Of fields, one of `SEPARATORS`.
    titles
        The fields of the first line that holds any text, without blanks around them.
    rows
        The next lines, at most `LOOKED_AT`.
    """

    separator: str
    titles: list[str]
    rows: list[list[str]]


def find_layout(data: bytes, preferred: str, wanted: str | None = None) -> Layout:
    r"""Find out how the text of a table is laid out.

    Parameters
    ----------
    data
        The text with line ends `\n`, or its first part.
    preferred
        The separator where several would do.
    wanted
        A title: a separator by which the header names it is the right one.

    Returns
    -------
    Layout
        By the first separator that gives the wanted title, else by the first that divides the
        lines alike, into more than one field each; else by the preferred one.
    """
    declared = _DECLARED.match(data)
    if declared and declared[1].decode("latin-1") in SEPARATORS:
        preferred = declared[1].decode()
    found = [
        _laid_out(data, separator)
        for separator in dict.fromkeys((preferred, *SEPARATORS))
        if separator == preferred or separator.encode() in data[:_HEAD]
    ]
    for layout in found:
        if wanted is not None and wanted in layout.titles:
            return layout
    return next(filter(_is_even, found), found[0])


def _laid_out(data: bytes, separator: str) -> Layout:
    head = data[:_HEAD]
    if len(data) > _HEAD:
        head = head[: head.rfind(b"\n") + 1]
    rows = []
    try:
        rows = [row for _, row in islice(read_rows(head, "", separator), 1 + LOOKED_AT)]
    except UserError:  # which the reader tells with the line, if this is the separator
        pass
    titles = rows[0] if rows else []
    return Layout(separator, [title.strip() for title in titles], rows[1:])


def _is_even(layout: Layout) -> bool:
    """Whether all lines have as many fields as the first, or all the name of a row besides."""
    numbers = {len(row) for row in layout.rows} or {len(layout.titles)}
    own = len(layout.titles)
    return len(numbers) == 1 and own > 1 and numbers <= {own, own + 1}


def read_rows(data: bytes, path: str, separator: str) -> Iterator[Row]:
    """Yield the line and the fields of each row that holds any text.

    Raises
    ------
    UserError
        If the text is not UTF-8, or a quote never ends.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {line_of(data, error.start)}: the byte 0x{data[error.start]:02x} is not "
            "UTF-8 text; save the file as UTF-8."
        ) from error
    if _DECLARED.match(data):
        data = data[data.index(b"\n") :]
    if b'" ' in data and separator != " ":
        # The csv module takes blanks before a quoted field, but not after it.
        data = re.sub(rb'" +(?=[%b\n]|\Z)' % re.escape(separator.encode()), b'"', data)
    # The decoder reads on in blocks; splitting the text at once would double it in memory.
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="\n")
    limit = csv.field_size_limit(max(len(data), 131_072))  # a sequence may be of any length
    try:
        skip = separator != " "
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=skip, strict=True)
        while True:
            line = reader.line_num + 1
            row = next(reader, None)
            if row is None:
                return
            if any(map(str.strip, row)):
                yield line, row
    except csv.Error as error:
        raise UserError(
            f"{path}, line {line}: the quotes of this record don't match ({error}); quote a field "
            "as a whole and double the quotes in it."
        ) from error
    finally:
        csv.field_size_limit(limit)
