"""Users' FASTA."""

from __future__ import annotations

import re

from attendna.data.allowed_letters import (
    Letters,
    Offenders,
    lower_case,
    plain_letters,
    read_letters,
)
from attendna.data.ids import read_header, read_headers, unique_ids
from attendna.data.parsed import Records, check_names
from attendna.errors import UserError

_COMMENT = re.compile(rb"^;.*", re.MULTILINE)
_INDENTED = re.compile(rb"^[ \t]+(?=[>;])", re.MULTILINE)
_ORNAMENT = re.compile(rb"^[ \t]*;|^[ \t]+>", re.MULTILINE)
_NUMBER = re.compile(rb"(?<!\S)[0-9]+(?!\S)")  # that stands alone, as in GenBank's sequence lines


def parse_fasta(data: bytes, path: str, name: str, letters: Letters) -> Records:
    r"""Parse FASTA.

    Sequences may be wrapped, in lower case, with blanks and blank lines; a blank may stand before
    and behind `>`. Lines that begin with `;` are comments. Numbers that stand alone among the
    letters, and a `*` that ends a sequence, are left out.

    Parameters
    ----------
    data
        The text with line ends `\n`, see `raw_text.read_bytes`.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record with an empty header.
    letters
        How they are read, see `allowed_letters.letters_of`.

    Returns
    -------
    Records
        With the field `description`, the whole headers, see `ids.read_header`.

    Raises
    ------
    UserError
        If there is text before the first header, no record, a record without sequence or with a
        letter outside IUPAC, or an id that is no UTF-8 text or can't be shown.
    """
    if data.lstrip()[:1] == b";":
        data = _without_comments(data)
    try:
        records, headers = _split(data, path, name, letters)
    except _Ornaments:
        records, headers = _split(_without_comments(data), path, name, letters, plain=True)
    first, whole = read_headers(headers, path, name, records.lines)
    records.ids, records.notes = unique_ids(first, whole, path)
    records.fields["description"] = whole
    check_names(records, path)
    return records


class _Ornaments(Exception):
    """The text has comments, or headers that do not begin their line."""


def _split(
    data: bytes, path: str, name: str, letters: Letters, plain: bool = False
) -> tuple[Records, list[bytes]]:
    """Return records without ids, and their headers.

    Raises
    ------
    _Ornaments
        If there are any, unless the text is `plain`: none of their characters is a letter, so they
        show where the letters can't be read.
    """
    start = re.match(rb"(?:[ \t]*\n)*[ \t]*", data).end()
    if start == len(data):
        raise UserError(f"{path}: the file holds no record, only blanks.")
    line = data.count(b"\n", 0, start) + 1
    if data[start : start + 1] != b">":
        raise UserError(
            f"{path}, line {line}: text before the first header; a FASTA record begins with a "
            "line `>id`."
        )
    records, wrong = Records(), Offenders(path)
    headers: list[bytes] = []
    start += 1
    while start <= len(data):
        end = data.find(b"\n>", start)
        end = len(data) if end < 0 else end
        stop = data.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        header, raw = data[start:stop], data[stop:end]
        sequence = plain_letters(raw, letters)
        if sequence is None:
            if not plain and _ORNAMENT.search(raw):
                raise _Ornaments
            record, _ = read_header(header, path, name, line)
            sequence = read_letters(raw, path, record, line, letters, wrong, _without_numbers)
        headers.append(header)
        records.lines.append(line)
        records.sequences.append(sequence)
        records.lower_case.append(lower_case(raw))
        line += data.count(b"\n", start, end) + 1
        start = end + len(b"\n>")
    wrong.check()
    return records, headers


def _without_comments(data: bytes) -> bytes:
    """Return the text with headers that begin their lines, and empty lines in place of comments."""
    return _COMMENT.sub(b"", _INDENTED.sub(b"", data))


def _without_numbers(raw: bytes) -> bytes:
    """Take out of the lines of a sequence its numbers and the `*` at its end."""
    return _NUMBER.sub(b"", raw.rstrip().removesuffix(b"*"))
