"""Kill a run at random moments, start it again each time, and compare with one left in peace.

By hand, in the long form:

    python tests/workflow/kills.py FOLDER --kills 30

runs the default config with `deterministic: true` once undisturbed and, as often as it takes, with
kills. Everything is started with `make`, as a user does. With `--change` each rerun begins with
other settings than the run that was killed, and the last with those of the undisturbed one.
`test_kills.py` is the short form.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ["Makefile", "Snakefile", "config.yaml"]
PARTS += ["envs", "presets", "profiles", "report", "rules", "schemas", "scripts"]
# Whom SIGKILL hits: a job, Snakemake without its jobs, or everything that was started.
TARGETS = ["job", "snakemake", "all"]
NOT_COMPARED = (".log", ".benchmark.tsv", ".keras")  # times, and a date in the network's file
PAGES = "results/report"  # and the report itself: they tell how long the jobs took
TEMPORARY = re.compile(r"\.\d+\..+")
EPOCH = re.compile(r"^epoch (\d+/\d+) ", re.MULTILINE)


@dataclass
class Story:
    """What happened to a run.

    Attributes
    ----------
    kills
        Kills by target.
    hit
        Killed jobs by their script.
    epochs
        Epochs of training that were finished, by all processes together.
    outputs
        The files that hold what each attempt printed.
    logs
        Links to the logs of all trainings, by which these outlive the next attempt: it removes
        them, while an orphan may still write.
    """

    kills: Counter = field(default_factory=Counter)
    hit: Counter = field(default_factory=Counter)
    outputs: list[Path] = field(default_factory=list)
    logs: set[Path] = field(default_factory=set)

    @property
    def said(self) -> str:
        return "".join(path.read_text() for path in self.outputs)

    @property
    def trained(self) -> str:
        """What all trainings said."""
        return "".join(path.read_text() for path in self.logs)

    @property
    def epochs(self) -> int:
        return len(EPOCH.findall(self.trained))

    def keep_logs(self, folder: Path) -> None:
        """Keep the logs of trainings that are there now."""
        kept = folder.with_name(f"{folder.name}.logs")
        kept.mkdir(exist_ok=True)
        for log in folder.glob("results/*/fold*/*/seed*/train.log"):
            with suppress(OSError):  # kept already, or just removed
                link = kept / str(log.stat().st_ino)
                os.link(log, link)
                self.logs.add(link)


def copy(folder: Path, config: str) -> Path:
    """Copy what a run needs, with a config of its own."""
    folder.mkdir(parents=True)
    for part in PARTS:
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy2)(ROOT / part, folder / part)
    (folder / "config.yaml").write_text(config)
    return folder


def start(folder: Path, cores: int, output: Path) -> subprocess.Popen:
    """Start `make` in a process group of its own; what it prints goes to a file."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    temporary = folder.with_name(f"{folder.name}.tmp")
    temporary.mkdir(exist_ok=True)
    with open(output, "w") as printed:
        return subprocess.Popen(
            ["make", "--old-file=setup", "run", f"CORES={cores}"],  # the environment is this one
            cwd=folder,
            env=environment | {"TMPDIR": str(temporary)},
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def processes(folder: Path) -> dict[psutil.Process, list[str]]:
    """Every process that works in a folder, and its command line."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if Path(process.cwd()) == folder and process.status() != psutil.STATUS_ZOMBIE:
                found[process] = process.cmdline()
    return found


def script_of(command: list[str]) -> str | None:
    """The name of the script that a command line runs with Python, if it is one of the rules'."""
    if len(command) > 1 and "python" in command[0]:
        match = re.fullmatch(r"scripts/(\w+)\.py", command[1])
        return match[1] if match else None
    return None


def jobs(folder: Path) -> dict[psutil.Process, str]:
    """The scripts that run at this moment."""
    named = {process: script_of(command) for process, command in processes(folder).items()}
    return {process: name for process, name in named.items() if name}


def strike(folder: Path, making: subprocess.Popen, target: str, story: Story) -> bool:
    """Kill; return whether there was something to kill."""
    running = jobs(folder)
    if target == "job":
        if not running:
            return False
        victim = random.choice(list(running))
        victim.kill()
        story.hit[running[victim]] += 1
    elif target == "snakemake":
        mains = [p for p, command in processes(folder).items() if "snakemake" in "".join(command)]
        mains = [process for process in mains if process.pid != making.pid]
        if not mains:
            return False
        for process in mains:
            with suppress(psutil.Error):
                process.kill()
    else:
        os.killpg(making.pid, signal.SIGKILL)
        for process in processes(folder):  # jobs that an earlier Snakemake left
            with suppress(psutil.Error):
                process.kill()
        story.hit.update(running.values())
    story.kills[target] += 1
    return True


def attempt(
    folder: Path,
    cores: int,
    target: str | None,
    moment: Callable[[float], bool] | None,
    story: Story,
    timeout: float = 3000,
) -> int | None:
    """Start a run and strike at a moment; return the exit status, None if it was hit.

    Parameters
    ----------
    folder
        A copy of the workflow.
    cores
        For Snakemake.
    target
        Whom to kill; None leaves the run in peace.
    moment
        A function of the seconds since the start that is true from when on to strike.
    story
        Is continued.
    timeout
        Seconds after which a run counts as hanging.
    """
    story.outputs.append(folder.with_name(f"{folder.name}.{len(story.outputs) + 1}.out"))
    making, struck, began = start(folder, cores, story.outputs[-1]), False, time.monotonic()
    while making.poll() is None:
        elapsed = time.monotonic() - began
        if elapsed > timeout:
            os.killpg(making.pid, signal.SIGKILL)
            raise TimeoutError(f"{folder} hangs")
        story.keep_logs(folder)
        if target and not struck and moment(elapsed):
            struck = strike(folder, making, target, story)
        time.sleep(0.05)
    return None if struck else making.returncode


def wait_for_orphans(folder: Path, seconds: float = 300) -> None:
    """Wait until nothing works in the folder any more."""
    end = time.monotonic() + seconds
    while processes(folder):
        assert time.monotonic() < end, processes(folder)
        time.sleep(0.2)


def after(seconds: float) -> Callable[[float], bool]:
    """A moment for `attempt`: so many seconds after the start."""
    return lambda elapsed: elapsed >= seconds


def different(one: Path, other: Path, below: str = "results") -> list[str]:
    """The result files that two runs do not have in common, byte by byte."""
    found = [
        {
            path.relative_to(folder).as_posix(): path
            for path in (folder / below).rglob("*")
            if path.is_file()
            and not path.name.endswith(NOT_COMPARED)
            and not path.relative_to(folder).as_posix().startswith(PAGES)
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        }
        for folder in (one, other)
    ]
    assert len(found[0]) > 20
    names = found[0].keys() | found[1].keys()
    return sorted(
        name
        for name in names
        if not all(name in paths for paths in found)
        or found[0][name].read_bytes() != found[1][name].read_bytes()
    )


def leftovers(folder: Path) -> list[str]:
    """What should not be there after a run: half-written files, states, locks, marks."""
    everything = [*(folder / "results").rglob("*")]
    stale = [path for path in everything if TEMPORARY.fullmatch(path.name)]
    stale += [path for path in everything if path.name.endswith((".state", ".damaged"))]
    for part in ("locks", "incomplete"):
        stale += [path for path in (folder / ".snakemake" / part).rglob("*") if path.is_file()]
    return [str(path.relative_to(folder)) for path in stale]


# What a rerun may have changed: settings of early and of late rules, by their keys.
CHANGES = {
    ("split", "seed"): 43,
    ("split", "test"): 0.25,
    ("evaluation", "bootstrap"): 40,
    ("explain", "motifs", "min_sites"): 12,
    ("explain", "steps"): 6,
    ("plots", "dpi"): 70,
}


def changed(config: str, changes: dict[tuple[str, ...], object]) -> str:
    """Return a config with one setting, drawn at random, that is not that of `config`."""
    content = yaml.safe_load(config)
    (*sections, key), value = random.choice(list(changes.items()))
    block = content
    for section in sections:
        block = block[section]
    assert block[key] != value, f"{key} is {value} already"
    block[key] = value
    return yaml.safe_dump(content, sort_keys=False)


# ------------------------------------------------------------------------------ the long form


def main() -> None:
    """Run the long form and print what came of it; the exit status says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where to work; is made")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--longest", type=float, default=60, help="seconds from start to kill")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--change", action="store_true", help="change a setting before each rerun")
    parser.add_argument(
        "--config", type=Path, default=ROOT / "config.yaml", help="a whole config, not an overlay"
    )
    args = parser.parse_args()
    random.seed(args.seed)
    content = yaml.safe_load(args.config.read_text())
    content["training"]["deterministic"] = True
    config = yaml.safe_dump(content, sort_keys=False)

    reference = args.folder.resolve() / "reference"
    peace = Story()
    if not reference.exists():
        copy(reference, config)
        began = time.monotonic()
        assert attempt(reference, args.cores, None, None, peace) == 0, peace.said[-3000:]
        print(f"undisturbed: {time.monotonic() - began:.0f} s, {peace.epochs} epochs", flush=True)
    else:
        peace.logs.update(reference.with_name("reference.logs").iterdir())

    total, rounds, failed = Counter(), 0, False
    while total.total() < args.kills:
        rounds += 1
        story = Story()
        folder = copy(args.folder.resolve() / f"killed{rounds}", config)
        status = None
        while status is None:
            more = total.total() + story.kills.total() < args.kills
            target = random.choice(TARGETS) if more else None
            moment = after(random.uniform(0, args.longest))
            other = changed(config, CHANGES) if args.change and target else config
            (folder / "config.yaml").write_text(other)
            status = attempt(folder, args.cores, target, moment, story)
            if status == 0 and other != config:  # it ended before it was hit
                status = None
            print(f"{dict(story.kills)}, hit {dict(story.hit)}, status {status}", flush=True)
        wait_for_orphans(folder)
        total += story.kills
        wrong, stale = different(reference, folder), leftovers(folder)
        lost = story.epochs - peace.epochs
        temporary = sorted(p.name for p in folder.with_name(f"{folder.name}.tmp").iterdir())
        print(
            f"round {rounds}: status {status}, {story.kills.total()} kills {dict(story.kills)}, "
            f"jobs hit {dict(story.hit)}, trainings that went on "
            f"{story.trained.count('continuing after epoch')}, finished epochs done again {lost}, "
            f"files that differ {wrong}, left behind {stale}, in TMPDIR {temporary}",
            flush=True,
        )
        # What a changed setting trains anew is not lost to a kill.
        lost_too_much = lost > story.hit["train"] and not args.change
        failed |= bool(status or wrong or stale or lost_too_much)
    print(f"{total.total()} kills {dict(total)} in {rounds} runs: {'FAILED' if failed else 'held'}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
