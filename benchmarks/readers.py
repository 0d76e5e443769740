"""How fast users' files are read, beside the code before, in turns on the same files.

    git worktree add /tmp/before COMMIT
    python benchmarks/readers.py --before /tmp/before

Reads made-up files with both, each time in a process of its own, and prints medians of the
processor time over the rounds, the ratio of both, and its range.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
READ = """
import sys, time
sys.path.insert(0, sys.argv[1] + "/scripts")
import pandas, pyarrow
from attendna.data.readers import import_sources
columns = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}
start = time.process_time()
import_sources([{"path": sys.argv[2], "label": "x"}], columns)
print(time.process_time() - start)
"""
FILES = {
    "FASTA": ("", b">r%d\n%s\n"),
    "FASTA, headers of several words": ("", b">r%d chr1 of a made-up genome\n%s\n"),
    "CSV": ("sequence,label,n\n", b"%s,x,%d\n"),
}


def main() -> None:
    """Print a line for each kind of file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", required=True, help="a folder with the code before")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print("| file | before (s) | now (s) | ratio | lowest to highest |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (header, row) in FILES.items():
            path = Path(folder, "table.csv" if header else "records.fa")
            write(path, header, row, arguments.records, arguments.length)
            times = [
                (seconds(arguments.before, path), seconds(str(ROOT), path))
                for _ in range(arguments.rounds)
            ]
            ratios = sorted(now / before for before, now in times)
            before, now = (statistics.median(column) for column in zip(*times, strict=True))
            print(
                f"| {name} | {before:.2f} | {now:.2f} | {statistics.median(ratios):.2f} | "
                f"{ratios[0]:.2f} to {ratios[-1]:.2f} |",
                flush=True,
            )


def write(path: Path, header: str, row: bytes, records: int, length: int) -> None:
    """Write random sequences."""
    rng = np.random.default_rng(1)
    bases = np.frombuffer(b"ACGT", dtype=np.uint8)
    with open(path, "wb") as handle:
        handle.write(header.encode())
        for first in range(0, records, 10_000):
            letters = bases[rng.integers(0, 4, (min(10_000, records - first), length))]
            for i, sequence in enumerate(letters, start=first):
                pair = (sequence.tobytes(), i) if header else (i, sequence.tobytes())
                handle.write(row % pair)


def seconds(code: str, path: Path) -> float:
    """Return the processor time in which some code reads a file."""
    command = [sys.executable, "-c", READ, code, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
