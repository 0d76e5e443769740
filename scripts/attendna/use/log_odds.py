"""The calibrated log odds of the classes: what models of either kind say, on one scale.

The log odds of a class are log p / (1 - p) of its calibrated probability p. Of a network they are
taken from its logits, since a probability near 1 in single precision has lost its last digits.
"""

from __future__ import annotations

import numpy as np

from attendna import finite
from attendna.dna import one_hot
from attendna.learning import baselines
from attendna.use.scorers import Baseline, Network

BATCH = 512  # rows of a network at a time, as `models.predict` takes them
TINY = np.finfo(np.float64).tiny


class LogOdds:
    """A trained model that gives log odds.

    Attributes
    ----------
    scorer
        The model.
    classes
        Their names, in the order of the columns.
    length
        Letters of the rows that it learned from; None where it takes any.
    padded
        Whether it knows padding.
    knows_places
        Whether what it says depends on where in the row something stands.
    both_strands
        Whether it says the same of a row and of its reverse complement.
    """

    def __init__(self, scorer: Network | Baseline) -> None:
        self.scorer, self.classes = scorer, scorer.classes
        self.length, self.padded = scorer.length, bool(scorer.crop)
        if isinstance(scorer, Network):
            self._open_network(scorer)
            return
        model = scorer.model
        self.length = scorer.length or baselines.load_rows(scorer.path)[0] or None
        self.knows_places = model.architecture == "positional_logistic"
        self.both_strands = bool(getattr(model, "both_strands", False))

    def _open_network(self, scorer: Network) -> None:
        from attendna.learning import models
        from attendna.learning.backend import keras
        from attendna.learning.layers import BothStrands, MotifAttention

        layers = scorer.model.layers
        self.knows_places = any(
            layer.position for layer in layers if isinstance(layer, MotifAttention)
        )
        self.both_strands = any(isinstance(layer, BothStrands) for layer in layers)
        self._last = scorer.model.get_layer(models.PROBABILITIES)
        self._logits = keras.Model(scorer.model.input, self._last.input)
        self._batches, self._retraining = models.batches_of_outputs, models.retraining

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes): the log odds of each class.

        Parameters
        ----------
        rows
            uint8 (n, length): ASCII letters, `dna.PADDING` where a model that is `padded` sees
            none.

        Raises
        ------
        UserError
            If they are not numbers.
        """
        x = one_hot(rows)
        if isinstance(self.scorer, Network):
            return self.of_logits(self._network_logits(x))
        p = baselines.predict(self.scorer.model, x, self.scorer.path)
        return of_scores(np.log(np.maximum(p, TINY)))

    def _network_logits(self, x: np.ndarray) -> np.ndarray:
        outputs = [outputs for _, outputs in self._batches(self._logits, x, BATCH)]
        found = np.concatenate(outputs) if outputs else np.empty((0, self._logits.output.shape[-1]))
        model = self.scorer.model
        return finite.check(found, f"the logits of {self.scorer.path}", self._retraining(model))

    def of_logits(self, logits: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes): the log odds for the logits of a network, (n, outputs)."""
        last = self._last
        scores = logits.astype(np.float64)
        if last.priors is not None:
            scores = scores - last.of_logits(np.log(last.priors))
        scores = scores / last.temperature
        if last.biases is not None:
            scores = scores + last.of_logits(last.biases)
        if not last.positive:
            return of_scores(scores)
        signs = [1.0 if name == last.positive else -1.0 for name in last.classes]
        return scores * signs


def of_scores(scores: np.ndarray) -> np.ndarray:
    """Return the log odds of classes whose probabilities are the softmax of scores: (n, classes).

    Parameters
    ----------
    scores
        float64 (n, classes); -inf for a class that can't be.

    Returns
    -------
    numpy.ndarray
        float64 (n, classes): the score of a class less the log of the sum of the exponentials of
        all others.
    """
    found = np.empty(scores.shape)
    for k in range(scores.shape[1]):
        others = np.delete(scores, k, axis=1)
        highest = others.max(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            sums = np.exp(others - highest[:, None]).sum(axis=1)
            total = np.where(np.isfinite(highest), highest + np.log(sums), highest)
            found[:, k] = scores[:, k] - total
    return found


def probabilities(log_odds: np.ndarray) -> np.ndarray:
    """Return the probabilities that log odds stand for, of the same shape."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-log_odds))
