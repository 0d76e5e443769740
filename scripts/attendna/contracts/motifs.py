"""Motifs: MEME files, `motifs.json` and their matches among known ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna import values
from attendna.contracts.tables import read_json, read_table, write_json, write_table
from attendna.intact_files import reading, whole
from attendna.names import from_word, to_word

if TYPE_CHECKING:
    import pandas as pd

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
                values.probabilities(matrix, "probabilities")
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
