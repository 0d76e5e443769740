r"""How good a network is: scores of variants of a model over seeds, beside the optimum.

Make the data with the workflow first, then name their folders:

    snakemake --cores 2 data
    python benchmarks/quality.py results/tutorial --seeds 1 2 3 \
        --variant '{}' --variant '{"filters": 16, "training": {"learning_rate": 0.002}}'

Each variant lies over the defaults of config.yaml. One line each: the mean over the seeds on fold 1
and the training speed. Variants are chosen by the validation records (the default), so that the
test records choose nothing; `--split test` is for telling how good the chosen one is. On simulated
data the line "oracle" is the best possible, read from the predictions that the workflow made.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna.contracts.encoded import read_encoded  # noqa: E402
from attendna.contracts.measurements import best_epoch  # noqa: E402
from attendna.contracts.predictions import read_predictions  # noqa: E402
from attendna.contracts.splits import read_split  # noqa: E402
from attendna.evaluation.metrics import measure  # noqa: E402
from attendna.learning import devices, models, training  # noqa: E402
from attendna.learning.calibration import calibrate  # noqa: E402
from attendna.learning.preparing import prepared  # noqa: E402

METRICS = ["auroc", "auprc", "accuracy", "mcc", "log_loss", "ece"]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", nargs="+", type=Path, help="results/DATASET")
    parser.add_argument("--architecture", default="attention_cnn")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--variant", action="append", type=json.loads, help="JSON")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="show every epoch")
    return parser.parse_args()


def score(y: np.ndarray, probabilities: np.ndarray, classes: list[str], positive: str) -> dict:
    """Return the overall metrics of one model."""
    measured = measure(y, probabilities, classes, positive, {"0.5": 0.5})
    values = measured(np.ones((1, len(y))))
    return {
        key.metric: float(value[0])
        for key, value in values.items()
        if key.label == "" and key.threshold in ("", "0.5")
    }


def run(folder: Path, architecture: str, variant: dict, seed: int, part: str) -> dict:
    """Train one model and return its metrics on a split, sequences per second and epochs."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    defaults = dict(config["architectures"][architecture])
    how = {**config["training"], **defaults.pop("training", {}), **variant.get("training", {})}
    keras.utils.set_random_seed(seed)
    encoded, split = read_encoded(folder / "encoded.npz"), read_split(folder / "fold1/split.npz")
    hyperparameters = {**defaults, **{k: v for k, v in variant.items() if k != "training"}}
    learning = training.Training.of(how)
    started = time.monotonic()
    model, chosen = prepared(architecture, hyperparameters, encoded, split, learning, seed)
    both = chosen.get("reverse_complement") == "augment"
    history = training.train(model, encoded.x, encoded.y, split, learning, seed, both)
    seconds = time.monotonic() - started
    if how["calibration"] != "none":
        held_out, biases = split["validation"], how["calibration"] == "bias_corrected"
        calibrate(model, encoded.x[held_out], encoded.y[held_out], biases)
    chosen = split[part]
    probabilities = models.predict(model, encoded.x[chosen])
    scores = score(encoded.y[chosen], probabilities, encoded.classes, encoded.positive)
    epochs = len(history["loss"])
    best = best_epoch(history) + 1
    speed = epochs * len(split["train"]) / seconds
    return {**scores, "best": best, "epochs": epochs, "seconds": seconds, "speed": speed}


def line(name: str, scores: list[dict]) -> str:
    """Format one line: means over the seeds."""
    columns = [f"{np.mean([s[m] for s in scores]):.4f}" for m in METRICS]
    if "speed" in scores[0]:
        means = {k: np.mean([s[k] for s in scores]) for k in ("best", "epochs", "seconds", "speed")}
        columns.append(
            f"{means['best']:.0f}/{means['epochs']:.0f} epochs, {means['seconds']:.0f} s, "
            f"{means['speed']:,.0f} sequences/s"
        )
    return f"{'  '.join(columns)}  {name}"


def main() -> None:
    """Print the table of every dataset."""
    arguments = parse()
    devices.set_up("auto", "auto", arguments.threads, False, 1)
    for folder in arguments.dataset:
        print(f"{folder.name}: {'  '.join(METRICS)}", flush=True)
        encoded = read_encoded(folder / "encoded.npz")
        for path in sorted(folder.glob("fold1/oracle/seed*/predictions.tsv.gz")):
            best = read_predictions(path).of(arguments.split)
            scores = score(best.y, best.probabilities, encoded.classes, encoded.positive)
            print(line("oracle", [scores]), flush=True)
        for variant in arguments.variant or [{}]:
            stdout = sys.stdout
            if not arguments.verbose:
                sys.stdout = io.StringIO()
            try:
                options = (arguments.architecture, variant)
                scores = [run(folder, *options, seed, arguments.split) for seed in arguments.seeds]
            finally:
                sys.stdout = stdout
            print(line(json.dumps(variant), scores), flush=True)


if __name__ == "__main__":
    main()
