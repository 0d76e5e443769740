"""Draw one run: loss and accuracy curves, the confusion matrix and the scores by class."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.encoded import read_classes
from attendna.contracts.measurements import read_history, read_run_metrics
from attendna.contracts.predictions import read_predictions
from attendna.reporting import figures
from attendna.reporting.figure_arguments import add_figure, figure_files


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictions", required=True, help="predictions.tsv.gz of the run")
    parser.add_argument("--metrics", required=True, help="metrics.json of the run")
    parser.add_argument("--history", help="history.tsv of the run, if it is a network")
    parser.add_argument("--encoded", required=True, help="encoded.npz of the dataset")
    parser.add_argument("--settings", type=json_argument, required=True, help="JSON: dpi")
    add_figure(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse(argv)
    settings = arguments.settings
    classes, positive = read_classes(arguments.encoded)
    test = read_predictions(arguments.predictions, classes).of("test")
    metrics = read_run_metrics(arguments.metrics)
    confusion = metrics["confusion"]
    fixed = next(name for name in confusion if name != "validation")
    thresholds = {"0.5": 0.5}
    if metrics["threshold"] is not None:
        thresholds["validation"] = metrics["threshold"]
    figure = figures.overview(
        test.probabilities,
        test.y,
        classes,
        positive,
        np.array(confusion[fixed]),
        read_history(arguments.history) if arguments.history else None,
        thresholds,
    )
    figures.save(figure, figure_files(arguments), settings["dpi"])


if __name__ == "__main__":
    run(main)
