"""Draw the test scores of all models with their intervals, and the best possible score."""

from __future__ import annotations

import argparse

from attendna.command_line import json_argument, run
from attendna.contracts.measurements import read_metrics
from attendna.errors import UserError
from attendna.evaluation import summary
from attendna.reporting import figures
from attendna.reporting.figure_arguments import add_figure, figure_files

PANELS = ["auroc", "auprc", "mcc", "balanced_accuracy"]
CHANCE = {"auroc": 0.5, "mcc": 0.0}  # of the others it depends on the shares of the classes


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, help="metrics.tsv of the dataset")
    # A shell leaves an empty name out, so the flag alone means that there is none.
    parser.add_argument(
        "--oracle", nargs="?", default="", const="", help="the best possible model, drawn as a line"
    )
    parser.add_argument(
        "--settings", type=json_argument, required=True, help="JSON: dpi, confidence"
    )
    add_figure(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse(argv)
    settings = arguments.settings
    table = read_metrics(arguments.metrics)
    means = summary.main_scores(summary.mean_scores(table, settings["confidence"]))
    if means.empty:
        raise UserError(f"{arguments.metrics}: no test score; give the test split a share.")
    runs = summary.main_scores(table[table["split"] == "test"])
    figure = figures.comparison(
        means,
        runs,
        {metric: summary.name_of(metric) for metric in PANELS},
        CHANCE,
        arguments.oracle,
    )
    figures.save(figure, figure_files(arguments), settings["dpi"])


if __name__ == "__main__":
    run(main)
