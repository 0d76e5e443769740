"""What `comparison.tsv` says of two models: one rule by which one of them is clearly better.

Everything that compares models in words or names rests on this: the verdict, the warnings, the
columns `beats` and `matched_by` of `summary.tsv`, the tables of the report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attendna.contracts.measurements import POOLED
from attendna.evaluation import summary

if TYPE_CHECKING:
    import pandas as pd

BETTER, WORSE, UNCLEAR = "better", "worse", "unclear"
NOT_COMPARED = "not compared"
LEAKING = 0.05  # share of the test records with a relative: above, only the others are judged
UNBALANCED = 0.7  # of an equal share: of two classes, one with less than 0.35 of the records
FIXED = ("", "0.5")  # the thresholds at which models are compared


@dataclass(frozen=True)
class Difference:
    """The paired difference of two models in one metric, the first minus the second.

    Attributes
    ----------
    metric
        Its name in the tables.
    difference, low, high
        The value and its confidence interval; NaN bounds where there is none.
    p_adjusted
        Of the swap test, corrected for the number of pairs; may be NaN.
    standing
        BETTER where the first is clearly better: the interval leaves out 0 and the corrected
        p-value is below one less the confidence. WORSE where the second is. Else UNCLEAR, or
        NOT_COMPARED, where all numbers are NaN.
    """

    metric: str
    difference: float
    low: float
    high: float
    p_adjusted: float
    standing: str


def standing(
    metric: str, difference: float, low: float, high: float, p_adjusted: float, confidence: float
) -> str:
    """Return whether the first of two models is clearly better, see `Difference`."""
    if not p_adjusted < 1 - confidence:  # NaN is not
        return UNCLEAR
    if difference > 0 and low > 0:
        return WORSE if summary.lower_is_better(metric) else BETTER
    if difference < 0 and high < 0:
        return BETTER if summary.lower_is_better(metric) else WORSE
    return UNCLEAR


def between(
    comparison: pd.DataFrame | None,
    first: str,
    second: str,
    metric: str,
    confidence: float,
    subset: str = "all",
) -> Difference | None:
    """Return the difference `first - second` of two models on the test split, over all folds.

    Parameters
    ----------
    comparison
        `comparison.tsv`, or None.
    first, second
        Names of models, in either order in the table.
    metric
        Its name in the table.
    confidence
        Of its intervals.
    subset
        On which test records, "all" or "unrelated".

    Returns
    -------
    Difference or None
        None if the two were not compared in this metric.
    """
    if comparison is None:
        return None
    measured = comparison[(comparison["split"] == "test") & (comparison["subset"] == subset)]
    chosen = measured[measured["metric"] == metric]
    if (measured["fold"] == POOLED).any():
        chosen = chosen[chosen["fold"] == POOLED]
    for a, b, sign in ((first, second, 1.0), (second, first, -1.0)):
        rows = chosen[(chosen["model_a"] == a) & (chosen["model_b"] == b)]
        if rows.empty or math.isnan(rows["difference"].iloc[0]):
            continue
        row = rows.iloc[0]
        value, p_adjusted = sign * float(row["difference"]), float(row["p_adjusted"])
        low, high = sorted((sign * float(row["low"]), sign * float(row["high"])))
        told = standing(metric, value, low, high, p_adjusted, confidence)
        return Difference(metric, value, low, high, p_adjusted, told)
    return None


def judged_metrics(counts: Mapping[str, int], positive: str) -> list[str]:
    """Return the metrics that a verdict rests on: AUROC, and another where classes are unbalanced.

    A rare class hardly moves AUROC. AUPRC shows how it fares where it is the positive one of two,
    or one of several, whose AUPRC are averaged; where the positive class is the frequent one AUPRC
    flatters too, and MCC takes its place.

    Parameters
    ----------
    counts
        Test records of each class.
    positive
        The positive one of two classes, "" for more.
    """
    total = sum(counts.values())
    rarest = min(counts, key=counts.__getitem__, default="")
    if not total or counts[rarest] * len(counts) >= UNBALANCED * total:
        return ["auroc"]
    return ["auroc", "auprc" if positive in ("", rarest) else "mcc"]


def judged_subset(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the test records that a verdict rests on, "all" or "unrelated".

    Scores on records whose relatives were learned from say little, and so do comparisons: models
    that memorise gain most. So where more than `LEAKING` of the test records have a relative, only
    the others are judged.

    Parameters
    ----------
    runs
        `metrics.json` of each; those of one fold have the same test records.
    """
    folds = {run["fold"]: run for run in runs}.values()
    records = sum(run["n"]["test"] for run in folds)
    new = sum(run["unrelated"].get("test", run["n"]["test"]) for run in folds)
    return "unrelated" if records - new > LEAKING * records else "all"


def baselines_of(kinds: Mapping[str, str], model: str) -> list[str]:
    """Return the simple baselines other than a model itself, in the order of the config."""
    return [name for name, kind in kinds.items() if kind == "baseline" and name != model]


def named(
    scores: pd.DataFrame,
    comparison: pd.DataFrame | None,
    kinds: Mapping[str, str],
    confidence: float,
) -> dict[str, list[str]]:
    """Name for each row the simple baselines that a network beats, and those that it does not.

    Parameters
    ----------
    scores
        `summary.mean_scores`.
    comparison
        `comparison.tsv`, or None.
    kinds
        "network", "baseline" or "oracle" of each model.
    confidence
        Of the intervals.

    Returns
    -------
    dict
        The columns `beats`, the baselines that are clearly worse than the network, and
        `matched_by`, those that are not: names separated by commas. What was not compared is in
        neither, such as other splits, single classes, tuned thresholds and calibration errors.
    """
    columns: dict[str, list[str]] = {"beats": [], "matched_by": []}
    for row in scores.to_dict("records"):
        compared = (
            kinds[row["model"]] == "network"
            and (row["split"], row["class"]) == ("test", "")
            and row["threshold"] in FIXED
        )
        beaten, matching = [], []
        for name in baselines_of(kinds, row["model"]) if compared else []:
            found = between(
                comparison, row["model"], name, row["metric"], confidence, row["subset"]
            )
            if found is not None:
                (beaten if found.standing == BETTER else matching).append(name)
        columns["beats"].append(",".join(beaten))
        columns["matched_by"].append(",".join(matching))
    return columns


def standings(
    comparison: pd.DataFrame | None,
    model: str,
    others: Sequence[str],
    metrics: Sequence[str],
    confidence: float,
    subset: str = "all",
) -> dict[str, dict[str, list[Difference]]]:
    """Sort other models by how a model stands to them.

    Returns
    -------
    dict
        By BETTER, WORSE, UNCLEAR (how `model` stands to the others) and NOT_COMPARED the models of
        which that is so in some metric, each with the differences in these metrics.
    """
    found: dict[str, dict[str, list[Difference]]] = {
        kind: {} for kind in (BETTER, WORSE, UNCLEAR, NOT_COMPARED)
    }
    for name in others:
        for metric in metrics:
            paired = between(comparison, model, name, metric, confidence, subset)
            if paired is None:
                paired = Difference(metric, *[math.nan] * 4, NOT_COMPARED)
            found[paired.standing].setdefault(name, []).append(paired)
    return found


def in_words(found: Mapping[str, Sequence[Difference]], numbers: bool = False) -> str:
    """List models with the metrics: "kmer_logistic in AUROC and MCC, gc_content in AUROC".

    Parameters
    ----------
    found
        One of the values of `standings`.
    numbers
        Whether differences, intervals and p-values are given too.
    """
    return ", ".join(
        f"{name} in {' and '.join(_metric(each, numbers) for each in paired)}"
        for name, paired in found.items()
    )


def _metric(paired: Difference, numbers: bool) -> str:
    name = summary.name_of(paired.metric)
    return f"{name} (difference {spelled(paired)})" if numbers else name


def spelled(paired: Difference) -> str:
    """Return a difference as text: "0.128, 0.070 to 0.185, p < 0.001"."""
    bounds = {"value": paired.difference, "low": paired.low, "high": paired.high}
    parts = [part for part in summary.in_parts(bounds, 3) if part]
    p_value = summary.p_text(paired.p_adjusted)
    return ", ".join([*parts, p_value] if p_value else parts)
