"""Models as scorers of all windows of a stretch of DNA, at a step from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from attendna.dna import base_fractions, one_hot, reverse_complement_letters
from attendna.errors import UserError
from attendna.use.scorers import Baseline, Network
from attendna.use.shared_windows import SharedScale

AT_ONCE = 512  # windows whose responses are held at a time: they stay in the processor's cache
HEADS = 4096  # windows that go through the layers behind the filters at a time
FEWEST = 256  # rows that they are given at least
PLAIN = 4096  # windows that are cut out at a time
TINY = 1e-12  # below which a probability of a baseline counts as this
FLAT = 1e-7  # the same of a network's, in single precision


class SharedWindows:
    """A network whose filters are pooled along the sequence: their responses are shared.

    Parameters
    ----------
    network
        Of a kind that `pooled_network` can take apart.
    step
        Bases between the starts of windows.
    threads
        Processor cores.

    Raises
    ------
    ValueError
        If the network is of another kind, or its windows have nothing in common.
    """

    def __init__(self, network: Network, step: int, threads: int) -> None:
        from attendna.explanation import attribution

        model = attribution.explainable(network.model)
        pooled = attribution.pooled_network(model)
        if pooled is None or step >= network.length:
            raise ValueError("windows that share nothing")
        scales, self.head = pooled
        self.scales = [SharedScale(scale, network.length, step) for scale in scales]
        self.both_strands = attribution.sees_both_strands(model)
        self.averages = attribution.averages_strands(model)  # logits, else filters pool over both
        self.length, self.step, self.threads = network.length, step, threads
        self.last: Any = network.model.get_layer("probabilities")
        self.plain = PlainWindows(network, step)

    def log_probabilities(self, letters: np.ndarray) -> np.ndarray:
        """Return the logarithms of the probabilities of the classes in each window.

        Parameters
        ----------
        letters
            uint8 (letters,), ASCII IUPAC in upper case; of `length` at least.

        Returns
        -------
        numpy.ndarray
            float64 (windows, classes).
        """
        windows = (len(letters) - self.length) // self.step + 1
        if windows < 1:
            return np.empty((0, len(self.last.classes)))
        letters = letters[: (windows - 1) * self.step + self.length]
        totals, sound = self._pooled(letters)
        if not self.both_strands:
            logits = self._through_head(totals)
        else:
            others, other_sound = self._pooled(reverse_complement_letters(letters))
            others, sound = [of_scale[::-1] for of_scale in others], sound & other_sound[::-1]
            if self.averages:
                logits = (self._through_head(totals) + self._through_head(others)) / 2
            else:
                with np.errstate(invalid="ignore"):  # of what is not sound
                    both = list(map(np.logaddexp, totals, others))
                logits = self._through_head(both)
        logits[~sound] = 0
        found = calibrated(self.last, logits)
        if not sound.all():
            every = np.lib.stride_tricks.sliding_window_view(letters, self.length)[:: self.step]
            found[~sound] = self.plain.of_rows(every, np.flatnonzero(~sound))
        return found

    def _pooled(self, letters: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return what `_totals` does, of all windows of one strand."""
        from threadpoolctl import threadpool_limits

        windows = (len(letters) - self.length) // self.step + 1
        starts = range(0, windows, AT_ONCE)
        bases = np.ascontiguousarray(base_fractions(one_hot(letters)).T)
        ends = [min(start + AT_ONCE, windows) for start in starts]
        parts = [
            bases[:, start * self.step : (end - 1) * self.step + self.length]
            for start, end in zip(starts, ends, strict=True)
        ]
        # Each thread its own part: many small products gain nothing from being divided.
        with threadpool_limits(1), ThreadPoolExecutor(self.threads) as pool:
            found = list(pool.map(self._totals, parts))
        totals = [
            np.concatenate([totals[scale] for totals, _ in found]).astype(np.float32)
            for scale in range(len(self.scales))
        ]
        return totals, np.concatenate([sound for _, sound in found])

    def _totals(self, bases: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the totals of each scale, float32 (windows, filters), and which are sound."""
        found = [scale.totals(bases) for scale in self.scales]
        return [totals.T for totals, _ in found], np.all([sound for _, sound in found], axis=0)

    def _through_head(self, totals: Sequence[np.ndarray]) -> np.ndarray:
        """Return the logits of pooled scores, float64 (windows, outputs)."""
        import tensorflow as tf

        parts = []
        for start in range(0, len(totals[0]), HEADS):
            part = [of_scale[start : start + HEADS] for of_scale in totals]
            count = len(part[0])
            # TensorFlow compiles each number of rows anew: a few are enough.
            filled = max(1 << (count - 1).bit_length(), FEWEST)
            part = [np.pad(of_scale, ((0, filled - count), (0, 0))) for of_scale in part]
            parts.append(self.head([tf.constant(of_scale) for of_scale in part]).numpy()[:count])
        return np.concatenate(parts).astype(np.float64)


def calibrated(last: Any, logits: np.ndarray) -> np.ndarray:
    """Do in logarithms what `layers.ClassProbabilities` does to logits.

    Where a probability is 1 to single precision, its odds are still a number.

    Parameters
    ----------
    last
        The layer.
    logits
        float64 (n, outputs).

    Returns
    -------
    numpy.ndarray
        float64 (n, classes): the logarithms of the probabilities.
    """
    if last.priors is not None:
        logits = logits - last.of_logits(np.log(last.priors))
    logits = logits / last.temperature
    if last.biases is not None:
        logits = logits + last.of_logits(last.biases)
    if last.positive:
        both = np.zeros((len(logits), 2))
        both[:, last.classes.index(last.positive)] = logits[:, 0]
        logits = both
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


class PlainWindows:
    """Any model: each window is cut out and predicted by itself.

    Parameters
    ----------
    model
        A scorer with a `length`.
    step
        Bases between the starts of windows.
    length
        Bases of a window, where the model takes any.
    """

    def __init__(self, model: Network | Baseline, step: int, length: int | None = None) -> None:
        self.model, self.step = model, step
        self.length = model.length or length
        self.both_strands = _averages_strands(model)
        self.least = FLAT if isinstance(model, Network) else TINY

    def log_probabilities(self, letters: np.ndarray) -> np.ndarray:
        """Return the logarithms of the probabilities; see `SharedWindows.log_probabilities`."""
        if len(letters) < self.length:
            return np.empty((0, len(self.model.classes)))
        every = np.lib.stride_tricks.sliding_window_view(letters, self.length)[:: self.step]
        return self.of_rows(every, np.arange(len(every)))

    def of_rows(self, every: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return the logarithms of the probabilities of some windows, float64 (chosen, classes).

        Parameters
        ----------
        every
            uint8 (windows, length), ASCII IUPAC in upper case.
        chosen
            int (chosen,), which of them, at least one.
        """
        parts = [
            self.model.predict_rows(one_hot(every[chosen[start : start + PLAIN]]))
            for start in range(0, len(chosen), PLAIN)
        ]
        return np.log(np.clip(np.concatenate(parts), self.least, None))


def _averages_strands(model: Network | Baseline) -> bool:
    """Tell whether a sequence and its reverse complement have the same score."""
    if isinstance(model, Network):
        return any(layer.name == "both_strands" for layer in model.model.layers)
    return model.model.architecture == "gc_content" or getattr(model.model, "both_strands", False)


def window_scorer(
    model: Network | Baseline, step: int, threads: int, length: int | None = None
) -> SharedWindows | PlainWindows:
    """Return the fastest way to score the windows of a stretch that gives what the model says."""
    if isinstance(model, Network):
        try:
            return SharedWindows(model, step, threads)
        except ValueError:
            pass
    return PlainWindows(model, step, length)


def mean_log_probabilities(found: Sequence[np.ndarray]) -> np.ndarray:
    """Return the logarithms of the mean of probabilities, of which it is given the logarithms."""
    return np.logaddexp.reduce(found, axis=0) - np.log(len(found))


def log_odds(log_probabilities: np.ndarray) -> np.ndarray:
    """Return the log odds of each class against all others, in natural logarithms.

    Parameters
    ----------
    log_probabilities
        float64 (n, classes).

    Returns
    -------
    numpy.ndarray
        float64 (n, classes).
    """
    classes = log_probabilities.shape[1]
    against = [
        np.logaddexp.reduce(np.delete(log_probabilities, column, axis=1), axis=1)
        for column in range(classes)
    ]
    return log_probabilities - np.stack(against, axis=1)


def with_prior(
    log_probabilities: np.ndarray, trained: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """Return what the probabilities are where the classes are otherwise frequent (Bayes' rule).

    Parameters
    ----------
    log_probabilities
        float64 (n, classes), where class k has the share `trained[k]`.
    trained, expected
        float64 (classes,), the shares of the classes in the data that the model was calibrated
        with, and here.

    Returns
    -------
    numpy.ndarray
        float64 (n, classes), logarithms.
    """
    raised = log_probabilities + np.log(expected) - np.log(trained)
    return raised - np.logaddexp.reduce(raised, axis=1, keepdims=True)


class ModelOfWindows:
    """Models of one dataset as one scorer of the windows of a stretch: their mean.

    Parameters
    ----------
    fitted
        The models.
    step, threads
        See `SharedWindows`.
    length
        Bases of a window for models that take any; None: not known.
    trained, expected
        See `with_prior`; None: no prior.

    Attributes
    ----------
    classes
        Their names.
    tracks
        Indices of the classes that have scores: of two classes the positive one.
    oriented
        Whether a sequence and its reverse complement may have different scores.

    Raises
    ------
    UserError
        If the models take sequences of different lengths, or of no known one.
    """

    def __init__(
        self,
        fitted: Sequence[Network | Baseline],
        step: int,
        threads: int,
        length: int | None = None,
        trained: np.ndarray | None = None,
        expected: np.ndarray | None = None,
    ) -> None:
        self.scorers = [window_scorer(model, step, threads, length) for model in fitted]
        self.length = self.scorers[0].length
        for model, scorer in zip(fitted, self.scorers, strict=True):
            if not scorer.length:
                raise UserError(
                    f"{model.path}: takes sequences of any length; name the sequences.parquet of "
                    "its dataset with --known, whose longest sequence is then that of a window."
                )
            if scorer.length != self.length:
                raise UserError(
                    f"{model.path}: takes sequences of {scorer.length:,} letters, but "
                    f"{fitted[0].path} those of {self.length:,}; scan with models of one length."
                )
        self.classes = fitted[0].classes
        positive = _positive(fitted[0])
        two = len(self.classes) == 2
        self.tracks = [self.classes.index(positive)] if two else list(range(len(self.classes)))
        self.oriented = not all(scorer.both_strands for scorer in self.scorers)
        self.trained, self.expected = trained, expected

    def __call__(self, letters: np.ndarray) -> np.ndarray:
        """Return the log odds of all windows of a stretch: float64 (tracks, windows)."""
        found = mean_log_probabilities([of.log_probabilities(letters) for of in self.scorers])
        if self.trained is not None and self.expected is not None:
            found = with_prior(found, self.trained, self.expected)
        return log_odds(found)[:, self.tracks].T


def _positive(model: Network | Baseline) -> str:
    """Return the positive one of two classes, "" of more."""
    if isinstance(model, Network):
        return model.model.get_layer("probabilities").positive
    return model.model.positive
