"""Random draws of whole units (groups of related records, chromosomes), each class in its share.

As reproducible as the draws of single records, see `drawing`.
"""

from __future__ import annotations

import numpy as np

from attendna.data.drawing import TEST, first_of_class, random_keys, wanted_records
from attendna.errors import UserError

SLACK = 0.01  # of a set's target: by so much may whole groups overfill it
DRAWS = 5000  # groups placed in all while looking for a division that meets the shares
GROUP_REMEDY = (
    "add records that are not related to these, raise split.shared_kmer or split.identity, or "
    "remove the class"
)


def cut_units(
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
    keys = random_keys(len(y), seed, stream)[records]
    y = y[records]
    unit, counts = unit_counts(units[records], y)
    large = np.flatnonzero(counts.sum(axis=1) > 1)
    alone = counts[unit].sum(axis=1) == 1
    free = np.bincount(y[alone], minlength=counts.shape[1])
    wanted = wanted_records(counts.sum(axis=0), share, leave)
    taken = np.zeros(len(counts), dtype=bool)
    taken[large] = _best_draw(counts[large], free, wanted, share, [seed, stream], leave)
    missing = wanted - counts[taken].sum(axis=0)
    # The units of a class that are left over must not fall below `leave`.
    spare = ((counts > 0) & ~taken[:, None]).sum(axis=0) - leave
    chosen = taken[unit]
    fill = np.clip(np.minimum(missing, spare), 0, free)
    chosen[alone] = first_of_class(y[alone], keys[alone], fill)
    taken = np.bincount(unit, chosen) > 0
    _add_missing_classes(taken, counts, leave)
    return taken[unit]


def unit_counts(units: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def deal_units(y: np.ndarray, units: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal whole units out to folds, each to the one that lacks its classes most: fold of each."""
    keys = random_keys(len(y), seed, TEST)
    unit, counts = unit_counts(units, y)
    sizes = counts.sum(axis=1)
    alone = sizes[unit] == 1
    totals = counts.sum(axis=0)
    # The deck that `drawing.deal` would deal: slot i of class c goes to fold `deck[c][i]`.
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
