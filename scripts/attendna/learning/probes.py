"""What cheap models tell of the data before a network is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from attendna.dna import reverse_complement
from attendna.learning import baselines

C = 0.01  # inverse strength of the penalty on all of them
LEAST = 1e-9  # probability that is reckoned with
ENOUGH, FOLDS = 500, 5  # validation records; with fewer, all are divided so often


@dataclass(frozen=True)
class Probes:
    """Cheap models that learned from some training records, to be tested on validation records.

    Attributes
    ----------
    x, x_validation
        uint8 (n, length, 4) training and validation records.
    y, y_validation
        int (n,), their classes as indices into `classes`.
    classes, positive
        As in encoded.npz.
    seed
        Of what is drawn at random.

    Raises
    ------
    UserError
        If a class has no training record.
    """

    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    classes: Sequence[str]
    positive: str
    seed: int

    @cached_property
    def positional(self) -> baselines.Baseline:
        """Return a logistic regression on the base at each position."""
        return self._fit("positional_logistic")

    @cached_property
    def words(self) -> baselines.Baseline:
        """Return a logistic regression on the words of 1 to 5 bases."""
        return self._fit("kmer_logistic", k=5, both_strands=False)

    @cached_property
    def words_of_both_strands(self) -> baselines.Baseline:
        """Return `words` with a word and its reverse complement counted together."""
        return self._fit("kmer_logistic", k=5, both_strands=True)

    def predicted(self, model: baselines.Baseline) -> np.ndarray:
        """Return what a model says of the validation records: float (n, classes)."""
        return baselines.predict(model, self.x_validation)

    def predicted_on_both_strands(self) -> np.ndarray:
        """Return the same of a `positional` that saw both strands and averages their logits."""
        both = replace(
            self,
            x=np.concatenate([self.x, reverse_complement(self.x)]),
            y=np.concatenate([self.y, self.y]),
        ).positional
        strands = (self.x_validation, reverse_complement(self.x_validation))
        logits = sum(np.log(np.maximum(baselines.predict(both, x), LEAST)) for x in strands) / 2
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    def _fit(self, architecture: str, **options) -> baselines.Baseline:
        known = {"classes": self.classes, "positive": self.positive, "seed": self.seed, "c": C}
        return baselines.FIT[architecture](
            self.x, self.y, self.x[:0], self.y[:0], **known, **options
        )

    def losses(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the log loss of each validation record, for probabilities (n, classes)."""
        rows = np.arange(len(self.y_validation))
        return -np.log(np.maximum(probabilities[rows, self.y_validation], LEAST))


def divisions(probes: Probes) -> list[Probes]:
    """Return the divisions of the data in which cheap models learn and are tested.

    It is the one given where there are validation records enough. Else training and validation
    records are divided anew, so that each of them is tested once: 14 records tell little, 70 more.
    """
    counts = np.unique(probes.y, return_counts=True)[1]
    if len(probes.y_validation) >= ENOUGH or min(counts, default=0) < FOLDS:
        return [probes]
    from sklearn.model_selection import StratifiedKFold

    x = np.concatenate([probes.x, probes.x_validation])
    y = np.concatenate([probes.y, probes.y_validation])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=probes.seed)
    return [
        replace(probes, x=x[train], y=y[train], x_validation=x[test], y_validation=y[test])
        for train, test in folds.split(y, y)
    ]


def joined(
    measure: Callable[[Probes], Sequence[np.ndarray]], divisions: Sequence[Probes]
) -> list[np.ndarray]:
    """Return what is measured of the validation records in all divisions, each kind by itself."""
    return [np.concatenate(kind) for kind in zip(*map(measure, divisions), strict=True)]


def standard_error(numbers: np.ndarray) -> float:
    """Return the standard error of the mean of numbers (n,)."""
    return float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
