"""Whether the values of a config can be looked through and shown, whatever they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attendna.errors import shown
from attendna.names import LONGEST, fault
from attendna.planning.config_files import DEEPEST, MOST_VALUES, ConfigError

REPEATED = re.compile(r"(.+)\1{19,}\Z")
PATHS = (("path",), ("genome",), ("url",), ("regions",), ("exclude",))  # keys
LONGEST_TEXT = 10_000  # letters
LARGEST_NUMBER = 10**100  # what each key takes, the schema says


def check_extent(config: Mapping) -> None:
    """Check that a config can be looked through at all, however its YAML repeats itself.

    A few anchors and aliases can stand for billions of values, or for a value inside itself.

    Raises
    ------
    ConfigError
        With one sentence that names the key of the first value that is too much.
    """
    waiting, values = [((), config)], 0
    while waiting:
        place, value = waiting.pop()
        values += 1
        where = f"config: {'.'.join(_brief(key) for key in place)}"
        if values > MOST_VALUES:
            raise ConfigError(
                f"config: it holds more than {MOST_VALUES:,} values, aliases counted where they "
                "stand; divide it into several."
            )
        if len(place) > DEEPEST:
            raise ConfigError(f"{where}: more than {DEEPEST} levels deep; correct the nesting.")
        if isinstance(value, Mapping):
            waiting += [((*place, key), inner) for key, inner in value.items()]
            waiting += [((*place, key), key) for key in value if _is_huge(key)]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += [((*place, i), inner) for i, inner in enumerate(value)]
        elif isinstance(value, str | bytes) and len(value) > LONGEST_TEXT:
            raise ConfigError(
                f"{where}: a text of {len(value):,} letters; at most {LONGEST_TEXT:,} are taken."
            )
        elif _is_huge(value):
            raise ConfigError(f"{where}: a number of more than 100 digits; give a smaller one.")


def check_texts(value: Any, place: tuple = ()) -> None:
    """Check that every key and text can be shown: names become words of tables and pages."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_text(str(key), place)
            check_texts(inner, (*place, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            check_texts(inner, (*place, i))
    elif isinstance(value, str) and value != "":
        _check_text(value, place)


def _check_text(text: str, place: tuple) -> None:
    # How long a path may be, the file system says.
    wrong = fault(text, LONGEST_TEXT if place[-1:] in PATHS else LONGEST)
    if wrong:
        where = ".".join(_brief(key) for key in place)
        raise ConfigError(f"config: {where}: the text {shown(text)} {wrong}")


def check_repeats(config: Mapping) -> None:
    """Check that Snakemake takes no name for a path that runs in a circle."""
    for section in ["datasets", "models", "predict", "variants", "scans"]:
        for name in config[section]:
            if REPEATED.search(name):
                raise ConfigError(
                    f"config: {section}.{name}: the name ends in a part that is repeated 20 times, "
                    "which Snakemake takes for a path that runs in a circle; choose another name."
                )


def _brief(key: Any) -> str:
    text = str(key) if isinstance(key, str | int) and not _is_huge(key) else type(key).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_huge(value: Any) -> bool:
    """Whether a number has too many digits even to be written."""
    return isinstance(value, int) and abs(value) > LARGEST_NUMBER
