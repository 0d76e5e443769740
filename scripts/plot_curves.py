"""Draw ROC and precision-recall curves of all models with bootstrap bands.

The curves are of the test records of the first fold, with the probabilities averaged over seeds.
Of more than two classes they are the mean over the classes, each against the rest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attendna.command_line import run
from attendna.contracts.encoded import read_classes
from attendna.contracts.predictions import Predictions, read_predictions
from attendna.contracts.splits import groups_of
from attendna.errors import UserError
from attendna.evaluation import curves, metrics, summary
from attendna.evaluation.bootstrap import bootstrap_weights
from attendna.evaluation.measures import Key
from attendna.evaluation.metric_intervals import estimate
from attendna.reporting import figures
from attendna.reporting.figure_arguments import figure_files, parse_all_models

GRID = np.linspace(0, 1, 201)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse_all_models(__doc__, argv)
    settings = arguments.settings
    classes, positive = read_classes(arguments.encoded)
    roc, pr, prevalence = [], [], 0.0
    for model, paths in summary.first_fold(arguments.run).items():
        seeds = [read_predictions(path, classes).of("test") for path in paths]
        test = summary.mean_predictions(seeds)
        truths = _truths(test, positive)
        if not truths:
            raise UserError(f"{paths[0]}: the test records are all of one class; split again.")
        prevalence = float(np.mean([truth.mean() for truth, _ in truths]))
        groups = groups_of(arguments.groups, test.ids)
        score = _scores(test, groups, positive, settings)
        optimum = model == arguments.oracle
        for lines, band, metric, name in (
            (roc, curves.roc_band, "auroc", "AUROC"),
            (pr, curves.pr_band, "auprc", "AP"),
        ):
            label = f"{figures.short(model, 20)}  {name} {summary.with_interval(score[metric], 3)}"
            lines.append(_line(band, truths, groups, settings, label, optimum))
    figure = figures.curves(roc, pr, prevalence, positive)
    figures.save(figure, figure_files(arguments), settings["dpi"])


def _truths(test: Predictions, positive: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (truth, score) of each class against the rest, of two classes only the positive."""
    chosen = [test.classes.index(positive)] if positive else range(len(test.classes))
    pairs = [(test.y == i, test.probabilities[:, i]) for i in chosen]
    return [pair for pair in pairs if 0 < pair[0].sum() < len(pair[0])]


def _scores(
    test: Predictions, groups: np.ndarray, positive: str, settings: dict
) -> dict[str, dict]:
    """Measure AUROC and average precision with their intervals, as evaluate.py does."""
    measure = metrics.measure(test.y, test.probabilities, test.classes, positive, {})
    drawing = [settings[name] for name in ("bootstrap", "confidence", "seed")]
    found = estimate(measure, test.y, groups, *drawing)
    return {name: found[Key("", name, "")]._asdict() for name in ("auroc", "auprc")}


def _line(
    band: Callable[..., curves.Band],
    truths: list[tuple[np.ndarray, np.ndarray]],
    groups: np.ndarray,
    settings: dict,
    label: str,
    optimum: bool,
) -> figures.Line:
    """Return the curve, averaged over classes; so are its bounds, which makes them wide."""
    bands = []
    for truth, scores in truths:
        weights = bootstrap_weights(len(truth), settings["bootstrap"], settings["seed"], groups)
        bands.append(band(truth, scores, weights, GRID, settings["confidence"]))
    value, low, high = np.mean(bands, axis=0)
    return figures.Line(label, GRID, value, low, high, optimum)


if __name__ == "__main__":
    run(main)
