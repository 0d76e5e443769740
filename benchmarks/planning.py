"""How long Snakemake plans a sweep of many runs, and how much memory that takes.

    python benchmarks/planning.py

The sweep is 20 simulated datasets with 5 folds, 4 networks and 5 seeds: 2,000 runs. It is planned
(`snakemake -n`), nothing runs. A bare Snakefile with as many jobs, that each make one file of
another, is planned beside it: that is Snakemake's own share.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
datasets:
{datasets}
models:
{models}
seeds: {seeds}
split: {{folds: {folds}}}
"""
DATASET = """  set{i}:
    simulate:
      {{sequences: 1000, length: 50, seed: {i}, classes: {{
        a: {{fraction: 0.5, planted: 1.0, motifs: [TATAAA]}},
        b: {{fraction: 0.5, planted: 0.0, motifs: [GGGGGG]}}}}}}"""
BARE = """
rule all:
    input: expand("end/{{i}}", i=range({jobs} // 2))
rule first:
    output: "start/{{i}}"
    log: "start/{{i}}.log"
    benchmark: "start/{{i}}.tsv"
    shell: "touch {{output}}"
rule last:
    input: "start/{{i}}"
    output: "end/{{i}}"
    log: "end/{{i}}.log"
    benchmark: "end/{{i}}.tsv"
    shell: "touch {{output}}"
"""


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, number in (("datasets", 20), ("folds", 5), ("models", 4), ("seeds", 5)):
        parser.add_argument(f"--{name}", type=int, default=number)
    return parser.parse_args()


def plan(snakefile: Path, folder: Path, *more: str) -> str:
    """Plan, and tell the number of jobs, seconds in all and of the processor, and memory."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules"]
    command += ["--snakefile", str(snakefile), "--directory", str(folder), *more]
    start = time.perf_counter()
    with open(folder / "plan.txt", "w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    jobs = re.search(r"^(?:total +|Planned: )([\d,]+)", text, re.MULTILINE)
    if status or not jobs:
        sys.exit(text[-3000:])
    count = int(jobs[1].replace(",", ""))
    return (
        f"{count:,} jobs planned in {seconds:.1f} s ({used.ru_utime + used.ru_stime:.1f} s "
        f"of processor time), peak {used.ru_maxrss * 1024 / 1e9:.2f} GB"
    )


def main() -> None:
    """Plan both."""
    args = parse()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        networks = [f"  m{i}: {{architecture: attention_cnn}}" for i in range(args.models)]
        config = CONFIG.format(
            datasets="\n".join(DATASET.format(i=i) for i in range(args.datasets)),
            models="\n".join(networks),
            seeds=list(range(1, args.seeds + 1)),
            folds=args.folds,
        )
        (folder / "sweep.yaml").write_text(config)
        runs = args.datasets * args.folds * args.models * args.seeds
        told = plan(ROOT / "Snakefile", folder, "--configfile", str(folder / "sweep.yaml"))
        print(f"{runs:,} runs: {told}")
        jobs = int(told.split()[0].replace(",", ""))
        (folder / "bare.smk").write_text(BARE.format(jobs=jobs))
        print(f"bare Snakefile: {plan(folder / 'bare.smk', folder)}")


if __name__ == "__main__":
    main()
