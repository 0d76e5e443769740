"""Settings that a script is given as JSON on its command line."""

from __future__ import annotations

import argparse
import json
from typing import Any

from attendna.errors import UserError


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
