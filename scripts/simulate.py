"""Simulate labelled DNA sequences with planted motifs."""

from __future__ import annotations

import argparse

from attendna.command_line import json_argument, run
from attendna.contracts import chunks
from attendna.contracts.sequences import bed_writer, join_sequences, sequence_writer
from attendna.simulation.specification import Simulation, blocks, simulate


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        metavar="JSON",
        help='the section "simulate" of a dataset: sequences, length, seed, classes and, '
        "optionally, background, anchor and decoys",
    )
    parser.add_argument(
        "--sequences", required=True, metavar="PARQUET", help="the sequences to write"
    )
    parser.add_argument(
        "--planted",
        required=True,
        metavar="BED",
        help="planted.bed to write: the positions of the motifs",
    )
    work = parser.add_mutually_exclusive_group()
    work.add_argument(
        "--chunk",
        type=chunks.Chunk.parse,
        default=chunks.WHOLE,
        help="simulate only a part, such as 2-of-8",
    )
    work.add_argument(
        "--parts",
        nargs=2,
        action="append",
        metavar=("PARQUET", "BED"),
        help="the files of one part, to be joined; repeat for all parts, in order",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Simulate block by block and write each block at once, or join what chunks have made."""
    arguments = parse(argv)
    if arguments.parts:
        sequences, planted = zip(*arguments.parts, strict=True)
        join_sequences(arguments.sequences, sequences)
        chunks.join_bytes(arguments.planted, planted)
        return
    simulation = Simulation.from_settings(arguments.settings)
    with (
        sequence_writer(arguments.sequences) as write_sequences,
        bed_writer(arguments.planted) as write_planted,
    ):
        for block in simulate(simulation, arguments.chunk.of(blocks(simulation))):
            write_sequences({"id": block.ids, "sequence": block.sequences, "label": block.labels})
            write_planted(
                {
                    "chrom": block.ids[block.planted],
                    "start": block.starts,
                    "end": block.ends,
                    "name": block.motifs,
                    "score": [0] * len(block.planted),
                    "strand": block.strands,
                }
            )


if __name__ == "__main__":
    run(main)
