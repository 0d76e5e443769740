"""The config: what a user may write, which value holds where, and which runs follow from it.

Helpers of the Snakefile. They turn the one config into what each job needs, so that the scripts
never see a config, and they import nothing else of the library.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match

REPLACED_SECTIONS = ["datasets", "models"]  # an overlay replaces these; all else merges over
KINDS = {
    "attention_cnn": "network",
    "tutorial_cnn": "network",
    "kmer_logistic": "baseline",
    "positional_logistic": "baseline",
    "oracle": "oracle",
}
NO_MATCH = r"(?!x)x"  # a pattern that matches no name
TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


class ConfigError(Exception):
    """A config that can't be run; the message is one sentence that names the key."""


class Run(NamedTuple):
    """One model of the config on one fold of a dataset, with one seed."""

    fold: int
    model: str
    seed: int


def as_json(settings: Any, sort_keys: bool = True) -> str:
    """Return settings as JSON, with sorted keys: then equal settings are equal strings."""
    return json.dumps(_with_text_keys(settings), sort_keys=sort_keys, ensure_ascii=False)


def _with_text_keys(settings: Any) -> Any:
    """Return settings with every key as text: classes called 0 and 1 are numbers in YAML."""
    if isinstance(settings, Mapping):
        return {str(key): _with_text_keys(value) for key, value in settings.items()}
    if isinstance(settings, list):
        return [_with_text_keys(item) for item in settings]
    return settings


def simulation_json(config: Mapping, dataset: str) -> str:
    """Return what to simulate as JSON: sorted keys, but the classes in the order of the config."""
    block = config["datasets"][dataset]["simulate"]
    ordered = dict(sorted(block.items()))
    ordered["classes"] = {
        str(name): dict(sorted(content.items())) for name, content in block["classes"].items()
    }
    return as_json(ordered, sort_keys=False)


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


# ------------------------------------------------------------------------------ checking


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
    """Check the config as a whole.

    Raises
    ------
    ConfigError
        With one sentence that names the first key that is wrong.
    """
    with open(schema_path, encoding="utf-8") as handle:
        schema = yaml.safe_load(handle)
    error = best_match(Validator(schema).iter_errors(config))
    if error is not None:
        raise ConfigError(_sentence(error, schema))
    for name in config["datasets"]:
        _check_dataset(config, name)
    for name, model in config["models"].items():
        _check_hyperparameters(config, name, model)
    for name, prediction in config["predict"].items():
        _check_prediction(config, name, prediction)


def check_sources(config: Mapping) -> None:
    """Check that the files of sequences are there, from the working directory.

    Snakemake itself does not miss the input of a file that exists already, and would go on with
    what an earlier config brought in.

    Raises
    ------
    ConfigError
        With one sentence that names the key and the path of the first file that is not there.
    """
    for section in ["datasets", "predict"]:
        for name, block in config[section].items():
            for i, source in enumerate(block.get("sources", [])):
                if not Path(source["path"]).is_file():
                    raise ConfigError(
                        f"config: {section}.{name}.sources.{i}.path: no file {source['path']!r}, "
                        f"looked up from {Path.cwd()}; correct the path, or name the folder it "
                        "starts from with --directory."
                    )


def _sentence(error: ValidationError, schema: Mapping) -> str:
    """Say in one sentence what the schema has against a value."""
    if error.parent is not None and error.parent.validator == "anyOf":
        error = error.parent  # what all alternatives are, not what one of them asks for
    where = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{where}." if where else ""
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = _known_keys(error, schema)
        unknown = next(str(key) for key in error.instance if key not in known)
        return f"config: {prefix}{unknown}: unknown key; {_suggestion(unknown, known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"config: {prefix}{missing}: missing; it has to be given."
    if "propertyNames" in error.absolute_schema_path:
        return f"config: {prefix}{error.instance}: {_bad_name(error.instance)}"
    expected = error.schema.get("description") or _expectation(error)
    found = f"{_shown(error.instance)}{_number_as_text(error.instance, expected)}"
    return f"config: {where}: expected {expected}, found {found}."


def _known_keys(error: ValidationError, schema: Mapping) -> Mapping:
    reference = error.schema.get("$ref")
    block = schema["$defs"][reference.removeprefix("#/$defs/")] if reference else error.schema
    return block.get("properties", {})


def _suggestion(unknown: str, known: Iterable[str]) -> str:
    """Name the key that was probably meant, or else all there are."""
    close = get_close_matches(unknown, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(sorted(known))}." if known else "there is nothing to set here."


def _bad_name(name: Any) -> str:
    if not isinstance(name, str):
        return f"YAML reads this name as {name}, which is no text; put quotes around it."
    if not name:
        return "a name can't be empty; give it at least one letter."
    return f"{name!r} is no plain word; use letters, digits, _ and - only."


def _expectation(error: ValidationError) -> str:
    """Describe in words what a keyword of the schema asks for."""
    value = error.validator_value
    kinds = [value] if isinstance(value, str) else value
    words = {
        "enum": lambda: "one of " + ", ".join(value),
        "type": lambda: " or ".join(TYPES[kind] for kind in kinds),
        "minItems": lambda: f"at least {value} item",
        "minProperties": lambda: f"at least {value} entry",
        "minLength": lambda: f"text of at least {value} letter",
        "uniqueItems": lambda: "values that differ",
    }
    return words.get(error.validator, lambda: error.message)()


def _shown(value: Any) -> str:
    """Return a value as a config file would have it, cut if it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"the keys {', '.join(map(str, value))}" if value else "no key"
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


def _check_dataset(config: Mapping, name: str) -> None:
    dataset = config["datasets"][name]
    if ("simulate" in dataset) == ("sources" in dataset):
        raise ConfigError(
            f"config: datasets.{name}: expected either simulate or sources, "
            f"found {'both' if 'simulate' in dataset else 'neither'}."
        )
    classes = class_order(config, name)
    if classes is not None:
        _check_classes(name, classes, dataset.get("positive"))
    if not models(config, name):
        raise ConfigError(
            f"config: models: an oracle alone can't learn from datasets.{name}, which is not "
            "simulated; add a network or a baseline."
        )
    fixed = any(source.get("split") for source in dataset.get("sources", []))
    if fixed and split(config, name)["folds"] > 1:
        raise ConfigError(
            f"config: datasets.{name}.split.folds: the sources fix the split, so folds must be 1."
        )


def _check_classes(name: str, classes: list[str], positive: Any) -> None:
    for label in classes:
        if classes.count(label) > 1:  # 1 and '1' are two keys in YAML
            raise ConfigError(
                f"config: datasets.{name}.simulate.classes.{label}: stands there twice, as a "
                "number and as text; rename one."
            )
    if len(classes) < 2:
        raise ConfigError(
            f"config: datasets.{name}: a classifier needs at least two classes, "
            f"found {len(classes)} ({', '.join(classes) or 'none'})."
        )
    if positive is not None and str(positive) not in classes:
        raise ConfigError(
            f"config: datasets.{name}.positive: {str(positive)!r} is no class; "
            f"the classes are {', '.join(classes)}."
        )
    if positive is not None and len(classes) > 2:
        raise ConfigError(
            f"config: datasets.{name}.positive: only one of two classes can be positive, and "
            f"there are {len(classes)}; remove the key."
        )


def _check_hyperparameters(config: Mapping, name: str, model: Mapping) -> None:
    known = set(config["architectures"][model["architecture"]]) - {"training"}
    for key in model:
        if key in known | {"architecture", "training"}:
            continue
        if key in config["training"]:
            hint = f"it belongs one level deeper, under models.{name}.training."
        else:
            hint = _suggestion(str(key), known)
        raise ConfigError(
            f"config: models.{name}.{key}: unknown hyperparameter of {model['architecture']}; "
            f"{hint}"
        )
    if "training" in model and KINDS[model["architecture"]] != "network":
        raise ConfigError(
            f"config: models.{name}.training: {model['architecture']} is not trained in epochs; "
            "remove the block."
        )


def _check_prediction(config: Mapping, name: str, prediction: Mapping) -> None:
    for key, section in [("dataset", "datasets"), ("model", "models")]:
        if prediction[key] not in config[section]:
            raise ConfigError(
                f"config: predict.{name}.{key}: {prediction[key]!r} is not among the {section}: "
                f"{', '.join(config[section])}."
            )
    if kind(config, prediction["model"]) == "oracle":
        raise ConfigError(
            f"config: predict.{name}.model: the oracle knows one simulation and can't score new "
            "sequences; name a network or a baseline."
        )


# ------------------------------------------------------------------------------ looking up


def simulated(config: Mapping, dataset: str) -> bool:
    """Whether a dataset is simulated."""
    return "simulate" in config["datasets"][dataset]


def kind(config: Mapping, model: str) -> str:
    """Return "network", "baseline" or "oracle"."""
    return KINDS[config["models"][model]["architecture"]]


def class_order(config: Mapping, dataset: str) -> list[str] | None:
    """Return the classes in the order of the config, or None if only the data know them."""
    block = config["datasets"][dataset]
    if "simulate" in block:
        return [str(name) for name in block["simulate"]["classes"]]
    labels = [source.get("label") for source in block["sources"]]
    if any(label is None for label in labels):
        return None
    return list(dict.fromkeys(str(label) for label in labels))


def sources(block: Mapping) -> list[dict]:
    """Return the sources of a dataset or a prediction with every key there, labels as text."""
    keys = ["path", "label", "split", "format"]
    listed = [{key: source.get(key) for key in keys} for source in block["sources"]]
    for source in listed:
        source["label"] = None if source["label"] is None else str(source["label"])
    return listed


def columns(config: Mapping, block: Mapping) -> dict:
    """Return the columns of a dataset's tables: its own over the default ones."""
    return {**config["columns"], **block.get("columns", {})}


def split(config: Mapping, dataset: str) -> dict:
    """Return the split settings of a dataset: its own over the global ones."""
    return {**config["split"], **config["datasets"][dataset].get("split", {})}


def hyperparameters(config: Mapping, model: str) -> dict:
    """Return a model's architecture and hyperparameters, the model's own over the default ones."""
    block = config["models"][model]
    merged = {**config["architectures"][block["architecture"]], **block}
    return {key: value for key, value in merged.items() if key != "training"}


def training(config: Mapping, dataset: str, model: str) -> dict:
    """Return how a network is trained: model over architecture over dataset over global."""
    block = config["models"][model]
    return {
        **config["training"],
        **config["datasets"][dataset].get("training", {}),
        **config["architectures"][block["architecture"]].get("training", {}),
        **block.get("training", {}),
    }


def models(config: Mapping, dataset: str) -> list[str]:
    """Return the models that run on a dataset: the oracle only where the truth is known."""
    return [
        model
        for model in config["models"]
        if kind(config, model) != "oracle" or simulated(config, dataset)
    ]


def folds(config: Mapping, dataset: str) -> list[int]:
    """Return the folds of a dataset, counted from 1."""
    return list(range(1, split(config, dataset)["folds"] + 1))


def seeds(config: Mapping, model: str) -> list[int]:
    """Return the seeds of a model; what draws nothing at random runs with the first one only."""
    return config["seeds"] if kind(config, model) == "network" else config["seeds"][:1]


def runs(config: Mapping, dataset: str) -> Iterator[Run]:
    """Yield the runs of a dataset, by fold, then model in the order of the config, then seed."""
    for fold in folds(config, dataset):
        for model in models(config, dataset):
            for seed in seeds(config, model):
                yield Run(fold, model, seed)


def pattern(names: list[str]) -> str:
    """Return a regular expression that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or NO_MATCH
