"""What headers of FASTA say of their records beside the id: label, group, part of a split."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attendna.data.parsed import Records, check_printable
from attendna.data.split_names import read_split_name
from attendna.data.tables import Column
from attendna.errors import UserError, brief, shown
from attendna.wording import counted

BAR = "|"
PREFIX = "prefix"  # names the letters before the number at the end of an id
_PREFIX = re.compile(r"([^\W\d](?:[\w-]*?[^\W\d_])?)[_.:-]*\d+")
_NO_LABELS = (
    "{}: FASTA holds no labels; give this source a `label` in the config, or, if its headers hold "
    "them as in `>id|label`, name the field: `columns: {{label: 2}}`."
)


def header_fields(header: str) -> list[str]:
    """Return the fields of a header: between bars, or its words where it has no bar."""
    return [field.strip() for field in header.split(BAR)] if BAR in header else header.split()


def named_value(name: str) -> re.Pattern[str]:
    """Return what finds `name=value` or `name:value` in a header; the value is its first group."""
    return re.compile(rf"(?:^|[\s|;,]){re.escape(name)}[=:]\s*([^\s|;,]+)", re.IGNORECASE)


def prefix_of(header: str) -> str | None:
    """Return the letters before the number at the end of an id (`prom_12`); None: it has none."""
    first = re.split(r"[\s|]", header.strip(), maxsplit=1)[0]
    found = _PREFIX.fullmatch(first)
    return found[1] if found else None


def take_fields(records: Records, columns: Mapping[str, Column | None], path: str) -> None:
    """Read labels from headers, and the group and the part of a split where columns say so.

    Parameters
    ----------
    records
        Of FASTA, with the field `description`; gets `label`, and perhaps `group` and `split`.
    columns
        `label` and perhaps `group` and `split`: the number of a field of the headers, from 1, see
        `header_fields`, the name in `name=value`, or PREFIX, see `prefix_of`, where no header has
        `prefix=`. Under a name, `group` and `split` may be missing.
    path
        What errors call the file.

    Raises
    ------
    UserError
        If a header lacks such a field, or a split is unknown.
    """
    headers = [header or "" for header in records.fields["description"]]
    for role in ("label", "group", "split"):
        column = columns.get(role)
        if column is None:
            continue
        by_number = isinstance(column, int)
        values = (_numbered if by_number else _named)(headers, column)
        if None not in values:
            records.fields[role] = [value or None for value in values]
        elif by_number or role == "label":
            raise UserError(_about_missing(records, headers, values, role, column, path))
    check_printable(records.fields["label"], records.lines, "label", path)
    if "split" in records.fields:
        records.fields["split"] = [
            read_split_name(text or "", path, line)
            for text, line in zip(records.fields["split"], records.lines, strict=True)
        ]


def _numbered(headers: list[str], number: int) -> list[str | None]:
    fields = map(header_fields, headers)
    return [row[number - 1] if number <= len(row) else None for row in fields]


def _named(headers: list[str], name: str) -> list[str | None]:
    found = [named_value(name).search(header) for header in headers]
    if name == PREFIX and not any(found):
        return list(map(prefix_of, headers))
    return [value[1] if value else None for value in found]


def _about_missing(
    records: Records,
    headers: list[str],
    values: list[str | None],
    role: str,
    column: Column,
    path: str,
) -> str:
    """Say what is wrong where not all headers have a field."""
    missing = values.count(None)
    first = values.index(None)
    if isinstance(column, str) and missing == len(values):
        return _NO_LABELS.format(path)
    what = f"field {column} between bars or blanks" if isinstance(column, int) else f"`{column}=`"
    if column == PREFIX:
        what = "word before a number, as in prom_12,"
    more = f" ({counted(missing, 'such record')})" if missing > 1 else ""
    return (
        f"{path}, line {records.lines[first]} (record {brief(records.ids[first])}): the header "
        f"{shown(headers[first])} has no {what}, which columns.{role} asks for{more}; add it, or "
        "name another field."
    )
