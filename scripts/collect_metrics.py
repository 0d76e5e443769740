"""Gather the metrics of every run of a data set in one tidy table."""

from __future__ import annotations

import argparse

from attendna.contracts import read_json, write_metrics
from attendna.errors import run


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--metrics", required=True, nargs="+", help="the metrics.json of each run, in order"
    )
    parser.add_argument("--table", required=True, help="the metrics.tsv to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Gather and save."""
    import pandas as pd

    args = parse(argv)
    rows = []
    for path in args.metrics:
        measured = read_json(path)
        names = {name: measured[name] for name in ("dataset", "fold", "model", "seed")}
        rows += [names | row for row in measured["rows"]]
    write_metrics(args.table, pd.DataFrame(rows))


if __name__ == "__main__":
    run(main)
