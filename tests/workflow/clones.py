"""Copies of the workflow, run with Snakemake as a user runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import forked_jobs
import numpy as np
from forked_runs import forked_snakemake

from attendna.intact_files import DIGESTS

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "config.yaml"]
PARTS += ["envs", "presets", "profiles", "report", "rules", "schemas", "scripts"]
TARGETS = {"all", "data", "models", "evaluation", "explanation"}

# A dataset of FASTA files beside the simulated one of small.yaml, and new sequences to score. The
# name of a class may hold what means something to a shell, to Snakemake and to HTML.
FILES = """
datasets:
  files:
    sources:
      - {path: data/bound.fa, label: bound}
      - {path: data/unbound.fa, label: "not {bound}'s 5\\" <b>"}
predict:
  new: {dataset: files, model: kmers, sources: [{path: data/new.fa}]}
variants:
  called: {dataset: files, model: kmers, vcf: data/called.vcf, genome: data/genome.fa}
"""


@dataclass(frozen=True)
class Job:
    """One job of a dry run; `wildcards` holds dataset, fold, model and seed where it has them."""

    rule: str
    wildcards: dict[str, str]
    inputs: list[str]
    log: str
    benchmark: str


@dataclass
class Plan:
    """What Snakemake would do."""

    jobs: list[Job] = field(default_factory=list)

    @property
    def rules(self) -> set[str]:
        return {job.rule for job in self.jobs}

    def wildcard(self, name: str) -> set[str]:
        """The values that a wildcard takes in the jobs that have it."""
        return {job.wildcards[name] for job in self.jobs if name in job.wildcards}


class Clone:
    """A folder with the workflow in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configs = ["small.yaml", "files.yaml"]

    @classmethod
    def fresh(cls, folder: Path) -> Clone:
        """Copy what a run needs, and make the inputs of the two small datasets."""
        folder.mkdir(parents=True)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, folder / part)
        shutil.copy2(Path(__file__).with_name("small.yaml"), folder)
        (folder / "files.yaml").write_text(FILES)
        write_fasta(folder / "data" / "bound.fa", "TGACTCA", 30)
        write_fasta(folder / "data" / "unbound.fa", "", 30)
        write_fasta(folder / "data" / "new.fa", "TGACTCA", 5)
        letters = "TGACTCA" * 50
        (folder / "data" / "genome.fa").write_text(f">1\n{letters}\n")
        lines = [f"chr1\t{place}\t.\t{letters[place - 1]}\tC,G,<DEL>" for place in (99, 105, 150)]
        (folder / "data" / "called.vcf").write_text("\n".join(lines) + "\n")
        return cls(folder)

    def copy(self, folder: Path) -> Clone:
        """Copy the folder with its results, Snakemake's records and all times."""
        shutil.copytree(self.folder, folder)
        return Clone(folder)

    def snakemake(
        self, *arguments: str, config: str = "", cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess:
        """Run Snakemake in the folder, with one more config file if `config` holds text."""
        configs = list(self.configs)
        if config:
            (self.folder / "more.yaml").write_text(config)
            configs.append("more.yaml")
        if configs:
            arguments = (*arguments, "--configfile", *configs)
        return snakemake(*arguments, cwd=cwd or self.folder, **environment)

    def run(self, *arguments: str, **options: str) -> str:
        """Run for real, which has to succeed, and return what Snakemake said."""
        result = self.snakemake("--cores", "2", *arguments, **options)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def plan(self, *arguments: str, **options: str) -> Plan:
        """Ask what would run."""
        result = self.snakemake("-n", "--verbose", *arguments, **options)
        assert result.returncode == 0, result.stdout
        return read_plan(result.stdout)

    def edit(self, path: str) -> None:
        """Change a text file without changing what it does."""
        with open(self.folder / path, "a") as handle:
            handle.write("\n# edited\n" if path.endswith(".py") else "\n")

    def files(self) -> set[str]:
        """The results that are there, without logs, benchmarks and digests."""
        results = self.folder / "results"
        found = (path for path in results.rglob("*") if path.is_file())
        return {
            str(path.relative_to(results))
            for path in found
            if not path.name.endswith((".log", ".benchmark.tsv")) and DIGESTS not in path.parts
        }


def snakemake(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run Snakemake and the `python` of its rules from the environment of this test."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE_")}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    if "HOME" not in environment:  # which matters when Snakemake and others are imported
        kept["PATH"] = os.pathsep.join([forked_jobs.folder(), kept["PATH"]])
        return forked_snakemake([*arguments], cwd, kept | environment)
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=cwd,
        env=kept | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def read_plan(output: str) -> Plan:
    """Read the jobs from the output of a dry run."""
    blocks = read_blocks(output)
    # An output that is read wrongly must not look like a plan without jobs.
    total = re.search(r"^total +(\d+)$", output, re.MULTILINE)
    assert total or "Nothing to be done" in output, output
    assert len(blocks) == (int(total[1]) if total else 0), output
    return Plan([read_job(rule, said) for rule, said in blocks if rule not in TARGETS])


def read_blocks(output: str) -> list[tuple[str, dict[str, str]]]:
    """Read the rule of each job that Snakemake tells of, and what it says of the job.

    Jobs of a group are indented.
    """
    blocks = re.findall(r"^( *)(?:local)?rule (\w+):\n((?:\1    .*\n)*)", output, re.MULTILINE)
    return [
        (rule, dict(re.findall(r"^ +(\w+): (.*)$", block, re.MULTILINE)))
        for _, rule, block in blocks
    ]


def read_job(rule: str, said: dict[str, str]) -> Job:
    wildcards = said.get("wildcards", "").split(", ")
    return Job(
        rule=rule,
        wildcards=dict(pair.split("=") for pair in wildcards if pair),
        inputs=said["input"].split(", "),
        log=said["log"],
        benchmark=said["benchmark"],
    )


def script_of(rule: str) -> str:
    """Name the script of a rule; some rules do a part of what their script can."""
    return re.sub("_(chunk|onnx|saved_model)$", "", rule)


def write_fasta(path: Path, motif: str, records: int, length: int = 24) -> None:
    """Write random sequences that hold a motif; what follows the id makes the file 1.5 MB."""
    random = np.random.default_rng(sum(map(ord, path.stem)))
    path.parent.mkdir(exist_ok=True)
    with open(path, "w") as handle:
        for i in range(records):
            letters = "".join(random.choice(list("ACGTacgt"), length - len(motif)))
            note = "x" * (1_500_000 // records)
            handle.write(f">{path.stem}{i} {note}\n{letters[:8]}{motif}\n{letters[8:]}\n")


def touch(paths: Iterable[Path]) -> None:
    """Set the time of files to now, and their content to what it is."""
    for path in paths:
        os.utime(path)
