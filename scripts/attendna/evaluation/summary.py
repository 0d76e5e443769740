"""What the tidy tables say in sum: one score a model and metric, and how numbers are written.

A run's interval speaks of its test records alone. The interval of a mean over runs speaks of the
spread between seeds and folds as well, see `mean_scores`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.contracts.measurements import UNCALIBRATED
from attendna.contracts.predictions import Predictions
from attendna.errors import UserError
from attendna.wording import counted, decimals, each

if TYPE_CHECKING:
    import pandas as pd

# First what a rare class can't flatter.
MAIN_METRICS = ["auroc", "auprc", "mcc", "balanced_accuracy", "f1", "brier", "ece", "accuracy"]
LOWER_IS_BETTER = frozenset({"brier", "ece", "log_loss"})
NAMES = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "mcc": "MCC",
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "specificity": "Specificity",
    "brier": "Brier score",
    "ece": "ECE",
    "log_loss": "Log loss",
    "brier_uncalibrated": "Brier score before calibration",
    "ece_uncalibrated": "ECE before calibration",
    "log_loss_uncalibrated": "Log loss before calibration",
}
NUMBERS = ["value", "low", "high"]
LEVELS = (0.1, 0.05, 0.01)  # of significance
P_DIGITS = 6  # of a p value that is nearly one of these
MISSED = 0.6  # AUROC of a giveaway that matters: an audit that could miss it has to say so


def lower_is_better(metric: str) -> bool:
    """Say whether a small value of a metric is a good one (losses and calibration errors)."""
    return metric.startswith(tuple(LOWER_IS_BETTER))


def name_of(metric: str) -> str:
    """Return the name of a metric as a reader knows it: "AUROC", "ECE, uncalibrated"."""
    plain = metric.removesuffix(UNCALIBRATED)
    name = NAMES.get(plain, plain.replace("_", " "))
    return name if plain == metric else f"{name}, uncalibrated"


def first_fold(runs: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Group the runs of the first fold by model.

    Curves are drawn for one fold, because the scores of models that were trained on different
    records do not belong on one scale.

    Parameters
    ----------
    runs
        `(fold, model, seed, path)` of each, as the command line has them.

    Returns
    -------
    dict
        The paths of each model, one a seed; models in order of appearance.
    """
    first = min(int(fold) for fold, *_ in runs)
    grouped: dict[str, list[str]] = {}
    for fold, model, _seed, path in runs:
        if int(fold) == first:
            grouped.setdefault(model, []).append(path)
    return grouped


def mean_predictions(predictions: Sequence[Predictions]) -> Predictions:
    """Average the probabilities that several seeds of one model give to the same records.

    Raises
    ------
    UserError
        If they are not about the same records.
    """
    first = predictions[0]
    for other in predictions[1:]:
        if not np.array_equal(first.ids, other.ids) or first.classes != other.classes:
            raise UserError(
                "The predictions of two seeds are not about the same records; delete them and run "
                "again to remake them."
            )
    mean = np.mean([each.probabilities for each in predictions], axis=0)
    return replace(first, probabilities=mean)


def mean_scores(
    metrics: pd.DataFrame, confidence: float, split: str | None = "test"
) -> pd.DataFrame:
    """Average metrics over folds and seeds, and say how sure the mean is.

    Two things move it: other test records and another training. Let `r` be the distance from the
    mean to the mean bound of the runs' own intervals, `z` the quantile of the normal distribution
    and `S` the seeds of each of `F` folds. The seeds of a fold share their test records, so their
    mean is `r` wide, and their trainings add `z sd_seeds / sqrt(S)`. The folds have their own
    records, which narrows the mean by `sqrt(F)`; where they differ by more than both explain,
    their own spread counts:

        distance^2 = max(r^2 + z^2 sd_seeds^2 / S, z^2 sd_folds^2) / F

    One run keeps its interval. The trainings of folds share records, which this does not see
    (Nadeau & Bengio 2003, Mach. Learn. 52:239), so with folds it is rather too narrow.

    Parameters
    ----------
    metrics
        `metrics.tsv` of one dataset.
    confidence
        Of its intervals.
    split
        "test" or "validation"; None: both.

    Returns
    -------
    pandas.DataFrame
        `model split subset threshold metric class value low high runs sd_folds sd_seeds`, in order
        of appearance: standard deviations between the means of the folds and between the seeds of
        a fold, NaN where there is one.
    """
    keys = ["model", "split", "subset", "threshold", "metric", "class"]
    table = metrics if split is None else metrics[metrics["split"] == split]
    table = table.assign(variance=table["value"])
    of_fold = table.groupby([*keys, "fold"], sort=False, dropna=False).agg(
        {"value": "mean", "low": "mean", "high": "mean", "variance": "var", "seed": "size"}
    )
    of_fold["training"] = of_fold["variance"] / of_fold["seed"]
    groups = of_fold.groupby(level=keys, sort=False, dropna=False)
    means = groups[[*NUMBERS, "training"]].mean()
    means["runs"] = groups["seed"].sum()
    means["sd_folds"] = groups["value"].std()
    means["sd_seeds"] = np.sqrt(groups["variance"].mean())
    folds = groups["value"].count()
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    between = (z * means["sd_folds"].fillna(0)) ** 2
    for bound in ("low", "high"):
        within = (means[bound] - means["value"]) ** 2 + z**2 * means["training"].fillna(0)
        distance = np.sqrt(np.maximum(within, between) / folds)
        means[bound] = means["value"] + (distance if bound == "high" else -distance)
    table = means.drop(columns="training").reset_index()
    names = list(table["metric"])
    unbounded = [lower_is_better(name) and not name.startswith("ece") for name in names]
    table["low"] = table["low"].clip(lower=[-1.0 if name == "mcc" else 0.0 for name in names])
    table["high"] = table["high"].clip(upper=np.where(unbounded, np.inf, 1.0))
    return table


def main_scores(means: pd.DataFrame) -> pd.DataFrame:
    """Keep the overall values on all records, at the threshold that was fixed beforehand.

    That is 0.5, or the most probable class of more than two; not the one tuned on validation.
    """
    fixed = means["threshold"] != "validation"
    return means[(means["subset"] == "all") & (means["class"] == "") & fixed]


def on_unrelated(metrics: pd.DataFrame) -> pd.DataFrame | None:
    """Return the metrics as they would be if only records without relatives had been tested.

    Parameters
    ----------
    metrics
        `metrics.tsv` of one dataset.

    Returns
    -------
    pandas.DataFrame or None
        Its rows of the subset `unrelated`, called `all`; of runs of which no test record has a
        relative in training those of `all`. None where this is so of every run.
    """
    unrelated = (metrics["subset"] == "unrelated") & (metrics["split"] == "test")
    if not unrelated.any():
        return None
    run = metrics[["fold", "model", "seed", "split"]].apply(tuple, axis=1)
    both = run.isin(set(run[metrics["subset"] == "unrelated"]))
    return metrics[(metrics["subset"] == "unrelated") | ~both].assign(subset="all")


def value_of(scores: pd.DataFrame, model: str, metric: str) -> dict[str, float] | None:
    """Return `value low high` of one model and metric of `main_scores`, or None."""
    rows = scores[(scores["model"] == model) & (scores["metric"] == metric)]
    if rows.empty or rows["value"].isna().iloc[0]:
        return None
    return {name: float(rows[name].iloc[0]) for name in NUMBERS}


def test_counts(runs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Count the test records of each class over all folds.

    Parameters
    ----------
    runs
        `metrics.json` of each; those of one fold have the same test records.
    """
    counts: dict[str, int] = {}
    for run in {run["fold"]: run for run in runs}.values():
        cells = next(iter(run["confusion"].values()))  # rows are true classes
        for name, row in zip(run["classes"], cells, strict=True):
            counts[name] = counts.get(name, 0) + int(np.sum(row))
    return counts


def best_model(scores: pd.DataFrame, models: list[str], metric: str = "auroc") -> str | None:
    """Return which of the models has the best value of a metric, or None if none has one."""
    values = {model: value_of(scores, model, metric) for model in models}
    known = {model: found["value"] for model, found in values.items() if found}
    if not known:
        return None
    pick = min if lower_is_better(metric) else max
    return pick(known, key=known.__getitem__)


def best_values(scores: pd.DataFrame, models: list[str]) -> dict[str, float]:
    """Return the best value of each main metric over the models."""
    best = {}
    for metric in MAIN_METRICS:
        winner = best_model(scores, models, metric)
        if winner is not None:
            best[metric] = value_of(scores, winner, metric)["value"]
    return best


def number(value: float | None, digits: int = 2) -> str:
    """Format a score, see `wording.decimals`: what is not 0 or 1 is not written as 0 or 1."""
    return decimals([value], digits)[0]


def p_text(value: float | None) -> str:
    """Format a p value: "p = 0.012", "p < 0.001", or nothing."""
    if value is None or value != value:
        return ""
    if value < 0.001:
        return "p < 0.001"
    digits = 2
    while digits < P_DIGITS and float(f"{value:.{digits}g}") in LEVELS and value not in LEVELS:
        digits += 1  # what is only near a level is not written as that level
    return f"p = {value:.{digits}g}"


def with_interval(found: Mapping[str, float], digits: int = 2) -> str:
    """Format a value with its interval: "0.89 (0.87 to 0.90)"."""
    text, interval = in_parts(found, digits)
    return f"{text} ({interval})" if interval else text


def in_parts(found: Mapping[str, float], digits: int = 2) -> tuple[str, str]:
    """Format a value and its interval: "0.89" and "0.87 to 0.90", or "" where there is none."""
    bounds = [found.get("low"), found.get("high")]
    text, low, high = decimals([found["value"], *bounds], digits)
    return text, "" if "–" in (low, high) else f"{low} to {high}"


def headline_model(
    test: pd.DataFrame, validation: pd.DataFrame, kinds: Mapping[str, str]
) -> str | None:
    """Return the model that the report speaks of first.

    The network with the best validation AUROC, because choosing by the test split would flatter
    it; the best baseline where there is no network.
    """
    for kind in ("network", "baseline"):
        models = [model for model, its in kinds.items() if its == kind]
        chosen = best_model(validation, models) or best_model(test, models)
        if chosen is not None:
            return chosen
    return None


def data_sentence(audit: Mapping[str, Any] | None, classes: Mapping[str, int]) -> str:
    """Say how many records there are and what the audit found.

    Parameters
    ----------
    audit
        `audit.json`, or None where it is missing; its `findings` are sorted, worst first.
    classes
        The number of records of each class.
    """
    total = counted(sum(classes.values()), "sequence")
    text = f"{total} in {counted(len(classes), 'class', 'classes')} ({each(classes)})."
    if audit is None:
        return text + " They were not audited."
    findings = audit.get("findings", [])
    if not findings or findings[0]["severity"] == "note":
        found = f"no problem, only {_tally(findings)}" if findings else "nothing wrong"
        return f"{text} The audit found {found}{_scope(audit)}."
    first = "; the most serious" if findings[1:] else ""
    return f"{text} The audit found {_tally(findings)}{first}: {findings[0]['message']}"


def _scope(audit: Mapping[str, Any]) -> str:
    """Say what an audit that found nothing has looked at, and what it could have missed."""
    checked = audit.get("checked")
    if not checked:
        return ""
    text = f" in what it checked ({', '.join(checked)})"
    least = audit["giveaways"]["detectable"]
    if audit["giveaways"]["checked"] and (least is None or least > MISSED):
        below = "" if least is None else f" with an AUROC below {number(least)}"
        text += f"; with so few records it may have missed giveaways{below}"
    return text


def _tally(findings: list[Mapping[str, str]]) -> str:
    """Count findings by severity, worst first: "1 problem and 2 warnings"."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding["severity"]] = counts.get(finding["severity"], 0) + 1
    words = [f"{n} {word}{'s' if n > 1 else ''}" for word, n in counts.items()]
    return (", ".join(words[:-1]) + " and " if words[1:] else "") + words[-1]
