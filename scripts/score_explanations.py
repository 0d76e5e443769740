"""Score a run's explanations: by what was planted, by the network, by other methods and seeds.

Only test records are used, because a network may rely on other things in records that it memorised.
"""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.attributions import read_attributions, read_perturbations
from attendna.contracts.encoded import read_encoded
from attendna.contracts.sequences import read_bed
from attendna.contracts.splits import groups_of
from attendna.contracts.tables import read_json, write_json
from attendna.explanation.explanation_notes import notes
from attendna.explanation.explanation_scores import ranked, scores
from attendna.explanation.planted_scores import truth
from attendna.explanation.resampling import Resampling
from attendna.simulation.specification import Simulation


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attributions", required=True, help="attributions.npz of the run")
    parser.add_argument("--untrained", required=True, help="the same of an untrained network")
    parser.add_argument("--perturbations", required=True, help="perturbations.npz of the run")
    parser.add_argument("--encoded", required=True, help="encoded.npz")
    parser.add_argument(
        "--groups", required=True, help="groups.tsv, the records that are drawn together"
    )
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: records (the number asked for), bootstrap (replicates), confidence, seed",
    )
    parser.add_argument("--planted", help="planted.bed of simulated data")
    parser.add_argument(
        "--simulation",
        type=json_argument,
        help='simulated data: the section "simulate" of the dataset as JSON',
    )
    parser.add_argument(
        "--other",
        nargs=2,
        action="append",
        default=[],
        metavar=("SEED", "ATTRIBUTIONS"),
        help="the same model trained with another seed",
    )
    parser.add_argument("--motifs", help="motifs.json of the run, whose scores are copied")
    parser.add_argument("--scores", required=True, help="the explanation_scores.json to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Score and save."""
    args = parse(argv)
    settings = args.settings
    encoded = read_encoded(args.encoded)
    found = read_attributions(args.attributions).of_part("test")
    untrained = read_attributions(args.untrained)
    others = {seed: read_attributions(path).of_part("test") for seed, path in args.other}
    perturbations = read_perturbations(args.perturbations)
    x, y = np.asarray(encoded.x[found.records]), encoded.y[found.records]
    drawing = [settings[key] for key in ("bootstrap", "confidence", "seed")]
    resampling = Resampling(*drawing, groups_of(args.groups, found.ids))
    content = scores(found, untrained, others, perturbations, x, y, encoded.classes, resampling)
    content["motifs"] = read_json(args.motifs)["scores"] if args.motifs else None
    if args.planted:
        simulation = Simulation.from_settings(args.simulation)
        rankings = ranked(found, x), ranked(untrained, x)
        sites = read_bed(args.planted)
        content |= truth(found, encoded, sites, simulation, rankings, resampling)
    content["notes"] = notes(content, settings["records"], bool(args.planted))
    write_json(args.scores, content)


if __name__ == "__main__":
    run(main)
