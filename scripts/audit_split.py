"""Count the validation and test records that have a relative in training, and list them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_labels
from attendna.contracts.sequences import sequence_columns
from attendna.contracts.splits import (
    RELATED_COLUMNS,
    read_dropped,
    read_groups,
    read_split,
    write_related,
)
from attendna.contracts.tables import write_json
from attendna.data import leakage
from attendna.data.grouping import NONE, group_codes
from attendna.data.kmers import Letters
from attendna.data.large_groups import about_largest
from attendna.data.repeats import without_repeats


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequences", type=Path, required=True, help="sequences.parquet: the records"
    )
    parser.add_argument("--encoded", type=Path, required=True, help="encoded.npz: the classes")
    parser.add_argument(
        "--groups", type=Path, required=True, help="groups.tsv: what a split keeps together"
    )
    parser.add_argument("--split", type=Path, required=True, help="split.npz to look at")
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: "shared_kmer" (bases in a row that make two records related), "identity" (that '
        'makes two records related, or null), "groups" (what relates records), and of the split '
        '"strategy", "test", "validation" and "folds"',
    )
    parser.add_argument(
        "--leakage", type=Path, required=True, help="leakage.json to write: the counts"
    )
    parser.add_argument(
        "--related", type=Path, required=True, help="related.tsv to write: who is related to whom"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the stage."""
    import pandas as pd

    args = parse(argv)
    names = ["id", "sequence", "label", "group", "split", "chrom", "start", "end"]
    records = sequence_columns(args.sequences, names)
    y, classes = read_labels(args.encoded)
    split = read_split(args.split, len(y))
    judged = leakage.judged(split)
    how = (args.settings["shared_kmer"], args.settings["identity"])
    letters, shared = without_repeats(Letters.of(records["sequence"]), args.settings["identity"])
    stops: list[bool] = []
    relatives = leakage.find_relatives(split, records, *how, letters, lambda: stops.append(True))
    measured = leakage.count_leaks(split, relatives, y, classes)
    measured |= {
        "contradictory": leakage.count_contradictory(split, records["sequence"], y),
        "records": {part: leakage.count_classes(rows, y, classes) for part, rows in split.items()},
        "dropped": leakage.count_classes(read_dropped(args.split, len(y)), y, classes),
        "shared_kmer_length": args.settings["shared_kmer"],
        **leakage.search(records, *how, shared, bool(stops)),
        **_what_was_kept_whole(args, records, letters),
    }
    measured["findings"] = leakage.findings(measured)
    sets = np.repeat(leakage.JUDGED, [len(split[part]) for part in leakage.JUDGED])
    rows = {name: [] for name in RELATED_COLUMNS}
    for kind, relative in relatives.items():
        found = np.flatnonzero(relative != NONE)
        rows["id"] += list(records["id"][judged[found]])
        rows["split"] += list(sets[found])
        rows["label"] += list(records["label"][judged[found]])
        rows["relation"] += [kind] * len(found)
        rows["relative"] += list(records["id"][relative[found]])
    write_json(args.leakage, measured)
    write_related(args.related, pd.DataFrame(rows))


def _what_was_kept_whole(
    args: argparse.Namespace, records: dict[str, np.ndarray], letters: Letters
) -> dict[str, Any]:
    """Return the shares that were wanted, and what may have kept the split from them."""
    settings = args.settings
    fixed = any(part is not None for part in records["split"])
    by_chromosome = settings["strategy"] == "chromosome"
    units = records["chrom"] if by_chromosome else read_groups(args.groups)[1]
    numbers = group_codes(units) if by_chromosome else units
    largest = np.unique(numbers[numbers != NONE], return_counts=True)[1].max(initial=0)
    shares = leakage.wanted_shares(
        *(settings[name] for name in ("strategy", "test", "validation", "folds"))
    )
    grouped = settings["strategy"] == "stratified_group" and not fixed
    return {
        "wanted": {} if fixed else shares,
        "kept_whole": "chromosomes" if by_chromosome else "groups of related records",
        "largest": int(largest),
        "large_group": about_largest(units, records, letters, settings) if grouped else None,
    }


if __name__ == "__main__":
    run(main)
