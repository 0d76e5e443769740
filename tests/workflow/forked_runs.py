"""Runs of Snakemake and of scripts that do not import the same packages each time.

That takes longer than most of what they do. A process that has imported the packages forks for each
run. A fork has its own folder, variables and modules, so that nothing of one run is left to the
next: what a Snakefile or a script imports, above all the library of its clone, the first process
never does. Jobs of Snakemake are processes of their own as ever.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NoReturn

# What is imported before: of others alone.
SNAKEMAKE = ("snakemake.cli", "smart_open", "jsonschema", "numpy")
SCRIPTS = ("pandas", "pyarrow.parquet", "scipy.stats", "sklearn.linear_model", "matplotlib.figure")


def forked_snakemake(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Run `snakemake`; what it says is in `stdout`, all of it."""
    return _forked(SNAKEMAKE, ["snakemake", *arguments], folder, environment)


def forked_script(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Run `python` with a script and its arguments; what it says is in `stdout`, all of it."""
    return _forked(SCRIPTS, arguments, folder, environment)


def _forked(
    modules: tuple[str, ...], arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    with tempfile.NamedTemporaryFile("r") as said:
        forking = _forking(modules)
        print(
            json.dumps([arguments, str(folder), environment, said.name]),
            file=forking.stdin,
            flush=True,
        )
        return subprocess.CompletedProcess(arguments, int(forking.stdout.readline()), said.read())


@cache
def _forking(modules: tuple[str, ...]) -> subprocess.Popen:
    """Start the process; it ends with this one, which closes its input."""
    command = [sys.executable, "-I", __file__, *modules]  # no module of the tests within reach
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Read orders, line by line, fork, and answer with the exit status."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    if "snakemake.cli" in sys.modules:
        sys.modules["snakemake.cli"].get_argument_parser()  # finds and imports the plug-ins
    for line in sys.stdin:
        process = os.fork()
        if not process:
            *order, said = json.loads(line)
            output = os.open(said, os.O_WRONLY)
            become(*order, output, output)
            if sys.argv[0] == "snakemake":
                sys.exit(sys.modules["snakemake.cli"].main())
            run_script()
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


def become(
    arguments: list[str], folder: str, environment: dict[str, str], output: int, errors: int
) -> None:
    """Make this process what `snakemake` or `python` is when it starts in a folder."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    script = arguments[0].endswith(".py")
    sys.path.insert(0, os.path.join(folder, os.path.dirname(arguments[0])) if script else folder)
    for opened, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (errors, 2)):
        os.dup2(opened, target)
    for opened in {output, errors} - {0, 1, 2}:
        os.close(opened)


def run_script() -> NoReturn:
    """Run the script that this process has become, and end."""
    runpy.run_path(sys.argv[0], run_name="__main__")
    sys.exit()


if __name__ == "__main__":
    main()
