"""A first config for a user's files, with comments that say what was found and assumed."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from attendna.errors import UserError, readable, shown
from attendna.planning.file_looks import Column
from attendna.planning.found_files import Found, find
from attendna.planning.new_datasets import NewDataset, NewSource, datasets_of
from attendna.wording import counted

WIDTH = 100  # letters of a line of comment

_HEAD = (
    "A first config, made by `make new` from the files below. Check what was assumed; every line "
    "can be changed."
)
_END = """
# All other settings are as in config.yaml, which explains them. Without `models`, all models of
# that file run. For a first look in a few minutes, remove the # before these lines:
#
# models:
#   attention_cnn: {architecture: attention_cnn}
#   kmer_logistic: {architecture: kmer_logistic}
# training: {epochs: 5}
"""


def make(
    paths: Sequence[str], out: str | Path, genome: str | None = None, label: Column | None = None
) -> list[str]:
    """Write a config for some files, and return what was found and assumed, a sentence each.

    Parameters
    ----------
    paths
        Files of sequences or intervals, and folders of them.
    out
        Where the config goes; nothing may be there.
    genome
        Of intervals: FASTA or 2bit.
    label
        The column of labels in tables; None: it has to be told.

    Raises
    ------
    UserError
        If there is such a config, or the files can't be understood.
    """
    if os.path.lexists(out):
        raise UserError(
            f"{out}: this file is there already and stays as it is; remove it, or write another "
            "one, as in make new DATA=... OUT=other.yaml."
        )
    found = find(paths, genome)
    datasets = datasets_of(found, genome, label)
    text = as_text(datasets, found)
    with open(out, "x", encoding="utf-8") as handle:
        handle.write(text)
    return list(summary(datasets, found))


def summary(datasets: Sequence[NewDataset], found: Found) -> Iterator[str]:
    """Yield what a config says, for a terminal."""
    for dataset in datasets:
        yield f"{dataset.name}: {counted(len(dataset.sources), 'file')}"
        yield from (f"  {sentence}" for sentence in dataset.about)
        for key, setting in dataset.settings.items():
            yield f"  {key}: {as_yaml(setting.value)}   # {setting.about}"
    if len(datasets) > 1:
        yield _several(len(datasets))
    yield from _left_out(found)


def _several(number: int) -> str:
    return (
        f"These are {number} datasets, each with models of its own. Remove those that you do not "
        "want."
    )


def _left_out(found: Found) -> Iterator[str]:
    for path, reason in found.left_out.items():
        yield f"Left out: {shown(path, 200)}: {reason}."


def as_text(datasets: Sequence[NewDataset], found: Found) -> str:
    """Return a config as YAML with comments."""
    several = [_several(len(datasets))] if len(datasets) > 1 else []
    lines = [line for note in (_HEAD, *several, *_left_out(found)) for line in _comment(note)]
    lines.append("datasets:")
    for number, dataset in enumerate(datasets):
        lines += [""] if number else []
        lines.append(f"  {as_yaml(dataset.name)}:   # the results go to results/{dataset.name}")
        for note in dataset.about:
            lines += _comment(note, 4)
        lines.append("    sources:")
        lines += [
            f"      - {as_yaml(_keys(source))}   # {source.holds}" for source in dataset.sources
        ]
        for key, setting in dataset.settings.items():
            lines += _comment(setting.about, 4)
            lines.append(f"    {key}: {as_yaml(setting.value)}")
    return "\n".join(lines) + "\n" + _END


def _keys(source: NewSource) -> Mapping[str, str]:
    keys = {key: getattr(source, key) for key in ("path", "label", "split", "format")}
    return {key: value for key, value in keys.items() if value is not None}


def _comment(text: str, indent: int = 0) -> list[str]:
    """Return a sentence as lines of a comment; whatever it holds, none of them is YAML."""
    mark = " " * indent + "# "
    return textwrap.wrap(
        readable(text), WIDTH, initial_indent=mark, subsequent_indent=mark, break_long_words=False
    )


def as_yaml(value: Any) -> str:
    """Return a value in one line of YAML, which means that value also within another one."""
    text = yaml.safe_dump(
        [value], default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False
    )
    text = text.strip().removeprefix("[").removesuffix("]")
    if isinstance(value, Mapping) and "" in value:  # of which PyYAML makes a long form
        text = text.replace("{? '' : ", "{'': ", 1).replace(", ? '' : ", ", '': ", 1)
    return text
