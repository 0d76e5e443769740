"""Where in its window a variant stands: at one place, at several, or where given windows lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from attendna.data.chromosome_names import matching
from attendna.data.intervals import Intervals, parse_bed, resize
from attendna.data.raw_text import read_bytes
from attendna.errors import UserError


@dataclass(frozen=True)
class Place:
    """Where the middle letter of each allele of a variant stands.

    Attributes
    ----------
    index
        In the window on the forward strand, counted from 0.
    strand
        Of the window, "+" or "-"; "" where it has none of its own.
    """

    index: int
    strand: str = ""


@dataclass(frozen=True)
class Places:
    """Where variants stand.

    Attributes
    ----------
    index
        Of all of them, where there are no windows.
    shifts
        By which places are moved, for the mean over all of them; at least one.
    windows
        By chromosome the starts, sorted, and the strands of windows; None: there are none given.
    length
        Letters of a window.
    """

    index: int
    shifts: tuple[int, ...] = (0,)
    windows: dict[str, tuple[np.ndarray, list[str]]] | None = field(default=None, repr=False)
    length: int = 0

    def of(self, chrom: str, middle: int) -> Place | None:
        """Return where a variant stands; None where no window holds it.

        Of several windows, the one that has it nearest to its middle.

        Parameters
        ----------
        chrom
            As the genome calls it.
        middle
            The letter of the chromosome that the variant's middle is, counted from 0.
        """
        if self.windows is None:
            return Place(self.index)
        starts, strands = self.windows.get(chrom, (np.empty(0, np.int64), []))
        centred = middle - self.length // 2
        after = int(np.searchsorted(starts, centred))
        near = [i for i in (after - 1, after) if 0 <= i < len(starts)]
        if not near:
            return None
        best = min(near, key=lambda i: abs(int(starts[i]) - centred))
        index = middle - int(starts[best])
        return Place(index, strands[best]) if 0 <= index < self.length else None


def from_windows(path: str, length: int, genome: Sequence[str]) -> Places:
    """Read where windows lie.

    Parameters
    ----------
    path
        BED, plain or gzip. Windows lie about the middles of its intervals, as in training; an
        interval with "-" in column 6 is read on the other strand.
    length
        Letters of a window.
    genome
        The names of the chromosomes of the genome.

    Raises
    ------
    UserError
        If the file can't be read, is no BED, or none of its chromosomes is in the genome.
    """
    intervals = resize(parse_bed(read_bytes(path), path), length, "middle")
    names = matching(dict.fromkeys(intervals.chroms), genome)
    if not names:
        raise UserError(
            f"{path}: none of its chromosomes ({intervals.chroms[0]}, ...) is in the genome "
            f"({genome[0]}, ...); name the windows of this genome."
        )
    return Places(length // 2, (0,), _sorted(intervals, names), length)


def _sorted(intervals: Intervals, names: dict[str, str]) -> dict[str, tuple[np.ndarray, list[str]]]:
    by_chromosome: dict[str, list[tuple[int, str]]] = {}
    found: Iterable = zip(intervals.chroms, intervals.starts, intervals.strands, strict=True)
    for chrom, start, strand in found:
        if chrom in names:
            by_chromosome.setdefault(names[chrom], []).append((start, strand))
    return {
        chrom: (
            np.array([start for start, _ in sorted(places)], np.int64),
            ["-" if strand == "-" else "+" for _, strand in sorted(places)],
        )
        for chrom, places in by_chromosome.items()
    }
