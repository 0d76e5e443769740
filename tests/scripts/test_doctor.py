"""`make doctor` by hand: a table, what to change, and the status of a shell."""

import shutil
import subprocess
from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile

import doctor

ROOT = Path(__file__).parents[2]
SOUND = "datasets: {d: {sources: [{path: a.fa, label: x}, {path: b.fa, label: y}]}}\n"
WITHOUT = {
    "a missing GPU": ("training: {device: gpu}", "GPU       training.device: gpu asks for one"),
    "too little disk": (
        "datasets: {d: {simulate: {preset: splice, sequences: 1000000000, length: 9999, seed: 1}}}",
        "disk      ",
    ),
    "an input that can't be read": (
        "datasets: {d: {sources: [{path: a.fa, label: x}, {path: torn.fa.gz, label: y}]}}",
        "input     torn.fa.gz: the gzip file is cut off",
    ),
    "an input that is not there": (
        "datasets: {d: {sources: [{path: a.fa, label: x}, {path: c.fa, label: y}]}}",
        "config    config: datasets.d.sources.1.path: no file 'c.fa'",
    ),
    "a split that can't be": (
        "datasets: {d: {sources: [{path: a.fa, label: x, split: train}, {path: b.fa, label: y, "
        "split: test}]}}",
        "split     datasets.d: class 'y' has no records, too few for train",
    ),
    "a simulation that can't be": (
        "datasets: {d: {simulate: {sequences: 9, length: 9, seed: 1, classes: {a: {fraction: 0.3, "
        "planted: 1, motifs: [GGA]}, b: {fraction: 0.5, planted: 0, motifs: []}}}}}",
        "config    config: datasets.d.simulate.classes: the fractions of the classes sum to 0.8;",
    ),
    "a key that occurs twice": (
        SOUND + "datasets: {}\n",
        "config    config: mine.yaml, line 2: the key datasets occurs twice in one mapping, first",
    ),
    "a config without a colon": (
        "seeds",
        "config    config: mine.yaml, line 1: a colon is missing after 'seeds'; write `seeds:`.",
    ),
    "a config that is none": ("[1, 2]", "config    mine.yaml: no config"),
}


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor.preflight, "driver_gpus", list)
    monkeypatch.setattr(doctor.preflight, "tensorflow_gpus", lambda: 0)
    for name in ("a.fa", "b.fa"):
        Path(name).write_text(">r1\nACGT\n>r2\nACGA\n>r3\nACGC\n")
    Path("torn.fa.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\x03")

    def ask(config, *arguments):
        Path("mine.yaml").write_text(config)
        try:
            doctor.main(["--configfile", "mine.yaml", *arguments])
            status = 0
        except SystemExit as end:
            status = end.code
        return status, capsys.readouterr().out

    return ask


def test_a_sound_machine_passes(ask):
    status, said = ask(SOUND)
    assert status == 0, said
    assert "PROBLEM" not in said and said.endswith("Everything is fine.\n")
    assert "ok       split     d, x: 1 / 1 / 1, y: 1 / 1 / 1 (training / validation / test" in said
    assert not Path("results").exists()


def test_an_analysis_in_another_folder_is_looked_at_from_here(ask, monkeypatch, tmp_path):
    analysis = tmp_path / "analysis"
    analysis.mkdir()
    for name in ("a.fa", "b.fa"):
        (tmp_path / name).rename(analysis / name)
    status, said = ask(SOUND)
    assert status == 1 and "no file 'a.fa'" in said
    status, said = ask(SOUND, "--directory", "analysis")
    assert status == 0 and said.endswith("Everything is fine.\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(doctor.UserError, match="no folder 'analyses'; make it"):
        ask(SOUND, "--directory", "analyses")


@pytest.mark.parametrize("what", WITHOUT)
def test_what_would_end_a_run_is_named(ask, what):
    config, line = WITHOUT[what]
    status, said = ask(config)
    assert status == 1
    assert f"PROBLEM  {line}" in said


def test_a_wrong_version_is_named(ask, tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==1.0\n")
    status, said = ask(SOUND, "--lock", str(lock))
    assert status == 1
    assert "PROBLEM  packages  not as in requirements/lock.txt: numpy is " in said


def test_the_lock_is_that_of_the_environment(tmp_path):
    assert doctor.lock_of(tmp_path).name == "cpu.txt"
    (tmp_path / "accelerator").write_text("cuda\n")
    assert doctor.lock_of(tmp_path) == ROOT / "requirements" / "cuda.txt"


YTE = """
__use_yte__: true
__definitions__:
  - from pathlib import Path
  - Path("defined").touch()
?if Path("asked").touch() or True:
  seeds: [1]
genome: ?Path("valued").touch()
"""


def test_nothing_that_stands_in_a_config_is_run(ask):
    before = set(Path().iterdir()) | {Path("mine.yaml")}
    status, said = ask(YTE)
    assert status == 1
    assert "config: mine.yaml, line 2: the key __use_yte__ belongs to YTE" in said
    assert set(Path().iterdir()) == before
    Path("mine.yaml").write_text(YTE)
    load_configfile("mine.yaml")  # as Snakemake does: the code would have run
    assert {Path("defined"), Path("asked"), Path("valued")} <= set(Path().iterdir())


def test_the_config_alone_can_be_looked_at(ask, tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==1.0\n")
    assert ask(SOUND, "--only-config", "--lock", str(lock)) == (
        0,
        "ok       config    1 dataset: d\n",
    )
    status, said = ask("seed: [1]", "--only-config")
    assert status == 1 and "config: seed: unknown key; did you mean 'seeds'?" in said


@pytest.fixture
def recorded(tmp_path):
    """Run `make` with other commands in place of those that it calls, and give what these got."""
    shutil.copy2(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "install.sh").write_text("")
    commands = tmp_path / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name in ("python", "snakemake"):
        command = commands / name
        command.write_text('#!/bin/sh\nprintf "%s|" "${0##*/}" "$@" >>said\necho >>said\n')
        command.chmod(0o755)

    def make(*arguments: str) -> list[list[str]]:
        subprocess.run(["make", *arguments], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
        lines = (tmp_path / "said").read_text().splitlines()
        return [line.split("|")[:-1] for line in lines]

    return make


def test_make_looks_at_a_config_before_snakemake_reads_it(recorded):
    looks, runs = recorded("run", "CONFIG=one.yaml two.yaml")
    names = ["--configfile", "one.yaml", "two.yaml"]
    assert looks == ["python", "scripts/doctor.py", "--only-config", *names]
    assert runs[:3] == ["snakemake", "--cores", "all"] and runs[-3:] == names


def test_the_name_of_a_config_is_no_command_of_the_shell(recorded, tmp_path):
    name = "one.yaml;touch${IFS}made;$(touch${IFS}made)`touch${IFS}made`"
    [asked] = recorded("doctor", f"CONFIG={name.replace('$', '$$')}")
    assert asked == ["python", "scripts/doctor.py", "--configfile", name]
    assert not (tmp_path / "made").exists()
