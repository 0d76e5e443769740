"""What the command lines of scripts share: settings as JSON, arguments, how a script ends."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attendna import intact_files, provenance
from attendna.errors import UserError

GO_ON = "run again to go on"


class Settings(dict):
    """An object of JSON that says what it lacks."""

    def __missing__(self, key: str) -> Any:
        """Raise UserError instead of KeyError, which would end in a traceback."""
        given = ", ".join(self) or "nothing"
        raise UserError(
            f"settings: no {key!r} among what is given ({given}); see --help and config.yaml."
        )


def json_argument(text: str) -> Settings:
    """Read an object of JSON, as the `type` of an argument.

    Parameters
    ----------
    text
        The argument.

    Returns
    -------
    Settings
        Objects within it are such, too.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is not JSON, or no object.
    """
    try:
        read = json.loads(text, object_hook=Settings)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(read, Settings):
        raise argparse.ArgumentTypeError('not an object of JSON, such as {"seed": 1}')
    return read


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Add `--run`, which names the predictions of one run and may be repeated."""
    parser.add_argument(
        "--run",
        required=True,
        nargs=4,
        action="append",
        metavar=("FOLD", "MODEL", "SEED", "PREDICTIONS"),
        help="predictions.tsv.gz of one run; may be repeated",
    )


class Terminated(BaseException):
    """The system asks the process to end: what is half-written is removed on the way out."""


def run(main: Callable[[], object]) -> None:
    """Call a script's `main` and exit: status 0, or 1 with the sentence of a `UserError`.

    Failures of the machine (a full disk, a missing file, no permission, too little memory) get a
    sentence too, and so do an interrupt (status 130) and a request to end (143); a programming
    error keeps its traceback.

    Parameters
    ----------
    main
        The script's entry point, called without arguments.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        with intact_files.job(Path(sys.argv[0]).stem, provenance.settings_digest(sys.argv)):
            main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"error: {where}{error.strerror or error}")
    except MemoryError as error:
        reason = f" ({error})" if str(error) else ""
        sys.exit(f"error: not enough memory{reason}; give this machine or job more, or less data.")
    except KeyboardInterrupt:
        print(f"error: interrupted; {GO_ON}.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except Terminated:
        print(f"error: asked to end (SIGTERM); {GO_ON}.", file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
    sys.exit(0)


def _terminate(*_: object) -> None:
    raise Terminated
