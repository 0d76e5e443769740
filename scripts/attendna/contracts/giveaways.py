"""Simple features by which the classes of a dataset could be told apart (`giveaways.tsv`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attendna import values
from attendna.contracts.tables import read_table, write_table
from attendna.intact_files import reading

if TYPE_CHECKING:
    import pandas as pd

GIVEAWAY_COLUMNS = [
    "kind",
    "feature",
    "position",
    "class",
    "records",
    "in_class",
    "in_rest",
    "auroc",
    "low",
    "high",
    "p_value",
    "p_adjusted",
]


def write_giveaways(path: str | Path, table: Mapping[str, np.ndarray]) -> None:
    """Write `giveaways.tsv`: the columns GIVEAWAY_COLUMNS, see `data.giveaways.measure`."""
    import pandas as pd

    columns = {name: table[name] for name in GIVEAWAY_COLUMNS}
    write_table(path, pd.DataFrame(columns))


def read_giveaways(path: str | Path) -> pd.DataFrame:
    """Read `giveaways.tsv`; `position` is 0 where a feature has none.

    Raises
    ------
    UserError
        If the file is damaged or holds what can't be.
    """
    text = ["kind", "feature", "class"]
    table = read_table(path, text=text, required=GIVEAWAY_COLUMNS)
    with reading(path, verified=False):
        values.column(table, "position")
        values.column(table, "records", least=1)
        for name in ("in_class", "in_rest"):
            values.column(table, name, least=0)
        values.column(table, "auroc", least=0.5, most=1)
        values.interval(table)
        for name in ("p_value", "p_adjusted"):
            values.column(table, name, least=0, most=1, missing=True)
    return table
