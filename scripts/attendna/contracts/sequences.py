"""Sequences (`sequences.parquet`) and places in them (BED)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna import mapped
from attendna.contracts.texts import Texts
from attendna.intact_files import reading, whole, whole_path
from attendna.names import from_word, to_word

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SEQUENCE_COLUMNS = ["id", "sequence", "label", "group", "split", "chrom", "start", "end", "strand"]
SEQUENCE_COLUMNS += ["description", "lower_case"]
BED_COLUMNS = ["chrom", "start", "end", "name", "score", "strand"]
NUMBERS = ("start", "end", "lower_case")
OWN = ("id", "sequence", "description")  # texts that a record hardly ever shares with others
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
        contract (`group split chrom start end strand description lower_case`) are null where they
        are missing.
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

    return pa.schema(
        [(name, pa.int64() if name in NUMBERS else pa.string()) for name in SEQUENCE_COLUMNS]
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
    """Do as `intact_files.reading`, also for failures of Arrow that are of no kind of Python's."""
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


def sequence_columns(path: str | Path, columns: Sequence[str]) -> dict[str, Texts | np.ndarray]:
    """Read some columns of `sequences.parquet` without pandas, for as little memory as it takes.

    Returns
    -------
    dict
        By name: `id`, `sequence` and `description` as `Texts`, mapped from a temporary file if
        they are large; other texts as object arrays, in which records with the same text share it,
        and null is None; numbers as float64, null is NaN, or int64 where none is null. Of a column
        of nulls the array is one value that all records share, and read-only.

    Raises
    ------
    UserError
        If the file is damaged or lacks a column.
    """
    import pyarrow.parquet as pq

    with _reading_parquet(path):
        short = [name for name in columns if name not in OWN]
        shared = [name for name in short if name not in NUMBERS]
        table = pq.read_table(path, columns=short, read_dictionary=shared)
        own = {name: Texts(_mapped_column(path, name)) for name in columns if name in OWN}
        return {name: own[name] if name in own else _array(table[name]) for name in columns}


def _array(column: pa.ChunkedArray) -> np.ndarray:
    """Turn numbers, or texts by a dictionary, into an array; see `sequence_columns`."""
    import pyarrow as pa

    texts = pa.types.is_dictionary(column.type)
    if column.null_count == len(column):
        return np.broadcast_to(np.array(None if texts else np.nan), len(column))
    if not texts:
        return column.to_numpy()
    column = column.unify_dictionaries()
    values = np.array([*column.chunk(0).dictionary.to_pylist(), None], dtype=object)
    numbers = [chunk.indices.fill_null(len(values) - 1).to_numpy() for chunk in column.chunks]
    return values[np.concatenate(numbers)]


def _mapped_column(path: str | Path, name: str) -> pa.ChunkedArray:
    """Read a column of texts; a large one is copied to a file without a name and mapped."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, buffer_size=1 << 20) as parquet:
        place = parquet.schema_arrow.get_field_index(name)
        if place < 0:
            raise ValueError(f"no column {name!r}")
        parts = [parquet.metadata.row_group(i) for i in range(parquet.num_row_groups)]
        if sum(part.column(place).total_uncompressed_size for part in parts) <= mapped.SMALL:
            return parquet.read([name])[name]
        with tempfile.NamedTemporaryFile() as file:
            batches = parquet.iter_batches(columns=[name])
            schema = pa.schema([parquet.schema_arrow.field(place)]).remove_metadata()
            with mapped.room():
                with pa.ipc.new_file(file, schema) as writer:
                    for batch in batches:
                        writer.write_batch(batch.replace_schema_metadata(None))
                file.flush()
            return pa.ipc.open_file(pa.memory_map(file.name)).read_all()[name]


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


def sequence_groups(path: str | Path, columns: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """Yield some columns of each row group of `sequences.parquet`, as in `sequence_columns`.

    Raises
    ------
    UserError
        If the file is damaged or lacks a column.
    """
    import pyarrow.parquet as pq

    with _reading_parquet(path), pq.ParquetFile(path) as parquet:
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group, columns=list(columns))
            yield {name: table[name].to_numpy() for name in columns}


def join_sequences(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Join files of sequences, row group by row group, of which each has an id and a label."""
    with sequence_writer(path) as write:
        for part in parts:
            for columns in sequence_groups(part, ["id", "sequence", "label"]):
                write(columns)


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
    numbers = ("start", "end", "score")
    schema = pa.schema([(name, number if name in numbers else text) for name in BED_COLUMNS])
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

    kinds = {"chrom": str, "name": str, "strand": str}
    with reading(path):
        table = pd.read_csv(
            path, sep="\t", header=None, names=BED_COLUMNS, dtype=kinds, keep_default_na=False
        )
        for column in ("chrom", "name"):
            table[column] = table[column].map({w: from_word(w) for w in table[column].unique()})
    return table
