"""Find the rules between a network's motifs: which two, in which order and how far apart.

The network is asked: both motifs are planted in shuffled test records, in every arrangement.
"""

from __future__ import annotations

import argparse

import numpy as np

from attendna import machine
from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_encoded
from attendna.contracts.motifs import read_motifs
from attendna.contracts.rules import write_rule_effects, write_rule_summary, write_rules
from attendna.contracts.splits import read_split
from attendna.data.records import spread_over_classes
from attendna.explanation import attribution, rule_files
from attendna.explanation.pair_search import Options, search
from attendna.explanation.planted_pairs import recovered
from attendna.learning import devices, models
from attendna.simulation.specification import Simulation


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="model.keras of the run")
    parser.add_argument("--motifs", required=True, help="motifs.json of the run")
    parser.add_argument("--encoded", required=True, help="encoded.npz of the dataset")
    parser.add_argument("--split", required=True, help="split.npz")
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: motifs, gap, backgrounds (as in config.yaml under explain.rules), seed, "
        "device, threads",
    )
    parser.add_argument(
        "--simulation", type=json_argument, help="JSON: how the dataset was simulated"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=machine.cores(),
        help="processor cores, where the settings say threads: auto; default: all",
    )
    parser.add_argument("--rules", required=True, help="the rules.tsv to write")
    parser.add_argument("--effects", required=True, help="the rule_effects.tsv.gz to write")
    parser.add_argument("--summary", required=True, help="the rules.json to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Ask the network, compare with what was planted, and save."""
    args = parse(argv)
    settings = args.settings
    threads = args.threads if settings["threads"] == "auto" else settings["threads"]
    options = Options(**{key: settings[key] for key in Options.__dataclass_fields__})
    device = devices.set_up(settings["device"], "float32", threads, False, options.seed)
    print(f"asking on {device}", flush=True)
    model = attribution.explainable(models.load(args.model))
    encoded = read_encoded(args.encoded)
    split = read_split(args.split, len(encoded.y))
    # A training part of its own is all that some splits have.
    part = next(split[name] for name in ("test", "validation", "train") if len(split[name]))
    x = np.asarray(encoded.x[spread_over_classes(encoded.y, part, options.backgrounds)])
    found = search(model, x, read_motifs(args.motifs)["motifs"], options)
    pairs = planted = None
    if args.simulation:
        simulation = Simulation.from_settings(args.simulation)
        pairs, planted = recovered(found.rules, found.words, encoded.classes, simulation)
    write_rules(args.rules, rule_files.rule_table(found, encoded.classes, planted))
    write_rule_effects(args.effects, rule_files.effect_table(found, encoded.classes))
    content = rule_files.summary(found, encoded.classes, x.shape[1], options, pairs)
    write_rule_summary(args.summary, content)


if __name__ == "__main__":
    run(main)
