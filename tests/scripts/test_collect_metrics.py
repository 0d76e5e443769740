"""The table holds every row of every run, in the order of the runs."""

import numpy as np

from attendna import contracts
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
    return {"dataset": "toy", "fold": 1, "model": model, "seed": seed, "rows": rows}


def test_rows_are_gathered_in_order(tmp_path):
    runs = [
        run("cnn", 2, {"mcc": 0.1 + 0.2, "auroc": 0.9}),
        run("cnn", 1, {"auroc": float("nan")}),
        run("NA", 1, {"auroc": 0.5}),
    ]
    paths = [tmp_path / f"{i}.json" for i in range(3)]
    for path, content in zip(paths, runs, strict=True):
        contracts.write_json(path, content)
    main(["--metrics", *map(str, paths), "--table", str(tmp_path / "metrics.tsv")])
    table = contracts.read_metrics(tmp_path / "metrics.tsv")
    assert list(table) == contracts.METRIC_COLUMNS
    assert table["model"].tolist() == ["cnn", "cnn", "cnn", "NA"]
    assert table["seed"].tolist() == [2, 2, 1, 1]
    assert table["threshold"].tolist() == ["0.5", "", "", ""]
    np.testing.assert_array_equal(table["value"], [0.1 + 0.2, 0.9, np.nan, 0.5])
