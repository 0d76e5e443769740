"""Simple classifiers to compare a network with.

Logistic regressions: `gc_content` knows only how much G and C there is, `kmer_logistic` which words
occur and not where, `positional_logistic` which base stands where and no words. A network that
beats none of them has learned nothing that needs a network. `gkm_svm`, in `gapped_kmers`, is what
the field used before networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna import finite, mapped, values
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.dna import CROPS
from attendna.errors import UserError
from attendna.intact_files import reading
from attendna.learning import gapped_kmers
from attendna.learning.rows import Rows

if TYPE_CHECKING:
    from scipy import sparse

CELLS = 2_000_000  # features held at a time as a dense block: what fits a CPU's cache best
MOST_INT32 = np.iinfo(np.int32).max  # entries of a matrix that indices of 32 bits can count
LONGEST_WORD = 8  # the most that the schema takes for k
# Tried in this order, from the strongest penalty on, when c is "auto".
C_GRID = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0]
ITERATIONS = 1000
GC_PENALTY = 1.0  # c of gc_content: weak, since three numbers can't learn records by heart


@dataclass(frozen=True)
class Baseline:
    """A fitted logistic regression and how its features are made.

    Attributes
    ----------
    architecture
        "gc_content", "kmer_logistic" or "positional_logistic".
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
        See `kmer_features`; k is 0 for the others.
    length
        Positions that `positional_logistic` knows; 0 for the others, which take any length.
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


def save(
    path: str | Path, model: Baseline | gapped_kmers.GkmSvm, row_length: int = 0, crop: str = ""
) -> None:
    """Write a model as `.npz`, one array a field, no pickles.

    `row_length` and `crop` say how sequences of other lengths were brought to that of the rows
    (see `cropping.offsets`); `crop` is "" if all simply had it.
    """
    rows = {"row_length": np.array(row_length), "crop": np.array(crop, np.str_)}
    write_arrays(path, asdict(model) | {"classes": np.array(model.classes, np.str_)} | rows)


def load_rows(path: str | Path) -> tuple[int, str]:
    """Read the `row_length` and the `crop` that `save` wrote.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    rows = load_arrays(path, ["row_length", "crop"])
    with reading(path, verified=False):
        values.whole_numbers(rows["row_length"].ravel(), "row_length")
        values.known([str(rows["crop"])], "crop", ["", *CROPS])
    return int(rows["row_length"]), str(rows["crop"])


def load(path: str | Path) -> Baseline | gapped_kmers.GkmSvm:
    """Read what `save` wrote.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    architecture = load_arrays(path, ["architecture"])["architecture"].item()
    kind = gapped_kmers.GkmSvm if architecture == gapped_kmers.ARCHITECTURE else Baseline
    arrays = load_arrays(path, [field.name for field in fields(kind)])
    scalars = {name: array.item() for name, array in arrays.items() if not array.ndim}
    with reading(path, verified=False):
        names = {"classes": tuple(str(name) for name in arrays["classes"])}
        model = kind(**arrays | scalars | names)
        _check(model)
    return model


def _check(model: Baseline | gapped_kmers.GkmSvm) -> None:
    """Raise `ValueError` if what was read is no model that can score sequences."""
    values.class_names(model.classes)
    values.known([model.positive], "the positive class", ["", *model.classes])
    rows = 1 if len(model.classes) == 2 else len(model.classes)
    values.require(model.intercept.shape == (rows,), "intercept does not belong to the classes")
    values.numbers(model.intercept, "intercept")
    values.numbers(model.coef, "coef")
    if isinstance(model, gapped_kmers.GkmSvm):
        gapped_kmers.check(model)
        return
    values.require(model.architecture in FIT, "no architecture of a baseline")
    values.require(model.k in range(LONGEST_WORD + 1), f"k is not from 0 to {LONGEST_WORD}")
    features = {
        "gc_content": lambda: 2,
        "kmer_logistic": lambda: _kmer_columns(model.k, model.both_strands)[1],
        "positional_logistic": lambda: 4 * model.length,
    }[model.architecture]()
    values.require(model.coef.shape == (rows, features), "coef does not belong to the features")


# ------------------------------------------------------------------------------ features


def kmer_features(x: np.ndarray | Rows, k: int, both_strands: bool) -> Iterator[np.ndarray]:
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


def _as_matrix(blocks: Iterator[np.ndarray]) -> sparse.csr_matrix:
    """Stack blocks of features to a sparse matrix, which is mapped from temporary files.

    Whoever goes through it again and again, as the solver does, needs memory for none of it.
    """
    from scipy import sparse

    entries, columns = mapped.Growing(np.float32), mapped.Growing(np.int32)
    ends = [np.zeros(1, np.int64)]
    for block in blocks:
        some = sparse.csr_matrix(block)
        entries.append(some.data)
        columns.append(some.indices)
        ends.append(ends[-1][-1] + some.indptr[1:].astype(np.int64))
    bounds = np.concatenate(ends)
    matrix = sparse.csr_matrix((len(bounds) - 1, block.shape[1]), dtype=np.float32)
    # Set one by one: the constructor would copy what is mapped if an index needed 64 bits.
    matrix.data, matrix.indices = entries.mapped(), columns.mapped()
    if bounds[-1] > MOST_INT32:
        narrow, matrix.indices = matrix.indices, mapped.zeros(len(matrix.indices), np.int64)
        for first in range(0, len(narrow), CELLS):
            matrix.indices[first : first + CELLS] = narrow[first : first + CELLS]
    matrix.indptr = bounds.astype(matrix.indices.dtype)  # both are of one kind
    return matrix


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


def gc_features(x: np.ndarray | Rows) -> Iterator[np.ndarray]:
    """Give the GC content and its square, so that a class can be in the middle or at both ends.

    Letters that could be either way (N, R, ...) and padding are not counted, S and W are.

    Parameters
    ----------
    x
        uint8 (n, length, 4), as in encoded.npz.

    Yields
    ------
    numpy.ndarray
        float32 (block, 2), the records in order: in tenths from one half, 0 where no letter tells.
    """
    rows = max(1, CELLS // max(x.shape[1] * 4, 1))
    for start in range(0, len(x), rows):
        block = np.asarray(x[start : start + rows], dtype=bool)
        strong, weak = block[:, :, 1:3].any(axis=2), block[:, :, ::3].any(axis=2)
        gc, at = (np.sum(a & ~b, axis=1) for a, b in ((strong, weak), (weak, strong)))
        tenths = 5 * (gc - at) / np.maximum(gc + at, 1)
        yield np.stack([tenths, tenths**2], axis=1).astype(np.float32)


def positional_features(x: np.ndarray | Rows) -> Iterator[np.ndarray]:
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
    x: np.ndarray | Rows,
    y: np.ndarray,
    x_validation: np.ndarray | Rows,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    seed: int,
    c: float | str,
    k: int,
    both_strands: bool,
) -> Baseline:
    """Fit logistic regression with an L2 penalty to word counts, see `kmer_features`.

    Parameters
    ----------
    x, x_validation
        uint8 (n, length, 4) training and validation records; as `Rows` no more than a block of
        them is in memory.
    y, y_validation
        int (n,), their classes as indices into `classes`.
    classes, positive
        As in encoded.npz.
    seed
        Not used: nothing is drawn at random.
    c
        Inverse strength of the penalty, or "auto": the one with the lowest validation log loss.
    k, both_strands
        See `kmer_features`.

    Raises
    ------
    UserError
        If a class has no training record, or "auto" has no validation record.
    """
    train, validation = (
        _as_matrix(kmer_features(part, k, both_strands)) if len(part) else None
        for part in (x, x_validation)
    )
    coef, intercept, c = _fit(train, y, validation, y_validation, classes, c)
    return Baseline(
        "kmer_logistic", tuple(classes), positive, coef, intercept, c, k, both_strands, length=0
    )


def fit_gc_content(
    x: np.ndarray | Rows,
    y: np.ndarray,
    x_validation: np.ndarray | Rows,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    seed: int,
) -> Baseline:
    """Fit logistic regression to the GC content, see `gc_features`.

    Parameters and errors are those of `fit_kmer_logistic`; validation records are not needed.
    """
    train = np.concatenate(list(gc_features(x))) if len(x) else None
    coef, intercept, c = _fit(train, y, None, y_validation, classes, GC_PENALTY)
    names = tuple(classes), positive
    return Baseline("gc_content", *names, coef, intercept, c, k=0, both_strands=False, length=0)


def fit_positional_logistic(
    x: np.ndarray | Rows,
    y: np.ndarray,
    x_validation: np.ndarray | Rows,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    seed: int,
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


FIT = {
    "gc_content": fit_gc_content,
    "kmer_logistic": fit_kmer_logistic,
    "positional_logistic": fit_positional_logistic,
    gapped_kmers.ARCHITECTURE: gapped_kmers.fit,
}


def describe(model: Baseline | gapped_kmers.GkmSvm) -> str:
    """Say in a line for the log what was fitted."""
    if isinstance(model, gapped_kmers.GkmSvm):
        return gapped_kmers.describe(model)
    return f"{model.architecture}: {model.coef.shape[1]:,} features, c = {model.c:g}"


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
        scores = validation @ model.coef_.T + model.intercept_
        p = _probabilities(scores, f"the logistic regression with c = {candidate:g}")
        loss = -np.mean(np.log(np.maximum(p[np.arange(len(p)), y_validation], 1e-15)))
        if loss >= lowest:
            break
        lowest = loss
        best = model.coef_.astype(np.float64), model.intercept_.astype(np.float64), candidate
    return best


# ------------------------------------------------------------------------------ predicting


def predict(
    model: Baseline | gapped_kmers.GkmSvm, x: np.ndarray | Rows, name: str | None = None
) -> np.ndarray:
    """Return float64 (n, classes): the probability of each class for each sequence.

    Parameters
    ----------
    model
        A fitted or loaded model.
    x
        uint8 (n, length, 4), as in encoded.npz; for `positional_logistic` of the length that it
        was fitted to.
    name
        Of the model, for the sentence where it fails; None: its architecture.

    Raises
    ------
    UserError
        If the length is not the model's, or a probability is not a number.
    """
    name = name or model.architecture
    if isinstance(model, gapped_kmers.GkmSvm):
        return _probabilities(gapped_kmers.scores(model, x, name), name)
    if model.architecture == "gc_content":
        blocks = gc_features(x)
    elif model.architecture == "kmer_logistic":
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
    return _probabilities(np.concatenate(scores or [np.empty((0, len(model.intercept)))]), name)


def _probabilities(scores: np.ndarray, name: str) -> np.ndarray:
    """Turn scores into probabilities: (n, 1) by the sigmoid for two classes, else softmax."""
    finite.check(scores, f"the scores of {name}", gapped_kmers.REFITTING)
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
