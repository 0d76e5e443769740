"""Which code a rule depends on: a script and the library modules that it imports.

Snakemake does not look into the imports of a script. Rules therefore have a digest of their code
among their params. This finds the code by reading the import statements and following them.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = "attendna"
# An import statement that begins a line, to its end: in parentheses, or with continued lines.
_STATEMENT = re.compile(
    r"^[ \t]*((?:from[ \t]+[\w.]+[ \t]+)?import\b"
    r"(?:[ \t]*\([^)]*\)|[^\n\\]*(?:\\\n[^\n\\]*)*))",
    re.MULTILINE,
)
_WORD = re.compile(r"\bimport\b")


@cache
def modules(script: Path) -> tuple[Path, ...]:
    """Return the library files that a script imports, directly or through others, sorted.

    Parameters
    ----------
    script
        A Python file in the folder that holds the library `attendna`.
    """
    root = script.parent
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for path in _imports(waiting.pop(), root):
            if path not in found:
                found.add(path)
                waiting.append(path)
    return tuple(sorted(found))


@cache
def digest(script: Path) -> str:
    """Return one digest of a script and of the library files that it imports.

    Parameters
    ----------
    script
        As for `modules`.

    Returns
    -------
    str
        64 hexadecimal digits, which depend on the contents of the files and on their places below
        the folder of the script, and not on their times or on where that folder is.
    """
    lines = [
        f"{_sha256(path)}  {path.relative_to(script.parent).as_posix()}"
        for path in (script, *modules(script))
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache  # most modules are behind many scripts
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _imports(path: Path, root: Path) -> frozenset[Path]:
    """Return the library files that the import statements of one file name, at any depth of it."""
    names: set[str] = set()
    for node in _import_statements(path):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import starts at the folder of its file, `level` - 1 folders up.
            package = path.relative_to(root).parts[: -node.level] if node.level else ()
            module = ".".join((*package, *filter(None, [node.module])))
            names.update(f"{module}.{alias.name}" for alias in node.names)
    files = set()
    for name in names:
        if name.split(".")[0] == LIBRARY:
            files.update(_files(root, name))
    return frozenset(files)


def _import_statements(path: Path) -> Iterator[ast.AST]:
    """Yield the import statements of a file, at any depth of it, among others perhaps.

    To parse whole files would be half of the start of each run. Where every word `import` begins
    a line, or stands behind a `from` that does, these statements are all that has to be parsed. A
    line of a docstring may pass for one: then a file too many counts, never one too few.
    """
    text = path.read_text(encoding="utf-8")
    found = _STATEMENT.findall(text)
    if len(found) == len(_WORD.findall(text)):
        try:
            return iter(ast.parse("\n".join(found)).body)
        except SyntaxError:  # a comment with a bracket, or a docstring
            pass
    return _statements(ast.parse(text, str(path)))


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a tree, at any depth; expressions, its larger part, hold none."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr):
            continue
        yield child
        yield from _statements(child)


@cache
def _files(root: Path, name: str) -> tuple[Path, ...]:
    """Return the files that Python runs for a dotted name: of each package on the way, a module."""
    parts = name.split(".")
    paths = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    candidates = [
        file for path in paths for file in (path / "__init__.py", path.with_suffix(".py"))
    ]
    return tuple(file for file in candidates if file in _library(root))


@cache
def _library(root: Path) -> frozenset[Path]:
    """Return the files of the library: one look at each folder in place of one a name."""
    return frozenset(path for path in (root / LIBRARY).rglob("*.py") if path.is_file())
