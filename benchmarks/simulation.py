"""Time the simulation and the oracle; run it as `python benchmarks/simulation.py`.

Prints one table: medians of repeated runs, with the peak memory of the whole scripts. The plain
loop makes such data one base at a time, as short programs do, and fewer of them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

from attendna.contracts.splits import write_split  # noqa: E402
from attendna.planning import settings as config_settings  # noqa: E402
from attendna.simulation.oracle import posterior  # noqa: E402
from attendna.simulation.specification import Block, Simulation, simulate  # noqa: E402

CLASSES = {
    "positive": {
        "fraction": 0.5,
        "planted": 1.0,
        "motifs": ["TATAAA", "CAAT", "GGGCGG", "TTGACA"],
    },
    "negative": {
        "fraction": 0.5,
        "planted": 0.3,
        "motifs": ["AAAAAAA", "TTTTTTT", "CCCCCCC", "GGGGGGG"],
    },
}


def run_script(name: str, *arguments: str) -> tuple[float, float]:
    """Run a script and return its seconds and its peak memory in GB."""
    command = [sys.executable, str(SCRIPTS / name), *arguments]
    start = time.perf_counter()
    child = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{name} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e9


def seconds(action: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def plain_loop(simulation: Simulation) -> Iterator[str]:
    """Yield the sequences of a simulation, made one base at a time."""
    for spec, count in zip(simulation.classes, simulation.counts, strict=True):
        for _ in range(count):
            bases = [random.choice("ACGT") for _ in range(simulation.length)]
            if random.random() < spec.planted:
                motif = random.choice(spec.motifs)
                start = random.randint(0, simulation.length - len(motif))
                bases[start : start + len(motif)] = motif
            yield "".join(bases)


def preset(name: str, sequences: int, length: int) -> Simulation:
    """Return the simulation that a preset stands for."""
    block = {"preset": name, "sequences": sequences, "length": length, "seed": 42}
    config = {"datasets": {name: {"simulate": block}}}
    return Simulation.from_settings(config_settings.simulation(config, name))


def use_up(items: Iterator[object]) -> None:
    """Go through an iterator and keep nothing."""
    for _ in items:
        pass


def oracle_seconds(simulation: Simulation) -> float:
    """Return the seconds of scoring all records, not counting how they are made."""

    def one(block: Block) -> float:
        return seconds(lambda: posterior(block.sequences, simulation))

    return sum(map(one, simulate(simulation)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=1_000_000, help="records to simulate")
    parser.add_argument("--length", type=int, default=200, help="bases of a record")
    parser.add_argument("--repeats", type=int, default=5, help="runs of which the median is told")
    arguments = parser.parse_args()
    n, repeats = arguments.sequences, range(arguments.repeats)
    settings = {"sequences": n, "length": arguments.length, "seed": 42, "classes": CLASSES}
    simulation = Simulation.from_settings(settings)
    few = max(1, n // 100)
    train, validation = n * 64 // 100, n * 80 // 100  # where each ends; the rest is test
    scored = n - train
    small = Simulation.from_settings(settings | {"sequences": few})

    with tempfile.TemporaryDirectory() as folder:
        paths = {
            name: str(Path(folder, name))
            for name in ("sequences.parquet", "planted.bed", "split.npz", "predictions.tsv.gz")
        }
        write_split(
            paths["split.npz"],
            {
                "train": np.arange(0, train),
                "validation": np.arange(train, validation),
                "test": np.arange(validation, n),
            },
        )
        common = ["--settings", json.dumps(settings), "--sequences", paths["sequences.parquet"]]
        simulating = [*common, "--planted", paths["planted.bed"]]
        scoring = [*common, "--split", paths["split.npz"]]
        scoring += ["--predictions", paths["predictions.tsv.gz"]]
        rows = [
            ("simulate.py", n, [run_script("simulate.py", *simulating) for _ in repeats]),
            (
                "score_oracle.py",
                scored,
                [run_script("score_oracle.py", *scoring) for _ in repeats],
            ),
        ]
    measured = [
        ("simulate, in memory", n, lambda: seconds(lambda: use_up(simulate(simulation)))),
        ("posterior", n, lambda: oracle_seconds(simulation)),
        ("plain loop, in memory", few, lambda: seconds(lambda: use_up(plain_loop(small)))),
    ]
    for name in ("promoter", "splice", "regulatory"):
        like_real = preset(name, few, arguments.length)
        measured += [
            (f"{name}, in memory", few, lambda s=like_real: seconds(lambda: use_up(simulate(s)))),
            (f"{name}, posterior", few, lambda s=like_real: oracle_seconds(s)),
        ]
    rows += [(name, count, [(run(), None) for _ in repeats]) for name, count, run in measured]

    print(f"sequences of {arguments.length} bases, median of {len(repeats)} runs")
    print(f"{'what':24}{'sequences':>12}{'seconds':>10}{'sequences/s':>14}{'peak GB':>10}")
    for name, count, runs in rows:
        taken = statistics.median(run[0] for run in runs)
        memory = "" if runs[0][1] is None else f"{max(run[1] for run in runs):.2f}"
        print(f"{name:24}{count:12,}{taken:10.2f}{count / taken:14,.0f}{memory:>10}")


if __name__ == "__main__":
    main()
