"""From config files to the one config that Snakemake and the doctor see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path

from attendna.planning import config_files
from attendna.planning.config_values import check_extent

REPLACED_SECTIONS = ["datasets", "models"]  # an overlay replaces these; all else merges over


def put_back(config: dict, overlay: Mapping) -> None:
    """Undo the merging of the sections that an overlay replaces, in place.

    Parameters
    ----------
    config
        The default config with the overlay merged into it at every depth, as Snakemake does.
    overlay
        What the user's own config files and flags said, before the default was loaded.
    """
    for section in REPLACED_SECTIONS:
        if section in overlay:
            config[section] = deepcopy(overlay[section])


def load(default: str | Path, overlays: Sequence[str | Path]) -> dict:
    """Load the default config and what lies over it, as Snakemake and the Snakefile do.

    Raises
    ------
    ConfigError
        If a file can't be read or is no YAML with keys at its top.
    """
    from snakemake.utils import update_config

    overlay: dict = {}
    for path in overlays:
        update_config(overlay, _load_file(path))
    return over_default(default, overlay)


def over_default(default: str | Path, overlay: Mapping) -> dict:
    """Load the default config and lay over it what was loaded already.

    Raises
    ------
    ConfigError
        If the default can't be read or is no YAML with keys at its top.
    """
    from snakemake.utils import update_config

    config = _load_file(default)
    update_config(config, deepcopy(dict(overlay)))
    put_back(config, overlay)
    return config


def _load_file(path: str | Path) -> dict:
    config = config_files.read(path)
    check_extent(config)
    return config


def check_files(paths: Iterable[str | Path]) -> None:
    """Check config files for what Snakemake takes and should not: code, and doubled keys.

    Raises
    ------
    ConfigError
        With one sentence that names the file, the line and the key.
    """
    for path in paths:
        config_files.read(path)
