"""What went wrong, in one sentence that a user can act on."""

from __future__ import annotations

LONGEST = 1000  # letters of a sentence


class UserError(Exception):
    """A problem that the user can mend: bad input, a bad setting, a missing device.

    The message is one sentence that names the file, the line or record, what is wrong and what
    to do. Scripts print it alone, without a traceback.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(readable(sentence))


def readable(sentence: str) -> str:
    """Return a sentence on one line and of a length to read, whatever names from data it holds."""
    if len(sentence) > LONGEST:
        sentence = f"{sentence[: LONGEST // 2]} ... {sentence[-LONGEST // 3 :]}"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in sentence)


def shown(text: str | bytes, most: int = 80) -> str:
    """Return a text in quotes for a sentence, its middle left out where it is longer than `most`.

    Data hold what they hold, also a million letters without a line end.
    """
    if len(text) <= most:
        return repr(text)
    return f"{text[: most // 2]!r}...{text[-(most // 4) :]!r}"


def brief(text: str) -> str:
    """Return a name for a sentence, as it is if it is short and plain, else as `shown` does."""
    return text if len(text) <= 80 and text.isprintable() else shown(text)
