"""The settings that each job gets on its command line: the part of the config that it needs.

By them Snakemake tells which jobs a changed config reruns, and results tell what they were made
with. Helpers of the Snakefile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attendna import provenance
from attendna.planning import fingerprints, settings
from attendna.planning.settings import as_json

FINGERPRINTS = Path(".snakemake", "attendna", "fingerprints.json")


def text(config: Mapping, rule: str, dataset: str = "", model: str = "", name: str = "") -> str:
    """Return the settings of a job as JSON.

    Parameters
    ----------
    config
        All settings, checked.
    rule
        Its rule.
    dataset, model, name
        Its wildcards; those that do not matter to the rule are left out. `name` is that of a
        prediction, of variants or of a scan.
    """
    return BUILDERS[rule](config, dataset, model, name)


def origins(config: Mapping, dataset: str, last: str) -> dict:
    """Return the digests of the settings with which the results of a dataset have to be made.

    Parameters
    ----------
    config
        All settings, checked.
    dataset
        Its name.
    last
        The rule that asks: those behind it do not count.

    Returns
    -------
    dict
        What `provenance.Checker` wants.
    """
    wanted: dict = {}
    rules = list(BUILDERS)
    for rule in rules[: rules.index(last)]:
        if rule in ("export", "write_card") and not settings.exported(config, dataset):
            continue
        if rule in settings.SECTIONS:
            blocks = config[settings.SECTIONS[rule]]
            of_dataset = [n for n, b in blocks.items() if b["dataset"] == dataset]
            named = {name: text(config, rule, dataset, name=name) for name in of_dataset}
            wanted[rule] = {name: provenance.digest(found) for name, found in named.items()}
            continue
        if rule == "score_variants":
            of_dataset = [n for n, b in config["variants"].items() if b["dataset"] == dataset]
            named = {name: text(config, rule, dataset, name=name) for name in of_dataset}
            wanted[rule] = {name: provenance.digest(found) for name, found in named.items()}
            continue
        if rule == "check_effects" and not settings.exactly_known(config, dataset):
            continue
        if rule not in OF_A_MODEL:
            if (rule == "simulate") == settings.simulated(config, dataset) or rule not in SOURCES:
                wanted[rule] = provenance.digest(text(config, rule, dataset))
            continue
        kind = OF_A_MODEL[rule]
        ran = [m for m in settings.models(config, dataset) if settings.kind(config, m) == kind]
        if ran:
            wanted[rule] = {m: provenance.digest(text(config, rule, dataset, m)) for m in ran}
    return wanted


def checksums(config: Mapping, dataset: str) -> dict[str, str]:
    """Return the SHA-256 of the user's files that a dataset is read from, by path."""
    if settings.simulated(config, dataset):
        return {}
    read = settings.files_read(config, dataset, config["datasets"][dataset])
    return fingerprints.digests(read, FINGERPRINTS, _expected(config))


def _contents(config: Mapping, dataset: str, block: Mapping) -> str:
    """Return what the user's files hold: by this, and not by their time, a run knows them."""
    return _digest(config, settings.files_read(config, dataset, block))


def _digest(config: Mapping, read: Sequence[str]) -> str:
    return fingerprints.contents(read, FINGERPRINTS, _expected(config))


def _expected(config: Mapping) -> dict[str, str]:
    """Return what downloads will hold, by their paths."""
    return {path: Path(path).parent.name for path in settings.downloads(config)}


def _simulation(config: Mapping, dataset: str, *_: str) -> str:
    return settings.simulation_json(config, dataset)


def _import(config: Mapping, dataset: str, *_: str) -> str:
    block = config["datasets"][dataset]
    return as_json(
        {
            "sources": settings.sources(block),
            "columns": settings.columns(config, block),
            "reading": settings.reading(config, dataset),
            "labels": settings.joined_labels(config, dataset),
            "negatives": settings.negatives(config, dataset),
            "contents": _contents(config, dataset, block),
        }
    )


def _encoding(config: Mapping, dataset: str, *_: str) -> str:
    return as_json({**settings.classes(config, dataset), **settings.rows(config, dataset)})


def _training(config: Mapping, dataset: str, model: str, _: str) -> str:
    return as_json(
        {
            "model": settings.hyperparameters(config, model),
            "training": settings.training(config, dataset, model),
        }
    )


def _prediction(config: Mapping, dataset: str, _: str, name: str) -> str:
    block = config["predict"][name]
    own = settings.columns(config, config["datasets"][dataset])
    return as_json(
        {
            "model": block["model"],
            "sources": settings.sources(block),
            "columns": {**own, **block.get("columns", {})},
            "reading": settings.reading(config, dataset),
            "contents": _contents(config, dataset, block),
        }
    )


def _variants(config: Mapping, dataset: str, _: str, name: str) -> str:
    block = config["variants"][name]
    return as_json(
        {
            "model": block["model"],
            **settings.variant_scoring(config, name),
            "soft_masked": settings.reading(config, dataset)["soft_masked"],
            "contents": _digest(config, settings.variant_files(config, name)),
        }
    )


def _exact_effects(config: Mapping, dataset: str, *_: str) -> str:
    classes = settings.classes(config, dataset)
    positive = classes["positive"] or (
        classes["classes"][0] if len(classes["classes"]) == 2 else None
    )
    told = {
        "simulate": settings.simulation(config, dataset),
        "records": config["explain"]["effects"],
        "positive": positive,
    }
    return as_json(told, sort_keys=False)  # the classes in the order of the config


def _scan(config: Mapping, dataset: str, _: str, name: str) -> str:
    contents = _digest(config, settings.scanned_files(config, name))
    own = {"model": config["scans"][name]["model"], "contents": contents}
    return as_json({**settings.scanning(config, name), **own})


def _summary(config: Mapping, dataset: str, *_: str) -> str:
    kinds = {model: settings.kind(config, model) for model in settings.models(config, dataset)}
    return as_json(
        {
            "confidence": config["evaluation"]["confidence"],
            "kinds": kinds,
            "origins": origins(config, dataset, "collect_metrics"),
        }
    )


def _card(config: Mapping, dataset: str, model: str, _: str) -> str:
    block = config["datasets"][dataset]
    simulated = settings.simulated(config, dataset)
    told = {
        "architecture": config["models"][model]["architecture"],
        "kinds": {name: settings.kind(config, name) for name in settings.models(config, dataset)},
        "confidence": config["evaluation"]["confidence"],
        "license": config["export"]["license"],
        "jaspar": config["explain"]["motifs"]["jaspar"],
        "sources": [] if simulated else settings.files_read(config, dataset, block),
        "simulated": simulated,
        "origins": origins(config, dataset, "write_card"),
    }
    return as_json(told, sort_keys=False)  # models are told in the order of the config


def _of(builder: Callable[[Mapping, str, str], object]) -> Callable[..., str]:
    """Return a builder of text from one of an object, of the config, the dataset and the model."""
    return lambda config, dataset, model, _: as_json(builder(config, dataset, model))


def _curves(config: Mapping, *_: str) -> dict:
    return {**config["plots"], **config["evaluation"]}


# In the order in which data flow. What the report gets is more than settings: see common.smk.
BUILDERS: dict[str, Callable[..., str]] = {
    "simulate": _simulation,
    "import_sequences": _import,
    "audit": _of(lambda config, dataset, _: settings.auditing(config, dataset)),
    "encode": _encoding,
    "find_groups": _of(lambda config, dataset, _: settings.relating(config, dataset)),
    "split": _of(lambda config, dataset, _: settings.dividing(config, dataset)),
    "audit_split": _of(lambda config, dataset, _: settings.split_audit(config, dataset)),
    "train": _training,
    "fit_baseline": _of(lambda config, _, model: settings.hyperparameters(config, model)),
    "score_oracle": _simulation,
    "evaluate": _of(lambda config, dataset, _: settings.evaluating(config, dataset)),
    "compare_models": _of(lambda config, *_: config["evaluation"]),
    "collect_metrics": _summary,
    "plot_giveaways": _of(lambda config, *_: {"dpi": config["plots"]["dpi"]}),
    "plot_run": _of(lambda config, *_: {"dpi": config["plots"]["dpi"]}),
    "plot_curves": _of(_curves),
    "plot_calibration": _of(_curves),
    "plot_comparison": _of(
        lambda config, *_: {
            "dpi": config["plots"]["dpi"],
            "confidence": config["evaluation"]["confidence"],
        }
    ),
    "plot_attention": _of(lambda config, *_: config["plots"]),
    "attribute": _of(settings.attributing),
    "find_motifs": _of(lambda config, *_: settings.finding_motifs(config)),
    "find_rules": _of(settings.finding_rules),
    "score_explanations": _of(
        lambda config, *_: {**config["evaluation"], "records": config["explain"]["records"]}
    ),
    "plot_explanations": _of(
        lambda config, *_: {key: config["plots"][key] for key in ("dpi", "explained_records")}
    ),
    "export": _of(lambda config, dataset, _: settings.exporting(config, dataset)),
    "write_card": _card,
    "predict": _prediction,
    "score_variants": _variants,
    "plot_variants": _of(lambda config, *_: {"dpi": config["plots"]["dpi"]}),
    "check_effects": _exact_effects,
    "scan_genome": _scan,
    "report": lambda *_: "",
}
SOURCES = ("simulate", "import_sequences")
# Rules whose settings are those of a model, by the kind that they are for.
OF_A_MODEL = {
    "train": "network",
    "fit_baseline": "baseline",
    "score_oracle": "oracle",
    "attribute": "network",
    "find_rules": "network",
    "write_card": "network",
}
