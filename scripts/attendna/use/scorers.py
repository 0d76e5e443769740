"""Trained models as scorers of sequences: from text to the probabilities of the classes.

Everything that is done with a trained model (new sequences, variants, genomes) asks it here, so
that a sequence is cropped, padded and encoded in one way.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from attendna.data import cropping
from attendna.dna import one_hot
from attendna.errors import UserError
from attendna.learning import baselines


def limit_threads(threads: int) -> None:
    """Let networks use so many processor cores, before the first one is opened.

    TensorFlow reads the variables when it is imported, which that does.
    """
    for kind in ("INTRAOP", "INTEROP"):
        os.environ[f"TF_NUM_{kind}_THREADS"] = str(threads)


class Network:
    """A trained network as a scorer.

    Attributes
    ----------
    path
        The `model.keras`.
    classes
        Names of the classes, in the order of the columns.
    length
        Letters of a sequence.
    crop
        See `layers.ClassProbabilities`; "" where the network takes sequences of `length` only.
    model
        The `keras.Model`.
    """

    def __init__(self, path: str) -> None:
        # A training may be using the same GPU: take of its memory no more than needed.
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
        from attendna.learning import models

        self.path, self.model, self._predict = path, models.load(path), models.predict
        last = self.model.get_layer(models.PROBABILITIES)
        self.classes, self.crop = list(last.classes), last.crop
        self.length = self.model.input_shape[1]

    def predict(self, sequences: Sequence[str]) -> np.ndarray:
        """Return float64 (n, classes): the calibrated probabilities; rows sum to 1."""
        return self.predict_rows(encoded(sequences, self.length, self.crop))

    def predict_rows(self, x: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes) for encoded sequences, uint8 (n, length, 4)."""
        return self._predict(self.model, x, name=self.path)


class Baseline:
    """A fitted baseline as a scorer, with the attributes of a `Network`.

    `length` is None where it takes sequences of any length.
    """

    def __init__(self, path: str) -> None:
        self.path, self.model = path, baselines.load(path)
        self.classes = list(self.model.classes)
        row_length, self.crop = baselines.load_rows(path)
        # Some, such as counts of k-mers, take any length where none was cropped in training.
        self.length = row_length if self.crop else getattr(self.model, "length", 0) or None

    def predict(self, sequences: Sequence[str]) -> np.ndarray:
        """Return float64 (n, classes): the calibrated probabilities; rows sum to 1."""
        length = self.length or max(map(len, sequences))
        return self.predict_rows(encoded(sequences, length, self.crop))

    def predict_rows(self, x: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes) for encoded sequences, uint8 (n, length, 4)."""
        return baselines.predict(self.model, x, self.path)


def encoded(sequences: Sequence[str], length: int, crop: str) -> np.ndarray:
    """Return uint8 (n, length, 4): the sequences, cropped and padded as in training."""
    return one_hot(cropping.fit(sequences, length, crop or cropping.CROPS[0]))


SCORERS = {".keras": Network, ".npz": Baseline}


def load(path: str) -> Network | Baseline:
    """Open a model of either kind; its file's ending tells which."""
    remedy = "name the model.keras or model.npz of a run"
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; {remedy}.")
    if Path(path).suffix not in SCORERS:
        raise UserError(f"{path}: no model by its name; {remedy}.")
    return SCORERS[Path(path).suffix](path)


def load_alike(paths: Sequence[str]) -> list[Network | Baseline]:
    """Open models of one dataset, such as the seeds and folds of one model.

    Raises
    ------
    UserError
        If one of them can't be opened, or has other classes than the first.
    """
    fitted = [load(path) for path in paths]
    classes = fitted[0].classes
    for model in fitted:
        if model.classes != classes:
            raise UserError(
                f"{model.path}: its classes ({', '.join(model.classes)}) are not those of "
                f"{paths[0]} ({', '.join(classes)}); average models of one dataset only."
            )
    return fitted


def mean(sequences: Sequence[str], fitted: Sequence[Network | Baseline]) -> np.ndarray:
    """Return float64 (n, classes): the mean of the probabilities over the models."""
    return np.mean([model.predict(sequences) for model in fitted], axis=0)
