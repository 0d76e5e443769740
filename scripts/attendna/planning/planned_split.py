"""How many records of each class a split will put into each part, told before anything is made."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attendna.contracts.splits import SPLITS
from attendna.data import negatives, splitting
from attendna.data.grouping import user_groups
from attendna.data.intervals import Intervals
from attendna.data.labels import class_indices, order_classes
from attendna.data.parsed import Records
from attendna.data.readers import label
from attendna.data.sources import Columns, Reading, Source, read_source
from attendna.planning import settings
from attendna.wording import listed

LARGE = 10_000_000  # bytes of the files of a dataset: to count more takes longer than a moment
MOST_CLASSES = 6  # that are told one by one
_FIELDS = ("label", "split", "group", "chrom")


@dataclass
class Planned:
    """The parts of a split.

    Attributes
    ----------
    folds
        Of each fold, part (train, validation, test) to class to the number of its records.
    about
        Why the split may have other numbers by some; "": it will have just these.
    """

    folds: list[dict[str, dict[str, int]]]
    about: str


@dataclass
class _Labelled:
    """What a split goes by, one value a record."""

    label: list[str] = field(default_factory=list)
    split: list[str | None] = field(default_factory=list)
    group: list[str | None] = field(default_factory=list)
    chrom: list[str | None] = field(default_factory=list)


def plan(config: Mapping, dataset: str) -> Planned | None:
    """Count the records of each class in each part, by the rules of the split itself.

    Sequences are neither cut from a genome nor compared with each other. Where records are
    related, which then stay together, the parts differ from what is planned by some records.

    Parameters
    ----------
    config
        All settings, checked.
    dataset
        One with sources.

    Returns
    -------
    Planned or None
        None where the files are too large to be counted in a moment, are not there yet, or where
        the split goes by what is made later.

    Raises
    ------
    UserError
        If a file can't be read, or the records can't be divided.
    """
    block, how = config["datasets"][dataset], settings.split(config, dataset)
    paths = settings.source_paths(block)
    if not all(map(os.path.exists, paths)) or sum(map(os.path.getsize, paths)) > LARGE:
        return None
    records, intervals = _read(config, dataset)
    made = settings.negatives(config, dataset)
    if made:
        if how["strategy"] == "chromosome" and made["method"] == "genome":
            return None  # nobody knows yet on which chromosomes they will be
        _add_negatives(records, made)
    listing = settings.class_order(config, dataset)
    classes, _ = order_classes(records.label, listing, block.get("positive"))
    ids = [str(number) for number in range(1, len(records.label) + 1)]
    y = class_indices(records.label, classes, ids)
    folds = [
        _counts(_divide(records, y, classes, ids, how, fold), y, classes)
        for fold in settings.folds(config, dataset)
    ]
    related = how["strategy"] == "stratified_group" and how["groups"] == "auto"
    loose = intervals or made or how["on_leak"] == "drop"
    why = "since some records may be left out" if loose else ""
    return Planned(folds, "since related records stay together" if related else why)


def _read(config: Mapping, dataset: str) -> tuple[_Labelled, bool]:
    """Read what the files of a dataset hold beside sequences, and whether it is intervals."""
    block = config["datasets"][dataset]
    columns = Columns(**settings.columns(config, block))
    reading = Reading(**settings.reading(config, dataset))
    files = [Source(**source) for source in settings.sources(block)]
    found = [read_source(source, source.path, columns, True, reading) for source in files]
    joined = settings.joined_labels(config, dataset)
    labelled = label([_as_records(part) for part in found], files, joined).records
    records = _Labelled()
    for source, part in zip(files, labelled, strict=True):
        fixed = {"label": joined.get(source.label, source.label), "split": source.split}
        for name in _FIELDS:
            values = part.fields.get(name, [fixed.get(name)] * len(part.ids))
            getattr(records, name).extend(values)
    return records, any(isinstance(part, Intervals) for part in found)


def _as_records(found: Records | Intervals) -> Records:
    """Return intervals as records without sequences."""
    if isinstance(found, Records):
        return found
    fields: dict[str, list[Any]] = {"chrom": list(found.chroms)}
    fields |= {"label": list(found.labels)} if found.labels else {}
    empty = [""] * len(found)
    return Records(ids=list(empty), sequences=empty, lines=list(found.lines), fields=fields)


def _add_negatives(records: _Labelled, made: Mapping[str, Any]) -> None:
    """Add the negatives that will be made, each with what it takes over from its record."""
    rng = np.random.default_rng(made["seed"])
    models = negatives.choose_models(len(records.label), made["ratio"], rng)
    for name in ("split", "group", "chrom"):
        values = getattr(records, name)
        values.extend([values[i] for i in models])
    records.label.extend([made["label"]] * len(models))


def _divide(
    records: _Labelled,
    y: np.ndarray,
    classes: Sequence[str],
    ids: Sequence[str],
    how: Mapping[str, Any],
    fold: int,
) -> dict[str, np.ndarray]:
    """Divide records as split.py does, where records of one group alone count as related."""
    shares = {name: how[name] for name in ("test", "validation", "folds", "seed")}
    division = splitting.Division(fold=fold, **shares)
    grouped = how["strategy"] == "stratified_group"
    groups = user_groups([None] * len(y) if how["groups"] == "none" else records.group)
    if any(part is not None for part in records.split):
        own = groups if grouped else None
        return splitting.fixed(records.split, y, classes, ids, division, own)
    if how["strategy"] == "chromosome":
        named = {name: how[name] for name in ("test_chromosomes", "validation_chromosomes")}
        return splitting.chromosome(y, classes, records.chrom, ids, division, **named)
    if not grouped:
        return splitting.stratified(y, classes, division)
    return splitting.stratified_group(y, classes, groups, division)


def _counts(
    split: Mapping[str, np.ndarray], y: np.ndarray, classes: Sequence[str]
) -> dict[str, dict[str, int]]:
    found = {part: Counter(y[rows].tolist()) for part, rows in split.items()}
    return {part: {name: found[part][i] for i, name in enumerate(classes)} for part in SPLITS}


def in_words(planned: Planned) -> str:
    """Return what is planned, as a sentence without a stop."""
    named = [f"{name}: {_numbers(planned, name)}" for name in planned.folds[0]["train"]]
    folds = len(planned.folds)
    where = f" in each of {folds} folds" if folds > 1 else ""
    about = f"; about, {planned.about}" if planned.about else ""
    return f"{listed(named, MOST_CLASSES)} (training / validation / test{where}{about})"


def _numbers(planned: Planned, name: str) -> str:
    found = []
    for part in SPLITS:
        numbers = sorted(fold[part][name] for fold in planned.folds)
        least, most = numbers[0], numbers[-1]
        found.append(f"{least:,}" if least == most else f"{least:,} to {most:,}")
    return " / ".join(found)
