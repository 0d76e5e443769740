"""Check whether this machine, its packages, a config and its data are ready for a run.

The exit status is 1 if something is not; each line says what to change. Nothing is changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attendna import machine
from attendna.command_line import run
from attendna.errors import UserError
from attendna.planning import (
    config_checks,
    config_files,
    environment,
    loading,
    planned_split,
    preflight,
)
from attendna.planning.preflight import FINE, PROBLEM, Finding
from attendna.wording import counted

ROOT = Path(__file__).resolve().parent.parent
MARKS = {FINE: "ok", PROBLEM: "PROBLEM"}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--configfile", nargs="+", default=[], help="as for snakemake; default: config.yaml alone"
    )
    parser.add_argument(
        "--directory", help="as for snakemake: the folder of the analysis; default: this one"
    )
    parser.add_argument("--results", type=Path, default=Path("results"), help="the results folder")
    parser.add_argument(
        "--lock",
        type=Path,
        help="the lock to compare packages with; default: requirements/cpu.txt or cuda.txt",
    )
    parser.add_argument("--only-config", action="store_true", help="check only the config")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Check everything and print a line for each check."""
    args = parse(argv)
    if args.directory is not None:
        enter(args)
    environment.provide(Path(".snakemake", "caches"))  # as the Snakefile does, for TensorFlow
    findings = []
    checks: list[Callable[[], list[Finding]]] = [
        lambda: [preflight.check_python(sys.version_info), *preflight.check_command()],
        lambda: [preflight.check_packages(args.lock or lock_of(ROOT / ".venv"))],
        lambda: about(args.configfile, args.results),
    ]
    if args.only_config:
        checks = [lambda: [read_config(args.configfile)[0]]]
    for check in checks:
        for finding in check():
            tell(finding)
            findings.append(finding)
    bad = preflight.problems(findings)
    if bad:
        print(f"\n{counted(len(bad), 'problem')}: fix the lines marked PROBLEM.")
        sys.exit(1)
    if not args.only_config:
        print("\nEverything is fine.")


def enter(args: argparse.Namespace) -> None:
    """Go to the folder of the analysis; paths of the command line are from where it was typed."""
    if not os.path.isdir(args.directory):
        raise UserError(
            f"--directory: no folder {args.directory!r}; make it, and put the data that the config "
            "names into it."
        )
    args.configfile = [os.path.relpath(path, args.directory) for path in args.configfile]
    args.lock = args.lock and args.lock.absolute()
    os.chdir(args.directory)


def lock_of(environment: Path) -> Path:
    """Return the lock that the environment was made from."""
    accelerator = environment / "accelerator"
    name = accelerator.read_text().strip() if accelerator.is_file() else "cpu"
    return ROOT / "requirements" / f"{name}.txt"


def read_config(configfiles: list[str]) -> tuple[Finding, dict | None]:
    """Check a config; None in its place if it is wrong. Nothing that stands in it is run."""
    try:
        config = loading.load(ROOT / "config.yaml", configfiles)
        config_checks.check(config, ROOT / "schemas" / "config.schema.yaml")
        config_checks.check_sources(config)
        preflight.check_simulations(config)
    except config_files.ConfigError as error:
        return Finding("config", PROBLEM, str(error)), None
    names = ", ".join(config["datasets"])
    number = counted(len(config["datasets"]), "dataset")
    return Finding("config", FINE, f"{number}: {names}"), config


def about(configfiles: list[str], results: Path) -> list[Finding]:
    """Check a config, and what it asks of the machine and of its data."""
    finding, config = read_config(configfiles)
    if config is None:
        return [finding]
    findings = [finding]
    wanted = preflight.wanted_devices(config)
    ask = "gpu" in wanted or (wanted and shutil.which("nvidia-smi"))
    driver = preflight.driver_gpus()
    findings.append(
        preflight.check_gpu(wanted, driver, preflight.tensorflow_gpus() if ask else None)
    )
    inputs = preflight.check_inputs(config)
    findings += [
        preflight.check_memory(config, machine.memory(), machine.cores()),
        preflight.check_writable(results),
        *preflight.check_work_folders(Path()),
        *preflight.check_place(config, results),
        preflight.check_disk(config, results),
        *inputs,
        *([] if preflight.problems(inputs) else about_splits(config)),
        preflight.about_time(config, machine.cores()),
    ]
    return findings


def about_splits(config: Mapping) -> Iterator[Finding]:
    """Tell how many records of each class each part of a split will have."""
    for name, dataset in config["datasets"].items():
        if "sources" not in dataset:
            continue
        try:
            planned = planned_split.plan(config, name)
        except UserError as error:
            yield Finding("split", PROBLEM, f"datasets.{name}: {error}")
            continue
        if planned is not None:
            yield Finding("split", FINE, f"{name}, {planned_split.in_words(planned)}")


def tell(finding: Finding) -> None:
    """Print a line of the table."""
    mark = MARKS.get(finding.status, finding.status)
    print(f"{mark:8} {finding.subject:9} {finding.sentence}", flush=True)


if __name__ == "__main__":
    run(main)
