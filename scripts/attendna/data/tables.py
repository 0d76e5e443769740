"""Users' tables: rows of fields, whatever file they come from, become records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from attendna.data.allowed_letters import Letters, Offenders, lower_case, read_letters
from attendna.data.kmer_words import join_blocks, join_kmers
from attendna.data.parsed import Records, check_ids, check_printable
from attendna.data.separators import Row
from attendna.data.split_names import read_split_name
from attendna.errors import UserError, brief, shown
from attendna.wording import counted, listed

Column = str | int  # its name or, where there is no header line, its number from 1
_SEQUENCE = re.compile(r"[ACGTURYSWKMBDHVN. \t-]+", re.IGNORECASE)
_DATA = re.compile(r"(?:[ACGTUN]{6,}|[ACGTUN]{3,}(?: [ACGTUN]{3,})+)", re.IGNORECASE)


def parse_table(
    rows: Iterable[Row],
    path: str,
    name: str,
    columns: Mapping[str, Column],
    labels_required: bool,
    letters: Letters,
) -> Records:
    """Make records of the rows of a table.

    Blanks around fields do not count. Rows may have one field more than the header: the names of
    rows that R writes in front, or nothing behind a last separator. Sequences with blanks are
    joined where they are k-mers in a row or blocks of ten letters, see `kmer_words`.

    Parameters
    ----------
    rows
        See `separators.read_rows`; the first is the header, unless columns are given by number.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record without one.
    columns
        `sequence` and any of `label`, `id`, `group` and `split`, to the names of the columns, or
        all of them to their numbers.
    labels_required
        Whether there must be a column of labels; single labels may be missing.
    letters
        How they are read, see `allowed_letters.letters_of`.

    Raises
    ------
    UserError
        If a column is missing, a line has too few or too many fields, a sequence is empty, a
        letter is outside IUPAC, a split is unknown, or an id occurs twice.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        raise UserError(f"{path}: the table is empty.")
    line, titles = first[0], [title.strip() for title in first[1]]
    following = next(rows, None)
    rows = rows if following is None else chain([following], rows)
    if isinstance(columns["sequence"], int):
        places, width = _places_by_number(columns, titles, path, line), len(titles)
        rows, measure = chain([first], rows), "first line"
    else:
        if not labels_required and columns.get("label") not in titles:
            columns = {role: title for role, title in columns.items() if role != "label"}
        row = following[1] if following else []
        places = _places_by_name(columns, titles, path, line, row)
        width, shift = _width(titles, row, places["sequence"])
        places = {role: place + shift for role, place in places.items()}
        measure = "header" if width == len(titles) else "first record"
    records = Records(fields={role: [] for role in _FIELDS if role in places})
    _fill(records, rows, path, name, places, width, measure)
    if not records.ids:
        raise UserError(f"{path}: the table has a header and no record.")
    records.notes += _join_words(records, path)
    wrong = Offenders(path)
    for i, (text, record) in enumerate(zip(records.sequences, records.ids, strict=True)):
        raw = text.encode()
        records.lower_case.append(lower_case(raw))
        records.sequences[i] = read_letters(raw, path, record, records.lines[i], letters, wrong)
    wrong.check()
    check_ids(records, path, columns.get("id"))
    for role, values in records.fields.items():
        check_printable(values, records.lines, role, path)
    return records


def _fill(
    records: Records,
    rows: Iterable[Row],
    path: str,
    name: str,
    places: Mapping[str, int],
    width: int,
    measure: str,
) -> None:
    """Add the fields of all rows, sequences as they stand there."""
    taken = [(places[role], values, _FIELDS[role]) for role, values in records.fields.items()]
    sequence_place, id_place = places["sequence"], places.get("id")
    for line, row in rows:
        if len(row) != width:
            raise UserError(
                f"{path}, line {line}: {counted(len(row), 'field')} where the {measure} has "
                f"{width}; quote fields that contain the separator."
            )
        record = "" if id_place is None else row[id_place].strip()
        records.ids.append(record or f"{name}:{line}")
        records.lines.append(line)
        records.sequences.append(row[sequence_place].strip())
        for place, values, read in taken:
            values.append(read(row[place].strip(), path, line))


def _optional(text: str, path: str, line: int) -> str | None:
    return text or None


_FIELDS: dict[str, Callable[[str, str, int], str | None]] = {
    "label": _optional,
    "group": _optional,
    "split": read_split_name,
}


# ------------------------------------------------------------------------------ columns


def looks_like_sequence(text: str) -> bool:
    """Whether a field may hold a sequence: IUPAC letters, gaps and blanks, and nothing else."""
    return _SEQUENCE.fullmatch(text.strip()) is not None


def looks_like_data(text: str) -> bool:
    """Whether a field holds so much sequence that it is no title: six bases, or some k-mers."""
    return _DATA.fullmatch(text.strip()) is not None


def sequence_column(row: Sequence[str]) -> int | None:
    """Return the index of the field of a row that holds the sequence, the longest; None: none."""
    found = [i for i, text in enumerate(row) if looks_like_sequence(text)]
    return max(found, key=lambda i: len(row[i].strip()), default=None)


def _places_by_number(
    columns: Mapping[str, Column], first: Sequence[str], path: str, line: int
) -> dict[str, int]:
    for role, column in columns.items():
        if isinstance(column, str):
            raise UserError(
                f"{path}: columns.sequence is a number, so columns.{role} has to be one, too; give "
                f"the number of that column, from 1, in place of {column!r}."
            )
        if column > len(first):
            raise UserError(
                f"{path}, line {line}: columns.{role} is {column}, but there "
                f"{'is' if len(first) == 1 else 'are'} {counted(len(first), 'field')}; count them "
                "from 1."
            )
    text = first[columns["sequence"] - 1]
    if not looks_like_sequence(text):
        raise UserError(
            f"{path}, line {line}: {shown(text)} is no sequence, and where columns are given by "
            "number the first line is data; if it is a header, give the names of the columns."
        )
    return {role: column - 1 for role, column in columns.items()}


def _places_by_name(
    columns: Mapping[str, Column], titles: list[str], path: str, line: int, row: Sequence[str]
) -> dict[str, int]:
    """Return the places of columns that are given by their titles; `row` is the first of data."""
    for role, title in columns.items():
        if isinstance(title, int):
            raise UserError(
                f"{path}: columns.{role} is a number, but columns.sequence is a name; give the "
                "names of all columns, or the numbers of all where there is no header line."
            )
        if titles.count(title) > 1:
            raise UserError(f"{path}, line {line}: two columns are called {title!r}; rename one.")
    missing = {role: title for role, title in columns.items() if title not in titles}
    if not missing:
        return {role: titles.index(title) for role, title in columns.items()}
    where = f"{path}, line {line}: no column {next(iter(missing.values()))!r}"
    data = next((i for i, title in enumerate(titles) if looks_like_data(title)), None)
    if "sequence" in missing and data is not None:
        others = [i for i in range(len(titles)) if i != data]
        numbers = {"sequence": data + 1} | ({"label": others[-1] + 1} if others else {})
        raise UserError(
            f"{where}, and {shown(titles[data], 30)} looks like data; is there no header line? "
            f"Then give the numbers of the columns, from 1, as `columns: {_written(numbers)}`."
        )
    there = listed([shown(name) for name in titles], 20)
    meant = _meant(
        missing, [title for title in titles if title not in columns.values()], titles, row
    )
    remedy = f"; write `columns: {_written(meant)}`." if meant else "."
    one = "; a single column: is this the right separator?" if len(titles) == 1 else remedy
    raise UserError(f"{where}; the header names {there}{one}")


def _meant(
    missing: Mapping[str, Column], free: list[str], titles: list[str], row: Sequence[str]
) -> dict[str, str]:
    """Return the columns that were probably meant, by role, of those that are free."""
    meant: dict[str, str] = {}
    for role, title in missing.items():
        alike = [name for name in free if _plain(name) == _plain(str(title))]
        if len(alike) == 1:
            meant[role] = alike[0]
    shift = len(row) - len(titles)
    best = sequence_column(row)
    if "sequence" in missing and "sequence" not in meant and best is not None and shift in (0, 1):
        name = titles[best - shift]
        if name in free and name not in meant.values():
            meant["sequence"] = name
    rest = [name for name in free if name and name not in meant.values()]
    if "label" in missing and "label" not in meant and len(rest) == 1:
        meant["label"] = rest[0]
    return {role: meant[role] for role in missing if role in meant}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _written(columns: Mapping[str, Column]) -> str:
    """Return columns as one writes them in YAML."""
    pairs = (f"{role}: {_as_text(column)}" for role, column in columns.items())
    return "{" + ", ".join(pairs) + "}"


def _as_text(column: Column) -> str:
    plain = isinstance(column, int) or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", column)
    return str(column) if plain else f"'{brief(column)}'"


def _width(titles: list[str], row: Sequence[str], sequence: int) -> tuple[int, int]:
    """Return how many fields rows have, and by how many they are shifted against the header."""
    if len(row) == len(titles) + 1:
        if not row[-1].strip():
            return len(row), 0
        if looks_like_sequence(row[sequence + 1]) and not looks_like_sequence(row[sequence]):
            return len(row), 1
    return len(titles), 0


# ------------------------------------------------------------------------------ words


def _join_words(records: Records, path: str) -> Iterator[dict[str, str]]:
    """Join the sequences that are written as words, all of a table in the same way."""
    spaced = [i for i, text in enumerate(records.sequences) if " " in text or "\t" in text]
    texts = [" ".join(records.sequences[i].split()) for i in spaced]
    ways = [[join(text) for text in texts] for join in (join_kmers, join_blocks)]
    joined = min(ways, key=lambda found: found.count(None))
    wrong = [i for i, text in zip(spaced, joined, strict=True) if text is None]
    if wrong:
        first = wrong[0]
        lines = listed([f"{records.lines[i]:,}" for i in wrong])
        raise UserError(
            f"{path}, line {records.lines[first]} (record {brief(records.ids[first])}): the "
            "sequence holds blanks, and is neither k-mers in a row, each a letter further on, nor "
            f"in blocks of ten letters ({counted(len(wrong), 'such record')}: line {lines}); take "
            "the blanks out."
        )
    for i, text in zip(spaced, joined, strict=True):
        records.sequences[i] = text
    k = texts[0].find(" ") if texts and joined is ways[0] else 1
    if k > 1:
        yield {
            "severity": "note",
            "message": f"Sequences of {path} that are words of {k} letters, each a letter further "
            f"on, were joined: {counted(len(spaced), 'record')}.",
        }
