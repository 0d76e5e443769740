"""What a run prints: short lines in words, and at the end what came out and where it is."""

import re

import pytest
from clones import TARGETS, read_blocks

from attendna.terminal import steps

LONGEST = 200  # letters of a line
MOST = 150  # lines of a first run


def test_a_dry_run_is_a_plan_and_a_line_a_job_in_words(fresh):
    said = fresh.snakemake("-n").stdout
    blocks = read_blocks(fresh.snakemake("-n", "--verbose").stdout)
    jobs = [(rule, block) for rule, block in blocks if rule not in TARGETS]
    numbered = re.findall(r"^\[ ?(\d+)/(\d+)\] (.+)$", said, re.MULTILINE)
    assert [(int(i), int(total)) for i, total, _ in numbered] == [
        (i + 1, len(jobs)) for i in range(len(jobs))
    ]
    wildcards = [
        dict(pair.split("=") for pair in block.get("wildcards", "").split(", ") if pair)
        for _, block in jobs
    ]
    words = [steps.words(rule, its) for (rule, _), its in zip(jobs, wildcards, strict=True)]
    assert sorted(told for _, _, told in numbered) == sorted(words)
    plan = said[said.index("Planned: ") : said.index("[ 1/")].splitlines()
    assert plan[0].startswith(f"Planned: {len(jobs)} jobs, about ") and len(plan) <= 12
    assert max(map(len, said.splitlines())) <= LONGEST
    assert "reason" not in said and "input:" not in said


def test_a_quiet_dry_run_still_plans(fresh):
    said = fresh.snakemake("-n", "--quiet", "rules").stdout
    assert "Planned: " in said and "] simulate" not in said


@pytest.mark.slow
def test_a_run_says_what_it_does_and_ends_with_verdict_findings_and_path(finished, said):
    lines = said.splitlines()
    assert len(lines) <= MOST and max(map(len, lines)) <= LONGEST
    assert said.count("] train cnn on small, fold 1, seed 1\n") == 1
    assert "% done" not in said and "python" not in said and "oneDNN" not in said
    assert re.search(r"^  epoch \d/2  loss .*\(train cnn on \w+, fold 1, seed 1\)$", said, re.M)
    end = said[said.index("Dataset ") :]
    for dataset in ("small", "files"):
        assert re.search(rf"^Dataset {dataset}\n  Is it good\? ", end, re.MULTILINE)
    assert "\n  warning: " in end
    assert lines[-1] == f"The report: {finished.folder}/results/report.html"


@pytest.mark.slow
def test_a_run_in_which_nothing_is_to_be_done_ends_alike(clone):
    said = clone.run()
    assert "Nothing to be done" in said and "Dataset small\n  Is it good? " in said
    assert said.splitlines()[-1] == f"The report: {clone.folder}/results/report.html"
