"""Files that are whole or not there, and that tell when they were damaged since.

What is written stands under a temporary name beside its place until it is complete and on the
disk; then it is renamed, and its SHA-256 is recorded in the folder `.digests` beside it, in the
format of `sha256sum`. What is read is compared with that record first. A file without a record,
such as a user's own, is taken as it is. Of a file that a job wrote, the record also tells where it
comes from, in lines that `sha256sum` takes for comments; `provenance` reads them.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from attendna import machine
from attendna.errors import UserError

DIGESTS = ".digests"
DAMAGED = ".damaged"  # the ending that a damaged file gets
# Why the system refuses to write a file, whatever it holds, and what helps.
REFUSED = dict.fromkeys(
    [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO], "make room or choose another disk"
) | dict.fromkeys([errno.EROFS, errno.EACCES, errno.EPERM], "make its folder writable")
# What parsers raise when they meet something else than they expect.
FAILURES = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass
class Job:
    """A script at work: what its outputs come from.

    Attributes
    ----------
    name
        Of the script.
    settings
        Digest of its settings.
    read
        The recorded digests of the results that it read so far.
    written
        What it wrote so far, which is no source of what it writes next.
    """

    name: str
    settings: str
    read: dict[Path, str] = field(default_factory=dict)
    written: set[Path] = field(default_factory=set)


_job: ContextVar[Job | None] = ContextVar("job", default=None)


@contextmanager
def job(name: str, settings: str) -> Iterator[None]:
    """Record with every file that is written within the block which job made it, and from what."""
    token = _job.set(Job(name, settings))
    try:
        yield
    finally:
        _job.reset(token)


@contextmanager
def aside() -> Iterator[None]:
    """Read within the block what is no source of what the job makes, such as its own state."""
    token = _job.set(None)
    try:
        yield
    finally:
        _job.reset(token)


# ------------------------------------------------------------------------------ writing


@contextmanager
def whole(path: str | Path, mode: str = "wb", lasting: bool = True) -> Iterator[IO[Any]]:
    """Open a file that appears at `path` when the block ends well, and never half-written.

    Parameters
    ----------
    path, lasting
        See `whole_path`.
    mode
        "wb" or "w" (UTF-8 with plain newlines).

    Raises
    ------
    UserError
        If the disk is full or the folder read-only.
    """
    with whole_path(path, lasting) as temporary:
        text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
        with open(temporary, mode, **text) as handle:
            yield handle


@contextmanager
def whole_path(path: str | Path, lasting: bool = True) -> Iterator[Path]:
    """Give the name of a temporary file beside `path`; rename it when the block ends well.

    For writers that want a path instead of an open file. The temporary name ends like `path`,
    because some writers choose the format by it. What a writer that was killed left is removed.

    Parameters
    ----------
    path
        Where the file shall be; its folder is made if need be.
    lasting
        Whether it shall outlive a power cut and its digest be recorded; False is faster, for
        files that are cheap to lose and know by themselves whether they are damaged.

    Raises
    ------
    UserError
        If the disk is full or the folder read-only.
    """
    path = Path(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        yield temporary
        if lasting:
            _flush(temporary)
            _rename_and_record(temporary, path)
            if (at_work := _job.get()) is not None:
                at_work.written.add(path.absolute())
        else:
            _forget(path)
            os.replace(temporary, path)
    except OSError as error:
        ours = {None, *map(str, (path, path.parent, temporary))}
        if error.errno not in REFUSED or error.filename not in ours:
            raise  # of something else that the block does
        raise UserError(
            f"{path}: can't be written ({os.strerror(error.errno)}); {REFUSED[error.errno]}, and "
            "run again."
        ) from error
    finally:
        # The system refuses even this where a folder has become read-only.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Remove the temporary files of writers of `path` that were killed."""
    for left in path.parent.glob(f".*.{glob.escape(path.name)}"):
        if re.fullmatch(r"\.\d+\." + re.escape(path.name), left.name):
            left.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


def _rename_and_record(temporary: Path, path: Path) -> None:
    """Rename a file and record its digest; whenever this is killed, no record is a wrong one."""
    record = digest_path(path)
    content = f"{sha256(temporary)}  {path.name}\n{_origin(path)}"
    _forget(path)
    os.replace(temporary, path)
    record.parent.mkdir(exist_ok=True)
    with whole(record, "w", lasting=False) as handle:
        handle.write(content)


def _origin(path: Path) -> str:
    """Return the lines of a record that tell where a file comes from, none outside of a job."""
    at_work = _job.get()
    if at_work is None:
        return ""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        f"# made by {at_work.name} with settings {at_work.settings}\n",
        f"# at {now} on {machine.description()}\n",
    ]
    for source, digest in sorted(at_work.read.items()):
        lines.append(f"# from {digest} {os.path.relpath(source, path.absolute().parent)}\n")
    return "".join(lines)


def _forget(path: Path) -> None:
    """Remove the recorded digest of a file; a folder in its place is moved aside."""
    record = digest_path(path)
    if record.parent.exists() and not record.parent.is_dir():
        raise UserError(
            f"{record.parent}: not a folder, but the digests of files belong there; remove it and "
            "run again."
        )
    if record.is_dir():
        os.replace(record, f"{record}{DAMAGED}")
    record.unlink(missing_ok=True)


# ------------------------------------------------------------------------------ checking


def digest_path(path: str | Path) -> Path:
    """Return where the digest of a file is recorded."""
    path = Path(path)
    return path.parent / DIGESTS / f"{path.name}.sha256"


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def verify(path: str | Path) -> None:
    """Check that a file is what was written, if that was recorded.

    A damaged file is moved aside, so that the next run remakes it.

    Raises
    ------
    UserError
        If the file is damaged or no file.
    """
    check_kind(path)
    digest = recorded(path)
    if digest is None or not os.path.exists(path) or sha256(path) == digest:
        return
    try:
        os.replace(path, f"{path}{DAMAGED}")
        digest_path(path).unlink(missing_ok=True)
        remedy = f"moved aside to {Path(path).name}{DAMAGED}; run again to remake it."
    except OSError:
        remedy = "delete it and run again to remake it."
    raise UserError(f"{path}: damaged, or changed by hand, since it was written; {remedy}")


def check_kind(path: str | Path) -> None:
    """Raise if a path is no file: opening a named pipe would wait for ever.

    Raises
    ------
    UserError
        If it is a folder, a pipe, a socket or a device.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:  # whoever opens it says what is wrong
        return
    if not stat.S_ISREG(mode):
        kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe"}
        raise UserError(
            f"{path}: {kinds.get(stat.S_IFMT(mode), 'a device')} where a file belongs; "
            "delete it and run again to remake it."
        )


def is_recorded(path: str | Path) -> bool:
    """Tell whether there is a digest of a file, so that it holds what this project wrote."""
    return recorded(path) is not None


def recorded(path: str | Path) -> str | None:
    """Return the recorded digest of a file; None if there is none that can be read."""
    record = digest_path(path)
    if not record.is_file():  # a named pipe would never be read
        return None
    try:
        with open(record, "rb") as handle:
            digest = handle.read(64).decode("ascii", "replace")
    except OSError:
        return None
    return digest if re.fullmatch("[0-9a-f]{64}", digest) else None


@contextmanager
def reading(path: str | Path, verified: bool = True) -> Iterator[None]:
    """Turn the many ways in which a damaged file fails into one sentence that names it.

    Parameters
    ----------
    path
        The file that the block reads.
    verified
        Whether its digest is compared before. False, for archives that hold checksums of their
        own: only if the block fails.

    Raises
    ------
    UserError
        If the file is damaged or is not what the block takes it for.
    """
    try:
        check_kind(path)
        if verified:
            verify(path)
        note(path)
        yield
    except (UserError, FileNotFoundError, PermissionError):
        raise
    except FAILURES as error:
        verify(path)
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(
            f"{path}: damaged or not what its name says ({reason}); "
            "delete it and run again to remake it."
        ) from error


def note(path: str | Path) -> None:
    """Remember a result as a source of what the job at work will write, as `reading` does."""
    at_work, place = _job.get(), Path(path).absolute()
    if at_work is None or place in at_work.written:
        return
    digest = recorded(path)
    if digest is not None:
        at_work.read[place] = digest


def read_bytes(path: str | Path) -> bytes:
    """Read a file of bytes that `whole` or `whole_path` wrote.

    Raises
    ------
    UserError
        If it is damaged.
    """
    with reading(path):
        return Path(path).read_bytes()


def read_text(path: str | Path) -> str:
    """Read a text file that `whole` wrote.

    Raises
    ------
    UserError
        If it is damaged.
    """
    with reading(path):
        return Path(path).read_text(encoding="utf-8")
