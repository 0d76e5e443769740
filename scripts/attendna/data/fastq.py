"""Users' FASTQ: reads with qualities, of which the sequences are taken."""

from __future__ import annotations

import re

from attendna.data.allowed_letters import Letters, Offenders, read_letters
from attendna.data.ids import read_header, unique_ids
from attendna.data.parsed import Records, check_names
from attendna.errors import UserError
from attendna.wording import counted

_RECORD = re.compile(rb"@[^\n]*\n[^\n]+\n\+")


def looks_like_fastq(data: bytes) -> bool:
    """Whether the first record is a line `@id`, a line of letters and a line that begins with +."""
    return _RECORD.match(data.lstrip()) is not None


def parse_fastq(data: bytes, path: str, name: str, letters: Letters) -> Records:
    r"""Parse FASTQ of four lines a record: `@id`, letters, `+`, a quality for each letter.

    Blank lines in front of and behind records do not count.

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
        With the field `description`, see `fasta.parse_fasta`.

    Raises
    ------
    UserError
        If a record has not these four lines, or as `fasta.parse_fasta`.
    """
    records, wrong = Records(), Offenders(path)
    first: list[str] = []
    whole: list[str | None] = []
    lines = data.split(b"\n")
    place = 0
    while place < len(lines):
        if not lines[place].strip():
            place += 1
            continue
        header, sequence, plus, qualities = (*lines[place : place + 4], b"", b"", b"")[:4]
        number = place + 1
        if not header.startswith(b"@") or not plus.startswith(b"+"):
            raise UserError(
                f"{path}, line {number}: no FASTQ record, which is four lines: `@id`, the letters, "
                "`+` and a quality for each letter; correct the file, or save it as FASTA."
            )
        if len(sequence.strip()) != len(qualities.strip()):
            raise UserError(
                f"{path}, line {number}: {counted(len(sequence.strip()), 'letter')} and "
                f"{counted(len(qualities.strip()), 'quality', 'qualities')}; the record is damaged "
                "or cut off, so copy or download the file again."
            )
        word, text = read_header(header[1:], path, name, number)
        first.append(word)
        whole.append(text)
        records.lines.append(number)
        records.sequences.append(read_letters(sequence, path, word, number + 1, letters, wrong))
        place += 4
    if not first:
        raise UserError(f"{path}: the file holds no record, only blanks.")
    wrong.check()
    records.ids, records.notes = unique_ids(first, whole, path)
    records.fields["description"] = whole
    check_names(records, path)
    records.notes.append(
        {
            "severity": "note",
            "message": f"{path} is FASTQ, reads with qualities: the qualities were left out.",
        }
    )
    return records
