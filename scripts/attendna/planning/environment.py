"""What packages ask of a user's account, for users who have no home folder or no name.

In containers, and for users such as `nobody`, the home folder can't be written to. Numba then
refuses to compile, Matplotlib and Keras look for another place, and some make a folder called `~`.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import MutableMapping
from pathlib import Path

# Variables that name a folder for what a package keeps, and its place below the one for all.
CACHES = {
    "XDG_CACHE_HOME": ".",
    "MPLCONFIGDIR": "matplotlib",
    "NUMBA_CACHE_DIR": "numba",
    "KERAS_HOME": "keras",
}


def provide(folder: str | Path) -> None:
    """Set what is missing in the environment of this process and of those that it starts.

    Parameters
    ----------
    folder
        What takes the caches of packages where they can't be in the home folder; packages make
        it. Variables that name a folder that can be written to stay as they are.
    """
    _provide_caches(folder, os.environ)
    try:
        getpass.getuser()
    except (KeyError, OSError):  # a number that no account has, as containers give
        os.environ["USER"] = str(os.getuid())


def _provide_caches(folder: str | Path, variables: MutableMapping[str, str]) -> None:
    usual = variables.get("XDG_CACHE_HOME") or os.path.join(home(), ".cache")
    if can_be_made(usual):
        return
    for name, place in CACHES.items():
        if not can_be_made(variables.get(name, "")):
            variables[name] = os.path.normpath(Path(folder).absolute() / place)


def home() -> str:
    """Return the home folder, as packages find it; "" where there is none."""
    folder = os.path.expanduser("~")
    return folder if os.path.isabs(folder) else ""


def can_be_made(folder: str) -> bool:
    """Whether a folder is there and can be written to, or can be made."""
    if not os.path.isabs(folder):
        return False
    place = Path(folder)
    while not place.exists() and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
