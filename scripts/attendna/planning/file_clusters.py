"""Which files of a user belong together, as one dataset, and which class each of them holds."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from attendna.data.intervals import Intervals
from attendna.data.recognition import INTERVALS, NO_TEXT, TABLES
from attendna.errors import UserError, shown
from attendna.planning.class_names import is_absence
from attendna.planning.file_looks import Column, Looks
from attendna.planning.found_files import Found
from attendna.planning.header_labels import columns_of_headers, has_labels
from attendna.planning.name_words import FileName, labels_of_names, read_names
from attendna.planning.table_roles import columns_of
from attendna.planning.unreadable_files import SEQUENCES

FEWEST = 2  # classes
NAME = 4  # the column of BED that may hold labels
COMPARED = 500  # intervals of a file that are looked for in others
NEAR = 10  # intervals before the end of one that are compared with it
SAME_PLACES = 0.9  # share of intervals that lie on those of another file: they are its own


Places = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class NamedFile:
    """A file with its format, its name taken apart, and the label of all its records, if any."""

    path: str
    format: str
    name: FileName
    label: str | None = None
    part: str | None = None


@dataclass
class Cluster:
    """Files that may be one dataset.

    `columns` are those of tables or, where these hold the labels, of headers or intervals.
    """

    files: list[NamedFile]
    columns: dict[str, Column] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def clusters_of(found: Found, looks: Looks, label: Column | None) -> list[Cluster]:
    """Put together the files that may be one dataset, and leave out those of no use.

    `label` is the column of labels in tables, or, where there are none, the field of headers or the
    column of intervals; None: it has to be told.
    """
    names = read_names(list(found.files), found.root)
    files = [
        NamedFile(path, kind.format, name, None, name.part)
        for (path, kind), name in zip(found.files.items(), names, strict=True)
    ]
    tables = [file for file in files if file.format in TABLES]
    clusters = _of_tables(tables, found, looks, label)
    for formats in (SEQUENCES, INTERVALS):
        group = [file for file in files if file.format in formats]
        parts = _named(group) if group else []
        if formats is INTERVALS:
            kept = [file for part in parts for file in _other_places(part, looks, found)]
            parts = parts if len(kept) == len(group) else _named(kept)
        clusters += [_with_own_labels(part, looks, None if tables else label) for part in parts]
    return clusters


def _of_tables(
    files: Sequence[NamedFile], found: Found, looks: Looks, label: Column | None
) -> list[Cluster]:
    tables: dict[tuple, list[NamedFile]] = {}
    for file in files:
        kind = found.files[file.path]
        tables.setdefault(tuple(kind.titles or [len(kind.rows[0])]), []).append(file)
    columns = {}
    for titles, group in tables.items():
        paths = [file.path for file in group]
        columns[titles] = columns_of(paths, found.files[paths[0]], label, looks)
    clusters = []
    for titles, group in tables.items():
        wider = _labelled_like(titles, columns)
        if "label" in columns[titles]:
            parts = [
                [file for file in group if file.name.folder == folder]
                for folder in dict.fromkeys(file.name.folder for file in group)
            ]
        elif wider:
            for file in group:
                del found.files[file.path]
                found.left_out[file.path] = (
                    f"it has no column {columns[wider]['label']!r}, as "
                    f"{shown(tables[wider][0].path, 200)} has; a trained model can score it, see "
                    "`predict` in config.yaml"
                )
            parts = []
        else:
            parts = _named(group)
        clusters += [Cluster(part, columns[titles]) for part in parts]
    return clusters


def _labelled_like(titles: tuple, columns: Mapping[tuple, Mapping]) -> tuple | None:
    """Return the titles of tables that have labels beside all that these have; None: none do."""
    if "label" in columns[titles] or isinstance(titles[0], int):
        return None
    return next(
        (other for other in columns if "label" in columns[other] and {*titles} <= {*other}), None
    )


def _with_own_labels(files: list[NamedFile], looks: Looks, label: Column | None) -> Cluster:
    """Have the labels of FASTA or BED read from within it, if names tell one class only.

    `label` says where they are; None: it has to be told.
    """
    columns = {} if label is None else {"label": label}
    if label is None and len(labels_of(files)) < FEWEST:
        columns = _columns_within(files, looks)
    return Cluster([replace(file, label=None) for file in files] if columns else files, columns)


def _columns_within(files: Sequence[NamedFile], looks: Looks) -> dict[str, Column]:
    """Return where headers, or a column of intervals, hold labels; {}: nowhere."""
    if files[0].format in INTERVALS:
        columns = {"label": NAME}
        try:
            read = [looks.records(file.path, columns).labels for file in files]
        except UserError:  # BED of three columns
            return {}
        return columns if has_labels([name for names in read for name in names]) else {}
    read = [looks.records(file.path).fields["description"] for file in files]
    return columns_of_headers([header or "" for headers in read for header in headers])


def _other_places(files: Sequence[NamedFile], looks: Looks, found: Found) -> list[NamedFile]:
    """Leave out intervals that lie on those of another class, such as the summits of peaks."""
    kept: list[tuple[NamedFile, Places]] = []
    read = {file.path: looks.records(file.path) for file in files}
    for file in sorted(files, key=lambda file: (file.format == "bed", -_bases(read[file.path]))):
        intervals = read[file.path]
        same = next(
            (
                other
                for other, places in kept
                if other.label != file.label and share_within(intervals, places) >= SAME_PLACES
            ),
            None,
        )
        if same is None or file.path in found.named:
            kept.append((file, places_of(intervals)))
        else:
            del found.files[file.path]
            found.left_out[file.path] = (
                f"its intervals lie on those of {shown(same.path, 200)}, so they are no other class"
            )
    left = {file for file, _ in kept}
    return [file for file in files if file in left]


def _bases(intervals: Intervals) -> int:
    return sum(intervals.ends) - sum(intervals.starts)


def places_of(intervals: Intervals) -> Places:
    """Return the starts and ends of intervals by their chromosome, sorted."""
    places: dict[str, list[tuple[int, int]]] = {}
    for chrom, start, end in zip(intervals.chroms, intervals.starts, intervals.ends, strict=True):
        places.setdefault(chrom, []).append((start, end))
    for spans in places.values():
        spans.sort()
    return places


def share_within(intervals: Intervals, places: Places) -> float:
    """Return the share of some intervals that are in the place of any of some others.

    That is, the two have half of the shorter one in common. Of many, some from begin to end are
    looked at.
    """
    chosen = range(0, len(intervals), max(len(intervals) // COMPARED, 1))
    within = 0
    for i in chosen:
        start, end = intervals.starts[i], intervals.ends[i]
        spans = places.get(intervals.chroms[i], [])
        last = bisect_left(spans, (end, 0))
        within += any(
            2 * (min(end, stop) - max(start, begin)) >= min(end - start, stop - begin)
            for begin, stop in spans[max(last - NEAR, 0) : last]
        )
    return within / len(chosen)


def _named(files: Sequence[NamedFile]) -> list[list[NamedFile]]:
    """Give files the label that their names or folders tell, those of a dataset together."""
    folders: dict[str, list[NamedFile]] = {}
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
    if alike and not any(is_absence(label) for label in labels_of(of_folders)):
        apart = [_named(inside) for inside in folders.values()]
        if any(is_absence(label) for label in labels_of(apart[0][0])):
            return [part for parts in apart for part in parts]
    return [of_folders]


def _labelled(files: Sequence[NamedFile], names: Sequence[FileName]) -> list[NamedFile]:
    labels = labels_of_names(names)
    return [replace(file, label=label) for file, label in zip(files, labels, strict=True)]


def without_copies(cluster: Cluster, looks: Looks, found: Found) -> list[NamedFile]:
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
        if file.path in looks.first_only:  # the rest may differ
            content = (os.path.getsize(file.path), content)
        first = seen.setdefault(content, file.path)
        if first == file.path:
            kept.append(file)
        else:
            found.left_out[file.path] = f"it holds the same sequences as {shown(first, 200)}"
            del found.files[file.path]
    return [file for file in cluster.files if file in kept]


def _packed(path: str) -> bool:
    return path.lower().endswith(".gz")


def by_part(cluster: Cluster) -> list[Cluster]:
    """Divide files with and without a part of a split, unless those without are for training."""
    named = [file for file in cluster.files if file.part]
    rest = [file for file in cluster.files if not file.part]
    if not named or not rest:
        return [cluster]
    parts = {file.part for file in named}
    alike = len(rest) == 1 if rest[0].label is None else labels_of(rest) == labels_of(named)
    if "train" in parts or not alike:
        return [replace(cluster, files=files, notes=list(cluster.notes)) for files in (rest, named)]
    files = [replace(file, part=file.part or "train") for file in cluster.files]
    note = (
        f"Files whose names say no part of a split are taken for training, because others say "
        f"{' and '.join(sorted(parts))}."
    )
    return [Cluster(files, cluster.columns, [*cluster.notes, note])]


def labels_of(files: Iterable[NamedFile]) -> set[str | None]:
    """Return the labels that files have by their names."""
    return {file.label for file in files}
