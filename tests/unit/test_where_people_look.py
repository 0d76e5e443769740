"""What hosts, catalogues and builders of images read of this project."""

import fnmatch
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
KINDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


@pytest.mark.parametrize("form", [path for path in FORMS if path.stem != "config"], ids=str)
def test_forms_are_what_the_host_takes(form):
    content = yaml.safe_load(form.read_text())
    assert {"name", "description", "body"} <= set(content)
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert fields and {field["type"] for field in content["body"]} <= KINDS
    assert len({field["id"] for field in fields}) == len(fields)
    for field in content["body"]:
        wanted = "value" if field["type"] == "markdown" else "label"
        assert field["attributes"][wanted]
        assert field["type"] != "dropdown" or field["attributes"]["options"]
    text = form.read_text()
    for path in re.findall(r"\.\./blob/main/([\w./-]+)", text):
        assert (ROOT / path).is_file(), path


def test_the_citation_has_what_a_doi_needs():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    needed = ["cff-version", "message", "type", "title", "abstract", "authors", "version"]
    for key in [*needed, "date-released", "license", "keywords"]:
        assert citation[key], key
    assert citation["license"] in (ROOT / "LICENSE").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", citation["date-released"])


def test_the_workflow_of_the_site_calls_targets_that_exist():
    text = (ROOT / ".github" / "workflows" / "docs.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert list(jobs) == ["build", "deploy"] and jobs["deploy"]["needs"] == "build"
    commands = [step["run"] for step in jobs["build"]["steps"] if "run" in step]
    assert "make docs" in commands
    uploaded = [step["with"]["path"] for step in jobs["build"]["steps"] if "path" in str(step)]
    assert uploaded == [re.search(r"^site_dir: (.+)$", (ROOT / "mkdocs.yml").read_text(), re.M)[1]]


SNAKEFILES = [ROOT / "Snakefile", *sorted(ROOT.glob("rules/*.smk"))]


@pytest.mark.parametrize("path", SNAKEFILES, ids=lambda path: path.name)
def test_rules_work_in_a_module_too(path):
    """There `workflow.basedir` is the folder of another workflow, and rules have other names."""
    text = path.read_text()
    assert "workflow.basedir" not in text, "HERE is the folder of this workflow"
    assert not re.search(r"^localrules:", text, re.MULTILINE), "write `localrule: True` in the rule"


# ------------------------------------------------------------------------------ image


def instructions():
    """The instructions of the recipe, each with what it says, on one line."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def said(kind):
    return [text for name, text in instructions() if name == kind]


def ignored(path):
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def test_the_image_installs_what_the_manual_names():
    [first, *_] = said("RUN")
    packages = set(re.search(r"--no-install-recommends (.+?) *&&", first)[1].split())
    manual = (ROOT / "docs" / "installation.md").read_text()
    assert packages == {*re.search(r"apt-get install (.+)", manual)[1].split(), "ca-certificates"}


def test_the_image_calls_targets_and_copies_files_that_exist():
    targets = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    made = [name for text in said("RUN") for name in re.findall(r"\bmake (?!python)(\w+)", text)]
    assert made == ["setup"] and set(made) <= set(targets.split())
    for text in said("COPY"):
        for source in text.split()[:-1]:
            assert (ROOT / source).exists() and not ignored(source), source
    [entry] = said("ENTRYPOINT")
    assert '"/opt/attendna/Snakefile"' in entry and "/opt/attendna" in said("WORKDIR")
    for needed in ("Snakefile", "config.yaml", "scripts", "rules", "schemas", "profiles", "report"):
        assert not ignored(needed), needed


def test_what_is_made_here_stays_out_of_the_image():
    for path in (".git", ".venv", "results", ".tools", "site", "scripts/attendna/__pycache__"):
        assert ignored(path), path
