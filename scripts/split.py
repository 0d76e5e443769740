"""Divide the records into training, validation and test sets, as fixed by the data or drawn."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_labels
from attendna.contracts.sequences import sequence_columns
from attendna.contracts.splits import read_groups, write_split
from attendna.data import leakage, splitting
from attendna.data.kmers import Letters
from attendna.data.large_groups import COLUMNS, about_largest
from attendna.data.repeats import without_repeats
from attendna.data.splitting import Division
from attendna.errors import UserError
from attendna.wording import counted


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequences", type=Path, required=True, help="sequences.parquet: ids and fixed splits"
    )
    parser.add_argument("--encoded", type=Path, required=True, help="encoded.npz: the classes")
    parser.add_argument(
        "--groups", type=Path, required=True, help="groups.tsv: what must stay together"
    )
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: "strategy" (stratified_group, stratified or chromosome), "test" (share of all '
        'records), "validation" (share of what is not test), "folds" (1, or k for k-fold '
        'cross-validation), "seed", "test_chromosomes" and "validation_chromosomes" (lists or '
        'null), "on_leak" (report, drop or fail), "shared_kmer" (bases in a row that make two '
        'records related), "identity" (that makes two records related, or null)',
    )
    parser.add_argument("--fold", type=int, required=True, help="the fold, counted from 1")
    parser.add_argument(
        "--split", type=Path, required=True, help="split.npz to write: indices into encoded.npz"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the stage."""
    args = parse(argv)
    settings = args.settings
    if settings["strategy"] not in ("stratified_group", "stratified", "chromosome"):
        raise UserError(
            f"split.strategy: {settings['strategy']!r} is unknown; use 'stratified_group', "
            "'stratified' or 'chromosome'."
        )
    y, classes = read_labels(args.encoded)
    split = _divide(args, y, classes)
    if settings["on_leak"] != "report":
        split = _without_leaks(args, split, y, classes)
    write_split(args.split, split)


def _divide(args: argparse.Namespace, y: np.ndarray, classes: list[str]) -> dict[str, np.ndarray]:
    """Divide the records as the settings say, or keep the split that they came with."""
    settings = args.settings
    shares = {name: settings[name] for name in ("test", "validation", "folds", "seed")}
    division = Division(fold=args.fold, **shares)
    records = sequence_columns(args.sequences, ["id", "split", "chrom"])
    grouped = settings["strategy"] == "stratified_group"
    groups = read_groups(args.groups)[1] if grouped else None
    if any(split is not None for split in records["split"]):
        return splitting.fixed(records["split"], y, classes, records["id"], division, groups)
    if settings["strategy"] == "chromosome":
        names = ("test_chromosomes", "validation_chromosomes")
        named = {name: settings[name] for name in names}
        chrom, ids = records["chrom"], records["id"]
        return splitting.chromosome(y, classes, chrom, ids, division, **named)
    if groups is None:
        return splitting.stratified(y, classes, division)
    try:
        return splitting.stratified_group(y, classes, groups, division)
    except UserError as error:
        raise UserError(" ".join([str(error), *_causes(args, groups)])) from None


def _causes(args: argparse.Namespace, groups: np.ndarray) -> list[str]:
    """Say what ties a large group together, which may be why the records can't be divided."""
    settings = args.settings
    records = sequence_columns(args.sequences, list(COLUMNS))
    letters, _ = without_repeats(Letters.of(records["sequence"]), settings["identity"])
    how = {"groups": "auto", **{name: settings[name] for name in ("shared_kmer", "identity")}}
    cause = about_largest(groups, records, letters, how)
    return [] if cause is None else [cause]


def _without_leaks(
    args: argparse.Namespace, split: Mapping[str, np.ndarray], y: np.ndarray, classes: list[str]
) -> dict[str, Any]:
    """Drop the validation and test records that have a relative in training, or refuse them."""
    names = ["id", "sequence", "chrom", "start", "end", "group"]
    records = sequence_columns(args.sequences, names)
    how = (args.settings["shared_kmer"], args.settings["identity"])
    relatives = leakage.find_relatives(split, records, *how)
    if args.settings["on_leak"] == "fail":
        leakage.refuse(split, relatives, records["id"])
        return dict(split)
    kept = leakage.drop(split, relatives, y, classes)
    print(
        f"Dropped {len(kept['dropped']):,} of "
        f"{counted(len(leakage.judged(split)), 'validation and test record')}, for a relative "
        "among what models learn from."
    )
    return kept


if __name__ == "__main__":
    run(main)
