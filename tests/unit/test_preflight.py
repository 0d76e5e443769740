"""Each thing that would end a run is named before, and nothing is named on a sound machine."""

import os
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from attendna import machine
from attendna.planning import config_files, loading, preflight
from attendna.planning.preflight import FINE, NOTE, PROBLEM, Finding

ROOT = Path(__file__).parents[2]
DIVISION = 10**9


@pytest.fixture
def config():
    return loading.load(ROOT / "config.yaml", [])


def with_files(config, *paths, **more):
    labels = ["x", "y", "z"]
    named = [{"path": str(p), "label": label} for p, label in zip(paths, labels, strict=False)]
    return {**config, "datasets": {"d": {"sources": named, **more}}}


def test_python_has_to_be_one_that_the_project_is_tested_with():
    assert preflight.check_python(sys.version_info).status == FINE
    assert preflight.check_python((3, 10, 1)).status == PROBLEM
    assert preflight.check_python((3, 14, 0)).status == PROBLEM
    declared = (ROOT / "pyproject.toml").read_text()
    (low, high) = preflight.OLDEST, preflight.NEWEST
    assert f'requires-python = ">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"' in declared


def test_the_command_that_jobs_call_has_to_have_the_packages(tmp_path, monkeypatch):
    """As where `.venv/bin/snakemake` is typed, and the environment is not active."""
    monkeypatch.setenv("PATH", str(tmp_path))
    other = tmp_path / "python"
    for script, said in [(None, "there is no command python"), ("exit 1", f"{other} lacks")]:
        if script:
            other.write_text(f"#!/bin/sh\n{script}\n")
            other.chmod(0o755)
        (found,) = preflight.check_command()
        assert found.status == preflight.PROBLEM and found.sentence.startswith(said)
        assert f"export PATH={Path(sys.executable).parent}:$PATH" in found.sentence
    other.write_text("#!/bin/sh\nexit 0\n")  # another one that has them
    assert preflight.check_command() == []
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert preflight.check_command() == []


def test_packages_are_held_against_the_lock(tmp_path):
    lock = tmp_path / "cpu.txt"
    text = "numpy=={numpy} ; python_version >= '3.11' \\\n    --hash=sha256:00\n"
    text += "nowhere==1 ; python_version < '3'\n"
    lock.write_text(text.format(numpy=preflight.metadata.version("numpy")))
    assert preflight.check_packages(lock).status == FINE
    lock.write_text(text.format(numpy="1.0"))
    found = preflight.check_packages(lock)
    assert found.status == PROBLEM and "and not 1.0; run make setup" in found.sentence
    lock.write_text("not-a-package-of-anyone==1\n")
    assert "not-a-package-of-anyone is missing" in preflight.check_packages(lock).sentence
    assert preflight.check_packages(tmp_path / "none.txt").status == NOTE


@pytest.mark.parametrize(
    ("missing", "status"),
    [
        ({"modisco-lite", "igraph", "leidenalg"}, FINE),
        ({"modisco-lite"}, FINE),
        ({"igraph"}, PROBLEM),  # modisco-lite would fail
        ({"modisco-lite", "numpy"}, PROBLEM),
    ],
)
def test_modisco_lite_and_what_it_alone_needs_may_be_missing(
    tmp_path, monkeypatch, missing, status
):
    def version(name):
        if name in missing:
            raise preflight.metadata.PackageNotFoundError
        return "1"

    monkeypatch.setattr(preflight.metadata, "version", version)
    lock = tmp_path / "cpu.txt"
    names = ("igraph", "leidenalg", "modisco-lite", "numpy", "texttable")
    lock.write_text("".join(f"{name}==1\n" for name in names))
    found = preflight.check_packages(lock)
    assert found.status == status
    if status == FINE:
        left_out = ", ".join(sorted(missing))
        count = len(names) - len(missing)
        assert found.sentence == (
            f"{count} as in requirements/cpu.txt, without the optional {left_out}"
        )


@pytest.mark.parametrize(
    ("wanted", "driver", "seen", "status"),
    [
        ({"cpu"}, ["H100"], None, FINE),
        ({"auto"}, [], None, FINE),
        ({"auto"}, ["H100"], 1, FINE),
        ({"auto"}, ["H100"], 0, NOTE),
        ({"gpu"}, ["H100"], 1, FINE),
        ({"gpu", "auto"}, [], None, PROBLEM),
        ({"gpu"}, ["H100"], 0, PROBLEM),
        (set(), [], None, FINE),
    ],
)
def test_a_gpu_has_to_be_there_when_one_is_asked_for(wanted, driver, seen, status):
    found = preflight.check_gpu(wanted, driver, seen)
    assert found.status == status
    assert status == FINE or found.sentence.endswith(".")


def test_the_device_of_any_network_counts(config):
    assert preflight.wanted_devices(config) == {"auto"}
    config["models"]["attention_cnn"]["training"] = {"device": "gpu"}
    assert preflight.wanted_devices(config) == {"auto", "gpu"}
    config["models"] = {"k": {"architecture": "kmer_logistic"}}
    assert preflight.wanted_devices(config) == set()


def test_the_driver_is_asked_and_may_fail(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100, 550.1, 81559 MiB'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert preflight.driver_gpus() == ["NVIDIA H100, 550.1, 81559 MiB"]
    tool.write_text("#!/bin/sh\necho no devices >&2\nexit 9\n")
    assert preflight.driver_gpus() == []


def test_too_little_memory_is_told(config):
    largest = preflight.check_memory(config, 10**12, 2)
    assert largest.status == FINE
    assert preflight.check_memory(config, 10**9, 2).status == NOTE  # may go well
    found = preflight.check_memory(config, 10**8, 2)
    assert found.status == PROBLEM and "the largest job (attribute)" in found.sentence


def test_the_job_that_needs_most_is_named_whatever_its_rule(config):
    simulate = config["datasets"]["tutorial"]["simulate"]
    simulate["length"] = 2000
    assert "the largest job (attribute)" in preflight.check_memory(config, 10**12, 2).sentence
    of_run = {"dataset": "tutorial", "fold": "1", "model": "attention_cnn", "seed": "1"}
    jobs = [(rule, of_run) for rule in ("train", "find_motifs", "evaluate")]
    assert "the largest job (train)" in preflight.check_memory(config, 10**12, 2, jobs).sentence
    assert preflight.check_memory(config, 10**12, 2, []).status == FINE


def test_too_little_disk_is_told(config, tmp_path, monkeypatch):
    assert preflight.check_disk(config, tmp_path).status == FINE
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda folder: usage(30 * 10**6))
    found = preflight.check_disk(config, tmp_path / "not" / "there")
    assert found.status == PROBLEM and "0.03 GB free" in found.sentence
    folder = tmp_path / "tutorial"
    folder.mkdir()
    (folder / "encoded.npz").write_bytes(bytes(80 * 10**6))  # made already
    assert preflight.check_disk(config, tmp_path).status == FINE


def test_a_folder_that_can_not_be_written_to_is_told(tmp_path, monkeypatch):
    assert preflight.check_writable(tmp_path / "new" / "results").status == FINE
    assert not (tmp_path / "new").exists()

    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(preflight.tempfile, "TemporaryFile", refuse)
    found = preflight.check_writable(tmp_path)
    assert found.status == PROBLEM and "(Permission denied)" in found.sentence


def test_the_first_records_of_every_input_are_read(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good, bad, large = (tmp_path / name for name in ("good.fa", "bad.fa", "large.csv"))
    good.write_text(">a\nACGT\n>b\nTT\n")
    bad.write_text(">a\nAC-GT\n")
    large.write_text("sequence,label,note\n" + 'ACGT,1,"a, ""b""\nc"\n' * 20_000)
    named = {**with_files(config, good, bad)["datasets"]["d"]}
    named["sources"] += [{"path": str(large)}, {"url": "https://h.org/a.fa", "sha256": "0" * 64}]
    config["datasets"] = {"d": {**named, "genome": str(bad)}}
    found = preflight.check_inputs(config)
    assert [finding.status for finding in found] == [FINE, PROBLEM, FINE, NOTE, PROBLEM]
    assert found[0].sentence == f"{good}: its first records (2) are sound"
    assert found[1].sentence.startswith(f"{bad}, line 2 (record a): '-' is not an IUPAC")
    assert "will be fetched" in found[3].sentence
    assert "of a, is not an IUPAC" in found[4].sentence


def test_records_that_are_long_do_not_pass_for_wrong(config, tmp_path):
    paths = [tmp_path / name for name in ("long.fa", "longer.fa", "line.csv")]
    paths[0].write_text(f">a {'x' * 200_000}\nACGT\n>b {'x' * 200_000}\nACGT\n")
    paths[1].write_text(f">a {'x' * 300_000}\nACGT\n")
    paths[2].write_text(f"sequence,{'x' * 300_000}\nACGT,1\n")
    found = preflight.check_inputs(with_files(config, *paths))
    assert [finding.status for finding in found] == [FINE, NOTE, NOTE]
    assert "its first records (1)" in found[0].sentence


def test_an_input_for_prediction_is_read_too(config, tmp_path):
    good = tmp_path / "good.fa"
    good.write_text("".join(f">{name}\nACGT\n" for name in "abc"))
    missing = {"dataset": "d", "model": "m", "sources": [{"path": str(tmp_path / "none.fa")}]}
    other = {"method": "dinucleotide_shuffle", "label": "y"}
    config = {**with_files(config, good, negatives=other), "predict": {"new": missing}}
    assert [f.status for f in preflight.check_inputs(config)] == [FINE, PROBLEM]
    assert [f.status for f in preflight.check_inputs(config, {"datasets.d"})] == [FINE]
    assert [f.status for f in preflight.check_inputs(config, {"predict.new"})] == [PROBLEM]


def test_the_files_of_a_scan_are_looked_at_too(config, tmp_path):
    genome, regions = tmp_path / "genome.fa", tmp_path / "regions.bed"
    genome.write_text(">chr1\nACGT\n")
    regions.write_text("chr1\t0\t4\n" * 100_000)
    scan = {"dataset": "tutorial", "model": "attention_cnn", "genome": str(genome)}
    config["scans"] = {"n": {**scan, "regions": str(regions)}}
    found = preflight.check_inputs(config, {"scans.n"})
    assert [f.status for f in found] == [FINE, FINE]
    regions.write_text("chr1\t4\n")
    genome.write_text("ACGT\n")
    assert [f.status for f in preflight.check_inputs(config, {"scans.n"})] == [PROBLEM, PROBLEM]
    assert preflight.check_inputs(config, {"predict.n"}) == []


def test_more_data_take_more_time(config):
    before = preflight.about_time(config, 2)
    config["datasets"]["tutorial"]["simulate"]["sequences"] = 10**7
    after = preflight.about_time(config, 2)
    assert "minutes" in before.sentence and "days" in after.sentence
    assert "on 2 cores without" in before.sentence
    assert "on 1 core without" in preflight.about_time(config, 1).sentence


def test_the_memory_of_a_control_group_counts(tmp_path):
    (tmp_path / "job" / "step").mkdir(parents=True)
    (tmp_path / "job" / "memory.max").write_text("5000\n")
    (tmp_path / "job" / "step" / "memory.max").write_text("max\n")
    membership = tmp_path / "cgroup"
    membership.write_text("0::/job/step\n")
    assert machine._group_limits(tmp_path, membership) == [5000]
    old = tmp_path / "memory" / "job"
    old.mkdir(parents=True)
    (old / "memory.limit_in_bytes").write_text("700\n")
    membership.write_text("4:cpu,memory:/job\n3:cpuset:/\n")
    assert machine._group_limits(tmp_path, membership) == [700]
    assert machine._group_limits(tmp_path, tmp_path / "none") == []
    assert DIVISION / 10 < machine.memory() < DIVISION * 10**5


def test_only_what_will_run_is_checked(config, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "driver_gpus", list)
    config = with_files(config, tmp_path / "none.fa", tmp_path / "nor this.fa")
    config["training"]["device"] = "gpu"

    def subjects(rules, local=True):
        wildcards = {"dataset": "d", "model": "attention_cnn", "name": "new"}
        jobs = [(rule, wildcards) for rule in rules]
        found = preflight.quick_checks(config, tmp_path, jobs, local)
        return {finding.subject for finding in preflight.problems(found)}

    assert subjects({"import_sequences", "train", "report"}) == {"input", "GPU"}
    assert subjects({"import_sequences", "train"}, local=False) == {"input"}
    assert subjects({"encode", "audit"}) == set()
    new = {"dataset": "d", "model": "kmer_logistic", "sources": [{"path": "none.fa"}]}
    config["predict"] = {"new": new}
    assert subjects({"predict"}) == {"input"}
    assert subjects({"train"}) == {"GPU"}
    assert subjects({"report"}) == set()


def test_folders_that_a_run_needs_beside_the_results_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert preflight.check_work_folders(tmp_path) == []
    (tmp_path / ".snakemake").write_text("a file in the place of the folder")
    (found,) = preflight.check_work_folders(tmp_path)
    assert found.status == PROBLEM and "(Not a directory)" in found.sentence
    assert preflight.check_writable(tmp_path / ".snakemake").status == PROBLEM
    work = tmp_path / "work"
    monkeypatch.setattr(preflight.environment, "home", lambda: "")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (found,) = preflight.check_work_folders(work)
    assert found.status == PROBLEM and found.sentence.startswith("HOME is not set,")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert preflight.check_work_folders(work) == []

    def nowhere():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(preflight.tempfile, "gettempdir", nowhere)
    (found,) = preflight.check_work_folders(work)
    assert found.status == PROBLEM and "set TMPDIR" in found.sentence


def test_a_finding_is_one_line_whatever_it_names():
    assert Finding("input", FINE, "a\nb\x1b[2J\u202e: sound").sentence == (
        "a\\nb\\x1b[2J\\u202e: sound"
    )


def test_what_cannot_be_simulated_is_named(config):
    preflight.check_simulations(config)
    classes = config["datasets"]["tutorial"]["simulate"]["classes"]
    next(iter(classes.values()))["fraction"] = 0.3
    with pytest.raises(
        config_files.ConfigError, match="^config: datasets.tutorial.simulate.classes"
    ):
        preflight.check_simulations(config)


def test_results_stand_where_the_system_takes_their_paths(config, tmp_path):
    assert preflight.check_place(config, tmp_path) == []
    (found,) = preflight.check_place(config, tmp_path.joinpath(*["x" * 200] * 20))
    assert found.status == PROBLEM and "is too long a path to hold results" in found.sentence
