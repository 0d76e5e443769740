"""Killed again and again, a run ends as if it had been left in peace.

The long form, with 30 kills of the default run, is `kills.py`.
"""

import random

import pytest
import yaml
from clones import ROOT
from kills import Story, after, attempt, changed, copy, different, leftovers, wait_for_orphans
from snakemake.utils import update_config

from attendna.planning import loading

pytestmark = pytest.mark.slow

# A setting of an early rule, after which there is nothing to go on with.
CHANGES = {("split", "test"): 0.25, ("split", "shared_kmer"): 30}


def small_config():
    """What the runs of the other tests see, without their second dataset."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    overlay = yaml.safe_load((ROOT / "tests" / "workflow" / "small.yaml").read_text())
    update_config(config, overlay)
    loading.put_back(config, overlay)
    return yaml.safe_dump(config, sort_keys=False)


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_was_not(finished, tmp_path):
    """On one core, where the other had two: that makes no difference either.

    Neither does a run with another setting in between, which is killed as well.
    """
    config = small_config()
    folder = copy(tmp_path / "killed", config)
    state = folder / "results/small/fold1/cnn/seed1/.state/state.npz"
    story = Story()
    random.seed(5)
    other = changed(config, CHANGES)
    kills = [
        (config, "all", lambda _: state.exists()),  # in a training, behind its first epoch
        (config, "job", lambda _: "going on after epoch" in story.trained),
        (other, "all", after(random.uniform(4, 8))),
        (config, "snakemake", after(random.uniform(2, 6))),
        (config, None, None),
    ]
    for settings_now, target, moment in kills:
        if settings_now is other:  # which trains anew, as the next one does
            assert story.epochs - 2 <= story.hit["train"]
        (folder / "config.yaml").write_text(settings_now)
        status = attempt(folder, 1, target, moment, story, timeout=300)
        if status is not None:
            break
    assert status == 0, story.said
    wait_for_orphans(folder)
    assert story.kills == {"all": 2, "job": 1, "snakemake": 1} and story.hit["train"]
    assert "An earlier run was killed; its lock is removed" in story.said
    assert different(finished.folder, folder, "results/small") == []
    assert leftovers(folder) == []
