r"""Peak memory and time of every job beside what its rule declares, for several sizes of data.

    python benchmarks/memory.py --sequences 1000 10000 100000

Each size is one run of the whole workflow, with one epoch a network, in a temporary folder: random
sequences that are simulated, the same number from a FASTA file, and again as many to predict; then
what can be made in parts is made again in parts. A
`python` that stands first on PATH asks the kernel for the peak resident memory of each job (code
and mapped files that are resident count too), which is exact, where Snakemake's benchmark files
look twice a second. A rule's line shows its largest job; the ratio has to lie between 1 and 2.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
HIGHEST_RATIO = 2.0
PARTS = 4
IN_PARTS = ["simulate", "encode", "predict"]

SHIM = """#!{python} -ESs
import json, os, sys, time
started = time.monotonic()
job = os.posix_spawn({python!r}, [{python!r}, *sys.argv[1:]], os.environ)
_, status, used = os.wait4(job, 0)
line = {{"command": sys.argv[1:], "mb": used.ru_maxrss * 1024 / 1e6,
         "seconds": time.monotonic() - started, "cpu": used.ru_utime + used.ru_stime}}
with open({log!r}, "a") as handle:
    handle.write(json.dumps(line) + "\\n")
sys.exit(os.waitstatus_to_exitcode(status))
"""


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sequences", nargs="+", type=int, default=[1000, 10_000, 100_000])
    parser.add_argument("--length", type=int, default=200, help="bases of each sequence")
    parser.add_argument("--configfile", help="settings to lay over the default ones")
    parser.add_argument("--cores", default="1", help="jobs at a time do not change their memory")
    parser.add_argument("--jobs", type=Path, help="a .jsonl to write every job's numbers to")
    return parser.parse_args()


def write_fasta(path: Path, count: int, length: int, seed: int) -> None:
    """Write random sequences; half of them hold a motif, so that there is something to learn."""
    letters = np.random.default_rng(seed).integers(0, 4, (count, length))
    text = np.frombuffer(b"ACGT", np.uint8)[letters]
    if seed % 2:
        text[:, 5:12] = np.frombuffer(b"TGACTCA", np.uint8)[: max(length - 5, 0)]
    with open(path, "wb") as handle:
        for i, row in enumerate(text):
            handle.write(b">%s%d\n%s\n" % (path.stem.encode(), i, row.tobytes()))


def settings(count: int, length: int) -> dict:
    """Return the config of one size."""
    tutorial = yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"]["tutorial"]
    simulate = {**tutorial["simulate"], "sequences": count, "length": length}
    halves = [{"path": f"{label}.fa", "label": label} for label in ("bound", "unbound")]
    return {
        "datasets": {"simulated": {"simulate": simulate}, "imported": {"sources": halves}},
        "models": {name: {"architecture": name} for name in architectures()},
        "architectures": {"tutorial_cnn": {"training": {"epochs": 1}}},
        "training": {"epochs": 1},
        "predict": {
            f"new_{name}": {"dataset": "imported", "model": name, "sources": [{"path": "new.fa"}]}
            for name in ("attention_cnn", "kmer_logistic")
        },
    }


def architectures() -> list[str]:
    """Return the architectures that the default run has."""
    models = yaml.safe_load((ROOT / "config.yaml").read_text())["models"]
    return [model["architecture"] for model in models.values()]


def run(folder: Path, count: int, length: int, arguments: argparse.Namespace) -> list[dict]:
    """Run the workflow on data of one size; return rule, declared and measured MB of every job."""
    write_fasta(folder / "bound.fa", count // 2, length, 1)
    write_fasta(folder / "unbound.fa", count - count // 2, length, 2)
    write_fasta(folder / "new.fa", count, length, 3)
    (folder / "size.yaml").write_text(yaml.safe_dump(settings(count, length)))
    (folder / "parts.yaml").write_text(yaml.safe_dump({"chunks": {"letters": 1, "number": PARTS}}))
    configs = [str(folder / "size.yaml")]
    configs += [arguments.configfile] if arguments.configfile else []
    jobs = measure(folder, ["--configfile", *configs], arguments.cores)
    rules = [name for rule in IN_PARTS for name in (rule, f"{rule}_chunk")]
    parts = ["--configfile", *configs, str(folder / "parts.yaml"), "--allowed-rules", *rules]
    made = ["results/simulated/encoded.npz", *folder.glob("results/imported/predict/*.tsv.gz")]
    again = [str(Path(folder, path).relative_to(folder)) for path in made]
    jobs += measure(folder, [*parts, "--force", "--", *again], arguments.cores)
    return [{"sequences": count, "length": length, **job} for job in jobs]


def measure(folder: Path, flags: list[str], cores: str) -> list[dict]:
    """Run Snakemake with jobs whose `python` measures itself; see `declared`."""
    shim, log = folder / "bin" / "python", folder / "measured.jsonl"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(SHIM.format(python=sys.executable, log=str(log)))
    shim.chmod(0o755)
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--cores", cores, "--verbose", *flags]
    done = subprocess.run(
        command,
        env=os.environ | {"PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout)
    return declared(done.stdout, [json.loads(line) for line in log.read_text().splitlines()])


def declared(output: str, measured: list[dict]) -> list[dict]:
    """Join what Snakemake said of each job to what was measured, by the job's first output."""
    jobs = []
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", output, re.MULTILINE):
        said = dict(re.findall(r"^    (\w+): (.*)$", block, re.MULTILINE))
        if "output" not in said:
            continue
        first = re.sub(r" \(.*\)$", "", said["output"].split(", ")[0])
        told = {first, str(Path(first).parent)}  # a script of many figures is told their folder
        used = next(job for job in measured if told & set(job["command"]))
        resources = dict(part.split("=", 1) for part in said["resources"].split(", "))
        jobs.append(
            {
                "rule": rule,
                "output": first,
                "declared": float(resources["mem_mb"]),
                "minutes": float(resources.get("runtime", "nan")),
                **{key: used[key] for key in ("mb", "seconds", "cpu")},
            }
        )
    return jobs


def report(jobs: list[dict]) -> bool:
    """Print a table with a line for each rule and size; return whether every ratio is right."""
    print(
        "rule sequences measured_mb declared_mb ratio seconds declared_minutes".replace(" ", "\t")
    )
    sound = True
    for rule in dict.fromkeys(job["rule"] for job in jobs):
        for count in dict.fromkeys(job["sequences"] for job in jobs):
            same = [job for job in jobs if job["rule"] == rule and job["sequences"] == count]
            if not same:
                continue
            worst = [job["declared"] / job["mb"] for job in same]
            largest = max(same, key=lambda job: job["mb"])
            slowest = max(same, key=lambda job: job["seconds"])
            right = min(worst) > 1 and largest["declared"] / largest["mb"] <= HIGHEST_RATIO
            sound &= right
            ratio = f"{largest['declared'] / largest['mb']:.2f}"
            print(
                rule,
                f"{count:,}",
                f"{largest['mb']:.0f}",
                f"{largest['declared']:.0f}",
                ratio + ("" if right else " (!)"),
                f"{slowest['seconds']:.1f}",
                f"{slowest['minutes']:.0f}",
                sep="\t",
            )
    return sound


def main() -> None:
    """Measure, and fail where what is declared is too little or too much."""
    arguments = parse()
    jobs = []
    for count in arguments.sequences:
        with tempfile.TemporaryDirectory() as folder:
            jobs += run(Path(folder), count, arguments.length, arguments)
    if arguments.jobs:
        arguments.jobs.write_text("".join(json.dumps(job) + "\n" for job in jobs))
    if not report(jobs):
        sys.exit("(!): declared memory is below the measured peak, or more than twice of it.")


if __name__ == "__main__":
    main()
