"""What a scan of a genome makes: scores block by block, peaks, a summary."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attendna import values
from attendna.contracts.arrays import load_arrays, open_member
from attendna.contracts.tables import read_json, read_table, write_json, write_table
from attendna.intact_files import reading, whole
from attendna.names import to_word

if TYPE_CHECKING:
    import pandas as pd

PEAK_COLUMNS = [
    "chrom",
    "start",
    "end",
    "class",
    "summit",
    "strand",
    "log_odds",
    "probability",
    "q_value",
    "motifs",
]
DIGITS = 4  # of log odds and probabilities
LOST = ("unknown", "excluded")  # why a window has no score


class Block(NamedTuple):
    """The scores of a stretch of a genome.

    Attributes
    ----------
    scores
        float32 (tracks, windows), log odds; NaN where a window is not scored. A track is a class,
        of two classes the positive one.
    reverse
        bool (tracks, windows), where the reverse strand is the better one; (0, 0) where a model
        does not tell the strands apart.
    null
        float32 (tracks, windows), the same of shuffled DNA.
    lost
        int64 (2,), windows without a score for each reason of `LOST`.
    """

    scores: np.ndarray
    reverse: np.ndarray
    null: np.ndarray
    lost: np.ndarray


def write_blocks(path: str | Path, blocks: Iterable[tuple[int, Block]]) -> None:
    """Write blocks with their numbers, one after another, so that memory holds one."""
    with whole(path) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
        for number, block in blocks:
            for name, array in block._asdict().items():
                with open_member(archive, f"{number}.{name}") as member:
                    np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def read_block(path: str | Path, number: int, tracks: int, windows: int) -> Block:
    """Read one block that `write_blocks` wrote, which has so many tracks and windows.

    Raises
    ------
    UserError
        If the file is damaged, lacks the block or has another number of tracks or windows.
    """
    arrays = load_arrays(path, [f"{number}.{field}" for field in Block._fields])
    block = Block(*arrays.values())
    with reading(path, verified=False):
        shape, others = (tracks, windows), (block.scores, block.null)
        fits = block.scores.shape == shape and block.reverse.shape in (shape, (0, 0))
        fits &= block.null.ndim == 2 and len(block.null) == tracks
        fits &= all(array.dtype == np.float32 for array in others) and block.reverse.dtype == bool
        values.require(fits, "its windows are not those of this genome and these settings")
        values.require(block.lost.shape == (len(LOST),), "it does not tell what is lost")
        values.whole_numbers(block.lost, "lost")
        values.require(not any(np.isinf(array).any() for array in others), "scores without end")
    return block


# ------------------------------------------------------------------------------ peaks


def write_peaks(path: str | Path, table: pd.DataFrame) -> None:
    """Write the table of all candidates, PEAK_COLUMNS, in the order of the genome.

    `probability` is empty without a prior, `motifs` where no motif was looked for or found.
    """
    digits = {"log_odds": DIGITS, "probability": 6, "q_value": 6}
    write_table(path, table[PEAK_COLUMNS].round(digits))


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Read what `write_peaks` wrote."""
    text = ["chrom", "class", "strand", "motifs"]
    return read_table(path, text=text, required=PEAK_COLUMNS)


def write_peaks_bed(path: str | Path, table: pd.DataFrame) -> None:
    """Write peaks as BED6+4.

    The name is the class; the score 1000 for the best peak of the file and 0 for the least;
    columns 7 to 10 are the place of the summit, the log odds, the q-value and the motifs, "." for
    none.
    """
    odds = table["log_odds"].to_numpy(np.float64)
    low, high = (odds.min(), odds.max()) if len(odds) else (0.0, 0.0)
    scores = np.round(1000 * (odds - low) / max(high - low, 1e-9)).astype(int)
    columns: list[Sequence[Any]] = [
        [to_word(name) for name in table["chrom"]],
        table["start"].tolist(),
        table["end"].tolist(),
        [to_word(name) for name in table["class"]],
        scores.tolist(),
        table["strand"].tolist(),
        table["summit"].tolist(),
        [f"{value:.{DIGITS}f}" for value in odds],
        [f"{value:.3g}" for value in table["q_value"]],
        [motifs or "." for motifs in table["motifs"]],
    ]
    with whole(path, "w") as handle:
        for row in zip(*columns, strict=True):
            handle.write("\t".join(map(str, row)) + "\n")


def write_scan(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write the summary of a scan.

    Parameters
    ----------
    path
        The file to write.
    content
        `classes`, of which each has a track, `length`, `step`, `models` (how many), `windows`
        (scored), `lost` (by reason), `null_windows`, `prior` (or null), `q_value`, `tracks`
        ("log odds" or "probability"), and `peaks`: of each class `threshold`, `candidates`,
        `found` (with at most that q-value).
    """
    write_json(path, content)


def read_scan(path: str | Path) -> dict[str, Any]:
    """Read what `write_scan` wrote."""
    with reading(path):
        content = read_json(path)
        for key in ("classes", "windows", "lost", "peaks", "tracks", "q_value"):
            content[key]
    return content
