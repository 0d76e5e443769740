"""The settings of jobs, and by them what results have to be made with."""

import pytest
from configs import checked

from attendna import provenance
from attendna.planning import job_settings

FILES = (
    "datasets: {d: {sources: [{path: a.fa, label: a}, {path: b.fa, label: b}]}}",
    "predict: {new: {dataset: d, model: kmer_logistic, sources: [{path: c.fa}]}}",
    "scans: {all: {dataset: d, model: kmer_logistic, genome: g.fa, exclude: e.bed}}",
)


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.fa", "b.fa", "c.fa", "g.fa"):
        (tmp_path / name).write_text(f">{name}\nACGT\n")
    (tmp_path / "e.bed").write_text("g.fa\t0\t1\n")
    return checked(*FILES)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("a.fa", "import_sequences"),
        ("c.fa", "predict"),
        ("g.fa", "scan_genome"),
        ("e.bed", "scan_genome"),
    ],
)
def test_results_have_to_be_made_from_what_the_files_hold(config, tmp_path, file, rule):
    before = job_settings.origins(config, "d", "report")
    assert job_settings.origins(config, "d", "report") == before
    (tmp_path / file).write_text(">x\nTTTT\n")
    after = job_settings.origins(config, "d", "report")
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"collect_metrics"} == {rule}  # which gets what came before it


def test_what_results_have_to_be_made_with_is_what_the_jobs_get(config):
    wanted = job_settings.origins(config, "d", "report")
    got = {
        "import_sequences": {"dataset": "d"},
        "split": {"dataset": "d"},
        "train": {"dataset": "d", "model": "attention_cnn"},
        "predict": {"dataset": "d", "name": "new"},
        "scan_genome": {"dataset": "d", "name": "all"},
    }
    for rule, wildcards in got.items():
        found = wanted[rule]
        if isinstance(found, dict):
            found = found[wildcards.get("model", wildcards.get("name"))]
        assert found == provenance.digest(job_settings.text(config, rule, **wildcards))


def test_another_model_is_another_prediction(config):
    before = job_settings.text(config, "predict", "d", name="new")
    config["predict"]["new"]["model"] = "attention_cnn"
    assert job_settings.text(config, "predict", "d", name="new") != before


def test_settings_of_scans_are_for_scans_alone(config):
    before = job_settings.origins(config, "d", "report")
    config["scanning"]["step"] = 20
    config["scanning"]["q_value"] = 0.2
    after = job_settings.origins(config, "d", "report")
    assert {name for name in before if before[name] != after[name]} == {"scan_genome"}
    config["scans"]["all"] |= {"step": 10, "q_value": 0.1}
    assert job_settings.origins(config, "d", "report") == before
