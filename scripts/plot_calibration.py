"""Draw how well the predicted probabilities of all models agree with what happened.

The test records of the first fold, with the probabilities averaged over seeds. Of more than two
classes it is the probability of the predicted class, and whether that class is right.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from attendna import contracts, figures, metrics, summary, uncertainty
from attendna.errors import run

BINS = 10


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoded", required=True, help="encoded.npz of the dataset")
    parser.add_argument("--groups", required=True, help="groups.tsv of the dataset")
    parser.add_argument("--dataset", required=True, help="the name of the dataset")
    parser.add_argument(
        "--settings", required=True, help="JSON: dpi, bootstrap (replicates), confidence, seed"
    )
    parser.add_argument(
        "--run",
        required=True,
        nargs=4,
        action="append",
        metavar=("FOLD", "MODEL", "SEED", "PREDICTIONS"),
        help="predictions.tsv.gz of one run; may be repeated",
    )
    # A shell leaves an empty name out, so the flag alone means that there is none.
    parser.add_argument(
        "--oracle", nargs="?", default="", const="", help="the best possible model, drawn in black"
    )
    parser.add_argument("--svg", required=True, help="the figure as SVG")
    parser.add_argument("--png", required=True, help="the figure as PNG")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse(argv)
    settings = json.loads(arguments.settings)
    small = contracts.load_arrays(arguments.encoded, ["classes", "positive"])
    classes, positive = [str(name) for name in small["classes"]], str(small["positive"])
    models = []
    for model, paths in summary.first_fold(arguments.run).items():
        seeds = [contracts.read_predictions(path, classes).of("test") for path in paths]
        test = summary.mean_predictions(seeds)
        optimum = model == arguments.oracle
        groups = contracts.groups_of(arguments.groups, test.ids)
        models.append(_reliability(test, groups, positive, settings, model, optimum))
    meaning = positive or "the predicted class"
    title = f"{arguments.dataset}: calibration (test)"
    figure = figures.calibration(models, meaning, title)
    figures.save(figure, arguments.svg, arguments.png, settings["dpi"])


def _reliability(
    test: contracts.Predictions,
    groups: np.ndarray,
    positive: str,
    settings: dict,
    model: str,
    optimum: bool,
) -> figures.Reliability:
    """Measure one model: its reliability curve and its expected calibration error."""
    if positive:
        index = test.classes.index(positive)
        happened, predicted = test.y == index, test.probabilities[:, index]
    else:
        happened = test.y == test.probabilities.argmax(axis=1)
        predicted = test.probabilities.max(axis=1)
    confidence = settings["confidence"]
    curve = uncertainty.reliability_curve(happened, predicted, BINS, confidence)
    measure = metrics.probability_scores(test.y, test.probabilities, test.classes, positive)
    drawing = settings["bootstrap"], confidence, settings["seed"]
    score = metrics.estimate(measure, test.y, groups, *drawing)[metrics.ECE]._asdict()
    return figures.Reliability(
        label=model,
        error="ECE " + summary.with_interval(score, 3).replace(" (", "\n("),
        predicted=curve.predicted,
        observed=curve.observed,
        low=curve.low,
        high=curve.high,
        probabilities=predicted,
        optimum=optimum,
    )


if __name__ == "__main__":
    run(main)
