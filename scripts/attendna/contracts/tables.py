"""Tables and JSON: equal content is equal bytes (gzip without a time stamp, sorted keys)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.errors import UserError
from attendna.intact_files import reading, whole

if TYPE_CHECKING:
    import pandas as pd


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


def write_parts(path: str | Path, parts: Iterable[pd.DataFrame]) -> None:
    """Write a plain tab-separated table part by part, so that it need never be in memory whole."""
    with whole(path) as handle:
        for number, part in enumerate(parts):
            part.to_csv(handle, sep="\t", index=False, lineterminator="\n", header=number == 0)


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
        require_columns(path, header, required)
        table = pd.read_csv(
            path,
            sep="\t",
            dtype=dict.fromkeys(text, str),
            keep_default_na=False,
            na_values={column: [""] for column in header if column not in text},
        )
    return table


def require_columns(path: str | Path, header: Iterable[str], required: Sequence[str]) -> None:
    """Raise a `UserError` if a table lacks a column."""
    missing = sorted(set(required) - set(header), key=required.index)
    if missing:
        raise UserError(
            f"{path}: no column {missing[0]!r}; delete the file and run again to remake it."
        )
