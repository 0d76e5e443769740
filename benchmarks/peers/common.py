"""What the programs of benchmarks/peers/ share: options, records, the clock, results.

Each program runs in the environment of what it measures, so this file needs NumPy alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

SPLITS = ("train", "validation", "test")
LEAST = 2.0  # processor seconds of repeated predictions that a rate is taken from


class Records(NamedTuple):
    """A data set as it is in its two files.

    Attributes
    ----------
    names
        Of the records.
    sequences
        Upper-case letters, as many as there are names.
    positive
        bool (n,), whether a record is of the positive class.
    split
        int indices by "train", "validation" and "test".
    """

    names: list[str]
    sequences: list[str]
    positive: np.ndarray
    split: dict[str, np.ndarray]


class Clock:
    """The processor seconds of this process, all of its threads, less those that do not count."""

    def __init__(self) -> None:
        self.left_out = 0.0
        self.left_out_on_the_clock = 0.0

    def now(self) -> float:
        """Return the processor seconds since the process began that count."""
        return time.process_time() - self.left_out

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out what is done in this block."""
        processor, clock = time.process_time(), time.monotonic()
        try:
            yield
        finally:
            self.left_out += time.process_time() - processor
            self.left_out_on_the_clock += time.monotonic() - clock


class Training(NamedTuple):
    """What came of a training.

    Attributes
    ----------
    records
        Training records that were used.
    seconds
        For each epoch the processor seconds since the process began when it ended; one number for
        a method without epochs.
    rate
        Training records a second.
    epochs
        How many there were; the last one may be a part of one.
    scores
        float (epochs, n), of the test records after each epoch.
    stopped
        "early" (by the rule of the program), "cap" or "end" (of its epochs).
    parameters
        How many there are; 0 where it makes no sense.
    note
        What a reader has to know, else "".
    """

    records: int
    seconds: Sequence[float]
    rate: float
    epochs: float
    scores: np.ndarray
    stopped: str
    parameters: int = 0
    note: str = ""


def parse(description: str | None) -> argparse.ArgumentParser:
    """Return the options that every program has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fasta", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True, help="a table: name, split, positive")
    parser.add_argument("--out", type=Path, required=True, help="an existing folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--cap",
        type=float,
        default=float("inf"),
        help="processor seconds after which the training ends",
    )
    return parser


def read(fasta: Path, split: Path) -> Records:
    """Read the records and to which part they belong.

    Raises
    ------
    ValueError
        If the two files do not have the same records in the same order.
    """
    names, sequences = [], []
    for line in fasta.read_text().splitlines():
        if line.startswith(">"):
            names.append(line[1:])
            sequences.append([])
        else:
            sequences[-1].append(line.upper())
    rows = [line.split("\t") for line in split.read_text().splitlines()[1:]]
    if [row[0] for row in rows] != names:
        raise ValueError(f"{fasta} and {split} do not name the same records")
    parts = np.array([row[1] for row in rows])
    return Records(
        names,
        ["".join(lines) for lines in sequences],
        np.array([row[2] == "1" for row in rows]),
        {name: np.flatnonzero(parts == name) for name in SPLITS},
    )


def one_hot(sequences: Sequence[str]) -> np.ndarray:
    """Encode sequences of one length as float64 (n, length, 4); other letters than ACGT are 0."""
    table = np.zeros((256, 4))
    table[[ord(base) for base in "ACGT"], range(4)] = 1
    letters = np.frombuffer("".join(sequences).encode("ascii"), np.uint8)
    return table[letters].reshape(len(sequences), -1, 4)


def timed(
    records: int, predict: Callable[[], np.ndarray], clock: Clock
) -> tuple[np.ndarray, float]:
    """Predict, and again until there is something to measure.

    Parameters
    ----------
    records
        How many are predicted.
    predict
        Returns float (n,).
    clock
        Of the program. The first prediction counts, the others do not.

    Returns
    -------
    scores
        float (n,).
    rate
        Records a second, of the first prediction (in which libraries compile) if it took long.
    """
    started = time.process_time()
    scores = predict()
    seconds, done = time.process_time() - started, 0
    if seconds > 10 * LEAST:
        return scores, records / seconds
    with clock.stopped():
        started = time.process_time()
        while time.process_time() - started < LEAST:
            predict()
            done += records
        return scores, done / (time.process_time() - started)


def peak_memory() -> int:
    """Return the bytes of memory that this process had at most (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) * 1024


def save(
    out: Path, clock: Clock, training: Training, scores: np.ndarray, prediction_rate: float
) -> None:
    """Write `scores.npz` and, last, `timings.json`.

    Parameters
    ----------
    out
        The folder.
    clock
        Of the program.
    training
        What came of the training.
    scores
        float (n,), the test predictions: probabilities of the positive class.
    prediction_rate
        Records a second.
    """
    np.savez(out / "scores.npz", test=scores, epochs=training.scores)
    timings = {
        "records": training.records,
        "seconds": list(training.seconds),
        "epochs": training.epochs,
        "training_rate": training.rate,
        "prediction_rate": prediction_rate,
        "stopped": training.stopped,
        "parameters": training.parameters,
        "note": training.note,
        "left_out": clock.left_out,
        "left_out_on_the_clock": clock.left_out_on_the_clock,
        "peak_memory": peak_memory(),
    }
    (out / "timings.json").write_text(json.dumps(timings, indent=1) + "\n")
