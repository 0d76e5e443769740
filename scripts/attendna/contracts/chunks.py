"""Parts of a stage that are jobs of their own, and what joins them to the bytes of one job."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attendna.contracts.encoded import read_encoded, write_encoded
from attendna.contracts.sequences import sequence_groups, sequence_writer
from attendna.files import whole


@dataclass(frozen=True)
class Chunk:
    """One of several consecutive parts that are as even as can be.

    Attributes
    ----------
    number
        Which part, from 1.
    count
        How many there are.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Chunk:
        """Read what Snakemake calls a part, such as 2-of-8.

        Raises
        ------
        ValueError
            If it is none.
        """
        match = re.fullmatch(r"([1-9]\d*)-of-([1-9]\d*)", text)
        if match is None or int(match[1]) > int(match[2]):
            raise ValueError(f"{text!r} is no part such as 2-of-8")
        return cls(int(match[1]), int(match[2]))

    def of(self, total: int) -> range:
        """Return which of `total` things, counted from 0, are in this part; perhaps none."""
        return range(
            (self.number - 1) * total // self.count,
            self.number * total // self.count,
        )


WHOLE = Chunk(1, 1)


def join_sequences(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Join files of sequences, row group by row group, of which each has an id and a label."""
    with sequence_writer(path) as write:
        for part in parts:
            for columns in sequence_groups(part, ["id", "sequence", "label"]):
                write(columns)


def join_bytes(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Put files behind each other."""
    with whole(path) as joined:
        for part in parts:
            with open(part, "rb") as handle:
                shutil.copyfileobj(handle, joined)


def join_encoded(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Join files of encoded records; their arrays `x` are mapped and copied block by block."""
    encoded = [read_encoded(part) for part in parts]
    first = encoded[0]
    write_encoded(
        path,
        _blocks([part.x for part in encoded]),
        shape=(sum(len(part.y) for part in encoded), *first.x.shape[1:]),
        y=np.concatenate([part.y for part in encoded]),
        length=np.concatenate([part.length for part in encoded]),
        classes=first.classes,
        positive=first.positive,
        crop=first.crop,
    )


def _blocks(arrays: Sequence[np.ndarray], rows: int = 4096) -> Iterator[np.ndarray]:
    for array in arrays:
        for start in range(0, len(array), rows):
            yield array[start : start + rows]
