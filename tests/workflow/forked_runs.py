"""Runs of Snakemake that do not import the same packages each time.

That takes longer than most of what they do. A process that has imported the packages forks for each
run. A fork has its own folder, variables and modules, so that nothing of one run is left to the
next: what a Snakefile imports, above all the library of its clone, the first process
never does. Jobs of Snakemake are processes of their own, see `forked_jobs`.
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
PACKAGES = ("snakemake.cli", "smart_open", "jsonschema", "numpy")


def forked_snakemake(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Run `snakemake`; what it says is in `stdout`, all of it."""
    with tempfile.NamedTemporaryFile("r") as said:
        forking = _forking()
        words = ["snakemake", *arguments]
        order = json.dumps([words, str(folder), environment, said.name])
        print(order, file=forking.stdin, flush=True)
        return subprocess.CompletedProcess(words, int(forking.stdout.readline()), said.read())


@cache
def _forking() -> subprocess.Popen:
    """Start the process; it ends with this one, which closes its input."""
    command = [sys.executable, "-I", __file__]  # no module of the tests within reach
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Read orders, line by line, fork, and answer with the exit status."""
    for module in PACKAGES:
        importlib.import_module(module)
    run = sys.modules["snakemake.cli"]
    run.get_argument_parser()  # finds and imports the plug-ins
    for line in sys.stdin:
        process = os.fork()
        if not process:
            *order, said = json.loads(line)
            output = os.open(said, os.O_WRONLY)
            become(*order, output, output)
            sys.exit(run.main())
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
