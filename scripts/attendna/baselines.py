"""Trivial classifiers to compare a network with: logistic regression on k-mers or on positions.

`kmer_logistic` knows which words occur and not where; `positional_logistic` knows which base stands
where and no words. A network that beats neither has learned nothing that needs a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna.contracts import load_arrays, write_arrays
from attendna.errors import UserError

if TYPE_CHECKING:
    from scipy import sparse

CELLS = 2_000_000  # features held at a time as a dense block: what fits a CPU's cache best
# Tried in this order, from the strongest penalty on, when c is "auto".
C_GRID = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0]
ITERATIONS = 1000


@dataclass(frozen=True)
class Baseline:
    """A fitted logistic regression and how its features are made.

    Attributes
    ----------
    architecture
        "kmer_logistic" or "positional_logistic".
    classes
        The names of the classes, in the order of the probabilities.
    positive
        The positive of two classes, "" for more.
    coef
        float64 (rows, features); one row, for the second class, if there are two classes.
    intercept
        float64 (rows,).
    c
        The inverse strength of the L2 penalty that was used.
    k, both_strands
        See `kmer_features`; k is 0 for positions.
    length
        Positions that `positional_logistic` knows; 0 for k-mers, which take any length.
    """

    architecture: str
    classes: tuple[str, ...]
    positive: str
    coef: np.ndarray
    intercept: np.ndarray
    c: float
    k: int
    both_strands: bool
    length: int


def save(path: str | Path, model: Baseline) -> None:
    """Write a model as `.npz`, one array a field, no pickles."""
    write_arrays(path, asdict(model) | {"classes": np.array(model.classes, np.str_)})


def load(path: str | Path) -> Baseline:
    """Read what `save` wrote.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    arrays = load_arrays(path, [field.name for field in fields(Baseline)])
    scalars = ["architecture", "positive", "c", "k", "both_strands", "length"]
    classes = tuple(str(name) for name in arrays["classes"])
    return Baseline(
        **arrays | {name: arrays[name].item() for name in scalars} | {"classes": classes}
    )


# ------------------------------------------------------------------------------ features


def kmer_features(x: np.ndarray, k: int, both_strands: bool) -> Iterator[np.ndarray]:
    """Count the words of 1 to `k` letters and take square roots.

    The square root makes the variance of a count nearly independent of its mean (Bartlett 1936, J.
    R. Stat. Soc. Suppl. 3:68), so that one penalty suits common and rare words. Words with an
    ambiguous letter or padding are not counted.

    Parameters
    ----------
    x
        uint8 (n, length, 4), as in encoded.npz.
    k
        The longest word.
    both_strands
        Count a word and its reverse complement as one.

    Yields
    ------
    numpy.ndarray
        float32 (block, features), the records in order. Features are ordered by the length of the
        word, then alphabetically; of a word and its complement the first stands for both.
    """
    column, features = _kmer_columns(k, both_strands)
    rows = max(1, CELLS // features)
    for start in range(0, len(x), rows):
        block = np.asarray(x[start : start + rows])
        known = block.sum(axis=2, dtype=np.uint8) == 1
        base = block.argmax(axis=2)
        first = np.arange(len(block))[:, None] * features
        cells = []
        word, valid, offset = np.zeros_like(base), np.ones_like(known), 0
        for size in range(1, k + 1):
            positions = max(base.shape[1] - size + 1, 0)
            word = word[:, :positions] * 4 + base[:, size - 1 :]
            valid = valid[:, :positions] & known[:, size - 1 :]
            cells.append((first + column[offset + word])[valid])
            offset += 4**size
        counts = np.bincount(np.concatenate(cells), minlength=len(block) * features)
        yield np.sqrt(counts, dtype=np.float32).reshape(len(block), features)


def _kmer_columns(k: int, both_strands: bool) -> tuple[np.ndarray, int]:
    """Return the column of each word of 1 to k letters, and the number of columns."""
    offset, columns = 0, []
    for size in range(1, k + 1):
        word = np.arange(4**size)
        if both_strands:
            reverse = np.zeros_like(word)
            for place in range(size):  # complement of base b is 3 - b, in order A, C, G, T
                reverse = reverse * 4 + 3 - word // 4**place % 4
            word = np.minimum(word, reverse)
        columns.append(offset + word)
        offset += 4**size
    kept, column = np.unique(np.concatenate(columns), return_inverse=True)
    return column, len(kept)


def positional_features(x: np.ndarray) -> Iterator[np.ndarray]:
    """Give the share of each base at each position: one-hot, R is half A and half G, padding is 0.

    Parameters
    ----------
    x
        uint8 (n, length, 4), as in encoded.npz.

    Yields
    ------
    numpy.ndarray
        float32 (block, length * 4), the records in order.
    """
    rows = max(1, CELLS // max(x.shape[1] * 4, 1))
    for start in range(0, len(x), rows):
        block = np.asarray(x[start : start + rows], dtype=np.float32)
        shares = block / np.maximum(block.sum(axis=2, keepdims=True), 1)
        yield shares.reshape(len(block), -1)


# ------------------------------------------------------------------------------ fitting


def fit_kmer_logistic(
    x: np.ndarray,
    y: np.ndarray,
    x_validation: np.ndarray,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    c: float | str,
    k: int,
    both_strands: bool,
) -> Baseline:
    """Fit logistic regression with an L2 penalty to word counts, see `kmer_features`.

    Parameters
    ----------
    x, x_validation
        uint8 (n, length, 4) training and validation records.
    y, y_validation
        int (n,), their classes as indices into `classes`.
    classes, positive
        As in encoded.npz.
    c
        Inverse strength of the penalty, or "auto": the one with the lowest validation log loss.
    k, both_strands
        See `kmer_features`.

    Raises
    ------
    UserError
        If a class has no training record, or "auto" has no validation record.
    """
    from scipy import sparse

    train, validation = (
        sparse.vstack([sparse.csr_matrix(block) for block in kmer_features(part, k, both_strands)])
        if len(part)
        else None
        for part in (x, x_validation)
    )
    coef, intercept, c = _fit(train, y, validation, y_validation, classes, c)
    return Baseline(
        "kmer_logistic", tuple(classes), positive, coef, intercept, c, k, both_strands, length=0
    )


def fit_positional_logistic(
    x: np.ndarray,
    y: np.ndarray,
    x_validation: np.ndarray,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    c: float | str,
) -> Baseline:
    """Fit logistic regression with an L2 penalty to one-hot positions, see `positional_features`.

    Parameters and errors are those of `fit_kmer_logistic`.
    """
    train, validation = (
        np.concatenate(list(positional_features(part))) if len(part) else None
        for part in (x, x_validation)
    )
    coef, intercept, c = _fit(train, y, validation, y_validation, classes, c)
    return Baseline(
        "positional_logistic",
        tuple(classes),
        positive,
        coef,
        intercept,
        c,
        k=0,
        both_strands=False,
        length=x.shape[1],
    )


FIT = {"kmer_logistic": fit_kmer_logistic, "positional_logistic": fit_positional_logistic}


def _fit(
    train: np.ndarray | sparse.csr_matrix | None,
    y: np.ndarray,
    validation: np.ndarray | sparse.csr_matrix | None,
    y_validation: np.ndarray,
    classes: Sequence[str],
    c: float | str,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return coefficients, intercepts and the penalty that was used."""
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(y, minlength=len(classes))
    if not counts.all():
        raise UserError(
            f"the class {classes[int(counts.argmin())]!r} has no training record; give it some, or "
            "leave it out of the data."
        )
    if c != "auto":
        model = LogisticRegression(C=float(c), max_iter=ITERATIONS).fit(train, y)
        return model.coef_.astype(np.float64), model.intercept_.astype(np.float64), float(c)
    if validation is None:
        raise UserError(
            'c is "auto", which needs validation records, and there are none; set c to a number.'
        )
    # From the strongest penalty on, each fit starting where the last one ended. The loss falls and
    # then rises, so the first rise ends the search before the slow fits with a weak penalty.
    model = LogisticRegression(max_iter=ITERATIONS, warm_start=True)
    best, lowest = None, np.inf
    for candidate in C_GRID:
        model.set_params(C=candidate).fit(train, y)
        p = _probabilities(validation @ model.coef_.T + model.intercept_)
        loss = -np.mean(np.log(np.maximum(p[np.arange(len(p)), y_validation], 1e-15)))
        if loss >= lowest:
            break
        lowest = loss
        best = model.coef_.astype(np.float64), model.intercept_.astype(np.float64), candidate
    return best


# ------------------------------------------------------------------------------ predicting


def predict(model: Baseline, x: np.ndarray) -> np.ndarray:
    """Return float64 (n, classes): the probability of each class for each sequence.

    Parameters
    ----------
    model
        A fitted or loaded model.
    x
        uint8 (n, length, 4), as in encoded.npz; for `positional_logistic` of the length that it
        was fitted to.

    Raises
    ------
    UserError
        If the length is not the model's.
    """
    if model.architecture == "kmer_logistic":
        blocks = kmer_features(x, model.k, model.both_strands)
    elif x.shape[1] == model.length:
        blocks = positional_features(x)
    else:
        raise UserError(
            f"positional_logistic was fitted to sequences of {model.length} letters and can't "
            f"score sequences of {x.shape[1]}; cut them to that length or use another model."
        )
    weights = model.coef.T.astype(np.float32)
    scores = [block @ weights + model.intercept for block in blocks]
    return _probabilities(np.concatenate(scores or [np.empty((0, len(model.intercept)))]))


def _probabilities(scores: np.ndarray) -> np.ndarray:
    """Turn scores into probabilities: (n, 1) by the sigmoid for two classes, else softmax."""
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
