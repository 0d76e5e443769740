"""Divide records into training, validation and test sets with the classes in equal shares.

At random, by whole groups of related records, by whole chromosomes, or as the data fix it; as one
split or as folds. Every result depends on the arguments alone, not on the platform or NumPy's
version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data.drawing import TEST, cut, deal, random_keys
from attendna.data.whole_groups import GROUP_REMEDY, cut_units, deal_units, unit_counts
from attendna.errors import UserError
from attendna.wording import counted

GROUPS = ("group of related records", "groups of related records")
CHROMOSOMES = ("chromosome", "chromosomes")
CHROMOSOME_REMEDY = "choose the strategy stratified_group, or add records from more chromosomes"


@dataclass(frozen=True, kw_only=True)
class Division:
    """How records are to be divided.

    Attributes
    ----------
    test
        Share of the test set in all records. With more folds than one it plays no part.
    validation
        Share of the validation set in what is not test.
    folds
        1 for a single split, or the k of k-fold cross-validation.
    fold
        Which of the folds to test, from 1 to `folds`.
    seed
        Number, not negative, that decides the random order.
    """

    test: float
    validation: float
    folds: int
    fold: int
    seed: int

    def share(self, name: str) -> float:
        """Return the share of the set `test` or `validation`; raise if it is none."""
        value = getattr(self, name)
        if not 0 < value < 1:
            raise UserError(f"split.{name}: {value} is no share; choose a number between 0 and 1.")
        return value

    def check_fold(self) -> None:
        """Raise if there is no such fold."""
        if self.folds < 1 or not 1 <= self.fold <= self.folds:
            raise UserError(
                f"split.folds: {self.folds}, so there is no fold {self.fold}; they are numbered "
                "from 1."
            )

    @property
    def purpose(self) -> str:
        """What every class is needed for, in words."""
        return f"{self.folds} folds" if self.folds > 1 else "training, validation and test"

    @property
    def needed(self) -> int:
        """How many records (or units) of a class put one into each set of every fold."""
        # Two folds hold half the records each, and train and validation must share the other half.
        return {1: 3, 2: 4}.get(self.folds, self.folds)


def stratified(y: np.ndarray, classes: Sequence[str], division: Division) -> dict[str, np.ndarray]:
    """Divide records at random, each class in the same shares (the largest remainder decides).

    With one fold, `test` is cut from all records. With more, the records are dealt into `folds`
    disjoint test sets that together cover everything, and `test` plays no part. The validation
    set is cut from what is left. The shares are met within one record in every class, except
    where a class is so small that it would be missing from a set: each set gets at least one.

    Parameters
    ----------
    y
        int (n,), index into `classes`.
    classes
        The names of the classes.
    division
        The shares, folds and seed.

    Returns
    -------
    dict of str to numpy.ndarray
        `train`, `validation`, `test`: sorted int64 indices, disjoint, that cover all records.

    Raises
    ------
    UserError
        If a setting is out of its range or a class is too small.
    """
    division.check_fold()
    _check_counts(y, classes, division.needed, division.purpose)
    records = np.arange(len(y))
    keys = random_keys(len(y), division.seed, TEST)
    if division.folds == 1:
        chosen = cut(records, y, keys, division.share("test"), leave=2)
    else:
        chosen = deal(y, keys, division.folds) == division.fold - 1
    return _with_validation(records[~chosen], records[chosen], y, division)


def stratified_group(
    y: np.ndarray, classes: Sequence[str], groups: np.ndarray, division: Division
) -> dict[str, np.ndarray]:
    """Divide records like `stratified`, but never separate a group.

    Groups of two records or more are placed first, the largest before the others, each in the set
    or not with a probability that keeps the set at its share in every class; a group that would
    overfill the set stays with the rest, and so a group larger than the test share is trained on.
    Records without relatives then fill each class up to its share, so the shares are met like
    those of `stratified` where there are enough of them, and the result is that of `stratified`
    where no record has a relative. Of folds, each group goes to the one that lacks its classes
    most; there a group larger than a fold is a fold of its own.

    Parameters
    ----------
    y, classes, division
        See `stratified`.
    groups
        int (n,), the group of each record.

    Returns
    -------
    dict of str to numpy.ndarray
        `train`, `validation`, `test`: sorted int64 indices, disjoint, that cover all records.

    Raises
    ------
    UserError
        If a setting is out of its range or a class has too few records or groups.
    """
    division.check_fold()
    _check_counts(y, classes, division.needed, division.purpose)
    _check_units(y, classes, groups, division, GROUPS, GROUP_REMEDY)
    return _by_units(y, groups, division)


def chromosome(
    y: np.ndarray,
    classes: Sequence[str],
    chromosomes: Sequence[str | None],
    ids: Sequence[str],
    division: Division,
    *,
    test_chromosomes: Sequence[str] | None = None,
    validation_chromosomes: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Divide records by whole chromosomes, named ones or such that the shares are met.

    Parameters
    ----------
    y, classes, division
        See `stratified`.
    chromosomes
        (n,) the chromosome of each record.
    ids
        The id of each record, for errors.
    test_chromosomes, validation_chromosomes
        The chromosomes of these sets; None: chosen at random so that each class comes close to
        its share.

    Returns
    -------
    dict of str to numpy.ndarray
        `train`, `validation`, `test`: sorted int64 indices, disjoint, that cover all records.

    Raises
    ------
    UserError
        If a record has no chromosome, a name is unknown or in both sets, a class is missing from
        a set, or there are too few chromosomes.
    """
    division.check_fold()
    names = np.asarray(chromosomes, dtype=object)
    missing = np.flatnonzero(names == None)  # noqa: E711  (element by element)
    if missing.size:
        raise UserError(
            "split.strategy: chromosome needs the chromosome of every record, but there is none "
            f"for {counted(missing.size, 'record')}, first {str(ids[missing[0]])!r}; give the data "
            "as BED, or choose stratified_group."
        )
    known, units = np.unique(names.astype(str), return_inverse=True)
    named = {"test": test_chromosomes, "validation": validation_chromosomes}
    _check_named_chromosomes(named, known, division.folds)
    if test_chromosomes is None and validation_chromosomes is None:
        _check_units(y, classes, units, division, CHROMOSOMES, CHROMOSOME_REMEDY)
        return _by_units(y, units, division)
    in_set = {part: np.isin(known, given or [])[units] for part, given in named.items()}
    records = np.arange(len(y))
    if test_chromosomes is None:
        free = records[~in_set["validation"]]
        share = min(division.share("test") * len(y) / max(len(free), 1), 0.5)
        chosen = cut_units(free, y, units, share, division.seed, TEST, leave=1)
        in_set["test"][free[chosen]] = True
    if validation_chromosomes is None:
        rest = records[~in_set["test"]]
        in_set["validation"][rest[_validation_units(rest, y, units, division)]] = True
    train = ~(in_set["test"] | in_set["validation"])
    sets = {"train": train, "validation": in_set["validation"], "test": in_set["test"]}
    split = {part: np.flatnonzero(chosen) for part, chosen in sets.items()}
    for part, chosen in split.items():
        _check_counts(y[chosen], classes, 1, f"the chromosomes of the {part} set")
    return split


def fixed(
    splits: Sequence[str | None],
    y: np.ndarray,
    classes: Sequence[str],
    ids: Sequence[str],
    division: Division,
    groups: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Keep the split that came with the records; only a missing validation set is made.

    It is then cut from the training set as `stratified` does it, or `stratified_group` where there
    are groups.

    Parameters
    ----------
    splits
        (n,) train, validation or test; or the number of the fold that tests a record, from 1.
    y
        int (n,), index into `classes`.
    classes
        The names of the classes.
    ids
        The id of each record, for errors.
    division
        Its `validation` is the share in the training set, where the validation set is missing;
        its `folds` are 1 or as many as the data name.
    groups
        int (n,), the group of each record, which a validation set must not separate; None: there
        are none.

    Returns
    -------
    dict of str to numpy.ndarray
        `train`, `validation`, `test`: sorted int64 indices, disjoint, that cover all records.

    Raises
    ------
    UserError
        If records lack a split, the training or test set is missing, a class is missing from a
        set, or other folds are asked for than the data name.
    """
    splits = np.asarray(splits, dtype=object)
    if all(split is not None and FOLD.fullmatch(split) for split in splits):
        splits = _of_fold(splits, division)
    elif division.folds != 1 and np.isin(splits, SPLITS).all():
        raise UserError(
            f"split.folds: {division.folds} folds can't be made where the data fix the split; "
            "set folds to 1, or remove the split from the data."
        )
    known = np.isin(splits, SPLITS)
    if not known.all():
        first = int(np.argmin(known))
        raise UserError(
            f"expected one of the splits {', '.join(SPLITS)} for every record or for none, found "
            f"it for {known.sum():,} of {len(known):,}; correct record {ids[first]!r} first (its "
            f"split: {splits[first]})."
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
        train = sets["train"]
        if groups is None:
            sets = _with_validation(train, sets["test"], y, division)
        else:
            chosen = _validation_units(train, y, groups, division)
            sets |= {"train": train[~chosen], "validation": train[chosen]}
    for name, records in sets.items():
        _check_counts(y[records], classes, 1, f"the split {name!r}, which the data fix")
    return sets


def _of_fold(numbers: np.ndarray, division: Division) -> np.ndarray:
    """Turn the numbers of folds into test, for one of them, and train."""
    named = sorted({int(number) for number in numbers})
    if named != list(range(1, division.folds + 1)):
        raise UserError(
            f"split.folds: {division.folds}, but the data name the folds "
            f"{', '.join(map(str, named))}; set folds to {len(named)}, and number the folds from 1."
        )
    division.check_fold()
    if division.folds == 1:
        raise UserError("split.folds: the data name one fold only, which leaves nothing to train.")
    return np.where(numbers.astype(np.int64) == division.fold, "test", "train").astype(object)


def _with_validation(
    rest: np.ndarray, test: np.ndarray, y: np.ndarray, division: Division
) -> dict[str, np.ndarray]:
    """Cut the validation set from what is not test."""
    # Keys of the fold's own: with those of the test sets, folds would share most of it.
    keys = random_keys(len(y), division.seed, division.fold)
    chosen = cut(rest, y, keys, division.share("validation"), leave=1)
    return {"train": rest[~chosen], "validation": rest[chosen], "test": test}


def _by_units(y: np.ndarray, units: np.ndarray, division: Division) -> dict[str, np.ndarray]:
    """Divide records without separating a unit (a group or a chromosome)."""
    records = np.arange(len(y))
    if division.folds == 1:
        share = division.share("test")
        chosen = cut_units(records, y, units, share, division.seed, TEST, leave=2)
    else:
        chosen = deal_units(y, units, division.folds, division.seed) == division.fold - 1
    rest = records[~chosen]
    validation = _validation_units(rest, y, units, division)
    return {"train": rest[~validation], "validation": rest[validation], "test": records[chosen]}


def _validation_units(
    rest: np.ndarray, y: np.ndarray, units: np.ndarray, division: Division
) -> np.ndarray:
    """Choose the units of the validation set from what is not test: bool mask of `rest`."""
    share = division.share("validation")
    return cut_units(rest, y, units, share, division.seed, division.fold, leave=1)


def _check_counts(y: np.ndarray, classes: Sequence[str], needed: int, what: str) -> None:
    for name, count in zip(classes, np.bincount(y, minlength=len(classes)), strict=True):
        if count < needed:
            raise UserError(
                f"class {name!r} has {counted(count, 'record')}, too few for {what}: at least "
                f"{needed} {'is' if needed == 1 else 'are'} needed; add records of it or remove "
                "the class."
            )


def _check_units(
    y: np.ndarray,
    classes: Sequence[str],
    units: np.ndarray,
    division: Division,
    noun: tuple[str, str],
    remedy: str,
) -> None:
    """Check that each class is in as many units as there must be sets with it."""
    _, counts = unit_counts(units, y)
    for name, count in zip(classes, (counts > 0).sum(axis=0), strict=False):
        if count < division.needed:
            raise UserError(
                f"class {name!r} is in {counted(count, *noun)}, too few for {division.purpose}: "
                f"at least {division.needed} are needed; {remedy}."
            )


def _check_named_chromosomes(
    named: dict[str, Sequence[str] | None], known: np.ndarray, folds: int
) -> None:
    for part, names in named.items():
        if names is not None and folds > 1:
            raise UserError(
                f"split.{part}_chromosomes: names one {part} set, but {folds} folds are asked for; "
                "set folds to 1 or remove the names."
            )
        for name in names or []:
            if name not in known:
                shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
                raise UserError(
                    f"split.{part}_chromosomes: no record lies on {name!r}; the chromosomes are "
                    f"{shown}."
                )
    both = set(named["test"] or []) & set(named["validation"] or [])
    if both:
        raise UserError(
            f"split.test_chromosomes: {min(both)!r} is among the validation chromosomes too; "
            "remove it from one of them."
        )
