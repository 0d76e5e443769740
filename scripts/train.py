"""Train a network, then predict the validation and test records with it."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from attendna import code_inputs, machine
from attendna.command_line import json_argument, run
from attendna.contracts import checkpoints
from attendna.contracts.attention import write_attention
from attendna.contracts.encoded import Encoded, read_encoded
from attendna.contracts.measurements import best_epoch, write_history
from attendna.contracts.predictions import (
    Calibration,
    Predictions,
    write_calibration,
    write_predictions,
)
from attendna.contracts.sequences import sequence_columns
from attendna.contracts.splits import read_split
from attendna.contracts.texts import Texts
from attendna.contracts.trainings import write_training
from attendna.data.records import spread_over_classes
from attendna.intact_files import whole_path
from attendna.learning import devices, models, network_size, replication, training
from attendna.learning.backend import keras
from attendna.learning.calibration import calibrate
from attendna.learning.preparing import prepared
from attendna.learning.rows import Rows
from attendna.learning.schedule import chosen_batch_size, plan

PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy")


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
    parser.add_argument("--training", required=True, help="the training.json to write")
    parser.add_argument("--calibration", required=True, help="the calibration.json to write")
    parser.add_argument("--predictions", required=True, help="the predictions.tsv.gz to write")
    parser.add_argument("--attention", required=True, help="the attention.npz to write")
    parser.add_argument(
        "--state",
        type=Path,
        help="a folder to keep the state in after each epoch; a training that finds its own "
        "state there goes on from it. Delete it when the outputs are there",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=machine.cores(),
        help="processor cores, where the settings say threads: auto; default: all",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Train, calibrate, predict and save."""
    args = parse(argv)
    with nullcontext() if args.state is None else checkpoints.alone(args.state):
        train(args)


def train(args: argparse.Namespace) -> None:
    """Do the work of `main`."""
    settings = args.settings["training"]
    threads = args.threads if settings["threads"] == "auto" else settings["threads"]
    options = (settings["device"], settings["precision"], threads, settings["deterministic"])
    replication.check(settings["strategy"], settings["devices"])
    device = devices.set_up(*options, args.seed, settings["devices"])
    print(f"training on {device}", flush=True)
    encoded = read_encoded(args.encoded)
    split = read_split(args.split, len(encoded.y))
    hyperparameters = {k: v for k, v in args.settings["model"].items() if k != "architecture"}
    learning, kept = training.Training.of(settings), checkpoints_of(args, device)
    model, hyperparameters = prepared(
        args.settings["model"]["architecture"],
        hyperparameters,
        encoded,
        split,
        learning,
        args.seed,
        settings["devices"],
        kept,
        lambda chosen: check_size(chosen, encoded, split, settings),
    )
    history = training.train(
        model,
        encoded.x,
        encoded.y,
        split,
        learning,
        args.seed,
        reverse_complements=hyperparameters.get("reverse_complement") == "augment",
        count=settings["devices"],
        checkpoint=kept("state"),
    )
    best = best_epoch(history)
    print(f"best epoch {best + 1}, validation loss {history['val_loss'][best]:.4f}")
    calibration = calibrated(model, encoded, split["validation"], settings["calibration"])

    ids = sequence_columns(args.sequences, ["id"])["id"]
    chosen = spread_over_classes(encoded.y, split["test"], settings["attention_records"])
    scales, weights = models.attention_along(model, encoded.x[chosen], batch_size=64)
    predictions = predict(model, encoded, split, ids)
    with whole_path(args.model) as temporary:
        model.save(temporary)
    write_history(args.history, history)
    write_training(args.training, described(args.settings, hyperparameters, model, split, device))
    write_calibration(args.calibration, calibration)
    write_attention(args.attention, weights, scales, ids.array(chosen), encoded.crop)
    write_predictions(args.predictions, predictions)


def described(
    settings: Mapping[str, Any],
    hyperparameters: Mapping[str, Any],
    model: keras.Model,
    split: Mapping[str, np.ndarray],
    device: str,
) -> dict[str, Any]:
    """Return what `training.json` holds: what the settings came to, and by which packages."""
    chosen, records = settings["training"], len(split["train"])
    epochs, batch_size = plan(chosen["epochs"], chosen["batch_size"], records, chosen["devices"])
    return {
        "architecture": settings["model"]["architecture"],
        "parameters": models.parameters(model),
        "records": records,
        "batch_size": batch_size,
        "epochs": epochs,
        "hyperparameters": dict(hyperparameters),
        "settings": dict(chosen),
        "device": device,
        "versions": {"Python": platform.python_version()}
        | {name: found for name in PACKAGES if (found := installed(name))},
    }


def installed(package: str) -> str | None:
    """Return the version of a package; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None  # TensorFlow has two names


def check_size(
    hyperparameters: Mapping[str, Any],
    encoded: Encoded,
    split: Mapping[str, np.ndarray],
    settings: Mapping[str, Any],
) -> None:
    """Raise `UserError` if the training of an attention_cnn does not fit in memory."""
    outputs = 1 if encoded.positive else len(encoded.classes)
    records = len(split["train"])
    batch_size = min(chosen_batch_size(settings["batch_size"], records), records)
    about = (encoded.x.shape[1], outputs, batch_size, machine.memory())
    network_size.check(hyperparameters, *about)


def calibrated(
    model: keras.Model, encoded: Encoded, held_out: np.ndarray, method: str
) -> Calibration | None:
    """Calibrate the network on the validation records, unless the settings say not to."""
    if method == "none":
        return None
    rows, biases = Rows(encoded.x, held_out), method == "bias_corrected"
    calibration = calibrate(model, rows, encoded.y[held_out], biases)
    named = zip(encoded.classes, calibration.biases, strict=True)
    offsets = ", ".join(f"{name} {bias:+.3f}" for name, bias in named)
    print(f"calibrated with temperature {calibration.temperature:.3f}, biases {offsets}")
    return calibration


def checkpoints_of(
    args: argparse.Namespace, device: str
) -> Callable[[str], checkpoints.Checkpoint | None]:
    """Return what says where the state of a training is kept, by its name in this job.

    It is kept under all that decides what comes of it.
    """
    if args.state is None:
        return lambda name: None
    about = {"settings": args.settings, "seed": args.seed}
    about |= {"backend": keras.backend.backend(), "precision": keras.config.dtype_policy().name}
    if args.settings["training"]["deterministic"]:  # to the last bit only on the same device
        about["device"] = device
    code = [Path(__file__), *code_inputs.modules(Path(__file__).resolve())]
    belongs = checkpoints.key(about, [args.encoded, args.split, *code])
    return lambda name: checkpoints.Checkpoint(args.state / f"{name}.npz", belongs)


def predict(
    model: keras.Model, encoded: Encoded, split: Mapping[str, np.ndarray], ids: Texts
) -> Predictions:
    """Predict the validation and test records, in this order."""
    measured = np.concatenate([split["validation"], split["test"]])
    probabilities = models.predict(model, Rows(encoded.x, measured))
    return Predictions.about(split, ids, encoded.y, encoded.classes, probabilities)


if __name__ == "__main__":
    run(main)
