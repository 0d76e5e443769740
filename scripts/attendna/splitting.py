"""Divide records into training, validation and test sets with the classes in equal shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.contracts import SPLITS
from attendna.errors import UserError

TEST = 0  # stream of random keys: a test set is the same whatever fold and validation share


def stratified(
    y: np.ndarray,
    classes: Sequence[str],
    test: float,
    validation: float,
    folds: int,
    fold: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Divide records at random, each class in the same shares (the largest remainder decides).

    With one fold, `test` is cut from all records. With more, the records are dealt into `folds`
    disjoint test sets that together cover everything, and `test` plays no part. The validation
    set is cut from what is left. The shares are met within one record in every class, except
    where a class is so small that it would be missing from a set: each set gets at least one.

    The result depends on the arguments alone, not on the platform or NumPy's version: records are
    ordered by raw draws of PCG64.

    Parameters
    ----------
    y
        int (n,), index into `classes`.
    classes
        The names of the classes.
    test
        Share of the test set in all records.
    validation
        Share of the validation set in what is not test.
    folds
        1 for a single split, or the k of k-fold cross-validation.
    fold
        Which test set to take, from 1 to `folds`.
    seed
        Number, not negative, that decides the random order.

    Returns
    -------
    dict of str to numpy.ndarray
        `train`, `validation`, `test`: sorted int64 indices, disjoint, that cover all records.

    Raises
    ------
    UserError
        If a setting is out of its range or a class is too small.
    """
    if folds < 1 or not 1 <= fold <= folds:
        raise UserError(f"split.folds: {folds} folds have no fold {fold}; ask for one of them.")
    purpose = f"{folds} folds" if folds > 1 else "training, validation and test"
    _check_counts(y, classes, _records_needed(folds), purpose)
    records = np.arange(len(y))
    keys = _keys(len(y), seed, TEST)
    if folds == 1:
        chosen = _cut(records, y, keys, _share("test", test), leave=2)
    else:
        chosen = _deal(y, keys, folds) == fold - 1
    return _with_validation(records[~chosen], records[chosen], y, validation, seed, fold)


def fixed(
    splits: Sequence[str | None],
    y: np.ndarray,
    classes: Sequence[str],
    ids: Sequence[str],
    validation: float,
    folds: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Keep the split that came with the records; only a missing validation set is made.

    It is then cut from the training set as `stratified` does it.

    Parameters
    ----------
    splits
        (n,) train, validation or test.
    y
        int (n,), index into `classes`.
    classes
        The names of the classes.
    ids
        The id of each record, for errors.
    validation
        Share of the validation set in the training set, where it is missing.
    folds
        Must be 1: a fixed split is a single one.
    seed
        Number, not negative, that decides the random order.

    Returns
    -------
    dict of str to numpy.ndarray
        `train`, `validation`, `test`: sorted int64 indices, disjoint, that cover all records.

    Raises
    ------
    UserError
        If records lack a split, the training or test set is missing, a class is missing from a
        set, or more than one fold is asked for.
    """
    splits = np.asarray(splits, dtype=object)
    known = np.isin(splits, SPLITS)
    if not known.all():
        first = int(np.argmin(known))
        raise UserError(
            f"{known.sum()} records have a split and {(~known).sum()} have none of "
            f"{', '.join(SPLITS)}, such as record {ids[first]!r} (its split: {splits[first]}); "
            "give one to every record or to none."
        )
    if folds != 1:
        raise UserError(
            f"split.folds: {folds} folds can't be made where the data fix the split; "
            "set folds to 1, or remove the split from the data."
        )
    sets = {name: np.flatnonzero(splits == name) for name in SPLITS}
    for name in ("train", "test"):
        if not sets[name].size:
            raise UserError(
                f"the data fix the split, but no record has the split {name!r}; add records of "
                "it, or remove the split from all records to have one drawn."
            )
    if not sets["validation"].size:
        _check_counts(
            y[sets["train"]], classes, 2, "train, with validation still to be cut from it"
        )
        sets = _with_validation(sets["train"], sets["test"], y, validation, seed, fold=1)
    for name, records in sets.items():
        _check_counts(y[records], classes, 1, f"the split {name!r}, which the data fix")
    return sets


def _with_validation(
    rest: np.ndarray, test: np.ndarray, y: np.ndarray, share: float, seed: int, fold: int
) -> dict[str, np.ndarray]:
    """Cut the validation set from what is not test."""
    # Keys of the fold's own: with those of the test sets, folds would share most of it.
    keys = _keys(len(y), seed, fold)
    chosen = _cut(rest, y, keys, _share("validation", share), leave=1)
    return {"train": rest[~chosen], "validation": rest[chosen], "test": test}


def _cut(
    records: np.ndarray, y: np.ndarray, keys: np.ndarray, share: float, leave: int
) -> np.ndarray:
    """Choose a share of each class: bool mask of `records`; leave at least so many of a class."""
    of_class = y[records]
    present, position, counts = np.unique(of_class, return_inverse=True, return_counts=True)
    wanted = np.clip(_largest_remainder(counts * share), 1, counts - leave)
    order = np.lexsort((keys[records], of_class))
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(records), dtype=np.int64)  # of a record within its class
    rank[order] = np.arange(len(records)) - np.repeat(starts, counts)
    return rank < wanted[position]


def _largest_remainder(shares: np.ndarray) -> np.ndarray:
    """Round to integers whose total is the rounded total (Hamilton's method)."""
    whole = np.floor(shares).astype(np.int64)
    missing = int(np.floor(shares.sum() + 0.5)) - whole.sum()
    whole[np.argsort(whole - shares, kind="stable")[:missing]] += 1
    return whole


def _deal(y: np.ndarray, keys: np.ndarray, folds: int) -> np.ndarray:
    """Deal the records out like cards, class after class: the fold of each, from 0."""
    fold = np.empty(len(y), dtype=np.int64)
    fold[np.lexsort((keys, y))] = np.arange(len(y)) % folds
    return fold


def _keys(n: int, seed: int, stream: int) -> np.ndarray:
    """Return uint64 (n,), random numbers whose order is a random order."""
    return np.random.PCG64([seed, stream]).random_raw(n)


def _records_needed(folds: int) -> int:
    """Return how many records of a class put one into each set of every fold."""
    # Two folds hold half the records each, and train and validation must share the other half.
    return {1: 3, 2: 4}.get(folds, folds)


def _check_counts(y: np.ndarray, classes: Sequence[str], needed: int, what: str) -> None:
    for name, count in zip(classes, np.bincount(y, minlength=len(classes)), strict=True):
        if count < needed:
            raise UserError(
                f"class {name!r} has {count} records, too few for {what}: at least "
                f"{needed} are needed; add records of it or remove the class."
            )


def _share(name: str, value: float) -> float:
    if not 0 < value < 1:
        raise UserError(f"split.{name}: {value} is no share; choose a number between 0 and 1.")
    return value
