"""Killed again and again, a run ends as if it had been left in peace.

The long form, with 30 kills of the default run and changed settings in between, is `kills.py`.
"""

import random

import pytest
import yaml
from clones import ROOT
from kills import Story, after, attempt, copy, different, leftovers, wait_for_orphans
from snakemake.utils import update_config

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
        status = attempt(folder, 1, target, moment, story, timeout=300)
        if status is not None:
            break
    assert status == 0, story.said
    wait_for_orphans(folder)
    assert story.kills == {"all": 1, "job": 1, "snakemake": 1} and story.hit["train"]
    assert "An earlier run was killed; its lock has been removed" in story.said
    assert different(finished.folder, folder, "results/small") == []
    assert leftovers(folder) == []
