"""config.yaml is the manual: it shows, explains and gives a value to whatever the schema takes."""

import re

import pytest
from configs import DEFAULT, DEFAULT_TEXT, SCHEMA, checked, places

from attendna.planning import settings


def schema_keys(schema=SCHEMA):
    """Every key that the schema names, but for the names that users choose."""
    if isinstance(schema, dict):
        properties = schema.get("properties", {})
        yield from properties
        for value in schema.values():
            yield from schema_keys(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from schema_keys(item)


def default_keys():
    """Every key of the default config, but for the names that users choose."""
    chosen = {("datasets", 1), ("models", 1), ("predict", 1), ("datasets", 4)}
    for path in places(DEFAULT):
        if path and isinstance(path[-1], str) and (path[0], len(path) - 1) not in chosen:
            yield path[-1]


def test_the_schema_names_every_key_of_the_default_config():
    assert set(default_keys()) <= set(schema_keys())


def test_the_default_config_shows_every_key_of_the_schema():
    for key in set(schema_keys()):
        assert re.search(rf"\b{key}\b", DEFAULT_TEXT), key


def test_every_architecture_has_defaults_and_a_kind():
    named = SCHEMA["$defs"]["model"]["properties"]["architecture"]["enum"]
    assert set(named) == set(DEFAULT["architectures"]) == set(settings.KINDS)
    assert set(named) == set(SCHEMA["properties"]["architectures"]["properties"])
    for name in named:
        assert re.search(rf"^#   {name}  +\w", DEFAULT_TEXT, re.MULTILINE), name


@pytest.mark.parametrize("architecture", DEFAULT["architectures"])
def test_every_hyperparameter_has_a_default(architecture):
    values = SCHEMA["$defs"].get(f"{architecture}_values", {"properties": {}})["properties"]
    assert set(DEFAULT["architectures"][architecture]) - {"training"} == set(values) - {"training"}


@pytest.mark.parametrize(
    "section", ["columns", "split", "training", "evaluation", "explain", "plots"]
)
def test_every_setting_has_a_default(section):
    block = SCHEMA["properties"][section]
    block = SCHEMA["$defs"][section] if "$ref" in block else block
    assert set(DEFAULT[section]) == set(block["properties"])


def test_negatives_have_defaults_for_all_but_what_a_dataset_must_say():
    properties = SCHEMA["properties"]["negatives"]["properties"]
    assert set(DEFAULT["negatives"]) == set(properties)
    own = SCHEMA["$defs"]["dataset"]["properties"]["negatives"]
    assert set(own["properties"]) - set(own["required"]) == set(properties)


def test_every_key_of_the_default_config_is_explained():
    lines = DEFAULT_TEXT.splitlines()
    comments = [line.partition("#")[2] for line in lines if "#" in line]
    for key in set(default_keys()):
        places_of_key = [i for i, line in enumerate(lines) if re.match(rf" *{key}:", line)]
        beside = any("#" in lines[i] for i in places_of_key)
        above = any(i and re.match(r" *#", lines[i - 1]) for i in places_of_key)
        named = any(re.search(rf"\b{key}\b", comment) for comment in comments)
        assert beside or above or named, key


def test_every_choice_is_named_in_the_default_config():
    def choices(schema):
        if isinstance(schema, dict):
            yield from schema.get("enum", [])
            schema = list(schema.values())
        if isinstance(schema, list):
            for item in schema:
                yield from choices(item)

    for choice in set(choices(SCHEMA)):
        assert re.search(rf"(?<!\w){re.escape(choice)}(?!\w)", DEFAULT_TEXT), choice


def test_the_examples_in_comments_are_valid():
    text = re.sub(
        # A line `# name:` or `# name: {...}`, and the comment lines indented below it.
        r"^( *)# (\w+:(?: \{.*\})?(?:\n\1#   .*)*)$",
        lambda match: re.sub(rf"^{match[1]}# ?", match[1], match[0], flags=re.MULTILINE),
        DEFAULT_TEXT,
        flags=re.MULTILINE,
    )
    assert text != DEFAULT_TEXT
    config = checked(text)
    assert {"promoters", "mafk", "like_splice_sites", "sigma70"} <= set(config["datasets"])
    assert "wide" in config["models"] and config["predict"]
    assert settings.class_order(config, "promoters") == ["promoter", "background"]
