"""Data that are made in parts, which are jobs of their own."""

import pytest

MADE = ["small/sequences.parquet", "small/planted.bed", "small/encoded.npz"]
NEW = "files/predict/new.tsv.gz"
IN_PARTS = "chunks: {letters: 10000, number: 3}\n"  # small has 16,000, files 1.5 MB


def test_small_sets_stay_one_job(fresh):
    assert not {"simulate_chunk", "encode_chunk", "predict_chunk"} & fresh.plan().rules


def test_a_set_is_in_parts_from_its_size_on(fresh):
    plan = fresh.plan(config="chunks: {letters: 16001, number: 4}\n")
    jobs = [(job.rule, job.wildcards["dataset"]) for job in plan.jobs if "chunk" in job.rule]
    rules = {"encode_chunk": 4, "predict_chunk": 4}
    assert {rule: jobs.count((rule, "files")) for rule in rules} == rules
    assert len(jobs) == 8


@pytest.mark.thorough
def test_parts_make_what_one_job_makes_and_leave_nothing(finished, fresh):
    made = [f"results/{name}" for name in MADE]
    fresh.run(*made, config=IN_PARTS)
    hold_equal(fresh, finished, MADE)
    assert fresh.plan(made[-1], config=IN_PARTS).jobs == []


@pytest.mark.thorough
def test_predictions_in_parts_are_those_of_one_job(finished, clone):
    said = clone.run(f"results/{NEW}", "-R", "predict", config=IN_PARTS)
    assert "] predict new with the models of files, part 3-of-3\n" in said
    hold_equal(clone, finished, [NEW])


@pytest.mark.thorough
def test_variants_in_parts_are_those_of_one_job(finished, clone):
    made = [f"files/variants/called.{end}" for end in ("tsv.gz", "vcf.gz", "vcf.gz.tbi", "json")]
    in_parts = "chunks: {letters: 400, number: 2}\n"
    said = clone.run(f"results/{made[0]}", "-R", "score_variants", config=in_parts)
    assert "] score the variants called with files, part 2-of-2\n" in said
    hold_equal(clone, finished, made)


def hold_equal(one, other, names):
    """Check that files are the same, byte for byte, and that no parts are left."""
    for name in names:
        path = f"results/{name}"
        assert (one.folder / path).read_bytes() == (other.folder / path).read_bytes(), name
    assert [path for path in one.files() if "chunks/" in path] == []
