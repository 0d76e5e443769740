"""Datasets made of the files that a user has: what they are, and what is assumed of them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from statistics import median_low
from typing import Any

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data.genome import genome_lengths
from attendna.data.intervals import Intervals, check_places
from attendna.data.label_checks import check_labels
from attendna.data.parsed import Records
from attendna.data.recognition import ENDINGS, INTERVALS, NO_TEXT, TABLES
from attendna.errors import UserError, shown
from attendna.planning.file_looks import Column, Looks
from attendna.planning.found_files import Found
from attendna.planning.header_labels import labels_in_headers
from attendna.planning.name_words import FileName, labels_of_names, plain_name, read_name
from attendna.planning.table_roles import columns_of
from attendna.positive_class import doubt
from attendna.wording import counted, either, listed

# What a class is called that is rather the absence of something, beside what `doubt` knows.
ABSENT = {"other", "others", "rest", "random", "shuffled", "false", "bg", "absent", "decoys"}
ABSENT |= {"negative", "negatives", "neg", "control", "controls", "background", "unbound", "non"}
MADE = "background"  # the class of negatives that attendna makes
FEWEST = 2  # classes
MOST_LABELS = 100  # that are compared with each other
_WRITTEN = {"narrowpeak": "narrowPeak", "xlsx": "Excel, its first sheet", "parquet": "Parquet"}
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


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


@dataclass(frozen=True)
class _File:
    """A file with its format, its name taken apart, and the label of all its records, if any."""

    path: str
    format: str
    name: FileName
    label: str | None = None
    part: str | None = None


@dataclass
class _Cluster:
    """Files that may be one dataset; `columns` of tables, and whether one holds the labels."""

    files: list[_File]
    columns: dict[str, Column] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


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
    genome = _genome(found, genome)
    looks = Looks({path: kind.format for path, kind in found.files.items()})
    made: list[NewDataset] = []
    for cluster in _clusters(found, looks, label):
        cluster.files = _without_copies(cluster, looks, found)
        for part in _by_part(cluster):
            name = plain_name(_called(part, found), [dataset.name for dataset in made])
            made.append(_dataset(name, part, looks, genome))
    return made


# ------------------------------------------------------------------------------ genome


def _genome(found: Found, genome: str | None) -> str | None:
    """Return the genome of the intervals, and take it and other genomes out of the files."""
    spans = [path for path, kind in found.files.items() if kind.format in INTERVALS]
    if not spans:
        return None
    if genome is None:
        genome = _genome_among(found, spans[0])
    if genome is not None:
        found.files.pop(genome, None)
        _leave_out_chromosomes(found, genome)
        return genome
    others = len(found.files) - len(spans)
    if not others:
        raise UserError(
            f"{spans[0]}: intervals hold no sequences; name the FASTA or 2bit file of their "
            "genome, as in make new DATA=... GENOME=genome.fa.gz."
        )
    for path in spans:
        del found.files[path]
        found.left_out[path] = "intervals, and no genome has their chromosomes; GENOME= names one"
    return None


def _genome_among(found: Found, spans: str) -> str | None:
    """Return the first file that has most of the chromosomes of some intervals."""
    chroms = set(Looks({spans: found.files[spans].format}).records(spans).chroms)
    fasta = [path for path, kind in found.files.items() if kind.format == "fasta"]
    for path in [*found.genomes, *fasta]:
        try:
            names, _ = genome_lengths(path)
        except UserError:  # as where a name stands twice: records, and no chromosomes
            continue
        if 2 * len(chroms & names.keys()) >= len(chroms):
            return path
    return None


def _leave_out_chromosomes(found: Found, genome: str) -> None:
    """Leave out FASTA files that hold nothing but chromosomes of the genome."""
    chroms, _ = genome_lengths(genome)
    for path, kind in list(found.files.items()):
        if kind.format == "fasta":
            names = {name.split()[0] for name in Looks({path: "fasta"}).records(path).ids}
            if names <= chroms.keys():
                del found.files[path]
                found.left_out[path] = f"it holds chromosomes of the genome {shown(genome, 200)}"


# ------------------------------------------------------------------------------ clusters


def _clusters(found: Found, looks: Looks, label: Column | None) -> list[_Cluster]:
    """Put together the files that may be one dataset."""
    files = [
        _File(path, kind.format, name := read_name(path, found.root), None, name.part)
        for path, kind in found.files.items()
    ]
    clusters = []
    tables: dict[tuple, list[_File]] = {}
    for file in files:
        if file.format in TABLES:
            kind = found.files[file.path]
            titles = tuple(kind.titles or [len(kind.rows[0])])
            tables.setdefault(titles, []).append(file)
    for group in tables.values():
        paths = [file.path for file in group]
        columns = columns_of(paths, found.files[paths[0]], label, looks)
        if "label" in columns:
            parts = [
                [file for file in group if file.name.folder == folder]
                for folder in dict.fromkeys(file.name.folder for file in group)
            ]
        else:
            parts = _named(group)
        clusters += [_Cluster(part, columns) for part in parts]
    for formats in (("fasta", "fastq"), INTERVALS):
        group = [file for file in files if file.format in formats]
        clusters += [_Cluster(part) for part in (_named(group) if group else [])]
    return clusters


def _named(files: Sequence[_File]) -> list[list[_File]]:
    """Give files the label that their names or folders tell, those of a dataset together."""
    folders: dict[str, list[_File]] = {}
    for file in files:
        folders.setdefault(file.name.folder, []).append(file)
    if len(folders) == 1:
        return [_labelled(files, [file.name for file in files])]
    outside = folders.get("", [])
    if len({file.name.words for file in outside}) >= FEWEST:
        rest = [file for file in files if file.name.folder]
        return [*_named(outside), *_named(rest)]
    of_folders = _labelled(files, [replace(file.name, words=file.name.above) for file in files])
    words = [{file.name.words for file in inside} for inside in folders.values()]
    # A pair such as pos.fa and neg.fa in each folder: datasets, unless the folders are such a pair.
    alike = len(words[0]) >= FEWEST and all(found == words[0] for found in words)
    if alike and not any(is_absence(label) for label in _labels(of_folders)):
        apart = [_named(inside) for inside in folders.values()]
        if any(is_absence(label) for label in _labels(apart[0][0])):
            return [part for parts in apart for part in parts]
    return [of_folders]


def _labelled(files: Sequence[_File], names: Sequence[FileName]) -> list[_File]:
    labels = labels_of_names(names)
    return [replace(file, label=label) for file, label in zip(files, labels, strict=True)]


def _without_copies(cluster: _Cluster, looks: Looks, found: Found) -> list[_File]:
    """Leave out files that hold the sequences of another one, such as a table saved twice."""
    seen: dict[tuple, str] = {}
    kept = []
    files = sorted(cluster.files, key=lambda file: (file.format in NO_TEXT, _packed(file.path)))
    for file in files:
        records = looks.records(file.path, cluster.columns)
        if isinstance(records, Intervals):
            content = tuple(zip(records.chroms, records.starts, records.ends, strict=True))
        else:
            content = tuple(records.sequences)
        first = seen.setdefault(content, file.path)
        if first == file.path:
            kept.append(file)
        else:
            found.left_out[file.path] = f"it holds the same sequences as {shown(first, 200)}"
            del found.files[file.path]
    return [file for file in cluster.files if file in kept]


def _packed(path: str) -> bool:
    return path.lower().endswith(".gz")


def _by_part(cluster: _Cluster) -> list[_Cluster]:
    """Divide files with and without a part of a split, unless those without are for training."""
    named = [file for file in cluster.files if file.part]
    rest = [file for file in cluster.files if not file.part]
    if not named or not rest:
        return [cluster]
    parts = {file.part for file in named}
    alike = len(rest) == 1 if rest[0].label is None else _labels(rest) == _labels(named)
    if "train" in parts or not alike:
        return [replace(cluster, files=files, notes=list(cluster.notes)) for files in (rest, named)]
    files = [replace(file, part=file.part or "train") for file in cluster.files]
    note = (
        f"Files whose names say no part of a split are taken for training, because others say "
        f"{' and '.join(sorted(parts))}."
    )
    return [_Cluster(files, cluster.columns, [*cluster.notes, note])]


def _labels(files: Iterable[_File]) -> set[str | None]:
    return {file.label for file in files}


def _called(cluster: _Cluster, found: Found) -> str:
    """Return what a dataset may be called: after its folder or, of one file, after that."""
    first = cluster.files[0]
    folder = os.path.basename(os.path.abspath(found.root))
    if len(cluster.files) == 1 and first.name.words and len(found.files) > 1:
        return "_".join(first.name.words)
    if len(cluster.files) == 1 and first.name.words:
        return "_".join(first.name.words)
    inside = {file.name.folder for file in cluster.files}
    if len(inside) == 1 and inside != {""}:
        return f"{folder}_{inside.pop()}"
    return folder


# ------------------------------------------------------------------------------ one dataset


def _dataset(name: str, cluster: _Cluster, looks: Looks, genome: str | None) -> NewDataset:
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


def _check_headers(files: Sequence[_File], read: dict) -> None:
    """Raise if the only class that names tell is divided by what headers say.

    Raises
    ------
    UserError
        If so: other classes would be made up in its place.
    """
    if len(_labels(files)) >= FEWEST:
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


def _count(files: Sequence[_File], read: dict, by_column: bool) -> Counter[str]:
    """Count the records of each class, "" for those without; in the order of the config."""
    count: Counter[str] = Counter()
    for file in files:
        records = read[file.path]
        if by_column:
            count += Counter(text or "" for text in records.fields["label"])
        else:
            count[file.label] += len(records.lines)
    return Counter(dict(sorted(count.items()))) if by_column else count


def alike(labels: Sequence[str]) -> dict[str, str]:
    """Return which labels are another one in another spelling, as 1.0 is 1, and which that is."""
    joined: dict[str, str] = {}
    names: list[str] = []
    # The spelling first that a class is best called by: short, in lower case.
    for label in sorted(labels, key=lambda text: (len(text), text != text.lower(), text)):
        for name in names if len(labels) <= MOST_LABELS else []:
            try:
                check_labels({name: 1, label: 1})
            except UserError:
                joined[label] = name
                break
        else:
            names.append(label)
    return joined


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
    files: list[_File],
    read: dict,
    classes: Collection[str],
    joined: dict[str, str],
    about: list[str],
) -> list[_File]:
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


def choose_positive(count: dict[str, int]) -> tuple[str, str]:
    """Choose the positive one of two classes.

    Parameters
    ----------
    count
        The records of each.

    Returns
    -------
    positive, reason
        The class, and the end of a sentence that says why.
    """
    first, second = count
    if _NUMBER.fullmatch(first) and _NUMBER.fullmatch(second):
        positive = max(count, key=float)
        return positive, f"it is the larger number of {either(sorted(count, key=float))}"
    absent = [label for label in count if is_absence(label)]
    if len(absent) == 1:
        positive = second if absent[0] == first else first
        return positive, f"{shown(absent[0], 60)} reads like the absence of it; if not, change it"
    if count[first] != count[second]:
        return min(count, key=count.__getitem__), "it has fewer records; assumed, so check it"
    return first, "it comes first; assumed, so check it"


def is_absence(label: str) -> bool:
    """Whether a class is rather the absence of something, as far as its name tells."""
    words = label.lower().split("_")
    return not ABSENT.isdisjoint(words) or doubt(label, {label: 1, "": 1}) is not None


def _source(file: _File, records: Records | Intervals, by_column: bool) -> NewSource:
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
