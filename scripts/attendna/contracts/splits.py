"""Which records are learned from and which belong together: split, groups, related records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna import values
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.contracts.tables import read_table, write_table
from attendna.errors import UserError
from attendna.intact_files import reading

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ["train", "validation", "test"]
FOLD = re.compile("[1-9][0-9]{0,5}")  # in the column `split`: the fold that tests a record
# Kinds of relation between two records, the closest first.
RELATIONS = ["exact", "reverse_complement", "shared_kmer", "identity", "coordinates", "group"]
RELATED_COLUMNS = ["id", "split", "label", "relation", "relative"]


def write_split(path: str | Path, split: Mapping[str, np.ndarray]) -> None:
    """Write `split.npz`: sorted int64 indices `train`, `validation`, `test` into `encoded.npz`.

    And `dropped`, records that were left out because they have a relative in training.
    """
    none = np.zeros(0, np.int64)
    sets = {name: split[name] for name in SPLITS} | {"dropped": split.get("dropped", none)}
    write_arrays(path, {name: np.sort(np.asarray(rows, np.int64)) for name, rows in sets.items()})


def read_split(path: str | Path, records: int | None = None) -> dict[str, np.ndarray]:
    """Read `split.npz` as a dict from split to sorted int64 indices, without those dropped.

    Parameters
    ----------
    path
        The file.
    records
        How many records there are; None: not known.

    Raises
    ------
    UserError
        If the file is damaged, names a record that is not there, or one in two parts.
    """
    split = load_arrays(path, SPLITS)
    with reading(path, verified=False):
        for name, rows in split.items():
            values.indices(rows, name, records)
        values.distinct(np.concatenate(list(split.values())), "records of its parts")
    return split


def read_dropped(path: str | Path, records: int | None = None) -> np.ndarray:
    """Read from `split.npz` the sorted int64 indices of the records that were left out.

    Parameters and errors are those of `read_split`.
    """
    dropped = load_arrays(path, ["dropped"])["dropped"]
    with reading(path, verified=False):
        values.indices(dropped, "dropped", records)
    return dropped


def write_groups(path: str | Path, ids: Sequence[str], groups: np.ndarray) -> None:
    """Write `groups.tsv`: `id group`, one row a record; equal numbers must stay together."""
    import pandas as pd

    write_table(path, pd.DataFrame({"id": ids, "group": groups}))


def read_groups(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read `groups.tsv`: str (n,) ids and int64 (n,) groups, in the order of the records."""
    with reading(path):
        table = read_table(path, text=["id"], required=["id", "group"])
        if table["group"].dtype.kind != "i":
            raise ValueError("the groups are no whole numbers")
        values.whole_numbers(table["group"].to_numpy(), "the column group")
        values.distinct(table["id"].to_numpy(str), "ids")
        return table["id"].to_numpy(str), table["group"].to_numpy(np.int64)


def groups_of(path: str | Path, ids: np.ndarray) -> np.ndarray:
    """Look up in `groups.tsv` the groups of some records: int64 (n,).

    Raises
    ------
    UserError
        If a record is not there.
    """
    known, groups = read_groups(path)
    order = np.argsort(known)
    place = np.searchsorted(known, ids, sorter=order)
    place = order[np.minimum(place, len(known) - 1)] if len(known) else place
    missing = ids[known[place] != ids] if len(known) else ids
    if len(missing):
        raise UserError(
            f"{path}: no record {str(missing[0])!r}; delete the file and run again to remake it."
        )
    return groups[place]


def write_related(path: str | Path, table: pd.DataFrame) -> None:
    """Write `related.tsv`, the columns RELATED_COLUMNS.

    One row for each validation or test record and each of RELATIONS by which a training record,
    `relative`, is related to it.
    """
    write_table(path, table[RELATED_COLUMNS])


def read_related(path: str | Path) -> pd.DataFrame:
    """Read `related.tsv`."""
    table = read_table(path, text=RELATED_COLUMNS, required=RELATED_COLUMNS)
    with reading(path, verified=False):
        values.known(table["split"].to_numpy(str), "the split", SPLITS[1:])
        values.known(table["relation"].to_numpy(str), "the relation", RELATIONS)
        twice = table.duplicated(["id", "relation"]).any()
        values.require(not twice, "a record has two relatives of one kind")
    return table
