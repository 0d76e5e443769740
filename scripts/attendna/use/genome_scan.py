"""A scan of a genome: which windows of which block are scored, and the shuffled DNA beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from attendna.contracts.scans import Block
from attendna.data.intervals import Intervals
from attendna.data.stretches import Stretch, stretches
from attendna.dna import reverse_complement_letters
from attendna.errors import UserError
from attendna.shuffling import shuffle_dinucleotides
from attendna.wording import counted

BLOCK = 1_000_000  # bases of a block, about
SHUFFLED_AT_ONCE = 2000  # bases that are shuffled together: what is near has a like composition
LEAST_SHUFFLED = 1_000_000  # bases, however small the regions are
UNKNOWN = 0.1  # largest share of N in a window that is scored

# From uint8 (letters,) to float (tracks, windows): the log odds of all windows of a stretch.
Score = Callable[[np.ndarray], np.ndarray]


class Spans(NamedTuple):
    """Intervals of one chromosome that do not touch, sorted: int64 (n,) both."""

    starts: np.ndarray
    ends: np.ndarray

    def holding(self, places: np.ndarray) -> np.ndarray:
        """Return which of these places are inside: bool (n,)."""
        index = np.searchsorted(self.starts, places, side="right") - 1
        return (index >= 0) & (places < np.append(self.ends, 0)[index])

    def overlapping(self, starts: np.ndarray, length: int) -> np.ndarray:
        """Return which windows have a base in common with one of them: bool (n,)."""
        index = np.searchsorted(self.starts, starts + length, side="left") - 1
        return (index >= 0) & (np.append(self.ends, 0)[index] > starts)


NO_SPANS = Spans(np.zeros(0, np.int64), np.zeros(0, np.int64))


def merged(intervals: Intervals) -> dict[str, Spans]:
    """Return what intervals cover of each chromosome."""
    by_chrom: dict[str, list[tuple[int, int]]] = {}
    for chrom, start, end in zip(intervals.chroms, intervals.starts, intervals.ends, strict=True):
        by_chrom.setdefault(chrom, []).append((start, end))
    found = {}
    for chrom, pairs in by_chrom.items():
        joined: list[list[int]] = []
        for start, end in sorted(pairs):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        table = np.array(joined, np.int64)
        found[chrom] = Spans(table[:, 0], table[:, 1])
    return found


class BlockPlace(NamedTuple):
    """Where a block stands: its number, from 0, its chromosome, its first base."""

    number: int
    chrom: str
    start: int


@dataclass
class Scan:
    """What is scored of a genome.

    Attributes
    ----------
    path
        The genome.
    lengths
        Letters of each chromosome.
    length, step
        Bases of a window, and from the start of one to the next; a chromosome's first starts at 0.
    case
        A table for `bytes.translate`: what becomes of upper and lower case.
    regions
        By chromosome where the middles of windows have to be; None: anywhere.
    exclude
        By chromosome what no window may touch.
    shuffled
        Bases of shuffled DNA at most.
    seed
        Of the shuffling.
    """

    path: str
    lengths: Mapping[str, int]
    length: int
    step: int
    case: bytes
    regions: Mapping[str, Spans] | None
    exclude: Mapping[str, Spans]
    shuffled: int
    seed: int
    size: int = field(init=False)
    _null: dict[str, tuple[np.ndarray, int]] = field(init=False)
    _copies: float = field(init=False)

    def __post_init__(self) -> None:
        """Say how large blocks are, and which stretches are shuffled how often.

        Raises
        ------
        UserError
            If no window fits into a chromosome, or none has its middle in the regions.
        """
        self.size = max(BLOCK // self.step, 1) * self.step
        if max(self.lengths.values()) < self.length:
            raise UserError(
                f"{self.path}: no chromosome is as long as a window of {self.length:,} bases; "
                "name another genome, or a model of shorter sequences."
            )
        self._plan_null()

    # -------------------------------------------------------------------------- windows

    def blocks(self) -> list[BlockPlace]:
        """Return all blocks, in the order of the genome."""
        places = [
            (chrom, start)
            for chrom, letters in self.lengths.items()
            for start in range(0, max(letters - self.length + 1, 1), self.size)
        ]
        return [BlockPlace(number, *place) for number, place in enumerate(places)]

    def starts(self, place: BlockPlace) -> np.ndarray:
        """Return the starts of the windows of a block in its chromosome, int64 (windows,)."""
        end = min(place.start + self.size, self.lengths[place.chrom] - self.length + 1)
        return np.arange(place.start, end, self.step)

    def letters(self, chosen: range) -> Iterator[tuple[BlockPlace, Stretch]]:
        """Yield the letters of some blocks: all that their windows hold, as they are."""
        places = {(place.chrom, place.start): place for place in self.blocks()}
        for stretch in stretches(self.path, self.size, self.length - 1):
            place = places.get((stretch.chrom, stretch.start))
            if place is None or place.number < chosen.start:
                continue
            if place.number >= chosen.stop:
                return
            yield place, stretch

    def score(self, place: BlockPlace, raw: bytes, score: Score, oriented: bool) -> Block:
        """Score the windows of a block, and its shuffled DNA.

        Parameters
        ----------
        place, raw
            The block and its letters, as they are in the genome.
        score
            The model.
        oriented
            Whether it tells the strands apart: then both are scored, and the better one counts.
        """
        starts = self.starts(place)
        wanted, lost = self._wanted(place, raw, starts)
        letters = np.frombuffer(raw.translate(self.case), np.uint8)
        scored = [
            (first, self._both(letters[first * self.step :][: span(count, self)], score, oriented))
            for first, count in runs(wanted)
        ]
        null = self._both(self._shuffled(place, letters), score, oriented)[0]
        tracks = len(null)
        scores = np.full((tracks, len(starts)), np.nan, np.float32)
        reverse = np.zeros((tracks, len(starts)) if oriented else (0, 0), bool)
        for first, (found, turned) in scored:
            scores[:, first : first + found.shape[1]] = found
            if oriented:
                reverse[:, first : first + found.shape[1]] = turned
        return Block(scores, reverse, null, lost)

    def _wanted(
        self, place: BlockPlace, raw: bytes, starts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which windows are scored, and how many are lost for which reason."""
        inside = np.ones(len(starts), bool)
        if self.regions is not None:
            spans = self.regions.get(place.chrom, NO_SPANS)
            inside = spans.holding(starts + self.length // 2)
        unknown = self._unknown(raw, starts - place.start)
        excluded = self.exclude.get(place.chrom, NO_SPANS).overlapping(starts, self.length)
        lost = [(inside & unknown).sum(), (inside & ~unknown & excluded).sum()]
        return inside & ~unknown & ~excluded, np.array(lost, np.int64)

    def _unknown(self, raw: bytes, starts: np.ndarray) -> np.ndarray:
        """Return which windows hold too many N of the genome's own: bool (windows,)."""
        letters = np.frombuffer(raw, np.uint8) | 0x20
        before = np.concatenate([[0], np.cumsum(letters == ord("n"))])
        return before[starts + self.length] - before[starts] > UNKNOWN * self.length

    def _both(
        self, letters: np.ndarray, score: Score, oriented: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the log odds on the better strand, float32 (tracks, windows), and where on "-"."""
        found = score(letters).astype(np.float32)
        if not oriented:
            return found, np.zeros((0, 0), bool)
        whole = (len(letters) - self.length) // self.step * self.step + self.length
        other = score(reverse_complement_letters(letters[: max(whole, 0)]))
        other = other.astype(np.float32)[:, ::-1]
        return np.maximum(found, other), other > found

    # -------------------------------------------------------------------------- shuffled DNA

    def _plan_null(self) -> None:
        """Spread the shuffled DNA evenly over what is scanned."""
        self._null, rank = {}, 0
        for chrom, letters in self.lengths.items():
            count = -(-letters // SHUFFLED_AT_ONCE)
            chosen = np.ones(count, bool)
            if self.regions is not None:
                first = np.arange(count) * SHUFFLED_AT_ONCE
                spans = self.regions.get(chrom, NO_SPANS)
                chosen = spans.overlapping(first, SHUFFLED_AT_ONCE)
            self._null[chrom] = np.flatnonzero(chosen), rank
            rank += int(chosen.sum())
        covered = rank * SHUFFLED_AT_ONCE
        wanted = min(max(covered, LEAST_SHUFFLED), max(self.shuffled, SHUFFLED_AT_ONCE))
        self._copies = wanted / max(covered, 1)

    def _shuffled(self, place: BlockPlace, letters: np.ndarray) -> np.ndarray:
        """Return the shuffled DNA of a block: uint8 (letters,)."""
        chosen, rank = self._null[place.chrom]
        first, end = np.searchsorted(
            chosen * SHUFFLED_AT_ONCE, [place.start, place.start + self.size]
        )
        made = []
        for index in range(first, end):
            here = rank + index
            copies = int((here + 1) * self._copies) - int(here * self._copies)
            start = int(chosen[index]) * SHUFFLED_AT_ONCE - place.start
            text = letters[start : start + SHUFFLED_AT_ONCE].tobytes().decode("ascii")
            if text.count("N") > UNKNOWN * len(text):
                continue
            for copy in range(copies):
                rng = np.random.default_rng([self.seed, here, copy])
                made.append(shuffle_dinucleotides(text, rng))
        return np.frombuffer("".join(made).encode("ascii"), np.uint8)


def span(windows: int, scan: Scan) -> int:
    """Return how many letters so many windows hold together."""
    return (windows - 1) * scan.step + scan.length


def runs(wanted: np.ndarray) -> list[tuple[int, int]]:
    """Return where runs of True begin, and how long they are."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.view(np.int8), [0]])))
    return [(int(first), int(end - first)) for first, end in edges.reshape(-1, 2)]


def check_regions(scan: Scan, path: str) -> None:
    """Raise if no window has its middle in the regions of a file."""
    for place in scan.blocks():
        spans = scan.regions.get(place.chrom, NO_SPANS) if scan.regions is not None else None
        if spans is None or spans.holding(scan.starts(place) + scan.length // 2).any():
            return
    raise UserError(
        f"{path}: no window of {counted(scan.length, 'base')} has its middle in one of these "
        "regions; are they too near the ends of their chromosomes, or smaller than the step?"
    )


def spelled_as(intervals: Intervals, lengths: Sequence[str], spelling: Callable) -> Intervals:
    """Return intervals whose chromosomes are called as a genome calls them, where it can tell."""
    known: dict[str, list[str]] = {}
    for name in lengths:
        known.setdefault(spelling(name), []).append(name)
    chroms = [
        chrom
        if chrom in lengths or len(known.get(spelling(chrom), [])) != 1
        else known[spelling(chrom)][0]
        for chrom in intervals.chroms
    ]
    return Intervals(
        intervals.path,
        chroms,
        intervals.starts,
        intervals.ends,
        intervals.strands,
        intervals.summits,
        intervals.lines,
        intervals.labels,
    )
