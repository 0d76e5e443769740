"""How long attention_cnn trains until it is as good as tutorial_cnn is at its end.

    snakemake --cores 2 results/default/encoded.npz results/default/fold1/split.npz
    python benchmarks/time_to_quality.py results/default [--program]

Trains both in one process, each with its own settings, first the tutorial's to its end; with
--program it is the tutorial's own program, which is fed with arrays. Prints the time that took, the
test AUROC it ended with, and after which time and epoch attention_cnn first has that AUROC. Times
hold all that `train.py` does from the settings to the weights: the probes behind "auto", the
compilation in the first epoch, validation; not the test predictions that are made here. Before that
each network learns from a few records, so that neither pays for TensorFlow's start.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tutorial_program
import yaml
from settled import settled
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


class TestScores(keras.callbacks.Callback):
    """Notes after each epoch the seconds of training and the test AUROC.

    Parameters
    ----------
    x
        uint8 (n, length, 4), the test records.
    positive
        bool (n,).
    """

    def __init__(self, x: np.ndarray, positive: np.ndarray) -> None:
        super().__init__()
        self.x, self.positive = x, positive
        self.seen: list[tuple[float, float]] = []
        self.started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Stop the clock, predict, start it again."""
        seconds = time.monotonic() - self.started
        self.seen.append((seconds, self.auroc()))
        self.started = time.monotonic() - seconds

    def auroc(self) -> float:
        """Return the test AUROC of the network as it is."""
        from attendna.learning import models

        p = models.predict(self.model, self.x)
        classes = self.model.get_layer(models.PROBABILITIES)
        column = classes.classes.index(classes.positive)
        return float(roc_auc_score(self.positive, p[:, column]))


class ScoresOfProgram(TestScores):
    """The same of the tutorial's program, which is fed with arrays of its own kind."""

    def auroc(self) -> float:
        """Return the test AUROC of the program as it is."""
        return float(roc_auc_score(self.positive, self.model.predict(self.x, verbose=0)[:, 0]))


def warm_up(program: bool) -> None:
    """Let both networks learn from a few records."""
    from attendna.learning import models, training

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for architecture, build in models.NETWORKS.items():
        own = dict(config["architectures"][architecture])
        how = {**config["training"], **own.pop("training", {}), "epochs": 1}
        values = settled(config) if architecture == "attention_cnn" else own
        model = build(30, ["no", "yes"], "yes", **values)
        x = np.eye(4, dtype=np.uint8)[np.random.default_rng(1).integers(0, 4, (96, 30))]
        split = {"train": np.arange(64), "validation": np.arange(64, 96)}
        with contextlib.redirect_stdout(io.StringIO()):
            training.train(model, x, np.arange(96) % 2, split, training.Training.of(how), 1)
    if program:
        arrays = tutorial_program.one_hot(x), np.arange(96) % 2
        parts = [tuple(array[split[name]] for array in arrays) for name in split]
        tutorial_program.fit(tutorial_program.network(30), *parts, epochs=1)


def trained(architecture: str, arguments: argparse.Namespace) -> tuple[float, TestScores]:
    """Train with the default settings; return the seconds and what was noted on the way."""
    from attendna.contracts.encoded import read_encoded
    from attendna.contracts.splits import read_split
    from attendna.learning import training
    from attendna.learning.preparing import prepared

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    encoded = read_encoded(arguments.dataset / "encoded.npz")
    split = read_split(arguments.dataset / "fold1/split.npz")
    values = dict(config["architectures"][architecture])
    how = training.Training.of({**config["training"], **values.pop("training", {})})
    test = split["test"]
    scores = TestScores(encoded.x[test], encoded.y[test] == encoded.classes.index(encoded.positive))
    keras.utils.set_random_seed(arguments.seed)
    with contextlib.redirect_stdout(io.StringIO()):
        scores.started = time.monotonic()  # what is found out first is part of it
        model, _ = prepared(architecture, values, encoded, split, how, arguments.seed)
        history = training.train(
            model, encoded.x, encoded.y, split, how, arguments.seed, callbacks=[scores]
        )
    seconds = scores.seen[-1][0]
    print(
        f"{architecture}: {len(history['epoch'])} epochs in {seconds:.1f} s, "
        f"test AUROC {scores.auroc():.4f}",
        flush=True,
    )
    return seconds, scores


def programmed(arguments: argparse.Namespace) -> tuple[float, TestScores]:
    """Let the tutorial's program train to its end; see `trained`."""
    from attendna.contracts.encoded import read_encoded
    from attendna.contracts.splits import read_split

    encoded = read_encoded(arguments.dataset / "encoded.npz")
    split = read_split(arguments.dataset / "fold1/split.npz")
    positive = encoded.y == encoded.classes.index(encoded.positive)
    test = tutorial_program.one_hot(encoded.x[split["test"]])
    scores = ScoresOfProgram(test, positive[split["test"]])
    keras.utils.set_random_seed(arguments.seed)
    parts = [
        (tutorial_program.one_hot(encoded.x[split[name]]), positive[split[name]].astype(np.float64))
        for name in ("train", "validation")
    ]
    model = tutorial_program.network(encoded.x.shape[1])
    tutorial_program.fit(model, *parts, callbacks=[scores])
    seconds = scores.seen[-1][0]
    print(
        f"the tutorial's program: {len(scores.seen)} epochs in {seconds:.1f} s, "
        f"test AUROC {scores.auroc():.4f}",
        flush=True,
    )
    return seconds, scores


def main() -> None:
    """Print what both took."""
    from attendna.learning import devices

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, help="results/DATASET, of two classes")
    parser.add_argument("--program", action="store_true", help="beside the tutorial's own program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    devices.set_up("auto", "auto", arguments.threads, False, arguments.seed)
    warm_up(arguments.program)
    if arguments.program:
        whole, tutorial = programmed(arguments)
    else:
        whole, tutorial = trained("tutorial_cnn", arguments)
    _, ours = trained("attention_cnn", arguments)
    aim = tutorial.auroc()
    reached = [i for i, (_, auroc) in enumerate(ours.seen) if auroc >= aim]
    if not reached:
        sys.exit(f"attention_cnn never reached {aim:.4f}")
    seconds, auroc = ours.seen[reached[0]]
    print(
        f"attention_cnn has {auroc:.4f} after {seconds:.1f} s (epoch {reached[0] + 1}): "
        f"{seconds / whole:.3f} of the tutorial's time"
    )


if __name__ == "__main__":
    main()
