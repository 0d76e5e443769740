"""Find groups of related records, which a split must keep together."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.sequences import sequence_columns
from attendna.contracts.splits import write_groups
from attendna.data import grouping


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequences", type=Path, required=True, help="sequences.parquet: the records"
    )
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: "groups": "auto" (records are related if they have the same sequence or its '
        "reverse complement, share a stretch, are similar, overlap, or have the same value in the "
        'group column), "column" (only the latter) or "none"; "shared_kmer", the bases of a shared '
        'stretch; and "identity", from which records are similar, or null',
    )
    parser.add_argument("--groups", type=Path, required=True, help="groups.tsv to write: id group")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the stage."""
    args = parse(argv)
    names = ["id", "sequence", "group", "chrom", "start", "end"]
    if args.settings["groups"] != "auto":
        names = ["id", "group"]
    records = sequence_columns(args.sequences, names)
    if args.settings["groups"] == "auto":
        groups = grouping.find_groups(
            records["sequence"],
            args.settings["shared_kmer"],
            records["chrom"],
            records["start"],
            records["end"],
            records["group"],
            args.settings["identity"],
        )
    elif args.settings["groups"] == "column":
        groups = grouping.user_groups(records["group"])
    else:
        groups = np.arange(1, len(records["id"]) + 1)
    write_groups(args.groups, records["id"], groups)


if __name__ == "__main__":
    run(main)
