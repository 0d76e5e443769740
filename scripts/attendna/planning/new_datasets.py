"""Datasets made of the files that a user has: what they are, and what is assumed of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from statistics import median_low
from typing import Any

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data.genome import genome_lengths
from attendna.data.intervals import Intervals, check_places
from attendna.data.parsed import Records
from attendna.data.recognition import ENDINGS, INTERVALS
from attendna.errors import UserError, shown
from attendna.planning.class_names import alike, choose_positive
from attendna.planning.file_clusters import (
    FEWEST,
    Cluster,
    NamedFile,
    by_part,
    clusters_of,
    labels_of,
    without_copies,
)
from attendna.planning.file_looks import Column, Looks
from attendna.planning.found_files import Found
from attendna.planning.header_labels import labels_in_headers
from attendna.planning.interval_genomes import genome_of
from attendna.planning.name_words import plain_name
from attendna.wording import counted, listed

MADE = "background"  # the class of negatives that attendna makes
_WRITTEN = {"narrowpeak": "narrowPeak", "xlsx": "Excel, its first sheet", "parquet": "Parquet"}


@dataclass
class NewSource:
    """A file of a dataset: its keys in the config, and what it holds, in words."""

    path: str
    label: str | None
    split: str | None
    format: str | None
    holds: str


@dataclass
class Setting:
    """A key of a dataset: its value, and what is said about it."""

    value: Any
    about: str


@dataclass
class NewDataset:
    """A dataset as it will stand in the config.

    Attributes
    ----------
    name
        A plain word.
    about
        What was found, a sentence each.
    sources
        Its files.
    settings
        Its other keys.
    """

    name: str
    about: list[str]
    sources: list[NewSource]
    settings: dict[str, Setting]


def datasets_of(found: Found, genome: str | None, label: Column | None) -> list[NewDataset]:
    """Make datasets of files.

    Parameters
    ----------
    found
        The files; what turns out to be of no use is added to what is left out.
    genome
        Of the intervals; None: it is one of the files, if there are intervals.
    label
        The column of labels in tables; None: it has to be told.

    Raises
    ------
    UserError
        If a file can't be read, there are intervals without a genome, or several columns may hold
        the labels.
    """
    genome = genome_of(found, genome)
    looks = Looks({path: kind.format for path, kind in found.files.items()})
    made: list[NewDataset] = []
    for cluster in clusters_of(found, looks, label):
        cluster.files = without_copies(cluster, looks, found)
        for part in by_part(cluster):
            name = plain_name(_called(part, found), [dataset.name for dataset in made])
            made.append(_dataset(name, part, looks, genome))
    return made


def _called(cluster: Cluster, found: Found) -> str:
    """Return what a dataset may be called: after its folder or, of one file, after that."""
    first = cluster.files[0]
    folder = os.path.basename(os.path.abspath(found.root))
    if len(cluster.files) == 1 and first.name.words:
        return "_".join(first.name.words)
    inside = {file.name.folder for file in cluster.files}
    if len(inside) == 1 and inside != {""}:
        return f"{folder}_{inside.pop()}"
    return folder


# ------------------------------------------------------------------------------ one dataset


def _dataset(name: str, cluster: Cluster, looks: Looks, genome: str | None) -> NewDataset:
    files, columns = cluster.files, cluster.columns
    read = {file.path: looks.records(file.path, columns) for file in files}
    by_column = "label" in columns
    if not by_column:
        _check_headers(files, read)
        files = [replace(file, label=file.label or name) for file in files]
    count = _count(files, read, by_column)
    joined = alike([label for label in count if label])
    about, settings = list(cluster.notes), {}
    if joined or "" in count:
        settings["labels"] = _joining(joined, count)
    classes = {label: count[label] for label in count if label and label not in joined}
    for label, called in joined.items():
        classes[called] += count[label]
    spans = files[0].format in INTERVALS
    files = _checked_parts(files, read, classes.keys(), joined, about)
    if any(path in looks.first_only for path in read):
        about.append("Of large files only the first records were looked at.")
    about.append(_about_classes(Counter(classes), by_column, columns))
    if columns:
        settings["columns"] = Setting(columns, _about_columns(columns))
    if spans:
        settings |= _of_intervals(list(read.values()), genome)
    about.append(_about_lengths(list(read.values()), spans))
    if any(path in looks.gapped for path in read):
        settings["gaps"] = Setting(
            "remove",
            "Some sequences hold gaps (- or .), as in an alignment. Assumed: they are taken out; "
            "`n` makes them unknown letters.",
        )
    settings |= _of_classes(classes, spans)
    if "split" in columns and not any(file.part for file in files):
        settings |= _folds(read)
    files.sort(key=lambda file: _order(file.part))
    sources = [_source(file, read[file.path], by_column) for file in files]
    return NewDataset(name, about, sources, settings)


def _check_headers(files: Sequence[NamedFile], read: dict) -> None:
    """Raise if the only class that names tell is divided by what headers say.

    Raises
    ------
    UserError
        If so: other classes would be made up in its place.
    """
    if len(labels_of(files)) >= FEWEST:
        return
    for file in files:
        records = read[file.path]
        if isinstance(records, Intervals) or "description" not in records.fields:
            continue
        classes = labels_in_headers(records.fields["description"])
        if classes:
            raise UserError(
                f"{file.path}: its headers seem to hold labels ({listed([*map(shown, classes)])}, "
                f"as in {shown(records.fields['description'][0])}), and labels of FASTA are not "
                "read from headers; write a FASTA file for each class, or a table with the columns "
                "sequence and label, and name these in DATA."
            )


def _count(files: Sequence[NamedFile], read: dict, by_column: bool) -> Counter[str]:
    """Count the records of each class, "" for those without; in the order of the config."""
    count: Counter[str] = Counter()
    for file in files:
        records = read[file.path]
        if by_column:
            count += Counter(text or "" for text in records.fields["label"])
        else:
            count[file.label] += len(records.lines)
    return Counter(dict(sorted(count.items()))) if by_column else count


def _joining(joined: dict[str, str], count: Counter[str]) -> Setting:
    value: dict[str, Any] = {
        name: [name, *(label for label in joined if joined[label] == name)]
        for name in dict.fromkeys(joined.values())
    }
    said = []
    if joined:
        said.append("Assumed: labels that differ in spelling alone are one class.")
    if "" in count:
        value[""] = None
        said.append(f"{counted(count[''], 'record')} without a label: left out.")
    return Setting(value, " ".join(said))


def _checked_parts(
    files: list[NamedFile],
    read: dict,
    classes: Collection[str],
    joined: dict[str, str],
    about: list[str],
) -> list[NamedFile]:
    """Take the parts away where they are no split that can be kept, and say so."""
    parts: dict[str, set[str]] = {}
    for file in files:
        if file.part:
            own = read[file.path].fields.get("label") if file.label is None else [file.label]
            parts.setdefault(file.part, set()).update(joined.get(text, text) for text in own)
    if not parts:
        about.append("No part of a split is named, so records are divided at random.")
        return files
    lacking = sorted({"train", "test"} - parts.keys())
    lacking += [f"a class of {part}" for part in parts if not set(classes) <= parts[part]]
    if lacking:
        about.append(
            f"The names say {' and '.join(sorted(parts))}, but for a split something is missing "
            f"({', '.join(lacking)}), so records are divided at random."
        )
        return [replace(file, part=None) for file in files]
    about.append(
        f"The split is the one that the names say: {', '.join(sorted(parts, key=_order))}."
        + ("" if "validation" in parts else " Validation records are taken from train.")
    )
    return files


def _order(part: str | None) -> int:
    return SPLITS.index(part) if part else 0


def _folds(read: dict) -> dict[str, Setting]:
    values = {text for records in read.values() for text in records.fields["split"]}
    if all(FOLD.fullmatch(text) for text in values):
        folds = max(map(int, values))
        about = f"The column of the split holds the numbers of {folds} folds."
        return {"split": Setting({"folds": folds}, about)}
    return {}


def _about_classes(count: Counter[str], by_column: bool, columns: dict) -> str:
    named = listed(
        [
            f"{shown(label, 60)} ({counted(number, 'record')})"
            for label, number in count.most_common()
        ]
    )
    whence = f"the column {columns['label']!r}" if by_column else "the names of files or folders"
    return f"Classes, from {whence}: {named}."


def _about_columns(columns: dict[str, Column]) -> str:
    if isinstance(columns["sequence"], int):
        return "There is no header line, so these are the numbers of the columns, from 1."
    return "Which column holds what; other columns are not read."


def _lengths(read: Sequence[Records | Intervals]) -> list[int]:
    lengths: list[int] = []
    for part in read:
        if isinstance(part, Intervals):
            lengths += [end - start for start, end in zip(part.starts, part.ends, strict=True)]
        else:
            lengths += map(len, part.sequences)
    return lengths


def _about_lengths(read: Sequence[Records | Intervals], spans: bool) -> str:
    lengths = _lengths(read)
    shortest, longest = min(lengths), max(lengths)
    if shortest == longest:
        return f"All have {counted(longest, 'base')}."
    how = "" if spans else "; `length` and `crop` say how they become equal"
    middle = f"{median_low(lengths):,}"
    return f"They have {shortest:,} to {longest:,} bases, half of them up to {middle}{how}."


def _of_intervals(read: Sequence[Intervals], genome: str) -> dict[str, Setting]:
    found = {"genome": Setting(genome, "The sequences of the intervals are cut from this genome.")}
    lengths = _lengths(read)
    if min(lengths) != max(lengths):
        width = median_low(lengths)
        found["width"] = Setting(
            width,
            f"Intervals differ in width ({min(lengths):,} to {max(lengths):,}), which alone could "
            "give a class away. Assumed: all get their median.",
        )
        if all(summit is not None for part in read for summit in part.summits):
            found["centre"] = Setting("summit", "All have a summit, which comes in the middle.")
    names, complete = genome_lengths(genome)
    try:
        for part in read:
            check_places(part, names, genome, "error", complete)
    except UserError as error:
        if any(set(part.chroms) & names.keys() for part in read):
            reason = str(error).rstrip(".").partition("; ")[0]
            found["missing_contigs"] = Setting("drop", f"{reason}. Assumed: these are left out.")
    return found


# ------------------------------------------------------------------------------ classes


def _of_classes(classes: dict[str, int], spans: bool) -> dict[str, Setting]:
    """Say which class is the positive one of two, and have negatives made where there is one."""
    if len(classes) > FEWEST:
        return {}
    if len(classes) < FEWEST:
        method = "genome" if spans else "dinucleotide_shuffle"
        what = "windows of the genome" if spans else "the sequences, shuffled"
        label = MADE if MADE not in classes else f"{MADE}_made"
        return {
            "negatives": Setting(
                {"method": method, "label": label},
                f"There is one class only. Assumed: the other one is made of {what}; add a source "
                "with another label instead if you have true negatives.",
            )
        }
    positive, why = choose_positive(classes)
    return {"positive": Setting(positive, f"The positive class, because {why}.")}


def _source(file: NamedFile, records: Records | Intervals, by_column: bool) -> NewSource:
    name = file.path.lower().removesuffix(".gz")
    told = ENDINGS.get(PurePath(name).suffix) == file.format
    return NewSource(
        file.path,
        None if by_column else file.label,
        file.part,
        None if told else file.format,
        f"{counted(len(records.lines), 'interval' if isinstance(records, Intervals) else 'record')}"
        f", {_WRITTEN.get(file.format, file.format.upper())}",
    )
