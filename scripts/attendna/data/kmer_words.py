"""Sequences that are written as words with blanks between: k-mers in a row, blocks of ten."""

from __future__ import annotations

BLOCK = 10  # letters, as sequences are often printed


def join_kmers(text: str) -> str | None:
    """Return the sequence whose k-mers a text names one after another, each a letter further on.

    Parameters
    ----------
    text
        Words with single blanks between, such as `ACG CGT GTA`.

    Returns
    -------
    str or None
        `ACGTA`; None if the words are not of one length or do not overlap by all but one letter.
    """
    k = text.find(" ")
    step = k + 1
    words, rest = divmod(len(text) + 1, step)
    if k < 1 or rest or text[k::step] != " " * (words - 1):
        return None
    same = text.upper()
    for place in range(1, k):  # a letter is the one before in the next word
        if same[place::step][: words - 1] != same[place - 1 + step :: step]:
            return None
    joined = text[:k] + text[k - 1 + step :: step]
    return None if " " in joined else joined


def join_blocks(text: str) -> str | None:
    """Return a sequence that is written in blocks of ten letters, the last of which may be shorter.

    None if it is not written so.
    """
    *blocks, last = text.split(" ")
    if any(len(block) != BLOCK for block in blocks) or not 0 < len(last) <= BLOCK:
        return None
    return "".join((*blocks, last))
