"""Bring a user's FASTA files and tables in as one table of labelled sequences."""

from __future__ import annotations

import argparse
import json

from attendna.contracts import write_sequences
from attendna.errors import run
from attendna.readers import read_sources


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--settings",
        required=True,
        help='JSON: {"sources": [{"path", "label", "split", "format"}, ...], '
        '"columns": {"sequence", "label", "id", "group", "split"}}',
    )
    parser.add_argument("--sequences", required=True, help="the sequences.parquet to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Read the sources and write them as sequences.parquet."""
    arguments = parse(argv)
    settings = json.loads(arguments.settings)
    table = read_sources(settings["sources"], settings["columns"])
    write_sequences(arguments.sequences, table)


if __name__ == "__main__":
    run(main)
