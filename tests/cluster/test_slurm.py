"""A real Slurm runs the small workflow, undisturbed and with what goes wrong on clusters."""

import os
import signal
import time
from collections.abc import Callable

import pytest
from clones import Clone, read_plan
from slurm import Record, Slurm, processes

pytestmark = pytest.mark.cluster

PATIENCE = 300  # seconds for something to happen
TABLES = ["metrics.tsv", "summary.tsv", "comparison.tsv"]


def test_every_stage_runs_as_a_slurm_job(slurm, calm, fresh):
    """The local rules of the Snakefile only name targets here; `read_plan` leaves these out."""
    planned = fresh.snakemake("-n", "--verbose", "--workflow-profile", "profiles/slurm")
    wanted = {job.log for job in read_plan(planned.stdout).jobs}
    records = slurm.records(calm)
    assert {record.state for record in records} == {"COMPLETED"}
    ran = {said["log"]: rule for record in records for rule, said in record.ran()}
    assert ran.keys() == wanted
    assert len(set(ran.values())) > 12
    for log in ran:
        assert (calm.folder / log).exists(), log
    # Short stages share a Slurm job.
    assert len(records) < len(wanted) / 2
    assert (calm.folder / "results" / "report.html").stat().st_size > 100_000


def test_trainings_are_where_the_gpus_are_and_nothing_else_is(slurm, calm):
    records = slurm.records(calm)
    training = [r for r in records if any(rule == "train" for rule, _ in r.ran())]
    assert [(r.partition, r.gpus) for r in training] == [("gpu", 1)] * 3
    others = {(r.partition, r.gpus) for r in records if r not in training}
    assert others == {("cpu", 0)}


def test_a_slurm_job_has_what_each_of_the_jobs_inside_asks_for(slurm, calm):
    """Snakemake leaves out of a group's sum what it can't tell before the inputs are there."""
    for record in slurm.records(calm):
        for rule, said in record.ran():
            asked = dict(pair.split("=") for pair in said["resources"].split(", "))
            assert record.memory >= int(asked["mem_mb"]), rule
            assert record.minutes >= int(asked["runtime"]), rule
            assert record.cpus >= int(said.get("threads", 1)), rule


def test_what_goes_wrong_on_a_cluster_changes_no_number(slurm, calm, fresh):
    """A training is cancelled, one hangs until its time is over, and a node goes and comes back."""
    tables = [f"results/small/{name}" for name in TABLES]
    run = slurm.start(fresh, *tables)
    try:
        cancelled, hanging = wait_for(lambda: trainings(slurm, fresh, "RUNNING", 2))
        hung = wait_for(lambda: processes(hanging, "scripts/train.py"))
        for process in hung:
            os.kill(process, signal.SIGSTOP)
        slurm.command("scontrol", "update", f"JobId={hanging.number}", "TimeLimit=1")
        slurm.command("scancel", cancelled.number)
        third = wait_for(lambda: next_training(slurm, fresh, {cancelled.number, hanging.number}))
        assert third.node != hanging.node
        down = f"NodeName={third.node}"
        slurm.command("scontrol", "update", down, "State=DOWN", "Reason=test")
        time.sleep(5)
        slurm.command("scontrol", "update", down, "State=RESUME")
        slurm.finish(run, fresh)
    finally:
        if run.poll() is None:
            run.kill()
    records = {record.number: record for record in slurm.records(fresh)}
    assert records[cancelled.number].state == "CANCELLED"
    assert records[hanging.number].state == "TIMEOUT"
    assert records[third.number].restarts > 0 or records[third.number].state == "NODE_FAIL"
    # What is tried again has more time and memory.
    again = [r for r in trainings(slurm, fresh, "COMPLETED", 3) if r.number != third.number]
    assert {(r.minutes, r.memory) for r in again} == {(2 * cancelled.minutes, 2 * cancelled.memory)}
    for table in tables:
        assert (fresh.folder / table).read_bytes() == (calm.folder / table).read_bytes(), table


def trainings(slurm: Slurm, clone: Clone, state: str, count: int) -> list[Record]:
    """Return the trainings in a state, or none if there are not so many."""
    found = [r for r in slurm.records(clone) if r.partition == "gpu" and r.state == state]
    return found if len(found) == count else []


def next_training(slurm: Slurm, clone: Clone, before: set[int]) -> Record | None:
    """Return a training that runs and is not one of those of before."""
    running = (r for r in slurm.records(clone) if r.partition == "gpu" and r.state == "RUNNING")
    return next((r for r in running if r.number not in before), None)


def wait_for(event: Callable):
    """Return what `event` returns as soon as that is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if happened := event():
            return happened
        time.sleep(0.5)
    raise AssertionError(f"not after {PATIENCE} s: {event.__code__.co_names}")
