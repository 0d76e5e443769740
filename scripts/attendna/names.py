"""Names of records, classes, chromosomes and motifs: which are taken, how they become words.

A name is printable: no control characters, which break tables and terminals, no halves of
surrogate pairs, which no file can hold, no marks of direction, which show a text as another one.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

LONGEST = 1000  # letters
_UNFIT = re.compile(r'[\s"%]|\A#')
_KEYWORDS = ("track", "browser")  # with these begin lines of BED that hold no interval


def fault(name: str, longest: int = LONGEST) -> str | None:
    """Say what is wrong with a name, as the end of a sentence about it; None: nothing."""
    if len(name) > longest:
        return f"has {len(name):,} letters, and at most {longest:,} can be shown; shorten it."
    if not name.isprintable():
        character = next(c for c in name if not c.isprintable())
        return f"holds the character U+{ord(character):04X}, which can't be shown; remove it."
    if name.isspace():
        return "holds nothing but blanks, which can't be seen; choose another."
    return None


def to_word(name: str) -> str:
    """Return a name as one word, for fields of BED and MEME files, which can't be quoted.

    Blanks, quotation marks and percent signs, and what would begin a comment, are written as in
    the addresses of the web, `open%20chromatin`; so different names are different words.
    """
    if name in _KEYWORDS:
        return f"%{ord(name[0]):02X}{name[1:]}"
    return _UNFIT.sub(lambda found: quote(found[0], safe=""), name)


def from_word(word: str) -> str:
    """Return the name that `to_word` wrote."""
    return unquote(word)
