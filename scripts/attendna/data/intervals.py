"""Intervals of a genome: BED and narrowPeak files, and the sequences that they stand for."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np

from attendna.data.allowed_letters import lower_case
from attendna.data.genome import spelling
from attendna.dna import COMPLEMENTS
from attendna.errors import UserError, brief, shown
from attendna.names import fault
from attendna.wording import counted, listed

STRANDS = ("+", "-", ".")
CENTRES = ("middle", "summit")
_CHROM, _START, _END, _STRAND, _SUMMIT = 0, 1, 2, 5, 9  # columns of BED and narrowPeak
_COMPLEMENT = COMPLEMENTS.tobytes()
_HEADER = (  # what tables call the start and the end
    frozenset({b"start", b"chromstart", b"chrom_start", b"chr_start", b"begin", b"from"}),
    frozenset({b"end", b"chromend", b"chrom_end", b"chr_end", b"stop", b"to"}),
)
_NO_DATA = re.compile(rb"#|(?:track|browser)(?:\s|$)|\s*$")
_INTEGER = re.compile(rb"-?[0-9]{1,15}")


@dataclass
class Intervals:
    """The intervals of one file, in its order.

    Attributes
    ----------
    path
        What errors call the file.
    chroms, starts, ends
        0-based, half-open.
    strands
        "+", "-" or "." (unknown; read as "+").
    summits
        The place of the summit, 0-based in the chromosome; None where the file has none.
    lines
        The line of each, counted from 1.
    labels
        The class of each, None where it is empty; empty where the file says none.
    lower_case
        Lower-case letters of each in the genome, None where it has no sequence; empty before `cut`.
    """

    path: str
    chroms: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    strands: list[str] = field(default_factory=list)
    summits: list[int | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    lower_case: list[int | None] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of intervals."""
        return len(self.starts)


# ------------------------------------------------------------------------------ files


def looks_like_bed(data: bytes) -> bool:
    """Whether the first line that holds data has a name and two whole numbers, as BED has."""
    titles = 0
    for line in data[:1_000_000].split(b"\n"):
        if _NO_DATA.match(line):
            continue
        fields = _unquoted(line)
        if not titles and _is_header(fields):
            titles = len(fields)
            continue
        places = fields[_START + _shift(line, titles) :][:_END]
        return len(places) == _END and all(map(_INTEGER.fullmatch, places))
    return False


def _is_header(fields: Sequence[bytes]) -> bool:
    """Whether a line names the columns start and end."""
    named = [field.lower() for field in fields]
    return any(
        start in _HEADER[0] and end in _HEADER[1]
        for start, end in zip(named[:-1], named[1:], strict=True)
    )


def _check_header(fields: Sequence[bytes], where: str) -> None:
    """Raise if a header is that of a table which counts from 1, as R and peak callers write it."""
    one_based = {b"seqnames", b"width", b"length", b"abs_summit"} & {f.lower() for f in fields}
    if one_based:
        raise UserError(
            f"{where}: by its column {_shown(min(one_based))} this is not BED, but a table that "
            "counts from 1; save the intervals as BED, with 1 subtracted from each start and no "
            "header."
        )


def _shift(line: bytes, titles: int) -> int:
    """Return 1 if R wrote the name of the row in front of the first interval, else 0.

    Parameters
    ----------
    line
        The first interval as it stands there.
    titles
        Columns that the header names; 0 without a header.
    """
    raw = _fields(line)
    whole = [_INTEGER.fullmatch(field.strip(b'"')) is not None for field in raw[: _END + 2]]
    if len(whole) < _END + 2 or not all(whole[_START + 1 :]):
        return 0
    quoted = [field.startswith(b'"') for field in raw[: _END + 1]]
    numbered = raw[0].strip(b'"') == b"1" and not whole[_START]
    return int(len(raw) == titles + 1 or quoted == [True, True, False] or numbered)


def _unquoted(line: bytes) -> list[bytes]:
    """Return the fields of a line without quotation marks, single ones at their ends."""
    fields = _fields(line.replace(b'"', b""))
    return [field.strip(b"'") for field in fields] if b"'" in line else fields


def _fields(line: bytes) -> list[bytes]:
    return [part.strip() for part in line.split(b"\t")] if b"\t" in line else line.split()


def parse_bed(
    data: bytes, path: str, narrowpeak: bool = False, label: int | None = None
) -> Intervals:
    r"""Parse BED of three or more columns, or narrowPeak.

    Fields are separated by tabs or, in a line without one, by blanks. Empty lines and those that
    begin with `#`, `track` or `browser` are skipped, and so is a first line that names the columns
    start and end. Quotation marks and the numbers of rows, which R writes, are left out. Column 6
    is the strand; the other columns are not looked at, but for the summit, column 10 of
    narrowPeak, and that of the label.

    Parameters
    ----------
    data
        The text with line ends `\n`.
    path
        What errors call the file.
    narrowpeak
        Whether the file is narrowPeak.
    label
        The number of the column that holds the class, from 1; None: none does.

    Raises
    ------
    UserError
        If a line has too few columns, a coordinate that is no whole number or negative, a start
        that is not below its end, an unknown strand or a summit outside its interval, or if there
        is no interval.
    """
    found, shift, titles = Intervals(path), None, 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if _NO_DATA.match(line):
            continue
        where = f"{path}, line {number}"
        fields = _unquoted(line)
        if shift is None:
            if not titles and _is_header(fields):
                _check_header(fields, where)
                titles = len(fields)
                continue
            shift = _shift(line, titles)
        fields = fields[shift:]
        needed = _SUMMIT if narrowpeak else _END
        if len(fields) <= needed:
            raise UserError(
                f"{where}: {counted(len(fields), 'column')} where "
                + ("narrowPeak has 10" if narrowpeak else "BED has 3 or more")
                + "; separate them by tabs, and begin a comment with #."
            )
        start, end = (_coordinate(fields[i], i, where) for i in (_START, _END))
        if start >= end:
            raise UserError(
                f"{where}: the start, {start}, is not below the end, {end}; BED counts from 0 and "
                "the end is the first base that is not in the interval."
            )
        strand = _text(fields[_STRAND], where) if len(fields) > _STRAND else "."
        if strand not in STRANDS:
            raise UserError(
                f"{where}: the strand (column 6) is {shown(strand)}; it can be +, - or '.'."
            )
        found.chroms.append(_text(fields[_CHROM], where))
        found.starts.append(start)
        found.ends.append(end)
        found.strands.append(strand)
        found.summits.append(_summit(fields, start, end, where) if narrowpeak else None)
        found.lines.append(number)
        if label is not None:
            found.labels.append(_label(fields, label, where))
    if not len(found):
        raise UserError(f"{path}: the file holds no interval, only comments and blank lines.")
    return found


def _coordinate(raw: bytes, column: int, where: str) -> int:
    what = "start" if column == _START else "end"
    if not _INTEGER.fullmatch(raw):
        raise UserError(
            f"{where}: the {what} (column {column + 1}) is {_shown(raw)}, which is no "
            "whole number; correct it, or begin the line with # if it is a header."
        )
    if raw.startswith(b"-"):
        raise UserError(f"{where}: the {what}, {int(raw)}, is negative; BED counts from 0.")
    return int(raw)


def _label(fields: Sequence[bytes], column: int, where: str) -> str | None:
    if column > len(fields):
        raise UserError(
            f"{where}: {counted(len(fields), 'column')}, and columns.label is {column}; add the "
            "label, or name another column."
        )
    return _text(fields[column - 1], where, "label") if fields[column - 1] else None


def _shown(raw: bytes) -> str:
    return shown(raw.decode("utf-8", errors="replace"))


def _text(raw: bytes, where: str, what: str = "chromosome or strand") -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where}: {shown(raw)} is not UTF-8 text; save the file as UTF-8."
        ) from error
    if not text:
        raise UserError(f"{where}: the {what} is {shown(text)}; fill it in.")
    wrong = fault(text)
    if wrong:
        raise UserError(f"{where}: the {what} {shown(text)} {wrong}")
    return text


def _summit(fields: Sequence[bytes], start: int, end: int, where: str) -> int | None:
    """Return the place of the summit, which narrowPeak counts from the start; -1 is none."""
    raw = fields[_SUMMIT]
    if raw == b"-1":
        return None
    if not _INTEGER.fullmatch(raw) or not 0 <= int(raw) < end - start:
        raise UserError(
            f"{where}: the summit (column 10) is {_shown(raw)}; it is a number of bases "
            f"from the start, here 0 to {end - start - 1}, or -1 for none."
        )
    return start + int(raw)


# ------------------------------------------------------------------------------ windows


def resize(intervals: Intervals, width: int, centre: str) -> Intervals:
    """Return windows of one width about the middles or the summits of intervals.

    The centre comes to stand at place `width // 2` of the sequence in its direction of reading:
    on the reverse strand, windows are the mirror image of those on the forward strand.

    Parameters
    ----------
    intervals
        Not changed.
    width
        In bases.
    centre
        "middle" or "summit". Of the two bases in the middle of an interval of even length, the
        second in the direction of reading counts.

    Returns
    -------
    Intervals
        They may reach past either end of the chromosome.

    Raises
    ------
    UserError
        If the summit is asked for and an interval has none.
    """
    windows = Intervals(
        intervals.path,
        chroms=intervals.chroms,
        strands=intervals.strands,
        summits=intervals.summits,
        lines=intervals.lines,
        labels=intervals.labels,
    )
    before = width // 2
    for index, strand in enumerate(intervals.strands):
        if centre == "summit":
            middle = _known_summit(intervals, index)
        else:
            ends = intervals.starts[index] + intervals.ends[index]
            middle = (ends - 1) // 2 if strand == "-" else ends // 2
        start = middle - (width - 1 - before if strand == "-" else before)
        windows.starts.append(start)
        windows.ends.append(start + width)
    return windows


def _known_summit(intervals: Intervals, index: int) -> int:
    summit = intervals.summits[index]
    if summit is not None:
        return summit
    where = f"{intervals.path}, line {intervals.lines[index]}"
    raise UserError(
        f"{where}: this interval has no summit, which `centre: summit` asks for; use narrowPeak "
        "with a summit in column 10 (`format: narrowpeak` where the file's name does not tell), "
        "or `centre: middle`."
    )


def interval_ids(intervals: Intervals) -> list[str]:
    """Return an id for each interval, `chr1:10-20(+)`; an interval's second has `_2` behind it."""
    count: dict[str, int] = {}
    ids = []
    for chrom, start, end, strand in zip(
        intervals.chroms, intervals.starts, intervals.ends, intervals.strands, strict=True
    ):
        name = f"{chrom}:{start}-{end}({strand})"
        count[name] = count.get(name, 0) + 1
        ids.append(name if count[name] == 1 else f"{name}_{count[name]}")
    return ids


# ------------------------------------------------------------------------------ sequences


class Lost(Enum):
    """Why an interval has no sequence."""

    PAST_END = "past an end"
    UNKNOWN = "N alone"
    NO_CONTIG = "no such chromosome"


class Cut(NamedTuple):
    """What was read of a genome.

    Attributes
    ----------
    sequences
        For each interval of each part its letters, or why there are none.
    lengths
        The letters of each chromosome.
    """

    sequences: list[list[str | Lost]]
    lengths: dict[str, int]


def cut(
    parts: Sequence[Intervals],
    genome: Iterable[tuple[str, bytes]],
    case: bytes,
    largest: int = sys.maxsize,
) -> Cut:
    """Read the sequences of intervals in one pass over the genome, and count their lower case.

    Parameters
    ----------
    parts
        The intervals of each file.
    genome
        Chromosomes, see `attendna.data.genome.chromosomes`.
    case
        A table for `bytes.translate` that says what becomes of upper and lower case.
    largest
        Letters that memory suffices for.

    Returns
    -------
    Cut
        Sequences are the reverse complement on the strand "-".

    Raises
    ------
    UserError
        If the intervals hold too many letters.
    """
    places: dict[str, list[tuple[int, int]]] = {}
    for number, part in enumerate(parts):
        part.lower_case = [None] * len(part)
        for index, chrom in enumerate(part.chroms):
            places.setdefault(chrom, []).append((number, index))
    sequences: list[list[str | Lost]] = [[Lost.NO_CONTIG] * len(part) for part in parts]
    lengths: dict[str, int] = {}
    total = 0
    for chrom, letters in genome:
        lengths[chrom] = len(letters)
        for number, index in places.get(chrom, ()):
            part = parts[number]
            start, end = part.starts[index], part.ends[index]
            if start < 0 or end > len(letters):
                sequences[number][index] = Lost.PAST_END
                continue
            part.lower_case[index] = lower_case(letters[start:end])
            window = letters[start:end].translate(case)
            if not window.strip(b"N"):
                sequences[number][index] = Lost.UNKNOWN
                continue
            total += end - start
            if total > largest:
                raise UserError(
                    f"{part.path}, line {part.lines[index]}: up to here the intervals hold "
                    f"{total:,} bases, too many for the memory of this machine or job; give a "
                    "`width`, or fewer or shorter intervals."
                )
            if part.strands[index] == "-":
                window = window.translate(_COMPLEMENT)[::-1]
            sequences[number][index] = window.decode("ascii")
    return Cut(sequences, lengths)


def check_places(
    intervals: Intervals,
    lengths: Mapping[str, int],
    genome_path: str,
    missing: str,
    complete: bool = True,
    whole: bool = True,
) -> None:
    """Raise if intervals can't be those of a genome.

    Parameters
    ----------
    intervals
        As they stand in their file.
    lengths
        The letters of each chromosome of the genome.
    genome_path
        What errors call the genome.
    missing
        Whether chromosomes that it lacks are an "error", or their intervals "drop" out.
    complete
        Whether `lengths` has all chromosomes: else those are missing of which it has another
        spelling.
    whole
        Whether these are all intervals of their file, so that they must not all drop out.

    Raises
    ------
    UserError
        If the genome lacks chromosomes, or intervals begin beyond the end of theirs. The sentence
        names at most ten.
    """
    lacking = Counter(chrom for chrom in intervals.chroms if chrom not in lengths)
    spelled: dict[str, list[str]] = {}
    for name in lengths:
        spelled.setdefault(spelling(name), []).append(name)
    alike = {chrom: spelled[spelling(chrom)] for chrom in lacking if spelling(chrom) in spelled}
    if not complete:
        lacking = Counter({chrom: lacking[chrom] for chrom in alike})
    all_drop = whole and lacking.total() == len(intervals)
    if lacking and (missing == "error" or all_drop):
        raise UserError(_about_missing(intervals, lacking, alike, list(lengths), genome_path))
    outside = [
        i
        for i, (chrom, start) in enumerate(zip(intervals.chroms, intervals.starts, strict=True))
        if start >= lengths.get(chrom, sys.maxsize)
    ]
    if outside:
        first = outside[0]
        chrom = intervals.chroms[first]
        more = listed([f"{intervals.lines[i]:,}" for i in outside])
        raise UserError(
            f"{intervals.path}, line {intervals.lines[first]}: the interval begins at "
            f"{intervals.starts[first]:,}, but {brief(chrom)} of {genome_path} has "
            f"{lengths[chrom]:,} bases ({len(outside):,} of {counted(len(intervals), 'interval')} "
            f"begin beyond the end of their chromosome: line {more}); they were made on another "
            "assembly, so name the FASTA file of that one as `genome`."
        )


def _about_missing(
    intervals: Intervals,
    lacking: Counter[str],
    alike: Mapping[str, list[str]],
    there: Sequence[str],
    genome_path: str,
) -> str:
    wanted = alike or lacking
    first = next(i for i, chrom in enumerate(intervals.chroms) if chrom in wanted)
    chrom = intervals.chroms[first]
    if alike:
        names = listed([shown(name) for name in alike[chrom]], 5)
        remedy = (
            f"write {shown(alike[chrom][0])} for {shown(chrom)}, and so on, in the intervals or "
            "the genome"
        )
    else:
        names = ", ".join(map(shown, there[:5])) + (", ..." if len(there) > 5 else "")
        remedy = (
            "name the genome that the intervals were made on, or leave such intervals out with "
            "`missing_contigs: drop`"
        )
    more = ""
    if lacking.total() > 1:
        named = listed([f"{shown(name, 40)} {number:,}" for name, number in lacking.most_common()])
        more = (
            f" ({lacking.total():,} of {counted(len(intervals), 'interval')} lie on "
            f"{counted(len(lacking), 'chromosome')} that it lacks: {named})"
        )
    return (
        f"{intervals.path}, line {intervals.lines[first]}: the chromosome {shown(chrom)} is "
        f"not in {genome_path}, which has {names}{more}; {remedy}."
    )


# ------------------------------------------------------------------------------ overlap


class Occupied:
    """Stretches of chromosomes, and whether others overlap them.

    Parameters
    ----------
    stretches
        Chromosome to (start, end) pairs, 0-based and half-open, in any order.
    """

    def __init__(self, stretches: Mapping[str, Iterable[tuple[int, int]]]) -> None:
        self._merged = {chrom: _merge(pairs) for chrom, pairs in stretches.items()}

    def overlap(self, chrom: str, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Tell which stretches of a chromosome share a base with an occupied one, bool (n,)."""
        if chrom not in self._merged:
            return np.zeros(len(starts), dtype=bool)
        first, last = self._merged[chrom]
        following = np.searchsorted(last, starts, side="right")  # the first that ends behind start
        return np.append(first, np.iinfo(np.int64).max)[following] < ends


def _merge(pairs: Iterable[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the starts and the ends of the stretches that pairs cover, sorted and disjoint."""
    ordered = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    reach = np.maximum.accumulate(ordered[:, 1])
    begins = np.ones(len(ordered), dtype=bool)
    begins[1:] = ordered[1:, 0] > reach[:-1]
    closes = np.append(np.flatnonzero(begins)[1:] - 1, len(ordered) - 1) if len(ordered) else []
    return ordered[begins, 0], reach[np.asarray(closes, dtype=np.int64)]
