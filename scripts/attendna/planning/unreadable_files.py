"""Files of a folder that look like sequences or intervals and turn out to be none when read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath

from attendna.data.allowed_letters import Proteins
from attendna.data.recognition import ENDINGS
from attendna.errors import UserError
from attendna.planning.file_looks import Looks
from attendna.planning.found_files import Found, reason

SEQUENCES = ("fasta", "fastq")


def leave_out_unreadable(found: Found, looks: Looks, formats: Collection[str]) -> None:
    """Leave out what is no data of some formats although it begins like such: a note, a table.

    Files that the user named, and those whose ending says that they are FASTA or BED, are kept
    unless they hold proteins: what is wrong with them is for the user to mend.

    Raises
    ------
    UserError
        If one of those can't be read, or nothing else is left.
    """
    for path, kind in list(found.files.items()):
        if kind.format not in formats:
            continue
        try:
            looks.records(path)
        except UserError as error:
            protein = isinstance(error, Proteins)
            mended = path in found.named or (_told(path) and not protein)
            if mended or len(found.files) == 1:
                raise
            del found.files[path]
            found.left_out[path] = (
                "it holds proteins, and only DNA and RNA are read"
                if protein
                else f"it can't be read: {reason(str(error), path)}"
            )


def _told(path: str) -> bool:
    """Whether the ending of a file tells what it is."""
    return PurePath(path.lower().removesuffix(".gz")).suffix in ENDINGS
