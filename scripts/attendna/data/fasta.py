"""Users' FASTA."""

from __future__ import annotations

import re

from attendna.data.letters import lower_case, read_letters
from attendna.data.parsed import Records, check_ids
from attendna.errors import UserError, shown


def parse_fasta(data: bytes, path: str, name: str, case: bytes) -> Records:
    r"""Parse FASTA.

    Sequences may be wrapped, in lower case, with blanks and blank lines; a blank may follow `>`.

    Parameters
    ----------
    data
        The text with line ends `\n`, see `raw_text.read_bytes`.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record with an empty header.
    case
        One of `letters.CASE`.

    Raises
    ------
    UserError
        If there is text before the first header, no record, a record without sequence or with a
        letter outside IUPAC, an id that is no UTF-8 text, or an id that occurs twice.
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
    records = Records()
    start += 1
    while start <= len(data):
        end = data.find(b"\n>", start)
        end = len(data) if end < 0 else end
        stop = data.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        record = _fasta_id(data[start:stop], path, name, line)
        records.ids.append(record)
        records.lines.append(line)
        records.sequences.append(read_letters(data[stop:end], path, record, line, case))
        records.lower_case.append(lower_case(data[stop:end]))
        line += data.count(b"\n", start, end) + 1
        start = end + len(b"\n>")
    check_ids(records, path)
    return records


def _fasta_id(header: bytes, path: str, name: str, line: int) -> str:
    words = header.split(None, 1)
    if not words:
        return f"{name}:{line}"
    try:
        return words[0].decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {line}: the id {shown(words[0])} is not UTF-8 text; save the file as "
            "UTF-8."
        ) from error
