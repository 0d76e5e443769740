"""Which validation and test records have a relative in training, and what that means.

A classifier that learns sequences by heart is right about the relatives of what it has seen, and
only there. Scores on records without a relative in training say what it is worth on new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attendna.contracts import RELATIONS, SPLITS
from attendna.errors import UserError
from attendna.grouping import (
    NONE,
    covering,
    group_codes,
    identities,
    intervals,
    run_starts,
    shared_kmers,
)

JUDGED = ["validation", "test"]
ANY = "any"
OVERLAP = "overlap"  # what overlaps: by coordinates or by a shared stretch
TOLERANCE = 0.01  # of a share: below, a split has met it


def find_relatives(
    train: np.ndarray, judged: np.ndarray, records: Mapping[str, Sequence[Any]], k: int
) -> dict[str, np.ndarray]:
    """Find for each judged record a training record that it is related to, by kind of relation.

    Parameters
    ----------
    train, judged
        Disjoint int64 indices of records.
    records
        The columns `sequence`, `chrom`, `start`, `end` and `group` of all records; see
        `grouping.find_groups`. Here the relation is direct: a relative of a relative is none.
    k
        Bases in a row that make two records related.

    Returns
    -------
    dict of str to numpy.ndarray
        int64 (judged,) for each kind, the index of the training record or `grouping.NONE`:
        ``exact`` (the same sequence), ``reverse_complement``, ``shared_kmer`` (`k` bases in a
        row, on either strand), ``coordinates`` (a base in common) and ``group`` (the user's).
        The first is also of the second kind where a sequence is its own reverse complement, and
        the first two are of the third where sequences are long enough and unambiguous.
    """
    code, mate = identities(records["sequence"])
    by_code = _first_by(code, train)
    exact = by_code[code[judged]]
    turned = np.where(mate[judged] == NONE, NONE, by_code[mate[judged]])
    codes = group_codes(records["group"])
    placed = intervals(records["chrom"], records["start"], records["end"])
    own = codes[judged]
    by_group = _first_by(codes, train[codes[train] != NONE])
    return {
        "exact": exact,
        "reverse_complement": turned,
        "shared_kmer": _by_kmer(train, judged, records["sequence"], k),
        "coordinates": _by_coordinates(train, judged, placed, len(code)),
        "group": np.where(own == NONE, NONE, by_group[own]),
    }


def _first_by(code: np.ndarray, records: np.ndarray) -> np.ndarray:
    """Return by code the first of the records that have it; `NONE` for none."""
    first = np.full(max(int(code.max(initial=0)) + 1, 1), NONE, dtype=np.int64)
    first[code[records][::-1]] = records[::-1]  # of several, the last to be written stays
    return first


def _by_kmer(train: np.ndarray, judged: np.ndarray, sequences: Sequence[str], k: int) -> np.ndarray:
    n = len(sequences)
    trained = np.zeros(n, dtype=bool)
    trained[train] = True
    result = np.full(n, n, dtype=np.int64)
    for kmers, records in shared_kmers(sequences, k):
        begins = run_starts(kmers)
        # The first training record that has the k-mer, or n.
        of_kmer = np.minimum.reduceat(np.where(trained[records], records, n), begins)
        witness = np.repeat(of_kmer, np.diff(begins, append=len(kmers)))
        np.minimum.at(result, records, witness)
    return np.where(result[judged] < n, result[judged], NONE)


def _by_coordinates(
    train: np.ndarray, judged: np.ndarray, placed: np.ndarray, n: int
) -> np.ndarray:
    result = np.full(n, NONE, dtype=np.int64)
    queries, targets = np.isin(placed[0], judged), np.isin(placed[0], train)
    result[placed[0][queries]] = covering(placed, queries, targets)
    return result[judged]


def related(relatives: Mapping[str, np.ndarray], kind: str = ANY) -> np.ndarray:
    """Say which judged records have a relative: bool (judged,).

    Parameters
    ----------
    relatives
        Of `find_relatives`.
    kind
        One of its kinds, "overlap" (by coordinates or a shared stretch) or "any".
    """
    kinds = {ANY: RELATIONS, OVERLAP: ["shared_kmer", "coordinates"]}.get(kind, [kind])
    return np.any([relatives[name] != NONE for name in kinds], axis=0)


def count_contradictory(
    train: np.ndarray, judged: np.ndarray, sequences: Sequence[str], y: np.ndarray
) -> int:
    """Count the judged records whose very sequence has another label in training."""
    code, _ = identities(sequences)
    distinct = int(code.max(initial=NONE)) + 1
    classes = int(y.max(initial=0)) + 1
    trained = np.bincount(code[train] * classes + y[train], minlength=distinct * classes)
    trained = trained.reshape(distinct, classes)
    own = trained[code[judged], y[judged]]
    return int((trained[code[judged]].sum(axis=1) > own).sum())


def count_leaks(
    split: Mapping[str, np.ndarray],
    judged: np.ndarray,
    relatives: Mapping[str, np.ndarray],
    y: np.ndarray,
    classes: Sequence[str],
) -> dict[str, dict[str, dict[str, int]]]:
    """Count the judged records with a relative in training, by kind, split and class.

    Parameters
    ----------
    split
        `train`, `validation` and `test`.
    judged, relatives
        See `find_relatives`.
    y
        int (n,), index into `classes`.
    classes
        The names of the classes.

    Returns
    -------
    dict
        ``{kind: {"test_in_train": {class: n}, "validation_in_train": {class: n}}}``, where the
        kinds are those of `find_relatives`, "overlap" and "any".
    """
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for kind in [*RELATIONS, OVERLAP, ANY]:
        hit = judged[related(relatives, kind)]
        counts[kind] = {
            f"{part}_in_train": count_classes(hit[np.isin(hit, split[part])], y, classes)
            for part in JUDGED
        }
    return counts


def count_classes(records: np.ndarray, y: np.ndarray, classes: Sequence[str]) -> dict[str, int]:
    """Count records of each class."""
    return dict(zip(classes, np.bincount(y[records], minlength=len(classes)).tolist(), strict=True))


def drop(
    split: Mapping[str, np.ndarray],
    judged: np.ndarray,
    relatives: Mapping[str, np.ndarray],
    y: np.ndarray,
    classes: Sequence[str],
) -> dict[str, np.ndarray]:
    """Remove the validation and test records that have a relative in training.

    Parameters
    ----------
    split, judged, relatives, y, classes
        See `count_leaks`.

    Returns
    -------
    dict
        The split without them, and them as `dropped`.

    Raises
    ------
    UserError
        If no record of a class is left in a set.
    """
    dropped = judged[related(relatives)]
    kept = {
        part: records[~np.isin(records, dropped)] if part in JUDGED else records
        for part, records in split.items()
    }
    for part in JUDGED:
        for name, count in count_classes(kept[part], y, classes).items():
            if count == 0:
                raise UserError(
                    f"split.on_leak: drop leaves no {part} record of the class {name!r}, for all "
                    "of them have a relative in training; use report, or another strategy."
                )
    return kept | {"dropped": np.sort(dropped)}


def refuse(
    split: Mapping[str, np.ndarray],
    judged: np.ndarray,
    relatives: Mapping[str, np.ndarray],
    ids: Sequence[str],
) -> None:
    """End with a sentence where a validation or test record has a relative in training.

    Raises
    ------
    UserError
        With the numbers and an example.
    """
    leaks = related(relatives)
    if not leaks.any():
        return
    counts = {part: int(np.isin(split[part], judged[leaks]).sum()) for part in JUDGED}
    first = int(np.flatnonzero(leaks)[0])
    kind = next(kind for kind in RELATIONS if relatives[kind][first] != NONE)
    raise UserError(
        f"split.on_leak: {counts['test']:,} test and {counts['validation']:,} validation records "
        f"have a relative in training, such as {str(ids[judged[first]])!r} and "
        f"{str(ids[relatives[kind][first]])!r} ({kind}); choose the strategy stratified_group, or "
        "on_leak: report to see them all, or drop to leave them out."
    )


# ------------------------------------------------------------------------------ what it means


def findings(measured: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say in plain sentences what the numbers of `leakage.json` mean, worst first.

    Parameters
    ----------
    measured
        What `audit_split` writes, `findings` not needed.
    """
    said: list[dict[str, str]] = []
    records, k = measured["records"], measured["shared_kmer_length"]
    for part, severity in (("test", "problem"), ("validation", "warning")):
        count, total = _in_train(measured, ANY, part), sum(records[part].values())
        if not count:
            continue
        kinds = [
            f"{number:,} {words}"
            for kind, words in (
                ("exact", "with the very sequence of one"),
                ("reverse_complement", "with its reverse complement"),
                ("shared_kmer", f"that share {k} bases in a row with one on either strand"),
                ("coordinates", "that overlap one in the genome"),
                ("group", "of the group of one"),
            )
            if (number := _in_train(measured, kind, part))
        ]
        message = (
            f"{count:,} of {total:,} {part} records ({count / total:.1%}) have a relative among "
            f"the training records ({', '.join(kinds)}; one record can be of several kinds): "
        )
        message += (
            "scores on all test records flatter a classifier that learns by heart, so look at "
            "those without a relative."
            if part == "test"
            else "early stopping, calibration and thresholds may favour learning by heart."
        )
        said.append({"severity": severity, "message": message})
    if measured["contradictory"]:
        said.append(
            {
                "severity": "problem",
                "message": f"{measured['contradictory']:,} validation or test records have the "
                "very sequence of a training record with another label.",
            }
        )
    dropped = sum(measured["dropped"].values())
    if dropped:
        by_class = ", ".join(f"{name} {n:,}" for name, n in measured["dropped"].items())
        said.append(
            {
                "severity": "warning",
                "message": f"{dropped:,} validation and test records ({by_class}) were dropped, "
                "because they have a relative in training.",
            }
        )
    return said + _about_shares(measured)


def _in_train(measured: Mapping[str, Any], kind: str, part: str) -> int:
    return sum(measured[kind][f"{part}_in_train"].values())


def _about_shares(measured: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say where whole groups or chromosomes kept a set from its share."""
    said = []
    records, wanted = measured["records"], measured["wanted"]
    total = sum(sum(counts.values()) for counts in records.values())
    overall = {
        name: sum(counts[name] for counts in records.values()) / total for name in records["test"]
    }
    for part, share in wanted.items():
        size = sum(records[part].values())
        parts = []
        if abs(size / total - share) > max(TOLERANCE, 1 / total):
            parts.append(f"{size / total:.1%} of the records instead of {share:.1%}")
        parts += [
            f"{count / max(size, 1):.1%} {name} instead of {overall[name]:.1%}"
            for name, count in records[part].items()
            if abs(count / max(size, 1) - overall[name]) > max(TOLERANCE, 1 / max(size, 1))
        ]
        if parts:
            said.append(
                {
                    "severity": "note",
                    "message": f"The {part} set has {', '.join(parts)}, because "
                    f"{measured['kept_whole']} are kept whole; the largest has "
                    f"{measured['largest']:,} records.",
                }
            )
    return said


def wanted_shares(strategy: str, test: float, validation: float, folds: int) -> dict[str, float]:
    """Return the shares of all records that the settings ask for, where whole units are drawn."""
    if strategy not in ("stratified_group", "chromosome"):
        return {}
    share = test if folds == 1 else 1 / folds
    shares = [(1 - share) * (1 - validation), (1 - share) * validation, share]
    return dict(zip(SPLITS, shares, strict=True))
