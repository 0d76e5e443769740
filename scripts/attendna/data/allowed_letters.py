"""The letters of sequences: which are read, and what becomes of lower case, U and gaps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from attendna.dna import IUPAC
from attendna.errors import UserError, brief
from attendna.wording import counted, listed

_BLANKS = b" \t\r\n"
_GAPS = b"-."
_INVALID = b"\0"
_LOWER_CASE = bytes(range(ord("a"), ord("z") + 1))
_LETTERS = "".join(IUPAC).encode()
_SETTINGS = (
    "take the gaps of an alignment out with `gaps: remove`, or read them as N with `gaps: n`"
)
_REMEDIES = {
    "-": _SETTINGS,
    ".": _SETTINGS,
    ">": "a header begins its own line, so a line end is missing before it",
}
_PROTEIN = frozenset("EFILPQ")  # of the twenty amino acids, those that are no IUPAC nucleotide
PROTEIN = 3  # so many of them, and a file is taken for protein

GAPS = ("error", "remove", "n")


def _case_table(masked: bool) -> bytes:
    """Map the IUPAC letters to upper case, or lower case to N; U to T; any other byte to 0."""
    table = bytearray(_INVALID * 256)
    for letter in _LETTERS:
        table[letter] = letter
        table[ord(chr(letter).lower())] = ord("N") if masked else letter
    table[ord("U")] = ord("T")
    table[ord("u")] = ord("N") if masked else ord("T")
    return bytes(table)


CASE = {"keep": _case_table(masked=False), "mask": _case_table(masked=True)}


def lower_case(raw: bytes) -> int:
    """Count the lower-case letters of a sequence: repeats, where somebody has masked them so."""
    return len(raw) - len(raw.translate(None, _LOWER_CASE))


class Proteins(UserError):
    """The sequences of a file are proteins."""


class Letters(NamedTuple):
    """How letters are read: a table for `bytes.translate`, and the bytes that are left out."""

    table: bytes
    removed: bytes


def letters_of(soft_masked: str = "keep", gaps: str = "error") -> Letters:
    """Return how letters are read.

    Parameters
    ----------
    soft_masked
        What becomes of lower case: "keep" (upper case) or "mask" (N).
    gaps
        What becomes of `-` and `.`: "error", "remove" or "n" (N).
    """
    table = bytearray(CASE[soft_masked])
    if gaps == "n":
        for gap in _GAPS:
            table[gap] = ord("N")
    return Letters(bytes(table), _BLANKS + (_GAPS if gaps == "remove" else b""))


class Offenders:
    """The letters of a file that can't be read, so that one sentence names all of them.

    Parameters
    ----------
    path
        What the sentence calls the file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._letters: Counter[str] = Counter()
        self._places: list[str] = []
        self._records = 0
        self._first = ""

    def add(self, raw: bytes, letters: Letters, record: str, line: int) -> None:
        """Take note of the letters of a record that can't be read; `line` is where `raw` begins."""
        readable = bytes(b for b in range(256) if letters.table[b : b + 1] != _INVALID)
        wrong = raw.translate(None, readable + letters.removed)
        self._letters.update(wrong.decode("utf-8", errors="replace"))
        self._records += 1
        if len(self._places) < 10:
            position = re.search(b"[%b]" % re.escape(wrong[:1]), raw).start()
            line += raw.count(b"\n", 0, position)
            self._places.append(f"line {line} (record {brief(record)})")
            if self._records == 1:
                self._first = raw[position : position + 4].decode("utf-8", errors="replace")[0]

    def check(self) -> None:
        """Raise if there is any."""
        if not self._records:
            return
        first, total = self._first, sum(self._letters.values())
        remedy = _REMEDIES.get(first, "correct the letter or remove the record")
        kind = UserError
        if len(_PROTEIN & {letter.upper() for letter in self._letters}) >= PROTEIN:
            remedy, kind = "these look like proteins, and only DNA and RNA are read", Proteins
        more = ""
        if total > 1:
            named = [f"{letter!r} {count:,}" for letter, count in self._letters.most_common()]
            more = f" ({total:,} such letters: {listed(named)}; in {self._where()})"
        raise kind(
            f"{self._path}, {self._places[0]}: {first!r} is not an IUPAC nucleotide letter{more}; "
            f"{remedy}."
        )

    def _where(self) -> str:
        if self._records == 1:
            return "this record"
        rest = self._records - len(self._places)
        lines = ", ".join(place.split()[1] for place in self._places)
        more = f" and {rest:,} more" if rest else ""
        return f"{counted(self._records, 'record')}: line {lines}{more}"


def plain_letters(raw: bytes, letters: Letters) -> str | None:
    """Return a sequence as `read_letters` does if nothing is wrong with it, else None."""
    sequence = raw.translate(letters.table, letters.removed)
    return None if not sequence or _INVALID in sequence else sequence.decode("ascii")


def read_letters(
    raw: bytes,
    path: str,
    record: str,
    line: int,
    letters: Letters,
    wrong: Offenders,
    mended: Callable[[bytes], bytes] | None = None,
) -> str:
    """Return a sequence without blanks, in upper case; letters that can't be read go to `wrong`.

    Parameters
    ----------
    raw
        The letters as they stand there.
    path, record, line
        What errors call the file and the record, and the line on which `raw` begins.
    letters
        How they are read.
    wrong
        Of this file.
    mended
        What takes out of `raw` that which is no letter but may stand there; asked only where
        something can't be read.

    Raises
    ------
    UserError
        If there is no letter.
    """
    sequence = raw.translate(letters.table, letters.removed)
    if _INVALID in sequence and mended is not None:
        raw = mended(raw)
        sequence = raw.translate(letters.table, letters.removed)
    if not sequence:
        raise UserError(
            f"{path}, line {line} (record {brief(record)}): the record has no sequence; add it or "
            "remove the record."
        )
    if _INVALID in sequence:
        wrong.add(raw, letters, record, line)
    return sequence.decode("ascii")
