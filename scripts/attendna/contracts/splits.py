"""Which records are learned from and which belong together: split, groups, related records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna import values
from attendna.contracts import texts
from attendna.contracts.arrays import load_arrays, write_arrays
from attendna.contracts.tables import read_table, require_columns, write_parts, write_table
from attendna.errors import UserError
from attendna.intact_files import reading

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ["train", "validation", "test"]
ROWS_AT_ONCE = 1 << 17  # of groups.tsv
NO_GROUP = -1
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

    rows = (slice(i, i + ROWS_AT_ONCE) for i in range(0, max(len(groups), 1), ROWS_AT_ONCE))
    write_parts(path, (pd.DataFrame({"id": ids[some], "group": groups[some]}) for some in rows))


def read_groups(path: str | Path) -> tuple[texts.Texts, np.ndarray]:
    """Read `groups.tsv`: n ids and int64 (n,) groups, in the order of the records.

    Raises
    ------
    UserError
        If the file is damaged, a group is no whole number, or an id is there twice.
    """
    import pyarrow as pa
    import pyarrow.csv

    with reading(path):
        table = pa.csv.read_csv(
            path,
            pa.csv.ReadOptions(use_threads=False),
            pa.csv.ParseOptions(delimiter="\t"),
            pa.csv.ConvertOptions(column_types={"id": pa.string(), "group": pa.int64()}),
        )
        require_columns(path, table.column_names, ["id", "group"])
        values.require(not table["group"].null_count, "a record has no group")
        groups = table["group"].to_numpy()
        values.whole_numbers(groups, "the column group")
        ids = texts.Texts(table["id"])
        values.require(_all_differ(ids), "ids occur twice")
        return ids, groups


def _all_differ(ids: texts.Texts) -> bool:
    """Say whether no text is there twice: surely so if no two have one hash, which is 8 bytes."""
    hashes = np.sort(np.fromiter(map(hash, ids), np.int64, len(ids)))
    return bool((hashes[1:] != hashes[:-1]).all()) or len(set(ids)) == len(ids)


def groups_of(path: str | Path, ids: np.ndarray) -> np.ndarray:
    """Look up in `groups.tsv` the groups of some records: int64 (n,).

    Raises
    ------
    UserError
        If a record is not there.
    """
    found = _looked_up(path, ids)
    texts.give_back()
    missing = ids[found == NO_GROUP]
    if len(missing):
        raise UserError(
            f"{path}: no record {str(missing[0])!r}; delete the file and run again to remake it."
        )
    return found


def _looked_up(path: str | Path, ids: np.ndarray) -> np.ndarray:
    """Return the group of each id, int64 (n,), NO_GROUP for one that is not in the file."""
    import pyarrow as pa
    import pyarrow.compute

    known, groups = read_groups(path)
    wanted = pa.array(ids, pa.string())
    if isinstance(wanted, pa.ChunkedArray):  # as which Arrow returns a million texts of NumPy
        wanted = wanted.combine_chunks()
    wanted = wanted.dictionary_encode()
    place = pa.compute.index_in(known.column, value_set=wanted.dictionary)
    there = place.is_valid().to_numpy()
    found = np.full(len(wanted.dictionary), NO_GROUP)
    found[place.drop_null().to_numpy()] = groups[there]
    return found[wanted.indices.to_numpy()]


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
