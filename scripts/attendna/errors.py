"""What went wrong, in one sentence that a user can act on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

GO_ON = "run again to go on"
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


class Terminated(BaseException):
    """The system asks the process to end: what is half-written is removed on the way out."""


def run(main: Callable[[], object]) -> None:
    """Call a script's `main` and exit: status 0, or 1 with the sentence of a `UserError`.

    Failures of the machine (a full disk, a missing file, no permission) get a sentence too, and
    so do an interrupt (status 130) and a request to end (143); a programming error keeps its
    traceback.

    Parameters
    ----------
    main
        The script's entry point, called without arguments.
    """
    from attendna import files, provenance  # which know UserError, and so this module

    signal.signal(signal.SIGTERM, _terminate)
    try:
        with files.job(Path(sys.argv[0]).stem, provenance.settings_digest(sys.argv)):
            main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"error: {where}{error.strerror or error}")
    except KeyboardInterrupt:
        print(f"error: interrupted; {GO_ON}.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except Terminated:
        print(f"error: asked to end (SIGTERM); {GO_ON}.", file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
    sys.exit(0)


def _terminate(*_: object) -> None:
    raise Terminated
