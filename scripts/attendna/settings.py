"""The config: what a user may write, which value holds where, and which runs follow from it.

Helpers of the Snakefile. They turn the one config into what each job needs, so that the scripts
never see a config, and they import nothing else of the library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator
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


class ConfigError(Exception):
    """A config that can't be run; the message is one sentence that names the key."""


class Run(NamedTuple):
    """One model of the config on one fold of a dataset, with one seed."""

    fold: int
    model: str
    seed: int


def as_json(settings: Any) -> str:
    """Return settings as JSON with sorted keys: equal settings are equal strings."""
    return json.dumps(settings, sort_keys=True, ensure_ascii=False)


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


def check(config: Mapping, schema_path: str | Path) -> None:
    """Check the config as a whole.

    Raises
    ------
    ConfigError
        With one sentence that names the first key that is wrong.
    """
    with open(schema_path, encoding="utf-8") as handle:
        schema = yaml.safe_load(handle)
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise ConfigError(_sentence(error))
    for name in config["datasets"]:
        _check_dataset(config, name)
    for name, model in config["models"].items():
        _check_hyperparameters(config, name, model)
    for name, prediction in config["predict"].items():
        _check_prediction(config, name, prediction)


def _sentence(error: ValidationError) -> str:
    """Say in one sentence what the schema has against a value."""
    where = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{where}." if where else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = sorted(set(map(str, error.instance)) - set(known))[0]
        close = get_close_matches(unknown, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}."
        return f"config: {prefix}{unknown}: unknown key; {hint}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"config: {prefix}{missing[0]}: missing; it has to be given."
    if error.validator == "pattern":
        return (
            f"config: {prefix}{error.instance}: {error.instance!r} is no plain word; "
            "use letters, digits, _ and - only."
        )
    expected = error.schema.get("description") or _expectation(error)
    return f"config: {where or 'the top level'}: expected {expected}, found {error.instance!r}."


def _expectation(error: ValidationError) -> str:
    """Describe in words what a keyword of the schema asks for."""
    value = error.validator_value
    words = {
        "enum": lambda: "one of " + ", ".join(str(item) for item in value),
        "const": lambda: repr(value),
        "type": lambda: " or ".join([value] if isinstance(value, str) else value),
        "minimum": lambda: f"at least {value}",
        "maximum": lambda: f"at most {value}",
        "exclusiveMinimum": lambda: f"more than {value}",
        "exclusiveMaximum": lambda: f"less than {value}",
        "minItems": lambda: f"at least {value} item(s)",
        "minProperties": lambda: f"at least {value} entry",
        "uniqueItems": lambda: "values that differ",
    }
    return words.get(error.validator, lambda: str(error.message))()


def _check_dataset(config: Mapping, name: str) -> None:
    dataset = config["datasets"][name]
    if ("simulate" in dataset) == ("sources" in dataset):
        raise ConfigError(
            f"config: datasets.{name}: expected either simulate or sources, "
            f"found {'both' if 'simulate' in dataset else 'neither'}."
        )
    classes = class_order(config, name)
    if classes is not None and len(classes) < 2:
        raise ConfigError(
            f"config: datasets.{name}: a classifier needs at least two classes, "
            f"found {len(classes)} ({', '.join(classes)})."
        )
    positive = dataset.get("positive")
    if classes is not None and positive is not None and str(positive) not in classes:
        raise ConfigError(
            f"config: datasets.{name}.positive: {positive!r} is no class; "
            f"the classes are {', '.join(classes)}."
        )
    fixed = any(source.get("split") for source in dataset.get("sources", []))
    if fixed and split(config, name)["folds"] > 1:
        raise ConfigError(
            f"config: datasets.{name}.split.folds: the sources fix the split, so folds must be 1."
        )


def _check_hyperparameters(config: Mapping, name: str, model: Mapping) -> None:
    known = set(config["architectures"][model["architecture"]])
    for key in model:
        if key not in known | {"architecture", "training"}:
            close = get_close_matches(str(key), known, n=1)
            hint = (
                f"did you mean {close[0]!r}?"
                if close
                else (f"{model['architecture']} has {', '.join(sorted(known)) or 'none'}.")
            )
            raise ConfigError(f"config: models.{name}.{key}: unknown hyperparameter; {hint}")
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
