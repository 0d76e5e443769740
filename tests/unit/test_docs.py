"""The README and the documents speak of this code: its files, commands, settings and sentences."""

import dataclasses
import gzip
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

import download
from attendna.contracts.encoded import Encoded
from attendna.contracts.measurements import (
    COMPARISON_COLUMNS,
    METRIC_COLUMNS,
    SUMMARY_COLUMNS,
    write_metrics,
)
from attendna.contracts.sequences import SEQUENCE_COLUMNS
from attendna.data import cropping, leakage
from attendna.data.audit import audit
from attendna.data.grouping import find_groups
from attendna.data.labels import class_indices, order_classes
from attendna.data.negatives import add_negatives
from attendna.data.readers import import_sources, read_sources
from attendna.data.sources import Reading
from attendna.data.splitting import Division, chromosome, fixed, stratified, stratified_group
from attendna.errors import UserError
from attendna.planning import config_checks, config_files, loading, settings

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "schemas" / "config.schema.yaml"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*) ?(.*)\n((?:.*\n)*?)\1```$", re.MULTILINE)
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FOLDERS = "scripts|docs|rules|presets|profiles|tests|benchmarks|requirements|envs|schemas|report"
PATH = re.compile(rf"(?<![\w./-])(?:<clone>/|CLONE/)?((?:{FOLDERS})/[\w./*-]*[\w*])")


def pages(of=PAGES):
    return pytest.mark.parametrize("page", of, ids=[path.name for path in of])


def fences(page, kind):
    """The blocks of one kind: what stands behind the kind, and the lines."""
    found = [match.groups() for match in FENCE.finditer(page.read_text())]
    return [(info, text) for _, name, info, text in found if name == kind]


def all_code(page):
    """Every piece of code of a page: blocks and what stands in the text."""
    text = page.read_text()
    blocks = [match.group(4) for match in FENCE.finditer(text)]
    return blocks + CODE.findall(FENCE.sub("", text))


def laid_over_default(overlay):
    """The config as the Snakefile puts it together."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, overlay)
    loading.put_back(config, overlay)
    return config


def configs(page):
    """The yaml blocks of a page; one without datasets adds to the last that has some."""
    known, found = {}, []
    for _, text in fences(page, "yaml"):
        block = yaml.safe_load(text)
        known = block if "datasets" in block else known
        found.append({**known, **block})
    return found


def inline_configs(page):
    settings_in_text = re.compile(r"\w+: \{.+\}")
    return [yaml.safe_load(code) for code in all_code(page) if settings_in_text.fullmatch(code)]


# ------------------------------------------------------------------------------ files, commands


@pages()
def test_relative_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pages()
def test_files_of_the_project_that_are_named_exist(page):
    for code in all_code(page):
        for path in PATH.findall(code):
            assert list(ROOT.glob(path)), path


@pages()
def test_make_has_the_targets_and_variables_that_are_named(page):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE).group(1).split())
    for code in all_code(page):
        for command in re.findall(r"^make\b([^#\n]*)", code, re.MULTILINE):
            for word in command.split():
                name, equals, _ = word.partition("=")
                assert (name in makefile) if equals else (name in targets), f"make {word}"


@pages()
def test_snakemake_has_the_rules_that_are_named(page):
    text = "".join(path.read_text() for path in [ROOT / "Snakefile", *ROOT.glob("rules/*.smk")])
    rules = set(re.findall(r"^rule (\w+):", text, re.MULTILINE))
    for code in all_code(page):
        code = re.sub(r"\\\n", " ", code)
        for command in re.findall(r"^snakemake (.+?)(?: {2,}#.*)?$", code, re.MULTILINE):
            target = command.split()[-1]
            before = command.split()[-2] if " " in command else ""
            if re.fullmatch(r"[a-z_]+", target) and (before == "-R" or before[:1] != "-"):
                assert target in rules, command


def test_outputs_names_every_file_that_a_rule_makes():
    rules = "".join(path.read_text() for path in sorted(ROOT.glob("rules/*.smk")))
    blocks = re.findall(r"^    output:\n((?: {8}.*\n)+)", rules, re.MULTILINE)
    made = {
        name.rpartition("/")[2] if "figures/" not in name else "figures/" + name.split("/")[-1]
        for block in blocks
        for name in re.findall(r'"(?:results/\{dataset\}|\{RUN\})/([^"]+)"', block)
        if "chunks/" not in name  # removed when they are joined
    }
    assert {"metrics.tsv", "model.keras", "figures/overview.svg"} <= made
    documented = (ROOT / "docs" / "outputs.md").read_text().replace("NAME", "{name}")
    for name in made:
        assert name in documented, name


def test_outputs_names_every_column_and_key():
    documented = set(CODE.findall((ROOT / "docs" / "outputs.md").read_text()))
    keys = audit(["1", "2"], ["ACGT", "ACGG"], ["x", "y"], [None, None])
    arrays = {field.name for field in dataclasses.fields(Encoded)}
    measured = [*METRIC_COLUMNS, *SUMMARY_COLUMNS, *COMPARISON_COLUMNS]
    for name in [*SEQUENCE_COLUMNS, *measured, *keys, *arrays]:
        assert name in documented, name


def test_the_changelog_has_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert "[Unreleased]" in changes or f"[{version}]" in changes
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()


# ------------------------------------------------------------------------------ settings


@pages()
def test_configs_are_legal(page):
    for overlay in configs(page) + inline_configs(page):
        config_checks.check(laid_over_default(overlay), SCHEMA)


def test_the_five_lines_are_five():
    _, first = fences(PAGES[0], "yaml")[0]
    assert len(first.splitlines()) == 5


def test_keys_of_the_slurm_profile_exist():
    profile = (ROOT / "profiles" / "slurm" / "config.yaml").read_text()
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "docs" / "cluster.md").read_text(), re.MULTILINE)
    keys = [key for row in rows for code in CODE.findall(row) for key in code.split(": ")]
    assert "slurm_account" in keys
    for key in keys:
        assert f"{key}:" in profile, key


# ------------------------------------------------------------------------------ own data

YOUR_DATA = ROOT / "docs" / "your-data.md"


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """A folder with every file that the page shows."""
    for name, text in fences(YOUR_DATA, "text"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    monkeypatch.chdir(tmp_path)


def fetch(config):
    """Fetch what a config names by its address, with the files of the page in place of the web."""
    for path, url in settings.downloads(config).items():
        here = Path(url.removeprefix("https://example.org/")).resolve().as_uri()
        sha256 = Path(path).parts[-2]
        limits = [f"--{key}={value}" for key, value in config["downloads"].items()]
        download.main(["--url", here, "--sha256", sha256, "--file", path, *limits])


def test_every_example_of_own_data_can_be_split(examples):
    seen = 0
    for overlay in configs(YOUR_DATA):
        config = laid_over_default(overlay)
        fetch(config)
        for name, dataset in config["datasets"].items():
            if "sources" not in dataset:
                continue
            reading = Reading(**settings.reading(config, name))
            found = import_sources(
                settings.sources(dataset), settings.columns(config, dataset), reading=reading
            )
            wanted = settings.negatives(config, name)
            table = (add_negatives(found, reading, **wanted) if wanted else found).table
            classes, _ = order_classes(
                list(table["label"]), settings.class_order(config, name), dataset.get("positive")
            )
            sequences, rows = list(table["sequence"]), settings.rows(config, name)
            length = cropping.choose_length(table["sequence"].str.len(), rows["length"])
            assert cropping.fit(sequences, length, rows["crop"]).shape == (len(table), length)
            y = class_indices(list(table["label"]), classes, list(table["id"]))
            how = settings.split(config, name)
            table = table.astype(object).where(table.notna(), None)
            split = divide(table, y, classes, how)
            assert sum(map(len, split.values())) == len(table)
            if how["on_leak"] == "fail":
                relatives = leakage.find_relatives(split, table, how["shared_kmer"])
                leakage.refuse(split, relatives, list(table["id"]))
            seen += 1
    assert seen >= 8


def divide(table, y, classes, how):
    """Divide the records as split.py does."""
    shares = {name: how[name] for name in ("test", "validation", "folds")}
    division = Division(fold=1, seed=1, **shares)
    ids, places = list(table["id"]), [list(table[name]) for name in ("chrom", "start", "end")]
    if table["split"].notna().any():
        return fixed(list(table["split"]), y, classes, ids, division)
    if how["strategy"] == "chromosome":
        named = {name: how[name] for name in ("test_chromosomes", "validation_chromosomes")}
        return chromosome(y, classes, places[0], ids, division, **named)
    if how["strategy"] == "stratified":
        return stratified(y, classes, division)
    groups = find_groups(list(table["sequence"]), how["shared_kmer"], *places, list(table["group"]))
    return stratified_group(y, classes, groups, division)


BAD = {
    "bad.fa": [">a\nACGT\n>b\nACXT\n", ">a\nACGT\n>a\nACGT\n"],
    "bad.bed": ["chr1\t0\t9\n1\t0\t9\n", "chr1\t20\t10\n"],
    "bad.csv": ["seq,label\nACGT,1\n", "sequence,label\nACGT,1\nACGT,\n"],
}


def sentence(name, text, label):
    Path("data").mkdir(exist_ok=True)
    Path("data", name).write_text(text)
    source = {"path": f"data/{name}", "label": label}
    with pytest.raises(UserError) as error:
        columns = {"sequence": "sequence", "label": "label"}
        read_sources([source], columns, reading=Reading(genome="data/genome.fa.gz"))
    return str(error.value)


def test_errors_are_those_that_are_shown(examples):
    sentences = [sentence("bad.fa", text, "a") for text in BAD["bad.fa"]]
    sentences += [sentence("bad.fa", BAD["bad.fa"][0], None)]
    sentences += [sentence("bad.csv", text, None) for text in BAD["bad.csv"]]
    sentences += [sentence("bad.bed", text, "a") for text in BAD["bad.bed"]]
    with pytest.raises(UserError) as error:
        y = class_indices(list("aaabb"), ["a", "b"], list("12345"))
        division = Division(test=0.2, validation=0.2, folds=1, fold=1, seed=1)
        stratified(y, ["a", "b"], division)
    shown = YOUR_DATA.read_text()
    assert shown.count("\nerror: ") == 8
    for expected in [*sentences, str(error.value)]:
        assert f"error: {expected}\n" in shown


@pytest.mark.parametrize(
    "datasets",
    [
        {"promoters": {"sources": [{"path": "a", "lable": "a"}, {"path": "b", "label": "b"}]}},
        {"my promoters": {"sources": [{"path": "a", "label": "a"}, {"path": "b", "label": "b"}]}},
    ],
)
def test_config_errors_are_those_that_are_shown(datasets):
    with pytest.raises(config_files.ConfigError) as error:
        config_checks.check(laid_over_default({"datasets": datasets}), SCHEMA)
    assert f"\n{error.value}\n" in YOUR_DATA.read_text()


def test_the_error_of_a_doubled_key_is_the_one_that_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text("\ndatasets:\n  promoters: {}\n  promoters: {}\n")
    with pytest.raises(config_files.ConfigError) as error:
        loading.load(ROOT / "config.yaml", ["my.yaml"])
    for page in (YOUR_DATA, ROOT / "docs" / "robustness.md"):
        assert f"\n{error.value}\n" in page.read_text()


# ------------------------------------------------------------------------------ results


def test_metrics_are_read_as_shown(tmp_path, monkeypatch):
    import pandas as pd

    common = {"dataset": "d", "fold": 1, "model": "m", "seed": 1, "subset": "all"}
    numbers = {"value": 0.8, "low": 0.7, "high": 0.9}
    rows = [
        common | numbers | {"split": split, "threshold": threshold, "metric": metric, "class": name}
        for split in ("validation", "test")
        for threshold, metric, name in [
            ("", "auroc", ""),
            ("", "auroc", "EI"),
            ("0.5", "accuracy", ""),
            ("validation", "accuracy", ""),
        ]
    ]
    write_metrics(tmp_path / "metrics.tsv", pd.DataFrame(rows, columns=METRIC_COLUMNS))
    monkeypatch.chdir(tmp_path)
    [(_, code)] = fences(ROOT / "docs" / "outputs.md", "python")
    assert len([line for line in code.splitlines() if line]) == 3
    names = {}
    exec(code, names)
    assert len(names["auroc"]) == 1 and names["auroc"]["class"].isna().all()
    assert names["metrics"]["threshold"].dropna().tolist() == ["0.5", "validation"] * 2
