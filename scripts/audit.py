"""Check the sequences: what is in them, what contradicts, what gives a class away."""

from __future__ import annotations

import argparse

from attendna.command_line import json_argument, run
from attendna.contracts.giveaways import write_giveaways
from attendna.contracts.sequences import sequence_columns, sequence_notes
from attendna.contracts.tables import write_json
from attendna.data.audit import audit


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", required=True, help="the sequences.parquet to check")
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: "length", a number or "auto", "crop" (centre, left or right), "shared_kmer", '
        'the number of bases in a row that makes two records related, "identity", that makes two '
        'records related, or null, "classes" and "positive", as for encode.py',
    )
    parser.add_argument("--audit", required=True, help="the audit.json to write")
    parser.add_argument(
        "--giveaways",
        required=True,
        help="the giveaways.tsv to write: how well each simple feature separates the classes",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Read the sequences and write what the audit says of them."""
    arguments = parse(argv)
    names = ["id", "sequence", "label", "split"]
    columns = sequence_columns(arguments.sequences, names)
    notes = sequence_notes(arguments.sequences)
    settings = arguments.settings
    rows = {name: settings[name] for name in ("length", "crop")}
    places = sequence_columns(arguments.sequences, ["chrom", "start", "end"])
    found = audit(
        *(columns[name] for name in names),
        rows,
        notes,
        settings["shared_kmer"],
        list(places.values()),
        classes=settings["classes"],
        positive=settings["positive"],
        lower_case=sequence_columns(arguments.sequences, ["lower_case"])["lower_case"],
        identity=settings["identity"],
    )
    write_giveaways(arguments.giveaways, found.pop("features"))
    write_json(arguments.audit, found)


if __name__ == "__main__":
    run(main)
