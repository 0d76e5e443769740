"""The settings of jobs, and by them what results have to be made with."""

import pytest
from configs import checked

from attendna import provenance
from attendna.planning import job_settings

FILES = (
    "datasets: {d: {sources: [{path: a.fa, label: a}, {path: b.fa, label: b}]}}",
    "predict: {new: {dataset: d, model: kmer_logistic, sources: [{path: c.fa}]}}",
)


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.fa").write_text(f">{name}\nACGT\n")
    return checked(*FILES)


@pytest.mark.parametrize(("file", "rule"), [("a", "import_sequences"), ("c", "predict")])
def test_results_have_to_be_made_from_what_the_files_hold(config, tmp_path, file, rule):
    before = job_settings.origins(config, "d", "report")
    assert job_settings.origins(config, "d", "report") == before
    (tmp_path / f"{file}.fa").write_text(">x\nTTTT\n")
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
