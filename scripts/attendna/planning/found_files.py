"""The files that a user names, alone or by their folder: which of them hold sequences."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from attendna.data.genome import is_twobit
from attendna.data.recognition import TABLES, Recognised, recognise
from attendna.data.tables import looks_like_data, sequence_column
from attendna.errors import UserError, shown
from attendna.intact_files import DIGESTS
from attendna.names import fault

INDEX = ".fai"  # of samtools: a name and whole numbers, as BED has
MOST_FILES = 10_000  # looked at in a folder
NAMED = ("sequence", "sequences", "seq", "dna", "dna_sequence")  # titles of a column of sequences


@dataclass
class Found:
    """What is where a user pointed.

    Attributes
    ----------
    root
        The folder that all files are in.
    files
        Path to what it is, those that hold sequences or intervals.
    genomes
        The files that can be nothing but a genome.
    left_out
        Path to why it is not read, as the end of a sentence.
    named
        The paths that the user named themselves, not by their folder.
    """

    root: str
    files: dict[str, Recognised] = field(default_factory=dict)
    genomes: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)


def words_of(text: str) -> list[str]:
    """Return the paths in a text: the one that it is or, as in a shell, some, perhaps in quotes.

    `~` is the home folder, which a shell leaves alone within quotes. Patterns stay as they are, see
    `find`.

    Raises
    ------
    UserError
        If a quotation mark is open, or it names nothing.
    """
    if os.path.exists(text):
        return [text]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(
            f"DATA: {shown(text)} has a quotation mark that is never closed; write names with "
            "blanks as in DATA=\"'my file.fa' other.fa\"."
        ) from error
    if not words:
        raise UserError(
            'DATA names no file; write which, as in make new DATA="positives.fa negatives.fa".'
        )
    return list(map(os.path.expanduser, words))


def find(paths: Sequence[str], genome: str | None) -> Found:
    """Look for files of sequences.

    Parameters
    ----------
    paths
        Files, which have to hold sequences, and folders and patterns such as `data/*`, where
        others may lie beside; hidden files and results of attendna are passed over.
    genome
        A file that is none of them, wherever it lies.

    Raises
    ------
    UserError
        If a file is not there or holds no sequences, or there is none at all.
    """
    places = [place for path in paths for place in _matching(path)]
    folders = [place if os.path.isdir(place) else os.path.dirname(place) for place in places]
    named = {path for path in paths if path in places and not os.path.isdir(path)}
    found = Found(_common(folders), named=named)
    own = genome and os.path.realpath(genome)
    for place in places:
        for file in _files_below(place) if os.path.isdir(place) else [place]:
            if os.path.realpath(file) == own or file in found.files:
                continue
            try:
                _add(found, file)
            except UserError as error:
                if file in named:
                    raise
                found.left_out[file] = reason(str(error), file)
    if not found.files:
        raise UserError(
            f"{' '.join(map(shown, paths))}: no file in it holds labelled sequences; name FASTA, "
            "tables (CSV, TSV, Excel, Parquet) or BED."
        )
    return found


def _matching(path: str) -> list[str]:
    """Return a path or, where nothing is called so, what it is the pattern of."""
    return [path] if os.path.lexists(path) else sorted(glob.glob(path)) or [path]


def reason(sentence: str, path: str) -> str:
    """Return what is wrong with a file, without what its user could do about it."""
    for name in (path, shown(path)):
        sentence = sentence.removeprefix(f"{name}: ").removeprefix(f"{name}, ")
    reason = sentence.partition("; ")[0].rstrip(".")
    return "no sequences, as far as can be told" if reason.startswith("neither its") else reason


def _common(folders: Sequence[str]) -> str:
    """Return the folder that all are in; "" for the one in which one types."""
    if len({os.path.isabs(folder) for folder in folders}) > 1:
        return ""
    return os.path.commonpath(folders) if all(folders) else ""


def _files_below(folder: str) -> list[str]:
    listed: list[str] = []
    for place, folders, names in os.walk(folder):
        if DIGESTS in names or DIGESTS in folders:
            folders[:] = []
            continue
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        listed += [os.path.join(place, name) for name in sorted(names) if not _is_hidden(name)]
        if len(listed) > MOST_FILES:
            raise UserError(
                f"{folder}: it holds more than {MOST_FILES:,} files; name the folder of the "
                "sequences, or the files."
            )
    return listed


def _is_hidden(name: str) -> bool:
    """Whether systems and programs put a file or folder there: also Excel, and zip on a Mac."""
    return name.startswith((".", "~$")) or name == "__MACOSX"


def _add(found: Found, path: str) -> None:
    wrong = fault_of_path(path)
    if wrong:
        raise UserError(f"{shown(path)}: its name {wrong}")
    if path.lower().endswith(INDEX):
        raise UserError(f"{path}: this is an index of a FASTA file; name that file.")
    if os.path.exists(path) and is_twobit(path):
        found.genomes.append(path)
        return
    kind = recognise(path)
    if kind.format in TABLES and find_sequences(kind) is None:
        raise UserError(f"{path}: no column of this table holds sequences; name another file.")
    found.files[path] = kind


def fault_of_path(path: str) -> str | None:
    """Say why a config can't hold a path, as the end of a sentence about it; None: it can."""
    if set("{}") & set(path):
        return "holds { or }, which Snakemake takes for wildcards; rename it."
    return fault(path)


def find_sequences(table: Recognised) -> int | None:
    """Return the place of the column of a table that holds the sequences; None: none does."""
    titles, rows = table.titles or [], table.rows or []
    named = [i for i, title in enumerate(titles) if title.lower() in NAMED]
    if len(named) == 1:
        return named[0]
    places = [sequence_column(row) for row in rows]
    places = [
        place
        for place, row in zip(places, rows, strict=True)
        if place is not None and looks_like_data(row[place])
    ]
    if 2 * len(places) <= len(rows):
        return None
    place = max(set(places), key=places.count)
    # Where R wrote the names of rows in front, they are one field longer than the header.
    shift = len(rows[0]) - len(titles) if titles and rows[0][-1].strip() else 0
    place -= shift if shift == 1 else 0
    return place if place >= 0 and (not titles or place < len(titles)) else None
