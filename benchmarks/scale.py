"""Time and memory of every stage as data grow; run it as `python benchmarks/scale.py`.

Simulates sequences and takes them through the workflow to their metrics. Prints of each stage,
start-up included, the seconds on the clock and of the processors, which are the better measure
where other work runs, and the peak of its anonymous memory: what it has to have, without pages of
mapped files, which the kernel may drop. What has ended is said on the way, on standard error, since
large runs take hours. A training is one epoch. `--length 80 --models attention_cnn kmer_logistic`
with 10,000,000 sequences is what the largest published promoter libraries are like; it takes hours,
and 40 GB of disk for results and temporary files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTERVAL = 0.05  # seconds between two looks at the memory
CONFIG = {
    "datasets": {
        "scale": {
            "simulate": {
                "seed": 1,
                "classes": {
                    "bound": {"fraction": 0.5, "planted": 1.0, "motifs": ["TGACTCA"]},
                    "unbound": {"fraction": 0.5, "planted": 0.3, "motifs": ["GGGGGG"]},
                },
            }
        }
    },
    "training": {"epochs": 1, "device": "cpu"},
}


class Watch(threading.Thread):
    """Looks at the scripts that run below this process, again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, int] = defaultdict(int)  # kB, of a process
        self.busy: dict[tuple[str, int], float] = {}  # seconds, by script and process
        self.ended = threading.Event()

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(INTERVAL):
            for process in descendants(os.getpid()):
                name = script_of(process)
                if name:
                    self.peaks[name] = max(self.peaks[name], anonymous(process))
                    self.busy[name, process] = busy(process)


def descendants(process: int) -> list[int]:
    """Return all processes below one."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, read(path).split()):
            found += [child, *descendants(child)]
    return found


def script_of(process: int) -> str:
    """Return the name of the script that a process runs, or nothing."""
    words = read(Path(f"/proc/{process}/cmdline")).split("\0")
    paths = [Path(word) for word in words[1:2] if word.endswith(".py")]
    return paths[0].stem if paths and paths[0].parent.name == "scripts" else ""


def anonymous(process: int) -> int:
    """Return the anonymous memory of a process in kB."""
    for line in read(Path(f"/proc/{process}/status")).splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def busy(process: int) -> float:
    """Return the seconds that the processors have spent on a process."""
    numbers = read(Path(f"/proc/{process}/stat")).rpartition(") ")[2].split()
    return sum(map(int, numbers[11:13])) / os.sysconf("SC_CLK_TCK")


def read(path: Path) -> str:
    """Read a file of /proc; nothing where the process has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""


def measure(
    sequences: int, length: int, models: dict, bootstrap: int, cores: int
) -> dict[str, list[float]]:
    """Run the workflow; return by stage seconds, seconds of the processors, and peak in GB."""
    with tempfile.TemporaryDirectory() as folder:
        config = json.loads(json.dumps(CONFIG)) | {"models": models}
        config["datasets"]["scale"]["simulate"] |= {"sequences": sequences, "length": length}
        config["evaluation"] = {"bootstrap": bootstrap}
        path = Path(folder, "scale.json")
        path.write_text(json.dumps(config))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += ["--directory", folder, "--configfile", str(path), "--cores", str(cores)]
        command += ["data", "results/scale/metrics.tsv"]
        watch = Watch()
        watch.start()
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        said = Path(folder, "said")
        with said.open("w") as stream:
            workflow = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        ended: dict[str, float] = defaultdict(float)
        while workflow.poll() is None:
            ended = report_new(Path(folder), watch, ended)
            time.sleep(1)
        watch.ended.set()
        watch.join()
        if workflow.returncode:
            sys.exit(said.read_text())
        ended = report_new(Path(folder), watch, ended)
        return {name: figures(name, seconds, watch) for name, seconds in ended.items()}


def report_new(folder: Path, watch: Watch, before: dict[str, float]) -> dict[str, float]:
    """Say what has ended since the last call; return the seconds of each stage so far."""
    seconds: dict[str, float] = defaultdict(float)
    for table in Path(folder, "results").rglob("*.benchmark.tsv"):
        rows = [line.split("\t") for line in table.read_text().splitlines()]
        if len(rows) > 1:
            seconds[table.name.split(".")[-3]] += float(dict(zip(*rows[:2], strict=True))["s"])
    for name, some in seconds.items():
        if some != before.get(name):
            clock, spent, size = figures(name, some, watch)
            print(
                f"{name}: {clock:.1f} s, {spent:.1f} s, {size:.2f} GB", file=sys.stderr, flush=True
            )
    return seconds


def figures(name: str, seconds: float, watch: Watch) -> list[float]:
    """Return the seconds of a stage on the clock and of the processors, and its peak in GB."""
    spent = sum(some for (stage, _), some in watch.busy.items() if stage == name)
    return [seconds, spent, watch.peaks[name] * 1024 / 1e9]


def main() -> None:
    """Measure each size and print a line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sequences", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--length", type=int, default=200, help="bases of each [200]")
    parser.add_argument(
        "--models", nargs="+", default=["attention_cnn"], help="architectures [attention_cnn]"
    )
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamplings [1000]")
    parser.add_argument("--cores", type=int, default=1, help="more than one: several jobs at once")
    arguments = parser.parse_args()
    models = {name: {"architecture": name} for name in arguments.models}
    print("| stage | sequences | seconds | of processors | microseconds of these each | GB |")
    print("|---|---|---|---|---|---|")
    for sequences in arguments.sequences:
        measured = measure(
            sequences, arguments.length, models, arguments.bootstrap, arguments.cores
        )
        seconds, spent, peaks = zip(*measured.values(), strict=True)
        measured["all of them"] = [sum(seconds), sum(spent), max(peaks)]
        for name, (clock, processors, size) in measured.items():
            each = processors / sequences * 1e6
            print(
                f"| {name} | {sequences:,} | {clock:.1f} | {processors:.1f} | {each:.1f} "
                f"| {size:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
