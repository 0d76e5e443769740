"""Score simulated sequences with the exact posterior, the best that any classifier can do."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.predictions import Predictions, write_predictions
from attendna.contracts.sequences import read_sequences
from attendna.contracts.splits import read_split
from attendna.errors import UserError
from attendna.simulation.oracle import posterior
from attendna.simulation.specification import Simulation


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", required=True, metavar="PARQUET", help="the sequences")
    parser.add_argument(
        "--split", required=True, metavar="NPZ", help="which records to score: validation and test"
    )
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        metavar="JSON",
        help='the section "simulate" of the dataset, with which the sequences were made',
    )
    parser.add_argument(
        "--predictions", required=True, metavar="TSV_GZ", help="the predictions to write"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Score the validation records, then the test records."""
    arguments = parse(argv)
    simulation = Simulation.from_settings(arguments.settings)
    table = read_sequences(arguments.sequences, ["id", "sequence", "label"])
    split = read_split(arguments.split, len(table))
    splits = ["validation", "test"]
    table = table.iloc[np.concatenate([split[name] for name in splits])]

    foreign = table["sequence"].str.len() != simulation.length
    if foreign.any():
        raise UserError(
            f"{arguments.sequences}: record {table['id'][foreign].iloc[0]} has not the "
            f"{simulation.length} bases of the simulation; score it with the settings that made it."
        )
    letters = np.frombuffer("".join(table["sequence"]).encode(), np.uint8)
    probabilities = posterior(letters.reshape(len(table), simulation.length), simulation)
    impossible = ~np.isfinite(probabilities).all(axis=1)
    if impossible.any():
        raise UserError(
            f"{arguments.sequences}: record {table['id'][impossible].iloc[0]} can't come from any "
            "class of the simulation; score it with the settings that made it."
        )
    predictions = Predictions(
        ids=table["id"].to_numpy(str),
        splits=np.repeat(splits, [len(split[name]) for name in splits]),
        labels=table["label"].to_numpy(str),
        probabilities=probabilities,
        classes=[spec.name for spec in simulation.classes],
    )
    write_predictions(arguments.predictions, predictions)


if __name__ == "__main__":
    run(main)
