"""The letters of sequences: which are read, and what becomes of lower case and U."""

from __future__ import annotations

import re

from attendna.dna import IUPAC
from attendna.errors import UserError, brief

_BLANKS = b" \t\r\n"
_INVALID = b"\0"
_LOWER_CASE = bytes(range(ord("a"), ord("z") + 1))
_LETTERS = "".join(IUPAC).encode()
_INVALID_LETTER = re.compile(rb"[^%b%b]" % (_LETTERS + _LETTERS.lower(), _BLANKS))
_REMEDIES = {
    "-": "take the gaps of the alignment out",
    ".": "take the gaps of the alignment out",
    ">": "a header begins its own line, so a line end is missing before it",
}


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


def read_letters(raw: bytes, path: str, record: str, line: int, case: bytes) -> str:
    """Return a sequence without blanks, in upper case; `line` is where `raw` begins."""
    sequence = raw.translate(case, _BLANKS)
    if not sequence:
        raise UserError(
            f"{path}, line {line} (record {brief(record)}): the record has no sequence; add it or "
            "remove the record."
        )
    if _INVALID in sequence:
        position = _INVALID_LETTER.search(raw).start()
        line += raw.count(b"\n", 0, position)
        letter = raw[position : position + 4].decode("utf-8", errors="replace")[0]
        raise UserError(
            f"{path}, line {line} (record {brief(record)}): {letter!r} is no IUPAC nucleotide "
            f"letter; {_REMEDIES.get(letter, 'correct the letter or remove the record')}."
        )
    return sequence.decode("ascii")
