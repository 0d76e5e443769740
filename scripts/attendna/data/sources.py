"""One file of sequences as the config names it: its format, and its records or intervals."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from attendna.contracts.splits import SPLITS
from attendna.data.allowed_letters import CASE, GAPS, letters_of
from attendna.data.binary_tables import about_excel, excel_rows, parquet_rows
from attendna.data.fasta import parse_fasta
from attendna.data.fastq import parse_fastq
from attendna.data.header_fields import take_fields
from attendna.data.intervals import CENTRES, Intervals, parse_bed
from attendna.data.parsed import Records
from attendna.data.raw_text import first_part, read_bytes
from attendna.data.recognition import (
    ENDINGS,
    FORMATS,
    INTERVALS,
    NO_TEXT,
    format_of_file,
    format_of_text,
)
from attendna.data.separators import Row, find_layout, read_rows
from attendna.data.tables import Column, parse_table
from attendna.errors import UserError
from attendna.wording import either

MISSING_CONTIGS = ("error", "drop")
FIRST_ROWS = 1000  # of a table that is no text, looked at before a run
_SEPARATORS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class Source:
    """One file of sequences, as the config names it.

    Attributes
    ----------
    path
        FASTA, FASTQ, CSV, TSV, BED or narrowPeak, plain or gzip; Excel (.xlsx) or Parquet.
    label
        The class of all its records; it replaces the column of labels, also in headers of FASTA.
    split
        The part that all its records belong to (train, validation or test); in tables it
        replaces the split column.
    format
        One of `recognition.FORMATS`; None: told by the name and the content.
    """

    path: str
    label: str | None = None
    split: str | None = None
    format: str | None = None


@dataclass(frozen=True)
class Columns:
    """The columns of a user's tables, by name or by number; None: there is no such column.

    The label, group and split of FASTA are fields of its headers, see `header_fields`, and the
    label of intervals is a column of theirs, by its number.
    """

    sequence: Column
    label: Column | None = None
    id: Column | None = None
    group: Column | None = None
    split: Column | None = None


@dataclass(frozen=True)
class Reading:
    """How sequences are read.

    Attributes
    ----------
    genome
        The FASTA file, plain, gzip or bgzip, or 2bit file that intervals are taken from; None:
        there is none.
    width
        The length in bases that intervals are brought to; None: they stay as they are.
    centre
        What stays in the middle then: the interval's "middle" or its "summit".
    soft_masked
        What becomes of lower-case letters: "keep" (upper case) or "mask" (N).
    gaps
        What becomes of `-` and `.` in sequences: "error", "remove" or "n" (N).
    missing_contigs
        What becomes of intervals on chromosomes that the genome lacks: "error" or "drop".
    """

    genome: str | None = None
    width: int | None = None
    centre: str = "middle"
    soft_masked: str = "keep"
    gaps: str = "error"
    missing_contigs: str = "error"


AS_THEY_ARE = Reading()


def check_sources(sources: Sequence[Source], reading: Reading) -> None:
    """Raise if the settings of the sources are wrong, before anything is read."""
    for value, known in (
        (reading.centre, CENTRES),
        (reading.soft_masked, tuple(CASE)),
        (reading.gaps, GAPS),
        (reading.missing_contigs, MISSING_CONTIGS),
    ):
        if value not in known:
            raise UserError(f"unknown setting {value!r}; use {' or '.join(known)}.")
    known = FORMATS
    seen: dict[str, str] = {}
    for source in sources:
        if source.format not in (None, *known):
            raise UserError(
                f"{source.path}: unknown format {source.format!r}; use {either(known)}."
            )
        if source.split is not None and source.split not in SPLITS:
            raise UserError(f"{source.path}: unknown split {source.split!r}; use {either(SPLITS)}.")
        place = os.path.realpath(source.path)
        if place in seen:
            raise UserError(
                f"{source.path}: sources names this file twice; name each file once, or its "
                "records count twice."
            )
        seen[place] = source.path


def source_names(paths: Sequence[str]) -> list[str]:
    """Return a short distinct name for each file.

    The file's name without its ending; where that is not distinct, with the ending; where that is
    not, with as many of its folders as it takes.
    """
    split = [PurePath(path).parts for path in paths]
    for depth in range(1, max(map(len, split)) + 1):
        whole = ["/".join(parts[-depth:]) for parts in split]
        for names in ([_without_ending(name) for name in whole], whole):
            if len(set(names)) == len(names):
                return names
    return list(paths)


def _without_ending(name: str) -> str:
    stem = name[: -len(".gz")] if name.lower().endswith(".gz") else name
    ending = PurePath(stem).suffix
    return stem[: -len(ending)] if ending.lower() in (*ENDINGS, ".txt") else stem


def read_source(
    source: Source, name: str, columns: Columns, labels_required: bool, reading: Reading
) -> Records | Intervals:
    """Read one file, in the format that the source, its name or its content tells."""
    kind = source.format or format_of_file(source.path)
    data = None if kind in NO_TEXT else read_bytes(source.path)
    return _parse_source(kind, data, source, name, columns, labels_required, reading)


def _parse_source(
    kind: str | None,
    data: bytes | None,
    source: Source,
    name: str,
    columns: Columns,
    labels_required: bool,
    reading: Reading,
    most: int | None = None,
) -> Records | Intervals:
    """Parse a file; `data` is its text, None where it is none, and `most` the rows to read."""
    if data is not None and source.format is None:
        kind = format_of_text(data, source.path, kind, columns.sequence)
    if labels_required and source.label is None:
        _check_label(kind, source, columns)
    if kind in INTERVALS:
        if reading.genome is None:
            raise UserError(
                f"{source.path}: intervals hold no sequences; name the FASTA or 2bit file of their "
                "genome as `genome` in the config."
            )
        own = columns.label if labels_required and source.label is None else None
        return parse_bed(data, source.path, narrowpeak=kind == "narrowpeak", label=own)
    letters = letters_of(reading.soft_masked, reading.gaps)
    if kind in ("fasta", "fastq"):
        parse = parse_fasta if kind == "fasta" else parse_fastq
        records = parse(data, source.path, name, letters)
        if labels_required and source.label is None:
            own = {"label": columns.label, "group": columns.group}
            own |= {"split": columns.split} if source.split is None else {}
            take_fields(records, own, source.path)
        return records
    taken = _columns_taken(source, columns, labels_required)
    rows = _rows(kind, data, source.path, taken, most)
    records = parse_table(rows, source.path, name, taken, labels_required, letters)
    if kind == "xlsx":
        records.notes.append(about_excel(source.path))
    return records


def _check_label(kind: str, source: Source, columns: Columns) -> None:
    """Raise if nothing says which label the records of a source have, which has none itself."""
    if kind in INTERVALS and not isinstance(columns.label, int):
        raise UserError(
            f"{source.path}: BED holds no labels; give this source a `label` in the config, or "
            "name the column that holds them by its number, as `columns: {label: 4}`."
        )
    if kind == "fastq":
        raise UserError(
            f"{source.path}: this is FASTQ, reads with qualities, and one labelled sequence a "
            "record is needed; give this source a `label` in the config if its reads are such."
        )
    if columns.label is None:
        raise UserError(
            f"{source.path}: no label; give this source a `label` in the config, or name the "
            "column that holds it in `columns`."
        )


def _columns_taken(source: Source, columns: Columns, labels_required: bool) -> dict[str, Column]:
    """Return which columns of a table are read."""
    taken = {"sequence": columns.sequence, "id": columns.id}
    if labels_required:
        taken["group"] = columns.group
        if source.split is None:
            taken["split"] = columns.split
    if source.label is None:
        taken["label"] = columns.label
    return {role: column for role, column in taken.items() if column is not None}


def _rows(
    kind: str, data: bytes | None, path: str, taken: Mapping[str, Column], most: int | None
) -> Iterable[Row]:
    """Return the rows of a table of any kind."""
    if kind == "xlsx":
        return excel_rows(path, most)
    if kind == "parquet":
        return parquet_rows(path, set(map(str, taken.values())), most)
    wanted = taken["sequence"]
    layout = find_layout(data, _SEPARATORS[kind], wanted if isinstance(wanted, str) else None)
    return read_rows(data, path, layout.separator)


def read_first(
    source: Mapping[str, Any],
    columns: Mapping[str, Column | None],
    labels_required: bool,
    reading: Reading,
) -> tuple[Records | Intervals | None, bool]:
    """Read the first records of a file as `readers.read_sources` would.

    Returns
    -------
    records, complete
        None where the first record is too long for that; whether these are all records.

    Raises
    ------
    UserError
        If they or the settings are wrong.
    """
    first = Source(**source)
    check_sources([first], reading)
    kind = first.format or format_of_file(first.path)
    name, wanted = source_names([first.path])[0], Columns(**columns)
    if kind in NO_TEXT:
        found = _parse_source(kind, None, first, name, wanted, labels_required, reading, FIRST_ROWS)
        return found, len(found.lines) < FIRST_ROWS - 1
    content, complete = first_part(first.path)
    if not complete:
        content = _whole_records(content)
        if not content:
            return None, False
    return _parse_source(kind, content, first, name, wanted, labels_required, reading), complete


def _whole_records(data: bytes) -> bytes:
    """Return the records that end within the first part of a file."""
    if data.lstrip().startswith((b">", b";")):
        return data[: data.rfind(b"\n>") + 1]
    data = data[: data.rfind(b"\n") + 1]
    if data.lstrip().startswith(b"@"):  # four lines a record
        lines = data.splitlines(keepends=True)
        return b"".join(lines[: len(lines) // 4 * 4])
    while data.count(b'"') % 2:  # within a quoted field
        data = data[: data.rfind(b"\n", 0, -1) + 1]
    return data
