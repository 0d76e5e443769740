"""The examples: legal configs, data that may be given away, and numbers that agree everywhere."""

import importlib.util
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
import yaml
from configs import SCHEMA_FILE, imported, merged

from attendna.contracts.measurements import SUMMARY_COLUMNS, write_summary
from attendna.contracts.tables import write_json
from attendna.errors import UserError
from attendna.planning import config_checks

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/my.yaml"))
LARGEST = 200_000  # bytes of the data of an example

_spec = importlib.util.spec_from_file_location("check", EXAMPLES / "check.py")
check = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check)

each = pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])


def config_of(folder, name="my.yaml"):
    return merged(yaml.safe_load((folder / name).read_text()))


@each
def test_the_configs_are_legal_and_their_data_can_be_read(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for path in folder.glob("*.yaml"):
        if path.name != "expected.yaml":
            config = config_of(folder, path.name)
            config_checks.check(config, SCHEMA_FILE)
            config_checks.check_sources(config)
            for dataset in config["datasets"]:
                assert len(imported(config, dataset)) > 100
    assert list(config_of(folder)["datasets"]) == [folder.name]


def test_the_data_are_those_that_were_compared_with_their_sources():
    found = {
        str(path.relative_to(EXAMPLES)): sha256(path.read_bytes()).hexdigest()
        for path in EXAMPLES.glob("*/data/*")
        if path.suffix != ".md"
    }
    lines = (EXAMPLES / "SHA256SUMS").read_text().splitlines()
    assert found == {path: digest for digest, path in map(str.split, lines)}


@each
def test_the_data_are_few_and_say_whose_they_are(folder):
    assert sum(path.stat().st_size for path in folder.glob("data/*")) < LARGEST
    notice = (folder / "data" / "README.md").read_text()
    third_party = (EXAMPLES.parent / "THIRD_PARTY.md").read_text()
    [doi] = re.findall(r"https://doi\.org/10\.24432/\w+", notice)
    assert doi in third_party and f"examples/{folder.name}" in third_party
    for words in ("**Source.**", "**Licence.**", "CC BY 4.0", "**Changes.**"):
        assert words in notice
    for path in folder.glob("data/*.*"):
        assert path.name == "README.md" or f"`{path.name}`" in notice


@each
def test_expected_numbers_were_seen_and_have_reasons(folder):
    walk = (folder / "README.md").read_text()
    rows = check.read_expected(folder)
    for row in rows:
        assert row["least"] <= row["seen"] <= row["most"] and row["why"], row["what"]
    told = re.findall(r"^\| (.+?) \| (\S+ to \S+) \| (-?\d\S*) \|$", walk, re.MULTILINE)
    assert len(told) >= 4
    for what, wanted, seen in told:
        [row] = [row for row in rows if row["what"] == what.replace("`", "")]
        assert wanted == f"{row['least']:g} to {row['most']:g}" and float(seen) == row["seen"]


EXPECTED = """
- {what: copies, file: audit.json, at: [duplicates, records], least: 5, most: 5}
- {what: leaks, file: audit.json, at: [any], least: 3, most: 3}
- {what: motifs, file: audit.json, at: [motifs], matching: {consensus: "GT[AG]"}, least: 1, most: 1}
- what: accuracy
  file: summary.tsv
  where: {model: m, metric: accuracy}
  column: value
  least: 0.8
  most: 0.9
"""
FOUND = {
    "duplicates": {"records": 5},
    "any": {"a": 1, "b": 2},
    "motifs": [{"consensus": "cgtgg"}, {"consensus": "CGTTT"}],
}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Write results of an example `e`, and compare them with what is expected."""
    monkeypatch.setattr(check, "HERE", tmp_path)
    folder = tmp_path / "e" / "results" / "e"
    folder.mkdir(parents=True)
    (tmp_path / "e" / "expected.yaml").write_text(EXPECTED)

    def compare(found=FOUND, accuracy=0.85, model="m"):
        row = dict.fromkeys(SUMMARY_COLUMNS, "") | {"dataset": "e", "model": model, "runs": 1}
        row |= {"split": "test", "subset": "all", "metric": "accuracy", "value": accuracy}
        row |= dict.fromkeys(["low", "high", "sd_folds", "sd_seeds"], None)
        write_summary(folder / "summary.tsv", pd.DataFrame([row]))
        write_json(folder / "audit.json", found)
        check.main(["e"])

    return compare


def test_results_as_expected_pass(results, capsys):
    results()
    assert capsys.readouterr().out.splitlines() == [
        "ok     copies: 5 (expected 5)",
        "ok     leaks: 3 (expected 3)",
        "ok     motifs: 1 (expected 1)",
        "ok     accuracy: 0.85 (expected 0.8 to 0.9)",
    ]


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({"accuracy": 0.91}, "WRONG  accuracy: 0.91 (expected 0.8 to 0.9)"),
        ({"accuracy": None}, "WRONG  accuracy: nan (expected 0.8 to 0.9)"),
        ({"model": "n"}, "WRONG  accuracy: not in the results (expected 0.8 to 0.9)"),
        ({"found": FOUND | {"motifs": []}}, "WRONG  motifs: 0 (expected 1)"),
        ({"found": FOUND | {"duplicates": {}}}, "WRONG  copies: not in the results (expected 5)"),
        ({"found": FOUND | {"any": {"a": 1}}}, "WRONG  leaks: 1 (expected 3)"),
    ],
)
def test_other_results_fail(results, capsys, otherwise, said):
    with pytest.raises(SystemExit) as end:
        results(**otherwise)
    assert str(end.value) == "1 of the numbers of e are not as expected."
    assert said in capsys.readouterr().out


def test_an_example_that_is_none_is_told(results):
    with pytest.raises(UserError, match="'f' is no example; there are e."):
        check.main(["f"])


@pytest.fixture
def make(tmp_path):
    """Run `make example` with other commands in place of those that it calls."""
    shutil.copy2(EXAMPLES.parent / "Makefile", tmp_path)
    for path in ("requirements/install.sh", "examples/a/my.yaml", "examples/b/my.yaml"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("")
    commands = tmp_path / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name in ("python", "snakemake"):
        (commands / name).write_text('#!/bin/sh\necho "${0##*/}" "$@"; test "$2" != bad\n')
        (commands / name).chmod(0o755)

    def make(*arguments):
        command = ["make", "--silent", "example", "CORES=1", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return make


def test_make_runs_and_checks_the_examples_that_are_chosen(make):
    def lines(name):
        run = (
            f"snakemake --cores 1 --directory examples/{name} --configfile examples/{name}/my.yaml"
        )
        return [run, f"python examples/check.py {name}"]

    assert make().stdout.splitlines() == lines("a") + lines("b")
    assert make("EXAMPLE=b").stdout.splitlines() == lines("b")


@pytest.mark.parametrize("name", ["c", "a;touch made", "$$(touch made)"])
def test_make_names_the_examples_that_there_are(make, tmp_path, name):
    done = make(f"EXAMPLE={name}")
    assert done.returncode == 2 and done.stdout == ""
    assert f"no example '{name.replace('$$', '$')}'; choose one of: all a b" in done.stderr
    assert not (tmp_path / "made").exists()


def test_make_ends_where_a_number_is_not_as_expected(make, tmp_path):
    (tmp_path / "examples" / "a").rename(tmp_path / "examples" / "bad")
    done = make()
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == "python examples/check.py bad"
