"""The config: what a user may write, which value holds where, and which runs follow from it.

Helpers of the Snakefile. They turn the one config into what each job needs, so that the scripts
never see a config, and they import nothing else of the library that does anything.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match, relevance

from attendna import addresses
from attendna.contracts.layout import Run
from attendna.errors import shown
from attendna.names import LONGEST, fault
from attendna.planning import config_files
from attendna.planning.config_files import DEEPEST, MOST_VALUES, ConfigError

REPLACED_SECTIONS = ["datasets", "models"]  # an overlay replaces these; all else merges over
KINDS = {
    "attention_cnn": "network",
    "tutorial_cnn": "network",
    "gc_content": "baseline",
    "kmer_logistic": "baseline",
    "positional_logistic": "baseline",
    "gkm_svm": "baseline",
    "oracle": "oracle",
}
READING = ["genome", "width", "centre", "soft_masked"]
INTERVALS = (".bed", ".narrowpeak", ".bed.gz", ".narrowpeak.gz")
PRESETS = Path(__file__).parents[3] / "presets"
DOWNLOADS = "results/downloads"
LONGEST_NAME = 100  # letters of a fetched file's name that are kept
NO_MATCH = r"(?!x)x"  # a pattern that matches no name
REPEATED = re.compile(r"(.+)\1{19,}\Z")
PATHS = (("path",), ("genome",), ("url",))  # keys
LONGEST_TEXT = 10_000  # letters
LARGEST_NUMBER = 10**100  # what each key takes, the schema says
TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


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


def simulation(config: Mapping, dataset: str) -> dict:
    """Return what to simulate: what the config says over its preset, which is itself resolved."""
    block = config["datasets"][dataset]["simulate"]
    own = {key: value for key, value in block.items() if key != "preset"}
    return {**_preset(block["preset"]), **own} if "preset" in block else own


@cache
def _preset(name: str) -> dict:
    with open(PRESETS / f"{name}.yaml", encoding="utf-8") as handle:
        return yaml.safe_load(handle)


def simulation_json(config: Mapping, dataset: str) -> str:
    """Return what to simulate as JSON: sorted keys, but the classes in the order of the config."""
    block = simulation(config, dataset)
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


# ------------------------------------------------------------------------------ loading


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
    config = _load_file(default)
    update_config(config, deepcopy(overlay))
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
    check_extent(config)
    with open(schema_path, encoding="utf-8") as handle:
        schema = yaml.safe_load(handle)
    error = best_match(Validator(schema).iter_errors(config), key=_relevance)
    if error is not None:
        raise ConfigError(_sentence(error, schema))
    _check_texts(config)
    _check_repeats(config)
    for section in ["datasets", "predict"]:
        for name, block in config[section].items():
            _check_places(f"{section}.{name}", block.get("sources", []))
            _check_address(f"{section}.{name}.genome", block.get("genome"))
    _check_address("genome", config["genome"])
    for name in config["datasets"]:
        _check_dataset(config, name)
    for name, model in config["models"].items():
        _check_hyperparameters(config, name, model)
    for name, prediction in config["predict"].items():
        _check_prediction(config, name, prediction)
    _check_explaining(config)


def _relevance(error: ValidationError) -> tuple:
    """Do as jsonschema, which fails to compare a key that is a number with one that is text."""
    depth, path, *others = relevance(error)
    return (depth, [(isinstance(part, str), part) for part in path], *others)


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
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += [((*place, i), inner) for i, inner in enumerate(value)]
        elif isinstance(value, str | bytes) and len(value) > LONGEST_TEXT:
            raise ConfigError(
                f"{where}: a text of {len(value):,} letters; at most {LONGEST_TEXT:,} are taken."
            )
        elif isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise ConfigError(f"{where}: a number of more than 100 digits; give a smaller one.")


def _check_texts(value: Any, place: tuple = ()) -> None:
    """Check that every key and text can be shown: names become words of tables and pages."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_text(str(key), place)
            _check_texts(inner, (*place, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            _check_texts(inner, (*place, i))
    elif isinstance(value, str) and value != "":
        _check_text(value, place)


def _check_text(text: str, place: tuple) -> None:
    # How long a path may be, the file system says.
    wrong = fault(text, LONGEST_TEXT if place[-1:] in PATHS else LONGEST)
    if wrong:
        where = ".".join(_brief(key) for key in place)
        raise ConfigError(f"config: {where}: the text {shown(text)} {wrong}")


def _check_repeats(config: Mapping) -> None:
    """Check that Snakemake takes no name for a path that runs in a circle."""
    for section in ["datasets", "models", "predict"]:
        for name in config[section]:
            if REPEATED.search(name):
                raise ConfigError(
                    f"config: {section}.{name}: the name ends in a part that is repeated 20 times, "
                    "which Snakemake takes for a path that runs in a circle; choose another name."
                )


def _brief(key: Any) -> str:
    text = str(key) if isinstance(key, str | int) and not _is_huge(key) else type(key).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_huge(key: Any) -> bool:
    """Whether a number has too many digits even to be written."""
    return isinstance(key, int) and abs(key) > LARGEST_NUMBER


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
            files = [
                (f"sources.{i}.path", source.get("path"))
                for i, source in enumerate(block.get("sources", []))
            ]
            if section == "datasets" and files:
                files.append(("genome", block.get("genome", config["genome"])))
            for key, path in files:
                if isinstance(path, str):
                    _check_file(f"config: {section}.{name}.{key}", path)


def _check_file(where: str, path: str) -> None:
    try:
        there = Path(path).is_file()
    except OSError as error:  # too long, no permission
        raise ConfigError(
            f"{where}: {shown(path)} can't be looked up ({error.strerror}); correct the path."
        ) from error
    if not there:
        raise ConfigError(
            f"{where}: no file {shown(path, most=200)}, looked up from {Path.cwd()}; correct the "
            "path, or name the folder it starts from with --directory."
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


def _check_places(where: str, sources: Iterable[Mapping]) -> None:
    """Check that each source says once where its file is."""
    for i, source in enumerate(sources):
        if ("path" in source) == ("url" in source):
            raise ConfigError(
                f"config: {where}.sources.{i}: expected either path or url, "
                f"found {'both' if 'path' in source else 'neither'}."
            )
        _check_address(f"{where}.sources.{i}", source)


def _check_address(where: str, file: Any) -> None:
    """Check that a file's address, if it has one, can be taken apart."""
    url = file.get("url", "") if isinstance(file, Mapping) else ""
    try:
        urlsplit(url)
    except ValueError as error:  # brackets that do not hold an address
        raise ConfigError(
            f"config: {where}.url: {addresses.shown(url)!r} is no address "
            f"({addresses.hide(str(error), url)}); correct it."
        ) from error


def _check_dataset(config: Mapping, name: str) -> None:
    dataset = config["datasets"][name]
    if ("simulate" in dataset) == ("sources" in dataset):
        raise ConfigError(
            f"config: datasets.{name}: expected either simulate or sources, "
            f"found {'both' if 'simulate' in dataset else 'neither'}."
        )
    for key in ("length", "crop"):
        if "simulate" in dataset and key in dataset:
            raise ConfigError(
                f"config: datasets.{name}.{key}: simulated sequences have the length that "
                "simulate.length says; remove the key."
            )
    if "sources" in dataset:
        _check_reading(config, name)
    for key in [*READING, "negatives"]:
        if "simulate" in dataset and key in dataset:
            raise ConfigError(
                f"config: datasets.{name}.{key}: a simulation reads no files; remove the key."
            )
    if "simulate" in dataset:
        _check_simulation(config, name)
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
    _check_split(config, name)


def _check_split(config: Mapping, name: str) -> None:
    """Check what the settings of a split ask of one another and of the data."""
    how = split(config, name)
    where = f"config: datasets.{name}.split"
    keys = ["test_chromosomes", "validation_chromosomes"]
    for key in keys:
        if how[key] is not None and how["strategy"] != "chromosome":
            raise ConfigError(
                f"{where}.{key}: the strategy is {how['strategy']}, which knows no chromosomes; "
                "set strategy to chromosome or remove the key."
            )
        if how[key] is not None and how["folds"] > 1:
            raise ConfigError(
                f"{where}.{key}: names one set, but there are {how['folds']} folds; set folds to "
                "1 or remove the key."
            )
    both = set(how[keys[0]] or []) & set(how[keys[1]] or [])
    if both:
        raise ConfigError(
            f"{where}.test_chromosomes: {min(both)} is among the validation chromosomes too; "
            "remove it from one of them."
        )
    if how["strategy"] == "chromosome" and simulated(config, name):
        raise ConfigError(
            f"{where}.strategy: simulated sequences lie on no chromosome; use stratified."
        )
    if how["groups"] == "column" and not simulated(config, name):
        if columns(config, config["datasets"][name])["group"] is None:
            raise ConfigError(
                f"config: datasets.{name}.columns.group: missing; `groups: column` asks for the "
                "name of the column with the groups."
            )


def _check_reading(config: Mapping, name: str) -> None:
    """Check what the genome, intervals and negatives of a dataset ask of one another."""
    how, wanted = reading(config, name), negatives(config, name)
    if how["centre"] == "summit" and how["width"] is None:
        raise ConfigError(
            f"config: datasets.{name}.width: missing; `centre: summit` asks for a width about the "
            "summit."
        )
    if how["genome"] is None:
        for i, source in enumerate(config["datasets"][name]["sources"]):
            file = source.get("path", source.get("url", "")).lower()
            intervals = source.get("format") in ("bed", "narrowpeak")
            if intervals or ("format" not in source and file.endswith(INTERVALS)):
                raise ConfigError(
                    f"config: datasets.{name}.genome: missing; sources.{i} holds intervals, and "
                    "their sequences come from the FASTA file of the genome."
                )
        if wanted and wanted["method"] == "genome":
            raise ConfigError(
                f"config: datasets.{name}.genome: missing; negatives.method genome draws from it."
            )
    labels = [str(source.get("label")) for source in config["datasets"][name]["sources"]]
    if wanted and wanted["label"] in labels:
        raise ConfigError(
            f"config: datasets.{name}.negatives.label: {wanted['label']!r} is the label of a "
            "source already; name the negatives otherwise, or remove them."
        )


def _check_simulation(config: Mapping, name: str) -> None:
    block = simulation(config, name)
    key = f"datasets.{name}.simulate"
    if "classes" not in block:
        raise ConfigError(f"config: {key}.classes: missing; name some, or a preset.")
    for label, content in block["classes"].items():
        where = f"config: {key}.classes.{label}"
        simple = [word for word in ("planted", "motifs") if word in content]
        if "elements" in content and simple:
            raise ConfigError(
                f"{where}.{simple[0]}: does not go with elements; give it as one of them, or "
                "remove the elements."
            )
        if "elements" not in content and len(simple) < 2:
            missing = "planted" if simple == ["motifs"] else "motifs"
            raise ConfigError(
                f"{where}.{missing}: missing; give planted and motifs, or elements ([]: none)."
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
    if model["architecture"] == "gkm_svm":
        values = hyperparameters(config, name)
        if values["k"] > values["l"]:
            raise ConfigError(
                f"config: models.{name}.k: {values['k']} bases don't fit in a window of l: "
                f"{values['l']}; make k smaller or l larger."
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


def _check_explaining(config: Mapping) -> None:
    explain = config["explain"]
    used = explain["motifs"]["attribution"]
    if used not in ("auto", *explain["methods"]):
        raise ConfigError(
            f"config: explain.motifs.attribution: {used} is not among explain.methods: "
            f"{', '.join(explain['methods'])}."
        )
    wanted = config["explain"]["models"]
    for name in wanted if isinstance(wanted, list) else []:
        networks = _networks(config)
        if name not in networks:
            raise ConfigError(
                f"config: explain.models: {name!r} is not among the networks: "
                f"{', '.join(networks) or 'there is none'}."
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
        return [str(name) for name in simulation(config, dataset)["classes"]]
    labels = [source.get("label") for source in block["sources"]]
    if any(label is None for label in labels):
        return None
    if "negatives" in block:
        labels.append(block["negatives"]["label"])
    return list(dict.fromkeys(str(label) for label in labels))


def sources(block: Mapping) -> list[dict]:
    """Return the sources of a dataset or a prediction with every key there, labels as text."""
    keys = ["path", "label", "split", "format"]
    listed = [{key: source.get(key) for key in keys} for source in block["sources"]]
    for source, path in zip(listed, source_paths(block), strict=True):
        source["path"] = path
        source["label"] = None if source["label"] is None else str(source["label"])
    return listed


def letters(config: Mapping, dataset: str) -> int:
    """Return how many letters a dataset has: what it simulates, or those of its files."""
    if simulated(config, dataset):
        simulate = simulation(config, dataset)
        return simulate["sequences"] * simulate["length"]
    return file_letters(config["datasets"][dataset])


def file_letters(block: Mapping) -> int:
    """Return about how many letters the files of a dataset or a prediction have: their bytes.

    Files that still have to be fetched count nothing; gzip packs four letters into a byte.
    """
    paths = map(Path, source_paths(block))
    there = [path for path in paths if path.is_file()]
    return sum(path.stat().st_size * (4 if path.suffix == ".gz" else 1) for path in there)


def parts(config: Mapping, letters: int) -> list[str]:
    """Return what Snakemake calls the parts of data that have so many letters; none of few."""
    number = config["chunks"]["number"] if letters >= config["chunks"]["letters"] else 0
    return [f"{part}-of-{number}" for part in range(1, number + 1)]


def files_read(config: Mapping, dataset: str, block: Mapping) -> list[str]:
    """Return the user's files behind a dataset or a prediction: sources, and genome if any."""
    return source_paths(block) + genomes(config, dataset)


def source_paths(block: Mapping) -> list[str]:
    """Return the files of a dataset or a prediction; one with a url is where it is fetched to."""
    return [source.get("path") or _download_path(source) for source in block["sources"]]


def _download_path(source: Mapping) -> str:
    """Return a path that names content, by its checksum, and keeps the file's name readable."""
    name = PurePosixPath(unquote(urlsplit(source["url"]).path)).name
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "file"
    return f"{DOWNLOADS}/{source['sha256'].lower()}/{plain[-LONGEST_NAME:]}"


def downloads(config: Mapping) -> dict[str, str]:
    """Return the url of each file that has to be fetched, by the path where it comes to stand."""
    blocks = [*config["datasets"].values(), *config["predict"].values()]
    sources = [source for block in blocks for source in block.get("sources", [])]
    genomes = [block.get("genome") for block in [config, *config["datasets"].values()]]
    files = sources + [genome for genome in genomes if isinstance(genome, Mapping)]
    return {_download_path(file): file["url"] for file in files if "url" in file}


def files_to_fetch(config: Mapping) -> list[str]:
    """Return the paths of those downloads that a dataset or a prediction reads."""
    blocks = [(name, block) for name, block in config["datasets"].items() if "sources" in block]
    blocks += [(block["dataset"], block) for block in config["predict"].values()]
    read = {path for dataset, block in blocks for path in files_read(config, dataset, block)}
    return [path for path in downloads(config) if path in read]


def reading(config: Mapping, dataset: str) -> dict:
    """Return how the files of a dataset are read: its own settings over the global ones."""
    block = config["datasets"][dataset]
    settings = {key: block.get(key, config[key]) for key in READING}
    if isinstance(settings["genome"], Mapping):
        settings["genome"] = _download_path(settings["genome"])
    return settings


def negatives(config: Mapping, dataset: str) -> dict | None:
    """Return the negatives that a dataset asks for, with every key there; None if it does not."""
    wanted = config["datasets"][dataset].get("negatives")
    return wanted and {**config["negatives"], **wanted, "label": str(wanted["label"])}


def genomes(config: Mapping, dataset: str) -> list[str]:
    """Return the genome of a dataset as a list of files, empty where it has none."""
    genome = reading(config, dataset)["genome"]
    return [] if genome is None else [genome]


def rows(config: Mapping, dataset: str) -> dict:
    """Return `length` and `crop` of a dataset: its own over the global ones."""
    block = config["datasets"][dataset]
    if "simulate" in block:  # of one length already
        return {"length": "auto", "crop": config["crop"]}
    return {key: block.get(key, config[key]) for key in ("length", "crop")}


def auditing(config: Mapping, dataset: str) -> dict:
    """Return the settings of the audit of a dataset."""
    return {**rows(config, dataset), "shared_kmer": split(config, dataset)["shared_kmer"]}


def columns(config: Mapping, block: Mapping) -> dict:
    """Return the columns of a dataset's tables: its own over the default ones."""
    return {**config["columns"], **block.get("columns", {})}


def split(config: Mapping, dataset: str) -> dict:
    """Return the split settings of a dataset: its own over the global ones."""
    return {**config["split"], **config["datasets"][dataset].get("split", {})}


def relating(config: Mapping, dataset: str) -> dict:
    """Return which settings of the split decide what makes records of a dataset related."""
    how = split(config, dataset)
    return {key: how[key] for key in ("groups", "shared_kmer")}


def dividing(config: Mapping, dataset: str) -> dict:
    """Return the settings of the split of a dataset beside those that made its groups."""
    return {key: value for key, value in split(config, dataset).items() if key != "groups"}


def split_audit(config: Mapping, dataset: str) -> dict:
    """Return the settings of the split of a dataset that its audit needs."""
    keys = ("shared_kmer", "strategy", "test", "validation", "folds")
    return {key: value for key, value in split(config, dataset).items() if key in keys}


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
                yield Run(dataset, fold, model, seed)


def _networks(config: Mapping) -> list[str]:
    return [model for model in config["models"] if kind(config, model) == "network"]


def explained(config: Mapping, dataset: str) -> list[Run]:
    """Return the runs of a dataset that are explained."""
    wanted, networks = config["explain"]["models"], _networks(config)
    chosen = {"auto": networks[:1], "all": networks}[wanted] if isinstance(wanted, str) else wanted
    return [
        run
        for run in runs(config, dataset)
        if run.model in chosen
        and (config["explain"]["runs"] == "all" or (run.fold, run.seed) == (1, config["seeds"][0]))
    ]


def attributing(config: Mapping, dataset: str, model: str) -> dict:
    """Return how the attributions of a network are computed."""
    keys = ("records", "fill_up", "methods", "baselines", "shuffles", "steps", "seed")
    how = training(config, dataset, model)
    return {
        **{key: config["explain"][key] for key in keys},
        "target": str(config["explain"]["target"]),
        **{key: how[key] for key in ("device", "threads")},
    }


def finding_motifs(config: Mapping) -> dict:
    """Return how motifs are found."""
    return {**config["explain"]["motifs"], "seed": config["explain"]["seed"]}


def pattern(names: list[str]) -> str:
    """Return a regular expression that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or NO_MATCH
