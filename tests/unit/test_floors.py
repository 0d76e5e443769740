"""The plan of the library: which room a module is in, and that imports lead downwards only."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "scripts" / "attendna"
# From the top. A module imports from rooms on lower floors and from its own, nothing else.
FLOORS = [
    {"reporting", "planning", "terminal"},
    {"use"},
    {"explanation"},
    {"learning", "data", "evaluation"},
    {"simulation", "contracts"},
]
# The ground: the modules beside the rooms, on which all stand.
GROUND = {"addresses", "dna", "durations", "errors", "intact_files", "jaspar", "shuffling"}
GROUND |= {
    "code_inputs",
    "command_line",
    "finite",
    "inference",
    "machine",
    "mapped",
    "names",
    "positive_class",
    "provenance",
    "values",
    "version",
    "wording",
}
HEIGHTS = {room: -number for number, floor in enumerate(FLOORS) for room in floor}
HEIGHTS[""] = -len(FLOORS)


def room_of(module: str) -> str:
    """The package of `package.module`; "" for a module on the ground."""
    return module.rpartition(".")[0]


def imported(path: Path, library: Path) -> set[str]:
    """Name the modules that the import statements of a file name, wherever they stand."""
    folders = ("attendna", *path.relative_to(library).parent.parts)
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = folders[: len(folders) + 1 - node.level] if node.level else ()
            base = ".".join([*start, *filter(None, [node.module])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    own = {name.removeprefix("attendna.") for name in names if name.startswith("attendna.")}
    return {name for name in own if library.joinpath(*name.split(".")).with_suffix(".py").exists()}


def faults(library: Path) -> list[str]:
    """Say where a library departs from the plan."""
    found, graph = [], {}
    for path in sorted(library.rglob("*.py")):
        place = path.relative_to(library)
        if path.name == "__init__.py":
            if path.parent != library and path.read_text(encoding="utf-8"):
                found.append(f"{place} is not empty")
            elif imported(path, library):
                found.append(f"{place} imports what all would then depend on")
            continue
        module = ".".join(place.with_suffix("").parts)
        room = room_of(module)
        if room not in HEIGHTS or (not room and module not in GROUND):
            found.append(f"{module} is in no room")
            continue
        if room and not path.with_name("__init__.py").exists():
            found.append(f"{room} has no __init__.py")  # else it is no package of its own
        graph[module] = imported(path, library)
        found += [
            f"{module} imports {other}"
            for other in sorted(graph[module])
            if room_of(other) != room and HEIGHTS.get(room_of(other), 1) >= HEIGHTS[room]
        ]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("circle: " + " - ".join(error.args[1]))
    return found


def test_every_module_is_in_its_room_and_imports_lead_downwards():
    assert faults(LIBRARY) == []


@pytest.fixture
def library(tmp_path):
    """A library that keeps to the plan: a module of data on one of contracts on the ground."""
    files = {
        "__init__": "import os",
        "dna": "",
        "contracts/__init__": "",
        "contracts/tables": "from attendna import dna",
        "data/__init__": "",
        "data/genome": "",
        "data/readers": "from attendna.contracts import tables\nfrom attendna.data import genome",
        "learning/__init__": "",
        "learning/models": "import attendna.contracts.tables",
    }
    for name, text in files.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_library_that_keeps_to_the_plan_has_no_faults(library):
    assert faults(library) == []


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("dna", "from attendna.contracts import tables", "dna imports contracts.tables"),
        ("dna", "import attendna.data.readers", "dna imports data.readers"),
        ("contracts/tables", "from ..data.genome import f", "contracts.tables imports data.genome"),
        (
            "contracts/tables",
            "def f():\n    from attendna.learning.models import g",
            "contracts.tables imports learning.models",
        ),
        (  # rooms of one floor stand apart
            "data/genome",
            "from attendna.learning import models",
            "data.genome imports learning.models",
        ),
        (
            "data/genome",
            "from . import readers",
            "circle: data.readers - data.genome - data.readers",
        ),
        ("data/__init__", "from attendna.data.readers import *", "data/__init__.py is not empty"),
        ("data/__init__", '"""Docstring."""', "data/__init__.py is not empty"),
        (
            "__init__",
            "from attendna import dna",
            "__init__.py imports what all would then depend on",
        ),
        ("shed", "", "shed is in no room"),
        ("attic/trunk", "", "attic.trunk is in no room"),
        ("data/cellar/trunk", "", "data.cellar.trunk is in no room"),
        ("evaluation/metrics", "", "evaluation has no __init__.py"),
    ],
)
def test_a_departure_from_the_plan_is_found(library, file, text, expected):
    path = library / f"{file}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert expected in faults(library)
