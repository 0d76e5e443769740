import ast
from pathlib import Path

import pytest

from attendna.code_inputs import modules

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def tree(tmp_path):
    """Make a script and a library from their texts."""

    def make(script: str, **library: str) -> Path:
        (tmp_path / "attendna").mkdir()
        for name, text in {"__init__": "", **library}.items():
            (tmp_path / "attendna" / f"{name}.py").write_text(text)
        (tmp_path / "script.py").write_text(script)
        return tmp_path / "script.py"

    return make


def names(script: Path) -> list[str]:
    found = modules(script)
    assert all(path.parent == script.parent / "attendna" for path in found)
    return [path.stem for path in found]


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


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.name)
def test_scripts_of_the_project(script):
    found = modules(script)
    assert list(found) == sorted(set(found))
    assert script not in found
    mentioned = {
        f"{node.module.removeprefix('attendna.')}.py"
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("attendna.")
    }
    assert mentioned <= {path.name for path in found}
