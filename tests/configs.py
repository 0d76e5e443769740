"""Configs for tests, as the Snakefile sees them."""

import copy
from pathlib import Path

import yaml
from snakemake.utils import update_config

from attendna.data.negatives import add_negatives
from attendna.data.readers import import_sources
from attendna.data.sources import Reading
from attendna.planning import config_checks, loading, settings

ROOT = Path(__file__).parents[1]
SCHEMA_FILE = ROOT / "schemas" / "config.schema.yaml"
DEFAULT_TEXT = (ROOT / "config.yaml").read_text(encoding="utf-8")
DEFAULT = yaml.safe_load(DEFAULT_TEXT)
SCHEMA = yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))
SUM = "0123456789abcdef" * 4
FETCHED = f"{{path: a.fa, url: 'https://h.org/a.fa', sha256: {SUM}}}"
TWO_FILES = "datasets: {d: {sources: [{path: a.fa, label: a}, {path: b.fa, label: b}]}}"


def merged(*overlays):
    """What the Snakefile sees when these are its config files, in this order."""
    config, overlay = copy.deepcopy(DEFAULT), {}
    for content in overlays:
        update_config(overlay, content)
    update_config(config, copy.deepcopy(overlay))
    loading.put_back(config, overlay)
    return config


def checked(*overlays):
    config = merged(*map(yaml.safe_load, overlays))
    config_checks.check(config, SCHEMA_FILE)
    return config


def imported(config, name):
    """The records of a dataset, as `import_sequences` reads and makes them."""
    reading = Reading(**settings.reading(config, name))
    dataset = config["datasets"][name]
    found = import_sources(
        settings.sources(dataset),
        settings.columns(config, dataset),
        reading=reading,
        joined=settings.joined_labels(config, name),
    )
    wanted = settings.negatives(config, name)
    return (add_negatives(found, reading, **wanted) if wanted else found).table


def simulation(classes):
    return (
        f"datasets: {{d: {{simulate: {{sequences: 9, length: 9, seed: 1, classes: {classes}}}}}}}"
    )


def with_element(**keys):
    return simulation({"a": {"fraction": 0.5, "elements": [keys]}, "b": some_class()})


def some_class(**values):
    return {"fraction": 0.5, "planted": 0, "motifs": []} | values


PEAKS = "datasets: {d: {genome: g.fa, sources: [{path: p.bed, label: bound}]%s}}"
DIGITS = 64 * "a"


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))
