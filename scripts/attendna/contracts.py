"""The files that the stages hand to each other: how each is written, read and checked.

One pair of functions per file, and nobody else knows the names of columns and arrays. Every file
appears whole or not at all and is checked before it is read (see `files`), and equal content is
equal bytes (gzip without a time stamp, JSON with sorted keys).
"""

from __future__ import annotations

import gzip
import json
import math
import re
import tokenize
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attendna.errors import UserError
from attendna.files import reading, whole, whole_path
from attendna.names import from_word, to_word

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SEQUENCE_COLUMNS = ["id", "sequence", "label", "group", "split", "chrom", "start", "end", "strand"]
SPLITS = ["train", "validation", "test"]
FOLD = re.compile("[1-9][0-9]{0,5}")  # in the column `split`: the fold that tests a record
# Kinds of relation between two records, the closest first.
RELATIONS = ["exact", "reverse_complement", "shared_kmer", "coordinates", "group"]
RELATED_COLUMNS = ["id", "split", "label", "relation", "relative"]
METRIC_COLUMNS = [
    "dataset",
    "fold",
    "model",
    "seed",
    "split",
    "subset",
    "threshold",
    "metric",
    "class",
    "value",
    "low",
    "high",
]
COMPARISON_COLUMNS = [
    "dataset",
    "fold",
    "split",
    "metric",
    "model_a",
    "model_b",
    "difference",
    "low",
    "high",
    "p_value",
    "p_adjusted",
]
SUMMARY_COLUMNS = [
    "dataset",
    "model",
    "split",
    "subset",
    "threshold",
    "metric",
    "class",
    "runs",
    "value",
    "low",
    "high",
    "sd_folds",
    "sd_seeds",
    "matched_by",
]
POOLED = "all"  # in the column fold: the mean over the folds
PROBABILITY = "p_"  # p_{class}: the predicted probability of a class


# ------------------------------------------------------------------------------ json, tables


def write_json(path: str | Path, content: Any) -> None:
    """Write `content` as indented JSON with sorted keys; numbers that are not finite are null."""
    with whole(path, "w") as handle:
        json.dump(_plain(content), handle, indent=1, sort_keys=True, allow_nan=False)
        handle.write("\n")


def _plain(value: Any) -> Any:
    """Turn NumPy values into Python's own, and what JSON has no number for into None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def read_json(path: str | Path) -> Any:
    """Read what `write_json` wrote."""
    with reading(path), open(path, encoding="utf-8") as handle:
        return json.load(handle)


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a tab-separated table with a header; gzip, without a time stamp, if it ends in .gz."""
    with whole(path) as handle:
        if str(path).endswith(".gz"):
            with gzip.GzipFile(fileobj=handle, mode="wb", filename="", mtime=0) as packed:
                table.to_csv(packed, sep="\t", index=False, lineterminator="\n")
        else:
            table.to_csv(handle, sep="\t", index=False, lineterminator="\n")


def read_table(path: str | Path, text: Sequence[str], required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a tab-separated table.

    Parameters
    ----------
    path
        The table, plain or gzip.
    text
        Columns that hold text and keep every letter ("NA" and "01" too).
    required
        Columns that must be there.

    Raises
    ------
    UserError
        If the file can't be read or lacks a column.
    """
    import pandas as pd

    with reading(path):
        header = pd.read_csv(path, sep="\t", nrows=0)
        missing = [column for column in required if column not in header]
        if missing:
            raise UserError(
                f"{path}: no column {missing[0]!r}; delete the file and run again to remake it."
            )
        table = pd.read_csv(
            path,
            sep="\t",
            dtype=dict.fromkeys(text, str),
            keep_default_na=False,
            na_values={column: [""] for column in header if column not in text},
        )
    return table


# ------------------------------------------------------------------------------ sequences


NOTES = b"attendna.notes"  # the key of the notes in the file's own metadata


def write_sequences(
    path: str | Path, table: pd.DataFrame, notes: Sequence[Mapping[str, str]] = ()
) -> None:
    """Write `sequences.parquet`.

    Parameters
    ----------
    path
        The file to write.
    table
        At least `id`, `sequence` (upper-case IUPAC) and `label`; the other columns of the
        contract (`group split chrom start end strand`) are null where they are missing.
    notes
        What came up when the sequences were brought in, as findings of the audit:
        `{"severity", "message"}`.
    """
    import pyarrow.parquet as pq

    content = _sequence_table(table)
    if notes:
        content = content.replace_schema_metadata({NOTES: json.dumps(list(notes), sort_keys=True)})
    with whole_path(path) as temporary:
        pq.write_table(content, temporary, compression="zstd")


def sequence_notes(path: str | Path) -> list[dict[str, str]]:
    """Read the notes that `write_sequences` left in `sequences.parquet`.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    import pyarrow.parquet as pq

    with _reading_parquet(path):
        return json.loads((pq.read_schema(path).metadata or {}).get(NOTES, b"[]"))


@contextmanager
def sequence_writer(path: str | Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Write `sequences.parquet` in parts, so that it need never be in memory as a whole.

    Parameters
    ----------
    path
        The file to write.

    Yields
    ------
    write
        A function that appends a mapping from column to values, one row group a call: columns as
        in `write_sequences`, where uint8 (n, width) stands for n ASCII strings of equal width.
    """
    import pyarrow.parquet as pq

    schema = _sequence_schema()
    # Ids and sequences hardly ever repeat: a dictionary of them would only cost time.
    repeating = [name for name in SEQUENCE_COLUMNS if name not in ("id", "sequence")]
    with (
        whole(path) as handle,
        pq.ParquetWriter(handle, schema, compression="zstd", use_dictionary=repeating) as writer,
    ):
        yield lambda columns: writer.write_table(_sequence_table(columns))


def _sequence_schema() -> pa.Schema:
    """Name the columns of `sequences.parquet`: coordinates are numbers, all else is text."""
    import pyarrow as pa

    numbers = ("start", "end")
    return pa.schema(
        [(name, pa.int64() if name in numbers else pa.string()) for name in SEQUENCE_COLUMNS]
    )


def _sequence_table(columns: Mapping[str, Any] | pd.DataFrame) -> pa.Table:
    """Bring columns into the schema of `sequences.parquet`; those that are missing are null."""
    import pyarrow as pa

    schema = _sequence_schema()
    rows = len(columns["id"])
    arrays = [
        _column(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    """Make an Arrow column; uint8 (n, width) are n strings whose bytes are taken as they lie."""
    import pyarrow as pa

    if not (isinstance(values, np.ndarray) and values.ndim == 2):
        return pa.array(values, type=kind, from_pandas=True)
    rows, width = values.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    letters = np.ascontiguousarray(values)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(letters))


@contextmanager
def _reading_parquet(path: str | Path) -> Iterator[None]:
    """Do as `files.reading`, also for the failures of Arrow that are of no kind of Python's."""
    import pyarrow as pa

    with reading(path):
        try:
            yield
        except pa.ArrowException as error:
            raise ValueError(str(error)) from error


def read_sequences(path: str | Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read `sequences.parquet`, or only some of its columns.

    Raises
    ------
    UserError
        If the file is damaged or lacks a column.
    """
    import pyarrow.parquet as pq

    with _reading_parquet(path):
        return pq.read_table(path, columns=list(columns or SEQUENCE_COLUMNS)).to_pandas()


def sequence_columns(path: str | Path, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Read some columns of `sequences.parquet` without pandas, as object arrays; null is None.

    Raises
    ------
    UserError
        If the file is damaged or lacks a column.
    """
    import pyarrow.parquet as pq

    with _reading_parquet(path):
        table = pq.read_table(path, columns=list(columns))
        return {name: table[name].to_numpy() for name in columns}


def sequence_row_groups(path: str | Path) -> list[int]:
    """Return how many records each row group of `sequences.parquet` has.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    import pyarrow.parquet as pq

    with reading(path):
        about = pq.read_metadata(path)
        return [about.row_group(i).num_rows for i in range(about.num_row_groups)]


def sequence_batches(
    path: str | Path, columns: Sequence[str], rows: int, groups: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read some columns of `sequences.parquet` in batches of at most `rows` records.

    All of them, or those of some row groups.

    Memory is that of a batch, whatever the size of the file.

    Raises
    ------
    UserError
        If the file is damaged or lacks a column.
    """
    import pyarrow.parquet as pq

    with _reading_parquet(path), pq.ParquetFile(path, buffer_size=1 << 20) as parquet:
        for name in columns:
            if name not in parquet.schema_arrow.names:
                raise ValueError(f"no column {name!r}")
        groups = None if groups is None else list(groups)
        yield from parquet.iter_batches(rows, row_groups=groups, columns=list(columns))


@contextmanager
def bed_writer(path: str | Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Write BED6 in parts, so that it need never be in memory as a whole.

    Parameters
    ----------
    path
        The file to write.

    Yields
    ------
    write
        A function that appends a mapping `chrom start end name score strand` of columns, where
        uint8 (n, width) stands for n ASCII strings of equal width.
    """
    import pyarrow as pa
    import pyarrow.csv

    text, number = pa.string(), pa.int64()
    kinds = {"chrom": text, "start": number, "end": number}
    kinds |= {"name": text, "score": number, "strand": text}
    schema = pa.schema(kinds)
    # BED knows no quotes, and no name holds what pyarrow would refuse then.
    options = pa.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    with whole(path) as handle, pa.csv.CSVWriter(handle, schema, write_options=options) as writer:

        def write(columns: Mapping[str, Any]) -> None:
            columns = {**columns, **{name: _words(columns[name]) for name in ("chrom", "name")}}
            arrays = [_column(columns[field.name], field.type) for field in schema]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

        yield write


def _words(names: Any) -> Any:
    """Return names as words, see `to_word`; uint8 (n, width), made by the simulation, are such."""
    if isinstance(names, np.ndarray) and names.ndim == 2:
        return names
    words = {name: to_word(name) for name in set(names)}
    return [words[name] for name in names]


def read_bed(path: str | Path) -> pd.DataFrame:
    """Read BED6 as a table `chrom start end name score strand`, names as they were."""
    import pandas as pd

    names = ["chrom", "start", "end", "name", "score", "strand"]
    kinds = {"chrom": str, "name": str, "strand": str}
    with reading(path):
        table = pd.read_csv(
            path, sep="\t", header=None, names=names, dtype=kinds, keep_default_na=False
        )
        for column in ("chrom", "name"):
            table[column] = table[column].map({w: from_word(w) for w in table[column].unique()})
    return table


# ------------------------------------------------------------------------------ encoded.npz


@dataclass(frozen=True)
class Encoded:
    """A data set as numbers.

    Attributes
    ----------
    x
        uint8 (n, length, 4) in order A, C, G, T: every base that a letter allows is 1, so N is
        1111 and padding is 0000. Mapped from disk, not loaded.
    y
        int32 (n,), index into `classes`.
    length
        int32 (n,), letters of each sequence, padding not counted.
    classes
        The names of the classes.
    positive
        Of two classes, the one whose probability a binary model predicts; "" for more.
    crop
        How sequences of another length are brought to this one, see `cropping.offsets`; "" if all
        simply have it.
    """

    x: np.ndarray
    y: np.ndarray
    length: np.ndarray
    classes: list[str]
    positive: str
    crop: str


def write_encoded(
    path: str | Path,
    blocks: Iterator[np.ndarray],
    shape: tuple[int, int, int],
    y: np.ndarray,
    length: np.ndarray,
    classes: Sequence[str],
    positive: str,
    crop: str = "",
) -> None:
    """Write `encoded.npz` block by block, so that `x` need never be in memory as a whole.

    Parameters
    ----------
    path
        The file to write.
    blocks
        uint8 arrays (any, length, 4) that make up `x` in order.
    shape
        (n, length, 4), the shape of `x`.
    y, length
        int32 (n,), see `Encoded`.
    classes
        The names of the classes, in the order that `y` counts.
    positive
        The positive one of two classes, "" for more.
    crop
        See `Encoded`.

    Raises
    ------
    ValueError
        If the blocks do not make up `shape`.
    """
    members = {
        "y": np.asarray(y, dtype=np.int32),
        "length": np.asarray(length, dtype=np.int32),
        "classes": np.array(list(classes), dtype=np.str_),
        "positive": np.array(positive, dtype=np.str_),
        "crop": np.array(crop, dtype=np.str_),
    }
    with whole(path) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
        with _member(archive, "x") as member:
            header = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
            np.lib.format.write_array_header_1_0(member, header)
            written = 0
            for block in blocks:
                written += member.write(memoryview(np.ascontiguousarray(block)).cast("B"))
            if written != np.prod(shape, dtype=np.int64):
                raise ValueError(f"blocks: expected {shape} in all, received {written} bytes")
        for name, array in members.items():
            with _member(archive, name) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    # A ZipInfo made by hand has the fixed date of 1980, so equal arrays give equal bytes.
    return archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)


def read_encoded(path: str | Path) -> Encoded:
    """Open `encoded.npz`; `x` is mapped, the small arrays are loaded.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    with reading(path):
        small = load_arrays(path, ["y", "length", "classes", "positive", "crop"])
        x = map_array(path, "x")
        if x.shape[2:] != (4,) or not x.shape[:1] == small["y"].shape == small["length"].shape:
            raise ValueError("its arrays do not belong together")
        return Encoded(
            x=x,
            y=small["y"],
            length=small["length"],
            classes=[str(name) for name in small["classes"]],
            positive=str(small["positive"]),
            crop=str(small["crop"]),
        )


def map_array(path: str | Path, name: str) -> np.ndarray:
    """Map one array of an uncompressed `.npz` at its offset in the file, read-only."""
    with reading(path), open(path, "rb") as handle, zipfile.ZipFile(handle) as archive:
        member = archive.getinfo(f"{name}.npy")
        shape, fortran, dtype, size = _array_header(archive, member)
        # The local header: 30 bytes, the name and an extra field whose length it states itself.
        handle.seek(member.header_offset)
        local = handle.read(30)
        names, extra = (int.from_bytes(local[i : i + 2], "little") for i in (26, 28))
        if 0 in shape:
            return np.empty(shape, dtype)
        return np.memmap(
            path,
            dtype=dtype,
            mode="r",
            offset=member.header_offset + 30 + names + extra + size,
            shape=shape,
            order="F" if fortran else "C",
        )


def _array_header(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Read the header of an array; return shape, Fortran order, type and bytes of the header.

    Raises
    ------
    ValueError
        If the array is compressed, holds Python objects or is not as large as it says: reading it
        could then take any amount of memory or run code.
    """
    name = member.filename.removesuffix(".npy")
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, which ours never is")
    with archive.open(member) as handle:
        version = np.lib.format.read_magic(handle)
        read_header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
        try:
            shape, fortran, dtype = read_header(handle)
        except (SyntaxError, tokenize.TokenError) as error:
            raise ValueError(f"{name} has no header that can be read") from error
        size = handle.tell()
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects")
    if min(shape, default=0) < 0 or size + math.prod(shape) * dtype.itemsize != member.file_size:
        raise ValueError(f"{name} is not as large as it says")
    return shape, fortran, dtype, size


def load_arrays(path: str | Path, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Load arrays of an `.npz`, never pickles.

    Raises
    ------
    UserError
        If the file is damaged or lacks an array.
    """
    # Each member brings a checksum: no need to read the others, which may be large, for a digest.
    with reading(path, verified=False):
        # Before NumPy sees it, which takes other files than archives, too.
        with zipfile.ZipFile(path) as archive:
            chosen = names or [member.removesuffix(".npy") for member in archive.namelist()]
            for name in chosen:
                _array_header(archive, archive.getinfo(f"{name}.npy"))
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in chosen}


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], lasting: bool = True) -> None:
    """Write arrays as an uncompressed `.npz` whose bytes depend on the arrays alone.

    `lasting` as in `files.whole_path`.
    """
    with (
        whole(path, lasting=lasting) as handle,
        zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, array in arrays.items():
            with _member(archive, name) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


# ------------------------------------------------------------------------------ split.npz


def write_split(path: str | Path, split: Mapping[str, np.ndarray]) -> None:
    """Write `split.npz`: sorted int64 indices `train`, `validation`, `test` into `encoded.npz`.

    And `dropped`, records that were left out because they have a relative in training.
    """
    none = np.zeros(0, np.int64)
    sets = {name: split[name] for name in SPLITS} | {"dropped": split.get("dropped", none)}
    write_arrays(path, {name: np.sort(np.asarray(its, np.int64)) for name, its in sets.items()})


def read_split(path: str | Path) -> dict[str, np.ndarray]:
    """Read `split.npz` as a dict from split to sorted int64 indices, without those dropped."""
    return load_arrays(path, SPLITS)


def read_dropped(path: str | Path) -> np.ndarray:
    """Read from `split.npz` the sorted int64 indices of the records that were left out."""
    return load_arrays(path, ["dropped"])["dropped"]


# ------------------------------------------------------------------------------ relations


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
    return read_table(path, text=RELATED_COLUMNS, required=RELATED_COLUMNS)


# ------------------------------------------------------------------------------ predictions


@dataclass(frozen=True)
class Predictions:
    """What a model says about the validation and test records.

    Attributes
    ----------
    ids, splits, labels
        str (n,).
    probabilities
        float64 (n, classes); each row sums to 1.
    classes
        The names of the classes, in the order of the columns.
    """

    ids: np.ndarray
    splits: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    classes: list[str]

    def of(self, split: str) -> Predictions:
        """Return the records of one split, in the order of the file."""
        return self.only(self.splits == split)

    def only(self, chosen: np.ndarray) -> Predictions:
        """Return the records that a bool (n,) mask chooses."""
        return Predictions(
            self.ids[chosen],
            self.splits[chosen],
            self.labels[chosen],
            self.probabilities[chosen],
            self.classes,
        )

    @property
    def y(self) -> np.ndarray:
        """int64 (n,): the true class of each record as an index into `classes`."""
        index = {name: i for i, name in enumerate(self.classes)}
        return np.array([index[label] for label in self.labels], dtype=np.int64)


def write_predictions(path: str | Path, predictions: Predictions) -> None:
    """Write `predictions.tsv.gz`: `id split label` and a column `p_{class}` for each class."""
    import pandas as pd

    table = pd.DataFrame(
        {"id": predictions.ids, "split": predictions.splits, "label": predictions.labels}
    )
    for i, name in enumerate(predictions.classes):
        table[f"{PROBABILITY}{name}"] = predictions.probabilities[:, i]
    write_table(path, table)


def read_predictions(path: str | Path, classes: Sequence[str] | None = None) -> Predictions:
    """Read `predictions.tsv.gz`.

    Parameters
    ----------
    path
        The file.
    classes
        The classes of the data set. Given, the predictions must be fit to be measured: these
        classes in this order, validation and test records, every probability a number.

    Raises
    ------
    UserError
        If the file is damaged, lacks a column, holds a label without a column or can't be measured.
    """
    required = ["id", "split", "label"]
    table = read_table(path, text=required, required=required)
    columns = [name for name in table if name.startswith(PROBABILITY)]
    found = [name[len(PROBABILITY) :] for name in columns]
    unknown = set(table["label"]) - set(found)
    if unknown:
        raise UserError(f"{path}: no column p_{min(unknown)} for the label {min(unknown)!r}.")
    with reading(path):
        predictions = Predictions(
            table["id"].to_numpy(str),
            table["split"].to_numpy(str),
            table["label"].to_numpy(str),
            table[columns].to_numpy(np.float64),
            found,
        )
    if classes is not None:
        _check_measurable(path, predictions, list(classes))
    return predictions


def _check_measurable(path: str | Path, predictions: Predictions, classes: list[str]) -> None:
    if predictions.classes != classes:
        raise UserError(
            f"{path}: has the classes {', '.join(predictions.classes)} where the data set has "
            f"{', '.join(classes)}; delete it and run again to remake it."
        )
    for split in ("validation", "test"):
        if split not in predictions.splits:
            raise UserError(f"{path}: no {split} records to measure; give the data set some.")
    broken = ~np.isfinite(predictions.probabilities).all(axis=1)
    if broken.any():
        record = str(predictions.ids[broken][0])
        raise UserError(
            f"{path}: the probabilities of record {record!r} are not numbers; "
            "the training diverged, so lower the model's learning rate."
        )


class Calibration(NamedTuple):
    """How probabilities were calibrated: by class, log p = logit / temperature + bias, less a sum.

    `biases` are in the order of the classes.
    """

    temperature: float
    biases: list[float]


def write_calibration(path: str | Path, calibration: Calibration | None) -> None:
    """Write `calibration.json`: `temperature` and `biases`, null without a calibration."""
    none = dict.fromkeys(Calibration._fields)
    write_json(path, none if calibration is None else calibration._asdict())


def read_calibration(path: str | Path) -> Calibration | None:
    """Read `calibration.json`; None where the probabilities were not calibrated."""
    with reading(path):
        content = read_json(path)
        if content["temperature"] is None:
            return None
        return Calibration(float(content["temperature"]), [float(b) for b in content["biases"]])


# ------------------------------------------------------------------------------ measurements


def write_metrics(path: str | Path, table: pd.DataFrame) -> None:
    """Write `metrics.tsv`, the tidy table with the columns METRIC_COLUMNS."""
    write_table(path, table[METRIC_COLUMNS])


def read_metrics(path: str | Path) -> pd.DataFrame:
    """Read `metrics.tsv`; `threshold` and `class` are "" where none applies."""
    text = ["dataset", "model", "split", "subset", "threshold", "metric", "class"]
    return read_table(path, text=text, required=METRIC_COLUMNS)


def write_summary(path: str | Path, table: pd.DataFrame) -> None:
    """Write `summary.tsv`, the tidy table with the columns SUMMARY_COLUMNS."""
    write_table(path, table[SUMMARY_COLUMNS])


def read_summary(path: str | Path) -> pd.DataFrame:
    """Read `summary.tsv`; `threshold`, `class` and `matched_by` are "" where none applies."""
    text = [*SUMMARY_COLUMNS[:7], "matched_by"]
    return read_table(path, text=text, required=SUMMARY_COLUMNS)


def write_comparison(path: str | Path, table: pd.DataFrame) -> None:
    """Write `comparison.tsv`, the tidy table with the columns COMPARISON_COLUMNS."""
    write_table(path, table[COMPARISON_COLUMNS])


def read_comparison(path: str | Path) -> pd.DataFrame:
    """Read `comparison.tsv`; `fold` is text, since it may be POOLED."""
    text = ["dataset", "fold", "split", "metric", "model_a", "model_b"]
    return read_table(path, text=text, required=COMPARISON_COLUMNS)


def read_history(path: str | Path) -> pd.DataFrame:
    """Read `history.tsv`: one row an epoch."""
    return read_table(path, text=[], required=["epoch", "loss", "val_loss"])


def write_attention(
    path: str | Path,
    weights: np.ndarray,
    scales: Sequence[int],
    ids: Sequence[str],
    crop: str = "",
) -> None:
    """Write `attention.npz`.

    Parameters
    ----------
    path
        The file to write.
    weights
        float32 (records, scales, length): attention along the sequence, each scale sums to 1.
    scales
        The kernel size of each scale.
    ids
        The id of each record.
    crop
        How the records were brought to this length, see `Encoded`.
    """
    arrays = {
        "weights": np.asarray(weights, np.float32),
        "scales": np.asarray(scales, np.int32),
        "ids": np.asarray(ids, np.str_),
        "crop": np.asarray(crop, np.str_),
    }
    write_arrays(path, arrays)


def read_attention(path: str | Path) -> dict[str, np.ndarray]:
    """Read `attention.npz` as a dict `weights scales ids crop`."""
    return load_arrays(path, ["weights", "scales", "ids", "crop"])


# ------------------------------------------------------------------------------ explanations


@dataclass(frozen=True)
class Attributions:
    """What the bases of some records contribute to what a network says about them.

    Attributes
    ----------
    ids
        str (n,).
    records
        int64 (n,), index into `encoded.npz`.
    parts
        str (n,): of which part of the split each is, "test", "validation" or "train".
    target
        int32 (n,), index of the class whose score is explained.
    scores
        float32 (n,), that score, see `attribution.target_weights`.
    methods
        By the name of the method float32 (n, length, 4): hypothetical contributions, what each base
        would contribute at each position; 0 at padding.
    scales, attention
        int32 (scales,) and float32 (n, scales, length), as in `attention.npz`.
    attention_scores
        float32 (n, length), see `attribution.attention_scores`.
    baselines, differences, totals
        str (b,) and float32 (n, b), see `attribution.integrated_gradients`; empty without it.
    """

    ids: np.ndarray
    records: np.ndarray
    parts: np.ndarray
    target: np.ndarray
    scores: np.ndarray
    methods: dict[str, np.ndarray]
    scales: np.ndarray
    attention: np.ndarray
    attention_scores: np.ndarray
    baselines: np.ndarray
    differences: np.ndarray
    totals: np.ndarray

    def of_part(self, part: str) -> Attributions:
        """Return what belongs to the records of one part of the split."""
        own = self.parts == part
        of_all = {"methods", "scales", "baselines"}
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        kept = {name: of if name in of_all else of[own] for name, of in columns.items()}
        kept["methods"] = {name: of[own] for name, of in self.methods.items()}
        return Attributions(**kept)


_ATTRIBUTIONS = {
    "ids": np.str_,
    "records": np.int64,
    "parts": np.str_,
    "target": np.int32,
    "scores": np.float32,
    "scales": np.int32,
    "attention": np.float32,
    "attention_scores": np.float32,
    "baselines": np.str_,
    "differences": np.float32,
    "totals": np.float32,
}


def write_attributions(path: str | Path, attributions: Attributions) -> None:
    """Write `attributions.npz`: the members of `Attributions`, and an array a method."""
    arrays = {
        name: np.asarray(getattr(attributions, name), kind) for name, kind in _ATTRIBUTIONS.items()
    }
    methods = {name: np.asarray(of, np.float32) for name, of in attributions.methods.items()}
    write_arrays(path, arrays | methods)


def read_attributions(path: str | Path) -> Attributions:
    """Read `attributions.npz`.

    Raises
    ------
    UserError
        If the file is damaged or lacks an array.
    """
    arrays = load_arrays(path)
    with reading(path):
        known = {name: arrays.pop(name) for name in _ATTRIBUTIONS}
    return Attributions(methods=arrays, **known)


@dataclass(frozen=True)
class Perturbations:
    """How a network's score changes when positions are deleted, or they alone inserted.

    Attributes
    ----------
    rankings
        str (r,): by what positions were ranked, a method, "attention" or "random".
    shares
        float64 (s,): of the bases of a record.
    deletion, insertion
        float32 (r, n, s): the score after the top positions were deleted, or inserted alone.
    """

    rankings: list[str]
    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray


def write_perturbations(path: str | Path, perturbations: Perturbations) -> None:
    """Write `perturbations.npz`, the members of `Perturbations`; records as in `Attributions`."""
    arrays = {
        "rankings": np.asarray(perturbations.rankings, np.str_),
        "shares": np.asarray(perturbations.shares, np.float64),
        "deletion": np.asarray(perturbations.deletion, np.float32),
        "insertion": np.asarray(perturbations.insertion, np.float32),
    }
    write_arrays(path, arrays)


def read_perturbations(path: str | Path) -> Perturbations:
    """Read `perturbations.npz`."""
    arrays = load_arrays(path, ["rankings", "shares", "deletion", "insertion"])
    rankings = [str(name) for name in arrays.pop("rankings")]
    return Perturbations(rankings=rankings, **arrays)


# ------------------------------------------------------------------------------ motifs

MATCH_COLUMNS = [
    "motif",
    "class",
    "rank",
    "target",
    "target_name",
    "family",
    "p_value",
    "e_value",
    "q_value",
    "offset",
    "overlap",
    "strand",
]
_MEME_MATRIX = re.compile(r"letter-probability matrix:.*?\bw= *(\d+)(?:.*?\bnsites= *(\d+))?")


@dataclass(frozen=True, eq=False)
class MemeMotif:
    """A motif of a MEME file.

    Attributes
    ----------
    name, alternative
        Written as words, see `names.to_word`; the second may be "". No two motifs of a file have
        the same name.
    probabilities
        float64 (width, 4); rows sum to 1.
    sites
        How many sites the matrix was made of.
    """

    name: str
    alternative: str
    probabilities: np.ndarray
    sites: int


def write_meme(path: str | Path, motifs: Sequence[MemeMotif], both_strands: bool) -> None:
    """Write motifs in the minimal MEME format, version 4, which motif tools read.

    Parameters
    ----------
    path
        The file to write.
    motifs
        In any order; none makes a file without motifs.
    both_strands
        Whether they were looked for on both strands.
    """
    with whole(path, "w") as handle:
        handle.write("MEME version 4\n\nALPHABET= ACGT\n\n")
        handle.write(f"strands: {'+ -' if both_strands else '+'}\n\n")
        handle.write("Background letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n")
        for motif in motifs:
            called = f"{to_word(motif.name)} {to_word(motif.alternative)}".rstrip()
            handle.write(f"\nMOTIF {called}\n")
            handle.write(
                f"letter-probability matrix: alength= 4 w= {len(motif.probabilities)} "
                f"nsites= {motif.sites} E= 0\n"
            )
            for row in motif.probabilities:
                handle.write(" ".join(f"{value:.6f}" for value in row) + "\n")


def read_meme(path: str | Path) -> list[MemeMotif]:
    """Read motifs in the minimal MEME format.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    motifs = []
    with reading(path), open(path, encoding="utf-8") as handle:
        if not handle.readline().startswith("MEME version"):
            raise ValueError("the first line is not that of a MEME file")
        names: list[str] = []
        for line in handle:
            if line.startswith("MOTIF"):
                names = [*map(from_word, line.split()[1:3]), ""][:2]
            found = _MEME_MATRIX.match(line)
            if found:
                rows = [next(handle).split() for _ in range(int(found[1]))]
                matrix = np.array(rows, dtype=np.float64).reshape(-1, 4)
                matrix = matrix / matrix.sum(axis=1, keepdims=True)
                motifs.append(MemeMotif(names[0], names[1], matrix, int(found[2] or 20)))
    return motifs


def write_motif_matches(path: str | Path, table: pd.DataFrame) -> None:
    """Write `motif_matches.tsv`, the columns MATCH_COLUMNS."""
    write_table(path, table[MATCH_COLUMNS])


def read_motif_matches(path: str | Path) -> pd.DataFrame:
    """Read `motif_matches.tsv`."""
    text = ["motif", "class", "target", "target_name", "family", "strand"]
    return read_table(path, text=text, required=MATCH_COLUMNS)


def write_motifs(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write `motifs.json`.

    Parameters
    ----------
    path
        The file to write.
    content
        `motifs`, a list of what each is (`name class method consensus sites information effect
        counts contributions starts position strand like matches family planted`), `tried`
        (sentences on what was tried and why it ended), `attribution`, `records`, `parts` (how many
        of each part of the split), `length`, `classes`, `jaspar` (which matrices they were
        compared with, or null), `strands`, and of simulated data `planted` (for each name the
        motif that recovers it, or null) and `scores` (`planted`, `recovered`, `names`), else null.
    """
    write_json(path, content)


def read_motifs(path: str | Path) -> dict[str, Any]:
    """Read `motifs.json`."""
    with reading(path):
        content = read_json(path)
        for key in ("motifs", "tried", "scores"):
            content[key]
    return content
