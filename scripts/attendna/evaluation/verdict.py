"""Is it good? The answer of the report, in one paragraph that follows from the numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attendna.evaluation import summary

if TYPE_CHECKING:
    import pandas as pd

LEAKING = 0.05  # share of the test records with a relative: above, scores tell little
WIDE = 0.1  # of an AUROC interval: above, models hardly differ
NEAR = 0.02  # of AUROC: a classifier that is no further below the optimum is a good one
CALIBRATED = 0.05  # expected calibration error up to which probabilities can be read as frequencies


@dataclass(frozen=True)
class Evidence:
    """What the answer follows from.

    Attributes
    ----------
    test, validation
        `summary.main_scores` of these splits.
    comparison
        `comparison.tsv`, or None.
    kinds
        "network", "baseline" or "oracle" of each model, in the order of the config.
    records, groups
        Test records of all folds, and groups of relatives among them.
    folds, seeds
        How many of each the model has.
    related
        Test records with a relative in training or validation; None where nobody looked.
    unrelated
        `value low high` of the model's AUROC on the test records without one, or None.
    """

    test: pd.DataFrame
    validation: pd.DataFrame
    comparison: pd.DataFrame | None
    kinds: Mapping[str, str]
    records: int
    groups: int
    folds: int
    seeds: int
    related: int | None
    unrelated: Mapping[str, float] | None


def paragraph(evidence: Evidence) -> str:
    """Answer the question, and say what the answer rests on."""
    model = summary.headline_model(evidence.test, evidence.validation, evidence.kinds)
    score = None if model is None else summary.value_of(evidence.test, model, "auroc")
    said = summary.classification_sentence(
        evidence.test, evidence.validation, evidence.comparison, evidence.kinds
    )
    if score is None:
        return said
    sentences = [
        _answer(evidence, model, score),
        said,
        _precision(evidence, score),
        _spread(evidence, model),
        _leakage(evidence, model),
        _calibration(evidence, model),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _answer(evidence: Evidence, model: str, score: Mapping[str, float]) -> str:
    """Return the answer itself; the first of these that holds."""
    kinds = evidence.kinds
    oracle = summary.best_model(
        evidence.test, [name for name, kind in kinds.items() if kind == "oracle"]
    )
    if score["low"] <= 0.5:
        return "No, it could be guessing."
    if evidence.related and evidence.related > LEAKING * evidence.records:
        return "That can't be told yet, since the test records are not new to the models."
    if kinds[model] == "network" and _matching(evidence.test, kinds, model):
        return "Not for a network: a simple baseline is as good or better, within the error."
    if oracle is not None:
        short, shown = _shortfall(evidence, model, oracle, score)
        if not shown:
            return "Yes, as good as any classifier can be on these data, within the error."
        if short <= NEAR:
            return "Yes, close to the best possible, though short of it by more than the error."
        return "It could be better: the best possible is out of its reach by more than the error."
    if kinds[model] == "network" and "baseline" in kinds.values():
        return "Yes, better than every simple baseline; how good one could be is not known."
    return "Better than guessing; how good one could be is not known."


def _shortfall(
    evidence: Evidence, model: str, oracle: str, score: Mapping[str, float]
) -> tuple[float, bool]:
    """Return how far a model's AUROC is below the optimum, and whether that is beyond the error.

    Both were measured on the same records, so the interval of their difference tells, where there
    is one; it is narrower than that of the model alone.
    """
    short = summary.value_of(evidence.test, oracle, "auroc")["value"] - score["value"]
    paired = None
    if evidence.comparison is not None:
        paired = summary.difference_of(evidence.comparison, model, oracle)
    return short, (paired["high"] < 0 if paired else score["high"] < score["value"] + short)


def _matching(test: pd.DataFrame, kinds: Mapping[str, str], model: str) -> list[str]:
    """Name the simple baselines whose AUROC is inside a network's interval or above."""
    own = summary.value_of(test, model, "auroc")
    found = []
    for name, kind in kinds.items():
        other = summary.value_of(test, name, "auroc") if kind == "baseline" else None
        if own is not None and other is not None and other["value"] >= own["low"]:
            found.append(name)
    return found


def _precision(evidence: Evidence, score: Mapping[str, float]) -> str:
    width = score["high"] - score["low"]
    records = f"{evidence.records:,} test records"
    if evidence.groups < evidence.records:
        records += f" in {evidence.groups:,} groups of relatives"
    text = f"The interval is {summary.number(width)} wide with {records}"
    if width > WIDE:
        return text + ", too wide to tell good models apart: more records would."
    return text + "."


def _spread(evidence: Evidence, model: str) -> str:
    if evidence.folds == evidence.seeds == 1:
        return "This is one training on one split; more seeds and folds would tell how others end."
    row = evidence.test[(evidence.test["model"] == model) & (evidence.test["metric"] == "auroc")]
    parts = [
        f"{summary.number(float(row[column].iloc[0]), 3)} between {count} {what}"
        for column, count, what in (
            ("sd_seeds", evidence.seeds, "seeds"),
            ("sd_folds", evidence.folds, "folds"),
        )
        if count > 1
    ]
    return f"It is a mean, with a standard deviation of {' and '.join(parts)}."


def _leakage(evidence: Evidence, model: str) -> str:
    if evidence.related is None:
        return ""
    if not evidence.related:
        return "No test record has a relative in training or validation."
    share = evidence.related / max(evidence.records, 1)
    text = (
        f"{evidence.related:,} test records ({share:.1%}) have a relative in training or validation"
    )
    if evidence.unrelated is None:
        return text + "."
    return f"{text}; on the others {model} reaches {summary.with_interval(evidence.unrelated)}."


def _calibration(evidence: Evidence, model: str) -> str:
    error = summary.value_of(evidence.test, model, "ece")
    if error is None:
        return ""
    before = summary.value_of(evidence.test, model, "ece_uncalibrated")
    text = f"Its probabilities are off by {summary.number(error['value'])} on average (ECE"
    text += f"; {summary.number(before['value'])} before calibration)" if before else ")"
    if error["high"] <= CALIBRATED:
        return text + ": they can be read as frequencies."
    if error["low"] > CALIBRATED:
        return text + ": don't read them as frequencies."
    return text + "."


def baseline_findings(test: pd.DataFrame, kinds: Mapping[str, str]) -> list[dict[str, str]]:
    """Warn of networks that a simple baseline comes close to, or beats.

    Parameters
    ----------
    test
        `summary.main_scores` of the test split.
    kinds
        "network", "baseline" or "oracle" of each model.

    Returns
    -------
    list of dict
        `severity` and `message`, one for each such network.
    """
    said = []
    for model, kind in kinds.items():
        names = _matching(test, kinds, model) if kind == "network" else []
        if not names:
            continue
        reached = ", ".join(
            f"{name} {summary.number(summary.value_of(test, name, 'auroc')['value'], 3)}"
            for name in names
        )
        own = summary.with_interval(summary.value_of(test, model, "auroc"), 3)
        message = (
            f"{model} reaches a test AUROC of {own}, and what is simple comes within that interval "
            f"or beyond: {reached}. The network has not shown that it is needed."
        )
        said.append({"severity": "warning", "message": message})
    return said
