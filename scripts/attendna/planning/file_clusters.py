"""Which files of a user belong together, as one dataset, and which class each of them holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from attendna.data.intervals import Intervals
from attendna.data.recognition import INTERVALS, NO_TEXT, TABLES
from attendna.errors import shown
from attendna.planning.class_names import is_absence
from attendna.planning.file_looks import Column, Looks
from attendna.planning.found_files import Found
from attendna.planning.name_words import FileName, labels_of_names, read_name
from attendna.planning.table_roles import columns_of

FEWEST = 2  # classes


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
    """Files that may be one dataset; `columns` of tables, and whether one holds the labels."""

    files: list[NamedFile]
    columns: dict[str, Column] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def clusters_of(found: Found, looks: Looks, label: Column | None) -> list[Cluster]:
    """Put together the files that may be one dataset."""
    files = [
        NamedFile(path, kind.format, name := read_name(path, found.root), None, name.part)
        for path, kind in found.files.items()
    ]
    clusters = []
    tables: dict[tuple, list[NamedFile]] = {}
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
        clusters += [Cluster(part, columns) for part in parts]
    for formats in (("fasta", "fastq"), INTERVALS):
        group = [file for file in files if file.format in formats]
        clusters += [Cluster(part) for part in (_named(group) if group else [])]
    return clusters


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
