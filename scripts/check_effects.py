"""Hold the effects of substitutions that models give against the exact ones of a simulation."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.sequences import read_bed, read_sequences
from attendna.contracts.splits import read_split
from attendna.contracts.tables import write_json
from attendna.data.records import spread_over_classes
from attendna.dna import letters
from attendna.simulation.specification import Simulation
from attendna.use import exact_effects, scorers
from attendna.use.log_odds import LogOdds


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", required=True, help="sequences.parquet of the dataset")
    parser.add_argument("--split", required=True, help="split.npz: whose test records count")
    parser.add_argument("--planted", required=True, help="planted.bed of the dataset")
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help='JSON: "simulate" (the section of the dataset), "records" (how many test records), '
        '"positive" (the class whose log odds count; null: the class of each record)',
    )
    parser.add_argument(
        "--run",
        required=True,
        nargs=3,
        action="append",
        metavar=("MODEL", "SEED", "PATH"),
        help="a trained model: model.keras or model.npz; may be repeated",
    )
    parser.add_argument("--effects", required=True, help="the effects.json to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Choose records, find their exact effects, and compare each model with them."""
    args = parse(argv)
    simulation = Simulation.from_settings(args.settings["simulate"])
    names = [spec.name for spec in simulation.classes]
    table = read_sequences(args.sequences, ["id", "sequence", "label"])
    y = np.array([names.index(label) for label in table["label"]])
    test = read_split(args.split, len(table))["test"]
    records = spread_over_classes(y, test, args.settings["records"])
    chosen = table.iloc[records]
    sequences = letters(list(chosen["sequence"]))
    positive = args.settings["positive"]
    target = y[records] if positive is None else np.full(len(records), names.index(positive))
    exact = exact_effects.exact_effects(sequences, target, simulation)
    other = exact_effects.substitutions(sequences)
    if simulation.background is None:
        motifs = exact_effects.changed_motifs(sequences, simulation)
    else:
        motifs = exact_effects.planted_there(
            list(chosen["id"]), sequences.shape, planted(args.planted, set(chosen["id"]))
        )
    found = []
    for model, seed, path in args.run:
        scorer = LogOdds(scorers.load(path))
        own = np.array([scorer.classes.index(name) for name in names])[target]
        effects = exact_effects.model_effects(scorer, sequences, own)
        pairs = exact[other], effects[other]
        found.append(
            {
                "model": model,
                "seed": int(seed),
                **exact_effects.agreement(*pairs),
                "motifs": exact_effects.by_motif(*pairs, motifs[other]),
            }
        )
        large = found[-1]["large"]
        print(f"{model}, seed {seed}: {large}, {found[-1]['none']}", flush=True)
    write_json(args.effects, {"records": len(records), "positive": positive, "models": found})


def planted(path: str, ids: set[str]) -> dict[str, list[tuple[int, int, str]]]:
    """Return what was planted in some records, see `exact_effects.planted_there`."""
    table = read_bed(path)
    table = table[table.iloc[:, 0].isin(ids)]
    found: dict[str, list[tuple[int, int, str]]] = {}
    for name, start, end, element in table.iloc[:, :4].itertuples(index=False):
        found.setdefault(name, []).append((int(start), int(end), str(element)))
    return found


if __name__ == "__main__":
    run(main)
