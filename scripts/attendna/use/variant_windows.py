"""The windows of a variant: what a model sees with the reference allele, and with the other.

Both windows have the model's length. An allele is first freed of what both begin and end with, so
that a variant has the same windows however it is written. Then letter n // 2 of its n letters
stands at the same place of the window for both alleles, with the genome's own flanks around it: so
both flanks stay at the variant, and what an insertion pushes out, or a deletion draws in, is at the
far ends of the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from attendna.dna import PADDING

BASES = frozenset("ACGT")


class Status(StrEnum):
    """What became of a variant: scored, or the reason why not."""

    OK = "ok"
    MISMATCH = "ref_mismatch"
    NO_ALTERNATIVE = "no_alternative"
    SYMBOLIC = "symbolic"
    BREAKEND = "breakend"
    OVERLAPPING = "overlapping_deletion"
    NO_BASES = "not_acgt"
    NO_CHANGE = "no_change"
    TOO_LONG = "too_long"
    NEAR_END = "near_end"
    MASKED = "masked"
    NO_CHROMOSOME = "unknown_chromosome"
    OUTSIDE = "outside_chromosome"
    NO_WINDOW = "outside_windows"


MEANINGS = {
    Status.OK: "scored",
    Status.MISMATCH: "the reference allele is not what the genome has there",
    Status.NO_ALTERNATIVE: "no alternative allele",
    Status.SYMBOLIC: "a symbolic allele, such as <DEL>",
    Status.BREAKEND: "a breakend",
    Status.OVERLAPPING: "a deletion upstream, *",
    Status.NO_BASES: "an allele with letters other than A, C, G and T",
    Status.NO_CHANGE: "the alternative is the reference",
    Status.TOO_LONG: "an allele that is longer than the window",
    Status.NEAR_END: "the window reaches beyond the end of the chromosome",
    Status.MASKED: "in a repeat, which the model never saw (soft_masked: mask)",
    Status.NO_CHROMOSOME: "on a chromosome that the genome lacks",
    Status.OUTSIDE: "beyond the end of the chromosome",
    Status.NO_WINDOW: "in none of the given windows",
}


@dataclass(frozen=True)
class Cutting:
    """How windows are cut.

    Attributes
    ----------
    length
        Letters of a window.
    padded
        Whether the model knows padding, which then stands beyond the ends of a chromosome.
    masked
        Whether lower-case letters are read as N, as they were in training.
    """

    length: int
    padded: bool
    masked: bool


@dataclass(frozen=True)
class Alleles:
    """Two alleles without what both begin and end with.

    Attributes
    ----------
    start
        Where the first letter stands in the chromosome, counted from 0.
    ref, alt
        Upper-case bases; one of them may be empty.
    """

    start: int
    ref: str
    alt: str


def kind_of(ref: str, alt: str) -> Status:
    """Return whether two alleles are bases that differ, or what else they are."""
    if alt in ("", "."):
        return Status.NO_ALTERNATIVE
    if alt == "*":
        return Status.OVERLAPPING
    if alt.startswith("<"):
        return Status.SYMBOLIC
    if "[" in alt or "]" in alt or alt.startswith(".") or alt.endswith("."):
        return Status.BREAKEND
    upper = ref.upper(), alt.upper()
    if not ref or not BASES.issuperset(upper[0]) or not BASES.issuperset(upper[1]):
        return Status.NO_BASES
    return Status.NO_CHANGE if upper[0] == upper[1] else Status.OK


def trimmed(pos: int, ref: str, alt: str) -> Alleles:
    """Take off what two alleles end with in common, and then what they begin with.

    Parameters
    ----------
    pos
        Of the first letter of `ref`, counted from 1.
    ref, alt
        Bases that differ.
    """
    ref, alt = ref.upper(), alt.upper()
    if len(ref) == len(alt) == 1:
        return Alleles(pos - 1, ref, alt)
    shorter = min(len(ref), len(alt))
    end = 0
    while end < shorter and ref[-1 - end] == alt[-1 - end]:
        end += 1
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    begin = 0
    while begin < shorter - end and ref[begin] == alt[begin]:
        begin += 1
    return Alleles(pos - 1 + begin, ref[begin:], alt[begin:])


def check_place(
    pos: int, ref: str, alleles: Alleles, letters: bytes, place: int, how: Cutting
) -> Status:
    """Return whether the windows of a variant can be cut out, or why not.

    Parameters
    ----------
    pos, ref
        As the file has them.
    alleles
        See `trimmed`.
    letters
        Of the chromosome.
    place
        Where in the window letter n // 2 of each allele stands, counted from 0.
    how
        How windows are cut.
    """
    found = letters[pos - 1 : pos - 1 + len(ref)] if pos else b""
    if len(found) < len(ref):
        return Status.OUTSIDE
    if found.upper() != ref.upper().encode():
        return Status.MISMATCH
    if how.masked and found != found.upper():
        return Status.MASKED
    beyond = False
    for allele in (alleles.ref, alleles.alt):
        left, right = _flanks(allele, place, how.length)
        if left < 0 or right < 0:
            return Status.TOO_LONG
        end = alleles.start + len(alleles.ref)
        beyond = beyond or alleles.start < left or end + right > len(letters)
    return Status.NEAR_END if beyond and not how.padded else Status.OK


def _flanks(allele: str, place: int, length: int) -> tuple[int, int]:
    """Return how many letters of the genome stand before and behind an allele in its window."""
    left = place - len(allele) // 2
    return left, length - left - len(allele)


def cut(
    alleles: list[Alleles], letters: bytes, places: np.ndarray, how: Cutting
) -> tuple[np.ndarray, np.ndarray]:
    """Cut out the two windows of each variant.

    Parameters
    ----------
    alleles
        Of n variants on one chromosome, see `check_place`.
    letters
        Of the chromosome, as the genome has them.
    places
        int (n,): where in the window letter n // 2 of each allele stands.
    how
        How windows are cut.

    Returns
    -------
    ref, alt
        uint8 (n, length): ASCII, upper case; `dna.PADDING` beyond the ends of the chromosome.
    """
    n, length = len(alleles), how.length
    genome = np.frombuffer(letters, np.uint8)
    windows = np.full((2, n, length), PADDING, np.uint8)
    starts = np.fromiter((each.start for each in alleles), np.int64, n) - places
    single = np.fromiter((len(each.ref) == len(each.alt) == 1 for each in alleles), bool, n)
    inside = single & (starts >= 0) & (starts + length <= len(genome))
    if inside.any():
        views = np.lib.stride_tricks.sliding_window_view(genome, length)
        windows[:, inside] = views[starts[inside]]
    for i in np.flatnonzero(~inside):
        for which, allele in enumerate((alleles[i].ref, alleles[i].alt)):
            _fill(windows[which, i], genome, alleles[i], allele, int(places[i]))
    if how.masked:
        windows[windows >= ord("a")] = ord("N")
    else:
        lower = windows >= ord("a")
        windows[lower] &= 0xDF
    if inside.any():
        chosen = np.flatnonzero(inside)
        for which in range(2):
            bases = "".join((each.ref, each.alt)[which] for each in (alleles[i] for i in chosen))
            windows[which, chosen, places[chosen]] = np.frombuffer(bases.encode(), np.uint8)
    return windows[0], windows[1]


def _fill(
    window: np.ndarray, genome: np.ndarray, variant: Alleles, allele: str, place: int
) -> None:
    """Write an allele and its flanks into a window."""
    left, right = _flanks(allele, place, len(window))
    begin, end = variant.start, variant.start + len(variant.ref)
    before = genome[max(begin - left, 0) : begin]
    window[left - len(before) : left] = before
    window[left : left + len(allele)] = np.frombuffer(allele.encode(), np.uint8)
    behind = genome[end : end + right]
    window[left + len(allele) : left + len(allele) + len(behind)] = behind
