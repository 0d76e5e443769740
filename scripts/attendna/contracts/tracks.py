"""Tracks along a genome: a bigWig for each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from attendna.contracts.scans import DIGITS
from attendna.errors import UserError
from attendna.intact_files import whole_path
from attendna.names import to_word


def track_path(folder: str | Path, name: str) -> Path:
    """Return where the track of a class stands: its name, as a word without a slash."""
    return Path(folder) / f"{to_word(name).replace('/', '%2F')}.bw"


def write_track(
    path: str | Path, lengths: Mapping[str, int], spans: Iterable[tuple[str, int, int, float]]
) -> None:
    """Write a bigWig.

    Parameters
    ----------
    path
        The file to write.
    lengths
        Letters of each chromosome.
    spans
        chromosome, start, end and value, in the order of `lengths` and without overlap; at least
        one.

    Raises
    ------
    UserError
        If it can't be written.
    """
    import pybigtools

    with whole_path(path) as temporary:
        try:
            pybigtools.open(str(temporary), "w").write(dict(lengths), iter(spans))
        except pybigtools.BBIReadError as error:
            raise UserError(
                f"{path}: the bigWig can't be written ({error}); is the disk full?"
            ) from error


def track_spans(
    chrom: str, starts: np.ndarray, scores: np.ndarray, shift: int, step: int, letters: int
) -> Iterator[tuple[str, int, int, float]]:
    """Yield what `write_track` takes: a step around the middle of each window that has a score.

    Parameters
    ----------
    chrom
        The chromosome.
    starts, scores
        int64 and float (windows,); NaN is left out.
    shift
        From the start of a window to that of its span.
    step
        Bases of a span.
    letters
        Of the chromosome; no span goes beyond.
    """
    there = ~np.isnan(scores)
    begin = starts[there] + shift
    end = np.minimum(begin + step, letters)
    rounded = np.round(scores[there].astype(np.float64), DIGITS)
    for first, last, value in zip(begin.tolist(), end.tolist(), rounded.tolist(), strict=True):
        yield chrom, first, last, value
