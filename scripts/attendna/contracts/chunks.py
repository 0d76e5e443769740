"""Parts of a stage that are jobs of their own; what joins them is with each file's contract."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attendna.intact_files import whole


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


def join_bytes(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Put files behind each other."""
    with whole(path) as joined:
        for part in parts:
            with open(part, "rb") as handle:
                shutil.copyfileobj(handle, joined)
