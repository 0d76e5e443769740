"""What gives a class away without any biology: simple features that alone tell classes apart.

Each feature is measured by itself, for each class against the rest (of two classes once), and all
p-values of a dataset are corrected together. A giveaway is a feature that differs beyond chance
and by enough to matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np

from attendna.data import features, separation
from attendna.data.features import LETTERS, UNKNOWN, Text
from attendna.data.separation import Separation
from attendna.inference import holm

CONFIDENCE = 0.95
LEVEL = 0.01  # how often anything at all is reported of classes that do not differ
POWER = 0.9  # of what is said to have been detectable
COVERED = 0.25  # share of the records of both sides that have a position that is looked at
CONSTANT = 0.9  # share of the records of every class with one letter: it tells them nothing
CONSTANT_END, CONSTANT_STRETCH = 4, 8  # letters from which on that is said
FEWEST = 20  # records of a class, likewise

# Kinds of features, in the order in which they are told, and what they are called.
KINDS = {
    "length": "length",
    "gc": "GC content",
    "bases": "share of a base",
    "pairs": "share of a pair of bases",
    "soft_masked": "share of lower-case letters",
    "ambiguous": "N and other ambiguous letters",
    "position": "base at a position",
    "ends": "how records begin and end",
    "copies": "copies and near-duplicates",
}
ARTEFACTS = {"ambiguous", "ends"}  # hardly ever what somebody wants to learn
# AUROC from which on a giveaway is a note, and a warning.
TELLING = (0.55, 0.6)
TELLING_ARTEFACT = (0.51, 0.55)


@dataclass
class Table:
    """One row for each feature and class, as lists of columns.

    Attributes
    ----------
    kind, feature, number
        Of `KINDS`; its name; the number of the class.
    position
        From 1, from the end from -1; 0 where there is none.
    records
        That have the feature at all.
    in_class, in_rest
        The mean of the feature, or the share that has it.
    auroc, low, high, p_value
        See `Separation`, either way; `p_value` NaN where none is computed.
    """

    kind: list[str] = field(default_factory=list)
    feature: list[str] = field(default_factory=list)
    number: list[int] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    in_class: list[float] = field(default_factory=list)
    in_rest: list[float] = field(default_factory=list)
    auroc: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    p_value: list[float] = field(default_factory=list)

    def add(
        self,
        kind: str,
        feature: str,
        number: int,
        records: int,
        means: tuple[float, float],
        found: Separation,
        position: int = 0,
    ) -> None:
        """Append a row."""
        texts = (kind, feature, number, position, records, *means)
        for column, value in zip(vars(self).values(), (*texts, *found.either_way()), strict=True):
            column.append(value.item() if isinstance(value, np.generic | np.ndarray) else value)


@dataclass(frozen=True)
class Records:
    """What is known of the records of a dataset.

    Attributes
    ----------
    text
        Their sequences.
    y
        int (n,): the class of each.
    classes
        The names of the classes.
    gc
        float (n,): GC content, NaN where there is none.
    codes
        int (n,): equal sequences have equal numbers.
    related
        bool (n,): has a near-duplicate; None where nobody looked.
    soft_masked
        float (n,): share of lower-case letters in the user's file, NaN where not known; None where
        it is known of no record.
    """

    text: Text
    y: np.ndarray
    classes: Sequence[str]
    gc: np.ndarray
    codes: np.ndarray
    related: np.ndarray | None = None
    soft_masked: np.ndarray | None = None


def measure(records: Records) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Measure every simple feature of a dataset.

    Of records of one class with the same sequence one counts, since copies would make chance look
    significant; only whether a record has copies is measured on all.

    Parameters
    ----------
    records
        At least one, none empty.

    Returns
    -------
    table
        By the names of `contracts.giveaways.GIVEAWAY_COLUMNS` a column, one row for each feature
        and class: of one class alone, or of features that are the same in all records, there is
        none.
    summary
        What `audit.json` says of it: ``tested``, the number of p-values that were corrected
        together; ``level`` and ``confidence``; ``detectable``, the AUROC that a feature needs to
        be found nine times out of ten in the smallest class, None where it can't be; ``kinds``,
        the feature of each kind that tells most; ``positions``, how many were looked at from the
        ``start`` and from the ``end`` of the records; ``constant``, see
        `features.constant_stretches`; ``checked``, in words, of one class nothing.
    """
    rows, count = Table(), len(records.classes)
    everything, records = records, distinct(records)
    lengths, y = records.text.lengths, records.y
    numbers = [] if count < 2 else [1] if count == 2 else list(range(count))
    for kind, feature, values in _numbers(records):
        _add_values(rows, kind, feature, values, y, numbers)
    longest = min(int(lengths.max()), features.MOST_POSITIONS)
    uneven = bool((lengths != lengths[0]).any()) or lengths[0] > longest
    constant: list[features.Stretch] = []
    for from_end in (False, True) if uneven else (False,):
        counts = features.letters_at_positions(records.text, y, count, longest, from_end)
        _add_positions(rows, counts, numbers, from_end)
        constant += _constant(counts, from_end)
    for from_end in (False, True):
        for letters, hits in features.common_ends(records.text, y, count, from_end):
            _add_share(
                rows,
                "ends",
                f"{'ends' if from_end else 'begins'} with {letters}",
                hits,
                np.bincount(y, minlength=count),
                numbers,
            )
    _add_copies(rows, everything, numbers)
    table = _corrected(rows, records.classes)
    sizes = np.bincount(y, minlength=count)
    summary = {
        "tested": int(np.count_nonzero(~np.isnan(table["p_value"]))),
        "level": LEVEL,
        "confidence": CONFIDENCE,
        "detectable": None,
        "kinds": strongest(table),
        "positions": {"start": longest, "end": longest if uneven else 0},
        "constant": [stretch._asdict() for stretch in constant],
        "checked": _checked(records, longest, uneven) if numbers else [],
    }
    summary["detectable"] = detectable(sizes, summary["tested"]) if numbers else None
    return table, summary


def distinct(records: Records) -> Records:
    """Return the first record of each class with each sequence."""
    kept = np.zeros(len(records.y), dtype=bool)
    kept[np.unique(records.codes * len(records.classes) + records.y, return_index=True)[1]] = True
    if kept.all():
        return records
    some = {
        name: None if values is None else values[kept]
        for name, values in vars(records).items()
        if name not in ("text", "classes")
    }
    return Records(records.text.only(kept), classes=records.classes, **some)


def _numbers(records: Records) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield the kind, the name and the values of each number that a record has."""
    yield "length", "length", records.text.lengths
    yield "gc", "GC content", records.gc
    shares = features.composition(records.text)
    ambiguous = {name: shares.pop(name) for name in ("N", "other")}
    for name, values in shares.items():
        yield "bases" if len(name) == 1 else "pairs", f"share of {name}", values
    yield "ambiguous", "share of N", ambiguous["N"]
    yield "ambiguous", "share of ambiguous letters other than N", ambiguous["other"]
    if ambiguous["N"].any():
        places = features.place_of_unknown(records.text)
        yield "ambiguous", "N in a row at the start", places["start"]
        yield "ambiguous", "N in a row at the end", places["end"]
        yield "ambiguous", "mean place of N", places["place"]
    if records.soft_masked is not None:
        yield "soft_masked", "share of lower-case letters", records.soft_masked


def _add_values(
    rows: Table,
    kind: str,
    feature: str,
    values: np.ndarray,
    y: np.ndarray,
    numbers: Sequence[int],
) -> None:
    there = ~np.isnan(values)
    values, y = values[there], y[there]
    if not len(values) or (values == values[0]).all():
        return
    distinct, place = np.unique(values, return_inverse=True)
    together = np.bincount(place)
    for number in numbers:
        own = np.bincount(place[y == number], minlength=len(distinct))
        if not 0 < own.sum() < len(values):
            continue
        means = tuple(float(distinct @ n / n.sum()) for n in (own, together - own))
        found = separation.of_values(own, together - own, CONFIDENCE)
        rows.add(kind, feature, number, len(values), means, found)


def _add_positions(rows: Table, counts: np.ndarray, numbers: Sequence[int], from_end: bool) -> None:
    """Add each letter at each position that enough records have; see `letters_at_positions`."""
    reach, sizes = counts.sum(axis=2), counts.sum(axis=2).max(axis=1)
    together, all_reach = counts.sum(axis=0), reach.sum(axis=0)
    for number in numbers:
        others = all_reach - reach[number]
        covered = reach[number] >= max(COVERED * sizes[number], 1)
        covered &= others >= max(COVERED * (sizes.sum() - sizes[number]), 1)
        varies = (together > 0) & (together < all_reach[:, None]) & covered[:, None]
        at, code = np.nonzero(varies)
        hits, records = counts[number][varies], reach[number][at]
        other_hits, rest = together[varies] - hits, others[at]
        found = separation.of_shares(hits, records, other_hits, rest, CONFIDENCE).either_way()
        place = -(at + 1) if from_end else at + 1
        names = [f"{LETTERS[c]} at position {p}" for c, p in zip(code, place, strict=True)]
        rows.kind += ["position" if c < UNKNOWN else "ambiguous" for c in code.tolist()]
        rows.feature += names
        rows.number += [number] * len(at)
        rows.position += place.tolist()
        rows.records += (records + rest).tolist()
        rows.in_class += (hits / records).tolist()
        rows.in_rest += (other_hits / rest).tolist()
        for name, values in found._asdict().items():
            getattr(rows, name).extend(values.tolist())


def _add_share(
    rows: Table,
    kind: str,
    feature: str,
    hits: np.ndarray,
    sizes: np.ndarray,
    numbers: Sequence[int],
    tested: bool = True,
) -> None:
    """Add what records have or have not: `hits` and `sizes` are int (classes,)."""
    total, everybody = hits.sum(), sizes.sum()
    if not 0 < total < everybody:
        return
    for number in numbers:
        table = (
            hits[number],
            sizes[number],
            total - hits[number],
            everybody - sizes[number],
        )
        found = separation.of_shares(*map(np.asarray, table), CONFIDENCE)
        if not tested:
            found = found._replace(p_value=np.nan)
        means = (table[0] / table[1], table[2] / table[3])
        rows.add(kind, feature, number, int(everybody), means, found)


def _add_copies(rows: Table, records: Records, numbers: Sequence[int]) -> None:
    """Add whether a record has a copy or a near-duplicate.

    Their p-values would take related records for independent ones, so there are none.
    """
    count = len(records.classes)
    sizes = np.bincount(records.y, minlength=count)
    copied = np.bincount(records.codes)[records.codes] > 1
    found = {"has a copy": copied}
    if records.related is not None:
        found["has a near-duplicate"] = records.related
    for feature, has in found.items():
        hits = np.bincount(records.y[has], minlength=count)
        _add_share(rows, "copies", feature, hits, sizes, numbers, tested=False)


def _constant(counts: np.ndarray, from_end: bool) -> list[features.Stretch]:
    """Return the stretches that tell nothing; from the end only those that reach it."""
    if counts.sum(axis=2).max(axis=1).min() < FEWEST:
        return []
    found = features.constant_stretches(counts, CONSTANT, CONSTANT_END, CONSTANT_STRETCH, from_end)
    return [stretch for stretch in found if not from_end or stretch.first == 1]


def _corrected(rows: Table, classes: Sequence[str]) -> dict[str, np.ndarray]:
    columns = {name: np.asarray(values) for name, values in vars(rows).items()}
    numbers = columns.pop("number")
    columns["class"] = np.array([classes[number] for number in numbers], dtype=object)
    columns["p_adjusted"] = holm(columns["p_value"])
    return columns


def strongest(table: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the row of each kind that tells most, in the order of `KINDS`.

    Parameters
    ----------
    table
        See `measure`.

    Returns
    -------
    list of dict
        The columns of the row, ``features``, how many there are of the kind, and ``differing``,
        how many of these have a corrected p-value of at most `LEVEL`.
    """
    found = []
    for kind in KINDS:
        own = np.flatnonzero(table["kind"] == kind)
        if not len(own):
            continue
        best = own[np.argmax(table["auroc"][own])]
        row = {name: column[best] for name, column in table.items()}
        differing = int(np.count_nonzero(table["p_adjusted"][own] <= LEVEL))
        found.append({**row, "features": len(own), "differing": differing})
    return found


def detectable(sizes: np.ndarray, tested: int) -> float | None:
    """Return the AUROC that a number without ties needs to be found nine times out of ten.

    Parameters
    ----------
    sizes
        int (classes,): records of each; the smallest class counts.
    tested
        How many p-values are corrected together.

    Returns
    -------
    float or None
        None where it would be above 1.
    """
    small, total = int(sizes.min()), int(sizes.sum())
    error = np.sqrt((total + 1) / (12 * small * (total - small)))
    normal = NormalDist()
    reach = normal.inv_cdf(1 - LEVEL / 2 / max(tested, 1)) + normal.inv_cdf(POWER)
    area = 0.5 + float(reach * error)
    return area if area <= 1 else None


def _checked(records: Records, positions: int, uneven: bool) -> list[str]:
    """Say in words what was looked at."""
    said = ["length", "GC content", "shares of bases and of pairs of bases"]
    if records.soft_masked is not None:
        said.append("share of lower-case letters")
    said.append("share and place of N and other ambiguous letters")
    at = f"each of the {positions:,} positions"
    if uneven:
        at = f"each of the first and last {positions:,} positions"
    return [*said, f"letters at {at}", "how records begin and end"]
