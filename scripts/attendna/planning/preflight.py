"""Whether a run can end well, told before it begins: machine, packages, data, room.

Nothing here imports TensorFlow: the doctor asks another process what it sees.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from attendna import durations, machine
from attendna.data import genome, intervals, sources, variants
from attendna.data.raw_text import first_part
from attendna.errors import UserError, readable
from attendna.planning import config_files, environment, estimates, settings
from attendna.planning.estimates import Job
from attendna.planning.previews import Preview, check_classes, check_places
from attendna.simulation.specification import Simulation
from attendna.wording import counted

OLDEST, NEWEST = (3, 11), (3, 13)  # Python, as in pyproject.toml
FINE, NOTE, PROBLEM = "ok", "note", "problem"
SURELY = 2  # times the memory that is there: no job that asks for more will do
# modisco-lite and what only it needs: motifs are found without, see docs/installation.md.
OPTIONAL = ("modisco-lite", "igraph", "leidenalg", "texttable")
LONGEST_PATH = 4095  # bytes, of Linux
LONGEST_BELOW = 100  # bytes of a path below the folder of a run, also while it is written
PATIENCE = 120  # seconds that another program may take to answer
ASK_TENSORFLOW = (
    "import json, tensorflow as tf;"
    "print(json.dumps([tf.__version__, len(tf.config.list_physical_devices('GPU'))]))"
)


@dataclass(frozen=True)
class Finding:
    """What one check found: its subject, FINE, NOTE or PROBLEM, and a sentence."""

    subject: str
    status: str
    sentence: str

    def __post_init__(self) -> None:
        """Make the sentence one that can be shown, whatever names it holds."""
        object.__setattr__(self, "sentence", readable(self.sentence))


def check_simulations(config: Mapping) -> None:
    """Check that what a config wants simulated can be, beyond what the schema knows.

    Raises
    ------
    config_files.ConfigError
        With one sentence that names the first key that is wrong.
    """
    for dataset in config["datasets"]:
        if settings.simulated(config, dataset):
            try:
                Simulation.from_settings(json.loads(settings.simulation_json(config, dataset)))
            except UserError as error:
                raise config_files.ConfigError(f"config: datasets.{dataset}.{error}") from None


def check_python(version: Sequence[int]) -> Finding:
    """Check the version of Python, (major, minor, ...)."""
    text = ".".join(map(str, version[:3]))
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return Finding("Python", FINE, text)
    return Finding("Python", PROBLEM, f"{text}, but 3.11, 3.12 or 3.13 is needed; run make setup.")


def check_command() -> list[Finding]:
    """Check that `python`, by which rules start their scripts, has the packages; nothing if so."""
    found, own = shutil.which("python"), Path(sys.executable).parent
    if found is not None:
        if (
            os.path.samefile(Path(found).parent, own)
            or _ask([found, "-c", "import numpy, pandas"]) is not None
        ):
            return []
    what = "there is no command python" if found is None else f"{found} lacks the packages"
    sentence = f"{what}, and jobs call python; type export PATH={own}:$PATH and run again."
    return [Finding("Python", PROBLEM, sentence)]


def check_packages(lock: Path) -> Finding:
    """Compare the packages that are installed with a lock, requirements/*.txt."""
    from packaging.requirements import Requirement

    left_out = set() if _has("modisco-lite") else {name for name in OPTIONAL if not _has(name)}
    if not lock.is_file():
        return Finding("packages", NOTE, f"not compared: there is no {lock.name}")
    wrong, right = [], 0
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        wanted = Requirement(line.removesuffix("\\").strip())
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        if wanted.name in left_out:
            continue
        try:
            found = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if wanted.specifier.contains(found, prereleases=True):
            right += 1
        else:
            version = str(wanted.specifier).removeprefix("==")
            wrong.append(f"{wanted.name} is {found} and not {version}")
    if not wrong:
        without = f", without the optional {', '.join(sorted(left_out))}" if left_out else ""
        return Finding("packages", FINE, f"{right} as in requirements/{lock.name}{without}")
    shown = "; ".join(wrong[:3]) + (f"; and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    return Finding(
        "packages", PROBLEM, f"not as in requirements/{lock.name}: {shown}; run make setup."
    )


def _has(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


# ------------------------------------------------------------------------------ GPU


def wanted_devices(config: Mapping) -> set[str]:
    """Return the settings of `training.device` of all networks that will run."""
    return {
        settings.training(config, dataset, model)["device"]
        for dataset in config["datasets"]
        for model in settings.models(config, dataset)
        if settings.kind(config, model) == "network"
    }


def driver_gpus() -> list[str]:
    """Return the GPUs that NVIDIA's driver sees, with driver and memory."""
    question = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    answer = _ask(["nvidia-smi", *question]) if shutil.which("nvidia-smi") else None
    return [line.strip() for line in (answer or "").splitlines() if line.strip()]


def tensorflow_gpus() -> int | None:
    """Return how many GPUs TensorFlow sees; None if it can't be imported."""
    answer = _ask([sys.executable, "-c", ASK_TENSORFLOW])
    try:
        return int(json.loads((answer or "").splitlines()[-1])[1])
    except (IndexError, ValueError):
        return None


def _ask(command: Sequence[str]) -> str | None:
    """Return what a program prints; None if it fails or does not answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def check_gpu(wanted: set[str], driver: Sequence[str], seen: int | None) -> Finding:
    """Check that there is a GPU where one is asked for.

    Parameters
    ----------
    wanted
        See `wanted_devices`.
    driver
        See `driver_gpus`.
    seen
        How many TensorFlow sees; None: it was not asked, or it could not be imported.
    """
    if "gpu" in wanted and not driver:
        return Finding(
            "GPU",
            PROBLEM,
            "training.device: gpu asks for one, but the driver (nvidia-smi) shows none; install "
            "the driver or run where there is a GPU, or set the device to auto or cpu.",
        )
    if wanted & {"gpu", "auto"} and driver and seen == 0:
        return Finding(
            "GPU",
            PROBLEM if "gpu" in wanted else NOTE,
            f"the driver shows {driver[0]}, but TensorFlow sees no GPU; run make ACCELERATOR=cuda.",
        )
    if not wanted & {"gpu", "auto"}:
        return Finding("GPU", FINE, "none is asked for")
    if not driver:
        return Finding("GPU", FINE, "none; networks train on the processor")
    also = "" if seen is None else f"; TensorFlow sees {seen}"
    return Finding("GPU", FINE, f"{driver[0]}{also}")


# ------------------------------------------------------------------------------ room


def check_memory(
    config: Mapping, available: int, cores: int, jobs: Iterable[Job] | None = None
) -> Finding:
    """Compare the memory of this machine, in bytes, with what the largest job needs.

    `jobs` are those that will run; None: all of a whole run.
    """
    jobs = estimates.jobs(config) if jobs is None else jobs
    most, rule = max(((estimates.memory(config, *job), job[0]) for job in jobs), default=(0, ""))
    text = (
        f"{_gigabytes(available)} and {counted(cores, 'core')}; the largest job ({rule}) needs up "
    )
    text += f"to {_gigabytes(most * 10**6)}"
    if most * 10**6 <= available:
        return Finding("memory", FINE, text)
    # What is declared is more than what is needed: a run that may go well is not refused.
    sure = most * 10**6 > SURELY * available
    remedy = "use fewer or shorter sequences (`length`), or a machine with more memory"
    return Finding("memory", PROBLEM if sure else NOTE, f"{text}; {remedy}.")


def check_disk(config: Mapping, results: Path) -> Finding:
    """Compare the room on the disk of a results folder with what the run needs."""
    need = sum(
        max(estimates.disk(config, dataset) - _held(results / dataset), 0)
        for dataset in config["datasets"]
    )
    free = shutil.disk_usage(_existing(results)).free
    text = f"{_gigabytes(free)} free; the run needs about {_gigabytes(need)}"
    if need <= free:
        return Finding("disk", FINE, text)
    return Finding(
        "disk", PROBLEM, f"{text}; make room, or name a folder on another disk with --directory."
    )


def check_writable(results: Path) -> Finding:
    """Check that files can be made where the results go."""
    folder = _existing(results)
    try:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        with tempfile.TemporaryFile(dir=folder) as handle:
            handle.write(b"x")
    except OSError as error:
        return Finding(
            "results",
            PROBLEM,
            f"{folder} can't be written to ({error.strerror}); change its permission, or name "
            "another folder with --directory.",
        )
    return Finding("results", FINE, f"{folder.resolve()} can be written to")


def check_work_folders(work: Path) -> list[Finding]:
    """Check the folders beside the results that a run needs; nothing where they are sound.

    Parameters
    ----------
    work
        The working directory: Snakemake keeps its records in it, in `.snakemake`.
    """
    findings = []
    kept = check_writable(work / ".snakemake")
    if kept.status == PROBLEM:
        findings.append(Finding("folder", PROBLEM, kept.sentence))
    # Snakemake looks for profiles there, before it reads anything of ours.
    if not environment.home() and "XDG_CONFIG_HOME" not in os.environ:
        findings.append(
            Finding(
                "folder",
                PROBLEM,
                "HOME is not set, and this user has no home folder; set it to any folder, as in "
                "export HOME=/tmp.",
            )
        )
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        findings.append(
            Finding("folder", PROBLEM, f"{error.strerror}; set TMPDIR to a folder to write to.")
        )
    return findings


def check_place(config: Mapping, results: Path) -> list[Finding]:
    """Check that the system takes the paths of the files of a run; nothing where it does."""
    folders = [
        [f"{name}/fold{settings.folds(config, name)[-1]}" for name in config["datasets"]],
        config["models"],
        [f"seed{seed}" for seed in config["seeds"]],
    ]
    longest = sum(max(map(len, names)) + 1 for names in folders)
    # Snakemake keeps a record of each file under its path in base 64.
    room = (len(os.fsencode(results.absolute())) + longest + LONGEST_BELOW) * 4 // 3
    if room <= LONGEST_PATH:
        return []
    sentence = f"{results.absolute()} is too long a path to hold results; work in a shorter one."
    return [Finding("results", PROBLEM, sentence)]


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    return folder


def _held(folder: Path) -> int:
    """Return the bytes that a folder holds already."""
    found = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(path.stat().st_size for path in found if path.is_file())


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"


# ------------------------------------------------------------------------------ inputs


def check_inputs(
    config: Mapping,
    sections: Collection[str] | None = None,
    divided: Collection[str] | None = None,
) -> list[Finding]:
    """Read the first records of every source and the begin of every genome.

    Parameters
    ----------
    config
        All settings, checked.
    sections
        Those of the config to look at: `datasets.NAME`, and likewise of predict, variants and
        scans; None: all.
    divided
        The datasets that will be split, so that they need enough records of each class; None: all.
    """
    blocks = [
        (f"datasets.{name}", name, block, True)
        for name, block in config["datasets"].items()
        if "sources" in block
    ]
    blocks += [
        (f"predict.{name}", block["dataset"], block, False)
        for name, block in config["predict"].items()
    ]
    findings = []
    for section, dataset, block, labelled in blocks:
        if sections is not None and section not in sections:
            continue
        own = settings.columns(config, config["datasets"][dataset])
        columns = {**own, **block.get("columns", {})}
        reading = sources.Reading(**settings.reading(config, dataset))
        previews = []
        for source in settings.sources(block):
            finding, preview = _check_source(source, columns, labelled, reading)
            findings.append(finding)
            previews.append(preview)
        sound = None not in previews
        if reading.genome is not None:
            findings.append(_check_genome(reading.genome))
            sound = sound and findings[-1].status == FINE
        if sound:
            split = divided is None or dataset in divided
            findings += _check_together(config, dataset, section, previews, labelled, split)
    for name in config["variants"]:
        if sections is None or f"variants.{name}" in sections:
            findings.append(_check_variants(config["variants"][name]["vcf"]))
            findings.append(_check_genome(settings.variant_genome(config, name)))
    for name in config["scans"]:
        if sections is None or f"scans.{name}" in sections:
            genome_path, *beds = settings.scanned_files(config, name)
            findings += [_check_genome(genome_path), *map(_check_bed, beds)]
    return list(dict.fromkeys(findings))


def _check_variants(path: str) -> Finding:
    try:
        first = next(variants.read_variants(path))
    except UserError as error:
        return Finding("input", PROBLEM, str(error))
    return Finding("input", FINE, f"{path}: variants, the first at {first.chrom}:{first.pos}")


def _check_bed(path: str) -> Finding:
    try:
        text, _ = first_part(path)
        found = intervals.parse_bed(text[: text.rfind(b"\n") + 1] or text, path)
    except UserError as error:
        return Finding("input", PROBLEM, str(error))
    return Finding("input", FINE, f"{path}: its first intervals ({len(found):,}) are sound")


def _check_source(
    source: Mapping, columns: Mapping, labelled: bool, reading: sources.Reading
) -> tuple[Finding, Preview | None]:
    path = source["path"]
    if path.startswith(f"{settings.DOWNLOADS}/") and not Path(path).exists():
        return Finding("input", NOTE, f"{path} will be fetched"), None
    try:
        records, complete = sources.read_first(source, columns, labelled, reading)
    except UserError as error:
        return Finding("input", PROBLEM, str(error)), None
    if records is None:
        too_long = f"{path}: its first record is too long to look at"
        return Finding("input", NOTE, too_long), None
    sound = f"{path}: its first records ({len(records.lines):,}) are sound"
    return Finding("input", FINE, sound), Preview(sources.Source(**source), records, complete)


def _check_together(
    config: Mapping,
    dataset: str,
    section: str,
    previews: Sequence[Preview],
    labelled: bool,
    divided: bool,
) -> Iterator[Finding]:
    """Check what the files of a dataset or a prediction hold together; nothing if it is sound."""
    try:
        check_places(previews, sources.Reading(**settings.reading(config, dataset)))
        if labelled:
            made = settings.negatives(config, dataset)
            check_classes(
                previews,
                settings.joined_labels(config, dataset),
                made and made["label"],
                settings.split(config, dataset) if divided else None,
            )
    except UserError as error:
        yield Finding("input", PROBLEM, f"{section}: {error}")


def _check_genome(path: str) -> Finding:
    if path.startswith(f"{settings.DOWNLOADS}/") and not Path(path).exists():
        return Finding("input", NOTE, f"{path} will be fetched")
    try:
        name = genome.first_chromosome(path)
    except UserError as error:
        return Finding("input", PROBLEM, str(error))
    return Finding("input", FINE, f"{path}: a genome, which begins with {name}")


# ------------------------------------------------------------------------------ all of it


def about_time(config: Mapping, cores: int) -> Finding:
    """Estimate how long a run takes from the beginning."""
    work: dict[str, float] = {}
    for rule, job in estimates.jobs(config):
        parts = config["chunks"]["number"] if rule.endswith(estimates.CHUNK) else 1
        work[rule] = work.get(rule, 0) + estimates.seconds(config, rule, job) / parts
    # What computes with networks was measured on two cores, so half as many run at a time.
    networks = sum(work.get(rule, 0) for rule in estimates.SEVERAL_CORES)
    total = (sum(work.values()) - networks) / cores + networks / max(cores // 2, 1)
    longest = max(work, key=work.get)
    time, on = durations.about(total), counted(cores, "core")
    text = f"about {time} for a whole run on {on} without a GPU"
    hint = f"; most of it is {longest}" if work[longest] > sum(work.values()) / 2 else ""
    if total > 6 * 3600 and longest == "train":
        hint += ": fewer `seeds`, `folds` or epochs shorten it, and so does a GPU"
    return Finding("time", FINE, text + hint)


def quick_checks(config: Mapping, results: Path, jobs: Iterable[Job], local: bool) -> list[Finding]:
    """Return what can be told within a second or two, as each run begins.

    Parameters
    ----------
    config
        All settings, checked.
    results
        The folder for the results.
    jobs
        What will run, without rules that only name results: a finished network needs no GPU, an
        imported file need not be there.
    local
        Whether jobs run on this machine: else its GPU and memory do not matter.
    """
    jobs = list(jobs)
    rules = {rule for rule, _ in jobs}
    read = {f"datasets.{job['dataset']}" for rule, job in jobs if rule == "import_sequences"}
    read |= {f"predict.{job['name']}" for rule, job in jobs if rule == "predict"}
    read |= {f"variants.{job['name']}" for rule, job in jobs if rule == "score_variants"}
    read |= {f"scans.{job['name']}" for rule, job in jobs if rule == "scan_genome"}
    divided = {job["dataset"] for rule, job in jobs if rule == "split"}
    findings = [
        check_writable(results),
        *check_work_folders(Path()),
        *check_place(config, results),
        *check_inputs(config, read, divided),
    ]
    if rules & {"simulate", "import_sequences", "encode"}:
        findings.append(check_disk(config, results))
    if local:
        findings.append(check_memory(config, machine.memory(), machine.cores(), jobs))
    if local and "train" in rules:
        findings.append(check_gpu(wanted_devices(config), driver_gpus(), None))
    return findings


def problems(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that will end the run."""
    return [finding for finding in findings if finding.status == PROBLEM]
