"""The config, whatever it holds: taken, with all that the Snakefile makes of it, or a sentence.

A few hundred configs; `--hypothesis-profile thorough` takes 10,000 of each kind.
"""

import copy
import json
import string
from pathlib import Path

import pytest
import yaml
from damage import anything, fuzz, told
from hypothesis import example, given
from hypothesis import strategies as st
from snakemake.utils import update_config

from attendna.errors import UserError
from attendna.planning import config_checks, config_files, loading, settings
from attendna.simulation.specification import Simulation

# The same lines thousands of times: half of the time would go into counting them.
pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[2]
DEFAULT, SCHEMA = ROOT / "config.yaml", ROOT / "schemas" / "config.schema.yaml"
SMALL = """
datasets:
  made: {simulate: {sequences: 9, length: 40, seed: 1, anchor: middle, background: {order: 0},
    decoys: [{motif: TATAAT, probability: 0.1}],
    classes: {a: {fraction: 0.5, planted: 1.0, motifs: [ACGT]}, b: {fraction: 0.5, elements: [
      {motif: TTGACA, name: m, position: {from: 2, to: 4}, strand: both}, {motif: A, after: m,
      gap: [1, 3]}, {motif: CCC, count: {poisson: 0.5}}]}}}}
  real: {sources: [{path: a.fa, label: x, split: train}, {url: "https://h.org/b", sha256: SUM,
      label: 1}, {path: c.bed, label: y}], positive: null, genome: {url: "file:///g", sha256: SUM},
    width: 10, centre: summit, negatives: {method: genome, label: z, ratio: 2}, split: {folds: 1}}
models: {cnn: {architecture: attention_cnn, filters: 4, training: {epochs: 2}},
  svm: {architecture: gkm_svm, l: 6, k: 4}, best: {architecture: oracle}}
predict: {new: {dataset: real, model: cnn, sources: [{path: n.csv}], columns: {id: name}}}
seeds: [1, 2]
""".replace("SUM", "a1" * 32).replace(" positive: null,", "")
ERRORS = (config_files.ConfigError, UserError)
MOST_RUNS = 3000
PLAIN = {*string.ascii_letters, *string.digits, "_", "-"}

words = st.sampled_from(
    ["", "a", "x y", "../up", "$(id)", "a'b", "{d}", "<script>", "\0", "é", "\n", "auto", "none"]
    + ["a" * 20_000, "1e-3", "https://[", "file:///", "made", "cnn", "oracle", "ACGT", "chr1", "-"]
    + ["\u202ea", "\ud800", "?x", '5" x']
)
numbers = st.sampled_from(
    [0, 1, -1, 2, 10**6, 10**9, 10**18, 10**400, -(10**18), 0.5, 1.5, -0.0, 1e308, 1e-320]
    + [float("inf"), float("nan"), True]
)
scalars = st.one_of(words, numbers, st.none(), st.dates(), st.just(b"\xff"))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(words, st.integers(), st.none()), inner, max_size=3),
    ),
    max_leaves=6,
)


def places(value, here=()):
    """Every place of a config, as the keys that lead to it."""
    yield here
    inner = value.items() if isinstance(value, dict) else []
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, content in inner:
        yield from places(content, (*here, key))


@pytest.fixture(scope="module")
def whole():
    return loading.load(DEFAULT, [])


@st.composite
def changed(draw, config):
    """A valid config after one to three changes anywhere in it."""
    config = copy.deepcopy(config)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from([place for place in places(config) if place]))
        holder = config
        for key in place[:-1]:
            holder = holder[key]
        kind = draw(st.sampled_from(["replace", "replace", "remove", "add", "nest"]))
        if kind == "remove":
            del holder[place[-1]]
        elif kind == "add" and isinstance(holder, dict):
            holder[draw(st.one_of(words, st.integers(), st.sampled_from(KEYS)))] = draw(values)
        elif kind == "nest":
            inner = holder[place[-1]]
            for _ in range(draw(st.sampled_from([1, 40, 90]))):
                inner = [inner]
            holder[place[-1]] = inner
        else:
            holder[place[-1]] = draw(values)
    return config


KEYS = sorted({str(key) for place in places(yaml.safe_load(SMALL)) for key in place})


def use(config):
    """All that the Snakefile makes of a config before anything runs."""
    config_checks.check(config, SCHEMA)
    settings.downloads(config)
    for name, block in config["datasets"].items():
        settings.class_order(config, name)
        settings.rows(config, name)
        settings.auditing(config, name)
        settings.relating(config, name)
        settings.dividing(config, name)
        for number, _ in zip(range(MOST_RUNS), settings.runs(config, name), strict=False):
            assert number < MOST_RUNS
        for model in settings.models(config, name):
            settings.as_json([settings.hyperparameters(config, model)])
            settings.as_json(settings.training(config, name, model))
        if settings.simulated(config, name):
            Simulation.from_settings(json.loads(settings.simulation_json(config, name)))
        else:
            settings.as_json([settings.sources(block), settings.columns(config, block)])
            settings.as_json([settings.reading(config, name), settings.negatives(config, name)])
            settings.genomes(config, name)
    for block in config["predict"].values():
        settings.source_paths(block)
    # The names that become folders, and words of a shell's command, are plain words.
    names = [*config["datasets"], *config["models"], *config["predict"]]
    assert not any(set(name) - PLAIN for name in names)
    # What becomes a word of a table or a page can be shown, and written to a file.
    assert settings.as_json(config, sort_keys=False).isprintable()
    return config


@fuzz()
@given(data=st.data())
def test_a_config_with_any_values_is_taken_or_gets_a_sentence(whole, data):
    overlay = data.draw(changed({**whole, **yaml.safe_load(SMALL)}))
    config = copy.deepcopy(whole)
    update_config(config, copy.deepcopy(overlay))
    loading.put_back(config, overlay)
    told(use, config, errors=ERRORS)


@fuzz()
@given(content=anything(st.just(SMALL.encode())))
@example(content=b"[" * 5000)
@example(content=b"seeds: [" + b"9" * 5000 + b"]")
@example(content=b"datasets: &a {d: *a}")
@example(content=b"seeds: [2020-99-99]")
@example(content=b"? [a]\n: 1")
@example(content=b"\xff\xfes\0e\0")
@example(content=b"seeds: !!python/object/apply:os.system ['true']")
@example(content=b"- 1")
@example(content=b"seeds: .inf")
@example(content=b"\n".join([b"a: &a [x]"] + [b"b: &a [*a, *a, *a, *a]"] * 40 + [b"seeds: *a"]))
@example(content=b"x" * 2_000_000)
@example(content=b"__use_yte__: true\n?1/0: 1")
@example(content=b"seeds: [1]\nseeds: [2]")
@example(content=b"a: &a {<<: *a}")
def test_a_config_file_of_any_bytes_is_taken_or_gets_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "config.yaml"
    path.write_bytes(content)
    told(lambda: use(loading.load(DEFAULT, [path])), errors=ERRORS)


def test_the_config_that_is_damaged_is_sound(whole):
    assert use({**whole, **yaml.safe_load(SMALL)})
