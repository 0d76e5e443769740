"""What a job that failed has to say: the sentence in its log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

MOST = 30  # lines of a log that is shown
BEGINS = ("error: ", "Traceback (most recent call last)")
KILLED = ("returned non-zero exit status 137", "died with <Signals.SIGKILL: 9>")
NOISE = re.compile(r"WARNING: All log messages before absl|[IW]\d{4} ")  # of TensorFlow
STATUS = re.compile(r"(returned non-zero exit status \d+|died with <Signals\.\w+: \d+>)")


def told(logs: Iterable[str | Path]) -> list[str]:
    """Return the lines of logs that say what went wrong.

    Parameters
    ----------
    logs
        Paths; files that are not there are passed over.

    Returns
    -------
    list of str
        Of each log from the last line on that begins an error; if none has such a line, how the
        logs end.
    """
    texts = [_lines(log) for log in logs]
    errors = [_from_error(lines) for lines in texts]
    if not any(errors):
        errors = [[line for line in lines if not NOISE.match(line)] for lines in texts]
    return [line for lines in errors for line in lines[-MOST:]]


def says_why(logs: Iterable[str | Path]) -> bool:
    """Tell whether one of the logs says what went wrong."""
    return any(_from_error(_lines(log)) for log in logs)


def _lines(log: str | Path) -> list[str]:
    try:
        return Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _from_error(lines: list[str]) -> list[str]:
    starts = [i for i, line in enumerate(lines) if line.startswith(BEGINS)]
    return lines[starts[-1] :] if starts else []


def end(error: str) -> str:
    """Say how the command of a job ended: "was killed, perhaps for lack of memory (...)".

    Parameters
    ----------
    error
        The text of Python's exception about it.
    """
    found = STATUS.search(error)
    how = found[1] if found else "failed"
    if how in KILLED:
        return f"was killed, perhaps for lack of memory ({how})"
    return how
