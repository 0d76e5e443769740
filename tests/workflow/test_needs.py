"""What rules declare holds, and what would end a run ends it before anything is made."""

import csv
import hashlib
import re
from collections import Counter

import pytest
from clones import ROOT, TARGETS

from attendna.planning import estimates, loading

pytestmark = pytest.mark.slow

# Every kind of data, of model and of part, beside the datasets of small.yaml and files.yaml.
EVERYTHING = """
datasets:
  fetched:
    sources:
      - {{url: "file://{folder}/data/bound.fa", sha256: {digest}, label: bound}}
      - {{path: data/unbound.fa, label: unbound}}
    split: {{folds: 2}}
  small: {{split: {{folds: 2}}}}
genome: {{url: "https://example.org/nobody.fa", sha256: {digest}}}
models:
  gapped: {{architecture: gkm_svm}}
  wide: {{architecture: attention_cnn, filters: 8}}
seeds: [1, 2]
explain: {{models: all, runs: all}}
predict:
  scored: {{dataset: files, model: cnn, sources: [{{path: data/new.fa}}]}}
variants:
  many: {{dataset: files, model: cnn, vcf: data/new.fa, genome: data/bound.fa}}
scans:
  scanned: {{dataset: files, model: cnn, genome: data/new.fa, exclude: data/bound.fa}}
  by_kmers: {{dataset: small, model: kmers, genome: data/unbound.fa}}
chunks: {{letters: 10000, number: 2}}
export: {{formats: [onnx, saved_model]}}
"""


def declared(plan: str) -> dict[str, dict[str, str]]:
    """The resources of every job of a dry run, by its benchmark file."""
    blocks = re.findall(r"^    benchmark: (\S+)$(?:\n    .*)*?\n    resources: (.*)$", plan, re.M)
    return {path: dict(pair.split("=", 1) for pair in said.split(", ")) for path, said in blocks}


def test_every_job_declares_memory_and_time_and_stays_under_it(finished):
    plan = finished.snakemake("-n", "--verbose", "--forceall").stdout
    jobs = declared(plan)
    assert len(jobs) == plan.count("    benchmark: ") > 20
    measured = 0
    for path, said in jobs.items():
        memory, minutes = float(said["mem_mb"]), float(said["runtime"])
        with open(finished.folder / path) as handle:
            row = next(csv.DictReader(handle, delimiter="\t"))
        assert float(row["s"]) < 60 * minutes
        if row["max_rss"] not in ("NA", "-"):  # too short to be looked at
            measured += 1
            assert float(row["max_rss"]) * 1.048576 < memory, path
    assert measured > 10


def test_the_jobs_that_are_reckoned_with_are_those_of_the_workflow(fresh, monkeypatch):
    data = fresh.folder / "data" / "bound.fa"
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    everything = EVERYTHING.format(folder=fresh.folder, digest=digest)
    plan = fresh.plan("--forceall", config=everything)
    monkeypatch.chdir(fresh.folder)  # where the sizes of files are looked up
    config = loading.load("config.yaml", [*fresh.configs, "more.yaml"])

    def counted(jobs):
        return Counter((rule, *sorted(wildcards.items())) for rule, wildcards in jobs)

    planned = counted((job.rule, job.wildcards) for job in plan.jobs)
    assert counted(estimates.jobs(config)) == planned
    files = (ROOT / "rules").glob("*.smk")
    rules = {rule for path in files for rule in re.findall(r"^rule (\w+):", path.read_text(), re.M)}
    assert {rule for rule, *_ in planned} == rules - TARGETS


def test_a_larger_dataset_declares_more(fresh):
    more = "datasets: {small: {simulate: {preset: splice, sequences: %d, length: 100, seed: 1}}}"
    for name in ("few", "many"):
        count = {"few": 1000, "many": 100_000}[name]
        plan = fresh.snakemake("-n", "--verbose", config=more % count).stdout
        resources = declared(plan)["results/small/audit.benchmark.tsv"]
        assert (float(resources["mem_mb"]) > 400) == (name == "many")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("training: {device: gpu}", "GPU: training.device: gpu asks for one, but the driver"),
        (
            "datasets: {small: {simulate: {preset: splice, sequences: 900000000, length: 5000, "
            "seed: 1}}}",
            "disk: ",
        ),
    ],
)
def test_what_would_end_a_run_ends_it_before_anything_is_made(fresh, config, sentence):
    # Without a driver, wherever this runs.
    done = fresh.snakemake("--cores", "1", config=config, PATH="/usr/bin:/bin")
    assert done.returncode == 1
    assert "this run would fail (`make doctor` tells more" in done.stdout
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert not (fresh.folder / "results").exists()


def test_a_dry_run_is_planned_whatever_the_machine_lacks(fresh):
    done = fresh.snakemake("-n", config="training: {device: gpu}")
    assert done.returncode == 0 and "this run would fail" not in done.stdout
