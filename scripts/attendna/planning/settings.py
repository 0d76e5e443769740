"""Looking up in a config: which value holds where, and which runs follow from it.

Helpers of the Snakefile. They turn the one config into what each job needs, so that the scripts
never see a config, and they import nothing else of the library that does anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from attendna.contracts.layout import Run

KINDS = {
    "attention_cnn": "network",
    "tutorial_cnn": "network",
    "gc_content": "baseline",
    "kmer_logistic": "baseline",
    "positional_logistic": "baseline",
    "gkm_svm": "baseline",
    "oracle": "oracle",
}
# Of rules whose jobs have names of the config's: the section that holds them.
SECTIONS = {"predict": "predict", "score_variants": "variants", "scan_genome": "scans"}
READING = ["genome", "width", "centre", "soft_masked", "gaps", "missing_contigs"]
PRESETS = Path(__file__).parents[3] / "presets"
DOWNLOADS = "results/downloads"
LONGEST_NAME = 100  # letters of a fetched file's name that are kept
PACKED = (".gz", ".xlsx", ".parquet")
DETERMINISTIC_THREADS = 2  # where the number of cores is part of the result
NO_MATCH = r"(?!x)x"  # a pattern that matches no name


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
    joined = joined_labels(config, dataset)
    found = [joined.get(str(label), str(label)) for label in labels]
    if "negatives" in block:
        found.append(str(block["negatives"]["label"]))
    return list(dict.fromkeys(label for label in found if label is not None))


def joined_labels(config: Mapping, dataset: str) -> dict[str, str | None]:
    """Return which class each label belongs to that the config joins, None: to none."""
    joined: dict[str, str | None] = {}
    for name, labels in config["datasets"][dataset].get("labels", {}).items():
        listed = labels if isinstance(labels, list) else [labels]
        for label in listed:
            joined[str(name if label is None else label)] = None if label is None else str(name)
    return joined


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

    Files that still have to be fetched count nothing; packed ones hold four letters in a byte.
    """
    return letters_in(source_paths(block))


def letters_in(paths: list[str]) -> int:
    """Return about how many letters files have; see `file_letters`."""
    there = [path for path in map(Path, paths) if path.is_file()]
    return sum(path.stat().st_size * (4 if path.suffix in PACKED else 1) for path in there)


def parts(config: Mapping, letters: int) -> list[str]:
    """Return what Snakemake calls the parts of data that have so many letters; none of few."""
    number = config["chunks"]["number"] if letters >= config["chunks"]["letters"] else 0
    return [f"{part}-of-{number}" for part in range(1, number + 1)]


def files_read(config: Mapping, dataset: str, block: Mapping) -> list[str]:
    """Return the user's files behind a dataset or a prediction: sources, and genome if any."""
    return source_paths(block) + genomes(config, dataset)


def scanning(config: Mapping, name: str) -> dict:
    """Return how a genome is scanned: the scan's own settings over the global ones."""
    block = config["scans"][name]
    own = {key: value for key, value in block.items() if key not in ("dataset", "model")}
    reads = reading(config, block["dataset"])
    genome = {key: reads[key] for key in ("genome", "soft_masked", "missing_contigs")}
    return {**config["scanning"], **genome, **own}


def scanned_files(config: Mapping, name: str) -> list[str]:
    """Return the user's files behind a scan: the genome, regions, what is left out."""
    scan = scanning(config, name)
    beds = [scan[key] for key in ("regions", "exclude")]
    return [scan["genome"], *(path for path in beds if path not in (None, "all"))]


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
    read |= {path for name in config["variants"] for path in variant_files(config, name)}
    read |= {path for name in config["scans"] for path in scanned_files(config, name)}
    return [path for path in downloads(config) if path in read]


VARIANT_SCORING = ["windows", "offset", "shifts", "strand", "mismatches"]
BYTES_OF_A_VARIANT = 30  # about, of a line of a plain VCF
# By which variants are divided into parts: two windows of the usual size.
LETTERS_OF_A_VARIANT = 400


def variant_genome(config: Mapping, name: str) -> str | None:
    """Return the genome of variants: their own or that of the dataset; None: there is none."""
    block = config["variants"][name]
    return block.get("genome", reading(config, block["dataset"])["genome"])


def variant_files(config: Mapping, name: str) -> list[str]:
    """Return the user's files behind variants: the variants, the genome, and windows if any."""
    windows = variant_scoring(config, name)["windows"]
    files = [config["variants"][name]["vcf"], variant_genome(config, name), windows]
    return [path for path in files if path is not None]


def variant_scoring(config: Mapping, name: str) -> dict:
    """Return how variants are scored: their own settings over the global ones."""
    block = config["variants"][name]
    return {key: block.get(key, config["variant_scoring"][key]) for key in VARIANT_SCORING}


def variant_lines(config: Mapping, name: str) -> int:
    """Return about how many variants a file holds, by its bytes."""
    path = Path(config["variants"][name]["vcf"])
    packed = 4 if path.suffix in (*PACKED, ".bcf", ".bgz") else 1
    return path.stat().st_size * packed // BYTES_OF_A_VARIANT if path.is_file() else 0


def exactly_known(config: Mapping, dataset: str) -> bool:
    """Whether effects of substitutions are compared with the exact ones of a simulation."""
    return simulated(config, dataset) and config["explain"]["effects"] > 0


def compared_runs(config: Mapping, dataset: str) -> list[Run]:
    """Return the runs whose effects are compared with the exact ones: the first fold's.

    The oracle's are the exact ones; a gkm_svm would take hours.
    """
    slow = [
        name for name in config["models"] if config["models"][name]["architecture"] == "gkm_svm"
    ]
    return [
        run
        for run in runs(config, dataset)
        if run.fold == 1 and kind(config, run.model) != "oracle" and run.model not in slow
    ]


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
    own = split(config, dataset)
    return {
        **rows(config, dataset),
        **classes(config, dataset),
        **{key: own[key] for key in ("shared_kmer", "identity")},
    }


def classes(config: Mapping, dataset: str) -> dict:
    """Return `classes` in the order of the config and the `positive` one; None: not named there."""
    positive = config["datasets"][dataset].get("positive")
    return {
        "classes": class_order(config, dataset),
        "positive": None if positive is None else str(positive),
    }


def evaluating(config: Mapping, dataset: str) -> dict:
    """Return how the predictions of a run are measured."""
    inferred = config["datasets"][dataset].get("positive") is None
    return {**config["evaluation"], "inferred": inferred}


def columns(config: Mapping, block: Mapping) -> dict:
    """Return the columns of a dataset's tables: its own over the default ones."""
    return {**config["columns"], **block.get("columns", {})}


def split(config: Mapping, dataset: str) -> dict:
    """Return the split settings of a dataset: its own over the global ones."""
    return {**config["split"], **config["datasets"][dataset].get("split", {})}


def relating(config: Mapping, dataset: str) -> dict:
    """Return which settings of the split decide what makes records of a dataset related."""
    own = split(config, dataset)
    return {key: own[key] for key in ("groups", "shared_kmer", "identity")}


def dividing(config: Mapping, dataset: str) -> dict:
    """Return the settings of the split of a dataset beside those that made its groups."""
    return {key: value for key, value in split(config, dataset).items() if key != "groups"}


def split_audit(config: Mapping, dataset: str) -> dict:
    """Return the settings of the split of a dataset that its audit needs."""
    keys = ("groups", "shared_kmer", "identity", "strategy", "test", "validation", "folds")
    return {key: value for key, value in split(config, dataset).items() if key in keys}


def hyperparameters(config: Mapping, model: str) -> dict:
    """Return a model's architecture and hyperparameters, the model's own over the default ones."""
    block = config["models"][model]
    merged = {**config["architectures"][block["architecture"]], **block}
    return {key: value for key, value in merged.items() if key != "training"}


def training(config: Mapping, dataset: str, model: str) -> dict:
    """Return how a network is trained: model over architecture over dataset over global.

    `threads` stays "auto" only where another number of them may give other bits.
    """
    block = config["models"][model]
    merged = {
        **config["training"],
        **config["datasets"][dataset].get("training", {}),
        **config["architectures"][block["architecture"]].get("training", {}),
        **block.get("training", {}),
    }
    return {**merged, "threads": threads(merged)}


def threads(training: Mapping) -> int | str:
    """Return the processor cores of a section `training`: "auto" where the run decides on them."""
    if training["threads"] == "auto" and training["deterministic"]:
        return DETERMINISTIC_THREADS
    return training["threads"]


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


def networks(config: Mapping) -> list[str]:
    """Return the models that are networks."""
    return [model for model in config["models"] if kind(config, model) == "network"]


def explained(config: Mapping, dataset: str) -> list[Run]:
    """Return the runs of a dataset that are explained."""
    return _of_networks(config, dataset, config["explain"])


def exported(config: Mapping, dataset: str) -> list[Run]:
    """Return the runs of a dataset whose networks are exported for other programs."""
    return _of_networks(config, dataset, config["export"])


def _of_networks(config: Mapping, dataset: str, wanted: Mapping) -> list[Run]:
    """Return the runs that a section with `models` and `runs` asks for."""
    of_word = {"auto": networks(config)[:1], "all": networks(config), "none": []}
    named = wanted["models"]
    chosen = of_word[named] if isinstance(named, str) else named
    first = (1, config["seeds"][0])
    return [
        run
        for run in runs(config, dataset)
        if run.model in chosen and (wanted["runs"] == "all" or (run.fold, run.seed) == first)
    ]


def exporting(config: Mapping, dataset: str) -> dict:
    """Return how a network is exported: what it takes, and how sequences were read for it."""
    read = reading(config, dataset)
    return {
        "input": config["export"]["input"],
        **{key: read[key] for key in ("soft_masked", "gaps")},
    }


def attributing(config: Mapping, dataset: str, model: str) -> dict:
    """Return how the attributions of a network are computed."""
    keys = ("records", "fill_up", "methods", "baselines", "shuffles", "steps", "seed")
    trained = training(config, dataset, model)
    return {
        **{key: config["explain"][key] for key in keys},
        "target": str(config["explain"]["target"]),
        **{key: trained[key] for key in ("device", "threads")},
    }


def finding_motifs(config: Mapping) -> dict:
    """Return how motifs are found."""
    return {**config["explain"]["motifs"], "seed": config["explain"]["seed"]}


def finding_rules(config: Mapping, dataset: str, model: str) -> dict:
    """Return how rules between the motifs of a network are looked for."""
    trained = training(config, dataset, model)
    return {
        **config["explain"]["rules"],
        "seed": config["explain"]["seed"],
        **{key: trained[key] for key in ("device", "threads")},
    }


def pattern(names: list[str]) -> str:
    """Return a regular expression that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or NO_MATCH
