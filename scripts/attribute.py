"""Explain a trained network: what each base of some records contributes to its scores."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from attendna import code_inputs, machine
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints
from attendna.contracts.attributions import (
    write_attributions,
    write_filters,
    write_perturbations,
)
from attendna.contracts.encoded import read_encoded
from attendna.contracts.sequences import read_sequences
from attendna.contracts.splits import read_split
from attendna.explanation import attribution
from attendna.explanation.explained_records import chosen, targets
from attendna.explanation.explaining import Methods, explain
from attendna.explanation.perturbation import perturb
from attendna.learning import devices, models


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="model.keras of the run")
    parser.add_argument("--sequences", required=True, help="sequences.parquet, for the ids")
    parser.add_argument("--encoded", required=True, help="encoded.npz")
    parser.add_argument("--split", required=True, help="split.npz")
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: records, fill_up, target, methods, baselines, shuffles, steps, seed (as in "
        "config.yaml under explain), device, threads",
    )
    parser.add_argument("--attributions", required=True, help="the attributions.npz to write")
    parser.add_argument("--untrained", required=True, help="the same of an untrained network")
    parser.add_argument("--perturbations", required=True, help="the perturbations.npz to write")
    parser.add_argument("--filters", required=True, help="the filters.npz to write")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder to keep what is explained in, so that a run that was killed goes on from "
        "it; delete it when the attributions are there",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=machine.cores(),
        help="processor cores, where the settings say threads: auto; default: all",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Choose records, explain them with the network and with an untrained one, and save."""
    args = parse(argv)
    settings = args.settings
    seed = settings["seed"]
    threads = args.threads if settings["threads"] == "auto" else settings["threads"]
    device = devices.set_up(settings["device"], "float32", threads, False, seed)
    print(f"explaining on {device}", flush=True)
    model = attribution.explainable(models.load(args.model))
    encoded = read_encoded(args.encoded)
    split = read_split(args.split, len(encoded.y))
    records, parts = chosen(encoded.y, split, settings["records"], settings["fill_up"])
    ids = read_sequences(args.sequences, ["id"])["id"].to_numpy(str)[records]
    x = np.asarray(encoded.x[records])
    target = targets(model, encoded, records, settings["target"], args.encoded)

    known = {"ids": ids, "records": records, "parts": parts, "target": target}
    methods = Methods(**{key: settings[key] for key in Methods.__dataclass_fields__})
    found = explain(model, x, known, methods, kept(args, "trained"))
    write_attributions(args.attributions, found)
    # The rest is for scores, and what the network learned from is not scored.
    own = parts == "test"
    tested = {name: of[own] for name, of in known.items()}
    print("and an untrained network", flush=True)
    control = attribution.untrained(model, seed)
    once = replace(methods, shuffles=1)
    untrained = explain(control, x[own], tested, once, kept(args, "untrained"))
    write_attributions(args.untrained, untrained)
    changed = perturb(model, x[own], found.of_part("test"), seed, kept(args, "perturbations"))
    write_perturbations(args.perturbations, changed)
    write_filters(args.filters, attribution.first_filters(model))


def kept(args: argparse.Namespace, what: str) -> checkpoints.Parts:
    """Return where parts of the explanation are kept, under all that they come from but records."""
    if args.state is None:
        return checkpoints.Parts(None, "")
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    belongs = checkpoints.key(["attribute", args.settings], [args.model, *code])
    return checkpoints.Parts(args.state / what, belongs)


if __name__ == "__main__":
    run(main)
