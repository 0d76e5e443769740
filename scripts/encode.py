"""Encode sequences as one-hot arrays and their labels as class numbers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attendna import dna
from attendna.command_line import json_argument, run
from attendna.contracts import chunks
from attendna.contracts.encoded import join_encoded, write_encoded
from attendna.contracts.sequences import sequence_batches, sequence_columns, sequence_row_groups
from attendna.data import cropping
from attendna.data.labels import class_indices, order_classes
from attendna.wording import counted

LETTERS_AT_ONCE = 1 << 22  # 4 MB of letters, 16 MB encoded


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequences", type=Path, required=True, help="sequences.parquet: the labelled sequences"
    )
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: "classes", the classes in their order (null: the sorted labels), and '
        '"positive", the positive one of two (null: the first listed or the last sorted one), '
        '"length", a number or "auto", and "crop", centre, left or right: what keeps its place',
    )
    parser.add_argument(
        "--encoded", type=Path, required=True, help="encoded.npz to write: the arrays"
    )
    work = parser.add_mutually_exclusive_group()
    work.add_argument(
        "--chunk",
        type=chunks.Chunk.parse,
        default=chunks.WHOLE,
        help="a part of the file's row groups, as 2-of-8",
    )
    work.add_argument(
        "--parts", nargs="+", help="what --chunk made, in order, to be joined instead of encoded"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the stage."""
    args = parse(argv)
    if args.parts:
        join_encoded(args.encoded, args.parts)
        return
    records = sequence_columns(args.sequences, ["id", "label"])
    classes, positive = order_classes(
        records["label"], args.settings["classes"], args.settings["positive"]
    )
    y = class_indices(records["label"], classes, records["id"])
    letters = sequence_lengths(args.sequences)
    wanted, crop = args.settings["length"], args.settings["crop"]
    length = cropping.choose_length(letters, wanted)
    # Sequences that just are of one length say nothing about how to bring others to it.
    fitted = wanted != cropping.AUTO or bool((letters != length).any())
    groups, rows = row_groups(args.sequences, args.chunk)
    write_encoded(
        args.encoded,
        encoded_blocks(args.sequences, length, crop, groups),
        shape=(len(y[rows]), length, len(dna.BASES)),
        y=y[rows],
        length=np.minimum(letters[rows], length),
        classes=classes,
        positive=positive,
        crop=crop if fitted else "",
    )
    own = letters[rows]
    cropped, padded = int((own > length).sum()), int((own < length).sum())
    records = counted(len(own), "record")
    print(f"{records} of {length:,} positions: {cropped:,} cropped, {padded:,} padded")


def sequence_lengths(path: Path) -> np.ndarray:
    """Return the number of letters of each record, int64 (n,)."""
    rows = max(1, LETTERS_AT_ONCE // 1024)
    batches = sequence_batches(path, ["sequence"], rows)
    return np.concatenate([dna.lengths(batch["sequence"]) for batch in batches], dtype=np.int64)


def row_groups(path: Path, chunk: chunks.Chunk) -> tuple[range, slice]:
    """Return the row groups of a chunk and the records in them."""
    sizes = sequence_row_groups(path)
    groups = chunk.of(len(sizes))
    ends = np.append(0, np.cumsum(sizes))
    return groups, slice(ends[groups.start], ends[groups.stop])


def encoded_blocks(path: Path, length: int, crop: str, groups: range) -> Iterator[np.ndarray]:
    """Yield the encoded sequences block by block; the next block overwrites the last.

    Parameters
    ----------
    path
        sequences.parquet.
    length, crop
        See `cropping.fit`.
    groups
        Which row groups of the file.

    Yields
    ------
    numpy.ndarray
        uint8 (some, length, 4).
    """
    rows = max(1, LETTERS_AT_ONCE // length)
    buffer = np.empty((rows, length, len(dna.BASES)), dtype=np.uint8)
    for batch in sequence_batches(path, ["sequence"], rows, groups):
        yield dna.one_hot(cropping.fit(batch["sequence"], length, crop), out=buffer[: len(batch)])


if __name__ == "__main__":
    run(main)
