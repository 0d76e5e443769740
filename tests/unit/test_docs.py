"""The README and the documents speak of this code: its files, commands, settings and sentences."""

import ast
import dataclasses
import gzip
import importlib
import re
import shlex
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from configs import imported
from snakemake.utils import update_config

import download
from attendna.contracts.encoded import Encoded
from attendna.contracts.giveaways import GIVEAWAY_COLUMNS
from attendna.contracts.measurements import (
    COMPARISON_COLUMNS,
    METRIC_COLUMNS,
    SUMMARY_COLUMNS,
    read_metrics,
    write_metrics,
)
from attendna.contracts.sequences import SEQUENCE_COLUMNS
from attendna.data import cropping, leakage
from attendna.data.audit import audit
from attendna.data.grouping import find_groups
from attendna.data.labels import class_indices, order_classes
from attendna.data.readers import read_sources
from attendna.data.sources import Reading
from attendna.data.splitting import Division, chromosome, fixed, stratified, stratified_group
from attendna.errors import UserError
from attendna.evaluation import comparison, metrics
from attendna.planning import config_checks, config_files, loading, settings

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "schemas" / "config.schema.yaml"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [ROOT / "README.md", CONTRIBUTING, *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "examples").rglob("*.md"))
FENCE = re.compile(r"^( *)```(\w*) ?(.*)\n((?:.*\n)*?)\1```$", re.MULTILINE)
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FOLDERS = (
    "scripts|docs|rules|presets|profiles|tests|benchmarks|requirements|envs|schemas|report|examples"
)
PATH = re.compile(rf"(?<![\w./-])(?:<clone>/|CLONE/)?((?:{FOLDERS})/[\w./*-]*[\w*])")


def pages(of=PAGES):
    return pytest.mark.parametrize("page", of, ids=[str(path.relative_to(ROOT)) for path in of])


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
        if "://" not in target:
            file, _, heading = target.partition("#")
            file = page.parent / file if file else page
            assert file.exists(), target
            assert not heading or heading in headings(file), target


def headings(page):
    """What a link to a heading of a page says: lower case, words joined by hyphens."""
    text = FENCE.sub("", page.read_text())
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pages()
def test_files_of_the_project_that_are_named_exist(page):
    for code in all_code(page):
        for path in PATH.findall(code):
            assert list(ROOT.glob(re.sub("NAME|STAGE", "*", path))), path


@pages()
def test_modules_that_are_named_without_their_folder_exist(page):
    known = {path.name for path in [*ROOT.glob("scripts/**/*.py"), *ROOT.glob("tests/**/*.py")]}
    known |= {path.name for path in ROOT.glob("benchmarks/*.py")}
    named = {name for code in all_code(page) for name in re.findall(r"(?<![\w./-])\w+\.py\b", code)}
    assert named <= known, named - known


@pages()
def test_make_has_the_targets_and_variables_that_are_named(page):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE).group(1).split())
    for code in all_code(page):
        for command in re.findall(r"^make\b([^#\n]*)", code, re.MULTILINE):
            for word in shlex.split(command):
                name, equals, _ = word.partition("=")
                assert (name in makefile) if equals else (name in targets), f"make {word}"


def commands_of_scripts(page):
    """Each command `python scripts/NAME.py ...` of a page: the name, and the arguments."""
    command = re.compile(r"(?:^|\s)python (?:<clone>/)?scripts/(\w+)\.py\b([^#\n]*)")
    for code in all_code(page):
        for name, arguments in command.findall(code.replace("\\\n", " ")):
            yield name, shlex.split(arguments)


@pages()
def test_scripts_take_the_arguments_with_which_they_are_called(page, capsys):
    for name, arguments in commands_of_scripts(page):
        try:
            importlib.import_module(name).parse(arguments)
        except SystemExit as end:  # of --help, too
            assert end.code == 0, f"{name} {arguments}: {capsys.readouterr().err}"


def test_commands_of_scripts_are_found_in_the_readme():
    found = dict(commands_of_scripts(ROOT / "README.md"))
    assert found["audit"] == ["--help"] and found["predict"][-1] == "data/new.fa.gz"


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
    measured = [*METRIC_COLUMNS, *SUMMARY_COLUMNS, *COMPARISON_COLUMNS, *GIVEAWAY_COLUMNS]
    keys = {*keys, *keys["giveaways"]} - {"features"}
    for name in [*SEQUENCE_COLUMNS, *measured, *keys, *arrays]:
        assert name in documented, name


def test_outputs_names_the_metrics_by_which_models_are_compared():
    outputs = (ROOT / "docs" / "outputs.md").read_text()
    [named] = re.findall(r"of pairs, for the metrics ([^.]+)\.", outputs)
    assert CODE.findall(named) == comparison.METRICS


def test_every_architecture_and_metric_is_described():
    method = set(CODE.findall((ROOT / "docs" / "method.md").read_text()))
    outputs = set(CODE.findall((ROOT / "docs" / "outputs.md").read_text()))
    for architecture in settings.KINDS:
        assert architecture in method, architecture
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    y = np.arange(3)
    measures = [
        metrics.binary(y == 0, p[:, 0], {"0.5": 0.5}),
        metrics.multiclass(y, p, list("abc")),
    ]
    measured = {key.metric for measure in measures for key in measure(np.ones((1, 3)))}
    assert {"auroc", "specificity", "ece"} <= measured
    assert measured <= method & outputs, measured - (method & outputs)


KINDS_OF_CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_changelog_and_the_citation_have_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version
    _, *sections = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    titles = [section.splitlines()[0] for section in sections]
    released = {
        match[1]: match[2]
        for match in map(re.compile(r"\[([\d.]+)\] - (\d{4}-\d\d-\d\d)").fullmatch, titles)
        if match
    }
    assert len(titles) - len(released) == (titles[0] == "[Unreleased]"), titles
    # What is cited is a release if it has a date, and then it is in the changelog under that date.
    dates = {version: citation["date-released"]} if "date-released" in citation else {}
    assert {v: date for v, date in released.items() if v == version} == dates
    for title, section in zip(titles, sections, strict=True):
        kinds = re.findall(r"^### (.+)\n\n- ", section, re.MULTILINE)
        assert kinds and set(kinds) <= KINDS_OF_CHANGES, title


# ------------------------------------------------------------------------------ the house

LIBRARY = ROOT / "scripts" / "attendna"


def names_in(path):
    """Every name that a module defines or uses."""
    nodes = ast.walk(ast.parse(path.read_text()))
    fields = ("name", "id", "attr", "arg", "asname")
    return {getattr(node, field, None) for node in nodes for field in fields}


def test_what_docstrings_refer_to_is_there():
    """`See` is followed by `module.name`, by a module, or by a name of the same module."""
    defined = {}  # by module; packages have modules of the same name
    for path in LIBRARY.rglob("*.py"):
        top = re.findall(r"^(?:def |class )?(\w+)", path.read_text(), re.MULTILINE)
        defined.setdefault(path.stem, set()).update(top)
    for path in LIBRARY.rglob("*.py"):
        for reference in re.findall(r"[Ss]ee `([\w.]+)`", path.read_text()):
            *places, name = reference.split(".")
            if places and places[-1] in defined:
                assert name in defined[places[-1]], f"{path}: {reference}"
            elif reference not in defined:
                assert {name, *places} <= names_in(path), f"{path}: {reference}"


RULES = [
    path
    for path in sorted(ROOT.glob("rules/*.smk"))
    if re.search(r"^rule ", path.read_text(), re.M)
]


def blocks(rules, kind):
    """What stands in the inputs or outputs of a file of rules."""
    return re.findall(rf"^    {kind}:\n((?: {{8}}.*\n)+)", rules.read_text(), re.MULTILINE)


@pytest.mark.parametrize("rules", RULES, ids=[path.name for path in RULES])
def test_the_head_of_rules_names_what_they_need_and_make(rules):
    head, _, makes = rules.read_text().partition("\n\n\n")[0].partition("# Makes")
    for kind, said in [("input", head + makes), ("output", makes)]:
        files = {
            name.rpartition("/")[2]
            for block in blocks(rules, kind)
            for name in re.findall(r'"(?:results/\{dataset\}|\{RUN\})?/?([^"(]+\.\w+)"', block)
            if not re.search(r"chunks/|\.rst$|template", name)
        }
        for name in files:
            name = name.replace("{name}", "NAME")
            assert name in said or f"figures/{Path(name).stem}" in said, f"{kind} {name}"
    assert makes


def picture():
    """The picture of the data flow: the rules by their file, and its arrows."""
    [(_, text)] = fences(ARCHITECTURE, "mermaid")
    placed, arrows, file = {}, set(), None
    for line in text.splitlines():
        if subgraph := re.search(r'subgraph \w+\["(.+)"\]', line):
            file = subgraph[1]
            placed[file] = set()
        elif " --> " in line:
            start, end = (node.removesuffix(":::sometimes") for node in line.split(" --> "))
            arrows.add((start.strip(), end))
            placed[file] |= {start.strip(), end}
    return placed, arrows


def test_every_rule_is_in_the_picture_and_in_the_box_of_its_file():
    placed, arrows = picture()
    assert set(placed) == {str(path.relative_to(ROOT)) for path in RULES}
    seen = set()
    for path in RULES:
        own = set(re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE))
        assert own <= placed[str(path.relative_to(ROOT))], path
        seen |= own
    assert {rule for arrow in arrows for rule in arrow} == seen


def reach(arrows):
    """For each start of an arrow all that follows from it."""
    following = {start: {end for first, end in arrows if first == start} for start, _ in arrows}
    for _ in following:
        for ends in following.values():
            ends |= {last for end in set(ends) for last in following.get(end, ())}
    return {(start, end) for start, ends in following.items() for end in ends}


EVERYTHING = """
datasets:
  simulated:
    simulate: {preset: promoter, sequences: 1000, length: 200, seed: 1}
  imported:
    sources: [{path: a.fa, label: a}, {url: "https://example.org/b.fa", sha256: "%s", label: b}]
chunks: {letters: 0, number: 2}
export: {models: auto}
predict:
  network: {dataset: simulated, model: attention_cnn, sources: [{path: a.fa}]}
  baseline:
    dataset: simulated
    model: gc_content
    sources: [{url: "https://example.org/c.fa", sha256: "%s"}]
variants:
  by_network: {dataset: simulated, model: attention_cnn, vcf: a.fa, genome: a.fa}
  by_baseline: {dataset: simulated, model: gc_content, vcf: a.fa, genome: a.fa}
scans:
  network: {dataset: simulated, model: attention_cnn, genome: a.fa}
  baseline: {dataset: imported, model: gc_content, genome: a.fa}
"""


@pytest.mark.slow
def test_the_arrows_of_the_picture_are_those_of_the_rules(tmp_path):
    (tmp_path / "a.fa").write_text(">a\nACGT\n")
    digests = tuple(sha256(content).hexdigest() for content in (b"b", b"c"))
    (tmp_path / "my.yaml").write_text(EVERYTHING % digests)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", "my.yaml", "--cores", "1", "--rulegraph"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = dict(re.findall(r'(\d+)\[label = "([^"]+)"', done.stdout))
    graph = {(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", done.stdout)}
    needed = reach({(start, end) for start, end in graph if end != "all"})
    drawn = picture()[1]
    assert reach(drawn) == needed, reach(drawn) ^ needed
    for arrow in drawn:
        assert arrow not in reach(drawn - {arrow}), f"{arrow} follows from others"


def test_the_floors_are_those_of_the_library():
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", ARCHITECTURE.read_text(), re.MULTILINE)
    floors = {package: int(floor) for floor, package in rows}
    library = ROOT / "scripts" / "attendna"
    assert set(floors) == {path.parent.name for path in library.glob("*/__init__.py")}
    imports = {
        (path.parent.name, other)
        for path in library.glob("*/*.py")
        for other in re.findall(r"^ *from attendna\.(\w+)\.?\w* import", path.read_text(), re.M)
        if other in floors and other != path.parent.name
    }
    assert len(imports) > 10
    for package, other in imports:
        assert floors[package] > floors[other], (package, other)


def test_what_a_recipe_names_is_in_the_files_that_it_names():
    recipes = re.split(r"^### ", CONTRIBUTING.read_text(), flags=re.MULTILINE)[1:]
    assert len(recipes) == 7
    for recipe in recipes:
        codes = CODE.findall(FENCE.sub("", recipe))
        paths = [path for code in codes for path in PATH.findall(code)]
        paths += [code for code in codes if (ROOT / code).is_file()]
        files = {file for path in paths for file in ROOT.glob(re.sub("NAME|STAGE", "*", path))}
        text = "\n".join(file.read_text() for file in files if file.is_file())
        names = set(filter(re.compile(r"_?[A-Za-z]\w+").fullmatch, codes)) - {"Snakefile"}
        names = {name for name in names if not re.search("my_|NAME|WIDTH", name)}
        missing = {name for name in names if not re.search(rf"\b{name}\b", text)}
        assert names and not missing, recipe.splitlines()[0]


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
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
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
            table = imported(config, name)
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
                relatives = leakage.find_relatives(
                    split, table, how["shared_kmer"], how["identity"]
                )
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
    named = [*places, list(table["group"])]
    groups = find_groups(list(table["sequence"]), how["shared_kmer"], *named, how["identity"])
    return stratified_group(y, classes, groups, division)


BAD = {
    "bad.fa": [">a\nACGT\n>b\nACXT\n", ">a\nACGT\n>b\nA-GT\n"],
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
    sentences += [sentence("bad.fa", ">a\nACGT\n", None)]
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


@pytest.mark.parametrize("label", ["EI", "NA", "nan", "null", "", "1.50", 'a "b"'])
def test_metrics_are_read_as_shown(tmp_path, monkeypatch, label):
    """Whatever a class is called; "" stands for the overall value."""
    common = {"dataset": "d", "fold": 1, "model": "NA", "seed": 1}
    rows = [
        {**common, "split": split, "subset": subset, "threshold": threshold, "metric": metric}
        | {"class": name, "value": value, "low": value - 0.1, "high": value + 0.1}
        for split in ("validation", "test")
        for subset in ("all", "unrelated")
        for threshold, metric, value in [("", "auroc", 0.8), ("0.5", "f1", np.nan)]
        for name in dict.fromkeys(["", label])
    ]
    write_metrics(tmp_path / "metrics.tsv", pd.DataFrame(rows))
    monkeypatch.chdir(tmp_path)
    [(_, code)] = fences(ROOT / "docs" / "outputs.md", "python")
    names = {}
    exec(code, names)
    pd.testing.assert_frame_equal(names["metrics"], read_metrics("metrics.tsv"))
    assert names["metrics"]["class"].tolist() == [row["class"] for row in rows]
    assert names["auroc"].to_dict("records") == [
        {"model": "NA", "fold": 1, "seed": 1, "value": 0.8, "low": 0.8 - 0.1, "high": 0.8 + 0.1}
    ]


def test_per_cents_are_written_in_one_way():
    """As the report writes them: 80%; readings quote what reports once said."""
    files = [ROOT / "config.yaml", ROOT / "CHANGELOG.md", SCHEMA]
    files += [page for page in PAGES if page.name != "readings.md"]
    for file in files:
        assert re.findall(r".*\d %(?! ?\d).*", file.read_text(encoding="utf-8")) == [], file
