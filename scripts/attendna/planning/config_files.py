"""A config file, read as data and as nothing else.

Snakemake reads configs with YTE, which runs Python that stands in them. Here nothing is run: what
could be is refused, and so is what YAML loses without a word, a key that occurs twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from attendna.errors import brief, readable, shown

# Far more than any config needs, and little enough to be looked through in a moment.
LARGEST_FILE = 1_000_000  # bytes
MOST_VALUES = 100_000
DEEPEST = 30
MERGE, VALUE = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"  # the keys << and =
YTE_KEYS = {"__use_yte__", "__definitions__", "__variables__"}
# A line with a key and perhaps a value, and nothing between them.
_NO_COLON = re.compile(
    r"\s*(?:- +)?(?P<key>[A-Za-z_][A-Za-z0-9_-]*)(?P<value>[ \t]+[^:#]*)?\s*(?:#.*)?"
)
# What YAML and what it calls raise when they meet something else than a config.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    yaml.YAMLError,
)


class ConfigError(Exception):
    """A config that can't be run; the message is one sentence that names the key."""

    def __init__(self, sentence: str) -> None:
        super().__init__(readable(sentence))


def read(path: str | Path) -> dict:
    """Read a config file, JSON or YAML, without running anything that stands in it.

    Raises
    ------
    ConfigError
        If it can't be read, is no JSON or YAML with keys at its top, is too large or nested too
        deep, holds a key twice in one mapping, or a key that YTE would run.
    """
    text = ""
    try:
        if Path(path).stat().st_size > LARGEST_FILE:
            raise ValueError(f"it has more than {LARGEST_FILE:,} bytes")
        text = Path(path).read_text(encoding="utf-8")
        as_json = _json(text)
        # JSON is YAML but for tabs between values, and for how numbers and pairs of surrogates are
        # written: so its values are those of JSON, and its keys are checked as those of YAML are.
        config = _yaml(text if as_json is None else text.replace("\t", " "), path)
        config = config if as_json is None else as_json
        if not isinstance(config, dict):
            raise ValueError("it has no keys at its top")
    except _FAILURES as error:
        _look_for_colon(text, error, path)
        reason = " ".join(str(error).split()).rstrip(".")[:300]
        raise ConfigError(
            f"{path}: no config ({reason}); write YAML with keys such as datasets and models."
        ) from error
    return config


def _look_for_colon(text: str, error: Exception, path: str | Path) -> None:
    """Raise with the line where a colon is missing, if that is why a text can't be read."""
    lines = text.splitlines()
    mark = getattr(error, "problem_mark", None)
    last = len(lines) if mark is None else mark.line + 1
    for number in range(min(last, len(lines)), 0, -1):
        found = _NO_COLON.fullmatch(lines[number - 1])
        if found:
            key, value = found["key"], (found["value"] or "").strip()
            raise ConfigError(
                f"config: {path}, line {number}: a colon is missing after {shown(key)}; write "
                f"`{key}:{' ' if value else ''}{brief(value)}`."
            ) from error


def _json(text: str) -> Any:
    """Return what a text means as JSON, as Snakemake takes it; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _yaml(text: str, path: str | Path) -> Any:
    loader = _Loader(text, path)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """YAML without Python objects, without doubled keys and YTE's, of a bounded size."""

    def __init__(self, text: str, path: str | Path) -> None:
        super().__init__(text)
        self._path = path
        self._depth = 0
        self._nodes = 0
        self._merged = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Do as PyYAML, as deep and as far as a config goes."""
        self._depth += 1
        self._nodes += 1
        line = self.peek_event().start_mark.line
        if self._depth > DEEPEST + 1:
            raise self._refusal(line, f"more than {DEEPEST} levels deep; correct the nesting")
        if self._nodes > 2 * MOST_VALUES:  # keys are nodes, too
            raise self._refusal(line, f"more than {MOST_VALUES:,} values; divide it into several")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Do as PyYAML, and check the keys as they stand there, before `<<` merges others in."""
        node = super().compose_mapping_node(anchor)
        first: dict[Hashable, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue  # no key of a dict, which the constructor says
            key, line = self._key(key_node), key_node.start_mark.line
            if isinstance(key, str) and (key in YTE_KEYS or key.startswith("?")):
                raise self._refusal(
                    line,
                    f"the key {brief(key)} belongs to YTE, by which a config runs code; "
                    "write the values out instead",
                )
            if key in first:
                raise self._refusal(
                    line,
                    f"the key {brief(str(key))} occurs twice in one mapping, first on line "
                    f"{first[key] + 1}, and only one of them would count; rename or remove one",
                )
            first[key] = line
        return node

    def _key(self, node: yaml.ScalarNode) -> Hashable:
        return node.value if node.tag in (MERGE, VALUE) else self.construct_object(node)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Do as PyYAML with `<<`, by which a few lines can stand for billions of pairs."""
        for key_node, value in node.value:
            if key_node.tag != MERGE:
                continue
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for inner in merged:
                self._merged += len(inner.value)
                if self._merged > MOST_VALUES:
                    raise self._refusal(
                        key_node.start_mark.line,
                        f"by `<<`, more than {MOST_VALUES:,} values are merged; write out what is "
                        "needed",
                    )
                if isinstance(inner, yaml.MappingNode):
                    self.flatten_mapping(inner)  # now, so that its length counts where it stands
        super().flatten_mapping(node)

    def _refusal(self, line: int, what: str) -> ConfigError:
        return ConfigError(f"config: {self._path}, line {line + 1}: {what}.")
