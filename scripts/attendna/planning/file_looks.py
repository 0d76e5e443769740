"""Files read as a run will read them, each once for each set of columns."""

from __future__ import annotations

import os
from collections.abc import Mapping

from attendna.data.intervals import Intervals
from attendna.data.parsed import Records
from attendna.data.sources import Columns, Reading, Source, read_first, read_source
from attendna.errors import UserError, shown

Column = str | int


class Looks:
    """Reads files; of large ones, only the first records.

    Attributes
    ----------
    first_only
        The files of which only the first records were read.
    gapped
        The files that can be read without the gaps of their alignment, and not with them.
    """

    LARGE = 50_000_000  # bytes

    def __init__(self, kinds: Mapping[str, str]) -> None:
        """Take path to format."""
        self._kinds = kinds
        self._seen: dict[tuple, Records | Intervals] = {}
        self.first_only: set[str] = set()
        self.gapped: set[str] = set()

    def records(
        self, path: str, columns: Mapping[str, Column] | None = None
    ) -> Records | Intervals:
        """Return the records, or intervals, of a file.

        Parameters
        ----------
        path
            The file.
        columns
            See `sources.Columns`. Without a label, all records have the label "x".

        Raises
        ------
        UserError
            If it can't be read so.
        """
        key = (path, tuple(sorted((columns or {}).items())))
        if key not in self._seen:
            try:
                self._seen[key] = self._read(path, dict(columns or {}), "error")
            except UserError as error:
                try:
                    self._seen[key] = self._read(path, dict(columns or {}), "remove")
                except UserError:
                    raise error from None
                self.gapped.add(path)
        return self._seen[key]

    def _read(self, path: str, columns: dict[str, Column], gaps: str) -> Records | Intervals:
        kind = self._kinds[path]
        own = "label" in columns
        source = Source(path, None if own else "x", None, kind)
        reading = Reading(genome=path, gaps=gaps)  # nothing is cut from a genome here
        columns = {"sequence": "sequence"} | columns
        if os.path.getsize(path) <= self.LARGE:
            return read_source(source, path, Columns(**columns), True, reading)
        self.first_only.add(path)
        records, _ = read_first(vars(source), columns, True, reading)
        if records is None:
            raise UserError(f"{shown(path)}: its first record is too long to be looked at.")
        return records
