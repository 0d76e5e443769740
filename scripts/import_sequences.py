"""Bring a user's FASTA files, tables and intervals in as one table of labelled sequences."""

from __future__ import annotations

import argparse

from attendna.command_line import json_argument, run
from attendna.contracts.sequences import write_sequences
from attendna.data.negatives import add_negatives
from attendna.data.readers import import_sources
from attendna.data.sources import Reading
from attendna.wording import counted


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: {"sources": [{"path", "label", "split", "format"}, ...], '
        '"columns": {"sequence", "label", "id", "group", "split"}, '
        '"reading": {"genome", "width", "centre", "soft_masked", "gaps", "missing_contigs"}, '
        '"labels", from labels to the classes that they belong to (null: none), '
        '"negatives": null or {"method", "label", "ratio", "seed"}}',
    )
    parser.add_argument("--sequences", required=True, help="the sequences.parquet to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Read the sources, add negatives if wanted, and write all as sequences.parquet."""
    arguments = parse(argv)
    settings = arguments.settings
    reading = Reading(**settings["reading"])
    imported = import_sources(
        settings["sources"], settings["columns"], reading=reading, joined=settings["labels"]
    )
    if settings["negatives"] is not None:
        imported = add_negatives(imported, reading, **settings["negatives"])
    for note in imported.notes:
        print(f"{note['severity']}: {note['message']}")
    write_sequences(arguments.sequences, imported.table, imported.notes)
    print(counted(len(imported.table), "record"))


if __name__ == "__main__":
    run(main)
