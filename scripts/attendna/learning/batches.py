"""What a network learns from, batch by batch: records, targets and weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from attendna.dna import reverse_complement
from attendna.learning.backend import keras
from attendna.learning.rows import shuffled


class Batches(keras.utils.PyDataset):
    """Batches of one split, gathered from the mapped `encoded.npz` as they are needed.

    Parameters
    ----------
    x
        uint8 (n, length, 4).
    targets
        float32 (n, outputs), see `targets`.
    weights
        float32 (n,), what each record counts.
    indices
        int64, the records of the split.
    batch_size
        Records of a batch; the last one of an epoch may hold fewer.
    seed
        Shuffles anew each epoch, by the seed and the number of the epoch alone; None keeps the
        order.
    mutation
        Share of the bases that are replaced by random ones, by epoch; beyond the last: none.
    reverse_complements
        Whether each sequence is shown as its reverse complement half of the times.
    devices
        Among how many devices each batch is divided, evenly: of the last batch of an epoch the
        remaining records are left out.
    """

    def __init__(
        self,
        x: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        indices: np.ndarray,
        batch_size: int,
        seed: int | None = None,
        mutation: Sequence[float] = (),
        reverse_complements: bool = False,
        devices: int = 1,
    ) -> None:
        super().__init__()
        self.x, self.targets, self.weights = x, targets, weights
        self.indices, self.batch_size, self.seed = indices, batch_size, seed
        self.mutation, self.reverse_complements = mutation, reverse_complements
        self.count = len(indices) // devices * devices
        self.start(epoch=0)

    def start(self, epoch: int) -> None:
        """Shuffle for an epoch, counted from 0, and mutate at its rate."""
        self.epoch = epoch
        if self.seed is None:
            self.order = self.indices
        else:
            rng = np.random.default_rng([self.seed, self.epoch])
            self.order = shuffled(self.x, self.indices, rng)
        self.order = self.order[: self.count]

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return math.ceil(self.count / self.batch_size)

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gather batch `i`."""
        chosen = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        x = self.x[chosen]
        # By the batch too: batches may be asked for in any order.
        rng = np.random.default_rng([self.seed or 0, self.epoch, i])
        if self.reverse_complements:
            other = rng.random(len(x)) < 0.5
            x[other] = reverse_complement(x[other])
        if self.epoch < len(self.mutation) and self.mutation[self.epoch]:
            x = mutate(x, self.mutation[self.epoch], rng)
        return x, self.targets[chosen], self.weights[chosen]


def mutate(x: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Replace bases by random ones; padding stays.

    A network that sees each sequence with other mutations can't learn it by heart (Lee et al.
    2023, EvoAug).

    Parameters
    ----------
    x
        uint8 (n, length, 4).
    rate
        Share of the positions; a quarter of them draws the base that was there.
    rng
        Where the randomness comes from.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length, 4), a copy.
    """
    mutated = x.copy()
    # The four numbers of a position are one of 32 bits, 0 at padding: far faster than to ask
    # for any of them, which took a fiftieth of a step.
    holds = mutated.view(np.uint32)[..., 0] != 0
    chosen = (rng.random(x.shape[:2], dtype=np.float32) < rate) & holds
    mutated[chosen] = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, chosen.sum())]
    return mutated


def targets(y: np.ndarray, classes: list[str], positive: str) -> np.ndarray:
    """Return what the outputs should be.

    Parameters
    ----------
    y
        int (n,), index into `classes`.
    classes, positive
        See `layers.ClassProbabilities`.

    Returns
    -------
    numpy.ndarray
        float32 (n, 1), 1 for the positive class, or one-hot (n, classes).
    """
    if positive:
        return (y == classes.index(positive)).astype(np.float32)[:, None]
    return np.eye(len(classes), dtype=np.float32)[y]


def class_weights(y: np.ndarray, classes: int, mode: str) -> np.ndarray:
    """Return what a record of each class counts: 1, or balanced, n / (classes * n_class)."""
    if mode == "none":
        return np.ones(classes, np.float32)
    counts = np.bincount(y, minlength=classes)
    return (len(y) / (classes * np.maximum(counts, 1))).astype(np.float32)
