"""Scores of predicted probabilities: Brier score, log loss and expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.evaluation.calibration_error import calibration_gaps
from attendna.evaluation.measures import Key, Measure, Values

ECE = Key("", "ece", "")
# A probability of 0 that was wrong would cost infinity; the clip is scikit-learn's.
LEAST = np.finfo(float).eps


def probability_scores(
    y: np.ndarray, probabilities: np.ndarray, classes: list[str], positive: str
) -> Measure:
    """Return the function from weights to `brier`, `ece` and `log_loss`.

    Parameters are those of `metrics.measure`, definitions those of `metrics.binary` and
    `metrics.multiclass`.
    """
    truth = y[:, None] == np.arange(len(classes))
    surprise = _surprise(probabilities[truth])
    if positive:
        index = classes.index(positive)
        p, event = probabilities[:, index], truth[:, index]
        brier = (p - event) ** 2
    else:
        p, event = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
        brier = np.sum((probabilities - truth) ** 2, axis=1)
    losses = np.stack([brier, surprise], axis=1)
    gaps = calibration_gaps(event, p)

    def measured(weights: np.ndarray) -> Values:
        total = weights.sum(axis=1)
        brier, log_loss = (weights @ losses).T / total
        return {
            Key("", "brier", ""): brier,
            ECE: np.abs(weights @ gaps).sum(axis=1) / total,
            Key("", "log_loss", ""): log_loss,
        }

    worst = {"brier": 1.0 if positive else 2.0, "log_loss": -float(np.log(LEAST))}
    return Measure(measured, event, p, worst=worst)


def before_calibration(
    probabilities: np.ndarray, temperature: float, biases: Sequence[float]
) -> np.ndarray:
    """Undo a calibration, see `calibration.calibrate`: float (n, classes) both.

    They come from single precision, where what is too near to 1 is 1, and the rest 0: that counts
    as half its step.
    """
    from scipy.special import softmax

    least = np.finfo(np.float32).epsneg / 2
    logs = np.log(np.where(probabilities > 0, probabilities, least))
    logits = temperature * (logs - np.asarray(biases))
    return softmax(logits, axis=1)


def _surprise(p: np.ndarray) -> np.ndarray:
    return -np.log(np.clip(p, LEAST, 1))
