"""The text of users' files, plain or gzip, with plain line ends, as far as memory suffices."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from attendna.data.foreign import refuse
from attendna.errors import UserError, shown
from attendna.machine import memory

FIRST = 1 << 18  # bytes of a file that are looked at before a run
BLOCK = 1 << 24  # bytes of a genome that are read at a time
MEMORY_SHARE = 4  # bytes of memory that reading a byte of text takes, all in all
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


def read_bytes(path: str) -> bytes:
    r"""Return the content of a file, unpacked if it is gzip, with line ends `\n` and no BOM.

    Raises
    ------
    UserError
        If there is no such file, it can't be read, is empty, binary or a damaged gzip.
    """
    content, limit = io.BytesIO(), largest_text()
    with opened(path) as handle:
        while block := handle.read(BLOCK):
            content.write(block)
            if content.tell() > limit:
                raise UserError(_too_large(path, limit))
    data = content.getvalue()
    if not data:
        raise UserError(f"{path}: the gzip file holds nothing.")
    return _plain_text(data, path, complete=True)


def first_part(path: str) -> tuple[bytes, bool]:
    r"""Return the first part of a file as `read_bytes` would, and whether that is all of it.

    Raises
    ------
    UserError
        As `read_bytes`, if that shows in the first part.
    """
    with opened(path) as handle:
        data = handle.read(FIRST)
    complete = len(data) < FIRST
    return _plain_text(data, path, complete), complete


def largest_text() -> int:
    """Return how many bytes of text can be read at once: what the memory suffices for.

    A gzip file can hold a thousand times its size.
    """
    return memory() // MEMORY_SHARE


def _too_large(path: str, limit: int) -> str:
    return (
        f"{path}: it holds more than {limit / 1e9:.3g} GB of text, and reading takes "
        f"{MEMORY_SHARE} times as much memory, which this machine or job does not have; divide the "
        "file or give it more memory."
    )


def _check_kind(path: str) -> None:
    """Raise if there is a folder, a pipe or a device by this path."""
    if os.path.isdir(path):
        raise UserError(f"{path}: this is a folder; name {file_in(path)}.")
    if os.path.exists(path) and not os.path.isfile(path):  # reading a pipe would wait for ever
        raise UserError(f"{path}: this is a pipe or a device; save what it holds as a file.")


def file_in(folder: str) -> str:
    """Return in words which file of a folder may be meant: its only one, or each of some."""
    names = []
    with suppress(OSError):
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    if not names:
        return "a file in it"
    path = shown(os.path.join(folder, names[0]), 200)
    return f"its file {path}" if len(names) == 1 else f"a file in it, such as {path}"


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """Open a file, unpacked if it is gzip, which its first bytes tell, not its name."""
    _check_kind(path)
    try:
        with open(path, "rb") as handle:
            start = handle.peek(len(_GZIP))
            if not start:
                raise UserError(f"{path}: the file is empty.")
            if not start.startswith(_GZIP):
                yield handle
                return
            with gzip.GzipFile(fileobj=handle) as packed:
                yield packed
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; check the path in the config.") from error
    except EOFError as error:
        raise UserError(f"{path}: the gzip file is cut off; copy or download it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: the gzip file is damaged ({error}); copy or download it again."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UserError(f"{path}: can't be read ({error}).") from error


def blocks_of_lines(path: str, size: int | None = None) -> Iterator[bytes]:
    r"""Yield the content of a file in parts that end with a line, with line ends `\n`.

    Parameters
    ----------
    path
        The file.
    size
        Bytes of a part, but for the rest of its last line; `BLOCK` if it is not given.
    """
    limit, start, size = largest_text(), _BOM, size or BLOCK
    with opened(path) as handle:
        while block := handle.read(size):
            block += handle.readline(limit)
            if len(block) > limit:
                raise UserError(_too_large(path, limit))
            yield _with_plain_ends(block.removeprefix(start))
            start = b""


def _plain_text(data: bytes, path: str, complete: bool) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # Excel's Unicode text
        try:
            data = codecs.getincrementaldecoder("utf-16")().decode(data, complete).encode()
        except UnicodeError as error:
            raise UserError(
                f"{path}: by its first bytes the text is UTF-16, but it is damaged; save it as "
                "UTF-8."
            ) from error
    refuse(data[:1024], path)
    if b"\0" in data:
        raise UserError(
            f"{path}, line {line_of(data, data.index(0))}: binary data; expected the text of a "
            "FASTA, CSV, TSV or BED file, plain or gzip."
        )
    return _with_plain_ends(data.removeprefix(_BOM))


def _with_plain_ends(data: bytes) -> bytes:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def line_of(data: bytes, position: int) -> int:
    """Return the line of a byte, counted from 1, whatever the line ends are."""
    before = data[:position]
    crlf = before.count(b"\r\n")
    return before.count(b"\n") + before.count(b"\r") - crlf + 1
