"""Whether results were made from the settings and from the files that they are shown beside.

Each output of a job has a record beside it (see `intact_files`): which script made it, with which
settings and from which other results, and what these held. Following the records back from a result
tells whether all of it belongs together.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from attendna import intact_files
from attendna.errors import UserError

LENGTH = 12  # hexadecimal digits of a digest of settings
LARGEST = 10_000_000  # bytes of a record: a report reads thousands of results
MADE = re.compile(r"^# made by (\w+) with settings ([0-9a-f]+)$", re.MULTILINE)
RUN = re.compile(r"/fold\d+/(?P<model>[^/]+)/seed\d+/")
AT = re.compile(r"^# at (\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\dZ on (.+)$", re.MULTILINE)
FROM = re.compile(r"^# from ([0-9a-f]{64}) (.+)$", re.MULTILINE)


class Origin(NamedTuple):
    """What a record tells of a result: its script, the digest of the settings, its sources.

    Also the day (2026-11-30, in UTC) and the machine; "" where an older version did not say.
    """

    script: str
    settings: str
    sources: dict[Path, str]
    day: str = ""
    machine: str = ""


def digest(settings: str) -> str:
    """Return a short digest of settings, as a script gets them on its command line."""
    return hashlib.sha256(settings.encode()).hexdigest()[:LENGTH]


def settings_digest(argv: Sequence[str]) -> str:
    """Return the digest of the settings on a command line, of an empty text where it has none."""
    for flag, value in zip(argv, [*argv[1:], ""], strict=True):
        if flag == "--settings":
            return digest(value)
        if flag.startswith("--settings="):
            return digest(flag.partition("=")[2])
    return digest("")


def origin(path: str | Path) -> Origin | None:
    """Return where a result comes from; None where that was not recorded."""
    path = Path(path)
    record = intact_files.digest_path(path)
    try:
        if not record.is_file() or record.stat().st_size > LARGEST:
            return None
        text = record.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    made = MADE.search(text)
    if made is None:
        return None
    sources = {
        Path(os.path.normpath(path.parent / name)): found for found, name in FROM.findall(text)
    }
    at = AT.search(text)
    return Origin(made[1], made[2], sources, *(at.groups() if at else ()))


class Checker:
    """Checks that results come from given settings, each result once.

    Parameters
    ----------
    wanted
        The digest of the settings with which a script has to have made what it made, by the name of
        the script, or by that and the name of the model or of the prediction of new sequences.
        What other scripts made is taken as it is.

    Attributes
    ----------
    days, machines
        When and where what was checked was made, as far as the records tell.
    """

    def __init__(self, wanted: Mapping[str, str | Mapping[str, str]]) -> None:
        self.wanted = wanted
        self.checked: set[Path] = set()
        self.days: set[str] = set()
        self.machines: set[str] = set()

    def check(self, path: str | Path) -> None:
        """Check a result and all that it was made from.

        Raises
        ------
        UserError
            If it, or one of its sources, was made with other settings, or from a file that has
            another content by now. The sentence names the file.
        """
        waiting, found = [Path(path)], {}
        while waiting:
            path = waiting.pop()
            if path not in self.checked:
                self.checked.add(path)
                found[path] = origin(path)
                waiting += found[path].sources if found[path] else []
        # Sources before what was made from them: the first that is wrong is where to begin.
        for path, its in reversed(found.items()):
            if its is not None:
                self._check_settings(path, its)
                _check_sources(path, its)
                self.days |= {its.day} - {""}
                self.machines |= {its.machine} - {""}

    def _check_settings(self, path: Path, found: Origin) -> None:
        if self._wanted_for(path, found.script) not in (None, found.settings):
            raise UserError(
                f"{path}: made with other settings ({found.script}) than those that are to be "
                "shown; run the workflow again, without --touch and with all its rerun triggers, "
                "or delete this file, to remake it."
            )

    def _wanted_for(self, path: Path, script: str) -> str | None:
        wanted = self.wanted.get(script)
        if isinstance(wanted, Mapping):
            run = RUN.search(path.as_posix())
            return wanted.get(run["model"] if run else path.name.partition(".")[0])
        return wanted


def _check_sources(path: Path, found: Origin) -> None:
    for source, content in found.sources.items():
        now = intact_files.recorded(source)
        if now is not None and now != content:
            raise UserError(
                f"{path}: made from another {source} than the one that is there; run the workflow "
                "again, or delete this file, to remake it."
            )
