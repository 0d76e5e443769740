"""The workflow as a module of another one, as `docs/how-to/module.md` shows it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from clones import PARTS, ROOT, TARGETS, Clone, read_plan, snakemake

pytestmark = pytest.mark.slow
SMALL = Path(__file__).with_name("small.yaml")
PAGE = ROOT / "docs" / "how-to" / "module.md"
BLOCK = re.compile(r"^```snakemake\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNAKEFILES = BLOCK.findall(PAGE.read_text())


def test_the_readme_shows_what_the_page_shows():
    assert PAGE.name == "module.md"
    [shown] = BLOCK.findall((ROOT / "README.md").read_text())
    assert SNAKEFILES[0].startswith(shown)


def user(folder, snakefile, **replaced):
    """Another workflow, with a Snakefile of the page."""
    (folder / "config").mkdir(parents=True)
    shutil.copy(SMALL, folder / "config" / "config.yaml")
    for old, new in replaced.items():
        snakefile = snakefile.replace(f"<{old}>", str(new))
    (folder / "Snakefile").write_text(snakefile)
    return folder


def jobs(said):
    """What would be done, by rule and wildcards; the folder of this workflow's files aside."""
    return {(job.rule, *sorted(job.wildcards.items()), job.log) for job in read_plan(said).jobs}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The jobs of the workflow itself."""
    clone = Clone.fresh(tmp_path_factory.mktemp("own") / "clone")
    clone.configs = ["small.yaml"]
    result = clone.snakemake("-n", "--verbose")
    assert result.returncode == 0, result.stdout
    return jobs(result.stdout)


def renamed(planned, prefix):
    return {(rule.removeprefix(prefix), *rest) for rule, *rest in planned}


def test_a_module_plans_the_same_jobs(own, tmp_path):
    folder = user(tmp_path / "user", SNAKEFILES[0], clone=ROOT)
    done = snakemake("-n", "--verbose", "--cores", "1", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "localrules directive" not in done.stdout
    planned = renamed(jobs(done.stdout), "attendna_")
    assert {job for job in planned if job[0] not in TARGETS} == own
    assert len(own) > 20


def test_a_module_from_a_host_plans_the_same_jobs(own, tmp_path):
    """As snakedeploy writes it; Snakemake's clone is there before it asks the host for one."""
    [snakefile] = [text for text in SNAKEFILES if "github(" in text]
    repository, tag = re.search(r'github\("(.+?)",.* tag="(.+?)"', snakefile).groups()
    folder = user(tmp_path / "user", snakefile)
    source = tmp_path / "source"
    source.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, source / part)
    named = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    cache = tmp_path / "cache" / "snakemake" / "snakemake" / "source-cache"
    clone = cache / "snakemake-git-cache" / "github.com" / repository
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*named, "commit", "-qm", "all"],
        ["-c", "tag.gpgsign=false", "tag", tag],
        ["clone", "-q", "--bare", ".", str(clone)],
    ):
        subprocess.run(["git", *command], cwd=source, check=True, env=without_git())
    done = snakemake(
        "-n", "--verbose", "--cores", "1", cwd=folder, XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert done.returncode == 0, done.stdout
    assert {job for job in jobs(done.stdout) if job[0] not in TARGETS} == own
    [files] = (folder / ".snakemake" / "attendna" / "source").iterdir()
    assert (files / "scripts" / "train.py").read_bytes() == (
        ROOT / "scripts" / "train.py"
    ).read_bytes()


def without_git():
    """The environment without what a hook of git may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def test_what_a_module_can_not_do_is_said(tmp_path):
    snakefile = SNAKEFILES[0].replace("config: config", 'config: config\n    prefix: "here"')
    assert "prefix" in snakefile
    done = snakemake("-n", cwd=user(tmp_path / "user", snakefile, clone=ROOT))
    assert done.returncode == 1
    assert "leave `prefix` and `replace_prefix` out" in done.stdout


def test_the_template_of_the_catalogue_is_a_legal_config(tmp_path):
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    assert set(config) <= set(yaml.safe_load((ROOT / "config.yaml").read_text()))
    folder = user(tmp_path / "user", SNAKEFILES[0], clone=ROOT)
    shutil.copy(ROOT / "config" / "config.yaml", folder / "config" / "config.yaml")
    done = snakemake("-n", "attendna_data", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert {"attendna_audit", "attendna_split"} <= set(re.findall(r"^(\w+) +1$", done.stdout, re.M))


def test_the_catalogue_finds_what_it_looks_for():
    catalogue = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    usage = catalogue["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"] == {"desc": None, "flags": None}
    stack = usage["software-stack-deployment"]
    assert stack["conda"] is any(ROOT.glob("envs/*.yaml")) and not stack["apptainer"]
    rules = "".join(path.read_text() for path in ROOT.glob("rules/*.smk"))
    assert usage["report"] is ("report(" in rules)
    for name in ("README.md", "LICENSE", "Snakefile", "config/README.md", "config/config.yaml"):
        assert (ROOT / name).is_file(), name
