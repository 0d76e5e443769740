"""Explain a trained network: what each base of some records contributes to its scores."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from attendna import code_inputs
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints
from attendna.contracts.attributions import (
    Attributions,
    Perturbations,
    write_attributions,
    write_filters,
    write_perturbations,
)
from attendna.contracts.encoded import Encoded, read_encoded
from attendna.contracts.sequences import read_sequences
from attendna.contracts.splits import read_split
from attendna.data.records import spread_over_classes
from attendna.dna import base_fractions
from attendna.errors import UserError
from attendna.explanation import attribution
from attendna.learning import devices, models

PART = 512  # records that are explained at once, and lost at most if the job is killed
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of a record's bases that are deleted or inserted


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
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Choose records, explain them with the network and with an untrained one, and save."""
    args = parse(argv)
    how = args.settings
    device = devices.set_up(how["device"], "float32", how["threads"], False, how["seed"])
    print(f"explaining on {device}", flush=True)
    model = attribution.explainable(models.load(args.model))
    encoded = read_encoded(args.encoded)
    split = read_split(args.split, len(encoded.y))
    records, parts = chosen(encoded.y, split, how["records"], how["fill_up"])
    ids = read_sequences(args.sequences, ["id"])["id"].to_numpy(str)[records]
    x = np.asarray(encoded.x[records])
    target = targets(model, encoded, records, how["target"], args.encoded)

    known = {"ids": ids, "records": records, "parts": parts, "target": target}
    found = explain(model, x, known, how, kept(args, "trained"))
    write_attributions(args.attributions, found)
    # The rest is for scores, and what the network learned from is not scored.
    own = parts == "test"
    tested = {name: of[own] for name, of in known.items()}
    print("and an untrained network", flush=True)
    control = attribution.untrained(model, how["seed"])
    once = {**how, "shuffles": 1}
    untrained = explain(control, x[own], tested, once, kept(args, "untrained"))
    write_attributions(args.untrained, untrained)
    seen = found.of_part("test")
    changed = perturb(model, x[own], seen, how["seed"], kept(args, "perturbations"))
    write_perturbations(args.perturbations, changed)
    write_filters(args.filters, attribution.first_filters(model))


def chosen(
    y: np.ndarray, split: Mapping[str, np.ndarray], count: int, fill_up: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return which records to explain, int64 (n,), and the part of the split that each is of."""
    parts = ["test", "validation", "train"] if fill_up else ["test"]
    records = np.concatenate([split[part] for part in parts])
    names = np.repeat(parts, [len(split[part]) for part in parts])
    drawn = spread_over_classes(y, records, count)
    order = np.argsort(records)
    return drawn, names[order][np.searchsorted(records[order], drawn)]


def kept(args: argparse.Namespace, what: str) -> checkpoints.Parts:
    """Return where parts of the explanation are kept, under all that they come from but records."""
    if args.state is None:
        return checkpoints.Parts(None, "")
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    belongs = checkpoints.key(["attribute", args.settings], [args.model, *code])
    return checkpoints.Parts(args.state / what, belongs)


def content(*arrays: np.ndarray | int) -> str:
    """Return a digest that tells what a part is computed from."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def targets(
    model: keras.Model, encoded: Encoded, records: np.ndarray, wanted: str, path: str
) -> np.ndarray:
    """int32 (n,): the class to explain of each record."""
    if wanted == "label":
        return encoded.y[records]
    if wanted == "predicted":
        return models.predict(model, encoded.x[records]).argmax(axis=1).astype(np.int32)
    if wanted not in encoded.classes:
        raise UserError(
            f"{path}: has no class {wanted!r} for explain.target; name one of "
            f"{', '.join(encoded.classes)}, or label or predicted."
        )
    return np.full(len(records), encoded.classes.index(wanted), np.int32)


def explain(
    model: keras.Model,
    x: np.ndarray,
    known: Mapping[str, np.ndarray],
    how: Mapping[str, Any],
    parts: checkpoints.Parts,
) -> Attributions:
    """Compute what the settings ask for, part by part, so that memory stays bounded."""
    target = known["target"]
    kinds = how["baselines"] if "integrated_gradients" in how["methods"] else []
    found = []
    for start in range(0, len(x), PART):
        own, towards = x[start : start + PART], target[start : start + PART]
        found.append(
            parts.once(
                start // PART,
                content(start, own, towards),
                lambda own=own, towards=towards, start=start: explain_part(
                    model, own, towards, how, start
                ),
            )
        )
        print(f"{start + len(own)} of {len(x)} records", flush=True)
    tell_found(parts)
    joined = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    scales, weights = models.attention_along(model, x, batch_size=64)
    return Attributions(
        **known,
        scores=attribution.target_scores(model, x, target),
        methods={method: joined[method] for method in how["methods"]},
        scales=scales,
        attention=weights,
        attention_scores=joined["attention"],
        baselines=kinds,
        differences=joined["differences"],
        totals=joined["totals"],
    )


def explain_part(
    model: keras.Model, x: np.ndarray, target: np.ndarray, how: Mapping[str, Any], start: int
) -> dict[str, np.ndarray]:
    """Return float32 (n, length, 4) by method, and what else is told of each record."""
    found = {name: np.zeros((len(x), 0), np.float32) for name in ("differences", "totals")}
    for method in how["methods"]:
        if method == "gradient":
            found[method] = attribution.gradient(model, x, target)
        elif method == "mutagenesis":
            found[method] = attribution.in_silico_mutagenesis(model, x, target)
        else:
            options = {key: how[key] for key in ("shuffles", "steps")}
            found[method], found["differences"], found["totals"] = attribution.integrated_gradients(
                model, x, target, kinds=how["baselines"], seed=[how["seed"], start], **options
            )
    return found | {"attention": attribution.attention_scores(model, x, target)}


def tell_found(parts: checkpoints.Parts) -> None:
    """Say what an earlier run had done."""
    if parts.found:
        print(f"{parts.found} parts had been computed before an earlier run stopped", flush=True)


def perturb(
    model: keras.Model, x: np.ndarray, found: Attributions, seed: int, parts: checkpoints.Parts
) -> Perturbations:
    """Delete and insert the positions that each method, attention and chance put first."""
    fractions = base_fractions(x)
    rankings = {
        name: np.sum(contributions * fractions, axis=2)
        for name, contributions in found.methods.items()
    }
    rankings["attention"] = found.attention_scores
    rankings["random"] = np.random.default_rng(seed).random(x.shape[:2])
    ranked, scored = np.array(list(rankings.values())), []
    for start in range(0, len(x), PART):
        own = slice(start, start + PART)
        scored.append(
            parts.once(
                start // PART,
                content(x[own], found.target[own], ranked[:, own]),
                lambda own=own: perturb_part(model, x[own], found.target[own], ranked[:, own]),
            )
        )
    tell_found(parts)
    deletion, insertion = (
        np.concatenate([part[name] for part in scored], axis=1)
        for name in ("deletion", "insertion")
    )
    return Perturbations(list(rankings), np.array(SHARES), deletion, insertion)


def perturb_part(
    model: keras.Model, x: np.ndarray, target: np.ndarray, rankings: np.ndarray
) -> dict[str, np.ndarray]:
    """Return float32 (rankings, n, shares): the scores after deletion, and after insertion."""
    return {
        name: np.array(
            [
                attribution.perturbed_scores(model, x, target, ranking, SHARES, insert=insert)
                for ranking in rankings
            ]
        )
        for name, insert in (("deletion", False), ("insertion", True))
    }


if __name__ == "__main__":
    run(main)
