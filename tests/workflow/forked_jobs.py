"""Jobs of workflows that do not import the same packages each time.

A run of the tests starts hundreds of scripts, and more than half of their time is the import of
packages. Here a process that has imported them forks for each script. What stands as `python` in
`folder()` asks it to, waits, and ends as the script did; for anything but a script it is the real
Python. A fork has its own folder, variables and modules, see `forked_runs`.
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
from functools import cache
from pathlib import Path

from forked_runs import SCRIPTS, become, run_script

# Asks for a script: its words, folder and variables as JSON, and where its output goes.
CLIENT = """#!{python} -IS
import json, os, socket, sys
if len(sys.argv) < 2 or not sys.argv[1].endswith(".py"):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
order = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as asking:
    asking.connect({address!r})
    socket.send_fds(asking, [b"%12d" % len(order)], [1, 2])
    asking.sendall(order)
    asking.shutdown(socket.SHUT_WR)
    sys.exit(int(asking.makefile().read()))
"""

_KEPT: list[subprocess.Popen] = []  # whose input is closed when this process ends


@cache
def folder() -> str:
    """Start the process, which ends with this one, and return a folder that holds a `python`."""
    made = Path(tempfile.mkdtemp(prefix="forked-jobs-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    address = str(made / "socket")
    client = made / "python"
    client.write_text(CLIENT.format(python=sys.executable, address=address))
    client.chmod(0o755)
    command = [sys.executable, __file__, address]
    serving = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    serving.stdout.readline()  # it listens
    _KEPT.append(serving)
    return str(made)


def main() -> None:
    """Fork for each that asks, until the input is closed."""
    del sys.path[0]  # no module of the tests within reach of a script
    for module in SCRIPTS:
        importlib.import_module(module)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen(64)
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
        while True:
            ready, _, _ = select.select([listening, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            asking, _ = listening.accept()
            if not os.fork():
                listening.close()
                answer(asking)
                return
            asking.close()


def answer(asking: socket.socket) -> None:
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
