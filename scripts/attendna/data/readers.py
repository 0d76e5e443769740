"""Users' sequences: FASTA, CSV, TSV, and BED with a genome, plain or gzip, into one table.

Files are read as bytes and checked by tables and patterns, a record at a time, because a million
records must take seconds; where something is wrong, the slow search for the line and the letter
happens only then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attendna.data.genome import Genome
from attendna.data.intervals import Intervals, cut, interval_ids, resize
from attendna.data.letters import CASE
from attendna.data.parsed import Records
from attendna.data.raw_text import largest_text
from attendna.data.sources import (
    AS_THEY_ARE,
    Columns,
    Reading,
    Source,
    check_sources,
    read_source,
    source_names,
)
from attendna.errors import UserError
from attendna.files import is_recorded, verify
from attendna.wording import counted

if TYPE_CHECKING:
    import pandas as pd


SUSPICIOUS_LOSS = 0.01  # share of the intervals left out: above, more than chance


@dataclass
class Imported:
    """What a user's files hold.

    Attributes
    ----------
    table
        See `read_sources`.
    notes
        What the user should know of the import: `{"severity", "message"}`, as findings of the
        audit.
    occupied
        Chromosome to the (start, end) of every interval of the files, as they stand there and as
        they were read, also of those that were left out.
    """

    table: pd.DataFrame
    notes: list[dict[str, str]] = field(default_factory=list)
    occupied: dict[str, set[tuple[int, int]]] = field(default_factory=dict)


def read_sources(
    sources: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str | None],
    labels_required: bool = True,
    reading: Reading = AS_THEY_ARE,
) -> pd.DataFrame:
    """Read a user's files into one table.

    Parameters
    ----------
    sources
        One mapping a file, with the keys of `Source`.
    columns
        The names of the columns in tables, with the keys of `Columns`.
    labels_required
        Whether each record must have a label. Without, for new sequences, a label is taken where
        there is one, and the group and split columns are not looked at.
    reading
        The genome, and what becomes of intervals and lower case.

    Returns
    -------
    pandas.DataFrame
        `id` (unique), `sequence` (upper-case IUPAC, U as T), `label`, `group`, `split`, `chrom`,
        `start`, `end` and `strand`, null where there is none, and `lower_case`, how many letters
        are lower case in the file. An id is the first word of the FASTA
        header, the field of the id column or the place of an interval, `chr1:10-20(+)`; without
        any, the file's name and the record's line, `train:2`. If two files share an id, every id
        gets the name of its file in front, `promoters:chr1_5`.

    Raises
    ------
    UserError
        If a file or setting is wrong; the sentence names the file and the line or record.
    """
    return import_sources(sources, columns, labels_required, reading).table


def import_sources(
    sources: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str | None],
    labels_required: bool = True,
    reading: Reading = AS_THEY_ARE,
) -> Imported:
    """Read a user's files as `read_sources` does, and tell what was left out.

    Raises
    ------
    UserError
        If a file or setting is wrong; the sentence names the file and the line or record.
    """
    import pandas as pd

    files = [Source(**source) for source in sources]
    wanted = Columns(**columns)
    if not files:
        raise UserError("sources names no file; give at least one {path: ...}.")
    check_sources(files, reading)
    for path in {source.path for source in files} | ({reading.genome} - {None}):
        if is_recorded(path):  # what was downloaded has a digest, and what is the user's has none
            verify(path)
    called = source_names([source.path for source in files])
    read = [
        read_source(source, name, wanted, labels_required, reading)
        for source, name in zip(files, called, strict=True)
    ]
    notes, occupied = _cut_intervals(read, reading)
    parts = []
    for source, records in zip(files, read, strict=True):
        fixed = {"label": source.label, "group": None, "split": source.split}
        fixed |= {"chrom": None, "start": None, "end": None, "strand": None}
        values = {"id": records.ids, "sequence": records.sequences}
        for key, value in fixed.items():
            values[key] = records.fields.get(key, value)
        values["lower_case"] = records.lower_case or None
        text = dict.fromkeys(values, "str")
        text |= dict.fromkeys(["start", "end", "lower_case"], "Int64")
        parts.append(pd.DataFrame(values).astype(text))
    table = pd.concat(parts, ignore_index=True)
    if not table["id"].is_unique:
        table["id"] = pd.concat(
            [name + ":" + part["id"] for name, part in zip(called, parts, strict=True)],
            ignore_index=True,
        )
        _check_prefixed(table["id"], files)
    if reading.soft_masked == "mask":
        notes += _about_masking(table["sequence"])
    return Imported(table, notes, occupied)


def _cut_intervals(
    read: list[Records | Intervals], reading: Reading
) -> tuple[list[dict[str, str]], dict[str, set[tuple[int, int]]]]:
    """Replace the intervals in `read` by records; return notes and what the intervals occupy."""
    notes: list[dict[str, str]] = []
    occupied: dict[str, set[tuple[int, int]]] = {}
    places = [i for i, part in enumerate(read) if isinstance(part, Intervals)]
    if not places:
        return notes, occupied
    windows = []
    for i in places:
        part = read[i]
        windows.append(
            part if reading.width is None else resize(part, reading.width, reading.centre)
        )
        for intervals in (part, windows[-1]):
            stretches = zip(intervals.chroms, intervals.starts, intervals.ends, strict=True)
            for chrom, start, end in stretches:
                occupied.setdefault(chrom, set()).add((start, end))
    case = CASE[reading.soft_masked]
    sequences = cut(windows, Genome(reading.genome), reading.genome, case, largest_text())
    for i, window, letters in zip(places, windows, sequences, strict=True):
        notes += _about_dropped(window.path, letters)
        read[i] = _interval_records(window, letters)
    return notes, occupied


def _interval_records(windows: Intervals, letters: Sequence[str | None]) -> Records:
    """Return the records of the windows that have a sequence."""

    def there(values: Sequence[Any]) -> list[Any]:
        pairs = zip(values, letters, strict=True)
        return [value for value, sequence in pairs if sequence is not None]

    columns = {"chrom": "chroms", "start": "starts", "end": "ends", "strand": "strands"}
    return Records(
        ids=there(interval_ids(windows)),
        sequences=there(letters),
        lines=there(windows.lines),
        lower_case=there(windows.lower_case),
        fields={column: there(getattr(windows, name)) for column, name in columns.items()},
    )


def _about_dropped(path: str, letters: Sequence[str | None]) -> Iterator[dict[str, str]]:
    dropped = letters.count(None)
    if dropped:
        many = dropped > SUSPICIOUS_LOSS * len(letters)
        question = " Is the genome the one that they were made on?" if many else ""
        yield {
            "severity": "warning" if many else "note",
            "message": f"{dropped:,} of {counted(len(letters), 'interval')} of {path} left out: "
            f"they reach past an end of their chromosome.{question}",
        }


def _about_masking(sequences: pd.Series) -> Iterator[dict[str, str]]:
    empty = int((sequences.str.strip("N") == "").sum())
    if empty == len(sequences):
        raise UserError(
            "soft_masked: mask leaves no base of any record, since all letters are lower case or "
            "N; use `soft_masked: keep`."
        )
    if empty:
        yield {
            "severity": "warning",
            "message": f"{empty:,} of {counted(len(sequences), 'record')} "
            f"{'holds' if empty == 1 else 'hold'} N only, now that lower-case letters are masked: "
            "a classifier can't distinguish them.",
        }


def _check_prefixed(ids: pd.Series, sources: Sequence[Source]) -> None:
    """Raise if ids collide although the names of their files stand in front."""
    if not ids.is_unique:
        paths = ", ".join(source.path for source in sources)
        raise UserError(
            f"{paths}: the id {ids[ids.duplicated()].iloc[0]!r} stands for two records; "
            "rename one of them."
        )
