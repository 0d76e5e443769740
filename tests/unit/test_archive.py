"""What `make crate` reads of a run; the crate itself is made and validated by .ci/run."""

import base64
import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def records():
    spec = importlib.util.spec_from_file_location("records", ROOT / "archive" / "records.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["records"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["records"]


def record(folder, output, rule="encode", there=True, **changes):
    """Write an output and Snakemake's record of it, in folders if its name is long."""
    if there:
        (folder / output).parent.mkdir(parents=True, exist_ok=True)
        (folder / output).write_text("made")
    code = base64.urlsafe_b64encode(output.encode()).decode()
    parts = [code[i : i + 200] for i in range(0, len(code), 200)]
    path = Path(folder, "records", *(f"@{part}" for part in parts[:-1]), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "rule": rule,
        "input": ["results/d/sequences.parquet", f"../scripts/{rule}.py"],
        "log": [f"results/d/{rule}.log"],
        "starttime": 10.0,
        "endtime": 20.0,
    }
    path.write_text(json.dumps(content | changes))
    return path


def read(records, folder):
    return records.jobs(folder / "records", folder)


def test_outputs_of_one_job_are_together_and_jobs_in_their_order(records, tmp_path):
    record(tmp_path, "results/d/b.tsv", "evaluate", starttime=30.0, endtime=31.0)
    record(tmp_path, "results/d/x.npz")
    record(tmp_path, "results/d/y.npz", starttime=9.0, endtime=21.0)
    first, second = read(records, tmp_path)
    assert first.outputs == ["results/d/x.npz", "results/d/y.npz"]
    assert (first.rule, first.script, first.started, first.ended) == ("encode", "encode.py", 9, 21)
    assert second.rule == "evaluate"


def test_jobs_of_one_rule_are_told_apart_by_their_logs(records, tmp_path):
    record(tmp_path, "results/d/x.npz")
    record(tmp_path, "results/e/x.npz", log=["results/e/encode.log"])
    assert len(read(records, tmp_path)) == 2


def test_a_long_name_is_put_together(records, tmp_path):
    output = "results/" + "/".join(["d" * 90] * 3) + "/x.npz"
    record(tmp_path, output)
    [job] = read(records, tmp_path)
    assert job.outputs == [output]


def test_what_is_gone_or_was_never_finished_is_left_out(records, tmp_path):
    record(tmp_path, "results/d/gone.npz", there=False)
    record(tmp_path, "results/d/killed.npz", endtime=None)
    record(tmp_path, "results/d/cut.npz").write_text('{"rule"')
    (tmp_path / "records" / "no base64!").write_text("{}")
    assert read(records, tmp_path) == []


def test_hidden_files_are_no_results(records, tmp_path):
    for name in ("a.tsv", ".digests/a.tsv", "d/.state/x", "d/b.tsv"):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list(records.result_files(tmp_path)) == ["results/a.tsv", "results/d/b.tsv"]


def test_the_crate_holds_files_of_the_workflow_that_are_there():
    text = (ROOT / "archive" / "make_crate.py").read_text()
    names = [
        name for line in text.splitlines() if "WORKFLOW" in line for name in line.split('"')[1::2]
    ]
    assert "scripts" in names and len(names) > 10
    assert all((ROOT / name).exists() for name in names)
