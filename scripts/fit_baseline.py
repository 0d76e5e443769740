"""Fit a simple baseline and predict the validation and test records with it."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_encoded
from attendna.contracts.predictions import Predictions, write_predictions
from attendna.contracts.sequences import sequence_columns
from attendna.contracts.splits import read_split
from attendna.learning import baselines
from attendna.learning.rows import Rows


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", required=True, help="sequences.parquet, for the ids")
    parser.add_argument("--encoded", required=True, help="encoded.npz")
    parser.add_argument("--split", required=True, help="split.npz")
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help='JSON: architecture "gc_content"; "kmer_logistic" with k, c, both_strands; '
        '"positional_logistic" with c; c is a number or "auto"; or "gkm_svm" with l, k, d, c, '
        "max_records",
    )
    parser.add_argument(
        "--seed",
        required=True,
        type=int,
        help="of the random sample of records that gkm_svm may draw",
    )
    parser.add_argument("--model", required=True, help="the .npz to write")
    parser.add_argument("--predictions", required=True, help="the predictions.tsv.gz to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Fit, predict and save."""
    args = parse(argv)
    encoded = read_encoded(args.encoded)
    split = read_split(args.split, len(encoded.y))
    hyperparameters = {k: v for k, v in args.settings.items() if k != "architecture"}
    model = baselines.FIT[args.settings["architecture"]](
        Rows(encoded.x, split["train"]),
        encoded.y[split["train"]],
        Rows(encoded.x, split["validation"]),
        encoded.y[split["validation"]],
        classes=encoded.classes,
        positive=encoded.positive,
        seed=args.seed,
        **hyperparameters,
    )
    print(baselines.describe(model))
    measured = np.concatenate([split["validation"], split["test"]])
    probabilities = baselines.predict(model, Rows(encoded.x, measured))
    ids = sequence_columns(args.sequences, ["id"])["id"]
    predictions = Predictions.about(split, ids, encoded.y, encoded.classes, probabilities)
    baselines.save(args.model, model, encoded.x.shape[1], encoded.crop)
    write_predictions(args.predictions, predictions)


if __name__ == "__main__":
    run(main)
