"""Write the page of settings from what config.yaml says of each key and what the schema allows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

KEY = re.compile(r"(?P<indent> *)(?P<key>\w+):(?= |$)")
COMMENT = re.compile(r"(?:^| )# ?(?P<words>.*)$")
RULER = re.compile(r"# -{20,}")
TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}
# Sections whose keys are names that users choose; what stands below a name is the same for all.
NAMES = {"datasets": "DATASET", "models": "MODEL"}
NAMES |= {"predict": "NAME", "variants": "NAME", "scans": "NAME"}
# What keys of an entry override, where that is a section of its own.
OVERRIDDEN = {"variants": "variant_scoring", "scans": "scanning"}
CHOSEN = "The name is yours: letters, digits, `_` and `-`."
Place = tuple[str, ...]


def remarks(text: str) -> dict[Place, str]:
    """Return what the comments of a config say of its keys.

    Parameters
    ----------
    text : str
        YAML in block style, in which a comment stands behind its key and goes on far to the right
        of it, or in lines of its own before the key.
    """
    found: dict[Place, list[str]] = {}
    stack: list[tuple[int, str]] = []
    before: list[str] = []
    place: Place | None = None
    for line in text.splitlines():
        at = line.find("#")
        alone = at >= 0 and not line[:at].strip()
        if alone and place and at > stack[-1][0] + 8:
            found[place].append(line[at + 1 :].strip())
        elif alone:
            before = [] if RULER.match(line.strip()) else [*before, line[at + 2 :]]
        elif key := KEY.match(line):
            indent = len(key["indent"])
            stack = [(depth, name) for depth, name in stack if depth < indent] + [
                (indent, key["key"])
            ]
            place = tuple(name for _, name in stack)
            words = COMMENT.search(line)
            said = [*before, *([words["words"]] if words else [])]
            found[place], before = said, []
        else:
            before = []
    return {place: joined(said) for place, said in found.items()}


def joined(lines: list[str]) -> str:
    """Make one text of the lines of a comment; `  word    what it is` becomes a point of a list."""
    text, in_list = "", False
    for line in lines:
        if point := re.fullmatch(r" {2}(\w+) {2,}(\S.*)", line):
            text += f"\n\n- `{point[1]}`: {point[2]}"
            in_list = True
        else:
            after = in_list and not line.startswith("  ")
            text += ("\n\n" if after else " ") + line.strip()
            in_list = in_list and not after
    return text.strip()


def shown_datasets(text: str) -> str:
    """Return the section `datasets` of config.yaml with its examples no longer commented out."""
    section = re.search(r"^datasets:\n((?:(?: .*)?\n)+)", text, re.MULTILINE)[0]
    return re.sub(r"^  # ?(?=  |\w+:$)", "  ", section, flags=re.MULTILINE)


def of_examples(text: str) -> dict[str, str]:
    """Return what the examples of datasets say of a key, by its name alone."""
    said: dict[str, str] = {}
    for place, words in remarks(shown_datasets(text)).items():
        if len(place) > 2 and words:
            said.setdefault(place[-1], words)
    # Keys in braces, as `{path: a.fa, split: train}   # split: train, validation or test`.
    for key, words in re.findall(r"\{.*\} *# (\w+): (.+)", text):
        said.setdefault(key, words)
    return said


def resolved(schema: Mapping, node: Mapping) -> Mapping:
    """Follow the references of a node of the schema."""
    while "$ref" in node:
        target: Any = schema
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    return node


def allowed(schema: Mapping, node: Mapping) -> str:
    """Say in words which values a node of the schema takes."""
    node = resolved(schema, node)
    if "description" in node:
        return node["description"]
    if "enum" in node:
        return "one of " + ", ".join(f"`{value}`" for value in node["enum"])
    if "const" in node:
        return f"`{node['const']}`"
    if "anyOf" in node:
        return " or ".join(allowed(schema, one) for one in node["anyOf"])
    if node.get("type") == "array" and "items" in node:
        one = resolved(schema, node["items"])
        if one.get("type") == "object":
            return "a list of entries with the keys below"
        return f"a list, each {allowed(schema, one)}"
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    return " or ".join(TYPES[kind] for kind in kinds)


def below(schema: Mapping, node: Mapping) -> Iterator[tuple[str, Mapping]]:
    """Yield the keys that a node may hold; a name that users choose in capitals."""
    node = resolved(schema, node)
    if node.get("type") == "array":
        yield from below(schema, node.get("items", {}))
        return
    yield from node.get("properties", {}).items()
    free = node.get("additionalProperties")
    if isinstance(free, Mapping):
        yield "CLASS", free


def settings(schema: Mapping) -> Iterator[tuple[Place, Mapping]]:
    """Yield every setting: its place, and its node of the schema."""

    def walk(place: Place, node: Mapping) -> Iterator[tuple[Place, Mapping]]:
        yield place, node
        if elsewhere(schema, place):
            return
        for key, inner in below(schema, node):
            name = NAMES[place[0]] if key == "CLASS" and len(place) == 1 else key
            yield from walk((*place, name), inner)

    for key, node in schema["properties"].items():
        yield from walk((key,), node)


def elsewhere(schema: Mapping, place: Place) -> str | None:
    """Return the setting that describes the keys below this one, if that is another one."""
    if len(place) == 1:
        return None
    if place[-1] == "decoys":
        return "datasets.DATASET.simulate.classes.CLASS.elements"
    if place[-1] == "sources" and place[0] != "datasets":
        return "datasets.DATASET.sources"
    section = OVERRIDDEN.get(place[0])
    overridden = dict(below(schema, schema["properties"][section])) if section else {}
    if len(place) == 3 and place[-1] in overridden:
        return f"{section}.{place[-1]}"
    known = place[-1] in schema["properties"] and len(place) == 3
    return place[-1] if known and place[-1] not in ("models", "negatives") else None


def default(config: Mapping, place: Place) -> str | None:
    """Return the value of a setting in config.yaml as YAML, or None if it has none."""
    value: Any = config
    for key in place:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    if isinstance(value, Mapping):
        return None
    return (
        yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n...\n").strip()
    )


def anchor_of(name: str) -> str:
    """Return the part of an address that leads to a setting."""
    return name.lower().replace("_", "-").replace(".", "-")


def sentence(words: str, values: str = "") -> str:
    """Begin with a capital letter, but not where a value of the setting comes first, and end."""
    first = re.match(r"[\w-]*", words)[0]
    known = {"auto", *re.findall("`(.+?)`", values)}
    capital = words[:1] if first in known else words[:1].upper()
    return capital + words[1:] + ("" if words.endswith((".", ".)")) else ".")


def page(root: Path) -> str:
    """Return the list of all settings in Markdown, from the files of the project."""
    text = (root / "config.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    schema = yaml.safe_load((root / "schemas" / "config.schema.yaml").read_text(encoding="utf-8"))
    said, examples = remarks(text), of_examples(text)
    parts = []
    for place, node in settings(schema):
        name = ".".join(place)
        parts.append(f"{'##' if len(place) == 1 else '###'} `{name}` {{ #{anchor_of(name)} }}\n")
        values = "" if list(below(schema, node)) else allowed(schema, node)
        words = said.get(place) or (examples.get(place[-1]) if place[0] == "datasets" else None)
        other = elsewhere(schema, place)
        if place[0] in NAMES and len(place) == 2:
            words = CHOSEN
        if other and other.split(".")[-1] == place[-1] and len(other.split(".")) < 3:
            words = ""
            of = {"predict": "prediction", "variants": "set of variants"}.get(
                place[0], place[0].removesuffix("s")
            )
            parts.append(f"As [`{other}`](#{anchor_of(other)}), for this {of} only.\n")
        elif other:
            parts.append(f"The keys of each entry: as [`{other}`](#{anchor_of(other)}).\n")
        if words and place != ("datasets",):
            parts.append(f"{sentence(plain(words), values)}\n")
        value = default(config, place)
        line = [f"**Default:** `{value}`"] if value is not None else []
        line += [f"**Allowed:** {plain(values)}"] if values and not other else []
        if line:
            parts.append("  \n".join(line) + "\n")
        if place == ("datasets",):
            examples_of = '??? example "All examples of `config.yaml`"\n\n'
            block = f"```yaml\n{shown_datasets(text)}```\n"
            parts.append(examples_of + indented(block))
    return "\n".join(parts)


def indented(block: str) -> str:
    """Put a block into what it belongs to."""
    return "".join(f"    {line}" if line.strip() else line for line in block.splitlines(True))


def plain(words: str) -> str:
    """Keep `<`, `{` and `_` from being read as marks, outside of code."""
    pieces = re.split(r"(`[^`]*`)", words)
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([<*_{}\[\]|])", r"\\\1", piece)
        for piece in pieces
    )
