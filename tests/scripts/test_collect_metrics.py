"""One table holds every row of every run, in the order of the runs, the other their means."""

import json

import numpy as np
import pytest

from attendna import files, provenance
from attendna.contracts.measurements import (
    METRIC_COLUMNS,
    SUMMARY_COLUMNS,
    read_metrics,
    read_summary,
    write_run_metrics,
)
from attendna.errors import UserError
from collect_metrics import main


def run(model, seed, values):
    rows = [
        {
            "split": "test",
            "subset": "all",
            "threshold": "0.5" if metric == "mcc" else "",
            "metric": metric,
            "class": "",
            "value": value,
            "low": value,
            "high": value,
        }
        for metric, value in values.items()
    ]
    names = {"dataset": "toy", "fold": 1, "model": model, "seed": seed}
    return names | {"n": {"test": 9}, "groups": {"test": 9}, "confusion": {}, "rows": rows}


def collect(folder, paths, kinds, origins=None):
    settings = json.dumps({"confidence": 0.95, "kinds": kinds, "origins": origins or {}})
    outputs = ["--table", str(folder / "metrics.tsv"), "--summary", str(folder / "summary.tsv")]
    main(["--metrics", *map(str, paths), "--settings", settings, *outputs])


def test_rows_are_gathered_in_order(tmp_path):
    runs = [
        run("cnn", 2, {"mcc": 0.1 + 0.2, "auroc": 0.9}),
        run("cnn", 1, {"auroc": float("nan")}),
        run("NA", 1, {"auroc": 0.5}),
    ]
    paths = [tmp_path / f"{i}.json" for i in range(3)]
    for path, content in zip(paths, runs, strict=True):
        write_run_metrics(path, content)
    collect(tmp_path, paths, {"cnn": "network", "NA": "oracle"})
    table = read_metrics(tmp_path / "metrics.tsv")
    assert list(table) == METRIC_COLUMNS
    assert table["model"].tolist() == ["cnn", "cnn", "cnn", "NA"]
    assert table["seed"].tolist() == [2, 2, 1, 1]
    assert table["threshold"].tolist() == ["0.5", "", "", ""]
    np.testing.assert_array_equal(table["value"], [0.1 + 0.2, 0.9, np.nan, 0.5])


def test_runs_are_summed_up_and_close_baselines_named(tmp_path, capsys):
    runs = [
        run("cnn", 1, {"auroc": 0.8, "mcc": 0.5}),
        run("cnn", 2, {"auroc": 0.9, "mcc": 0.6}),
        run("words", 1, {"auroc": 0.84, "mcc": 0.1}),
        run("gc", 1, {"auroc": 0.6, "mcc": 0.0}),
    ]
    paths = [tmp_path / f"{i}.json" for i in range(4)]
    for path, content in zip(paths, runs, strict=True):
        write_run_metrics(path, content)
    collect(tmp_path, paths, {"cnn": "network", "words": "baseline", "gc": "baseline"})
    table = read_summary(tmp_path / "summary.tsv")
    assert list(table) == SUMMARY_COLUMNS
    own = table.set_index(["model", "metric"]).loc[("cnn", "auroc")]
    assert (own["value"], own["runs"], own["dataset"]) == (pytest.approx(0.85), 2, "toy")
    assert own["sd_seeds"] == pytest.approx(np.std([0.8, 0.9], ddof=1))
    assert own["matched_by"] == "words"
    assert (table.loc[table["model"] != "cnn", "matched_by"] == "").all()
    assert "warning: cnn reaches a test AUROC of 0.850" in capsys.readouterr().out


def test_metrics_of_other_settings_are_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "metrics.json"
    before, now = provenance.digest("before"), provenance.digest("now")
    with files.job("evaluate", before):
        write_run_metrics(path, run("cnn", 1, {"auroc": 0.8}))
    with pytest.raises(UserError, match=r"metrics.json: made with other settings \(evaluate\)"):
        collect(tmp_path, [path], {"cnn": "network"}, {"evaluate": now})
    assert not (tmp_path / "metrics.tsv").exists()
    collect(tmp_path, [path], {"cnn": "network"}, {"evaluate": before})
