"""What the schema has against a config, in one sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match, relevance

from attendna import addresses
from attendna.errors import brief, shown
from attendna.planning.config_files import ConfigError
from attendna.wording import counted

try:  # libyaml reads our schema in a sixth of the time, a twentieth of that of a dry run
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader

TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


def _is_integer(_, value: Any) -> bool:
    # JSON Schema would take 1.0 too, which makes a folder seed1.0.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_, value: Any) -> bool:
    # .inf and .nan are numbers in YAML, and pass every comparison or none.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    ),
)


def check(config: Mapping, schema_path: str | Path) -> None:
    """Check a config against the schema.

    Raises
    ------
    ConfigError
        With one sentence that names the first key that is wrong.
    """
    schema = _schema(Path(schema_path))
    error = best_match(Validator(schema).iter_errors(config), key=_relevance)
    if error is not None:
        raise ConfigError(_sentence(error, schema))


@cache
def _schema(path: Path) -> dict[str, Any]:
    with open(path, encoding="utf-8") as handle:
        return yaml.load(handle, Loader=SafeLoader)


def _relevance(error: ValidationError) -> tuple:
    """Do as jsonschema, which fails to compare a key that is a number with one that is text."""
    depth, path, *others = relevance(error)
    return (depth, [(isinstance(part, str), part) for part in path], *others)


def _sentence(error: ValidationError, schema: Mapping) -> str:
    """Say in one sentence what the schema has against a value."""
    if error.parent is not None and error.parent.validator == "anyOf":
        error = error.parent  # what all alternatives are, not what one of them asks for
    where = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{where}." if where else ""
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = _known_keys(error, schema)
        unknown = next(str(key) for key in error.instance if key not in known)
        return f"config: {prefix}{unknown}: unknown key; {suggestion(unknown, known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"config: {prefix}{missing}: missing; it has to be given."
    if error.validator == "dependentRequired":
        missing = "sha256" if "url" in error.instance else "url"
        return f"config: {prefix}{missing}: missing; url and sha256 have to be given together."
    if error.validator == "maxLength":
        return (
            f"config: {prefix}{shown(error.instance)}: {len(error.instance):,} letters, and at "
            f"most {error.validator_value:,} are taken; shorten it."
        )
    if "propertyNames" in error.absolute_schema_path:
        return f"config: {prefix}{error.instance}: {_bad_name(error.instance)}"
    expected = error.schema.get("description") or _expectation(error)
    found = f"{_shown(error.instance)}{_number_as_text(error.instance, expected)}"
    return f"config: {where}: expected {expected}, found {found}."


def _known_keys(error: ValidationError, schema: Mapping) -> Mapping:
    reference = error.schema.get("$ref")
    block = schema["$defs"][reference.removeprefix("#/$defs/")] if reference else error.schema
    return block.get("properties", {})


def suggestion(unknown: str, known: Iterable[str]) -> str:
    """Name the key that was probably meant, or else all there are."""
    word, _, value = unknown.partition(" ")
    if value and word in known:
        return f"a colon is missing after {word!r}; write `{word}: {brief(value)}`."
    close = get_close_matches(unknown, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(sorted(known))}." if known else "there is nothing to set here."


def _bad_name(name: Any) -> str:
    if not isinstance(name, str):
        return f"YAML reads this name as {name}, which is no text; put quotes around it."
    if not name:
        return "a name can't be empty; give it at least one letter."
    return f"{name!r} is not a plain word; use letters, digits, _ and - only."


def _expectation(error: ValidationError) -> str:
    """Describe in words what a keyword of the schema asks for."""
    value = error.validator_value
    kinds = [value] if isinstance(value, str) else value
    words = {
        "enum": lambda: "one of " + ", ".join(value),
        "type": lambda: " or ".join(TYPES[kind] for kind in kinds),
        "minItems": lambda: f"at least {counted(value, 'item')}",
        "minProperties": lambda: f"at least {counted(value, 'entry', 'entries')}",
        "minLength": lambda: f"text of at least {counted(value, 'letter')}",
        "uniqueItems": lambda: "values that differ",
    }
    return words.get(error.validator, lambda: error.message)()


def _shown(value: Any) -> str:
    """Return a value as a config file would have it, cut if it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"the keys {', '.join(map(str, value))}" if value else "no key"
    value = addresses.without_secrets(value)
    text = json.dumps(value, default=str, skipkeys=True, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _number_as_text(value: Any, expected: str) -> str:
    """Explain that YAML takes 1e-3, without a point, for text."""
    if not isinstance(value, str) or "number" not in expected:
        return ""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return ""
    if not number.is_finite() or abs(number.adjusted()) > 15:
        return ""
    return f", which is text in YAML; write {number:f}"
