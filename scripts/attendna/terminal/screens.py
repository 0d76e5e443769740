"""Where lines are written: plainly, or above a progress bar where someone sits at a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from attendna.terminal.epochs import Training
    from attendna.terminal.progress import Progress

WIDTH = 100  # letters of a line, at most; sentences of errors are not broken
BETWEEN = 10  # seconds from one line about epochs to the next, where lines stay
DRAWN = 4  # trainings that are drawn, at most


class Plain:
    """Lines that stay, for pipes, files and terminals that can do no more.

    Parameters
    ----------
    stream
        Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._told = stream, -float(BETWEEN)
        self.width = WIDTH

    def write(self, text: str, style: str = "") -> None:
        """Write a text and begin a new line."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def left(self, progress: Progress) -> str:
        """Return the time left for the line of a job."""
        time = progress.time()
        return f", {time} left" if time else ""

    def epochs(self, trainings: Iterable[Training]) -> None:
        """Write which epoch trainings have done, if the last such line is some time ago."""
        due = monotonic() >= self._told + BETWEEN
        for training in trainings:
            if training.resumed:
                self.write(f"  {training.resumed}  ({training.words})")
                training.resumed = ""
            if due and training.said:
                self._told = monotonic()
                self.write(
                    f"  {training.unit} {training.number}/{training.epochs}  {training.said}"
                    f"  ({training.words})"
                )

    def draw(self, progress: Progress, trainings: Iterable[Training]) -> None:
        """Draw nothing."""

    def close(self) -> None:
        """Do nothing."""


class Drawn:
    """Lines above a bar for the run and one for each training.

    Parameters
    ----------
    stream
        A terminal.

    Raises
    ------
    ImportError
        Without rich.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=stream, force_terminal=True)
        self.width = min(WIDTH, self._console.width)
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def write(self, text: str, style: str = "") -> None:
        """Write a text above the bars; the terminal breaks what is too long for it."""
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def left(self, progress: Progress) -> str:
        """Return nothing: the bar tells the time left."""
        return ""

    def epochs(self, trainings: Iterable[Training]) -> None:
        """Write where a training goes on; the rest is drawn."""
        for training in trainings:
            if training.resumed:
                self.write(f"  {training.resumed}  ({training.words})")
                training.resumed = ""

    def draw(self, progress: Progress, trainings: Iterable[Training]) -> None:
        """Draw the bars, as they are now."""
        bars = self._shown()
        shown = {training.words: training for training in list(trainings)[:DRAWN]}
        for words in set(self._tasks) - {"", *shown}:
            bars.remove_task(self._tasks.pop(words))
        self._bar(
            "",
            f"{progress.done} of {progress.total} jobs done",
            progress.share(),
            f"{time} left" if (time := progress.time()) else "",
        )
        for words, training in shown.items():
            share = training.number / training.epochs if training.epochs else 0.0
            said = (
                f"{training.unit} {training.number}/{training.epochs}"
                if training.epochs
                else "begins"
            )
            self._bar(words, words, share, said)

    def _bar(self, name: str, words: str, share: float, said: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(words, total=1.0, said=said)
        self._bars.update(self._tasks[name], description=words, completed=share, said=said)

    def _shown(self) -> Any:
        """Return the bars, which the first call begins to show."""
        if self._bars is None:
            from rich.progress import BarColumn, Progress, TextColumn
            from rich.table import Column

            short = Column(no_wrap=True, overflow="ellipsis", ratio=1)
            self._bars = Progress(
                TextColumn("{task.description}", markup=False, table_column=short),
                BarColumn(bar_width=16),
                TextColumn("{task.fields[said]}", table_column=Column(no_wrap=True)),
                console=self._console,
                expand=True,
                transient=True,
                refresh_per_second=2,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._bars.start()
        return self._bars

    def close(self) -> None:
        """Remove the bars."""
        if self._bars is not None:
            self._bars.stop()
            self._bars, self._tasks = None, {}


def screen(stream: TextIO) -> Plain | Drawn:
    """Return the screen that a stream is good for."""
    if stream.isatty() and (os.environ.get("TERM") or "dumb") not in ("dumb", "unknown"):
        try:
            return Drawn(stream)
        except ImportError:  # an environment with Snakemake alone
            pass
    return Plain(stream)
