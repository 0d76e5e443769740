"""Gather the metrics of every run of a data set, and sum them up over folds and seeds."""

from __future__ import annotations

import argparse

from attendna import provenance
from attendna.command_line import json_argument, run
from attendna.contracts.measurements import (
    read_comparison,
    read_run_metrics,
    write_metrics,
    write_summary,
)
from attendna.evaluation import standings, summary, verdict


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--metrics", required=True, nargs="+", help="the metrics.json of each run, in order"
    )
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help='JSON: confidence, kinds ("network", "baseline" or "oracle" of each model), origins '
        "(digests of the settings that made the results)",
    )
    parser.add_argument("--comparison", required=True, help="comparison.tsv of the data set")
    parser.add_argument("--table", required=True, help="the metrics.tsv to write")
    parser.add_argument("--summary", required=True, help="the summary.tsv to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Gather and save."""
    import pandas as pd

    args = parse(argv)
    runs, rows = [], []
    origins = provenance.Checker(args.settings["origins"])
    for path in args.metrics:
        origins.check(path)
        measured = read_run_metrics(path)
        runs.append(measured)
        names = {name: measured[name] for name in ("dataset", "fold", "model", "seed")}
        rows += [names | row for row in measured["rows"]]
    table = pd.DataFrame(rows)
    table[summary.NUMBERS] = table[summary.NUMBERS].astype(float)  # JSON has null for NaN
    kinds, confidence = args.settings["kinds"], args.settings["confidence"]
    origins.check(args.comparison)
    comparison = read_comparison(args.comparison)
    means = summary.mean_scores(table, confidence, split=None)
    means = means.assign(**standings.named(means, comparison, kinds, confidence))
    means["dataset"] = rows[0]["dataset"]
    judged = standings.judged_metrics(summary.test_counts(runs), runs[0]["positive"])
    subset = standings.judged_subset(runs)
    found = verdict.baseline_findings(comparison, kinds, judged, confidence, subset)
    for finding in found + verdict.constant_findings(runs):
        print(f"{finding['severity']}: {finding['message']}")
    write_metrics(args.table, table)
    write_summary(args.summary, means)


if __name__ == "__main__":
    run(main)
