"""Train a network, then predict the validation and test records with it."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np

from attendna import code_inputs, machine
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints
from attendna.contracts.attention import write_attention
from attendna.contracts.encoded import Encoded, read_encoded
from attendna.contracts.measurements import write_history
from attendna.contracts.predictions import Predictions, write_calibration, write_predictions
from attendna.contracts.sequences import read_sequences
from attendna.contracts.splits import read_split
from attendna.data.records import spread_over_classes
from attendna.files import whole_path
from attendna.learning import devices, models, network_size, positions, strands, training
from attendna.learning.calibration import calibrate
from attendna.learning.probes import Probes
from attendna.learning.rows import Rows

PROBED = 4000  # records that cheap models learn from, and as many that they are tested on


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
        help="JSON: model (architecture and hyperparameters) and training, as in config.yaml",
    )
    parser.add_argument("--seed", required=True, type=int, help="of all that is drawn at random")
    parser.add_argument("--model", required=True, help="the model.keras to write")
    parser.add_argument("--history", required=True, help="the history.tsv to write")
    parser.add_argument("--calibration", required=True, help="the calibration.json to write")
    parser.add_argument("--predictions", required=True, help="the predictions.tsv.gz to write")
    parser.add_argument("--attention", required=True, help="the attention.npz to write")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder to keep the state in after each epoch; a training that finds its own "
        "state there goes on from it. Delete it when the outputs are there",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Train, calibrate, predict and save."""
    args = parse(argv)
    with nullcontext() if args.state is None else checkpoints.alone(args.state):
        train(args)


def train(args: argparse.Namespace) -> None:
    """Do the work of `main`."""
    how = args.settings["training"]
    options = [how[key] for key in ("device", "precision", "threads", "deterministic")]
    devices.check(how["strategy"], how["devices"])
    device = training.set_up(*options, args.seed, how["devices"])
    print(f"training on {device}", flush=True)
    encoded = read_encoded(args.encoded)
    split = read_split(args.split, len(encoded.y))
    build = models.NETWORKS[args.settings["model"]["architecture"]]
    hyperparameters = {k: v for k, v in args.settings["model"].items() if k != "architecture"}
    settle(hyperparameters, encoded, split, args.seed)
    length, classes, positive = encoded.x.shape[1], encoded.classes, encoded.positive
    if build is models.attention_cnn:
        outputs = 1 if positive else len(classes)
        records = len(split["train"])
        batch_size = min(training.chosen_batch_size(how["batch_size"], records), records)
        network_size.check(hyperparameters, length, outputs, batch_size, machine.memory())
    model = build(length, classes, positive, crop=encoded.crop, **hyperparameters)
    print(f"{model.name}: {model.count_params():,} parameters")

    history = training.train(
        model,
        encoded.x,
        encoded.y,
        split,
        training.Training.of(how),
        args.seed,
        turn=hyperparameters.get("reverse_complement") == "augment",
        count=how["devices"],
        checkpoint=checkpoint(args, device),
    )
    best = int(np.argmin(history["val_loss"]))
    print(f"best epoch {best + 1}, validation loss {history['val_loss'][best]:.4f}")
    calibration = None
    if how["calibration"] != "none":
        held_out = split["validation"]
        rows, biases = Rows(encoded.x, held_out), how["calibration"] == "bias_corrected"
        calibration = calibrate(model, rows, encoded.y[held_out], biases)
        named = zip(classes, calibration.biases, strict=True)
        offsets = ", ".join(f"{name} {bias:+.3f}" for name, bias in named)
        print(f"calibrated with temperature {calibration.temperature:.3f}, biases {offsets}")

    ids = read_sequences(args.sequences, ["id"])["id"].to_numpy(str)
    chosen = spread_over_classes(encoded.y, split["test"], how["attention_records"])
    scales, weights = models.attention_along(model, encoded.x[chosen], batch_size=64)
    predictions = predict(model, encoded, split, ids)
    with whole_path(args.model) as temporary:
        model.save(temporary)
    write_history(args.history, history)
    write_calibration(args.calibration, calibration)
    write_attention(args.attention, weights, scales, ids[chosen], encoded.crop)
    write_predictions(args.predictions, predictions)


def settle(
    hyperparameters: dict[str, Any], encoded: Encoded, split: dict[str, np.ndarray], seed: int
) -> None:
    """Set in place what is "auto" to what cheap models find in the data."""
    if "auto" not in hyperparameters.values():
        return
    rng = np.random.default_rng(seed)
    train, validation = (sample(encoded.y, split[part], rng) for part in ("train", "validation"))
    probes = Probes(
        encoded.x[train],
        encoded.y[train],
        encoded.x[validation],
        encoded.y[validation],
        encoded.classes,
        encoded.positive,
        seed,
    )
    if hyperparameters.get("reverse_complement") == "auto":
        alike = strands.alike(probes)
        hyperparameters["reverse_complement"] = "average" if alike else "none"
        found = "alike: averages over them" if alike else "not shown to be alike: sees one"
        print(f"the strands are {found}", flush=True)
    if hyperparameters.get("position") == "auto":
        matter = hyperparameters["position"] = positions.matter(probes)
        found = "matter: filters learn them" if matter else "do not matter: filters know none"
        print(f"positions {found}", flush=True)


def sample(y: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return at most `PROBED` of the rows, or a few more, so that no class is left out."""
    if len(rows) <= PROBED:
        return rows
    firsts = np.unique(y[rows], return_index=True)[1]
    return np.union1d(rng.choice(rows, PROBED, replace=False), rows[firsts])


def checkpoint(args: argparse.Namespace, device: str) -> checkpoints.Checkpoint | None:
    """Return where the state of this training is kept, under all that decides what comes of it."""
    if args.state is None:
        return None
    about = {"settings": args.settings, "seed": args.seed}
    about |= {"backend": keras.backend.backend(), "precision": keras.config.dtype_policy().name}
    if args.settings["training"]["deterministic"]:  # to the last bit only on the same device
        about["device"] = device
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    belongs = checkpoints.key(about, [args.encoded, args.split, *code])
    return checkpoints.Checkpoint(args.state / "state.npz", belongs)


def predict(model, encoded: Encoded, split: dict[str, np.ndarray], ids: np.ndarray) -> Predictions:
    """Predict the validation and test records, in this order."""
    measured = np.concatenate([split["validation"], split["test"]])
    return Predictions(
        ids=ids[measured],
        splits=np.repeat(["validation", "test"], [len(split["validation"]), len(split["test"])]),
        labels=np.array(encoded.classes)[encoded.y[measured]],
        probabilities=models.predict(model, Rows(encoded.x, measured)),
        classes=encoded.classes,
    )


if __name__ == "__main__":
    run(main)
