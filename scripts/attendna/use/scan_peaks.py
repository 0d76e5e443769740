"""The peaks of a scan by class: thresholds, q-values, strands, what stands at the summits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from attendna.contracts.scans import Block
from attendna.use import peaks
from attendna.use.genome_scan import Scan

if TYPE_CHECKING:
    import pandas as pd

HIGHEST_SHARE = 0.01  # of the windows of shuffled DNA that are above the threshold `auto`
COLUMNS = ["chrom", "start", "end", "summit", "strand", "log_odds"]


class Tracks(Protocol):
    """Which classes have scores: see `windows.ModelOfWindows`."""

    classes: Sequence[str]
    tracks: Sequence[int]


def call(
    scan: Scan,
    model: Tracks,
    blocks: Iterable[Block],
    windows: int,
    threshold: float | str,
    q_value: float,
) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Return all candidates of a scan, and what its summary says of each class.

    Parameters
    ----------
    scan
        What was scored.
    model
        Its classes.
    blocks
        Those of the scan, in order; they are gone through several times.
    windows
        How many were scored.
    threshold
        The least log odds of a candidate, or "auto".
    q_value
        Up to which a candidate counts as found.

    Returns
    -------
    table
        `chrom`, `start`, `end`, `class`, `summit` (the middle of the window), `strand`,
        `log_odds` and `q_value`, in the order of the genome.
    told
        By class `threshold`, `candidates`, `shuffled_candidates` and `found`.
    """
    import pandas as pd

    found, told = [], {}
    for track, index in enumerate(model.tracks):
        table, name = _of_track(scan, blocks, track, windows, threshold), model.classes[index]
        high = int((table["q_value"] <= q_value).sum())
        told[name] = {**table.attrs, "candidates": len(table), "found": high}
        table.insert(3, "class", name)
        found.append(table.assign(summit=table["summit"] + scan.length // 2))
    table = pd.concat(found, ignore_index=True)
    table.attrs = {}
    number = {chrom: rank for rank, chrom in enumerate(scan.lengths)}
    order = np.lexsort([table["start"], table["chrom"].map(number)])
    return table.iloc[order].reset_index(drop=True), told


def _of_track(
    scan: Scan, blocks: Iterable[Block], track: int, windows: int, threshold: float | str
) -> pd.DataFrame:
    """Return the candidates of a track; `attrs` hold the threshold and those of shuffled DNA."""
    import pandas as pd

    nulls = [block.null[track] for block in blocks]
    known = np.concatenate([null[~np.isnan(null)] for null in nulls])
    if threshold == "auto":
        threshold = float(np.quantile(known, 1 - HIGHEST_SHARE)) if len(known) else 0.0
    rows = []
    for chrom, own in _by_chromosome(scan, blocks):
        strands: dict[int, bool] = {}
        for peak in _peaks(_scores(own, track, threshold, strands), threshold, scan.length):
            turned = strands.get(peak.summit)
            strand = "." if turned is None else "-" if turned else "+"
            rows.append((chrom, peak.start, peak.end, peak.summit, strand, peak.score))
    table = pd.DataFrame(rows, columns=COLUMNS)
    highest = [
        peak.score
        for null in nulls
        for peak in _peaks([(np.arange(len(null)) * scan.step, null)], threshold, scan.length)
    ]
    scores = table["log_odds"].to_numpy(np.float64)
    table["q_value"] = peaks.q_values(scores, np.array(highest), windows / max(len(known), 1))
    table.attrs = {"threshold": threshold, "shuffled_candidates": len(highest)}
    return table


def _peaks(
    parts: Iterable[tuple[np.ndarray, np.ndarray]], threshold: float, length: int
) -> Iterator[peaks.Peak]:
    for cluster in peaks.clusters(parts, threshold, length):
        yield from peaks.peaks(cluster, length)


def _by_chromosome(
    scan: Scan, blocks: Iterable[Block]
) -> Iterator[tuple[str, Iterator[tuple[np.ndarray, Block]]]]:
    """Yield each chromosome with the starts of the windows of its blocks, and the blocks."""
    places, following = scan.blocks(), iter(blocks)
    for chrom in scan.lengths:
        own = [place for place in places if place.chrom == chrom]
        yield chrom, ((scan.starts(place), next(following)) for place in own)


def _scores(
    blocks: Iterator[tuple[np.ndarray, Block]],
    track: int,
    threshold: float,
    strands: dict[int, bool],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the starts and the scores of blocks; note the better strand of high windows."""
    for starts, block in blocks:
        scores = block.scores[track]
        if block.reverse.size:
            high = scores >= threshold
            turned = block.reverse[track][high].tolist()
            strands.update(zip(starts[high].tolist(), turned, strict=True))
        yield starts, scores


def summit_sequences(scan: Scan, table: pd.DataFrame) -> list[str]:
    """Return the letters of the best window of each peak, as the model reads them."""
    places = list(zip(table["chrom"], table["summit"] - scan.length // 2, strict=True))
    wanted: dict[tuple[str, int], str] = dict.fromkeys(places, "")
    starts: Mapping[str, np.ndarray] = {
        chrom: np.unique([start for other, start in places if other == chrom])
        for chrom in scan.lengths
    }
    for place, stretch in scan.letters(range(len(scan.blocks()))):
        for start in starts[place.chrom].tolist():
            if place.start <= start < place.start + scan.size:
                first = start - place.start
                raw = stretch.letters[first : first + scan.length]
                wanted[place.chrom, start] = raw.translate(scan.case).decode("ascii")
    return [wanted[place] for place in places]
