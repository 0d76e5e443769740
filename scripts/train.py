"""Train a network, then predict the validation and test records with it."""

from __future__ import annotations

import argparse
import json

import numpy as np

from attendna import models, training
from attendna.contracts import (
    Encoded,
    Predictions,
    read_encoded,
    read_sequences,
    read_split,
    whole_path,
    write_attention,
    write_calibration,
    write_predictions,
    write_table,
)
from attendna.errors import run
from attendna.records import spread_over_classes


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", required=True, help="sequences.parquet, for the ids")
    parser.add_argument("--encoded", required=True, help="encoded.npz")
    parser.add_argument("--split", required=True, help="split.npz")
    parser.add_argument(
        "--settings",
        required=True,
        type=json.loads,
        help="JSON: model (architecture and hyperparameters) and training, as in config.yaml",
    )
    parser.add_argument("--seed", required=True, type=int, help="of all that is drawn at random")
    parser.add_argument("--model", required=True, help="the model.keras to write")
    parser.add_argument("--history", required=True, help="the history.tsv to write")
    parser.add_argument("--calibration", required=True, help="the calibration.json to write")
    parser.add_argument("--predictions", required=True, help="the predictions.tsv.gz to write")
    parser.add_argument("--attention", required=True, help="the attention.npz to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Train, calibrate, predict and save."""
    import pandas as pd

    args = parse(argv)
    how = args.settings["training"]
    options = [how[key] for key in ("device", "precision", "threads", "deterministic")]
    print(f"training on {training.set_up(*options, args.seed)}", flush=True)
    encoded, split = read_encoded(args.encoded), read_split(args.split)
    hyperparameters = dict(args.settings["model"])
    build = models.NETWORKS[hyperparameters.pop("architecture")]
    length, classes, positive = encoded.x.shape[1], encoded.classes, encoded.positive
    model = build(length, classes, positive, crop=encoded.crop, **hyperparameters)
    print(f"{model.name}: {model.count_params():,} parameters")

    history = training.train(
        model, encoded.x, encoded.y, split, training.Training.of(how), args.seed
    )
    best = int(np.argmin(history["val_loss"]))
    print(f"best epoch {best + 1}, validation loss {history['val_loss'][best]:.4f}")
    if how["calibration"] == "temperature":
        held_out = split["validation"]
        temperature = training.calibrate(model, encoded.x[held_out], encoded.y[held_out])
        print(f"calibrated with temperature {temperature:.3f}")
    else:
        temperature = None

    ids = read_sequences(args.sequences, ["id"])["id"].to_numpy(str)
    chosen = spread_over_classes(encoded.y, split["test"], how["attention_records"])
    scales, weights = models.attention_along(model, encoded.x[chosen], batch_size=64)
    predictions = predict(model, encoded, split, ids)
    with whole_path(args.model) as temporary:
        model.save(temporary)
    write_table(args.history, pd.DataFrame(history))
    write_calibration(args.calibration, temperature)
    write_attention(args.attention, weights, scales, ids[chosen], encoded.crop)
    write_predictions(args.predictions, predictions)


def predict(model, encoded: Encoded, split: dict[str, np.ndarray], ids: np.ndarray) -> Predictions:
    """Predict the validation and test records, in this order."""
    measured = np.concatenate([split["validation"], split["test"]])
    return Predictions(
        ids=ids[measured],
        splits=np.repeat(["validation", "test"], [len(split["validation"]), len(split["test"])]),
        labels=np.array(encoded.classes)[encoded.y[measured]],
        probabilities=models.predict(model, encoded.x[measured]),
        classes=encoded.classes,
    )


if __name__ == "__main__":
    run(main)
