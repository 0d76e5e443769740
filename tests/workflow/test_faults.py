"""Disks that are full or read-only, files that are damaged or gone, requests to end.

Each ends in one sentence that names the file, leaves what was there before, and is mended by the
next run. Kills are in `test_kills.py`.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from forked_jobs import forked_script
from kills import Story, attempt, copy, different, jobs, leftovers, start, wait_for_orphans
from test_kills import small_config

pytestmark = pytest.mark.thorough

RUN = "fold1/cnn/seed1"


def damage(path, how):
    """Flip one bit in the middle of a file, or cut off its last byte; its time stays."""
    content, times = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 16
    path.write_bytes(content if how == "flip" else content[:-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


# ------------------------------------------------------------------------------ damaged files

# What is damaged, and the script that reads it; the first to do so, or all would end there.
READERS = {
    "small/sequences.parquet": "audit",
    "small/encoded.npz": "fit_baseline",
    "small/fold1/related.tsv": "evaluate",
    "small/fold1/kmers/seed1/predictions.tsv.gz": "plot_run",
    "files/fold1/split.npz": "fit_baseline",
    "files/fold1/cnn/seed1/calibration.json": "evaluate",
    "files/fold1/cnn/seed1/history.tsv": "plot_run",
    "files/fold1/cnn/seed1/attention.npz": "plot_attention",
    "files/fold1/kmers/seed1/metrics.json": "collect_metrics",
    "files/fold1/kmers/seed1/model.npz": "predict",
    "small/fold1/leakage.json": "report",
    "files/metrics.tsv": "report",
    "small/comparison.tsv": "report",
    "files/audit.json": "report",
    "small/figures/curves.png": "report",
}
# What is damaged, and a result to make anew for which it is read; one reader for each.
CHEAP = {
    "files/fold1/kmers/seed1/metrics.json": "files/summary.tsv",
}
# What trainings or the rest of a dataset hang on.
DEAR = {
    "small/fold1/kmers/seed1/predictions.tsv.gz": "small/fold1/kmers/seed1/figures/overview.svg",
    "files/fold1/cnn/seed1/history.tsv": "files/fold1/cnn/seed1/figures/overview.svg",
    "files/fold1/cnn/seed1/attention.npz": "files/fold1/cnn/seed1/figures/attention.svg",
    "files/fold1/kmers/seed1/model.npz": "files/predict/new.tsv.gz",
    "small/fold1/related.tsv": "small/fold1/oracle/seed1/metrics.json",
    "small/sequences.parquet": "small/audit.json",
    "small/encoded.npz": "small/fold1/kmers/seed1/model.npz",
    "files/fold1/split.npz": "files/fold1/kmers/seed1/model.npz",
    "files/fold1/cnn/seed1/calibration.json": "files/fold1/cnn/seed1/metrics.json",
}


def test_damaged_files_are_named_by_what_reads_them(clone):
    results, todo = clone.folder / "results", all_commands(clone)
    for i, (path, script) in enumerate(READERS.items()):
        of_script = [command for command in todo if f"scripts/{script}.py" in command]
        reads = next(c for c in of_script if script == "report" or path in c)  # it gets folders
        content, times = (results / path).read_bytes(), (results / path).stat()
        damage(results / path, "flip" if i % 2 else "truncate")
        done = run_here(clone.folder, reads)
        assert done.returncode == 1
        assert re.fullmatch(
            rf"error: results/{path}: damaged, or changed by hand, since it was written; moved "
            rf"aside to {Path(path).name}\.damaged; run again .*",
            done.stdout.strip().splitlines()[-1],
        )
        (results / f"{path}.damaged").unlink()
        (results / path).write_bytes(content)
        os.utime(results / path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    "chosen", [CHEAP, pytest.param(DEAR, marks=pytest.mark.long)], ids=["cheap", "dear"]
)
def test_damaged_files_are_remade(clone, finished, chosen):
    results = clone.folder / "results"
    for i, (path, remade) in enumerate(chosen.items()):
        damage(results / path, "flip" if i % 2 else "truncate")
        (results / remade).unlink()
    wanted = [f"results/{remade}" for remade in chosen.values()]
    result = clone.snakemake("--cores", "2", "--keep-going", *wanted)
    assert result.returncode == 1 and "Traceback" not in result.stdout
    for path in chosen:
        assert f"error: results/{path}: damaged" in result.stdout
        assert not (results / path).exists()
        (results / f"{path}.damaged").unlink()
    clone.run("all", *wanted)
    assert different(finished.folder, clone.folder) == []
    assert leftovers(clone.folder) == []


# ------------------------------------------------------------------------------ full disks


def all_commands(clone):
    """The command of each job, without its log."""
    said = clone.snakemake("-n", "-p", "--forceall").stdout
    found = re.findall(r"^Shell command: (.*python .+)$", said, re.MULTILINE)
    return [re.sub(r" > \S+ 2>&1$", "", command) for command in found]


def commands(clone):
    """One of these a rule."""
    plain = all_commands(clone)
    by_script = {re.search(r"scripts/\w+\.py", command)[0]: command for command in plain}
    others = {"download", "doctor", "new_config", "scan_genome"}  # what no run of this config calls
    scripts = {path.stem for path in (clone.folder / "scripts").glob("*.py")} - others
    assert {Path(script).stem for script in by_script} == scripts
    return list(by_script.values())


def run_here(folder, command):
    """Run the command of a job, which bash reads; all that the job says is in `stdout`."""
    read = f"python() {{ printf '%s\\0' \"$@\"; }}; {command}"
    words = subprocess.run(["bash", "-c", read], cwd=folder, capture_output=True, text=True).stdout
    variables = dict(re.findall(r"(\w+)=(\S+)", command.partition("python ")[0]))
    return forked_script(words.split("\0")[:-1], folder, os.environ | variables)


@contextmanager
def disk(folder, size):
    """Mount a small disk at a folder, with what was in it."""
    content = folder.with_name(f"{folder.name}.before")
    folder.rename(content)
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        content.rename(folder)
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        shutil.copytree(content, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(path):
    """Write until the disk is full."""
    with open(path, "wb", buffering=0) as handle:
        while True:
            try:
                handle.write(bytes(4096))
            except OSError:
                return


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# A script for each kind of file: tables, arrays, networks, text, figures and pages.
KINDS = (
    "import_sequences split train fit_baseline evaluate find_groups plot_curves attribute report"
)


@pytest.mark.parametrize(
    ("fault", "scripts"),
    [
        ("full", KINDS),
        pytest.param("full", "", marks=pytest.mark.long),
        ("read-only", "audit split evaluate"),
    ],
    ids=["full", "full, every script", "read-only"],
)
def test_no_stage_can_write_and_each_says_so_and_leaves_what_was_there(clone, fault, scripts):
    """The log goes elsewhere, or it could not be told."""
    by_script = {re.search(r"scripts/(\w+)", command)[1]: command for command in commands(clone)}
    todo = [by_script[name] for name in scripts.split() or by_script]
    results = clone.folder / "results"
    sentences = {
        "full": r"error: results/\S+: can't be written \(No space left on device\); make room or",
        "read-only": r"error: results/\S+: (can't be written \()?Read-only file system",
    }
    with disk(results, "64m"):
        before = contents(results)
        if fault == "full":
            fill(results / "ballast")
        else:
            subprocess.run(["mount", "-o", "remount,ro", results], check=True)
        for command in todo:
            done = run_here(clone.folder, command)
            assert done.returncode == 1, command
            assert "Traceback" not in done.stdout, done.stdout
            assert re.match(sentences[fault], done.stdout.splitlines()[-1]), done.stdout
        if fault == "full":
            (results / "ballast").unlink()
        after = contents(results).items()
        assert {path: content for path, content in after if "state/" not in str(path)} == before


@pytest.mark.long
def test_a_run_on_a_disk_that_fills_goes_on_when_there_is_room(finished, tmp_path):
    folder = copy(tmp_path / "filling", small_config())
    results = folder / "results"
    results.mkdir()
    story = Story()
    with disk(results, "280k"):
        assert attempt(folder, 2, None, None, story, timeout=300) != 0
        assert "No space left on device" in story.said
        subprocess.run(["mount", "-o", "remount,size=64m", results], check=True)
        assert attempt(folder, 2, None, None, story, timeout=300) == 0, story.said
        assert different(finished.folder, folder, "results/small") == []
        assert leftovers(folder) == []


# ------------------------------------------------------------------------------ files that vanish


def test_an_input_that_is_gone_is_named(clone):
    (clone.folder / "data" / "bound.fa").unlink()
    before = clone.files()
    result = clone.snakemake("--cores", "1")
    assert result.returncode == 1 and "Traceback" not in result.stdout
    assert "data/bound.fa" in result.stdout
    assert clone.files() == before


def test_a_file_that_vanishes_while_a_job_starts_is_named(clone):
    results = clone.folder / "results"
    todo = {re.search(r"scripts/(\w+)", command)[1]: command for command in commands(clone)}
    (results / "small" / "encoded.npz").unlink()
    (results / "files" / "encoded.npz").unlink()
    for script in ("compare_models", "split"):
        done = run_here(clone.folder, todo[script])
        assert done.returncode == 1 and "Traceback" not in done.stdout
        assert re.fullmatch(
            r"error: results/\w+/encoded\.npz: No such file or directory", done.stdout.strip()
        )


# ------------------------------------------------------------------------------ asked to end


@pytest.mark.long
@pytest.mark.parametrize("whom", ["job", "all"])
def test_a_training_that_is_asked_to_end_does_so_in_time_and_goes_on(finished, tmp_path, whom):
    """As a cluster does before it kills: SIGTERM, and 30 seconds."""
    folder = copy(tmp_path / "asked", small_config())
    state = folder / "results/small" / RUN / ".state/state.npz"
    making = start(folder, 2, tmp_path / "asked.out")
    while not state.exists():
        assert making.poll() is None, (tmp_path / "asked.out").read_text()
        time.sleep(0.05)
    training = [process for process, name in jobs(folder).items() if name == "train"]
    if whom == "job":
        training[0].send_signal(signal.SIGTERM)
        training[0].wait(30)
        making.wait(60)
        assert "asked to end (SIGTERM); run again to go on" in (tmp_path / "asked.out").read_text()
    else:
        os.killpg(making.pid, signal.SIGTERM)
        making.wait(30)
        wait_for_orphans(folder, 30)
    assert not [name for name in leftovers(folder) if "results" in name and "state" not in name]
    story = Story()
    assert attempt(folder, 2, None, None, story, timeout=300) == 0, story.said
    assert "continuing after epoch" in story.trained
    assert different(finished.folder, folder, "results/small") == []
    assert leftovers(folder) == []
