"""Killed again and again, a run ends as if it had been left in peace.

The long form, with 30 kills of the default run and changed settings in between, is `kills.py`.
"""

import os
import random
import shutil

import forked_jobs
import pytest
import yaml
from clones import ROOT
from kills import Story, after, attempt, copy, different, leftovers, wait_for_orphans
from snakemake.utils import update_config

from attendna.contracts.exports import read_facts
from attendna.intact_files import sha256
from attendna.planning import loading

pytestmark = pytest.mark.thorough


def small_config():
    """What the runs of the other tests see, without their second dataset."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    overlay = yaml.safe_load((ROOT / "tests" / "workflow" / "small.yaml").read_text())
    update_config(config, overlay)
    loading.put_back(config, overlay)
    return yaml.safe_dump(config, sort_keys=False)


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_was_not(finished, tmp_path):
    """On one core, where the other had two: that makes no difference either."""
    config = small_config()
    folder = copy(tmp_path / "killed", config)
    state = folder / "results/small/fold1/cnn/seed1/.state/state.npz"
    story = Story()
    random.seed(5)
    kills = [
        ("all", lambda _: state.exists()),  # in a training, behind its first epoch
        ("job", lambda _: "continuing after epoch" in story.trained),
        ("snakemake", after(random.uniform(2, 6))),
        (None, None),
    ]
    for target, moment in kills:
        status = attempt(folder, 1, target, moment, story, timeout=900)
        if status is not None:
            break
    assert status == 0, story.said
    wait_for_orphans(folder)
    assert story.kills == {"all": 1, "job": 1, "snakemake": 1} and story.hit["train"]
    assert "An earlier run was killed; its lock has been removed" in story.said
    assert different(finished.folder, folder, "results/small") == []
    assert leftovers(folder) == []


# The Python of the other tests, but for the jobs that are killed: those with this flag.
KILLING = """#!/bin/bash
case " $* " in
    *" {flag} "*) kill -KILL $$ ;;
esac
exec {python} "$@"
"""


@pytest.mark.parametrize(
    ("flag", "left"),
    [("--saved-model", {"export_saved_model", "export"}), ("--files", {"export"})],
    ids=["in the second format", "while they are described"],
)
def test_what_a_killed_export_has_made_is_not_made_again(clone, tmp_path, flag, left):
    own = clone.folder / "results/small/fold1/cnn/seed1/export"
    peaceful = {name: (own / name).read_bytes() for name in ("model.onnx", "example.py")}
    told = {key: value for key, value in read_facts(own / "model.json").items() if key != "files"}
    shutil.rmtree(own)
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text(KILLING.format(flag=flag, python=f"{forked_jobs.folder()}/python"))
    program.chmod(0o755)
    target = str((own / "model.json").relative_to(clone.folder))
    config = "export: {formats: [onnx, saved_model]}"
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    killed = clone.snakemake("--cores", "1", "--keep-going", target, config=config, PATH=path)
    assert killed.returncode == 1 and not (own / "model.json").exists()
    before = {file: file.stat() for file in own.rglob("*") if file.is_file()}
    assert (own / "model.onnx") in before
    assert (own / "saved_model" / "saved_model.pb" in before) == (flag == "--files")
    assert clone.plan(target, config=config).rules == left
    clone.run(target, config=config)
    results = {own / name for name in (*peaceful, "saved_model/saved_model.pb")} & before.keys()
    for file in results:
        now = file.stat()
        assert (now.st_ino, now.st_mtime_ns) == (before[file].st_ino, before[file].st_mtime_ns)
    # The bytes of a SavedModel differ each time.
    assert {name: (own / name).read_bytes() for name in peaceful} == peaceful
    known = read_facts(own / "model.json")
    files = known.pop("files")
    assert known == told and len(files) == 6
    assert files == {name: sha256(own / name) for name in files}
    assert leftovers(clone.folder) == []
