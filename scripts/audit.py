"""Look at the sequences: count classes, lengths, letters, duplicates and contradictory labels."""

from __future__ import annotations

import argparse

from attendna.audit import audit
from attendna.contracts import sequence_columns, write_json
from attendna.errors import run


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", required=True, help="the sequences.parquet to look at")
    parser.add_argument("--audit", required=True, help="the audit.json to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Read the sequences and write what the audit says of them."""
    arguments = parse(argv)
    names = ["id", "sequence", "label", "split"]
    columns = sequence_columns(arguments.sequences, names)
    write_json(arguments.audit, audit(*(columns[name] for name in names)))


if __name__ == "__main__":
    run(main)
