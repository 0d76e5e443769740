"""Dry runs that do not import Snakemake each time, which takes longer than to plan.

A process that has imported it forks for each of them. A fork has its own folder, variables and
modules, so that nothing of one dry run is left to the next: what a Snakefile imports, above all the
library of its clone, the first process never does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path


def dry_run(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Run `snakemake` with arguments that hold -n; what it says is in `stdout`, all of it."""
    with tempfile.NamedTemporaryFile("r") as said:
        forking = _forking()
        print(
            json.dumps([arguments, str(folder), environment, said.name]),
            file=forking.stdin,
            flush=True,
        )
        return subprocess.CompletedProcess(arguments, int(forking.stdout.readline()), said.read())


@cache
def _forking() -> subprocess.Popen:
    """Start the process; it ends with this one, which closes its input."""
    command = [sys.executable, "-I", __file__]  # with no module of the tests within reach
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Read orders, line by line, fork, and answer with the exit status."""
    import jsonschema  # noqa: F401  for the Snakefile
    import snakemake.cli

    snakemake.cli.get_argument_parser()  # finds and imports the plug-ins
    for line in sys.stdin:
        process = os.fork()
        if not process:
            become(*json.loads(line))
            sys.exit(snakemake.cli.main())
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


def become(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    """Make this process what `python -m snakemake` is when it starts in a folder."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["snakemake", *arguments]
    sys.path.insert(0, folder)
    for path, flags, targets in ((os.devnull, os.O_RDONLY, [0]), (output, os.O_WRONLY, [1, 2])):
        opened = os.open(path, flags)
        for target in targets:
            os.dup2(opened, target)
        os.close(opened)


if __name__ == "__main__":
    main()
