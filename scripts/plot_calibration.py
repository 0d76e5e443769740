"""Draw how well the predicted probabilities of all models agree with what happened.

The test records of the first fold, with the probabilities averaged over seeds. Of more than two
classes it is the probability of the predicted class, and whether that class is right.
"""

from __future__ import annotations

import numpy as np

from attendna.command_line import run
from attendna.contracts.encoded import read_classes
from attendna.contracts.predictions import Predictions, read_predictions
from attendna.contracts.splits import groups_of
from attendna.evaluation import reliability, summary
from attendna.evaluation.calibration_curve import reliability_curve
from attendna.evaluation.metric_intervals import estimate
from attendna.evaluation.probability_scores import ECE, probability_scores
from attendna.reporting import figures
from attendna.reporting.figure_arguments import figure_files, parse_all_models


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse_all_models(__doc__, argv)
    settings = arguments.settings
    classes, positive = read_classes(arguments.encoded)
    models = []
    for model, paths in summary.first_fold(arguments.run).items():
        seeds = [read_predictions(path, classes).of("test") for path in paths]
        test = summary.mean_predictions(seeds)
        optimum = model == arguments.oracle
        groups = groups_of(arguments.groups, test.ids)
        models.append(_reliability(test, groups, positive, settings, model, optimum))
    meaning = positive or "the predicted class"
    figure = figures.calibration(models, meaning)
    figures.save(figure, figure_files(arguments), settings["dpi"])


def _reliability(
    test: Predictions,
    groups: np.ndarray,
    positive: str,
    settings: dict,
    model: str,
    optimum: bool,
) -> figures.Reliability:
    """Measure one model: its reliability curve and its expected calibration error."""
    happened, predicted = reliability.event(test, positive)
    confidence = settings["confidence"]
    curve = reliability_curve(happened, predicted, reliability.BINS, confidence)
    measure = probability_scores(test.y, test.probabilities, test.classes, positive)
    drawing = settings["bootstrap"], confidence, settings["seed"]
    score = estimate(measure, test.y, groups, *drawing)[ECE]._asdict()
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
