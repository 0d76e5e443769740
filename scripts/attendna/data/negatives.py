"""Negatives for a user who has none: shuffled sequences, or windows of the genome."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attendna.data.allowed_letters import CASE
from attendna.data.genome import Genome
from attendna.data.intervals import Intervals, Occupied, cut, interval_ids
from attendna.data.readers import Imported
from attendna.data.sources import Reading
from attendna.dna import BASES
from attendna.errors import UserError
from attendna.shuffling import shuffle_dinucleotides
from attendna.wording import are, counted

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("dinucleotide_shuffle", "genome")
ATTEMPTS = 10  # shuffles of one sequence before it counts as one that can't be changed

# A window is like its positive if both differ by no more than this.
GC_TOLERANCE = 0.02
REPEAT_TOLERANCE = 0.1
WITHIN = 1 + 1e-9  # of a distance that is 1 at the tolerances
UNKNOWN_TOLERANCE = 0.05

ROUNDS = 4  # each reads the genome once
CANDIDATES = (
    20  # windows looked at for each negative in the first round; 4 times as many in the next
)
CANDIDATES_AT_ONCE = 2_000_000  # of a round, together
WINDOWS_AT_ONCE = 10_000


def add_negatives(
    imported: Imported, reading: Reading, method: str, label: str, ratio: float, seed: int
) -> Imported:
    """Add made-up negatives to the records of a user.

    Parameters
    ----------
    imported
        What the user's files hold, see `readers.import_sources`.
    reading
        With which settings they were read.
    method
        "dinucleotide_shuffle", see `shuffled`, or "genome", see `from_genome`.
    label
        The class of the negatives, which no record has yet.
    ratio
        Negatives for each record.
    seed
        Another one, other negatives.

    Raises
    ------
    UserError
        If a record has the label already, or the negatives can't be made.
    """
    import pandas as pd

    if (imported.table["label"] == label).any():
        raise UserError(
            f"negatives.label: records of the class {label!r} are in the sources already; name "
            "the class of the negatives otherwise, or remove `negatives`."
        )
    rng = np.random.default_rng(seed)
    models = choose_models(len(imported.table), ratio, rng)
    if method == "genome":
        made, notes = from_genome(imported, models, label, reading, rng)
    else:
        made, notes = shuffled(imported.table, models, label, rng)
    taken = set(imported.table["id"])
    made["id"] = [f"negative:{id_}" if id_ in taken else id_ for id_ in made["id"]]
    table = pd.concat([imported.table, made.astype(imported.table.dtypes)], ignore_index=True)
    return Imported(table, imported.notes + notes, imported.occupied)


def choose_models(records: int, ratio: float, rng: np.random.Generator) -> np.ndarray:
    """Choose which record each negative is made after: all equally often, as far as that goes.

    Parameters
    ----------
    records
        Their number.
    ratio
        Negatives for each record; of a fraction, the records that get one more are drawn.
    rng
        What draws.

    Returns
    -------
    numpy.ndarray
        int64 (round(ratio * records),), at least one, in the order of the records.
    """
    rounds, more = divmod(max(1, round(ratio * records)), records)
    drawn = rng.permutation(records)[:more]
    return np.sort(np.concatenate([np.tile(np.arange(records), rounds), drawn]))


# ------------------------------------------------------------------------------ shuffling


def shuffled(
    table: pd.DataFrame, models: np.ndarray, label: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Make negatives by shuffling records.

    Parameters
    ----------
    table
        See `readers.read_sources`.
    models
        int64 (negatives,): the record that each is made of.
    label
        The class of the negatives.
    rng
        What draws.

    Returns
    -------
    table
        Records with the id of their model behind `shuffled:`, the second and further ones of it
        with `/2` and so on, and with its group, split and chromosome, so that splits keep both
        together. All differ from the records and from one another; where no such shuffle is found,
        there is no negative.
    notes
        What the user should know, see `readers.Imported`.

    Raises
    ------
    UserError
        If no sequence can be changed.
    """
    seen = set(table["sequence"])
    sequences = [_new_shuffle(sequence, seen, rng) for sequence in table["sequence"].iloc[models]]
    made = table.iloc[models].assign(
        id=_numbered([f"shuffled:{id_}" for id_ in table["id"].iloc[models]]),
        sequence=sequences,
        label=label,
        start=None,
        end=None,
        strand=None,
        lower_case=None,
        description=None,
    )
    lost = sequences.count(None)
    if lost == len(sequences):
        raise UserError(
            "negatives: no shuffle changes any of the sequences, which are too short or too "
            "uniform for method dinucleotide_shuffle; use `method: genome`, or bring negatives."
        )
    notes = [
        {
            "severity": "note",
            "message": f"{counted(len(made) - lost, 'record')} of {label} "
            f"{are(len(made) - lost)} shuffled from the others with the same dinucleotides: a "
            "classifier of them tells sequence of this kind "
            "from random sequence, which is easier than from other places of a genome.",
        }
    ]
    if lost:
        notes.append(
            {
                "severity": "note",
                "message": f"{counted(lost, 'record')} of {label} {are(lost)} missing: some others "
                "are too short or too uniform to be shuffled.",
            }
        )
    return made[made["sequence"].notna()], notes


def _new_shuffle(sequence: str, seen: set[str], rng: np.random.Generator) -> str | None:
    """Return a shuffle that is not in `seen` and add it there, or None if none is found."""
    for _ in range(ATTEMPTS):
        other = shuffle_dinucleotides(sequence, rng)
        if other not in seen:
            seen.add(other)
            return other
    return None


def _numbered(names: Sequence[str]) -> list[str]:
    count: dict[str, int] = defaultdict(int)
    numbered = []
    for name in names:
        count[name] += 1
        numbered.append(name if count[name] == 1 else f"{name}/{count[name]}")
    return numbered


# ------------------------------------------------------------------------------ genome


class Content(NamedTuple):
    """What windows are compared by; each float64 (n,), a share of the letters.

    Attributes
    ----------
    gc
        G and C among the letters that are A, C, G or T; NaN where there is none.
    repeats
        Lower-case letters.
    unknown
        Letters other than A, C, G and T.
    """

    gc: np.ndarray
    repeats: np.ndarray
    unknown: np.ndarray


def measure(windows: Sequence[bytes], masked: bool) -> Content:
    """Return what windows of a genome hold.

    Parameters
    ----------
    windows
        At least one; letters in upper and lower case, none empty.
    masked
        Whether the model will not see lower-case letters: then they don't count for `gc`.
    """
    parts = [
        _measure(windows[first : first + WINDOWS_AT_ONCE], masked)
        for first in range(0, len(windows), WINDOWS_AT_ONCE)
    ]
    return Content(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _measure(windows: Sequence[bytes], masked: bool) -> Content:
    letters = np.frombuffer(b"".join(windows), dtype=np.uint8)
    lengths = np.fromiter(map(len, windows), np.int64, len(windows))
    starts = np.cumsum(lengths) - lengths

    def count(counted: str) -> np.ndarray:
        table = np.zeros(256, dtype=np.int64)
        table[list(counted.encode())] = 1
        return np.add.reduceat(table[letters], starts)

    strong, weak = ("GC", "AT") if masked else ("GCgc", "ATat")
    gc, known = count(strong), count(strong) + count(weak)
    return Content(
        np.divide(gc, known, out=np.full(len(windows), np.nan), where=known > 0),
        count("abcdefghijklmnopqrstuvwxyz") / lengths,
        1 - count(BASES + BASES.lower()) / lengths,
    )


def _distance(found: Content, wanted: Content) -> np.ndarray:
    """Return how far windows are from what is wanted: up to 1 within the tolerances."""
    neither = np.isnan(found.gc) & np.isnan(wanted.gc)
    gc = np.where(neither, 0, np.abs(found.gc - wanted.gc)) / GC_TOLERANCE
    repeats = np.abs(found.repeats - wanted.repeats) / REPEAT_TOLERANCE
    unknown = np.abs(found.unknown - wanted.unknown) / UNKNOWN_TOLERANCE
    return np.where(np.isnan(gc), np.inf, np.maximum.reduce([gc, repeats, unknown]))


class Windows(NamedTuple):
    """Places in a genome; `distance` is up to 1 where a window is like its model."""

    chroms: list[str]
    starts: list[int]
    ends: list[int]
    distance: np.ndarray


def draw_windows(
    genome: Iterable[tuple[str, bytes]],
    models: Sequence[tuple[str, int, int]],
    occupied: Mapping[str, Iterable[tuple[int, int]]],
    masked: bool,
    rng: np.random.Generator,
) -> Windows:
    """Draw a window at random for each of some others, alike in width, GC, repeats and N.

    Each gets the most similar of a number of windows that are drawn from the whole genome, of
    which more are drawn as long as none is within the tolerances.

    Parameters
    ----------
    genome
        Chromosomes, see `genome.chromosomes`; iterated several times.
    models
        (chromosome, start, end) for each window that is wanted, all within the genome; the same
        may occur several times.
    occupied
        Chromosome to the (start, end) that no window may overlap.
    masked
        See `measure`.
    rng
        What draws.

    Returns
    -------
    Windows
        One for each model, none of which overlaps another.

    Raises
    ------
    UserError
        If there is no room for them.
    """
    lengths, wanted = _survey(genome, models, masked)
    names = list(lengths)
    bounds = np.cumsum([0, *lengths.values()])
    widths = np.array([end - start for _, start, end in models])
    taken, free = _Taken(), Occupied(occupied)
    chosen: list[tuple[float, str, int] | None] = [None] * len(models)
    waiting = np.arange(len(models))
    for number in range(ROUNDS):
        each = min(CANDIDATES * 4**number, max(1, CANDIDATES_AT_ONCE // len(waiting)))
        owners = np.repeat(waiting, each)
        places = rng.integers(bounds[-1], size=len(owners))
        chroms = np.searchsorted(bounds, places, side="right") - 1
        starts = places - bounds[chroms]
        distance = np.full(len(owners), np.inf)
        for index, (chrom, letters) in enumerate(genome):
            here = np.flatnonzero(chroms == index)
            ends = starts[here] + widths[owners[here]]
            fits = (ends <= len(letters)) & ~free.overlap(chrom, starts[here], ends)
            here, ends = here[fits], ends[fits]
            if len(here):
                windows = [
                    letters[start:end]
                    for start, end in zip(starts[here].tolist(), ends.tolist(), strict=True)
                ]
                like = Content(*(values[owners[here]] for values in wanted))
                distance[here] = _distance(measure(windows, masked), like)
        limit = WITHIN if number < ROUNDS - 1 else np.finfo(float).max
        order = np.argsort(distance.reshape(-1, each), axis=1, kind="stable")
        for row, owner in enumerate(waiting.tolist()):
            for column in order[row].tolist():
                candidate = row * each + column
                if distance[candidate] > limit:
                    break
                chrom, start = names[chroms[candidate]], int(starts[candidate])
                if taken.take(chrom, start, start + int(widths[owner])):
                    chosen[owner] = (float(distance[candidate]), chrom, start)
                    break
        waiting = np.array([i for i in waiting.tolist() if chosen[i] is None], dtype=np.int64)
        if not len(waiting):
            break
    if len(waiting):
        raise UserError(
            f"negatives: the genome has no room for {len(models):,} windows that overlap neither "
            f"an interval nor one another; {len(waiting):,} of them found no place; ask for a "
            "smaller ratio, or use `method: dinucleotide_shuffle`."
        )
    return Windows(
        [chrom for _, chrom, _ in chosen],
        [start for _, _, start in chosen],
        [start + int(width) for (_, _, start), width in zip(chosen, widths, strict=True)],
        np.array([distance for distance, _, _ in chosen]),
    )


def _survey(
    genome: Iterable[tuple[str, bytes]], models: Sequence[tuple[str, int, int]], masked: bool
) -> tuple[dict[str, int], Content]:
    """Return the length of each chromosome and the content of each model."""
    lengths: dict[str, int] = {}
    places: dict[str, list[int]] = defaultdict(list)
    for index, (chrom, _, _) in enumerate(models):
        places[chrom].append(index)
    found = Content(*np.empty((len(Content._fields), len(models))))
    for chrom, letters in genome:
        lengths[chrom] = len(letters)
        here = places[chrom]
        if here:
            content = measure([letters[models[i][1] : models[i][2]] for i in here], masked)
            for values, new in zip(found, content, strict=True):
                values[here] = new
    return lengths, found


class _Taken:
    """Windows that were chosen, none of which overlaps another."""

    def __init__(self) -> None:
        self._stretches: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def take(self, chrom: str, start: int, end: int) -> bool:
        """Choose a window and return True, or return False if it overlaps one."""
        stretches = self._stretches[chrom]
        place = bisect_left(stretches, (start, end))
        if place and stretches[place - 1][1] > start:
            return False
        if place < len(stretches) and stretches[place][0] < end:
            return False
        insort(stretches, (start, end))
        return True


def from_genome(
    imported: Imported, models: np.ndarray, label: str, reading: Reading, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Make negatives of windows from elsewhere in the genome.

    Parameters
    ----------
    imported
        Records, each with its place in the genome, and what no window may overlap.
    models, label, rng
        See `shuffled`; a window is matched to its model.
    reading
        The genome, and what becomes of lower case.

    Returns
    -------
    table
        Records with the strand, the group and the split of their model.
    notes
        What the user should know, see `readers.Imported`.

    Raises
    ------
    UserError
        If a record has no place in the genome, or there is no room for the negatives.
    """
    import pandas as pd

    homeless = imported.table["start"].isna()
    if homeless.any():
        raise UserError(
            f"negatives: record {imported.table['id'][homeless].iloc[0]!r} has no place in the "
            "genome, so its own place might be drawn as a negative; bring all records as BED or "
            "narrowPeak, or use `method: dinucleotide_shuffle`."
        )
    chosen = imported.table.iloc[models].reset_index(drop=True)
    places = list(zip(chosen["chrom"], chosen["start"], chosen["end"], strict=True))
    genome, masked = Genome(reading.genome), reading.soft_masked == "mask"
    windows = draw_windows(genome, places, imported.occupied, masked, rng)
    drawn = Intervals(
        "negatives", windows.chroms, windows.starts, windows.ends, strands=list(chosen["strand"])
    )
    [sequences] = cut([drawn], genome, CASE[reading.soft_masked]).sequences
    made = pd.DataFrame(
        {
            "id": interval_ids(drawn),
            "sequence": sequences,
            "label": label,
            "group": chosen["group"],
            "split": chosen["split"],
            "chrom": drawn.chroms,
            "start": drawn.starts,
            "end": drawn.ends,
            "strand": drawn.strands,
            "lower_case": drawn.lower_case,
            "description": None,
        }
    )
    notes = [
        {
            "severity": "note",
            "message": f"{counted(len(made), 'record')} of {label} {are(len(made))} drawn from the "
            "genome, each of the width, GC content, share of repeats and share of N of another "
            "record: some may be positives that nobody has found yet.",
        }
    ]
    unlike = int((windows.distance > WITHIN).sum())
    if unlike:
        notes.append(
            {
                "severity": "warning",
                "message": f"{unlike:,} of {counted(len(made), 'record')} of {label} "
                f"{'differs' if unlike == 1 else 'differ'} by more than {GC_TOLERANCE} in GC "
                f"content, {REPEAT_TOLERANCE} in the share of repeats or {UNKNOWN_TOLERANCE} in "
                "that of N from the record that each was matched to: no closer window was found.",
            }
        )
    return made, notes
