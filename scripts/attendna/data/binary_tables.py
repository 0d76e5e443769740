"""Tables that are no text: Excel and Parquet, as rows of fields."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from attendna.data.raw_text import largest_text
from attendna.data.separators import Row
from attendna.errors import UserError, shown
from attendna.wording import are, counted

PARQUET, ZIP = b"PAR1", b"PK\x03\x04"
_WORKBOOK = "xl/workbook.xml"
_AT_ONCE = 10_000  # rows
# What the libraries raise when they meet something else than they expect.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # of XML
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def is_excel(path: str) -> bool:
    """Whether a file is an Excel file (.xlsx), which is a zip archive with a workbook in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _WORKBOOK in archive.namelist()
    except _FAILURES:
        return False


@contextmanager
def _reading(path: str, what: str) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise UserError(f"{path}: {what} is too large for the memory; save it as CSV.") from error
    except _FAILURES as error:
        reason = shown(" ".join(str(error).split())[:200], 100)
        raise UserError(
            f"{path}: {what} can't be read ({reason}); save it again, or as CSV."
        ) from error


def excel_sheets(path: str) -> list[str]:
    """Return the names of the sheets of an Excel file.

    Raises
    ------
    UserError
        If it can't be read.
    """
    import pandas as pd

    with _reading(path, "the Excel file"), pd.ExcelFile(path, engine="openpyxl") as workbook:
        return list(map(str, workbook.sheet_names))


def excel_rows(path: str, most: int | None = None) -> Iterator[Row]:
    """Yield the rows of the first sheet of an Excel file that hold any text, numbers as text.

    Parameters
    ----------
    path
        The file.
    most
        Rows that are read; None: all.

    Raises
    ------
    UserError
        If the file can't be read, or holds more than memory suffices for.
    """
    import pandas as pd

    with _reading(path, "the Excel file"):
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > largest_text():
            raise MemoryError
        sheet = pd.read_excel(
            path,
            sheet_name=0,
            header=None,
            nrows=most,
            dtype=str,
            na_filter=False,
            engine="openpyxl",
        )
        rows = sheet.to_numpy().tolist()
    for number, row in enumerate(rows, start=1):
        fields = [str(field) for field in row]
        if any(map(str.strip, fields)):
            yield number, fields


def parquet_rows(path: str, wanted: Collection[str], most: int | None = None) -> Iterator[Row]:
    """Yield the names of the columns of a Parquet file, as row 1, and its rows as text.

    Parameters
    ----------
    path
        The file.
    wanted
        Names of columns: if all are there, the others are not read.
    most
        Rows that are read; None: all.

    Raises
    ------
    UserError
        If the file can't be read, or holds more than memory suffices for.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _reading(path, "the Parquet file"):
        try:
            with pq.ParquetFile(path) as file:
                names = list(map(str, file.schema_arrow.names))
                taken = [name for name in names if name in wanted]
                taken = taken if set(taken) == set(wanted) else names
                yield 1, taken
                number, size = 1, 0
                for batch in file.iter_batches(_AT_ONCE, columns=taken):
                    size += batch.nbytes
                    if size > largest_text():
                        raise MemoryError
                    columns = [map(_as_text, column.to_pylist()) for column in batch.columns]
                    for row in zip(*columns, strict=True):
                        number += 1
                        yield number, list(row)
                        if number == most:
                            return
        except pa.ArrowException as error:
            raise ValueError(str(error)) from error


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


def about_excel(path: str) -> dict[str, str]:
    """Return a note that says which sheet of an Excel file was read."""
    first, *others = excel_sheets(path)
    more = f"; {counted(len(others), 'other sheet')} {are(len(others))} left out" if others else ""
    return {
        "severity": "note",
        "message": f"{path} is an Excel file: its first sheet, {shown(first)}, was read{more}.",
    }
