"""Users' sequences: FASTA, CSV, TSV, and BED with a genome, plain or gzip, into one table.

Files are read as bytes and checked by tables and patterns, a record at a time, because a million
records must take seconds; where something is wrong, the slow search for the line and the letter
happens only then.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data.genome import chromosomes
from attendna.data.intervals import (
    CENTRES,
    Intervals,
    cut,
    interval_ids,
    looks_like_bed,
    parse_bed,
    resize,
)
from attendna.dna import IUPAC
from attendna.errors import UserError, brief, shown
from attendna.files import verify
from attendna.machine import memory
from attendna.names import fault
from attendna.wording import counted, either

if TYPE_CHECKING:
    import pandas as pd

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
FIRST = 1 << 18  # bytes of a file that are looked at before a run
BLOCK = 1 << 24  # bytes of a genome that are read at a time
SUSPICIOUS_LOSS = 0.01  # share of the intervals left out: above, more than chance
MEMORY_SHARE = 4  # bytes of memory that reading a byte of text takes, all in all
_DELIMITERS = {"csv": ",", "tsv": "\t"}
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

_BLANKS = b" \t\r\n"
_INVALID = b"\0"
_LETTERS = "".join(IUPAC).encode()
_INVALID_LETTER = re.compile(rb"[^%b%b]" % (_LETTERS + _LETTERS.lower(), _BLANKS))


def _case_table(masked: bool) -> bytes:
    """Map the IUPAC letters to upper case, or lower case to N; U to T; any other byte to 0."""
    table = bytearray(_INVALID * 256)
    for letter in _LETTERS:
        table[letter] = letter
        table[ord(chr(letter).lower())] = ord("N") if masked else letter
    table[ord("U")] = ord("T")
    table[ord("u")] = ord("N") if masked else ord("T")
    return bytes(table)


CASE = {"keep": _case_table(masked=False), "mask": _case_table(masked=True)}


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


@dataclass
class Records:
    """The records of one file, in its order.

    Attributes
    ----------
    ids, sequences
        The sequences are upper-case IUPAC letters.
    lines
        The line on which each record begins, counted from 1.
    fields
        What a file says beyond that, one value a record: a table `label`, `group` or `split`,
        None where a table in which labels are optional has an empty field; intervals `chrom`,
        `start`, `end` and `strand`.
    """

    ids: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    fields: dict[str, list[Any]] = field(default_factory=dict)


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


@dataclass(frozen=True)
class Genome:
    """A genome that is read from its file, one chromosome at a time, whenever it is iterated."""

    path: str

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the letters of each chromosome, see `genome.chromosomes`."""
        return chromosomes(_blocks(self.path), self.path, largest_text())


def read_sources(
    sources: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str | None],
    labels_required: bool = True,
    reading: Reading = Reading(),
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
        `start`, `end` and `strand`, null where there is none. An id is the first word of the FASTA
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
    reading: Reading = Reading(),
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
    _check_sources(files, reading)
    for path in {source.path for source in files} | ({reading.genome} - {None}):
        verify(path)  # what was downloaded has a digest
    called = _source_names([source.path for source in files])
    read = [
        _read_source(source, name, wanted, labels_required, reading)
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
        text = dict.fromkeys(values, "str") | {"start": "Int64", "end": "Int64"}
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


def _check_sources(sources: Sequence[Source], reading: Reading) -> None:
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


def _check_prefixed(ids: pd.Series, sources: Sequence[Source]) -> None:
    """Raise if ids collide although the names of their files stand in front."""
    if not ids.is_unique:
        paths = ", ".join(source.path for source in sources)
        raise UserError(
            f"{paths}: the id {ids[ids.duplicated()].iloc[0]!r} stands for two records; "
            "rename one of them."
        )


def _source_names(paths: Sequence[str]) -> list[str]:
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


def read_first(
    source: Mapping[str, Any],
    columns: Mapping[str, str | None],
    labels_required: bool,
    reading: Reading,
) -> int:
    """Read the first records of a file as `read_sources` would; return how many they are.

    0 where the first is too long for that.

    Raises
    ------
    UserError
        If they or the settings are wrong.
    """
    first = Source(**source)
    _check_sources([first], reading)
    with _opened(first.path) as handle:
        data = handle.read(FIRST)
    content = _plain_text(data, first.path)
    if len(data) == FIRST:
        content = _whole_records(content)
        if not content:
            return 0
    found = _parse_source(
        content,
        first,
        _source_names([first.path])[0],
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


def first_chromosome(path: str) -> str:
    """Return the name of the first chromosome of a genome, of which the first part is looked at.

    Raises
    ------
    UserError
        If that is no genome.
    """
    with _opened(path) as handle:
        data = handle.read(FIRST)
    return next(chromosomes([_plain_text(data, path)], path))[0]


def _read_source(
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


# ------------------------------------------------------------------------------ bytes


def read_bytes(path: str) -> bytes:
    r"""Return the content of a file, unpacked if it is gzip, with line ends `\n` and no BOM.

    Raises
    ------
    UserError
        If there is no such file, it can't be read, is empty, binary or a damaged gzip.
    """
    content, limit = io.BytesIO(), largest_text()
    with _opened(path) as handle:
        while block := handle.read(BLOCK):
            content.write(block)
            if content.tell() > limit:
                raise UserError(_too_large(path, limit))
    data = content.getvalue()
    if not data:
        raise UserError(f"{path}: the gzip file holds nothing.")
    return _plain_text(data, path)


def largest_text() -> int:
    """Return how many bytes of text can be read at once: what the memory suffices for.

    A gzip file can hold a thousand times its size.
    """
    return memory() // MEMORY_SHARE


def _too_large(path: str, limit: int) -> str:
    return (
        f"{path}: it holds more than {limit / 1e9:.3g} GB of text, and reading takes "
        f"{MEMORY_SHARE} times as much memory, which this machine or job does not have; divide the "
        "file or give it more memory."
    )


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """Open a file, unpacked if it is gzip, which its first bytes tell, not its name."""
    if Path(path).is_dir():
        raise UserError(f"{path}: this is a directory; name the file in it.")
    try:
        with open(path, "rb") as handle:
            start = handle.peek(len(_GZIP))
            if not start:
                raise UserError(f"{path}: the file is empty.")
            if not start.startswith(_GZIP):
                yield handle
                return
            with gzip.GzipFile(fileobj=handle) as packed:
                yield packed
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; check the path in the config.") from error
    except EOFError as error:
        raise UserError(f"{path}: the gzip file is cut off; copy or download it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: the gzip file is damaged ({error}); copy or download it again."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UserError(f"{path}: can't be read ({error}).") from error


def _blocks(path: str) -> Iterator[bytes]:
    r"""Yield the content of a file in parts that end with a line, with line ends `\n`."""
    limit, start = largest_text(), _BOM
    with _opened(path) as handle:
        while block := handle.read(BLOCK):
            block += handle.readline(limit)
            if len(block) > limit:
                raise UserError(_too_large(path, limit))
            yield _with_plain_ends(block.removeprefix(start))
            start = b""


def _plain_text(data: bytes, path: str) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path}: the text is UTF-16; save it as UTF-8.")
    if b"\0" in data:
        raise UserError(
            f"{path}, line {_line(data, data.index(0))}: binary data; expected the text of a "
            "FASTA, CSV, TSV or BED file, plain or gzip."
        )
    return _with_plain_ends(data.removeprefix(_BOM))


def _with_plain_ends(data: bytes) -> bytes:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _line(data: bytes, position: int) -> int:
    """Return the line of a byte, counted from 1, whatever the line ends are."""
    before = data[:position]
    crlf = before.count(b"\r\n")
    return before.count(b"\n") + before.count(b"\r") - crlf + 1


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


# ------------------------------------------------------------------------------ FASTA


def parse_fasta(data: bytes, path: str, name: str, case: bytes) -> Records:
    r"""Parse FASTA.

    Sequences may be wrapped, in lower case, with blanks and blank lines; a blank may follow `>`.

    Parameters
    ----------
    data
        The text with line ends `\n`, see `read_bytes`.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record with an empty header.
    case
        One of `CASE`.

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
        records.sequences.append(_letters(data[stop:end], path, record, line, case))
        line += data.count(b"\n", start, end) + 1
        start = end + len(b"\n>")
    _check_ids(records, path)
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


def _letters(raw: bytes, path: str, record: str, line: int, case: bytes) -> str:
    """Return a sequence without blanks, in upper case; `line` is where `raw` begins."""
    sequence = raw.translate(case, _BLANKS)
    if not sequence:
        raise UserError(
            f"{path}, line {line} (record {brief(record)}): the record has no sequence; add it or "
            "remove the record."
        )
    if _INVALID in sequence:
        position = _INVALID_LETTER.search(raw).start()
        line += raw.count(b"\n", 0, position)
        letter = raw[position : position + 4].decode("utf-8", errors="replace")[0]
        raise UserError(
            f"{path}, line {line} (record {brief(record)}): {letter!r} is no IUPAC nucleotide "
            f"letter; {_REMEDIES.get(letter, 'correct the letter or remove the record')}."
        )
    return sequence.decode("ascii")


_REMEDIES = {
    "-": "take the gaps of the alignment out",
    ".": "take the gaps of the alignment out",
    ">": "a header begins its own line, so a line end is missing before it",
}


# ------------------------------------------------------------------------------ tables


def parse_table(
    data: bytes,
    path: str,
    name: str,
    delimiter: str,
    columns: Mapping[str, str],
    labels_required: bool,
    case: bytes,
) -> Records:
    r"""Parse a table with a header line, by the quoting rules of RFC 4180.

    Blanks around fields do not count, lines without any text are skipped.

    Parameters
    ----------
    data
        The text with line ends `\n`, see `read_bytes`.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record without one.
    delimiter
        "," or a tab.
    columns
        `sequence` and any of `label`, `id`, `group` and `split`, to the names of the columns.
    labels_required
        Whether an empty or missing label is an error.
    case
        One of `CASE`.

    Raises
    ------
    UserError
        If a column is missing, a line has too few or too many fields, a quote never ends, a
        sequence or a required label is empty, a letter is outside IUPAC, a split is unknown, the
        text is not UTF-8, or an id occurs twice.
    """
    rows = _rows(data, path, delimiter)
    line, header = next(rows, (0, []))
    if not header:
        raise UserError(f"{path}: the table is empty.")
    header = [title.strip() for title in header]
    if not labels_required and columns.get("label") not in header:
        columns = {role: title for role, title in columns.items() if role != "label"}
    places = {role: _place(title, header, path, line) for role, title in columns.items()}
    readers: dict[str, Callable[[str, str, int], str | None]] = {
        "label": _required_label if labels_required else _optional,
        "group": _optional,
        "split": _split,
    }
    taken = [(role, places[role], reader) for role, reader in readers.items() if role in places]
    sequence_place, id_place = places["sequence"], places.get("id")
    records = Records(fields={role: [] for role, _, _ in taken})
    for line, row in rows:
        if len(row) != len(header):
            raise UserError(
                f"{path}, line {line}: {counted(len(row), 'field')} where the header has "
                f"{len(header)}; quote fields that contain the separator."
            )
        record = "" if id_place is None else row[id_place].strip()
        record = record or f"{name}:{line}"
        records.ids.append(record)
        records.lines.append(line)
        letters = row[sequence_place].encode()
        records.sequences.append(_letters(letters, path, record, line, case))
        for role, place, reader in taken:
            records.fields[role].append(reader(row[place].strip(), path, line))
    if not records.ids:
        raise UserError(f"{path}: the table has a header and no record.")
    _check_ids(records, path)
    for role, _, _ in taken:
        _check_printable(records.fields[role], records.lines, role, path)
    return records


def _rows(data: bytes, path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of each row that holds any text."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {_line(data, error.start)}: the byte 0x{data[error.start]:02x} is not "
            "UTF-8 text; save the file as UTF-8."
        ) from error
    if b'" ' in data:  # the csv module takes blanks before a quoted field, but not after it
        data = re.sub(rb'" +(?=[%b\n]|\Z)' % delimiter.encode(), b'"', data)
    # The decoder reads on in blocks; splitting the text at once would double it in memory.
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="\n")
    limit = csv.field_size_limit(max(len(data), 131_072))  # a sequence may be of any length
    try:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        while True:
            line = reader.line_num + 1
            row = next(reader, None)
            if row is None:
                return
            if any(map(str.strip, row)):
                yield line, row
    except csv.Error as error:
        raise UserError(
            f"{path}, line {line}: the quotes of this record don't match ({error}); quote a field "
            "as a whole and double the quotes in it."
        ) from error
    finally:
        csv.field_size_limit(limit)


def _place(title: str, header: list[str], path: str, line: int) -> int:
    """Return the index of a column."""
    if header.count(title) == 1:
        return header.index(title)
    if title in header:
        raise UserError(f"{path}, line {line}: two columns are called {title!r}; rename one.")
    there = ", ".join(map(shown, header[:20])) + (", ..." if len(header) > 20 else "")
    one = "; a single column: is this the right separator?" if len(header) == 1 else "."
    raise UserError(f"{path}, line {line}: no column {title!r}; the header names {there}{one}")


def _required_label(text: str, path: str, line: int) -> str:
    if not text:
        raise UserError(f"{path}, line {line}: the record has no label; fill it in.")
    return text


def _optional(text: str, path: str, line: int) -> str | None:
    return text or None


def _split(text: str, path: str, line: int) -> str:
    if text not in SPLITS and not FOLD.fullmatch(text):
        raise UserError(
            f"{path}, line {line}: unknown split {shown(text)}; use {either(SPLITS)}, or the "
            "number of a fold, from 1."
        )
    return text


# ------------------------------------------------------------------------------ ids


def _check_ids(records: Records, path: str) -> None:
    """Raise if an id occurs twice or can't be shown."""
    _check_printable(records.ids, records.lines, "id", path)
    if len(set(records.ids)) == len(records.ids):
        return
    first: dict[str, int] = {}
    for record, line in zip(records.ids, records.lines, strict=True):
        if record in first:
            raise UserError(
                f"{path}, line {line}: the id {shown(record)} occurs twice, first on line "
                f"{first[record]}; give every record its own id."
            )
        first[record] = line


def _check_printable(
    texts: Sequence[str | None], lines: Sequence[int], what: str, path: str
) -> None:
    """Raise if a name holds a tab, a line end or another character that would break a table."""
    for text, line in zip(texts, lines, strict=True):
        wrong = None if text is None else fault(text)
        if wrong:
            raise UserError(f"{path}, line {line}: the {what} {shown(text)} {wrong}")
