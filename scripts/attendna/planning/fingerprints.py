"""What is in the files of a user, so that a run knows them by their content and not by their time.

A file that is replaced by one with an older time (`mv`, `cp -p`, `tar`, `rsync -a`, a checkout) is
another input; one that was only touched is not. Reading gigabytes takes seconds, so a digest is
kept until the system says that the file was written, moved or replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attendna import intact_files
from attendna.errors import UserError

MISSING = "missing"
STATES = 4  # numbers of a state


def contents(
    paths: Sequence[str | Path], kept: str | Path, expected: Mapping[str, str] | None = None
) -> str:
    """Return one digest of what some files hold, in their order.

    Parameters
    ----------
    paths
        The files. One that is not there counts as such, unless it is expected.
    kept
        A file in which their digests are kept. A folder that can't be written to, or a file that
        is damaged, costs time and no more.
    expected
        The SHA-256 of files that a run will bring, by path: what they count as until then.

    Returns
    -------
    str
        64 hexadecimal digits, which depend on the content of the files and not on their names,
        times or places.
    """
    return hashlib.sha256("\n".join(digests(paths, kept, expected).values()).encode()).hexdigest()


def digests(
    paths: Sequence[str | Path], kept: str | Path, expected: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the SHA-256 of files by their paths, "missing" for one that is not there.

    Parameters
    ----------
    paths, kept, expected
        See `contents`.
    """
    known = _read(kept)
    found = {str(path): _entry(path, known) for path in paths}
    fresh = {os.path.abspath(path): entry for path, entry in found.items() if entry is not None}
    if fresh.items() - known.items():
        _write(kept, known | fresh)
    absent = expected or {}
    return {path: entry[0] if entry else absent.get(path, MISSING) for path, entry in found.items()}


def _entry(path: str | Path, known: dict[str, tuple]) -> tuple | None:
    """Return the digest of a file and the state for which it holds; None without a file."""
    try:
        if not os.path.isfile(path):  # a named pipe would never be read
            return None
        state = _state(path)
        entry = known.get(os.path.abspath(path))
        return entry if entry and entry[1:] == state else (intact_files.sha256(path), *state)
    except (OSError, ValueError):  # a path that no system would take is for others to name
        return None


def _state(path: str | Path) -> tuple[int, ...]:
    """Return what the system changes when a file is written, moved here or replaced.

    The time of the last change of its record can't be set, unlike that of its content.
    """
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _read(kept: str | Path) -> dict[str, tuple]:
    content = None
    with suppress(OSError, ValueError, RecursionError):
        if os.path.isfile(kept):
            content = json.loads(Path(kept).read_bytes())
    entries = content.items() if isinstance(content, dict) else ()
    return {path: tuple(entry) for path, entry in entries if _is_entry(entry)}


def _is_entry(value: Any) -> bool:
    """Tell whether what was read is a digest with a state."""
    return (
        isinstance(value, list)
        and len(value) == 1 + STATES
        and isinstance(value[0], str)
        and re.fullmatch("[0-9a-f]{64}", value[0]) is not None
        and all(type(number) is int for number in value[1:])
    )


def _write(kept: str | Path, entries: dict[str, tuple]) -> None:
    with suppress(OSError, UserError), intact_files.whole(kept, "w", lasting=False) as handle:
        json.dump(entries, handle)
