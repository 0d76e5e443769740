"""What jobs need: memory, time and disk, from the size of their data.

Helpers of the Snakefile and of the doctor; they import no other module of the library. The numbers
below are all that a rule declares, and benchmarks/memory.py holds them against what jobs take.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SAMPLE = 1 << 18  # bytes of a file that its size in records is told from
UNPACKED = 1 << 24  # bytes of text that these are unpacked to at most
UNKNOWN = 100_000_000  # letters of a file that is not there yet
RECORD = 100  # bytes of a record beside its letters: id, label, the objects that hold them
SLACK = 5  # times the usual duration that a job gets
SHORTEST = 10  # minutes that any job gets
MB = 1_000_000
SCALES = 4  # of a network's attention, mostly
SHARES = 6  # of the bases of a record that are deleted or inserted, see attribute.py
BLOCKS = 5  # millions of bytes from which on a job in blocks holds no more of them


@dataclass(frozen=True)
class Size:
    """How large a data set is.

    Attributes
    ----------
    records
        Sequences.
    letters
        Of all of them.
    row
        Of the longest, or to which they are brought.
    """

    records: int
    letters: int
    row: int

    @property
    def volume(self) -> float:
        """What memory grows with: bytes of the text or of the rows, in millions."""
        return (max(self.letters, self.records * self.row) + RECORD * self.records) / MB

    def __add__(self, other: Size) -> Size:
        """Return the size of both together."""
        return Size(
            self.records + other.records,
            self.letters + other.letters,
            max(self.row, other.row),
        )


NOTHING = Size(0, 0, 0)


@dataclass(frozen=True)
class Explained:
    """How much of a network is explained.

    Attributes
    ----------
    records
        Sequences.
    row
        Bases of each.
    methods
        By which their bases get contributions.
    """

    records: int
    row: int
    methods: int

    @property
    def contributions(self) -> float:
        """One for each base of each record by each method, and by attention: in millions."""
        return self.records * self.row * (self.methods + 1) / MB


UNEXPLAINED = Explained(0, 0, 0)


@dataclass(frozen=True)
class Need:
    """What a job takes.

    Attributes
    ----------
    base
        MB of memory whatever the data, mostly code.
    volume
        MB for each million bytes of data, see `Size.volume`.
    first
        MB beside that for each of the first five millions: what is done in blocks.
    row
        MB for each base of a row beyond 200: batches of the networks.
    explained
        MB for each million contributions, see `Explained.contributions`.
    seconds
        Whatever the data, on one or two processor cores.
    each
        Seconds for each million bytes of data.
    explaining
        Seconds for each million contributions.
    """

    base: float
    volume: float = 0.0
    first: float = 0.0
    row: float = 0.0
    explained: float = 0.0
    seconds: float = 2.0
    each: float = 0.0
    explaining: float = 0.0


# By rule, or rule and kind of model. Measured on sequences of 200 bases (docs/benchmarks.md), and
# mostly a quarter to a half more. What a rule reads of every run of a dataset counts once for each.
NEEDS = {
    "download": Need(100),
    "simulate": Need(180, 3.5, each=0.1),
    "import_sequences": Need(180, 3.5, each=0.1),
    "audit": Need(300, 4.0, first=30.0, each=0.6),
    "plot_giveaways": Need(260, seconds=5),
    "encode": Need(180, 5.0, each=0.1),
    "find_groups": Need(255, 4.0, first=30.0, each=0.6),
    "split": Need(175, 3.0, each=0.1),
    "audit_split": Need(230, 4.0, first=30.0, each=0.6),
    "train": Need(1250, 9.0, row=0.8, seconds=20),
    "fit_baseline gc_content": Need(280, 7.0, seconds=4, each=0.1),
    "fit_baseline positional_logistic": Need(280, 17.0, seconds=4, each=0.2),
    "fit_baseline kmer_logistic": Need(320, 10.0, seconds=4, each=2.0),
    "fit_baseline gkm_svm": Need(600, 25.0, seconds=200, each=2.0),
    "score_oracle": Need(180, 3.5, each=0.5),
    "evaluate": Need(190, 1.8, each=0.3),
    "collect_metrics": Need(155),
    "compare_models": Need(200, 0.3, each=0.1),
    # The first figure in a folder takes 60 MB more: Matplotlib lists the fonts.
    "plot_run": Need(260, 0.5, seconds=5),
    "plot_curves": Need(260, 0.25, seconds=5, each=0.1),
    "plot_calibration": Need(260, 0.25, seconds=5, each=0.1),
    "plot_comparison": Need(260, seconds=5),
    "plot_attention": Need(260, 3.5, seconds=5),
    # Batches of a network with its gradients, which more filters make larger; measured up to 2,000
    # bases. What contributions take follows from the copies that their arrays have at one time.
    "attribute": Need(1300, 2.0, row=1.2, explained=150, seconds=20, explaining=100),
    "find_motifs": Need(850, 1.0, explained=250, seconds=20, explaining=100),
    "find_rules": Need(1250, 0.5, row=0.8, seconds=15),
    "score_explanations": Need(360, 1.5, explained=100, seconds=10, explaining=20),
    "plot_explanations": Need(280, 1.0, explained=50, seconds=15, explaining=10),
    "predict network": Need(1150, 6.0, row=0.5, seconds=15, each=1.0),
    "predict baseline": Need(400, 4.0, row=0.12, each=0.5),
    "export_onnx": Need(1250, row=0.8, seconds=10),
    "export_saved_model": Need(1250, row=0.8, seconds=15),
    "export": Need(1250, row=0.8, seconds=8),
    "write_card": Need(180, 0.5, seconds=3),
    # Memory does not grow with the variants, but with the largest chromosome.
    "score_variants network": Need(1250, row=0.7, seconds=20),
    "score_variants baseline": Need(450, row=0.3),
    "plot_variants": Need(280, seconds=10),
    "check_effects": Need(1300, 3.0, row=1.5, seconds=25),
    # In blocks of a million bases, whatever the genome; time for one as if nothing were shared.
    "scan_genome network": Need(1300, row=0.5, seconds=30, each=20),
    "scan_genome baseline": Need(700, row=0.5, seconds=10, each=60),
    "report": Need(180, 1.0, seconds=5),
}
GPU = 3000  # MB more of a network on a GPU: the libraries of CUDA; not measured yet
SNAKEMAKE = 200  # MB of the Snakemake inside a job that a batch system runs
KERNEL = 24  # bytes for each pair of the records that a gkm_svm learns from
LINE = 1e-4  # seconds of a variant beside its windows: reading, cutting, motifs, writing
LARGEST_CHROMOSOME = 300  # MB at most that are taken for the largest chromosome of a genome
PICTURES = 1  # MB for each run that the report shows
# Seconds of a network for each million bases and epoch on two processor cores.
EPOCH = 3.0
# As many epochs of as many records take the small networks that find out what suits the data, which
# are not trained on fewer records than `FOUND_FROM`.
FINDING, FOUND_ON, FOUND_FROM = 12, 5_000, 1_000
# As in explanation.pair_search: bases that a network is asked of about pairs, and backgrounds.
MOST_PAIRS, FEWEST_BACKGROUNDS = 5e7, 8
PREDICTION = 0.2  # seconds of a network for each million bases of what it predicts, likewise


def peak_memory(
    rule: str,
    size: Size,
    times: int = 1,
    more: float = 0,
    explained: Explained = UNEXPLAINED,
) -> int:
    """Return the MB of memory that a job needs at most.

    Parameters
    ----------
    rule
        A key of `NEEDS`.
    size
        Of its data.
    times
        Of so many runs.
    more
        MB beside that, for what does not depend on the size of the data.
    explained
        What an explanation consists of.
    """
    need = NEEDS[rule]
    # 200 bases a row are in the base.
    rows = need.row * max(size.row - 200, 0)
    blocks = need.first * min(size.volume, BLOCKS)
    data = need.volume * size.volume * times + need.explained * explained.contributions
    return math.ceil(need.base + data + blocks + rows + more)


def duration(
    rule: str,
    size: Size,
    times: int = 1,
    more: float = 0,
    explained: Explained = UNEXPLAINED,
) -> float:
    """Return how long a job takes on a usual processor; see `peak_memory`."""
    need = NEEDS[rule]
    data = need.each * size.volume * times + need.explaining * explained.contributions
    return need.seconds + data + more


def minutes(seconds: float) -> int:
    """Return the minutes to ask a batch system for, of a job that takes so many seconds."""
    return SHORTEST + math.ceil(SLACK * seconds / 60)


def training_seconds(size: Size, training: Mapping, share: float) -> float:
    """Return how long the epochs of a network take without a GPU, if it never stops early.

    Parameters
    ----------
    size
        Of the data set.
    training
        The section `training` of the config as it holds for the run.
    share
        Share of the records that it learns from.
    """
    records = max(size.records * share, 1)
    batch = training["batch_size"]
    if batch == "auto":  # as in learning.schedule
        batch = min(max(2 ** round(math.log2(max(records, 1) / 100)), 32), 256)
    epochs = training["epochs"]
    if epochs == "auto":
        epochs = min(max(math.ceil(3000 * batch / records), 20), 60)
    return EPOCH * epochs * records * size.row / MB


def finding_seconds(size: Size, share: float) -> float:
    """Return how long small networks take to find out what suits (`learning/syntax.py`).

    Parameters
    ----------
    size, share
        See `training_seconds`.
    """
    records = size.records * share
    found = min(records, FOUND_ON) if records >= FOUND_FROM else 0
    return EPOCH * FINDING * found * size.row / MB


def mutagenesis_seconds(explained: Explained) -> float:
    """Return how long it takes to predict every mutant, by the network and an untrained one."""
    mutants = 3 * explained.records * explained.row
    return 2 * PREDICTION * mutants * explained.row / MB


def variant_seconds(lines: int, row: int, shifts: int) -> float:
    """Return how long it takes to predict the windows of variants; see `duration`.

    Parameters
    ----------
    lines
        Of the file.
    row
        Bases of a window.
    shifts
        For how many the windows are predicted.
    """
    return lines * (2 * shifts * row * PREDICTION / MB + LINE)


def substitution_seconds(records: int, row: int) -> float:
    """Return how long it takes to predict every substitution of some records."""
    return 3 * records * row * row * PREDICTION / MB


def pair_seconds(rules: Mapping, row: int) -> float:
    """Return how long it takes to predict pairs of motifs in every arrangement.

    Parameters
    ----------
    rules
        The section `explain.rules` of the config.
    row
        Bases of a sequence.
    """
    motifs = rules["motifs"]
    arrangements = 4 * motifs * motifs  # two orders, two strands each
    asked = arrangements * (rules["gap"] + 1) * rules["backgrounds"] * row
    least = 16 * (rules["gap"] + 1) * FEWEST_BACKGROUNDS * row
    return PREDICTION * min(asked, max(MOST_PAIRS, least)) / MB


def disk(size: Size, runs: int, attended: int, explained: Sequence[Explained]) -> int:
    """Return the bytes that the results of a data set take on disk, temporary files included.

    Parameters
    ----------
    size
        Of the data set.
    runs
        How many there are.
    attended
        Records whose attention is kept, of all runs together.
    explained
        What is explained of each run that is.
    """
    text = size.letters + RECORD * size.records
    rows = 4 * size.records * size.row  # encoded.npz
    attention = attended * (SCALES * 4 * size.row + RECORD)
    # Predictions, models and figures of each run.
    of_runs = runs * (40 * size.records + 5 * MB)
    return 2 * text + rows + of_runs + attention + sum(map(_explanation, explained)) + 20 * MB


def _explanation(explained: Explained) -> int:
    """Return the bytes of what explains a run, and of the parts that are kept until it is done."""
    bases = explained.records * explained.row
    # attributions.npz and untrained.npz: contributions of four bases by each method, and attention.
    contributions = 2 * (bases * 4 * (4 * explained.methods + SCALES + 1) + RECORD)
    # perturbations.npz: by each method, attention and chance, in both ways.
    scores = explained.records * (explained.methods + 2) * 2 * SHARES * 4
    figures = 10 * MB  # and motifs, their hits and matches
    return 2 * (contributions + scores) + figures


# ------------------------------------------------------------------------------ sizes of data


def simulated(block: Mapping) -> Size:
    """Return the size of a simulation from its settings."""
    records, length = block["sequences"], block["length"]
    return Size(records, records * length, length)


def imported(
    paths: Sequence[str | Path], width: int | None, length: int | str, ratio: float
) -> Size:
    """Estimate the size of a data set from the first part of each of its files.

    Parameters
    ----------
    paths
        FASTA, tables or intervals, gzip or not. One that is not there counts `UNKNOWN` letters.
    width
        Bases that intervals are brought to, None: as wide as they are.
    length
        Of the rows, or "auto".
    ratio
        Negatives that are made for each record.
    """
    total = NOTHING
    for path in paths:
        total += file_size(str(path), width, _stamp(path))
    return Size(
        round(total.records * (1 + ratio)),
        round(total.letters * (1 + ratio)),
        total.row if length == "auto" else int(length),
    )


def _stamp(path: str | Path) -> tuple[int, int] | None:
    """Tell versions of a file apart; None if it is not there."""
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return None
    return stat.st_size, stat.st_mtime_ns


@cache
def file_size(path: str, width: int | None, stamp: tuple[int, int] | None) -> Size:
    """Estimate how many records a file holds from its first part; see `imported`."""
    if stamp is None:
        return Size(UNKNOWN // 200, UNKNOWN, 200)
    text, share = sample(path, stamp[0])
    records, letters, longest = _count(text, width)
    return Size(math.ceil(records / share), math.ceil(letters / share), longest)


def sample(path: str | Path, size: int) -> tuple[bytes, float]:
    """Return the first part of a file, unpacked if it is gzip, and its share of the whole.

    Whatever is in it, it takes little time and memory; a file that is damaged further on, or is no
    gzip in spite of how it begins, is for the reader to refuse.
    """
    try:
        with open(path, "rb") as handle:
            packed = handle.read(SAMPLE)
    except OSError:
        return b"", 1.0
    if not packed.startswith(b"\x1f\x8b"):
        return packed, len(packed) / max(size, 1) or 1.0
    text, rest = b"", packed
    try:
        while rest.startswith(b"\x1f\x8b") and len(text) < UNPACKED:
            unpacker = zlib.decompressobj(wbits=31)
            text += unpacker.decompress(rest, UNPACKED - len(text))
            rest = unpacker.unused_data or unpacker.unconsumed_tail
    except zlib.error:
        pass
    return text, max(len(packed) - len(rest), 1) / max(size, 1)


def _count(text: bytes, width: int | None) -> tuple[int, int, int]:
    """Count records, letters and the letters of the longest record in a part of a file."""
    if text.lstrip().startswith(b">"):
        parts = [part.partition(b"\n")[2] for part in re.split(rb"(?:^|[\r\n])>", text)[1:]]
        lengths = [len(part) - part.count(b"\n") for part in parts]
        return len(lengths), sum(lengths), max(lengths, default=0)
    lines = [line for line in text.splitlines() if line.strip()]
    spans = [span for span in map(_span, lines[:1000]) if span is not None]
    if len(spans) > len(lines[:1000]) / 2:
        longest = width or max(spans)
        return len(lines), (width or sum(spans) // len(spans)) * len(lines), longest
    fields = [max(map(len, re.split(rb"[,\t]", line))) for line in lines]
    return len(lines), sum(fields), max(fields, default=0)


def _span(line: bytes) -> int | None:
    """Return the width of an interval; None for another line."""
    found = re.match(rb"\S+[\t ]+([0-9]{1,15})[\t ]+([0-9]{1,15})(?:\s|$)", line)
    return int(found[2]) - int(found[1]) if found else None
