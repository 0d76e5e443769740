"""What a file of a user is: its format, told by its name and its content.

Functions that stand alone: `recognise` says of any file what it is and, of a table, what separates
its fields, which columns it has and whether its first line is data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from attendna.data.binary_tables import PARQUET, ZIP, excel_rows, is_excel, parquet_rows
from attendna.data.fastq import looks_like_fastq
from attendna.data.intervals import looks_like_bed
from attendna.data.raw_text import first_part, opened
from attendna.data.separators import LOOKED_AT, find_layout
from attendna.data.tables import looks_like_data
from attendna.data.twobit import MAGIC
from attendna.errors import UserError
from attendna.wording import either

ENDINGS = {
    ".fa": "fasta",
    ".fasta": "fasta",
    ".fna": "fasta",
    ".fq": "fastq",
    ".fastq": "fastq",
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".bed": "bed",
    ".narrowpeak": "narrowpeak",
}
FORMATS = tuple(dict.fromkeys(ENDINGS.values()))
INTERVALS = ("bed", "narrowpeak")
TABLES = ("csv", "tsv", "xlsx", "parquet")
NO_TEXT = ("xlsx", "parquet")
_TWOBIT = "2bit"


@dataclass(frozen=True)
class Recognised:
    """What a file is.

    Attributes
    ----------
    format
        One of `FORMATS`, or "2bit", a genome.
    separator
        Of a table in text, what separates its fields; else None.
    titles
        Of a table, the names of its columns; None where it has no header line, or is no table.
    rows
        Of a table, its first rows.
    """

    format: str
    separator: str | None = None
    titles: list[str] | None = None
    rows: list[list[str]] | None = None


def recognise(path: str) -> Recognised:
    """Tell what a file is by its name and its first part.

    Raises
    ------
    UserError
        If it can't be read, or is nothing that attendna reads; the sentence says what it is where
        that is known.
    """
    kind = format_of_file(path)
    if kind in NO_TEXT:
        rows = excel_rows(path, 1 + LOOKED_AT) if kind == "xlsx" else parquet_rows(path, ())
        first = [row for _, row in islice(rows, 1 + LOOKED_AT)]
        return _table(kind, None, first[:1], first[1:])
    with opened(path) as handle:
        if handle.read(4) in MAGIC:
            return Recognised(_TWOBIT)
    data, complete = first_part(path)
    if not complete:  # the last line goes on
        data = data[: data.rfind(b"\n") + 1] or data
    kind = format_of_text(data, path, kind)
    if kind not in TABLES:
        return Recognised(kind)
    layout = find_layout(data, "," if kind == "csv" else "\t")
    return _table(kind, layout.separator, [layout.titles], layout.rows)


def _table(
    kind: str, separator: str | None, first: list[list[str]], rows: list[list[str]]
) -> Recognised:
    titles = [title.strip() for title in first[0]] if first else []
    if any(map(looks_like_data, titles)):
        return Recognised(kind, separator, None, [titles, *rows])
    return Recognised(kind, separator, titles, rows)


def format_of_file(path: str) -> str | None:
    """Tell the format by the first bytes of a file that is no text, else by its name.

    Raises
    ------
    UserError
        If the file can't be read.
    """
    with opened(path) as handle:
        start = handle.read(4)
    if start == PARQUET:
        return "parquet"
    if start == ZIP and is_excel(path):
        return "xlsx"
    name = path.lower().removesuffix(".gz")
    kind = ENDINGS.get(PurePath(name).suffix)
    return None if kind in NO_TEXT else kind


def format_of_text(
    data: bytes, path: str, named: str | None, sequence: str | int | None = None
) -> str:
    r"""Tell the format of a text: by its content where that leaves no doubt, else by its name.

    Parameters
    ----------
    data
        The text with line ends `\n`, or its first part.
    path
        What errors call the file.
    named
        The format that its name tells; None: it tells none.
    sequence
        The column of sequences by which a table is known; None: any header will do.

    Raises
    ------
    UserError
        If it tells no format.
    """
    head = data[:1_000_000].lstrip()
    if re.match(rb"(?:;[^\n]*\n\s*)*>", head):
        return "fasta"
    if looks_like_fastq(head):
        return "fastq"
    if named not in (None, "fasta", "fastq"):
        return named
    kind = _table_or_bed(data, sequence)
    if kind and named is None:
        return kind
    if named:
        if kind:
            raise UserError(
                f"{path}: by its name this is {named.upper()}, but it begins like "
                f"{'intervals' if kind in INTERVALS else 'a table'}; give this source "
                f"`format: {kind}`."
            )
        return named
    what = f"no column {sequence!r}" if sequence is not None else "no columns"
    raise UserError(
        f"{path}: neither its name nor its content tells the format: no `>` begins it, its first "
        f"line names {what} and holds no interval; give this source "
        f"`format: {FORMATS[0]}`, {either(FORMATS[1:])}."
    )


def _table_or_bed(data: bytes, sequence: str | int | None) -> str | None:
    layout = find_layout(data, "\t", sequence if isinstance(sequence, str) else None)
    kind = "tsv" if layout.separator == "\t" else "csv"
    if isinstance(sequence, str) and sequence in layout.titles:
        return kind
    if looks_like_bed(data):
        return "bed"
    fields = layout.rows[0] if layout.rows else []
    others = [field for row in (layout.titles, fields) for field in row]
    table = len(layout.titles) > 1 and any(map(looks_like_data, others))
    return kind if table else None
