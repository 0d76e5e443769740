"""Users' sequences: FASTA, FASTQ, tables, and BED with a genome, into one table.

Files are read as bytes and checked by tables and patterns, a record at a time, because a million
records must take seconds; where something is wrong, the slow search for the line and the letter
happens only then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from attendna.data import label_checks
from attendna.data.allowed_letters import CASE
from attendna.data.genome import Genome
from attendna.data.intervals import (
    Intervals,
    Lost,
    check_places,
    cut,
    interval_ids,
    resize,
)
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
from attendna.errors import UserError, shown
from attendna.intact_files import is_recorded, verify
from attendna.wording import are, counted, listed

if TYPE_CHECKING:
    import pandas as pd


SUSPICIOUS_LOSS = 0.01  # share of the intervals left out: above, more than chance

_ALL_MASKED = (
    "soft_masked: mask leaves no base of any record, since all letters are lower case or N; use "
    "`soft_masked: keep`."
)


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
        `start`, `end`, `strand` and `description` (the whole header of FASTA and FASTQ), null where
        there is none, and `lower_case`, how many letters are lower case in the file. An id is the
        first word of such a header (see `ids.unique_ids` where these are not unique), the field of
        the id column or the place of an interval, `chr1:10-20(+)`; without any, the file's name and
        the record's line, `train:2`. If two files share an id, every id gets the name of its file
        in front, `promoters:chr1_5`.

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
    joined: Mapping[str, str | None] | None = None,
) -> Imported:
    """Read a user's files as `read_sources` does, and tell what was left out.

    Parameters
    ----------
    sources, columns, labels_required, reading
        See `read_sources`.
    joined
        From labels to classes, see `label_checks.join_labels`; of no account where labels need not
        be.

    Raises
    ------
    UserError
        If a file or setting is wrong; the sentence names the file and the line or record.
    """
    import pandas as pd

    files, joined = [Source(**source) for source in sources], joined or {}
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
    if labels_required:
        labelled = label(read, files, joined)
        read, notes = labelled.records, notes + labelled.notes
    notes = [note for records in read for note in records.notes] + notes
    parts = []
    for source, records in zip(files, read, strict=True):
        fixed = {
            "label": joined.get(source.label, source.label),
            "group": None,
            "split": source.split,
        }
        fixed |= {"chrom": None, "start": None, "end": None, "strand": None, "description": None}
        values = {"id": records.ids, "sequence": records.sequences}
        for key, value in fixed.items():
            values[key] = records.fields.get(key, value)
        values["lower_case"] = records.lower_case or None
        text = dict.fromkeys(values, "str")
        text |= dict.fromkeys(["start", "end", "lower_case"], "Int64")
        same = values["description"] is records.ids
        part = pd.DataFrame(values if not same else values | {"description": None}).astype(text)
        parts.append(part.assign(description=part["id"]) if same else part)
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


class Labelled(NamedTuple):
    """Records under their final labels.

    Attributes
    ----------
    records
        Of each file.
    count
        Of each label.
    notes
        See `Imported`.
    """

    records: list[Records]
    count: Counter[str]
    notes: list[dict[str, str]]


def label(
    read: Sequence[Records],
    files: Sequence[Source],
    joined: Mapping[str, str | None],
    complete: bool = True,
) -> Labelled:
    """Give the records of all files the labels that the config wants, and check these.

    Parameters
    ----------
    read, files
        The records of each file, and the file.
    joined
        See `label_checks.join_labels`.
    complete
        Whether these are all records of the files.

    Raises
    ------
    UserError
        If a record has no label, or the labels are no classes.
    """
    notes: list[dict[str, str]] = []
    found: Counter[str] = Counter()
    for source, records in zip(files, read, strict=True):
        found += _labels(source.label, records)
        notes += label_checks.without_missing_groups(records, source.path)
    if complete:
        label_checks.check_joined(found, joined)
    labelled = [
        label_checks.join_labels(records, source.label, joined, source.path)
        for source, records in zip(files, read, strict=True)
    ]
    count: Counter[str] = Counter()
    for source, records in zip(files, labelled, strict=True):
        count += _labels(joined.get(source.label, source.label), records)
    if not count and complete:
        raise UserError("labels: all records are left out by their labels; keep two classes.")
    label_checks.check_labels(count, complete)
    return Labelled(labelled, count, notes + list(label_checks.about_missing(count)))


def _labels(label: str | None, records: Records) -> Counter[str]:
    """Count the labels of a file, "" for missing ones."""
    own = records.fields.get("label")
    if own is None:
        return Counter({label: len(records.ids)} if records.ids else {})
    return Counter(text or "" for text in own)


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
    found = cut(windows, Genome(reading.genome), CASE[reading.soft_masked], largest_text())
    for i, window, letters in zip(places, windows, found.sequences, strict=True):
        check_places(read[i], found.lengths, reading.genome, reading.missing_contigs)
        _check_any(window, letters, reading)
        notes += _about_lost(window, letters, reading.genome)
        read[i] = _interval_records(window, letters)
    return notes, occupied


def _interval_records(windows: Intervals, letters: Sequence[str | Lost]) -> Records:
    """Return the records of the windows that have a sequence."""

    def there(values: Sequence[Any]) -> list[Any]:
        pairs = zip(values, letters, strict=True)
        return [value for value, sequence in pairs if isinstance(sequence, str)]

    columns = {"chrom": "chroms", "start": "starts", "end": "ends", "strand": "strands"}
    columns |= {"label": "labels"} if windows.labels else {}
    return Records(
        ids=there(interval_ids(windows)),
        sequences=there(letters),
        lines=there(windows.lines),
        lower_case=there(windows.lower_case),
        fields={column: there(getattr(windows, name)) for column, name in columns.items()},
    )


def _check_any(windows: Intervals, letters: Sequence[str | Lost], reading: Reading) -> None:
    """Raise if no interval of a file has a sequence."""
    genome = reading.genome
    lost = Counter(reason for reason in letters if isinstance(reason, Lost))
    if lost[Lost.PAST_END] == len(letters):
        raise UserError(
            f"{windows.path}: every interval reaches past an end of its chromosome in {genome}; is "
            "this the genome that the intervals were made on, and `width` not too large?"
        )
    if lost[Lost.UNKNOWN] == len(letters) and reading.soft_masked == "mask":
        raise UserError(f"{windows.path}: {_ALL_MASKED}")
    if lost.total() == len(letters):
        raise UserError(
            f"{windows.path}: none of its {counted(len(letters), 'interval')} has a sequence in "
            f"{genome}: {lost[Lost.UNKNOWN]:,} hold nothing but N, {lost[Lost.PAST_END]:,} reach "
            f"past an end of their chromosome, and {lost[Lost.NO_CONTIG]:,} are on one that it "
            "lacks; is this the genome that the intervals were made on?"
        )


def _about_lost(
    windows: Intervals, letters: Sequence[str | Lost], genome: str
) -> Iterator[dict[str, str]]:
    """Say which intervals were left out, and why."""
    for reason in Lost:
        lost = [i for i, sequence in enumerate(letters) if sequence is reason]
        if not lost:
            continue
        many, one = len(lost) > SUSPICIOUS_LOSS * len(letters), len(lost) == 1
        if reason is Lost.PAST_END:
            question = " Is the genome the one that intervals were made on?" if many else ""
            what = "it reaches past an end of its" if one else "they reach past an end of their"
            why = f"{what} chromosome.{question}"
        elif reason is Lost.UNKNOWN:
            spans = zip(windows.chroms, windows.starts, windows.ends, windows.lines, strict=True)
            named = [f"{chrom}:{start}-{end} (line {line})" for chrom, start, end, line in spans]
            which = listed([named[i] for i in lost])
            why = f"{'it holds' if one else 'they hold'} nothing but N: {which}."
        else:
            count = Counter(windows.chroms[i] for i in lost).most_common()
            named = listed([f"{shown(name, 40)} {number:,}" for name, number in count])
            what = "it is on a chromosome" if one else "they are on chromosomes"
            why = f"{what} that {genome} lacks: {named}."
        yield {
            "severity": "warning" if many else "note",
            "message": f"{len(lost):,} of {counted(len(letters), 'interval')} of {windows.path} "
            f"{are(len(lost))} left out: {why}",
        }


def _about_masking(sequences: pd.Series) -> Iterator[dict[str, str]]:
    empty = int((sequences.str.strip("N") == "").sum())
    if empty == len(sequences):
        raise UserError(_ALL_MASKED)
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
