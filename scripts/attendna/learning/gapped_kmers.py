"""Gapped k-mer support vector machines, the standard before networks (Ghandi et al. 2014).

The kernel of two sequences compares all their windows of `l` bases, on both strands, by the number
of mismatches. The package gkmsvm-lite computes it for the training records. What is fitted is a sum
over the windows of a sequence, so it is scored without the package: once a model, every one of the
4^l words gets its weight, and a sequence is the sum of the weights of its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import comb

import numpy as np

from attendna import finite, values
from attendna.errors import UserError

ARCHITECTURE = "gkm_svm"
PAIRS = 4_000_000  # pairs of windows compared at a time
REFITTING = "delete the model and fit it again, with a lower c where it has one"
LONGEST_WINDOW = 12  # bases, the most that the schema takes for l: 4^l words have a weight
ODD_BITS = np.uint32(0x55555555)


@dataclass(frozen=True)
class GkmSvm:
    """A fitted machine, one against the rest for each class (for two classes: for the second).

    Attributes
    ----------
    architecture
        "gkm_svm".
    classes, positive
        As in encoded.npz.
    support
        uint8 (records, length, 4), the training records with a weight.
    weights
        float64 (machines, records): the weight of each support record's normalised kernel.
    bias
        float64 (machines,).
    coef, intercept
        float64 (rows, machines) and (rows,): from decision values to logits (Platt scaling).
    mismatches
        float64 (l + 1,): what two windows with that many mismatches add to the kernel.
    available
        Training records that there were; `sampled` of them were used.
    sampled
        See `available`.
    l, k, d
        Bases of a window, of them informative, and the mismatches that still count.
    c
        The inverse strength of regularisation.
    length
        0: any length can be scored.
    """

    architecture: str
    classes: tuple[str, ...]
    positive: str
    support: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    mismatches: np.ndarray
    available: int
    sampled: int
    l: int  # noqa: E741 the name that the field gives it
    k: int
    d: int
    c: float
    length: int = 0


def check(model: GkmSvm) -> None:
    """Raise `ValueError` if what was read from a file is no machine that can score sequences."""
    for name in ("weights", "bias", "mismatches"):
        values.numbers(getattr(model, name), name)
    machines, records = model.weights.shape
    values.require(model.l in range(2, LONGEST_WINDOW + 1), f"l is not from 2 to {LONGEST_WINDOW}")
    shapes = {
        "support": (records, *model.support.shape[1:2], 4),
        "bias": (machines,),
        "coef": (len(model.intercept), machines),
        "mismatches": (model.l + 1,),
    }
    for name, shape in shapes.items():
        found = getattr(model, name).shape
        values.require(found == shape, f"{name} does not belong to the other arrays")
    values.require(model.support.dtype == np.uint8, "support holds no bytes")
    values.one_hot(model.support)


def describe(model: GkmSvm) -> str:
    """Say in a line for the log what was fitted, and on how many records."""
    text = f"{ARCHITECTURE}: {len(model.support):,} support records, c = {model.c:g}"
    if model.sampled < model.available:
        text += (
            f"; trained on a sample of {model.sampled:,} of {model.available:,} training records, "
            "since its time grows with their square (max_records)"
        )
    return text


# ------------------------------------------------------------------------------ fitting


def fit(
    x: np.ndarray,
    y: np.ndarray,
    x_validation: np.ndarray,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    seed: int,
    l: int,  # noqa: E741
    k: int,
    d: int,
    c: float,
    max_records: int,
) -> GkmSvm:
    """Fit support vector machines to gapped k-mers, and their probabilities to validation.

    The kernel is that of LS-GKM (Lee 2016, Bioinformatics 32:2196): the estimated count of gapped
    k-mers, up to `d` mismatches, normalised so that a sequence with itself is 1. Decision values
    become probabilities by logistic regression on the validation records (Platt 1999). Of more
    than two classes each has a machine against the rest.

    Parameters
    ----------
    x, x_validation
        uint8 (n, length, 4) training and validation records. Training records with ambiguous
        letters or shorter than `l` are left out.
    y, y_validation
        int (n,), their classes as indices into `classes`.
    classes, positive
        As in encoded.npz.
    seed
        Of the sample.
    l, k, d
        See `GkmSvm`.
    c
        Inverse strength of regularisation.
    max_records
        Of more training records, that many are drawn, each class in its proportion.

    Raises
    ------
    UserError
        If the package is missing or a class has no record to train on or to validate with.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    kernel = _kernel(l, k, d)
    x, x_validation = np.asarray(x), np.asarray(x_validation)
    fit_for = np.flatnonzero(_plain(x) & (x.any(axis=2).sum(axis=1) >= l))
    for what, found in (("training", y[fit_for]), ("validation", y_validation)):
        counts = np.bincount(found, minlength=len(classes))
        if not counts.all():
            raise UserError(
                f"{ARCHITECTURE}: the class {classes[int(counts.argmin())]!r} has no {what} record "
                f"of {l} or more letters A, C, G and T; give it some, or leave the model out."
            )
    chosen = fit_for[_sample(y[fit_for], max_records, seed)]
    x_train, y_train = np.asarray(x[chosen]), y[chosen]
    gram = _gram(kernel, x_train)
    machines = [1] if len(classes) == 2 else range(len(classes))
    weights, bias = np.zeros((len(machines), len(chosen))), np.zeros(len(machines))
    for row, index in enumerate(machines):
        machine = SVC(C=c, kernel="precomputed").fit(gram, y_train == index)
        weights[row, machine.support_] = machine.dual_coef_[0]
        bias[row] = machine.intercept_[0]
    support = weights.any(axis=0)
    fitted = GkmSvm(
        ARCHITECTURE,
        tuple(classes),
        positive,
        x_train[support],
        weights[:, support],
        bias,
        coef=np.eye(len(machines)),
        intercept=np.zeros(len(machines)),
        mismatches=np.asarray(kernel._mismatch_table, np.float64),
        available=len(x),
        sampled=len(chosen),
        l=l,
        k=k,
        d=d,
        c=float(c),
    )
    platt = LogisticRegression().fit(scores(fitted, x_validation), y_validation)
    return replace(fitted, coef=platt.coef_, intercept=platt.intercept_)


def _kernel(l: int, k: int, d: int):  # noqa: E741
    try:
        from gkmsvm.kernels.esttrunc import EstTruncGkmKernel
    except ImportError as error:
        raise UserError(
            f"{ARCHITECTURE} needs the package gkmsvm-lite, which is not installed (it does not "
            "exist for Linux on ARM); install it, or leave this model out of the config."
        ) from error
    return EstTruncGkmKernel(l, k, d=d)


def _plain(x: np.ndarray) -> np.ndarray:
    """Say of each record whether no letter is ambiguous."""
    return (x.sum(axis=2, dtype=np.uint8) <= 1).all(axis=1)


def _sample(y: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw `count` records, at least one a class and else in proportion; sorted indices."""
    if len(y) <= count:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    first = np.unique(y[order], return_index=True)[1]
    rest = np.setdiff1d(np.arange(len(y)), first)
    # Evenly along the records sorted by class: each class in its proportion.
    rest = rest[np.argsort(y[order[rest]], kind="stable")]
    even = np.linspace(0, len(rest), max(count - len(first), 0), endpoint=False).astype(int)
    return np.sort(order[np.concatenate([first, rest[even]])])


def _gram(kernel, x: np.ndarray) -> np.ndarray:
    """Return the kernel of all pairs of records, (n, n); the package takes one length at a time."""
    from gkmsvm.gram import compute_gram

    letters = x.any(axis=2)
    length = letters.sum(axis=1)
    gram = np.empty((len(x), len(x)))
    blocks = []
    for size in np.unique(length):
        members = np.flatnonzero(length == size)
        block = x[members][letters[members]].reshape(len(members), size, 4)
        blocks.append((members, block.transpose(0, 2, 1).astype(np.float64)))
    for i, (rows, a) in enumerate(blocks):
        gram[np.ix_(rows, rows)] = compute_gram(kernel, a)
        for columns, b in blocks[:i]:
            part = compute_gram(kernel, a, b)
            gram[np.ix_(rows, columns)] = part
            gram[np.ix_(columns, rows)] = part.T
    return gram


# ------------------------------------------------------------------------------ scoring


def scores(model: GkmSvm, x: np.ndarray, name: str = ARCHITECTURE) -> np.ndarray:
    """Return the logits of sequences: float64 (n, 1) for two classes, else (n, classes).

    Windows with an ambiguous letter or padding are not counted.

    Parameters
    ----------
    model
        A fitted machine.
    x
        uint8 (n, length, 4), as in encoded.npz, of any length.
    name
        Of the model, for the sentence where it fails.

    Raises
    ------
    UserError
        If a logit is not a number.
    """
    weights = _word_weights(model)
    decisions = np.empty((len(x), len(model.bias)))
    for part in _blocks(x, model.l):
        words, valid = _words(x[part], model.l)
        norm = _norm(words, valid, model)
        sums = np.stack([(row[words] * valid).sum(axis=1) for row in weights], axis=1)
        decisions[part] = sums / np.where(norm, norm, 1)[:, None] + model.bias
    logits = decisions @ model.coef.T + model.intercept
    return finite.check(logits, f"the scores of {name}", REFITTING)


def _word_weights(model: GkmSvm) -> np.ndarray:
    """Return what a window adds to the decision of each machine: float64 (machines, 4^l)."""
    total = np.zeros((len(model.weights), 4**model.l))
    for part in _blocks(model.support, model.l):
        words, valid = _words(model.support[part], model.l)
        shares = model.weights[:, part] / _norm(words, valid, model)
        for both in (words, _reverse(words, model.l)):
            for row, share in zip(total, shares, strict=True):
                weight = share[:, None] * valid
                row += np.bincount(both.ravel(), weight.ravel(), minlength=len(row))
    return np.stack([_spread(row, model.mismatches) for row in total])


def _blocks(x: np.ndarray, l: int) -> list[slice]:  # noqa: E741
    windows = max(x.shape[1] - l + 1, 1)
    rows = max(1, PAIRS // (2 * windows**2))
    return [slice(start, start + rows) for start in range(0, len(x), rows)]


def _words(x: np.ndarray, l: int) -> tuple[np.ndarray, np.ndarray]:  # noqa: E741
    """Turn windows of `l` bases to numbers, two bits a base; say which hold plain letters only.

    Returns
    -------
    words, valid
        uint32 and bool (n, windows).
    """
    plain = x.sum(axis=2, dtype=np.uint8) == 1
    base = x.argmax(axis=2).astype(np.uint32)
    windows = max(x.shape[1] - l + 1, 0)
    words = np.zeros((len(x), windows), np.uint32)
    valid = np.ones((len(x), windows), bool)
    for place in range(l if windows else 0):
        words = words << 2 | base[:, place : place + windows]
        valid &= plain[:, place : place + windows]
    return words, valid


def _reverse(words: np.ndarray, l: int) -> np.ndarray:  # noqa: E741
    """Turn words to their reverse complements."""
    reverse = np.zeros_like(words)
    for place in range(l):
        reverse = reverse << 2 | (3 - (words >> 2 * place & 3))
    return reverse


def _differences(words: np.ndarray) -> np.ndarray:
    """Count the letters of words that are not A; of `a ^ b`, the mismatches of a and b."""
    return np.bitwise_count((words | words >> 1) & ODD_BITS)


def _norm(words: np.ndarray, valid: np.ndarray, model: GkmSvm) -> np.ndarray:
    """Return the square root of the kernel of each sequence with itself, (n,)."""
    total = np.zeros(len(words))
    for other in (words, _reverse(words, model.l)):
        differences = _differences(words[:, :, None] ^ other[:, None, :])
        pairs = valid[:, :, None] & valid[:, None, :]
        total += (model.mismatches[differences] * pairs).sum(axis=(1, 2))
    return np.sqrt(total)


def _spread(weights: np.ndarray, mismatches: np.ndarray) -> np.ndarray:
    """Give every word the weights of all words, each by the number of mismatches.

    A sum over 4^l x 4^l pairs, taken as a product in the eigenbasis that all functions of the
    number of mismatches share (the Hamming scheme; Delsarte 1973): the Walsh-Hadamard basis, where
    a word with j letters other than A has the Krawtchouk polynomials of j as eigenvalues.
    """
    length = len(mismatches) - 1
    eigenvalues = np.empty(length + 1)
    for j in range(length + 1):
        matches = [comb(length - j, i) * 3**i for i in range(length - j + 1)]  # (1 + 3 t)^(l - j)
        others = [comb(j, i) * (-1) ** i for i in range(j + 1)]  # (1 - t)^j
        eigenvalues[j] = np.convolve(matches, others) @ mismatches
    letters = _differences(np.arange(len(weights), dtype=np.uint32))
    return _walsh(_walsh(weights) * eigenvalues[letters]) / len(weights)


def _walsh(values: np.ndarray) -> np.ndarray:
    """Return the Walsh-Hadamard transform, not normalised; its length is a power of 2."""
    step = 1
    while step < len(values):
        pairs = values.reshape(-1, 2, step)
        values = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
        step *= 2
    return values
