"""Which columns of users' tables hold what: sequences, labels, ids, groups, and a split."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from attendna.data.recognition import Recognised
from attendna.errors import UserError, shown
from attendna.planning.file_looks import Column, Looks
from attendna.planning.found_files import find_sequences
from attendna.wording import listed

LABELS = ("label", "labels", "class", "classes", "y", "target", "category")
# What may be there beside, and is of use only if it can be read as such.
OTHERS = {
    "id": ("id", "ids", "name", "instance_name", "seq_id", "sequence_id", "record"),
    "group": ("group", "groups"),
    "split": ("split", "part", "set", "partition", "subset", "fold"),
}
FEW = 10  # different values of a column that holds classes
NEVER = ("strand", "chrom", "chr", "chromosome", "seqnames")  # titles of what may have few values
_YES_OR_NO = [
    {"0", "1"}, {"-1", "1"}, {"0.0", "1.0"}, {"true", "false"}, {"yes", "no"}, {"y", "n"},
    {"t", "f"}, {"pos", "neg"}, {"positive", "negative"},
]  # fmt: skip


def columns_of(
    paths: Sequence[str], table: Recognised, label: Column | None, looked: Looks
) -> dict[str, Column]:
    """Tell which columns of some tables, all with the same header, hold what.

    Parameters
    ----------
    paths
        The files.
    table
        What one of them is.
    label
        The column of labels where the user named it; None: it is told by its title or, without
        one, by being the only one with few values, with two, or that says yes or no.
    looked
        Reads them.

    Returns
    -------
    dict
        `sequence`, and any of `label`, `id`, `group` and `split`, to titles or numbers.

    Raises
    ------
    UserError
        If a file can't be read, or several columns may be the labels.
    """
    place = find_sequences(table)
    names = _names(table)
    columns: dict[str, Column] = {"sequence": names[place]}
    free = [name for name in names if name != names[place]]
    found = label if label is not None else _label(paths, columns, free, looked)
    if found is not None:
        columns["label"] = found
    for role, titles in OTHERS.items():
        for name in free:
            if str(name).lower() in titles and name not in columns.values():
                wider = columns | {role: name}
                if role not in columns and _can_be_read(paths, wider, looked):
                    columns = wider
    return columns


def _names(table: Recognised) -> list[Column]:
    """Return what columns are called in a config: titles that are there once, else numbers."""
    if table.titles is not None:
        return list(table.titles)
    return list(range(1, len(table.rows[0]) + 1))


def _label(
    paths: Sequence[str], columns: Mapping[str, Column], free: Sequence[Column], looked: Looks
) -> Column | None:
    for title in LABELS:
        alike = [name for name in free if str(name).lower() == title]
        if len(alike) == 1:
            return alike[0]
    reserved = {title for titles in OTHERS.values() for title in titles}
    few: dict[Column, set[str]] = {}
    for name in free:
        if str(name).lower() in {*reserved, *NEVER} or not str(name):
            continue
        records = [looked.records(path, dict(columns) | {"label": name}) for path in paths]
        values = {text for part in records for text in part.fields.get("label", [])}
        number = sum(len(part.ids) for part in records)
        if None not in values and 2 <= len(values) <= FEW and 2 * len(values) <= number:
            few[name] = values
    two = [name for name, values in few.items() if len(values) == 2]
    flags = [name for name in two if {text.lower() for text in few[name]} in _YES_OR_NO]
    for candidates in (list(few), two, flags):
        if len(candidates) == 1:
            return candidates[0]
    if few:
        raise UserError(
            f"{paths[0]}: the columns {listed([shown(str(name)) for name in few])} may all hold "
            "the labels; say which, as in "
            f"`python scripts/new_config.py --label-column {shlex.quote(str(next(iter(few))))} "
            f"{shlex.quote(paths[0])}`, or call that column label."
        )
    return None


def _can_be_read(paths: Sequence[str], columns: Mapping[str, Column], looked: Looks) -> bool:
    """Whether the columns hold in all files what they should: distinct ids, known parts."""
    try:
        records = [looked.records(path, columns) for path in paths]
    except UserError:
        return False
    named = [columns[role] for role in ("group", "split") if role in columns]
    fields = [role for role in ("group", "split") if role in columns]
    return not named or all(None not in part.fields[role] for part in records for role in fields)
