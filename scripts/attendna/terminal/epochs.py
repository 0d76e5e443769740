"""The epochs of trainings and the blocks of scans that run, read from their logs as these grow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

LINE = re.compile(r"(epoch|block) (\d+)/(\d+)  (.*)")
RESUMED = "continuing after epoch "


@dataclass
class Training:
    """A training, or a scan, whose log is read."""

    words: str
    log: Path
    read: int = 0
    number: int = 0
    epochs: int = 0
    said: str = ""
    resumed: str = field(default="")
    unit: str = "epoch"


class Followed:
    """The trainings that run now."""

    def __init__(self) -> None:
        self.trainings: dict[object, Training] = {}

    def begin(self, job: object, words: str, log: str | Path) -> None:
        """Begin to read the log of a training."""
        self.trainings[job] = Training(words, Path(log))

    def end(self, job: object) -> None:
        """Forget a training."""
        self.trainings.pop(job, None)

    def news(self) -> list[Training]:
        """Read what the logs have got since; return the trainings that have done an epoch.

        A log may not be there yet, and begins anew where a training does.
        """
        return [training for training in self.trainings.values() if _read_on(training)]


def _read_on(training: Training) -> bool:
    try:
        with open(training.log, "rb") as handle:
            size = handle.seek(0, 2)
            training.read = handle.seek(training.read if training.read <= size else 0)
            text = handle.read()
    except OSError:
        return False
    whole = text[: text.rfind(b"\n") + 1]  # the rest of the last line is to come
    training.read += len(whole)
    lines = whole.decode("utf-8", errors="replace").splitlines()
    resumed = [line for line in lines if line.startswith(RESUMED)]
    found = [match for match in map(LINE.fullmatch, lines) if match]
    if resumed:
        training.resumed = resumed[-1]
    if found:
        training.unit, number, epochs, training.said = found[-1].groups()
        training.number, training.epochs = int(number), int(epochs)
    return bool(found or resumed)
