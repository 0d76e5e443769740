"""Divide records into training, validation and test sets with the classes in equal shares.

At random, by whole groups of related records, by whole chromosomes, or as the data fix it; as one
split or as folds. Every result depends on the arguments alone, not on the platform or NumPy's
version: whatever is random comes from raw draws of PCG64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attendna.contracts.splits import FOLD, SPLITS
from attendna.errors import UserError
from attendna.wording import counted

TEST = 0  # stream of random keys: a test set is the same whatever fold and validation share
SLACK = 0.01  # of a set's target: by so much may whole groups overfill it
DRAWS = 5000  # groups placed in all while looking for a division that meets the shares


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
    keys = _keys(len(y), division.seed, TEST)
    if division.folds == 1:
        chosen = _cut(records, y, keys, division.share("test"), leave=2)
    else:
        chosen = _deal(y, keys, division.folds) == division.fold - 1
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
        chosen = _cut_units(free, y, units, share, division.seed, TEST, leave=1)
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
    keys = _keys(len(y), division.seed, division.fold)
    chosen = _cut(rest, y, keys, division.share("validation"), leave=1)
    return {"train": rest[~chosen], "validation": rest[chosen], "test": test}


def _cut(
    records: np.ndarray, y: np.ndarray, keys: np.ndarray, share: float, leave: int
) -> np.ndarray:
    """Choose a share of each class: bool mask of `records`; leave at least so many of a class."""
    counts = np.bincount(y[records])
    return _first_of_class(y[records], keys[records], _wanted(counts, share, leave))


def _wanted(counts: np.ndarray, share: float, leave: int) -> np.ndarray:
    """Return how many records of each class make up a share, at least one where there are any."""
    present = counts > 0
    wanted = np.zeros(len(counts), dtype=np.int64)
    rounded = _largest_remainder(counts[present] * share)
    wanted[present] = np.clip(rounded, 1, np.maximum(counts[present] - leave, 1))
    return wanted


def _first_of_class(y: np.ndarray, keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Choose of each class as many records as wanted, the lowest keys first: bool mask."""
    order = np.lexsort((keys, y))
    counts = np.bincount(y, minlength=len(wanted))
    rank = np.empty(len(y), dtype=np.int64)  # of a record within its class
    rank[order] = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank < wanted[y]


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


# ------------------------------------------------------------------------------ whole units


GROUPS = ("group of related records", "groups of related records")
CHROMOSOMES = ("chromosome", "chromosomes")
GROUP_REMEDY = (
    "add records that are not related to these, raise split.shared_kmer, or remove the class"
)
CHROMOSOME_REMEDY = "choose the strategy stratified_group, or add records from more chromosomes"


def _by_units(y: np.ndarray, units: np.ndarray, division: Division) -> dict[str, np.ndarray]:
    """Divide records without separating a unit (a group or a chromosome)."""
    records = np.arange(len(y))
    if division.folds == 1:
        share = division.share("test")
        chosen = _cut_units(records, y, units, share, division.seed, TEST, leave=2)
    else:
        chosen = _deal_units(y, units, division.folds, division.seed) == division.fold - 1
    rest = records[~chosen]
    cut = _validation_units(rest, y, units, division)
    return {"train": rest[~cut], "validation": rest[cut], "test": records[chosen]}


def _validation_units(
    rest: np.ndarray, y: np.ndarray, units: np.ndarray, division: Division
) -> np.ndarray:
    """Choose the units of the validation set from what is not test: bool mask of `rest`."""
    share = division.share("validation")
    return _cut_units(rest, y, units, share, division.seed, division.fold, leave=1)


def _cut_units(
    records: np.ndarray,
    y: np.ndarray,
    units: np.ndarray,
    share: float,
    seed: int,
    stream: int,
    leave: int,
) -> np.ndarray:
    """Choose whole units that make up a share of each class: bool mask of `records`.

    At least one unit with each class is chosen and at least `leave` are not.
    """
    keys = _keys(len(y), seed, stream)[records]
    y = y[records]
    unit, counts = _unit_counts(units[records], y)
    large = np.flatnonzero(counts.sum(axis=1) > 1)
    alone = counts[unit].sum(axis=1) == 1
    free = np.bincount(y[alone], minlength=counts.shape[1])
    wanted = _wanted(counts.sum(axis=0), share, leave)
    taken = np.zeros(len(counts), dtype=bool)
    taken[large] = _best_draw(counts[large], free, wanted, share, [seed, stream], leave)
    missing = wanted - counts[taken].sum(axis=0)
    # The units of a class that are left over must not fall below `leave`.
    spare = ((counts > 0) & ~taken[:, None]).sum(axis=0) - leave
    chosen = taken[unit]
    fill = np.clip(np.minimum(missing, spare), 0, free)
    chosen[alone] = _first_of_class(y[alone], keys[alone], fill)
    taken = np.bincount(unit, chosen) > 0
    _add_missing_classes(taken, counts, leave)
    return taken[unit]


def _unit_counts(units: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit of each record, from 0, and the records by class: int64 (units, classes)."""
    names, unit = np.unique(units, return_inverse=True)
    classes = int(y.max()) + 1
    counts = np.bincount(unit * classes + y, minlength=len(names) * classes)
    return unit, counts.reshape(len(names), classes)


def _best_draw(
    counts: np.ndarray,
    free: np.ndarray,
    wanted: np.ndarray,
    share: float,
    key: list[int],
    leave: int,
) -> np.ndarray:
    """Draw until single records can make up for what the units lack; return the best draw.

    Parameters
    ----------
    counts
        int64 (units, classes).
    free
        int64 (classes,), records that are a unit of their own.
    wanted
        int64 (classes,), records to choose in all.
    share
        Of the records, to choose.
    key
        What the random numbers are drawn from.
    leave
        So many units of a class must be left.
    """
    best, smallest = np.zeros(len(counts), dtype=bool), np.inf
    total = np.maximum(counts.sum(axis=0) + free, 1)
    for attempt in range(max(1, min(100, DRAWS // max(len(counts), 1)))):
        taken = _draw_units(counts, free, wanted, share, [*key, attempt], leave)
        missing = wanted - counts[taken].sum(axis=0)
        error = np.sum(np.abs(missing - np.clip(missing, 0, free)) / total)
        if error < smallest:
            best, smallest = taken, error
        if error == 0:
            break
    return best


def _draw_units(
    counts: np.ndarray,
    free: np.ndarray,
    wanted: np.ndarray,
    share: float,
    key: list[int],
    leave: int,
) -> np.ndarray:
    """Go through the units, largest first, and take each with a probability; see `_best_draw`.

    The probability is `share` where what is taken is at its share of what was seen, more where it
    is behind and less where it is ahead, so that large and small units are taken alike.
    """
    raw = np.random.PCG64(key).random_raw(2 * len(counts)).reshape(2, -1)
    chance = (raw[0] >> np.uint64(11)) * 2.0**-53
    order = np.lexsort((raw[1], -counts.sum(axis=1)))
    weights = 1.0 / np.maximum(counts.sum(axis=0) + free, 1) ** 2
    limit = wanted * (1 + SLACK)
    spare = (counts > 0).sum(axis=0) + free - leave
    taken = np.zeros(len(counts), dtype=bool)
    seen, inside = np.zeros((2, counts.shape[1]))
    for unit in order:
        own = counts[unit]
        seen = seen + own
        pull = own * weights
        if pull @ (share * seen - inside) <= chance[unit] * (pull @ own):
            continue
        has = own > 0
        if (inside + own > limit)[has].any() or (spare[has] < 1).any():
            continue
        taken[unit] = True
        inside = inside + own
        spare = spare - has
    return taken


def _add_missing_classes(taken: np.ndarray, counts: np.ndarray, leave: int) -> None:
    """Take the smallest unit with each class that no taken unit has, in place."""
    has = counts > 0
    for number in np.flatnonzero(has.any(axis=0)):
        if has[taken, number].any():
            continue
        spare = has[~taken].sum(axis=0) > leave
        fit = ~taken & has[:, number] & (spare | ~has).all(axis=1)
        if not fit.any():
            raise UserError(
                "split: the groups of related records can't be divided so that each set has every "
                f"class; {GROUP_REMEDY}."
            )
        candidates = np.flatnonzero(fit)
        taken[candidates[counts[candidates].sum(axis=1).argmin()]] = True


def _deal_units(y: np.ndarray, units: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal whole units out to folds, each to the one that lacks its classes most: fold of each."""
    keys = _keys(len(y), seed, TEST)
    unit, counts = _unit_counts(units, y)
    sizes = counts.sum(axis=1)
    alone = sizes[unit] == 1
    totals = counts.sum(axis=0)
    # The deck that `_deal` would deal: slot i of class c goes to fold `deck[c][i]`.
    offsets = np.cumsum(totals) - totals
    deck = [
        (first + np.arange(count)) % folds for first, count in zip(offsets, totals, strict=True)
    ]
    lacking = np.stack([np.bincount(slots, minlength=folds) for slots in deck], axis=1)
    large = np.flatnonzero(sizes > 1)
    raw = np.random.PCG64([seed, TEST]).random_raw(len(large) * (folds + 1))
    ties = raw[len(large) :].reshape(-1, folds)
    weights = 1.0 / np.maximum(totals, 1) ** 2
    fold_of = np.empty(len(counts), dtype=np.int64)
    for place in np.lexsort((raw[: len(large)], -sizes[large])):
        own = counts[large[place]]
        fold = np.lexsort((ties[place], -(lacking @ (own * weights))))[0]
        fold_of[large[place]] = fold
        lacking[fold] -= own
    for number, slots in enumerate(deck):
        rank = np.arange(len(slots)) // folds  # how often the slot's fold had its turn
        open_slots = slots[rank < lacking[slots, number]]
        single = np.flatnonzero(alone & (y == number))
        single = single[np.argsort(keys[single], kind="stable")]
        fold_of[unit[single]] = open_slots[: len(single)]
    _even_out_classes(fold_of, counts, folds)
    return fold_of[unit]


def _even_out_classes(fold_of: np.ndarray, counts: np.ndarray, folds: int) -> None:
    """Move small units so that every fold has each class, in place."""
    has = counts > 0
    sizes = counts.sum(axis=1)
    least = 2 if folds == 2 else 1  # of two folds, train and validation must share one
    for number in range(counts.shape[1]):
        for fold in range(folds):
            while has[fold_of == fold, number].sum() < least:
                units = np.stack([has[fold_of == other].sum(axis=0) for other in range(folds)])
                spare = (units[fold_of] > least) | ~has
                fit = (fold_of != fold) & has[:, number] & spare.all(axis=1)
                if not fit.any():
                    raise UserError(
                        f"split: the groups of related records can't be dealt to {folds} folds so "
                        f"that each has every class; lower split.folds, or {GROUP_REMEDY}."
                    )
                candidates = np.flatnonzero(fit)
                fold_of[candidates[sizes[candidates].argmin()]] = fold


# ------------------------------------------------------------------------------ the rest


def _keys(n: int, seed: int, stream: int) -> np.ndarray:
    """Return uint64 (n,), random numbers whose order is a random order."""
    return np.random.PCG64([seed, stream]).random_raw(n)


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
    _, counts = _unit_counts(units, y)
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
