"""Jobs of workflows that do not import the same packages each time.

A run of the tests starts hundreds of scripts, and more than half of their time is the import of
packages. Here a process that has imported them forks for each script. What stands as `python` in
`folder()` asks it to, waits, and ends as the script did; for anything but a script it is the real
Python. A fork has its own folder, variables and modules, see `forked_runs`.

For the scripts that work with networks there is a second process. It has imported TensorFlow, too,
and done nothing with it: only what was used has threads and devices, which a fork would not have.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NoReturn

from forked_runs import become, run_script

ROOT = Path(__file__).parents[2]
# What is imported before: of others alone.
PACKAGES = ("pandas", "pyarrow.parquet", "scipy.stats", "sklearn.linear_model", "matplotlib.figure")
NETWORKS = ("keras", "tensorflow")
# As `attendna` sets them before either is imported.
VARIABLES = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}

# Asks for a script: its words, folder and variables as JSON, and where its output goes.
CLIENT = """#!{python} -IS
import json, os, socket, sys
if len(sys.argv) < 2 or not sys.argv[1].endswith(".py"):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
order = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as asking:
    asking.connect({networks!r} if os.path.basename(sys.argv[1]) in {those} else {usual!r})
    socket.send_fds(asking, [b"%12d" % len(order)], [1, 2])
    asking.sendall(order)
    asking.shutdown(socket.SHUT_WR)
    sys.exit(int(asking.makefile().read()))
"""

_KEPT: list[subprocess.Popen] = []  # whose input is closed when this process ends
_STARTING = threading.Lock()  # a cache alone lets each of several threads start one


def folder() -> str:
    """Start the process, which ends with this one, and return a folder that holds a `python`."""
    with _STARTING:
        return _started()


@cache
def _started() -> str:
    made = Path(tempfile.mkdtemp(prefix="forked-jobs-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    addresses = {"usual": str(made / "usual"), "networks": str(made / "networks")}
    client = made / "python"
    text = CLIENT.format(python=sys.executable, those=with_networks(), **addresses)
    client.write_text(text)
    client.chmod(0o755)
    command = [sys.executable, __file__, *addresses.values()]
    serving = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    serving.stdout.readline()  # it listens
    _KEPT.append(serving)
    return str(made)


def with_networks() -> set[str]:
    """Name the scripts that import Keras, at any depth of what they import."""
    from attendna import code_inputs  # which the process that forks never imports

    library = ROOT / "scripts"
    backend = library / "attendna" / "learning" / "backend.py"
    scripts = library.glob("*.py")
    return {script.name for script in scripts if backend in code_inputs.modules(script)}


def forked_script(
    arguments: list[str], where: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Run `python` with a script and its arguments; what it says is in `stdout`, all of it."""
    return subprocess.run(
        [f"{folder()}/python", *arguments],
        cwd=where,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def main() -> None:
    """Listen for both kinds of scripts; the second process starts when the first one asks for it.

    Both end when their input is closed.
    """
    del sys.path[0]  # no module of the tests within reach of a script
    import_all(PACKAGES)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
    usual, networks = (listening(address) for address in sys.argv[1:])
    print("ready", flush=True)
    serve(usual, until=networks)
    if os.fork():
        networks.close()
        serve(usual)
    usual.close()
    os.environ.update(VARIABLES)
    import_all(NETWORKS)
    serve(networks)


def import_all(modules: Iterable[str]) -> None:
    """Import modules for all that is forked from here."""
    for module in modules:
        importlib.import_module(module)


def listening(address: str) -> socket.socket:
    """Return a socket that listens at an address."""
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    made.listen(64)
    return made


def serve(own: socket.socket, until: socket.socket | None = None) -> None:
    """Fork for each that asks, until somebody asks elsewhere; end when the input is closed."""
    others = [until] if until else []
    while True:
        ready, _, _ = select.select([own, sys.stdin, *others], [], [])
        if sys.stdin in ready:
            sys.exit()
        if until in ready:
            return
        asking, _ = own.accept()
        if not os.fork():
            for listens in (own, *others):
                listens.close()
            answer(asking)
        asking.close()


def answer(asking: socket.socket) -> NoReturn:
    """Run what is asked for in a process of its own, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, outputs, _, _ = socket.recv_fds(asking, 12, 2)
    arguments, where, environment = json.loads(asking.makefile("rb").read(int(length)))
    process = os.fork()
    if not process:
        asking.close()
        become(arguments, where, environment, *outputs)
        run_script()
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    asking.sendall(str(status if status >= 0 else 128 - status).encode())  # as a shell says it
    os._exit(0)


if __name__ == "__main__":
    main()
