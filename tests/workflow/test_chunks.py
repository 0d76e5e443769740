"""Data that are made in parts, which are jobs of their own."""

import pytest

MADE = ["sequences.parquet", "planted.bed", "encoded.npz"]
IN_PARTS = "chunks: {letters: 10000, number: 3}\n"  # small has 16,000, files 1.5 MB


def test_small_sets_stay_one_job(fresh):
    assert not {"simulate_chunk", "encode_chunk"} & fresh.plan().rules


def test_a_set_is_in_parts_from_its_size_on(fresh):
    plan = fresh.plan(config="chunks: {letters: 16001, number: 4}\n")
    jobs = [(job.rule, job.wildcards["dataset"]) for job in plan.jobs if "chunk" in job.rule]
    assert set(jobs) == {("encode_chunk", "files")} and len(jobs) == 4


@pytest.mark.slow
def test_parts_make_what_one_job_makes_and_leave_nothing(finished, fresh):
    fresh.run(*[f"results/small/{name}" for name in MADE], config=IN_PARTS)
    for name in MADE:
        path = f"results/small/{name}"
        assert (fresh.folder / path).read_bytes() == (finished.folder / path).read_bytes(), name
    left = [path for path in fresh.files() if "chunks/" in path]
    assert left == []
    assert fresh.plan(f"results/small/{MADE[-1]}", config=IN_PARTS).jobs == []
