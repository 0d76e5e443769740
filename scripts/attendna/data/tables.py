"""Users' tables: CSV and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data.letters import lower_case, read_letters
from attendna.data.parsed import Records, check_ids, check_printable
from attendna.data.raw_text import line_of
from attendna.errors import UserError, shown
from attendna.wording import counted, either


def parse_table(
    data: bytes,
    path: str,
    name: str,
    delimiter: str,
    columns: Mapping[str, str],
    labels_required: bool,
    case: bytes,
) -> Records:
    r"""Parse a table with a header line, by the quoting rules of RFC 4180.

    Blanks around fields do not count, lines without any text are skipped.

    Parameters
    ----------
    data
        The text with line ends `\n`, see `raw_text.read_bytes`.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record without one.
    delimiter
        "," or a tab.
    columns
        `sequence` and any of `label`, `id`, `group` and `split`, to the names of the columns.
    labels_required
        Whether an empty or missing label is an error.
    case
        One of `letters.CASE`.

    Raises
    ------
    UserError
        If a column is missing, a line has too few or too many fields, a quote never ends, a
        sequence or a required label is empty, a letter is outside IUPAC, a split is unknown, the
        text is not UTF-8, or an id occurs twice.
    """
    rows = _rows(data, path, delimiter)
    line, header = next(rows, (0, []))
    if not header:
        raise UserError(f"{path}: the table is empty.")
    header = [title.strip() for title in header]
    if not labels_required and columns.get("label") not in header:
        columns = {role: title for role, title in columns.items() if role != "label"}
    places = {role: _place(title, header, path, line) for role, title in columns.items()}
    readers: dict[str, Callable[[str, str, int], str | None]] = {
        "label": _required_label if labels_required else _optional,
        "group": _optional,
        "split": _split,
    }
    taken = [(role, places[role], reader) for role, reader in readers.items() if role in places]
    sequence_place, id_place = places["sequence"], places.get("id")
    records = Records(fields={role: [] for role, _, _ in taken})
    for line, row in rows:
        if len(row) != len(header):
            raise UserError(
                f"{path}, line {line}: {counted(len(row), 'field')} where the header has "
                f"{len(header)}; quote fields that contain the separator."
            )
        record = "" if id_place is None else row[id_place].strip()
        record = record or f"{name}:{line}"
        records.ids.append(record)
        records.lines.append(line)
        letters = row[sequence_place].encode()
        records.sequences.append(read_letters(letters, path, record, line, case))
        records.lower_case.append(lower_case(letters))
        for role, place, reader in taken:
            records.fields[role].append(reader(row[place].strip(), path, line))
    if not records.ids:
        raise UserError(f"{path}: the table has a header and no record.")
    check_ids(records, path)
    for role, _, _ in taken:
        check_printable(records.fields[role], records.lines, role, path)
    return records


def _rows(data: bytes, path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of each row that holds any text."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {line_of(data, error.start)}: the byte 0x{data[error.start]:02x} is not "
            "UTF-8 text; save the file as UTF-8."
        ) from error
    if b'" ' in data:  # the csv module takes blanks before a quoted field, but not after it
        data = re.sub(rb'" +(?=[%b\n]|\Z)' % delimiter.encode(), b'"', data)
    # The decoder reads on in blocks; splitting the text at once would double it in memory.
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="\n")
    limit = csv.field_size_limit(max(len(data), 131_072))  # a sequence may be of any length
    try:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
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


def _place(title: str, header: list[str], path: str, line: int) -> int:
    """Return the index of a column."""
    if header.count(title) == 1:
        return header.index(title)
    if title in header:
        raise UserError(f"{path}, line {line}: two columns are called {title!r}; rename one.")
    there = ", ".join(map(shown, header[:20])) + (", ..." if len(header) > 20 else "")
    one = "; a single column: is this the right separator?" if len(header) == 1 else "."
    raise UserError(f"{path}, line {line}: no column {title!r}; the header names {there}{one}")


def _required_label(text: str, path: str, line: int) -> str:
    if not text:
        raise UserError(f"{path}, line {line}: the record has no label; fill it in.")
    return text


def _optional(text: str, path: str, line: int) -> str | None:
    return text or None


def _split(text: str, path: str, line: int) -> str:
    if text not in SPLITS and not FOLD.fullmatch(text):
        raise UserError(
            f"{path}, line {line}: unknown split {shown(text)}; use {either(SPLITS)}, or the "
            "number of a fold, from 1."
        )
    return text
