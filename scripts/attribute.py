"""Explain a trained network: what each base of some records contributes to its scores."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from attendna import attribution, models, training
from attendna.contracts import (
    Attributions,
    Encoded,
    Perturbations,
    read_encoded,
    read_sequences,
    read_split,
    write_arrays,
    write_attributions,
    write_perturbations,
)
from attendna.dna import base_fractions
from attendna.errors import UserError, run
from attendna.records import spread_over_classes

PART = 2048  # records that are explained at once
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
        type=json.loads,
        help="JSON: records, fill_up, target, methods, baselines, shuffles, steps, seed (as in "
        "config.yaml under explain), device, threads",
    )
    parser.add_argument("--attributions", required=True, help="the attributions.npz to write")
    parser.add_argument("--untrained", required=True, help="the same of an untrained network")
    parser.add_argument("--perturbations", required=True, help="the perturbations.npz to write")
    parser.add_argument("--filters", required=True, help="the filters.npz to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Choose records, explain them with the network and with an untrained one, and save."""
    args = parse(argv)
    how = args.settings
    device = training.set_up(how["device"], "float32", how["threads"], False, how["seed"])
    print(f"explaining on {device}", flush=True)
    model = attribution.explainable(models.load(args.model))
    encoded, split = read_encoded(args.encoded), read_split(args.split)
    records, parts = chosen(encoded.y, split, how["records"], how["fill_up"])
    ids = read_sequences(args.sequences, ["id"])["id"].to_numpy(str)[records]
    x = np.asarray(encoded.x[records])
    target = targets(model, encoded, records, how["target"], args.encoded)

    known = {"ids": ids, "records": records, "parts": parts, "target": target}
    found = explain(model, x, known, how)
    write_attributions(args.attributions, found)
    # The rest is for scores, and what the network learned from is not scored.
    own = parts == "test"
    tested = {name: of[own] for name, of in known.items()}
    print("and an untrained network", flush=True)
    control = attribution.untrained(model, how["seed"])
    write_attributions(args.untrained, explain(control, x[own], tested, {**how, "shuffles": 1}))
    perturbed = perturb(model, x[own], found.of_part("test"), how["seed"])
    write_perturbations(args.perturbations, perturbed)
    write_arrays(args.filters, attribution.first_filters(model))


def chosen(
    y: np.ndarray, split: Mapping[str, np.ndarray], count: int, fill_up: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return which records to explain, int64 (n,), and the part of the split that each is of."""
    parts = ["test", "validation", "train"] if fill_up else ["test"]
    records = np.concatenate([split[part] for part in parts])
    names = np.repeat(parts, [len(split[part]) for part in parts])
    kept = spread_over_classes(y, records, count)
    order = np.argsort(records)
    return kept, names[order][np.searchsorted(records[order], kept)]


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
    model: keras.Model, x: np.ndarray, known: Mapping[str, np.ndarray], how: Mapping[str, Any]
) -> Attributions:
    """Compute what the settings ask for, part by part, so that memory stays bounded."""
    target = known["target"]
    methods = {method: np.empty(x.shape, np.float32) for method in how["methods"]}
    integrated = "integrated_gradients" in methods
    kinds = how["baselines"] if integrated else []
    differences, totals = np.zeros((2, len(x), len(kinds)), np.float32)
    attention = np.empty(x.shape[:2], np.float32)
    for start in range(0, len(x), PART):
        part = slice(start, start + PART)
        own, towards = x[part], target[part]
        if "gradient" in methods:
            methods["gradient"][part] = attribution.gradient(model, own, towards)
        if "mutagenesis" in methods:
            methods["mutagenesis"][part] = attribution.in_silico_mutagenesis(model, own, towards)
        if integrated:
            options = {key: how[key] for key in ("shuffles", "steps")}
            found = attribution.integrated_gradients(
                model, own, towards, kinds=kinds, seed=[how["seed"], start], **options
            )
            methods["integrated_gradients"][part], differences[part], totals[part] = found
        attention[part] = attribution.attention_scores(model, own, towards)
        print(f"{min(part.stop, len(x))} of {len(x)} records", flush=True)
    scales, weights = models.attention_along(model, x, batch_size=64)
    return Attributions(
        **known,
        scores=attribution.target_scores(model, x, target),
        methods=methods,
        scales=scales,
        attention=weights,
        attention_scores=attention,
        baselines=kinds,
        differences=differences,
        totals=totals,
    )


def perturb(model: keras.Model, x: np.ndarray, found: Attributions, seed: int) -> Perturbations:
    """Delete and insert the positions that each method, attention and chance put first."""
    fractions = base_fractions(x)
    rankings = {
        name: np.sum(contributions * fractions, axis=2)
        for name, contributions in found.methods.items()
    }
    rankings["attention"] = found.attention_scores
    rankings["random"] = np.random.default_rng(seed).random(x.shape[:2])
    deletion, insertion = (
        [
            attribution.perturbed_scores(model, x, found.target, ranking, SHARES, insert=insert)
            for ranking in rankings.values()
        ]
        for insert in (False, True)
    )
    return Perturbations(list(rankings), np.array(SHARES), np.array(deletion), np.array(insertion))


if __name__ == "__main__":
    run(main)
