"""Divide the records into training, validation and test sets, as fixed by the data or at random."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from attendna import contracts, splitting
from attendna.errors import UserError, run


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequences", type=Path, required=True, help="sequences.parquet: ids and fixed splits"
    )
    parser.add_argument("--encoded", type=Path, required=True, help="encoded.npz: the classes")
    parser.add_argument(
        "--settings",
        type=json.loads,
        required=True,
        help='JSON: "strategy" ("stratified"), "test" (share of all records), "validation" (share '
        'of what is not test), "folds" (1, or k for k-fold cross-validation), "seed"',
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
    if settings["strategy"] != "stratified":
        raise UserError(f"split.strategy: {settings['strategy']!r} is unknown; use 'stratified'.")
    records = contracts.sequence_columns(args.sequences, ["id", "split"])
    encoded = contracts.read_encoded(args.encoded)
    if any(split is not None for split in records["split"]):
        split = splitting.fixed(
            records["split"],
            encoded.y,
            encoded.classes,
            records["id"],
            settings["validation"],
            settings["folds"],
            settings["seed"],
        )
    else:
        split = splitting.stratified(
            encoded.y,
            encoded.classes,
            settings["test"],
            settings["validation"],
            settings["folds"],
            args.fold,
            settings["seed"],
        )
    contracts.write_split(args.split, split)


if __name__ == "__main__":
    run(main)
