"""A throw-away Slurm cluster on this machine, and what its scheduler says of the jobs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from clones import Clone, read_blocks

HERE = Path(__file__).parent
LONGEST = 20 * 60  # seconds of a whole run; the machine may be loaded


@dataclass(frozen=True)
class Record:
    """What the scheduler says of one job, and what stands in the job's own log."""

    number: int
    state: str
    partition: str
    node: str
    restarts: int
    cpus: int
    memory: int  # MB
    minutes: int
    gpus: int
    log: Path

    def ran(self) -> list[tuple[str, dict[str, str]]]:
        """Return the rules whose jobs ran inside, each with what Snakemake said of it there."""
        return read_blocks(self.log.read_text()) if self.log.exists() else []


class Slurm:
    """A running cluster; its commands are in the PATH of `environment`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([HERE / "start-slurm.sh", folder], check=True, timeout=120)
        # A start of Snakemake inside a job takes three times as long without bytecode, which that
        # of the packages has from the set-up.
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SNAKEMAKE_", "SLURM_"))}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        python = str(Path(sys.executable).parent)
        path = os.pathsep.join([str(folder / "bin"), python, kept["PATH"]])
        conf = str(folder / "etc" / "slurm.conf")
        self.environment = kept | {"PATH": path, "SLURM_CONF": conf}

    def stop(self) -> None:
        """Cancel what runs, end the daemons and remove the folder."""
        subprocess.run([HERE / "stop-slurm.sh", self.folder], check=True, timeout=120)

    def command(self, *words: str | int) -> str:
        """Run one of Slurm's commands and return what it prints."""
        return subprocess.run(
            [str(word) for word in words],
            env=self.environment,
            check=True,
            text=True,
            capture_output=True,
            timeout=60,
        ).stdout

    def records(self, clone: Clone) -> list[Record]:
        """Return all jobs that were submitted from a clone, the oldest first."""
        lines = self.command("scontrol", "--oneliner", "--all", "show", "job").splitlines()
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if "JobId=" in line]
        return sorted(
            (read_record(job) for job in jobs if Path(job["WorkDir"]) == clone.folder),
            key=lambda record: record.number,
        )

    def start(self, clone: Clone, *arguments: str) -> subprocess.Popen:
        """Start Snakemake in a clone with the profile as it is."""
        command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm"]
        # The small jobs of the tests take seconds, and their logs are looked at.
        command += ["--slurm-init-seconds-before-status-checks", "5"]
        command += ["--slurm-keep-successful-logs", "--slurm-logdir", str(clone.folder / "slurm")]
        command += [*arguments, "--configfile", *clone.configs]
        with open(clone.folder / "run.log", "w") as log:
            return subprocess.Popen(
                command, cwd=clone.folder, env=self.environment, stdout=log, stderr=log
            )

    def finish(self, run: subprocess.Popen, clone: Clone) -> None:
        """Wait for the end, which must come in time and be a good one."""
        try:
            status = run.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)  # Snakemake cancels its jobs
            run.wait(timeout=60)
            status = f"still running after {LONGEST} s"
        assert status == 0, f"{status}\n" + (clone.folder / "run.log").read_text()


def read_record(job: dict[str, str]) -> Record:
    """Read what `scontrol show job` says of one job."""
    asked = dict(pair.split("=") for pair in job["TRES"].split(","))
    amount, unit = re.fullmatch(r"([\d.]+)([MGT])", asked["mem"]).groups()
    return Record(
        number=int(job["JobId"]),
        state=job["JobState"],
        partition=job["Partition"],
        node=job["NodeList"],
        restarts=int(job["Restarts"]),
        cpus=int(asked["cpu"]),
        memory=round(float(amount) * {"M": 1, "G": 1024, "T": 1024**2}[unit]),
        minutes=minutes(job["TimeLimit"]),
        gpus=int(job.get("TresPerJob", "gpu:0").rpartition(":")[2]),
        log=Path(job["StdOut"]),
    )


def minutes(text: str) -> int:
    """Read a time of Slurm's, [days-]hours:minutes:seconds."""
    days, _, clock = text.rpartition("-")
    hours, minutes, _ = map(int, clock.split(":"))
    return int(days or 0) * 1440 + hours * 60 + minutes


def processes(record: Record, word: str) -> list[int]:
    """Return the processes of a job whose command line holds a word."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or belongs to somebody else
            continue
        if word.encode() in command and f"SLURM_JOB_ID={record.number}".encode() in environment:
            found.append(int(folder.name))
    return found
