"""One table holds every row of every run, in the order of the runs, the other their means."""

import json

import numpy as np
import pandas as pd
import pytest

from attendna import intact_files, provenance
from attendna.contracts.measurements import (
    COMPARISON_COLUMNS,
    METRIC_COLUMNS,
    SUMMARY_COLUMNS,
    read_metrics,
    read_summary,
    write_comparison,
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
    names |= {"n": {"test": 9}, "groups": {"test": 9}, "reliability": {}, "rows": rows}
    names |= {"unrelated": {}}
    cells = {"0.5": [[5, 0], [0, 4]]}
    return names | {"classes": ["a", "b"], "positive": "a", "confusion": cells}


def compare(folder, *rows):
    """Write comparison.tsv with rows of two models, a metric, the difference and the p-value."""
    table = [
        ["toy", "1", "test", "all", metric, a, b, value, value - 0.02, value + 0.02, p, p]
        for a, b, metric, value, p in rows
    ]
    path = folder / "comparison.tsv"
    write_comparison(path, pd.DataFrame(table, columns=COMPARISON_COLUMNS))


def collect(folder, paths, kinds, origins=None):
    if not (folder / "comparison.tsv").exists():
        compare(folder)
    settings = json.dumps({"confidence": 0.95, "kinds": kinds, "origins": origins or {}})
    outputs = ["--table", str(folder / "metrics.tsv"), "--summary", str(folder / "summary.tsv")]
    compared = ["--comparison", str(folder / "comparison.tsv")]
    main(["--metrics", *map(str, paths), *compared, "--settings", settings, *outputs])


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


def test_runs_are_summed_up_and_baselines_named_by_the_comparison(tmp_path, capsys):
    runs = [
        run("cnn", 1, {"auroc": 0.8, "mcc": 0.5}),
        run("cnn", 2, {"auroc": 0.9, "mcc": 0.6}),
        run("words", 1, {"auroc": 0.84, "mcc": 0.1}),
        run("gc", 1, {"auroc": 0.6, "mcc": 0.0}),
    ]
    paths = [tmp_path / f"{i}.json" for i in range(4)]
    for path, content in zip(paths, runs, strict=True):
        write_run_metrics(path, content)
    compare(
        tmp_path,
        ("cnn", "words", "auroc", 0.01, 0.3),
        ("gc", "cnn", "auroc", -0.25, 0.001),
        ("cnn", "words", "mcc", 0.45, 0.001),
        ("words", "gc", "auroc", 0.24, 0.001),
    )
    collect(tmp_path, paths, {"cnn": "network", "words": "baseline", "gc": "baseline"})
    table = read_summary(tmp_path / "summary.tsv")
    assert list(table) == SUMMARY_COLUMNS
    own = table.set_index(["model", "metric"]).loc[("cnn", "auroc")]
    assert (own["value"], own["runs"], own["dataset"]) == (pytest.approx(0.85), 2, "toy")
    assert own["sd_seeds"] == pytest.approx(np.std([0.8, 0.9], ddof=1))
    assert (own["matched_by"], own["beats"]) == ("words", "gc")
    decided = table.set_index(["model", "metric"]).loc[("cnn", "mcc")]
    assert (decided["matched_by"], decided["beats"]) == ("", "words")  # gc was not compared
    assert (table.loc[table["model"] != "cnn", ["matched_by", "beats"]] == "").all(axis=None)
    said = capsys.readouterr().out
    assert "warning: cnn has not shown that a network is needed: no clear difference from" in said
    assert "words in AUROC (difference 0.010, −0.010 to 0.030, p = 0.3)." in said


def test_metrics_of_other_settings_are_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "metrics.json"
    before, now = provenance.digest("before"), provenance.digest("now")
    with intact_files.job("evaluate", before):
        write_run_metrics(path, run("cnn", 1, {"auroc": 0.8}))
    with pytest.raises(UserError, match=r"metrics.json: made with other settings \(evaluate\)"):
        collect(tmp_path, [path], {"cnn": "network"}, {"evaluate": now})
    assert not (tmp_path / "metrics.tsv").exists()
    with intact_files.job("compare_models", before):
        compare(tmp_path)
    with pytest.raises(UserError, match=r"comparison.tsv: made with other settings \(compare_mo"):
        collect(tmp_path, [path], {"cnn": "network"}, {"compare_models": now})
    collect(tmp_path, [path], {"cnn": "network"}, {"evaluate": before})
