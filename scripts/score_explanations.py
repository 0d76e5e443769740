"""Score a run's explanations: by what was planted, by the network, by other methods and seeds.

Only test records are used, because a network may rely on other things in records that it memorised.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.attributions import (
    Attributions,
    Perturbations,
    read_attributions,
    read_perturbations,
)
from attendna.contracts.encoded import Encoded, read_encoded
from attendna.contracts.sequences import read_bed
from attendna.contracts.splits import groups_of
from attendna.contracts.tables import read_json, write_json
from attendna.dna import base_fractions, decode
from attendna.explanation import explanation_scores
from attendna.explanation.explanation_scores import Resampling
from attendna.simulation.oracle_attribution import planted_posterior
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
    how = args.settings
    encoded = read_encoded(args.encoded)
    found = read_attributions(args.attributions).of_part("test")
    x = np.asarray(encoded.x[found.records])
    mask = x.any(axis=2)
    resampling = Resampling(
        how["bootstrap"], how["confidence"], how["seed"], groups_of(args.groups, found.ids)
    )
    rankings = ranked(found, x)
    control = ranked(read_attributions(args.untrained), x)
    others = {seed: read_attributions(path).of_part("test") for seed, path in args.other}
    content = {
        "records": len(found.ids),
        "classes": encoded.classes,
        "target": np.bincount(found.target, minlength=len(encoded.classes)),
        "score": resampling.mean(
            np.where(found.target == encoded.y[found.records], found.scores, np.nan)
        ),
        "completeness": explanation_scores.completeness(
            [str(kind) for kind in found.baselines], found.differences, found.totals, resampling
        ),
        "faithfulness": faithful(found, read_perturbations(args.perturbations), resampling),
        "agreement": {
            "methods": [
                {"a": a, "b": b}
                | explanation_scores.agreement(rankings[a], rankings[b], mask, resampling)
                for a, b in combinations(rankings, 2)
            ],
            "seeds": [
                {"method": name, "seed": int(seed)}
                | explanation_scores.agreement(rankings[name], own, mask, resampling)
                for seed, other in others.items()
                for name, own in common(found, other, x).items()
            ],
            "untrained": {
                name: explanation_scores.agreement(rankings[name], control[name], mask, resampling)
                for name in rankings
            },
        },
        "motifs": read_json(args.motifs)["scores"] if args.motifs else None,
    }
    if args.planted:
        simulation = Simulation.from_settings(args.simulation)
        content |= truth(found, encoded, args.planted, simulation, (rankings, control), resampling)
    content["notes"] = notes(content, how["records"], bool(args.planted))
    write_json(args.scores, content)


def ranked(found: Attributions, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what ranks positions, float (n, length) each: the contributions, and attention."""
    fractions = base_fractions(x)
    by_method = {
        name: explanation_scores.contributions(of, fractions) for name, of in found.methods.items()
    }
    return by_method | {"attention": found.attention_scores}


def common(found: Attributions, other: Attributions, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the rankings of another run, which explains the same records, by the same methods."""
    if not np.array_equal(found.ids, other.ids):
        raise ValueError("runs of one fold explain different records")
    rankings = ranked(other, x)
    return {name: rankings[name] for name in ranked(found, x) if name in rankings}


def faithful(
    found: Attributions, perturbations: Perturbations, resampling: Resampling
) -> dict[str, Any]:
    """Measure deletion and insertion."""
    by_name = {
        "deletion": dict(zip(perturbations.rankings, perturbations.deletion, strict=True)),
        "insertion": dict(zip(perturbations.rankings, perturbations.insertion, strict=True)),
    }
    return {"shares": perturbations.shares} | {
        name: explanation_scores.faithfulness(
            found.scores, perturbed, resampling, insert=name == "insertion"
        )
        for name, perturbed in by_name.items()
    }


def truth(
    found: Attributions,
    encoded: Encoded,
    path: str,
    simulation: Simulation,
    rankings: tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]],
    resampling: Resampling,
) -> dict[str, Any]:
    """Score the rankings of the network and of the untrained one by what was planted.

    In the records whose own class is explained.
    """
    x = np.asarray(encoded.x[found.records])
    row = {str(name): i for i, name in enumerate(found.ids)}
    sites = read_bed(path)
    sites = sites[sites["chrom"].isin(row)]
    planted = explanation_scores.planted_positions(
        sites["start"], sites["end"], sites["chrom"].map(row), x.shape[:2]
    )
    y = encoded.y[found.records]
    mask = x.any(axis=2) & (found.target == y)[:, None]  # what speaks for another class is another
    planted &= mask
    share = {"records": int(planted.any(axis=1).sum()), "share": float(planted[mask].mean())}
    if not planted.any():
        return {"planted": share}
    oracle = planted_posterior(decode(x), np.array(encoded.classes)[y], simulation)
    trained, untrained = rankings
    every = {**trained, **{f"untrained_{name}": of for name, of in untrained.items()}}
    scored = explanation_scores.against_planted(planted, every, oracle, mask, resampling)
    return {"planted": share, **scored}


def notes(content: Mapping[str, Any], wanted: int, simulated: bool) -> list[str]:
    """Say what could not be done, and what not to believe."""
    said = []
    if content["records"] < wanted:
        said.append(
            f"Of the {wanted} records asked for, the test part has {content['records']}; with few "
            "the intervals are wide."
        )
    if content["score"]["low"] <= 0:
        said.append(
            "This network tells no class from another in these records: the mean score of their "
            "own class is not above 0. What explains it explains nothing."
        )
    if not content["agreement"]["seeds"]:
        said.append(
            "No agreement between seeds: one seed was explained; set several `seeds` and "
            "`explain.runs: all`."
        )
    if not simulated:
        said.append("No score against the truth: it is known for simulated data only.")
    elif not content["planted"]["records"]:
        said.append("No score against the truth: nothing is planted in the explained records.")
    auprc = content.get("auprc", {})
    for name in content["agreement"]["untrained"]:
        if name in auprc and auprc[name]["low"] <= auprc[f"untrained_{name}"]["high"]:
            said.append(f"{name} finds what was planted no better than in an untrained network.")
    deletion = content["faithfulness"]["deletion"]
    for name, effect in deletion.items():
        if name != "random" and not effect["low"] > 0:
            said.append(
                f"Deleting the positions that {name} puts first lowers the score no more than "
                "deleting random ones: they do not show what this network relies on."
            )
    return said


if __name__ == "__main__":
    run(main)
