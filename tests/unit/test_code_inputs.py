import ast
import os
import re
import shutil
from pathlib import Path

import pytest

from attendna import code_inputs
from attendna.code_inputs import modules

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
RULES = "\n".join(path.read_text() for path in sorted(ROOT.glob("rules/*.smk")))


@pytest.fixture
def tree(tmp_path):
    """Make a script and a library from their texts."""

    def make(script: str, files: dict[str, str] | None = None, **library: str) -> Path:
        for name, text in {"__init__": "", **library, **(files or {})}.items():
            path = tmp_path / "attendna" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "script.py").write_text(script)
        return tmp_path / "script.py"

    return make


def names(script: Path) -> list[str]:
    library = script.parent / "attendna"
    return [path.relative_to(library).with_suffix("").as_posix() for path in modules(script)]


@pytest.mark.parametrize(
    "statement",
    [
        "from attendna.dna import one_hot",
        "from attendna import dna",
        "import attendna.dna",
        "import attendna.dna as d",
        "import os, attendna.dna",
        "def main():\n    from attendna import dna",
        "if True:\n    try:\n        import attendna.dna\n    except ImportError:\n        pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from attendna import dna",
        "from attendna import (\n    dna,\n    missing,\n)",
        "from attendna import (  # (not that)\n    dna,\n)",
        "from attendna import \\\n    dna",
        "import os; from attendna import dna",
        "if True: from attendna import dna",
        "word = 'import'\nfrom attendna import dna",
    ],
)
def test_every_kind_of_import_is_seen(tree, statement):
    assert names(tree(statement, dna="", other="")) == ["__init__", "dna"]


@pytest.mark.parametrize(
    "statement", ["from .b import f", "from . import b", "def f():\n    from .b import f"]
)
def test_relative_imports_are_seen(tree, statement):
    assert names(tree("import attendna.a", a=statement, b="", c="")) == ["__init__", "a", "b"]


def test_modules_are_found_through_others(tree):
    chain = {"a": "from attendna.b import f", "b": "def f():\n    import attendna.c", "c": ""}
    assert names(tree("from attendna import a", **chain, d="")) == ["__init__", "a", "b", "c"]


def test_what_the_package_itself_imports_counts(tree):
    script = tree("import attendna.a", __init__="from .b import f", a="", b="")
    assert names(script) == ["__init__", "a", "b"]


def test_circles_end(tree):
    script = tree("import attendna.a", a="import attendna.b", b="import attendna.a")
    assert names(script) == ["__init__", "a", "b"]


@pytest.mark.parametrize(
    "statement",
    ["import numpy", "from os import path", "import attendnas.dna", "import dna", "x = 'attendna'"],
)
def test_other_packages_are_none_of_ours(tree, statement):
    assert names(tree(statement, dna="")) == []


def test_an_imported_function_is_no_file(tree):
    assert names(tree("from attendna.dna import one_hot", dna="", one_hot="")) == [
        "__init__",
        "dna",
    ]


def test_text_that_looks_like_an_import_is_none(tree):
    assert names(tree('"""import attendna.dna"""\n# import attendna.dna', dna="")) == []


# ------------------------------------------------------------------------------ packages


ROOMS = {
    "dna": "",
    "data/__init__": "",
    "data/readers": "",
    "data/genome": "",
    "learning/__init__": "",
    "learning/models": "",
}
READERS = ["__init__", "data/__init__", "data/readers"]


@pytest.mark.parametrize(
    "statement",
    [
        "from attendna.data import readers",
        "from attendna.data.readers import read",
        "import attendna.data.readers",
        "import attendna.data.readers as r",
        "def main():\n    from attendna.data import readers",
    ],
)
def test_a_module_of_a_package_is_seen_with_the_package(tree, statement):
    assert names(tree(statement, ROOMS)) == READERS


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from . import genome", ["data/genome"]),
        ("from .genome import f", ["data/genome"]),
        ("from .. import dna", ["dna"]),
        ("from ..dna import f", ["dna"]),
        ("from ..learning import models", ["learning/__init__", "learning/models"]),
        ("from ..learning.models import f", ["learning/__init__", "learning/models"]),
    ],
)
def test_relative_imports_start_at_the_package_of_their_module(tree, statement, expected):
    script = tree("from attendna.data import readers", ROOMS | {"data/readers": statement})
    assert names(script) == sorted({*READERS, *expected})


def test_a_package_that_is_imported_alone_is_seen(tree):
    assert names(tree("import attendna.data", ROOMS)) == ["__init__", "data/__init__"]


def test_what_an_inner_package_itself_imports_counts(tree):
    package = {"data/__init__": "from .genome import f"}
    script = tree("from attendna.data import readers", ROOMS | package)
    assert names(script) == ["__init__", "data/__init__", "data/genome", "data/readers"]


# ------------------------------------------------------------------------------ digests


def digest(script: Path) -> str:
    """Reckon the digest anew; each process reads the code once."""
    for cached in vars(code_inputs).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    return code_inputs.digest(script)


@pytest.fixture
def script(tree) -> Path:
    return tree("from attendna import a", a="from attendna import b", b="x = 1", other="y = 1")


@pytest.mark.parametrize("changed", ["script", "attendna/__init__", "attendna/a", "attendna/b"])
def test_a_digest_depends_on_the_content_of_the_script_and_of_what_it_imports(script, changed):
    before = digest(script)
    path = script.parent / f"{changed}.py"
    content = path.read_text()
    path.write_text(content + "\n# edited\n")
    assert digest(script) != before
    path.write_text(content)
    assert digest(script) == before


def test_a_digest_depends_on_which_file_holds_what(tree, script):
    before = digest(script)
    tree("from attendna import a", a="x = 1", b="from attendna import b")
    assert digest(script) != before


def test_a_digest_does_not_depend_on_time_or_place_or_other_modules(script, tmp_path):
    before = digest(script)
    os.utime(script, (1, 1))
    (script.parent / "attendna" / "other.py").write_text("y = 2")
    assert digest(script) == before
    copy = shutil.copytree(script.parent, tmp_path.with_name(f"{tmp_path.name} moved"))
    assert digest(copy / "script.py") == before


def test_each_rule_has_the_digest_of_the_script_that_it_runs():
    rules = re.findall(r"^rule (\w+):\n((?: {4}.*\n|\n)*)", RULES, re.MULTILINE)
    assert len(rules) > 20
    for name, block in rules:
        ran = re.findall(r'\bscript\("(\w+)"\)', block)
        # A file that was fetched is what its checksum says, whatever fetched it.
        counted = [] if name == "download" else ran
        assert len(ran) == 1 and re.findall(r'\bcode\("(\w+)"\)', block) == counted, name


# ------------------------------------------------------------------------------ the project


def mentioned(path: Path) -> set[Path]:
    """Give the files of the library that the statements of a file name, written down anew."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "attendna":
            folder = SCRIPTS.joinpath(*node.module.split("."))
            files = [folder / f"{alias.name}.py" for alias in node.names]
            found |= {path for path in [folder.with_suffix(".py"), *files] if path.exists()}
    return found


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.name)
def test_scripts_of_the_project(script):
    found = modules(script)
    assert list(found) == sorted(set(found))
    assert script not in found
    for path in [script, *found]:
        assert mentioned(path) <= set(found)
    assert mentioned(script)
