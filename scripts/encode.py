"""Encode sequences as one-hot arrays and their labels as class numbers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attendna import contracts, dna
from attendna.errors import UserError, run
from attendna.labels import class_indices, order_classes

LETTERS_AT_ONCE = 1 << 22  # 4 MB of letters, 16 MB encoded


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequences", type=Path, required=True, help="sequences.parquet: the labelled sequences"
    )
    parser.add_argument(
        "--settings",
        type=json.loads,
        required=True,
        help='JSON: "classes", the classes in their order (null: the sorted labels), and '
        '"positive", the positive one of two (null: the first listed or the last sorted one)',
    )
    parser.add_argument(
        "--encoded", type=Path, required=True, help="encoded.npz to write: the arrays"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the stage."""
    args = parse(argv)
    records = contracts.sequence_columns(args.sequences, ["id", "label"])
    classes, positive = order_classes(
        records["label"], args.settings["classes"], args.settings["positive"]
    )
    y = class_indices(records["label"], classes, records["id"])
    first, length = first_sequence(args.sequences)
    contracts.write_encoded(
        args.encoded,
        encoded_blocks(args.sequences, first, length),
        shape=(len(y), length, len(dna.BASES)),
        y=y,
        length=np.full(len(y), length, dtype=np.int32),
        classes=classes,
        positive=positive,
    )


def first_sequence(path: Path) -> tuple[str, int]:
    """Return the id and the length of the first record."""
    record = next(contracts.sequence_batches(path, ["id", "sequence"], rows=1))
    return record["id"][0].as_py(), len(record["sequence"][0].as_py())


def encoded_blocks(path: Path, first: str, length: int) -> Iterator[np.ndarray]:
    """Yield the encoded sequences block by block; the next block overwrites the last.

    Parameters
    ----------
    path
        sequences.parquet.
    first
        The id of the first record.
    length
        Its length, which all others must have too.

    Yields
    ------
    numpy.ndarray
        uint8 (some, length, 4).

    Raises
    ------
    UserError
        If a sequence is of another length.
    """
    rows = max(1, LETTERS_AT_ONCE // max(length, 1))
    buffer = np.empty((rows, length, len(dna.BASES)), dtype=np.uint8)
    for batch in contracts.sequence_batches(path, ["id", "sequence"], rows):
        lengths = dna.lengths(batch["sequence"])
        unequal = np.flatnonzero(lengths != length)
        if unequal.size:
            raise UserError(
                f"{path}: record {first!r} has {length} letters, but record "
                f"{batch['id'][int(unequal[0])].as_py()!r} has {lengths[unequal[0]]}; all "
                "sequences must have the same length, so crop or pad (with N) them beforehand."
            )
        yield dna.one_hot(dna.letters(batch["sequence"]), out=buffer[: len(batch)])


if __name__ == "__main__":
    run(main)
