"""What it costs to start: Keras as it imports itself, and as this library imports it.

    python benchmarks/start.py

Runs both in turns, each in a process of its own, and prints the median of their processor times.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STARTS = {
    "keras": "import keras",
    "attendna.learning.backend": "from attendna.learning.backend import keras",
}


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    seconds = {name: [] for name in STARTS}
    for _ in range(rounds):
        for name, code in STARTS.items():
            seconds[name].append(processor_time(code))
    first, *_ = medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.2f} s ({median / medians[first]:.2f})")


def processor_time(code: str) -> float:
    """Return the seconds of user and system time of a process that runs some code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
