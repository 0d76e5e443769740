"""Datasets made of the files that a user has: what they are, and what is assumed of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath
from statistics import median_low
from typing import Any

from attendna.data.genome import genome_lengths
from attendna.data.intervals import Intervals, check_places
from attendna.data.label_checks import check_labels
from attendna.data.parsed import Records
from attendna.data.recognition import ENDINGS, INTERVALS, TABLES
from attendna.errors import UserError, shown
from attendna.planning.class_names import alike, choose_positive
from attendna.planning.file_clusters import (
    FEWEST,
    Cluster,
    NamedFile,
    by_part,
    clusters_of,
    without_copies,
)
from attendna.planning.file_looks import Column, Looks
from attendna.planning.found_files import Found
from attendna.planning.interval_genomes import genome_of, has_room
from attendna.planning.name_words import plain_name
from attendna.planning.named_splits import (
    checked_split,
    number_of_folds,
    order_of,
    own_labels,
    place_of,
)
from attendna.planning.table_roles import LABELS
from attendna.planning.unreadable_files import SEQUENCES, leave_out_unreadable
from attendna.wording import counted, listed

# Names of folders that say nothing of what is in them.
COMMON = frozenset("data dataset datasets input inputs raw files sequences fasta bed csv".split())
FEWEST_RECORDS = 3  # of a class: for training, validation and test
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
        The column of labels, see `clusters_of`; None: it has to be told.

    Raises
    ------
    UserError
        If a file can't be read, there are intervals without a genome, or several columns may hold
        the labels.
    """
    looks = Looks({path: kind.format for path, kind in found.files.items()})
    leave_out_unreadable(found, looks, INTERVALS)
    genome = genome_of(found, genome, looks)  # which may be too large to be read as records
    leave_out_unreadable(found, looks, SEQUENCES)
    made: list[NewDataset] = []
    for cluster in clusters_of(found, looks, label):
        cluster.files = without_copies(cluster, looks, found)
        for part in by_part(cluster):
            name = plain_name(_called(part, found), [dataset.name for dataset in made])
            made.append(_dataset(name, part, found, looks, genome))
    if not made:
        path, why = next(iter(found.left_out.items()))
        raise UserError(
            f"{shown(path, 200)}: {why}; no other file holds labelled sequences, so name one."
        )
    return made


def _called(cluster: Cluster, found: Found) -> str:
    """Return what a dataset may be called: after its folder or, of one file, after that."""
    first = cluster.files[0]
    if len(cluster.files) == 1 and first.name.words:
        return "_".join(first.name.words)
    folder = _folder(found.root) or "_".join(_shared_words(cluster.files)) or "data"
    inside = {file.name.folder for file in cluster.files}
    if len(inside) == 1 and inside != {""}:
        return f"{folder}_{inside.pop()}"
    return folder


def _folder(path: str) -> str:
    """Return the last folder of a path whose name says something; "": none does."""
    parts = PurePath(os.path.normpath(path) if path else os.getcwd()).parts
    parts = parts if parts != (".",) else (os.path.basename(os.getcwd()),)
    telling = [part for part in parts if part not in (os.sep, "..") and part.lower() not in COMMON]
    return telling[-1] if telling else ""


def _shared_words(files: Sequence[NamedFile]) -> list[str]:
    """Return the words that all names of files begin with."""
    columns = zip(*(file.name.words for file in files), strict=False)
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, columns)]


# ------------------------------------------------------------------------------ one dataset


def _dataset(
    name: str, cluster: Cluster, found: Found, looks: Looks, genome: str | None
) -> NewDataset:
    files, columns = cluster.files, cluster.columns
    read = {file.path: looks.records(file.path, columns) for file in files}
    by_column = "label" in columns
    if not by_column:
        files = [replace(file, label=file.label or name) for file in files]
    classes, joined, labels = _classes(files, columns, read, not looks.first_only & read.keys())
    about = list(cluster.notes)
    files, columns = checked_split(Cluster(files, columns, about), read, classes.keys(), joined)
    about += _about(files, columns, read, classes, looks)
    settings = {"labels": labels} if labels else {}
    if columns:
        titles = found.files[files[0].path].titles
        settings["columns"] = Setting(columns, _about_columns(files[0].format, columns, titles))
    spans = files[0].format in INTERVALS
    if spans:
        settings |= _of_intervals(list(read.values()), genome)
    if looks.gapped & read.keys():
        settings["gaps"] = Setting(
            "remove",
            "Some sequences hold gaps (- or .), as in an alignment. Assumed: they are taken out; "
            "`n` makes them unknown letters.",
        )
    if len(classes) == FEWEST:
        positive, why = choose_positive(classes)
        about_positive = f"The positive class (the one of interest): {why}."
        settings["positive"] = Setting(positive, about_positive)
    elif len(classes) < FEWEST:
        width = settings["width"].value if "width" in settings else None
        roomy = spans and has_room(list(read.values()), genome, width)
        settings["negatives"] = _negatives(classes, spans, roomy)
    folds = number_of_folds(read) if "split" in columns and not files[0].part else None
    if folds:
        about_folds = f"The column of the split holds the numbers of {folds} folds."
        settings["split"] = Setting({"folds": folds}, about_folds)
    files.sort(key=lambda file: order_of(file.part))
    sources = [_source(file, read[file.path], by_column) for file in files]
    return NewDataset(name, about, sources, settings)


def _classes(
    files: Sequence[NamedFile],
    columns: dict[str, Column],
    read: dict[str, Records | Intervals],
    complete: bool,
) -> tuple[dict[str, int], dict[str, str], Setting | None]:
    """Return the records of each class, labels that are one of them, and the setting `labels`.

    Raises
    ------
    UserError
        If the labels are no classes.
    """
    count = _count(files, read, "label" in columns)
    joined = alike([label for label in count if label])
    labels = _joining(joined, count) if joined or "" in count else None
    classes = {label: count[label] for label in count if label and label not in joined}
    for label, called in joined.items():
        classes[called] += count[label]
    check_labels(classes, complete)
    rare = _too_rare(classes, files, columns)
    if rare:
        labels = _without_rare(rare, labels)
        classes = {label: number for label, number in classes.items() if label not in rare}
    return classes, joined, labels


def _about(
    files: Sequence[NamedFile],
    columns: dict[str, Column],
    read: dict[str, Records | Intervals],
    classes: dict[str, int],
    looks: Looks,
) -> Iterator[str]:
    """Yield what was found in the records of a dataset."""
    if looks.first_only & read.keys():
        yield "Of large files only the first records were looked at."
    yield _about_classes(Counter(classes), _whence(files, columns))
    if "label" not in columns and len(classes) < FEWEST:
        what = "field of the headers" if files[0].format in SEQUENCES else "column"
        yield (
            f"No {what} seems to hold labels; if one does, name it with --label-column of "
            "scripts/new_config.py."
        )
    yield _about_lengths(list(read.values()), files[0].format in INTERVALS)


def _count(files: Sequence[NamedFile], read: dict, by_column: bool) -> Counter[str]:
    """Count the records of each class, "" for those without; in the order of the config."""
    count: Counter[str] = Counter()
    for file in files:
        if by_column:
            count += Counter(text or "" for text in own_labels(read[file.path]))
        else:
            count[file.label] += len(read[file.path].lines)
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


def _whence(files: Sequence[NamedFile], columns: dict[str, Column]) -> str:
    """Return where the labels of a dataset are from, in words."""
    if "label" not in columns:
        return "the names of files or folders"
    guessed = files[0].format not in TABLES or str(columns["label"]).lower() not in LABELS
    return place_of("label", files, columns) + (" (assumed)" if guessed else "")


def _about_classes(count: Counter[str], whence: str) -> str:
    named = listed(
        [
            f"{shown(label, 60)} ({counted(number, 'record')})"
            for label, number in count.most_common()
        ]
    )
    return f"{'Class' if len(count) == 1 else 'Classes'}, from {whence}: {named}."


def _about_columns(format: str, columns: dict[str, Column], titles: Sequence[str] | None) -> str:
    if format in SEQUENCES:
        return "The fields of the headers that are read."
    if format in INTERVALS:
        return "The column of the labels, from 1."
    if titles is None:
        return "There is no header line, so these are the numbers of the columns, from 1."
    rest = [shown(title, 40) for title in titles if title and title not in columns.values()]
    return f"The columns that are read{f'; not read: {listed(rest, 5)}' if rest else ''}."


def _too_rare(
    classes: dict[str, int], files: Sequence[NamedFile], columns: dict[str, Column]
) -> dict[str, int]:
    """Return the classes with too few records to be divided, where two are left without them."""
    if "split" in columns or any(file.part for file in files):
        return {}
    rare = {label: number for label, number in classes.items() if number < FEWEST_RECORDS}
    return rare if len(classes) - len(rare) >= FEWEST else {}


def _without_rare(rare: dict[str, int], labels: Setting | None) -> Setting:
    """Add to the setting `labels` that these classes are left out."""
    named = listed([f"{shown(label, 60)} ({number})" for label, number in rare.items()])
    said = [labels.about] if labels else []
    said.append(
        f"Classes with fewer than {FEWEST_RECORDS} records can't be divided into training, "
        f"validation and test. Assumed: they are left out ({named})."
    )
    value = (labels.value if labels else {}) | dict.fromkeys(rare)
    return Setting(value, " ".join(said))


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
    what = "intervals" if spans else "sequences"
    if shortest == longest:
        return f"All {what} have {counted(longest, 'base')}."
    how = "" if spans else "; `length` and `crop` in config.yaml say how they are made equally long"
    middle = f"{median_low(lengths):,}"
    return f"{what.capitalize()} have {shortest:,} to {longest:,} bases (median {middle}){how}."


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
            found["centre"] = Setting(
                "summit", "All intervals have a summit, which is put in the middle."
            )
    names, complete = genome_lengths(genome)
    try:
        for part in read:
            check_places(part, names, genome, "error", complete)
    except UserError as error:
        if not all(set(part.chroms) & names.keys() for part in read):
            raise
        for part in read:  # what begins behind the end of its chromosome stays wrong
            check_places(part, names, genome, "drop", complete)
        reason = str(error).rstrip(".").partition("; ")[0]
        found["missing_contigs"] = Setting("drop", f"{reason}. Assumed: these are left out.")
    return found


# ------------------------------------------------------------------------------ classes


def _negatives(classes: Collection[str], spans: bool, roomy: bool) -> Setting:
    """Have negatives made for the only class: windows where the genome has room for them."""
    what = "windows of the genome" if roomy else "the sequences, shuffled"
    if spans and not roomy:
        what += ", because the intervals leave too little of the genome for windows of it"
    return Setting(
        {
            "method": "genome" if roomy else "dinucleotide_shuffle",
            "label": MADE if MADE not in classes else f"{MADE}_made",
        },
        f"There is one class only. Assumed: the other one is made of {what}. If you have true "
        "negatives, add them to the sources with another label instead.",
    )


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
