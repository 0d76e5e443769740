"""Which validation and test records have a relative that was learned from, and what that means.

A classifier that learns sequences by heart is right about the relatives of what it has seen, and
only there. Scores on records without such a relative say what it is worth on new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from attendna.contracts.splits import RELATIONS, SPLITS
from attendna.data import repeat_findings
from attendna.data.grouping import (
    NONE,
    covering,
    group_codes,
    identities,
    intervals,
    sequence_codes,
)
from attendna.data.kmers import Letters, run_starts, shared_kmers
from attendna.data.relatives import similar_pairs
from attendna.data.repeats import Repeats, without_repeats
from attendna.data.similarity import COVERAGE
from attendna.errors import UserError
from attendna.wording import are, counted, each, has, percent, share

JUDGED = ["validation", "test"]
ANY = "any"
OVERLAP = "overlap"  # what overlaps: by coordinates or by a shared stretch
TOLERANCE = 0.01  # of a share: below, a split has met it


def judged(split: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the indices of the validation records, then of the test records."""
    return np.concatenate([split[part] for part in JUDGED])


def _seen(split: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the records that must not be relatives of a part, for each of `JUDGED`."""
    both = np.concatenate([split["train"], split["validation"]])
    return {"validation": np.sort(split["train"]), "test": np.sort(both)}


def find_relatives(
    split: Mapping[str, np.ndarray],
    records: Mapping[str, Sequence[Any]],
    k: int,
    identity: float | None,
    letters: Letters | None = None,
    on_stop: Callable[[], None] | None = None,
) -> dict[str, np.ndarray]:
    """Find for each validation and test record a relative that a model has learned from.

    For a validation record that is a training record; for a test record one of training or
    validation, for that chooses the epoch, the regularisation, the calibration and the threshold.

    Parameters
    ----------
    split
        `train`, `validation` and `test`: disjoint int64 indices of records.
    records
        The columns `sequence`, `chrom`, `start`, `end` and `group` of all records; see
        `grouping.find_groups`. Here the relation is direct: a relative of a relative is none.
    k
        Bases in a row that make two records related.
    identity
        From which two records are similar, see `similarity`; None: not looked for.
    letters
        Of all records, without repeats, if that is known already.
    on_stop
        See `relatives.similar_pairs`.

    Returns
    -------
    dict of str to numpy.ndarray
        For each kind an int64 array along `judged`: the index of the relative or `grouping.NONE`.
        The kinds are ``exact`` (the same sequence), ``reverse_complement``, ``shared_kmer`` (`k`
        bases in a row, on either strand), ``identity`` (similar, on either strand; of several
        relatives some are not looked for), ``coordinates`` (a base in common) and ``group`` (the
        user's). A record can be of several: of the first two where a sequence is its own reverse
        complement, of the third beside them where sequences are long enough and unambiguous.
    """
    code, mate = identities(records["sequence"])
    codes = group_codes(records["group"])
    placed = intervals(records["chrom"], records["start"], records["end"])
    if letters is None:
        letters, _ = without_repeats(Letters.of(records["sequence"]), identity)
    by_kmer = _by_kmer(split, letters, k)
    similar = _by_identity(split, letters, identity, on_stop)
    found: dict[str, list[np.ndarray]] = {kind: [] for kind in RELATIONS}
    for part, seen in _seen(split).items():
        own = split[part]
        by_code = _first_by(code, seen)
        found["exact"].append(by_code[code[own]])
        found["reverse_complement"].append(_look_up(by_code, mate[own]))
        found["shared_kmer"].append(by_kmer[part])
        found["identity"].append(similar[part])
        found["coordinates"].append(_by_coordinates(own, seen, placed, len(code)))
        by_group = _first_by(codes, seen[codes[seen] != NONE])
        found["group"].append(_look_up(by_group, codes[own]))
    return {kind: np.concatenate(parts) for kind, parts in found.items()}


def _first_by(code: np.ndarray, records: np.ndarray) -> np.ndarray:
    """Return by code the first of the records that have it; `NONE` for none."""
    first = np.full(max(int(code.max(initial=0)) + 1, 1), NONE, dtype=np.int64)
    first[code[records][::-1]] = records[::-1]  # of several, the last to be written stays
    return first


def _look_up(by_code: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Return the record of each code; `NONE` where there is no code either."""
    return np.where(code == NONE, NONE, by_code[code])


def _by_kmer(split: Mapping[str, np.ndarray], letters: Letters, k: int) -> dict[str, np.ndarray]:
    """Return for each part the first record it must not be related to but shares a k-mer with."""
    n = len(letters.starts)
    seen = _seen_masks(split, n)
    first = {part: np.full(n, n, dtype=np.int64) for part in JUDGED}
    for kmers, records in shared_kmers(letters, k):
        begins = run_starts(kmers)
        counts = np.diff(begins, append=len(kmers))
        for part in JUDGED:
            of_kmer = np.minimum.reduceat(np.where(seen[part][records], records, n), begins)
            np.minimum.at(first[part], records, np.repeat(of_kmer, counts))
    return {
        part: np.where(found[split[part]] < n, found[split[part]], NONE)
        for part, found in first.items()
    }


def _seen_masks(split: Mapping[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    """Return the records of `_seen` as bool (n,)."""
    masks = {part: np.zeros(n, dtype=bool) for part in JUDGED}
    for part, records in _seen(split).items():
        masks[part][records] = True
    return masks


def _by_identity(
    split: Mapping[str, np.ndarray],
    letters: Letters,
    identity: float | None,
    on_stop: Callable[[], None] | None,
) -> dict[str, np.ndarray]:
    """Return for each part a record it must not be related to but is similar to."""
    n = len(letters.starts)
    seen = _seen_masks(split, n)
    open_to = {part: np.zeros(n, dtype=bool) for part in JUDGED}  # no relative found so far
    for part in JUDGED:
        open_to[part][split[part]] = True
    found = np.full(n, NONE, dtype=np.int64)

    def wanted(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        either = [
            (open_to[part][one] & seen[part][other])
            for part in JUDGED
            for one, other in ((a, b), (b, a))
        ]
        return np.any(either, axis=0)

    pairs = () if identity is None else similar_pairs(letters, identity, wanted, on_stop)
    for pair in pairs:
        for record, relative in (pair, pair[::-1]):
            for part in JUDGED:
                some = open_to[part][record] & seen[part][relative]
                found[record[some]] = relative[some]
                open_to[part][record[some]] = False
    return {part: found[split[part]] for part in JUDGED}


def _by_coordinates(own: np.ndarray, seen: np.ndarray, placed: np.ndarray, n: int) -> np.ndarray:
    result = np.full(n, NONE, dtype=np.int64)
    queries, targets = np.isin(placed[0], own), np.isin(placed[0], seen)
    result[placed[0][queries]] = covering(placed, queries, targets)
    return result[own]


def related(relatives: Mapping[str, np.ndarray], kind: str = ANY) -> np.ndarray:
    """Say which validation and test records have a relative: bool, along `judged`.

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
    split: Mapping[str, np.ndarray], sequences: Sequence[str], y: np.ndarray
) -> int:
    """Count the validation and test records whose very sequence was learned with another label."""
    code = sequence_codes(sequences)
    distinct = int(code.max(initial=NONE)) + 1
    classes = int(y.max(initial=0)) + 1
    total = 0
    for part, seen in _seen(split).items():
        labels = np.bincount(code[seen] * classes + y[seen], minlength=distinct * classes)
        labels = labels.reshape(distinct, classes)[code[split[part]]]
        same = np.take_along_axis(labels, y[split[part]][:, None], axis=1)[:, 0]
        total += int((labels.sum(axis=1) > same).sum())
    return total


def count_leaks(
    split: Mapping[str, np.ndarray],
    relatives: Mapping[str, np.ndarray],
    y: np.ndarray,
    classes: Sequence[str],
) -> dict[str, dict[str, dict[str, int]]]:
    """Count the validation and test records with a relative, by kind, split and class.

    Parameters
    ----------
    split
        `train`, `validation` and `test`.
    relatives
        Of `find_relatives`.
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
        hit = judged(split)[related(relatives, kind)]
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
    relatives: Mapping[str, np.ndarray],
    y: np.ndarray,
    classes: Sequence[str],
) -> dict[str, np.ndarray]:
    """Remove the validation and test records that have a relative in training.

    Parameters
    ----------
    split, relatives, y, classes
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
    dropped = judged(split)[related(relatives)]
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
    records = judged(split)
    counts = {part: int(np.isin(split[part], records[leaks]).sum()) for part in JUDGED}
    first = int(np.flatnonzero(leaks)[0])
    kind = next(kind for kind in RELATIONS if relatives[kind][first] != NONE)
    raise UserError(
        f"split.on_leak: {counted(counts['test'], 'test record')} and "
        f"{counted(counts['validation'], 'validation record')} have a relative in training, such "
        f"as {str(ids[records[first]])!r} and {str(ids[relatives[kind][first]])!r} ({kind}); "
        "choose the strategy stratified_group, or on_leak: report to see them all, or drop to "
        "leave them out."
    )


# ------------------------------------------------------------------------------ what it means


def search(
    records: Mapping[str, Sequence[Any]],
    k: int,
    identity: float | None,
    shared: Repeats,
    stopped: bool,
) -> dict[str, Any]:
    """Return what was looked for, as `leakage.json` holds it.

    Parameters
    ----------
    records, k, identity
        See `find_relatives`.
    shared
        What many unlike records have in common, which was left out.
    stopped
        Whether the search ended early.

    Returns
    -------
    dict
        ``search``: ``shared_kmer`` and ``identity`` (or None); ``coverage``, the share of the
        shorter record; whether any record has ``coordinates`` or a user's ``group``;
        ``left_out``, see `repeat_findings.described`; and ``stopped``, as given. ``searched``: the
        same in sentences.
    """
    found = {
        "shared_kmer": k,
        "identity": identity,
        "coverage": COVERAGE,
        "coordinates": intervals(*(records[name] for name in ("chrom", "start", "end"))).size > 0,
        "group": any(name is not None for name in records["group"]),
        "left_out": repeat_findings.described(shared),
        "stopped": stopped,
    }
    return {"search": found, "searched": _how_searched(found)}


def _how_searched(found: Mapping[str, Any]) -> str:
    """Say in sentences what was looked for."""
    k, identity = found["shared_kmer"], found["identity"]
    kinds = [
        "the same sequence or its reverse complement",
        f"{k} bases in a row in common on either strand",
    ]
    if identity is not None:
        kinds.append(
            f"at least {percent(identity)} identity on either strand over "
            f"{percent(found['coverage'])} of the shorter record"
        )
    if found["coordinates"]:
        kinds.append("overlap in the genome")
    if found["group"]:
        kinds.append("the same group in the data")
    text = f"Searched for: {'; '.join(kinds)}."
    if identity is None:
        text += (
            f" Similar records that do not have {k} bases in a row in common were not searched for "
            "(split.identity: null)."
        )
    elif identity < 1:
        text += (
            " Relatives below this identity were not searched for, and some of those just above it "
            "are missed."
        )
    records = found["left_out"]["records"]
    if records:
        text += (
            " Bases that many otherwise different records have in common (in "
            f"{counted(records, 'record')}) were left out of the search."
        )
    if found["stopped"]:
        text += (
            " The search ended early, because far more pairs of records were compared than turned "
            "out to be related, so there may be more relatives."
        )
    return text


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
                ("exact", "with the same sequence"),
                ("reverse_complement", "with the reverse complement"),
                ("shared_kmer", f"with {k} bases in a row in common, on either strand"),
                ("identity", "similar, on either strand"),
                ("coordinates", "overlapping in the genome"),
                ("group", "of the same group in the data"),
            )
            if (number := _in_train(measured, kind, part))
        ]
        message = (
            f"{count:,} of {counted(total, f'{part} record')} ({share(count, total)}) "
            f"{has(count)} a relative among the training "
            f"{'and validation ' if part == 'test' else ''}records "
            f"({'; '.join(kinds)}; a record can be related in several ways): "
        )
        message += (
            "scores on all test records flatter a classifier that memorises sequences, so look at "
            "the scores on those without a relative."
            if part == "test"
            else "the epoch that is kept, calibration and thresholds may favour a model that "
            "memorises."
        )
        said.append({"severity": severity, "message": message})
    contradictory = measured["contradictory"]
    if contradictory:
        said.append(
            {
                "severity": "problem",
                "message": f"{counted(contradictory, 'validation or test record')} "
                f"{has(contradictory)} the same sequence as a record that models learned from, but "
                "another label.",
            }
        )
    dropped = sum(measured["dropped"].values())
    if dropped:
        by_class = each(measured["dropped"])
        said.append(
            {
                "severity": "warning",
                "message": f"{counted(dropped, 'validation or test record')} ({by_class}) with a "
                f"relative in training {are(dropped)} dropped.",
            }
        )
    if measured["large_group"]:
        said.append({"severity": "warning", "message": measured["large_group"]})
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
    for part, aim in wanted.items():
        size = sum(records[part].values())
        parts = []
        if abs(size / total - aim) > max(TOLERANCE, 1 / total):
            parts.append(f"{share(size, total)} of the records instead of {share(aim)}")
        parts += [
            f"{share(count, max(size, 1))} of class {name} instead of {share(overall[name])}"
            for name, count in records[part].items()
            if abs(count / max(size, 1) - overall[name]) > max(TOLERANCE, 1 / max(size, 1))
        ]
        if parts:
            said.append(
                {
                    "severity": "note",
                    "message": f"The {part} set has {', '.join(parts)}, because "
                    f"{measured['kept_whole']} are kept whole; the largest has "
                    f"{counted(measured['largest'], 'record')}.",
                }
            )
    return said


def wanted_shares(strategy: str, test: float, validation: float, folds: int) -> dict[str, float]:
    """Return the shares of all records that the settings ask for, where whole units are drawn."""
    if strategy not in ("stratified_group", "chromosome"):
        return {}
    tested = test if folds == 1 else 1 / folds
    shares = [(1 - tested) * (1 - validation), (1 - tested) * validation, tested]
    return dict(zip(SPLITS, shares, strict=True))
