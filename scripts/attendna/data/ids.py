"""Ids of records that come from headers of FASTA and FASTQ, which need not be unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attendna.errors import UserError, shown
from attendna.names import LONGEST
from attendna.wording import counted, listed

UNPRINTABLE = "\ufffd"
_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"


def read_header(raw: bytes, path: str, name: str, line: int) -> tuple[str, str | None]:
    """Return the first word of a header and the whole of it.

    Parameters
    ----------
    raw
        What stands behind the `>` or `@`.
    path
        What errors call the file.
    name
        What stands before the line in the id of a record with an empty header.
    line
        Where the header stands, from 1.

    Returns
    -------
    first, whole
        Blanks around and between words are single ones in the whole header, and what can't be
        shown is replaced. Of an empty header, `name:line` and None.

    Raises
    ------
    UserError
        If the first word is not UTF-8 text.
    """
    words = raw.split(None, 1)
    if not words:
        return f"{name}:{line}", None
    try:
        first = words[0].decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {line}: the id {shown(words[0])} is not UTF-8 text; save the file as "
            "UTF-8."
        ) from error
    if len(words) == 1:
        return first, first
    whole = " ".join(raw.decode("utf-8", errors="replace").split())
    if not whole.isprintable():
        whole = "".join(c if c.isprintable() else UNPRINTABLE for c in whole)
    return first, whole


def read_headers(
    raw: Sequence[bytes], path: str, name: str, lines: Sequence[int]
) -> tuple[list[str], list[str | None]]:
    """Return the first word of each header and the whole of it, as `read_header` does for one."""
    joined = b"\n".join(raw)
    if not _is_plain(b"\n" + joined + b"\n"):
        pairs = [read_header(text, path, name, line) for text, line in zip(raw, lines, strict=True)]
        return [first for first, _ in pairs], [whole for _, whole in pairs]
    whole = joined.decode("ascii").split("\n")
    return [text.split(" ", 1)[0] for text in whole] if b" " in joined else whole, whole


def _is_plain(lines: bytes) -> bool:
    """Whether all lines are words with single blanks between them; line ends stand about each."""
    spaced = any(blank in lines for blank in (b"  ", b" \n", b"\n ", b"\n\n"))
    return not spaced and not lines.translate(None, _PLAIN)


def unique_ids(
    first: list[str], whole: Sequence[str | None], path: str
) -> tuple[list[str], list[dict[str, str]]]:
    """Return an id for each record of a file, and what the user should know of them.

    Ids are the first words where these are unique, else the whole headers where these are, else
    the first words, the second and further ones with a number.

    Parameters
    ----------
    first, whole
        Of each record, see `read_header`.
    path
        What notes call the file.

    Returns
    -------
    ids, notes
        The notes are findings of the audit, `{"severity", "message"}`.
    """
    if len(set(first)) == len(first):
        return first, []
    count = Counter(first)
    shared = {word: number for word, number in count.items() if number > 1}
    records = sum(shared.values())
    named = listed([f"{shown(word, 30)} ({number:,})" for word, number in shared.items()])
    full = [text or word for text, word in zip(whole, first, strict=True)]
    if len(set(full)) == len(full) and max(map(len, full)) <= LONGEST:
        ids, made = full, "the ids of this file are the whole headers"
    else:
        ids, made = numbered(first), f"their ids have a number behind it, such as {_example(first)}"
    message = (
        f"{counted(records, 'record')} of {path} share the first word of the header with another, "
        f"{named}: {made}."
    )
    return ids, [{"severity": "note", "message": message}]


def numbered(names: Sequence[str]) -> list[str]:
    """Return the names, each second and further one with a number that makes it unique."""
    taken, count, unique = set(names), Counter(), []
    for name in names:
        made = name
        if count[name]:
            while made in taken:
                count[name] += 1
                made = f"{name}_{count[name]}"
            taken.add(made)
        else:
            count[name] = 1
        unique.append(made)
    return unique


def _example(first: Sequence[str]) -> str:
    pairs = zip(first, numbered(first), strict=True)
    return shown(next(made for word, made in pairs if made != word), 30)
