"""When each step of a finished run started, how long it took, and where a core had nothing to do.

    python benchmarks/timeline.py FOLDER --cores 2

Reads, without changing anything, what Snakemake noted of each output (FOLDER/.snakemake/metadata)
and the benchmark files in FOLDER/results. Of jobs of several runs the last run counts: what follows
the last pause of five minutes. A core is idle while the running jobs together use, in the mean over
each job, fewer cores than there are: such times are listed, the longest first.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAUSE = 300  # seconds without a job that divide one run from the next
SPARE = 0.5  # cores that are not used, from which on one is called idle
SHOWN = 10  # of the times with an idle core


@dataclass(frozen=True)
class Step:
    """A job that has ended.

    Attributes
    ----------
    name
        Its rule, and which of the jobs of that rule it is.
    start, end
        Seconds since 1970.
    cpu
        Seconds of the processor, as Snakemake saw them twice a second.
    """

    name: str
    start: float
    end: float
    cpu: float

    @property
    def cores(self) -> float:
        """How many cores it used in the mean."""
        return self.cpu / max(self.end - self.start, 0.1)


def steps(folder: Path) -> list[Step]:
    """Return the jobs of the last run in a folder, by their start."""
    found = {}
    for path in (folder / ".snakemake" / "metadata").rglob("*"):
        if path.is_file():
            noted = json.loads(path.read_text(encoding="utf-8"))
            if noted.get("log") and not noted.get("incomplete"):
                found[noted["log"][0]] = noted
    every = sorted((_step(folder, noted) for noted in found.values()), key=lambda job: job.start)
    latest = []
    for step in every:
        if latest and step.start - max(other.end for other in latest) > PAUSE:
            latest = []
        latest.append(step)
    return latest


def _step(folder: Path, noted: dict) -> Step:
    log = Path(noted["log"][0])
    benchmark = folder / log.with_name(f"{noted['rule']}.benchmark.tsv")
    with open(benchmark, encoding="utf-8") as handle:
        told = next(csv.DictReader(handle, delimiter="\t"))["cpu_time"]
    cpu = float(told) if told not in ("NA", "-") else 0.0
    place = "/".join(log.parts[2:-1])
    return Step(f"{noted['rule']} {place}".rstrip(), noted["starttime"], noted["endtime"], cpu)


def spans(run: Sequence[Step]) -> Iterator[tuple[float, float, list[Step]]]:
    """Yield the times between which no job starts or ends, and the jobs that run then."""
    times = sorted({time for step in run for time in (step.start, step.end)})
    for start, end in zip(times, times[1:], strict=False):
        yield start, end, [step for step in run if step.start <= start and step.end >= end]


def idle(run: Sequence[Step], cores: int) -> list[tuple[float, float, list[Step]]]:
    """Return when a core has nothing to do, and the jobs that run then; the longest time first."""
    found: list[tuple[float, float, list[Step]]] = []
    for start, end, running in spans(run):
        if sum(step.cores for step in running) > cores - SPARE:
            continue
        if found and found[-1][1] == start and found[-1][2] == running:
            start = found.pop()[0]
        found.append((start, end, running))
    return sorted(found, key=lambda time: time[0] - time[1])


def main() -> None:
    """Print the steps and the times with an idle core."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where a run has ended")
    parser.add_argument("--cores", type=int, default=2, help="of the run")
    arguments = parser.parse_args()
    run = steps(arguments.folder)
    if not run:
        sys.exit(f"{arguments.folder}: no finished jobs in .snakemake/metadata")
    began, ended = run[0].start, max(step.end for step in run)
    print("start\tseconds\tprocessor seconds\tstep")
    for step in run:
        took = step.end - step.start
        print(f"{step.start - began:.0f}\t{took:.1f}\t{step.cpu:.1f}\t{step.name}")
    used, there = sum(step.cpu for step in run), (ended - began) * arguments.cores
    print(f"{ended - began:.0f} s, {used:.0f} of {there:.0f} processor seconds used")
    print("\nidle from\tseconds\tcores used\tmeanwhile")
    for start, end, running in idle(run, arguments.cores)[:SHOWN]:
        names = ", ".join(step.name for step in running) or "nothing"
        cores = sum(step.cores for step in running)
        print(f"{start - began:.0f}\t{end - start:.1f}\t{cores:.1f}\t{names}")


if __name__ == "__main__":
    main()
