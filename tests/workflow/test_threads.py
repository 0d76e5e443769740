"""`threads: auto`: each job gets its share of the cores, and other cores rerun nothing."""

import pytest
from clones import read_blocks

from attendna.planning import threads

AUTO = "training: {threads: auto, deterministic: false}"
SEVERAL = {"train", "attribute", "find_motifs", "find_rules"}


def cores_of(clone, cores, config=AUTO):
    """The threads of jobs with a network in a dry run, by their rule; of others there is one."""
    done = clone.snakemake("-n", "--verbose", "--forceall", "--cores", str(cores), config=config)
    assert done.returncode == 0, done.stdout
    taken = {(rule, int(said.get("threads", 1))) for rule, said in read_blocks(done.stdout)}
    assert {number for rule, number in taken if rule not in SEVERAL} == {1}
    several = {(rule, number) for rule, number in taken if rule in SEVERAL}
    assert len(several) == len(SEVERAL)  # all jobs of a rule alike
    return dict(several)


@pytest.mark.parametrize(("cores", "share"), [(1, 1), (2, 1), (6, 3), (16, 8)])
def test_two_runs_share_the_cores(fresh, cores, share):
    expected = dict.fromkeys(SEVERAL, min(share, threads.OTHERS))
    assert cores_of(fresh, cores) == expected | {"train": min(share, threads.TRAINING)}


def test_a_number_and_a_deterministic_training_do_not_depend_on_the_cores(fresh):
    assert set(cores_of(fresh, 16, "training: {threads: 3}").values()) == {3}
    deterministic = "training: {threads: auto, deterministic: true}"
    assert set(cores_of(fresh, 16, deterministic).values()) == {2}


@pytest.mark.thorough
def test_another_number_of_cores_plans_nothing_anew(clone):
    noted = clone.snakemake("--cores", "2", "--touch", "--forceall", config=AUTO)
    assert noted.returncode == 0, noted.stdout
    for cores in ("1", "2", "16"):
        assert clone.plan("--cores", cores, config=AUTO).jobs == []
    assert "train" in clone.plan(config="training: {threads: 3, deterministic: false}").rules
