"""Are the data sound? Counts of what later misleads a classifier or its judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data import giveaway_findings, giveaways, grouping, repeat_findings
from attendna.data.cropping import choose_length
from attendna.data.features import Text
from attendna.data.kmers import Letters, related_within
from attendna.data.labels import class_indices, order_classes
from attendna.data.relatives import similar_within
from attendna.data.repeats import without_repeats
from attendna.dna import BASES, IUPAC
from attendna.positive_class import doubt
from attendna.wording import are, counted, decimals, each, has, percent, share

EXAMPLES = 10
HISTOGRAM_BINS = 20
RECORDS_AT_ONCE = 10_000  # in steps that would otherwise need several times the memory

# Where a number becomes a finding.
SMALL_CLASS = 100  # records: below, a fifth for testing gives intervals wider than 0.1
IMBALANCE = 2  # largest to smallest class: above, accuracy flatters
SEVERE_IMBALANCE = 10
# What spreadsheets compute instead of showing it; -1 is a number, and they show it.
FORMULA = re.compile(r"[=+@-](?![0-9.]+(?:[eE][0-9+-]+)?\Z)")
MOSTLY_WHOLE = 0.05  # share of records: if more are cropped, much may be lost
SEVERITIES = ["problem", "warning", "note"]


def audit(
    ids: Sequence[str],
    sequences: Sequence[str],
    labels: Sequence[str],
    splits: Sequence[str | None],
    rows: Mapping[str, Any] | None = None,
    notes: Sequence[Mapping[str, str]] = (),
    shared_kmer: int | None = None,
    places: Sequence[Sequence[Any]] | None = None,
    lower_case: Sequence[int | None] | None = None,
    classes: Sequence[str] | None = None,
    positive: str | None = None,
    identity: float | None = None,
) -> dict[str, Any]:
    """Count what a set of labelled sequences holds and say what may go wrong with it.

    Parameters
    ----------
    ids, sequences, labels
        One of each a record, at least one record; upper-case IUPAC letters, none empty.
    splits
        "train", "validation" or "test" where the user fixed it, else None.
    rows
        `length` and `crop` of the rows that classifiers will see, see `cropping`; None: not said.
    notes
        What came up when the records were brought in: further findings.
    shared_kmer
        So many bases in a row, on either strand, make two records related; None: not looked for.
    places
        `chrom`, `start` and `end` of each record, None where it has none; None: not looked at.
    lower_case
        Lower-case letters of each record as the user wrote it, None where not known; None: of
        none.
    classes, positive
        As the config has them, see `labels.order_classes`.
    identity
        That makes two records related, see `similarity`; None: not looked for.

    Returns
    -------
    dict
        The content of `audit.json`, and ``features``, that of `giveaways.tsv`:

        ``records``
            Number of records.
        ``classes``
            Records of each class.
        ``positive``
            The ``class`` that is taken as the positive one of two because the config names none,
            and the ``doubt`` about it, see `positive_class.doubt`; None where the config does, or
            there are not two.
        ``lengths``
            See `summarize_lengths`; ``separation`` is that of `separation`, and ``rows`` says
            which ``length`` and ``crop`` classifiers see and how many records are ``cropped`` and
            ``padded`` for it (None without `rows`).
        ``letters``
            See `count_letters`.
        ``duplicates``, ``contradictory``, ``reverse_complements``
            See `compare_sequences`.
        ``related``
            See `relate`; None without `shared_kmer`.
        ``repeats``
            What many unlike records share, see `repeat_findings.described`; None without
            `shared_kmer`.
        ``gc``
            ``by_class``, the mean and the standard deviation of the GC content, and
            ``separation``, that of `separation`.
        ``giveaways``
            The summary of `giveaways.measure`.
        ``checked``
            In words, all that was looked at.
        ``formulas``
            How many ``ids`` and ``labels`` (of classes) spreadsheets would compute.
        ``splits``
            Records of each class in each fixed split (``fold 1`` and so on where folds are given,
            ``unassigned``: in none); None without.
        ``findings``
            ``{"severity": "problem" | "warning" | "note", "message": sentence, "harm": number}``,
            worst first: by severity, then by harm. ``harm`` is 0 to 1: the share of the records
            that are affected, or, of a property that tells the classes apart, 2 AUROC - 1. Notes
            of the import come without and last of their severity.
        ``features``
            The table of `giveaways.measure`.

    Raises
    ------
    ValueError
        If there is no record or an empty sequence.
    """
    text = Text.of(sequences)
    letters, starts, lengths = text
    if len(lengths) == 0 or lengths.min() == 0:
        raise ValueError("expected at least one record and no empty sequence")
    names = sorted(set(labels))
    y = class_indices(labels, names, ids)
    gc = gc_content(letters, starts)
    codes, mates = grouping.identities(sequences)
    related, near, repeats = _relatives(sequences, y, names, shared_kmer, places, identity)
    records = giveaways.Records(
        text,
        y,
        names,
        gc,
        codes,
        near,
        _soft_masked(lower_case, lengths),
    )
    table, telling = giveaways.measure(records)
    measured: dict[str, Any] = {
        "records": len(lengths),
        "classes": _counts(y, names),
        "positive": _inferred(_counts(y, names), classes, positive),
        "lengths": summarize_lengths(lengths)
        | {"separation": separation(lengths, y, names), "rows": _rows(lengths, rows)},
        "letters": count_letters(letters, starts),
        **compare_sequences(ids, codes, mates, y, names),
        "related": related,
        "repeats": repeats,
        "gc": {"by_class": _spread(gc, y, names), "separation": separation(gc, y, names)},
        "formulas": {"ids": _formulas(ids), "labels": _formulas(names)},
        "splits": _split_counts(splits, y, names),
        "giveaways": telling,
        "checked": _checked(related, len(names)) + telling["checked"],
    }
    found = worst_first([*findings(measured, table), *notes])
    return measured | {"features": table, "findings": found}


def _checked(related: Mapping[str, Any] | None, classes: int) -> list[str]:
    """Say in words what was looked at beside the giveaways."""
    said = ["sizes of the classes", "copies on either strand"]
    if classes > 1:
        said.insert(0, "contradictory labels")
    if related is not None:
        said.append(f"stretches of {related['shared_kmer']['length']} or more bases in common")
        if related["identity"] is not None:
            early = " (search ended early)" if related["identity"]["stopped"] else ""
            identity = percent(related["identity"]["identity"])
            said.append(f"records that are at least {identity} identical{early}")
        if related["coordinates"] is not None:
            said.append("overlap in the genome")
    return said


def worst_first(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort findings by severity, then by harm; equal ones stay in order."""
    return sorted(
        found, key=lambda item: (SEVERITIES.index(item["severity"]), -item.get("harm", 0.0))
    )


def _relatives(
    sequences: Sequence[str],
    y: np.ndarray,
    classes: Sequence[str],
    shared_kmer: int | None,
    places: Sequence[Sequence[Any]] | None,
    identity: float | None,
) -> tuple[dict[str, Any] | None, np.ndarray | None, Any]:
    """Return what `relate` does, and the repeats that do not count; without a search nothing."""
    if shared_kmer is None:
        return None, None, None
    letters, shared = without_repeats(Letters.of(sequences), identity)
    related, near = relate(letters, y, classes, shared_kmer, places, identity)
    return related, near, repeat_findings.described(shared)


def _rows(lengths: np.ndarray, rows: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if rows is None:
        return None
    length = choose_length(lengths, rows["length"])
    cropped, padded = int((lengths > length).sum()), int((lengths < length).sum())
    return {"length": length, "crop": rows["crop"], "cropped": cropped, "padded": padded}


def _inferred(
    count: Mapping[str, int], classes: Sequence[str] | None, positive: str | None
) -> dict[str, Any] | None:
    """Return which class is taken as the positive one although the config names none."""
    known = classes is None or set(classes) == set(count)
    if positive is not None or len(count) != 2 or not known:
        return None
    _, inferred = order_classes(list(count), classes)
    return {"class": inferred, "doubt": doubt(inferred, count)}


def _counts(y: np.ndarray, classes: Sequence[str]) -> dict[str, int]:
    return dict(zip(classes, np.bincount(y, minlength=len(classes)).tolist(), strict=True))


def _soft_masked(lower_case: Sequence[int | None] | None, lengths: np.ndarray) -> np.ndarray | None:
    """Return the share of lower-case letters of each record; None where it is known of none."""
    if lower_case is None:
        return None
    share = np.asarray(lower_case, dtype=np.float64) / lengths
    return None if np.isnan(share).all() else share


def _formulas(texts: Sequence[str]) -> int:
    return sum(FORMULA.match(text) is not None for text in texts)


def _split_counts(
    splits: Sequence[str | None], y: np.ndarray, classes: Sequence[str]
) -> dict[str, dict[str, int]] | None:
    named = {part: _part_name(part) for part in set(splits)}
    there = set(named.values())
    if there == {"unassigned"}:
        return None
    folds = sorted((part for part in there if part.startswith("fold")), key=lambda n: int(n[5:]))
    present = [part for part in [*SPLITS, *folds, "unassigned"] if part in there]
    parts = np.fromiter((present.index(named[part]) for part in splits), np.int64, len(splits))
    return {part: _counts(y[parts == i], classes) for i, part in enumerate(present)}


def _part_name(part: Any) -> str:
    if part in SPLITS:
        return part
    return f"fold {part}" if isinstance(part, str) and FOLD.fullmatch(part) else "unassigned"


def summarize_lengths(lengths: np.ndarray) -> dict[str, Any]:
    """Return `min`, `median`, `max`, the number of `distinct` lengths and a `histogram`.

    Parameters
    ----------
    lengths
        int64 (n,), in letters.

    Returns
    -------
    dict
        `histogram` lists `{"from", "to", "records"}`, at most 20 ranges of one width, both ends
        included, that together hold every record.
    """
    low, high = int(lengths.min()), int(lengths.max())
    width = -(-(high - low + 1) // HISTOGRAM_BINS)
    counts = np.bincount((lengths - low) // width)
    return {
        "min": low,
        "median": float(np.median(lengths)),
        "max": high,
        "distinct": len(np.unique(lengths)),
        "histogram": [
            {
                "from": low + i * width,
                "to": min(low + (i + 1) * width - 1, high),
                "records": int(count),
            }
            for i, count in enumerate(counts)
        ],
    }


def count_letters(letters: np.ndarray, starts: np.ndarray) -> dict[str, Any]:
    """Count each IUPAC letter, and the records that hold others than A, C, G and T.

    Parameters
    ----------
    letters
        uint8 (letters,): all sequences one after another, in ASCII.
    starts
        int64 (n,): where each begins.

    Returns
    -------
    dict
        `totals` of the letters that occur, and `ambiguous`: the `letters` other than A, C, G and
        T in all, the `records` that hold any, and the `share` of all records that these are.
    """
    counts = {letter: int(np.count_nonzero(letters == ord(letter))) for letter in IUPAC}
    totals = {letter: count for letter, count in counts.items() if count}
    other = "".join(letter for letter in IUPAC if letter not in BASES)
    records = int((_sum_of(letters, starts, other) > 0).sum())
    return {
        "totals": totals,
        "ambiguous": {
            "letters": sum(counts[letter] for letter in other),
            "records": records,
            "share": records / len(starts),
        },
    }


def gc_content(letters: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the share of G and C of each sequence.

    S (G or C) counts as one of them and W (A or T) as none; letters that leave it open (N, R and
    so on) are left out, and a sequence of nothing else has NaN.

    Parameters
    ----------
    letters, starts
        See `count_letters`.

    Returns
    -------
    numpy.ndarray
        float64 (n,), between 0 and 1.
    """
    strong = _sum_of(letters, starts, "GCS")
    known = strong + _sum_of(letters, starts, "ATUW")
    return np.divide(strong, known, out=np.full(len(starts), np.nan), where=known > 0)


def _sum_of(letters: np.ndarray, starts: np.ndarray, counted: str) -> np.ndarray:
    """float64 (n,): how often the letters of `counted` occur in each sequence."""
    table = np.zeros(256, dtype=bool)
    table[[ord(letter) for letter in counted]] = True
    sums = np.empty(len(starts))
    bounds = np.append(starts, len(letters))
    for first in range(0, len(starts), RECORDS_AT_ONCE):  # NumPy widens all that it sums
        last = min(first + RECORDS_AT_ONCE, len(starts))
        portion = table[letters[bounds[first] : bounds[last]]]
        begins = starts[first:last] - bounds[first]
        sums[first:last] = np.add.reduceat(portion, begins, dtype=np.int64)
    return sums


def _spread(
    values: np.ndarray, y: np.ndarray, classes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return mean and sample standard deviation of each class; NaN where there is none."""
    spread = {}
    for index, name in enumerate(classes):
        of_class = values[(y == index) & ~np.isnan(values)]
        spread[name] = {
            "mean": float(of_class.mean()) if len(of_class) else np.nan,
            "sd": float(of_class.std(ddof=1)) if len(of_class) > 1 else np.nan,
        }
    return spread


def separation(values: np.ndarray, y: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Tell how well one number a record tells the classes apart, without any training.

    Parameters
    ----------
    values
        (n,); NaN where there is none, which leaves the record out.
    y
        (n,): index into `classes`.
    classes
        The names of the classes.

    Returns
    -------
    dict
        `by_class`: for each class the AUROC of the value for this class against the rest, above
        0.5 where the class has the higher values. `auroc`: the mean over the classes of that
        AUROC or its distance from 1, whichever is larger, because a classifier may use the value
        either way; for two classes both have the same. NaN where a class has no or all records.
    """
    there = ~np.isnan(values)
    values, y = values[there], y[there]
    areas = {name: _auroc(values, y == index) for index, name in enumerate(classes)}
    either_way = [max(area, 1 - area) for area in areas.values()]
    return {"by_class": areas, "auroc": float(np.mean(either_way))}


def _auroc(values: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve from the sum of mid-ranks (Hanley & McNeil 1982, Radiology 143)."""
    from scipy.stats import rankdata

    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return float("nan")
    smaller = rankdata(values)[positive].sum() - positives * (positives + 1) / 2
    return float(smaller / (positives * negatives))


def compare_sequences(
    ids: Sequence[str], codes: np.ndarray, mates: np.ndarray, y: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    """Find records with the same sequence, on either strand, and labels that contradict.

    Parameters
    ----------
    ids
        One of each record.
    codes, mates
        See `grouping.identities`.
    y
        (n,): index into `classes`.
    classes
        The names of the classes.

    Returns
    -------
    dict
        ``duplicates``
            ``records`` whose sequence occurred in an earlier record (all records less the
            distinct sequences), and ``groups``, the sequences that occur more than once.
        ``contradictory``
            ``sequences`` that carry more than one label, the ``records`` that hold them, and up
            to 10 ``examples``, each from label to the id of the first record with it.
        ``reverse_complements``
            ``records`` whose reverse complement is the sequence of another record. A sequence
            that is its own reverse complement counts only where another record has it too.
    """
    copies = np.bincount(codes)
    pairs, first = np.unique(codes * len(classes) + y, return_index=True)
    contradictory = np.bincount(pairs // len(classes)) > 1
    examples = []
    for code in np.flatnonzero(contradictory)[:EXAMPLES]:
        of_code = pairs // len(classes) == code
        of_class = zip(pairs[of_code] % len(classes), first[of_code], strict=True)
        examples.append({classes[label]: str(ids[record]) for label, record in of_class})
    # A sequence that is its own reverse complement has to be there twice.
    mated = (mates != grouping.NONE) & ((mates != codes) | (copies[codes] > 1))
    return {
        "duplicates": {
            "records": len(codes) - len(copies),
            "groups": int((copies > 1).sum()),
        },
        "contradictory": {
            "sequences": int(contradictory.sum()),
            "records": int(copies[contradictory].sum()),
            "examples": examples,
        },
        "reverse_complements": {"records": int(mated.sum())},
    }


def relate(
    letters: Letters,
    y: np.ndarray,
    classes: Sequence[str],
    shared_kmer: int,
    places: Sequence[Sequence[Any]] | None = None,
    identity: float | None = None,
) -> tuple[dict[str, Any], np.ndarray]:
    """Count near-duplicates: similar ones, and those with a stretch or a base in common.

    Parameters
    ----------
    letters
        Of all records, without `repeats`.
    y
        (n,): index into `classes`.
    classes
        The names of the classes.
    shared_kmer
        Length of the stretch, which may be on either strand; see `kmers.shared_kmers`.
    places
        `chrom`, `start` and `end` of each record, None where it has none.
    identity
        From which records are similar, see `similarity`; None: not looked for.

    Returns
    -------
    dict
        ``shared_kmer``
            Of each class, in ``by_class``, the records that share such a stretch with another
            record of their class; ``records``, of all classes; ``between_classes``, the records
            that share one with a record of another class; and ``length``, that of the stretch.
        ``identity``
            The same of records that are similar, with ``identity`` instead of ``length``, and
            ``stopped``, whether the search ended early; None without `identity`.
        ``coordinates``
            The same of records that overlap in the genome, without ``length``; None where no
            record has coordinates.
    numpy.ndarray
        bool (n,): which records are any of these.
    """
    within, between = related_within(letters, y, shared_kmer)
    found: dict[str, Any] = {
        "shared_kmer": {"length": shared_kmer, **_relation_counts(within, between, y, classes)},
        "identity": None,
        "coordinates": None,
    }
    near = within | between
    if identity is not None:
        stops: list[bool] = []
        within, between = similar_within(letters, y, identity, lambda: stops.append(True))
        counts = _relation_counts(within, between, y, classes)
        found["identity"] = {"identity": identity, "stopped": bool(stops), **counts}
        near |= within | between
    placed = grouping.intervals(*places) if places is not None else np.empty((4, 0), np.int64)
    if placed.size:
        within, between = np.zeros((2, len(y)), dtype=bool)
        of_class = y[placed[0]]
        for number in np.unique(of_class):
            own = of_class == number
            within[placed[0][own]] = grouping.overlapped(placed[:, own])
            other = grouping.covering(placed, queries=own, targets=~own)
            between[placed[0][own]] = other != grouping.NONE
        found["coordinates"] = _relation_counts(within, between, y, classes)
        near |= within | between
    return found, near


def _relation_counts(
    within: np.ndarray, between: np.ndarray, y: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    return {
        "by_class": _counts(y[within], classes),
        "records": int(within.sum()),
        "between_classes": int(between.sum()),
    }


# ------------------------------------------------------------------------------ findings

Finding = tuple[str, float, str]  # severity, harm (see `audit`), message


def findings(measured: dict[str, Any], table: Mapping[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    """Yield what the numbers of `audit` mean, as plain sentences.

    Parameters
    ----------
    measured, table
        What `audit` returns, `findings` not needed.
    """
    classes = list(measured["classes"])
    for severity, harm, message in (
        *_about_labels(measured),
        *_about_splits(measured),
        *_about_copies(measured),
        *giveaway_findings.findings(
            table,
            measured["giveaways"],
            classes,
            placed=bool(measured["related"] and measured["related"]["coordinates"]),
            left_out=[its["letters"] for its in (measured["repeats"] or {}).get("stretches", [])],
        ),
        *_about_lengths(measured),
        *_about_class_sizes(measured),
        *_about_the_positive_class(measured["positive"], measured["classes"]),
        *_about_letters(measured),
        *_about_formulas(measured["formulas"], measured["records"]),
    ):
        yield {"severity": severity, "message": message, "harm": harm}


def _about_labels(measured: dict[str, Any]) -> Iterator[Finding]:
    classes, contradictory = measured["classes"], measured["contradictory"]
    if len(classes) == 1:
        message = f"All records have the label {next(iter(classes))}: nothing to classify."
        yield "problem", 1.0, message
    if contradictory["sequences"]:
        example = ", ".join(f"{id_} ({name})" for name, id_ in contradictory["examples"][0].items())
        yield (
            "problem",
            contradictory["records"] / measured["records"],
            f"{counted(contradictory['sequences'], 'sequence')} "
            f"{has(contradictory['sequences'])} more than one label, in "
            f"{counted(contradictory['records'], 'record')}, such as {example}: "
            "no classifier can get them all right.",
        )


def _about_splits(measured: dict[str, Any]) -> Iterator[Finding]:
    splits = measured["splits"] or {}
    for part, counts in splits.items():
        for name, count in counts.items():
            if count == 0 and part in SPLITS:
                affected = measured["classes"][name] / measured["records"]
                message = f"The {part} part of the fixed split has no record of the class {name}."
                yield "problem", affected, message
    if "unassigned" in splits:
        count = sum(splits["unassigned"].values())
        yield (
            "note",
            count / measured["records"],
            f"{counted(count, 'record')} {has(count)} no split, while others have a fixed one.",
        )


def _about_copies(measured: dict[str, Any]) -> Iterator[Finding]:
    total = measured["records"]
    duplicates = measured["duplicates"]["records"]
    if duplicates:
        yield (
            "warning",
            duplicates / total,
            f"{_share(duplicates, total)} {has(duplicates)} the same sequence as an earlier "
            "record: copies on both sides of a split make a classifier look better than it is.",
        )
    reverse_complements = measured["reverse_complements"]["records"]
    if reverse_complements:
        yield (
            "warning",
            reverse_complements / total,
            f"{_share(reverse_complements, total)} are the reverse complement of another "
            "record: where the strand does not matter, they are copies too.",
        )
    constant = [stretch["letters"] for stretch in measured["giveaways"]["constant"]]
    yield from repeat_findings.findings(measured["repeats"], total, constant)
    yield from _about_relatives(measured)


def _about_relatives(measured: dict[str, Any]) -> Iterator[Finding]:
    related, total = measured["related"] or {}, measured["records"]
    remedy = "a split must keep relatives together, as stratified_group does"
    if _fixed(measured["splits"]):
        remedy = (
            "the split comes with the data, and leakage.json says whether it keeps them together"
        )
    for kind, found in related.items():
        if not found:
            continue
        if found["records"]:
            by_class = each({name: n for name, n in found["by_class"].items() if n})
            related_to = _relation(kind, found, "another record of the same class")
            yield (
                "warning",
                found["records"] / total,
                f"{_share(found['records'], total)} {related_to} ({by_class}): {remedy}.",
            )
        between = found["between_classes"]
        if between:
            related_to = _relation(kind, found, "a record of another class")
            yield ("warning", between / total, f"{_share(between, total)} {related_to}.")
        if found.get("stopped"):
            yield (
                "note",
                0.0,
                f"The search for records that are at least {percent(found['identity'])} identical "
                "ended early, because far more pairs were compared than turned out to be related, "
                "so there may be more of them.",
            )


def _fixed(splits: Mapping[str, Any] | None) -> bool:
    """Whether the data say of every record in which part of the split it is."""
    return splits is not None and "unassigned" not in splits


def _relation(kind: str, found: Mapping[str, Any], other: str) -> str:
    """Say how some records are related to another; there are two or more, as each has a mate."""
    return {
        "shared_kmer": "share {length} or more bases in a row, on either strand, with {other}",
        "identity": "are at least {share} identical to {other}, over most of the "
        "shorter one and on either strand",
        "coordinates": "overlap {other} in the genome",
    }[kind].format(**found, other=other, share=percent(found.get("identity", 0)))


def _about_lengths(measured: dict[str, Any]) -> Iterator[Finding]:
    lengths = measured["lengths"]
    if lengths["distinct"] > 1:
        yield (
            "note",
            _harm_of(lengths["separation"]["auroc"]),
            f"The sequences have {lengths['distinct']:,} different lengths, from "
            f"{lengths['min']:,} to {lengths['max']:,} letters.",
        )
    yield from _about_rows(lengths["rows"], measured["records"])


def _about_rows(rows: dict[str, Any] | None, total: int) -> Iterator[Finding]:
    if rows is None or not rows["cropped"] + rows["padded"]:
        return
    kept = {"centre": "centre", "left": "first base", "right": "last base"}[rows["crop"]]
    yield (
        "warning" if rows["cropped"] > MOSTLY_WHOLE * total else "note",
        rows["cropped"] / total,
        f"Classifiers see {rows['length']:,} positions, and the {kept} of every sequence keeps its "
        f"place: {_share(rows['cropped'], total)} {are(rows['cropped'])} cropped, "
        f"{_share(rows['padded'], total)} {are(rows['padded'])} padded.",
    )


def _about_class_sizes(measured: dict[str, Any]) -> Iterator[Finding]:
    classes = measured["classes"]
    for name, count in classes.items():
        if count < SMALL_CLASS:
            yield (
                "warning",
                count / measured["records"],
                f"The class {name} has only {counted(count, 'record')}: expect wide intervals.",
            )
    largest, smallest = max(classes, key=classes.get), min(classes, key=classes.get)
    if classes[largest] > IMBALANCE * classes[smallest]:
        severe = classes[largest] > SEVERE_IMBALANCE * classes[smallest]
        yield (
            "warning" if severe else "note",
            # By how much an answer that looks at nothing is more accurate than among equal classes.
            classes[largest] / measured["records"] - 1 / len(classes),
            f"{largest} has {classes[largest] / classes[smallest]:.1f} times as many records as "
            f"{smallest}: always answering {largest} has an accuracy of "
            f"{decimals([classes[largest] / measured['records']], 3)[0]}, so look at MCC or AUPRC "
            "instead.",
        )


def _about_the_positive_class(
    positive: Mapping[str, Any] | None, count: Mapping[str, int]
) -> Iterator[Finding]:
    if positive and positive["doubt"]:
        name = positive["class"]
        other = next(label for label in count if label != name)
        yield (
            "warning",
            0.0,
            f"{name} is taken as the positive class because the config names none, but "
            f"{positive['doubt']}: is {other} the class of interest? If so, set "
            f"`positive: {other}` in the dataset. AUPRC and F1 are given for both.",
        )


def _about_letters(measured: dict[str, Any]) -> Iterator[Finding]:
    records = measured["letters"]["ambiguous"]["records"]
    if records:
        others = [letter for letter in measured["letters"]["totals"] if letter not in BASES]
        yield (
            "note",
            records / measured["records"],
            f"{_share(records, measured['records'])} {has(records)} letters other than A, C, G "
            f"and T: {', '.join(others)}.",
        )


def _about_formulas(formulas: Mapping[str, int], total: int) -> Iterator[Finding]:
    told = {"id": formulas["ids"], "class name": formulas["labels"]}
    counts = [counted(number, noun) for noun, number in told.items() if number]
    if counts:
        begin = "begins" if sum(told.values()) == 1 else "begin"
        yield (
            "note",
            formulas["ids"] / total,
            f"{' and '.join(counts)} {begin} with =, +, - or @, which spreadsheets run as "
            "formulas. The tables hold them as they are, so import these columns as text.",
        )


def _harm_of(area: float) -> float:
    """Return the Gini coefficient of an AUROC of 0.5 or more; 0 where there is none."""
    return 0.0 if np.isnan(area) else 2 * float(area) - 1


def _share(number: int, total: int) -> str:
    return f"{number:,} of {counted(total, 'record')} ({share(number, total)})"
