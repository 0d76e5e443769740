"""Whether a config can be run: what its keys ask of one another, beyond what the schema knows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attendna import addresses
from attendna.data.raw_text import file_in
from attendna.errors import shown
from attendna.planning import config_schema, settings
from attendna.planning.config_files import ConfigError
from attendna.planning.config_values import check_extent, check_repeats, check_texts

INTERVALS = (".bed", ".narrowpeak", ".bed.gz", ".narrowpeak.gz")


def check(config: Mapping, schema_path: str | Path) -> None:
    """Check the config as a whole.

    Raises
    ------
    ConfigError
        With one sentence that names the first key that is wrong.
    """
    check_extent(config)
    config_schema.check(config, schema_path)
    check_texts(config)
    check_repeats(config)
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
    for name, variants in config["variants"].items():
        _check_variants(config, name, variants)
    for name, scan in config["scans"].items():
        _check_scan(config, name, scan)
    _check_explaining(config)
    for section in ("explain", "export"):
        _check_chosen_networks(config, section)


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
    for name, block in config["variants"].items():
        for key in ("vcf", "genome", "windows"):
            path = block.get(key, config["variant_scoring"].get(key))
            if isinstance(path, str):
                _check_file(f"config: variants.{name}.{key}", path)
    for block in config["predict"].values():  # also of simulated datasets, which have no other
        genome = config["datasets"][block["dataset"]].get("genome", config["genome"])
        if isinstance(genome, str):
            _check_file("config: genome", genome)
    for name in config["scans"]:
        for path in settings.scanned_files(config, name):
            if not path.startswith(f"{settings.DOWNLOADS}/"):
                key = next(k for k, v in settings.scanning(config, name).items() if v == path)
                _check_file(f"config: scans.{name}.{key}", path)


def _check_file(where: str, path: str) -> None:
    try:
        there, folder = Path(path).is_file(), Path(path).is_dir()
    except OSError as error:  # too long, no permission
        raise ConfigError(
            f"{where}: {shown(path)} can't be looked up ({error.strerror}); correct the path."
        ) from error
    if there:
        return
    if folder:
        joining = ""
        if where.endswith(".genome") or where.endswith(": genome"):
            joining = f", or join its files by `cat {path.rstrip('/')}/*.fa > genome.fa`"
        raise ConfigError(f"{where}: {shown(path)} is a folder; name {file_in(path)}{joining}.")
    close = _close_names(path)
    meant = f"did you mean {shown(close, most=200)}? Else correct" if close else "correct"
    raise ConfigError(
        f"{where}: no file {shown(path, most=200)}, looked up from {Path.cwd()}; {meant} the "
        "path, or name the folder it starts from with --directory."
    )


def _close_names(path: str) -> str | None:
    """Return the file beside a missing one whose name is nearest to its; None: there is none."""
    folder, name = os.path.split(path)
    try:
        there = [entry.name for entry in os.scandir(folder or ".") if entry.is_file()]
    except (OSError, ValueError):
        return None
    close = get_close_matches(name, there, n=1, cutoff=0.8)
    return os.path.join(folder, close[0]) if close else None


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
    for key in [*settings.READING, "negatives", "labels"]:
        if "simulate" in dataset and key in dataset:
            raise ConfigError(
                f"config: datasets.{name}.{key}: a simulation reads no files; remove the key."
            )
    if "simulate" in dataset:
        _check_simulation(config, name)
    _check_labels(name, dataset.get("labels", {}))
    classes = settings.class_order(config, name)
    if classes is not None:
        _check_classes(name, classes, dataset.get("positive"))
    if not settings.models(config, name):
        raise ConfigError(
            f"config: models: an oracle alone can't learn from datasets.{name}, which is not "
            "simulated; add a network or a baseline."
        )
    fixed = any(source.get("split") for source in dataset.get("sources", []))
    if fixed and settings.split(config, name)["folds"] > 1:
        raise ConfigError(
            f"config: datasets.{name}.split.folds: the sources fix the split, so folds must be 1."
        )
    _check_split(config, name)


def _check_labels(name: str, labels: Mapping) -> None:
    """Check that each label that is joined or dropped stands in one place alone."""
    seen: dict[str, str] = {}
    for joined, old in labels.items():
        for label in old if isinstance(old, list) else [joined if old is None else old]:
            if str(label) in seen:
                raise ConfigError(
                    f"config: datasets.{name}.labels.{joined}: the label {str(label)!r} stands in "
                    f"{seen[str(label)]} too; a label belongs to one class, so take it out of one."
                )
            seen[str(label)] = str(joined)


def _check_split(config: Mapping, name: str) -> None:
    """Check what the settings of a split ask of one another and of the data."""
    split = settings.split(config, name)
    where = f"config: datasets.{name}.split"
    keys = ["test_chromosomes", "validation_chromosomes"]
    for key in keys:
        if split[key] is not None and split["strategy"] != "chromosome":
            raise ConfigError(
                f"{where}.{key}: the strategy is {split['strategy']}, which knows no chromosomes; "
                "set strategy to chromosome or remove the key."
            )
        if split[key] is not None and split["folds"] > 1:
            raise ConfigError(
                f"{where}.{key}: names one set, but there are {split['folds']} folds; set folds to "
                "1 or remove the key."
            )
    both = set(split[keys[0]] or []) & set(split[keys[1]] or [])
    if both:
        raise ConfigError(
            f"{where}.test_chromosomes: {min(both)} is among the validation chromosomes too; "
            "remove it from one of them."
        )
    if split["strategy"] == "chromosome" and settings.simulated(config, name):
        raise ConfigError(
            f"{where}.strategy: simulated sequences lie on no chromosome; use stratified."
        )
    if split["groups"] == "column" and not settings.simulated(config, name):
        if settings.columns(config, config["datasets"][name])["group"] is None:
            raise ConfigError(
                f"config: datasets.{name}.columns.group: missing; `groups: column` asks for the "
                "name of the column with the groups."
            )


def _check_reading(config: Mapping, name: str) -> None:
    """Check what the genome, intervals and negatives of a dataset ask of one another."""
    reading, wanted = settings.reading(config, name), settings.negatives(config, name)
    if reading["centre"] == "summit" and reading["width"] is None:
        raise ConfigError(
            f"config: datasets.{name}.width: missing; `centre: summit` asks for a width about the "
            "summit."
        )
    if reading["genome"] is None:
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
    block = settings.simulation(config, name)
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
            hint = config_schema.suggestion(str(key), known)
        raise ConfigError(
            f"config: models.{name}.{key}: unknown hyperparameter of {model['architecture']}; "
            f"{hint}"
        )
    if model["architecture"] == "gkm_svm":
        values = settings.hyperparameters(config, name)
        if values["k"] > values["l"]:
            raise ConfigError(
                f"config: models.{name}.k: {values['k']} bases don't fit in a window of l: "
                f"{values['l']}; make k smaller or l larger."
            )
    if model["architecture"] == "attention_cnn":
        values = settings.hyperparameters(config, name)
        chosen = values["partner_sizes"]
        for size in [] if chosen == "auto" else chosen:
            if size not in values["kernel_sizes"]:
                raise ConfigError(
                    f"config: models.{name}.partner_sizes: {size} is not among the kernel_sizes: "
                    f"{', '.join(map(str, values['kernel_sizes']))}; name some of these, or none."
                )
    if "training" in model and settings.KINDS[model["architecture"]] != "network":
        raise ConfigError(
            f"config: models.{name}.training: {model['architecture']} is not trained in epochs; "
            "remove the block."
        )


def _check_prediction(config: Mapping, name: str, prediction: Mapping) -> None:
    _check_scoring(config, f"predict.{name}", prediction, "new sequences")


def _check_scoring(config: Mapping, where: str, block: Mapping, what: str) -> None:
    """Check that the dataset and the model that a block names are there, and that it can score."""
    for key, section in [("dataset", "datasets"), ("model", "models")]:
        if block[key] not in config[section]:
            raise ConfigError(
                f"config: {where}.{key}: {block[key]!r} is not among the {section}: "
                f"{', '.join(config[section])}."
            )
    if settings.kind(config, block["model"]) == "oracle":
        raise ConfigError(
            f"config: {where}.model: the oracle knows one simulation and can't score {what}; "
            "name a network or a baseline."
        )


def _check_variants(config: Mapping, name: str, variants: Mapping) -> None:
    _check_scoring(config, f"variants.{name}", variants, "variants")
    if settings.variant_genome(config, name) is None:
        raise ConfigError(
            f"config: variants.{name}.genome: missing; name the genome that the variants were "
            "called on."
        )


def _check_scan(config: Mapping, name: str, scan: Mapping) -> None:
    _check_scoring(config, f"scans.{name}", scan, "a genome")
    if settings.scanning(config, name)["genome"] is None:
        raise ConfigError(
            f"config: scans.{name}.genome: no genome is named, neither here nor for the dataset "
            f"{scan['dataset']}; name a FASTA or 2bit file."
        )


def _check_explaining(config: Mapping) -> None:
    explain = config["explain"]
    used = explain["motifs"]["attribution"]
    if used not in ("auto", *explain["methods"]):
        raise ConfigError(
            f"config: explain.motifs.attribution: {used} is not among explain.methods: "
            f"{', '.join(explain['methods'])}."
        )


def _check_chosen_networks(config: Mapping, section: str) -> None:
    wanted = config[section]["models"]
    for name in wanted if isinstance(wanted, list) else []:
        networks = settings.networks(config)
        if name not in networks:
            raise ConfigError(
                f"config: {section}.models: {name!r} is not among the networks: "
                f"{', '.join(networks) or 'there is none'}."
            )
