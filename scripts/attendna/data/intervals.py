"""Intervals of a genome: BED and narrowPeak files, and the sequences that they stand for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from attendna.data.genome import spelling
from attendna.data.letters import lower_case
from attendna.dna import COMPLEMENTS
from attendna.errors import UserError, shown
from attendna.names import fault

STRANDS = ("+", "-", ".")
CENTRES = ("middle", "summit")
_CHROM, _START, _END, _STRAND, _SUMMIT = 0, 1, 2, 5, 9  # columns of BED and narrowPeak
_COMPLEMENT = COMPLEMENTS.tobytes()
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
    lower_case: list[int | None] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of intervals."""
        return len(self.starts)


# ------------------------------------------------------------------------------ files


def looks_like_bed(data: bytes) -> bool:
    """Whether the first line that holds data has a name and two whole numbers, as BED has."""
    for line in data[:1_000_000].split(b"\n"):
        if not _NO_DATA.match(line):
            fields = _fields(line)
            return len(fields) > _END and all(map(_INTEGER.fullmatch, fields[_START : _END + 1]))
    return False


def _fields(line: bytes) -> list[bytes]:
    return [part.strip() for part in line.split(b"\t")] if b"\t" in line else line.split()


def parse_bed(data: bytes, path: str, narrowpeak: bool = False) -> Intervals:
    r"""Parse BED of three or more columns, or narrowPeak.

    Fields are separated by tabs or, in a line without one, by blanks. Empty lines and those that
    begin with `#`, `track` or `browser` are skipped. Column 6 is the strand; the other columns
    are not looked at, but for the summit, column 10 of narrowPeak.

    Parameters
    ----------
    data
        The text with line ends `\n`.
    path
        What errors call the file.
    narrowpeak
        Whether the file is narrowPeak.

    Raises
    ------
    UserError
        If a line has too few columns, a coordinate that is no whole number or negative, a start
        that is not below its end, an unknown strand or a summit outside its interval, or if there
        is no interval.
    """
    found = Intervals(path)
    for number, line in enumerate(data.split(b"\n"), start=1):
        if _NO_DATA.match(line):
            continue
        where = f"{path}, line {number}"
        fields = _fields(line)
        needed = _SUMMIT if narrowpeak else _END
        if len(fields) <= needed:
            raise UserError(
                f"{where}: {len(fields)} column{'s' * (len(fields) != 1)} where "
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


def _shown(raw: bytes) -> str:
    return shown(raw.decode("utf-8", errors="replace"))


def _text(raw: bytes, where: str) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where}: {shown(raw)} is not UTF-8 text; save the file as UTF-8."
        ) from error
    if not text:
        raise UserError(f"{where}: the chromosome or strand is {shown(text)}; fill it in.")
    wrong = fault(text)
    if wrong:
        raise UserError(f"{where}: the chromosome or strand {shown(text)} {wrong}")
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


def cut(
    parts: Sequence[Intervals],
    genome: Iterable[tuple[str, bytes]],
    genome_path: str,
    case: bytes,
    largest: int = sys.maxsize,
) -> list[list[str | None]]:
    """Read the sequences of intervals in one pass over the genome, and count their lower case.

    Parameters
    ----------
    parts
        The intervals of each file.
    genome
        Chromosomes, see `attendna.data.genome.chromosomes`.
    genome_path
        What errors call the genome.
    case
        A table for `bytes.translate` that says what becomes of upper and lower case.
    largest
        Letters that memory suffices for.

    Returns
    -------
    list of list
        A sequence for each interval of each part, the reverse complement on the strand "-"; None
        for an interval that reaches past an end of its chromosome.

    Raises
    ------
    UserError
        If a chromosome is not in the genome; the sentence names the spellings of both. If the
        intervals hold too many letters.
    """
    places: dict[str, list[tuple[int, int]]] = {}
    for number, part in enumerate(parts):
        part.lower_case = [None] * len(part)
        for index, chrom in enumerate(part.chroms):
            places.setdefault(chrom, []).append((number, index))
    sequences: list[list[str | None]] = [[None] * len(part) for part in parts]
    there, total = [], 0
    for chrom, letters in genome:
        there.append(chrom)
        for number, index in places.get(chrom, ()):
            part = parts[number]
            start, end = part.starts[index], part.ends[index]
            if start >= 0 and end <= len(letters):
                total += end - start
                if total > largest:
                    raise UserError(
                        f"{part.path}, line {part.lines[index]}: up to here the intervals hold "
                        f"{total:,} bases, too many for the memory of this machine or job; give a "
                        "`width`, or fewer or shorter intervals."
                    )
                part.lower_case[index] = lower_case(letters[start:end])
                window = letters[start:end].translate(case)
                if part.strands[index] == "-":
                    window = window.translate(_COMPLEMENT)[::-1]
                sequences[number][index] = window.decode("ascii")
    for number, part in enumerate(parts):
        _check_chromosomes(part, places.keys() - set(there), there, genome_path)
        if all(sequence is None for sequence in sequences[number]):
            raise UserError(
                f"{part.path}: every interval reaches past an end of its chromosome in "
                f"{genome_path}; is this the genome that the intervals were made on, and `width` "
                "not too large?"
            )
    return sequences


def _check_chromosomes(
    intervals: Intervals, missing: set[str], there: Sequence[str], genome_path: str
) -> None:
    """Raise if a chromosome is missing from the genome."""
    first = next((i for i, chrom in enumerate(intervals.chroms) if chrom in missing), None)
    if first is None:
        return
    chrom = intervals.chroms[first]
    alike = [name for name in there if spelling(name) == spelling(chrom)]
    names = ", ".join(map(shown, alike[:5] or there[:5]))
    if alike:
        remedy = (
            f"write {shown(alike[0])} for {shown(chrom)}, and so on, in the intervals or the genome"
        )
    else:
        names += ", ..." if len(there) > 5 else ""
        remedy = "name the genome that the intervals were made on, or take this chromosome out"
    raise UserError(
        f"{intervals.path}, line {intervals.lines[first]}: the chromosome {shown(chrom)} is "
        f"not in {genome_path}, which has {names}; {remedy}."
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
