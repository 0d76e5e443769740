"""`threads: auto`: each job gets its share of the cores, and other cores rerun nothing."""

import pytest
from clones import read_blocks

from attendna.planning import threads

AUTO = "training: {threads: auto, deterministic: false}"
SEVERAL = {"train", "attribute", "find_motifs"}


def cores_of(clone, cores, config=AUTO):
    """The threads of each job of a network in a dry run; of others there is one."""
    done = clone.snakemake("-n", "--verbose", "--forceall", "--cores", str(cores), config=config)
    assert done.returncode == 0, done.stdout
    taken = [(rule, int(said.get("threads", 1))) for rule, said in read_blocks(done.stdout)]
    assert {number for rule, number in taken if rule not in SEVERAL} == {1}
    return {number for rule, number in taken if rule in SEVERAL}


@pytest.mark.parametrize("cores", [1, 2, 6, 16])
def test_two_trainings_share_the_cores_of_the_run(fresh, cores):
    share = {1: 1, 2: 1, 6: 3, 16: threads.MOST}[cores]
    assert cores_of(fresh, cores) == {share}


def test_a_number_and_a_deterministic_training_do_not_depend_on_the_cores(fresh):
    assert cores_of(fresh, 16, "training: {threads: 3}") == {3}
    assert cores_of(fresh, 16, "training: {threads: auto, deterministic: true}") == {2}


@pytest.mark.slow
def test_another_number_of_cores_plans_nothing_anew(clone):
    noted = clone.snakemake("--cores", "2", "--touch", "--forceall", config=AUTO)
    assert noted.returncode == 0, noted.stdout
    for cores in ("1", "2", "16"):
        assert clone.plan("--cores", cores, config=AUTO).jobs == []
    assert "train" in clone.plan(config="training: {threads: 3, deterministic: false}").rules
