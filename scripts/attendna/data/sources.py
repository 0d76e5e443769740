"""One file of sequences as the config names it: its format, and its records or intervals."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from attendna.contracts.splits import SPLITS
from attendna.data.fasta import parse_fasta
from attendna.data.intervals import CENTRES, Intervals, looks_like_bed, parse_bed
from attendna.data.letters import CASE
from attendna.data.parsed import Records
from attendna.data.raw_text import first_part, read_bytes
from attendna.data.tables import parse_table
from attendna.errors import UserError
from attendna.wording import either

FORMATS = {
    ".fa": "fasta",
    ".fasta": "fasta",
    ".fna": "fasta",
    ".csv": "csv",
    ".tsv": "tsv",
    ".bed": "bed",
    ".narrowpeak": "narrowpeak",
}
INTERVALS = ("bed", "narrowpeak")
_DELIMITERS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class Source:
    """One file of sequences, as the config names it.

    Attributes
    ----------
    path
        FASTA, CSV, TSV, BED or narrowPeak, plain or gzip.
    label
        The class of all its records; in tables it replaces the label column.
    split
        The part that all its records belong to (train, validation or test); in tables it
        replaces the split column.
    format
        "fasta", "csv", "tsv", "bed" or "narrowpeak"; None: told by the name, else by the content.
    """

    path: str
    label: str | None = None
    split: str | None = None
    format: str | None = None


@dataclass(frozen=True)
class Columns:
    """The columns of a user's tables; None: there is no such column."""

    sequence: str
    label: str | None = None
    id: str | None = None
    group: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class Reading:
    """How sequences are read.

    Attributes
    ----------
    genome
        The FASTA file, plain, gzip or bgzip, that intervals are taken from; None: there is none.
    width
        The length in bases that intervals are brought to; None: they stay as they are.
    centre
        What stays in the middle then: the interval's "middle" or its "summit".
    soft_masked
        What becomes of lower-case letters: "keep" (upper case) or "mask" (N).
    """

    genome: str | None = None
    width: int | None = None
    centre: str = "middle"
    soft_masked: str = "keep"


AS_THEY_ARE = Reading()


def check_sources(sources: Sequence[Source], reading: Reading) -> None:
    """Raise if the settings of the sources are wrong, before anything is read."""
    for value, known in ((reading.centre, CENTRES), (reading.soft_masked, tuple(CASE))):
        if value not in known:
            raise UserError(f"unknown setting {value!r}; use {' or '.join(known)}.")
    known = tuple(dict.fromkeys(FORMATS.values()))
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
    return stem[: -len(ending)] if ending.lower() in (*FORMATS, ".txt") else stem


def read_source(
    source: Source, name: str, columns: Columns, labels_required: bool, reading: Reading
) -> Records | Intervals:
    """Read one file, in the format that the source, its name or its content tells."""
    data = read_bytes(source.path)
    return _parse_source(data, source, name, columns, labels_required, reading)


def _parse_source(
    data: bytes,
    source: Source,
    name: str,
    columns: Columns,
    labels_required: bool,
    reading: Reading,
) -> Records | Intervals:
    kind = source.format or _format_of_name(source.path)
    kind = kind or _format_of_content(data, source.path, columns.sequence)
    if kind in ("fasta", *INTERVALS) and labels_required and source.label is None:
        held = "FASTA" if kind == "fasta" else "BED"
        raise UserError(
            f"{source.path}: {held} holds no labels; give this source a `label` in the config."
        )
    if kind in INTERVALS:
        if reading.genome is None:
            raise UserError(
                f"{source.path}: intervals hold no sequences; name the FASTA file of their genome "
                "as `genome` in the config."
            )
        return parse_bed(data, source.path, narrowpeak=kind == "narrowpeak")
    case = CASE[reading.soft_masked]
    if kind == "fasta":
        return parse_fasta(data, source.path, name, case)
    taken = {"id": columns.id}
    if labels_required:
        taken["group"] = columns.group
        if source.split is None:
            taken["split"] = columns.split
    if source.label is None:
        taken["label"] = columns.label
        if labels_required and columns.label is None:
            raise UserError(
                f"{source.path}: no label; give this source a `label` in the config, or name the "
                "column that holds it in `columns`."
            )
    return parse_table(
        data,
        source.path,
        name,
        _DELIMITERS[kind],
        {"sequence": columns.sequence, **{k: v for k, v in taken.items() if v is not None}},
        labels_required,
        case,
    )


def _format_of_name(path: str) -> str | None:
    name = path.lower().removesuffix(".gz")
    return FORMATS.get(PurePath(name).suffix)


def _format_of_content(data: bytes, path: str, sequence: str) -> str:
    """Tell the format: FASTA begins with `>`, a table's first line names the sequence column."""
    head = data[:1_000_000].lstrip()
    if head.startswith(b">"):
        return "fasta"
    first = head.partition(b"\n")[0].decode("utf-8", errors="replace")
    for kind, delimiter in (("tsv", "\t"), ("csv", ",")):
        if sequence in [name.strip(' \t"') for name in first.split(delimiter)]:
            return kind
    if looks_like_bed(data):
        return "bed"
    raise UserError(
        f"{path}: neither its name nor its content tells the format: no `>` begins it, its first "
        f"line names no column {sequence!r} and holds no interval; give this source "
        "`format: fasta`, csv, tsv, bed or narrowpeak."
    )


def read_first(
    source: Mapping[str, Any],
    columns: Mapping[str, str | None],
    labels_required: bool,
    reading: Reading,
) -> int:
    """Read the first records of a file as `readers.read_sources` would; return how many they are.

    0 where the first is too long for that.

    Raises
    ------
    UserError
        If they or the settings are wrong.
    """
    first = Source(**source)
    check_sources([first], reading)
    content, complete = first_part(first.path)
    if not complete:
        content = _whole_records(content)
        if not content:
            return 0
    found = _parse_source(
        content,
        first,
        source_names([first.path])[0],
        Columns(**columns),
        labels_required,
        reading,
    )
    return len(found.lines)


def _whole_records(data: bytes) -> bytes:
    """Return the records that end within the first part of a file."""
    if data.lstrip().startswith(b">"):
        return data[: data.rfind(b"\n>") + 1]
    data = data[: data.rfind(b"\n") + 1]
    while data.count(b'"') % 2:  # within a quoted field
        data = data[: data.rfind(b"\n", 0, -1) + 1]
    return data
