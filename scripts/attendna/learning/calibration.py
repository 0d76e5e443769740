"""Calibrating a trained network: a temperature, and a bias for each class."""

from __future__ import annotations

import math

import numpy as np

from attendna import finite
from attendna.contracts.predictions import Calibration
from attendna.learning import models
from attendna.learning.backend import keras
from attendna.learning.rows import Rows

PULL = 10  # of a bias to 0, and of a temperature below 1 to 1, in records
HOTTEST = 20.0  # the highest temperature, and 1 over the lowest


def calibrate(
    model: keras.Model, x: np.ndarray | Rows, y: np.ndarray, biases: bool = True
) -> Calibration:
    """Fit the calibration of the probabilities on held-out records and set it in the model.

    Temperature scaling (Guo et al. 2017): one number that divides the logits and minimises the
    log loss. With a bias for each class it is bias-corrected (Alexandari, Kundaje and Shrikumar
    2020), which mends a network that says a class too often or too seldom. Of two classes the
    ranks stay as they were. The biases are pulled to 0 as by `PULL` records, so that those of few
    records are none; and so is the logarithm of a temperature below 1, because a few records that
    all are right would make probabilities of 0 and 1.

    Parameters
    ----------
    model
        A trained network of `models`.
    x, y
        uint8 (n, length, 4) and int (n,), the validation records.
    biases
        Whether to fit them; decisions for the most probable class stay as they were without.

    Returns
    -------
    Calibration
        A temperature of 0.05 to 20, and biases whose mean is 0.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    last = model.get_layer(models.PROBABILITIES)
    logits = np.log(np.clip(models.predict(model, x), 1e-9, 1.0))
    wanted = np.eye(len(last.classes))[y]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        sharpness, offsets = np.exp(-parameters[0]), parameters[1:] if biases else 0.0
        scaled = logits * sharpness + offsets
        logs = scaled - logsumexp(scaled, axis=1, keepdims=True)
        off = np.exp(logs) - wanted
        slope = PULL * min(0.0, parameters[0]) - np.sum(off * logits) * sharpness
        slopes = [slope, *(off.sum(axis=0) + PULL * offsets)]
        value = -np.sum(wanted * logs) + PULL * np.sum(np.square(offsets)) / 2
        value += pull(parameters[0])
        return value, np.array(slopes if biases else slopes[:1])

    edge = math.log(HOTTEST)
    bounds = [(-edge, edge), *[(-edge, edge)] * (biases * len(last.classes))]
    fitted = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B")
    finite.check(
        np.append(fitted.x, fitted.fun),
        "the temperature, biases or loss of the calibration",
        "set training.calibration to none, and train again",
    )
    found = fitted.x
    temperature = float(np.exp(found[0]))
    last.temperature *= temperature
    if biases:
        before = np.zeros(len(last.classes)) if last.biases is None else np.array(last.biases)
        after = before / temperature + found[1:]
        last.biases = [float(bias) for bias in after - after.mean()]
    model.make_predict_function(force=True)  # the compiled one holds the old calibration
    return Calibration(last.temperature, last.biases or [0.0] * len(last.classes))


def pull(log_temperature: np.ndarray | float) -> np.ndarray | float:
    """Return what speaks against a temperature below 1, as log loss of all records together."""
    return PULL * np.square(np.minimum(0.0, log_temperature)) / 2
