"""The split that a user's files name, by their names or in a column, if it is one to be kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from attendna.contracts.splits import FOLD, SPLITS
from attendna.data.header_fields import PREFIX
from attendna.data.intervals import Intervals
from attendna.data.parsed import Records
from attendna.planning.file_clusters import Cluster, NamedFile
from attendna.planning.file_looks import Column
from attendna.planning.unreadable_files import SEQUENCES
from attendna.wording import listed

_FOLDS = re.compile(r"folds?\d*", re.IGNORECASE)  # a word in a name
_AT_RANDOM = "records are divided at random, related ones together"


def checked_split(
    cluster: Cluster,
    read: Mapping[str, Records | Intervals],
    classes: Collection[str],
    joined: Mapping[str, str],
) -> tuple[list[NamedFile], dict[str, Column]]:
    """Take a split away that can't be kept, and say in the notes of the files how they are divided.

    Parameters
    ----------
    cluster
        The files of a dataset; its notes get a sentence or two.
    read
        Path to records.
    classes
        That each part needs, and training and testing are needed.
    joined
        Labels to the class that they are another spelling of.

    Returns
    -------
    files, columns
        Those of the cluster, without the parts that names say or the column of the split where it
        is none.
    """
    files, columns, about = cluster.files, cluster.columns, cluster.notes
    parts = _classes_of_parts(files, read, joined, by_column=False)
    by_column = not parts and "split" in columns
    whence, say = "names of files or folders", "say"
    if by_column:
        whence, say = place_of("split", files, columns), "says"
        parts = _classes_of_parts(files, read, joined, by_column=True)
    if not parts:
        about.append(f"The files give no split, so {_AT_RANDOM}.")
        if any(_FOLDS.fullmatch(word) for file in files for word in file.name.words):
            about.append(
                "Folds that names of files say are not kept: only a column of a table gives them."
            )
        return files, columns
    if by_column and number_of_folds(read):
        about.append(f"The split is given by {whence}: {len(parts)} folds.")
        return files, columns
    named = listed(sorted(parts, key=order_of))
    lacking = sorted({"train", "test"} - parts.keys())
    lacking += [f"a class of {part}" for part in parts if not set(classes) <= parts[part]]
    if lacking:
        about.append(
            f"{whence[0].upper()}{whence[1:]} {say} {named}, but {' and '.join(lacking)} is "
            f"missing, so {_AT_RANDOM}."
        )
        columns = {role: column for role, column in columns.items() if role != "split"}
        return [replace(file, part=None) for file in files], columns
    about.append(
        f"The split is given by {whence}: {named}."
        + ("" if "validation" in parts else " Validation records are taken from train.")
    )
    return files, columns


def _classes_of_parts(
    files: Sequence[NamedFile],
    read: Mapping[str, Records | Intervals],
    joined: Mapping[str, str],
    by_column: bool,
) -> dict[str, set[str]]:
    """Return the classes of each part that a column says, or the names of files."""
    parts: dict[str, set[str]] = {}
    for file in files:
        records = read[file.path]
        said = records.fields["split"] if by_column else [file.part] * len(records.lines)
        own = own_labels(records) if file.label is None else [file.label] * len(records.lines)
        for part, text in zip(said, own, strict=True):
            if part:
                parts.setdefault(part, set()).add(joined.get(text, text))
    return parts


def own_labels(records: Records | Intervals) -> list[str | None]:
    """Return the labels that a file itself gives its records."""
    return records.labels if isinstance(records, Intervals) else records.fields["label"]


def order_of(part: str | None) -> int:
    """Return the place of a part in a list of sources."""
    return SPLITS.index(part) if part in SPLITS else 0


def number_of_folds(read: Mapping[str, Records | Intervals]) -> int | None:
    """Return how many folds the column of the split numbers; None: it names parts, or is none."""
    values = {
        text
        for records in read.values()
        if isinstance(records, Records)
        for text in records.fields.get("split", [])
    }
    return max(map(int, values)) if values and all(map(FOLD.fullmatch, values)) else None


def place_of(role: str, files: Sequence[NamedFile], columns: Mapping[str, Column]) -> str:
    """Return what holds the label or the split, in words."""
    column = columns[role]
    if files[0].format not in SEQUENCES:
        return f"column {column}" if isinstance(column, int) else f"the column {column!r}"
    if isinstance(column, int):
        return f"field {column} of the headers"
    if column == PREFIX:
        return "the words before the numbers of ids"
    return f"`{column}=` in the headers"
