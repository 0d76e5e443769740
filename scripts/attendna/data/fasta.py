"""Users' FASTA."""

from __future__ import annotations

import re

from attendna.data.ids import read_header, unique_ids
from attendna.data.letters import Letters, Offenders, read_letters
from attendna.data.parsed import Records, check_names
from attendna.errors import UserError

_COMMENT = re.compile(rb"^;.*", re.MULTILINE)
_INDENTED = re.compile(rb"^[ \t]+(?=[>;])", re.MULTILINE)
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
        How they are read, see `letters.letters_of`.

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
    data = without_comments(data)
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
    first: list[str] = []
    whole: list[str | None] = []
    start += 1
    while start <= len(data):
        end = data.find(b"\n>", start)
        end = len(data) if end < 0 else end
        stop = data.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        word, header = read_header(data[start:stop], path, name, line)
        first.append(word)
        whole.append(header)
        records.lines.append(line)
        records.sequences.append(
            read_letters(data[stop:end], path, word, line, letters, wrong, _without_numbers)
        )
        line += data.count(b"\n", start, end) + 1
        start = end + len(b"\n>")
    wrong.check()
    records.ids, records.notes = unique_ids(first, whole, path)
    records.fields["description"] = whole
    check_names(records, path)
    return records


def without_comments(data: bytes) -> bytes:
    """Return the text with headers that begin their lines, and empty lines in place of comments."""
    if b"\n " in data or b"\n\t" in data or data[:1] in (b" ", b"\t"):
        data = _INDENTED.sub(b"", data)
    if b"\n;" in data or data[:1] == b";":
        data = _COMMENT.sub(b"", data)
    return data


def _without_numbers(raw: bytes) -> bytes:
    """Take out of the lines of a sequence its numbers and the `*` at its end."""
    return _NUMBER.sub(b"", raw.rstrip().removesuffix(b"*"))
