"""Is it good? The answer of the report, in one paragraph that follows from the numbers alone.

Models are compared only where `comparison.tsv` compares them, see `standings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attendna import wording
from attendna.evaluation import standings, summary
from attendna.evaluation.standings import BETTER, NOT_COMPARED, UNCLEAR, WORSE, Difference

if TYPE_CHECKING:
    import pandas as pd

WIDE = 0.1  # of an AUROC interval: above, more test records would help
NEAR = 0.02  # a classifier that is no further below the optimum is a good one
CALIBRATED = 0.05  # expected calibration error up to which probabilities can be read as frequencies
RANGES = 3  # of the scale of probabilities, named of one run


@dataclass(frozen=True)
class Evidence:
    """What the answer follows from.

    Attributes
    ----------
    test, validation
        `summary.main_scores` of these splits.
    unrelated
        The same of the test records without a relative in training or validation, or None.
    subset
        Which test records are judged, see `standings.judged_subset`.
    comparison
        `comparison.tsv`, or None.
    kinds
        "network", "baseline" or "oracle" of each model, in the order of the config.
    metrics
        What models are judged by, see `standings.judged_metrics`.
    confidence
        Of the intervals.
    records, groups
        Test records of all folds, and groups of relatives among them.
    folds, seeds
        How many of each the model has.
    related
        Test records with a relative in training or validation; None where nobody looked.
    reliability
        Of each of the model's runs `fold`, `seed` and `reliability` of its `metrics.json`; empty
        where one of them is missing.
    searched
        How relatives were searched for, in a few words.
    """

    test: pd.DataFrame
    validation: pd.DataFrame
    comparison: pd.DataFrame | None
    kinds: Mapping[str, str]
    metrics: Sequence[str]
    confidence: float
    records: int
    groups: int
    folds: int
    seeds: int
    related: int | None
    unrelated: pd.DataFrame | None
    subset: str = "all"
    reliability: Sequence[Mapping[str, Any]] = ()
    searched: str = ""

    def standings(
        self, model: str, others: Sequence[str]
    ) -> dict[str, dict[str, list[Difference]]]:
        """Sort other models by how a model stands to them, see `standings.standings`."""
        return standings.standings(
            self.comparison, model, others, self.metrics, self.confidence, self.subset
        )

    @property
    def leaking(self) -> bool:
        """Whether so many test records have a relative that scores on all of them tell little."""
        return bool(self.related) and self.related > standings.LEAKING * self.records

    @property
    def judged(self) -> pd.DataFrame:
        """The scores on the test records that are judged."""
        return self.unrelated if self.subset == "unrelated" else self.test


def paragraph(evidence: Evidence) -> str:
    """Answer the question, and say what the answer rests on."""
    model = summary.headline_model(evidence.test, evidence.validation, evidence.kinds)
    if model is None:
        return "No network or baseline has a test AUROC yet, so there is nothing to compare."
    score = summary.value_of(evidence.judged, model, "auroc")
    if score is None:
        missing = "test record without a relative" if evidence.leaking else "test record"
        return f"{_not_new(evidence)}{model} has no test AUROC: some class has no {missing}."
    sentences = [
        _answer(evidence, model, score),
        *_scores(evidence, model),
        _precision(evidence, score),
        _spread(evidence, model),
        _leakage(evidence, model),
        _calibration(evidence, model),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


# ------------------------------------------------------------------------------ the answer


def _answer(evidence: Evidence, model: str, score: Mapping[str, float]) -> str:
    """Return the answer itself; the first of these that holds."""
    if evidence.leaking and evidence.subset == "all" and score["low"] > 0.5:
        return "That is not known yet, since too many test records are not new to the models."
    return _not_new(evidence) + _judgement(evidence, model, score)


def _not_new(evidence: Evidence) -> str:
    """Say that only new test records are judged where many are not new to the models."""
    if evidence.subset == "all":
        return ""
    share = wording.share(evidence.related, evidence.records)
    return (
        f"{evidence.related:,} of {evidence.records:,} test records ({share}) are not new to the "
        f"models, so the answer is based on the other {evidence.records - evidence.related:,}. "
    )


def _judgement(evidence: Evidence, model: str, score: Mapping[str, float]) -> str:
    """Judge a model by the test records that are new to it."""
    kinds = evidence.kinds
    if score["low"] <= 0.5:
        return "No, it could be guessing."
    needed = _needed(evidence, model) if kinds[model] == "network" else ""
    if needed:
        return needed
    oracle = _oracle(evidence)
    if oracle is not None:
        return _near_optimum(evidence, model, oracle)
    if kinds[model] == "network" and "baseline" in kinds.values():
        names = " and ".join(summary.name_of(metric) for metric in evidence.metrics)
        return (
            f"Yes, clearly better than every simple baseline in {names}; how good a classifier "
            "could be is not known."
        )
    return "It is not guessing; how good a classifier could be is not known."


def _needed(evidence: Evidence, model: str) -> str:
    """Say what speaks against a network, or that it was not compared; "" where nothing does."""
    found = evidence.standings(model, standings.baselines_of(evidence.kinds, model))
    if found[WORSE]:
        which = standings.in_words(found[WORSE])
        return f"Not good for a network: a simple baseline is clearly better ({which})."
    if found[UNCLEAR]:
        which = standings.in_words(found[UNCLEAR])
        return (
            "It has not been shown that a network is needed: no clear difference from a simple "
            f"baseline ({which})."
        )
    if found[NOT_COMPARED]:
        which = standings.in_words(found[NOT_COMPARED])
        return (
            "It is not guessing; whether a network is needed is not known, since it was not "
            f"compared with every simple baseline ({which})."
        )
    return ""


def _oracle(evidence: Evidence) -> str | None:
    oracles = [name for name, kind in evidence.kinds.items() if kind == "oracle"]
    return summary.best_model(evidence.judged, oracles)


def _near_optimum(evidence: Evidence, model: str, oracle: str) -> str:
    """Say how far a model is from the optimum, which was measured on the same records."""
    found = evidence.standings(model, [oracle])
    if found[NOT_COMPARED]:
        which = standings.in_words(found[NOT_COMPARED])
        return f"It is not guessing; it was not compared with the best possible ({which})."
    if found[WORSE]:
        which = standings.in_words(found[WORSE])
        if all(round(-each.difference, 3) <= NEAR for each in found[WORSE][oracle]):
            return f"Yes, close to the best possible, though clearly below it ({which})."
        return f"It could be better: it is clearly below the best possible ({which})."
    if found[UNCLEAR]:
        which = standings.in_words(found[UNCLEAR])
        return f"Yes: no clear difference from the best possible ({which})."
    which = standings.in_words(found[BETTER])
    return (
        f"Yes; on these test records it is even clearly above the best possible ({which}), which "
        "is due to chance or a fault in the data."
    )


# ------------------------------------------------------------------------------ the scores


def _scores(evidence: Evidence, model: str) -> list[str]:
    """Return a sentence for each metric: the score, and how far from others it is."""
    sentences = []
    for metric in evidence.metrics:
        score = summary.value_of(evidence.judged, model, metric)
        if score is None:
            continue
        name = summary.name_of(metric)
        start = f"{model} reaches a test {name} of" if metric == "auroc" else f"Its {name} is"
        text = f"{start} {summary.with_interval(score)}"
        if evidence.subset == "unrelated":
            text += " on these records"
        parts = [part for part in _against(evidence, model, metric) if part]
        sentences.append(text + (": " + " and ".join(parts) if parts else "") + ".")
        if metric == "auroc" and score["low"] <= 0.5:
            sentences.append("That is not clearly better than guessing (0.5).")
    return sentences


def _against(evidence: Evidence, model: str, metric: str) -> list[str]:
    """Say how far a model is from the optimum and from the best simple baseline in a metric."""
    others = standings.baselines_of(evidence.kinds, model)
    network = evidence.kinds[model] == "network"
    rivals = {
        "best possible": _oracle(evidence),
        "best simple baseline" if network else "next best baseline": summary.best_model(
            evidence.judged, others, metric
        ),
    }
    return [
        _distance(evidence, model, other, metric, role)
        for role, other in rivals.items()
        if other is not None
    ]


def _distance(evidence: Evidence, model: str, other: str, metric: str, role: str) -> str:
    """Put a paired difference in words: "0.100 above the best simple baseline (...)"."""
    value = summary.value_of(evidence.judged, other, metric)
    # With the decimals of the gap: beside 0.90 and "0.005 above", 0.895 must not read 0.90.
    reached = "" if value is None else f", {summary.number(value['value'], 3)}"
    paired = standings.between(
        evidence.comparison, model, other, metric, evidence.confidence, evidence.subset
    )
    if paired is None:
        return f"not compared with the {role} ({other}{reached})"
    told = {BETTER: "clearly better", WORSE: "clearly worse", UNCLEAR: "no clear difference"}
    return (
        f"{_gap(paired.difference)} the {role} ({other}{reached}; paired difference "
        f"{standings.spelled(paired)}: {told[paired.standing]})"
    )


def _gap(difference: float) -> str:
    """Put a signed difference in words: "0.020 below"."""
    if difference == 0:
        return "level with"
    return f"{summary.number(abs(difference), 3)} {'above' if difference > 0 else 'below'}"


def _precision(evidence: Evidence, score: Mapping[str, float]) -> str:
    width = score["high"] - score["low"]
    records = f"{evidence.records:,} test records"
    if evidence.subset == "unrelated":
        records = f"these {evidence.records - evidence.related:,} test records"
    elif evidence.groups < evidence.records:
        records += f" in {evidence.groups:,} groups of relatives"
    spelled = summary.number(width, 2 if width >= 0.01 else 3)
    text = f"The interval of the AUROC is {spelled} wide with {records}"
    if width > WIDE:
        return text + "; more test records would narrow it."
    return text + "."


def _spread(evidence: Evidence, model: str) -> str:
    if evidence.folds == evidence.seeds == 1:
        return (
            "This is one training run on one split; use more seeds and folds to see how much "
            "results vary."
        )
    scores = evidence.judged
    row = scores[(scores["model"] == model) & (scores["metric"] == "auroc")]
    parts = [
        f"{summary.number(float(row[column].iloc[0]), 3)} between {count} {what}"
        for column, count, what in (
            ("sd_seeds", evidence.seeds, "seeds"),
            ("sd_folds", evidence.folds, "folds"),
        )
        if count > 1
    ]
    return f"The AUROC is a mean, with a standard deviation of {' and '.join(parts)}."


def _leakage(evidence: Evidence, model: str) -> str:
    if evidence.related is None:
        return ""
    if not evidence.related:
        how = f" ({evidence.searched})" if evidence.searched else ""
        return f"No test record has a relative in training or validation{how}."
    if evidence.subset == "unrelated":
        on_all = summary.value_of(evidence.test, model, "auroc")
        how = f" ({evidence.searched})" if evidence.searched else ""
        return (
            f"The {evidence.related:,} left out have a relative in training or validation{how}; "
            f"with them, {model} reaches {summary.with_interval(on_all)}."
        )
    share = wording.share(evidence.related, evidence.records)
    text = f"{evidence.related:,} test records ({share}) have a relative in training or validation"
    new = None
    if evidence.unrelated is not None:
        new = summary.value_of(evidence.unrelated, model, "auroc")
    if new is None:
        return text + "."
    return f"{text}; on the others {model} reaches {summary.with_interval(new)}."


# ------------------------------------------------------------------------------ calibration


def _calibration(evidence: Evidence, model: str) -> str:
    """Say how far off probabilities are, and where on their scale.

    They can be read as frequencies where no range of the scale is off and the mean error is small
    beyond doubt.
    """
    error = summary.value_of(evidence.test, model, "ece")
    if error is None:
        return ""
    before = summary.value_of(evidence.test, model, "ece_uncalibrated")
    start = "On all test records, the" if evidence.subset == "unrelated" else "The"
    size = summary.number(error["value"])
    text = f"{start} model's probabilities are off by {size} on average (ECE"
    text += f"; {summary.number(before['value'])} before calibration)" if before else ")"
    if not evidence.reliability:
        return text + "."
    off = _runs_off(evidence)
    if off:
        return f"{text}. {_where_off(off, len(evidence.reliability))}"
    if error["low"] > CALIBRATED:
        return text + ": don't read them as frequencies."
    if error["high"] > CALIBRATED:
        return text + "; these records do not show whether they can be read as frequencies."
    return text + ": they can be read as frequencies" + _unjudged(evidence) + "."


def _runs_off(evidence: Evidence) -> list[Mapping[str, Any]]:
    """Return the runs with the ranges in which they are off, allowing for the number of runs."""
    level = (1 - evidence.confidence) / len(evidence.reliability)
    runs = []
    for run in evidence.reliability:
        ranges = [its for its in run["reliability"]["off"] if its["p_value"] <= level]
        if ranges:
            runs.append({**run, "off": ranges})
    return runs


def _where_off(off: Sequence[Mapping[str, Any]], runs: int) -> str:
    """Say where, which way and how far the probabilities of the worst run are off."""
    worst = max(off, key=lambda run: max(its["records"] * _gap_of(its) for its in run["off"]))
    event = worst["reliability"]["event"]
    what = f"are of class {event}" if event else "are of the predicted class"
    parts = [
        f"between {its['from']:g} and {its['to']:g} they are too "
        f"{'low' if its['observed'] > its['predicted'] else 'high'} by "
        f"{summary.number(_gap_of(its))} ({its['records']:,} test records with a mean of "
        f"{summary.number(its['predicted'])}, of which "
        f"{wording.share(its['observed'], digits=0)} {what})"
        for its in worst["off"][:RANGES]
    ]
    text = f"Don't read them as frequencies: {', '.join(parts)}."
    if runs == 1:
        return text
    which = f"fold {worst['fold']}, seed {worst['seed']}"
    return f"In {len(off)} of {runs} runs they are clearly off, most of all in {which}. {text}"


def _gap_of(its: Mapping[str, Any]) -> float:
    return abs(its["observed"] - its["predicted"])


def _unjudged(evidence: Evidence) -> str:
    """Name the ranges with too few records to judge, those of the run that has most of them."""
    few = max(
        (run["reliability"]["few"] for run in evidence.reliability),
        key=lambda ranges: sum(its["to"] - its["from"] for its in ranges),
    )
    if not few:
        return ""
    where = ", ".join(
        f"between {its['from']:g} and {its['to']:g} ({its['records']:,})" for its in few
    )
    return f", except in ranges with too few test records to tell: {where}"


# ------------------------------------------------------------------------------ warnings


def constant_findings(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Warn of models that call all test records one class.

    Parameters
    ----------
    runs
        `metrics.json` of each.

    Returns
    -------
    list of dict
        `severity` and `message`, one for each such model.
    """
    constant: dict[str, list[str]] = {}
    total: dict[str, int] = {}
    for run in runs:
        model = run["model"]
        total[model] = total.get(model, 0) + 1
        rule = next(name for name in ("0.5", "argmax") if name in run["confusion"])
        called = [sum(column) for column in zip(*run["confusion"][rule], strict=True)]
        if sum(count > 0 for count in called) == 1:
            name = next(name for name, count in zip(run["classes"], called, strict=True) if count)
            constant.setdefault(model, []).append(name)
    said = []
    for model, names in constant.items():
        where = "" if total[model] == 1 else f" in {len(names)} of {total[model]} runs"
        which = " or ".join(dict.fromkeys(names))
        message = (
            f"{model} calls every test record {which}{where}: its decisions distinguish nothing, "
            "whatever its other scores are."
        )
        said.append({"severity": "warning", "message": message})
    return said


def baseline_findings(
    comparison: pd.DataFrame | None,
    kinds: Mapping[str, str],
    metrics: Sequence[str],
    confidence: float,
    subset: str = "all",
) -> list[dict[str, str]]:
    """Warn of networks that are not clearly better than every simple baseline.

    Parameters
    ----------
    comparison
        `comparison.tsv`, or None.
    kinds
        "network", "baseline" or "oracle" of each model.
    metrics
        What models are judged by, see `standings.judged_metrics`.
    confidence
        Of the intervals.
    subset
        Which test records are judged, see `standings.judged_subset`.

    Returns
    -------
    list of dict
        `severity` and `message`, at most three for each network.
    """
    said = []
    where = " on the test records without a relative" if subset == "unrelated" else ""
    for model, kind in kinds.items():
        if kind != "network":
            continue
        others = standings.baselines_of(kinds, model)
        found = standings.standings(comparison, model, others, metrics, confidence, subset)
        if found[WORSE]:
            which = standings.in_words(found[WORSE], numbers=True)
            message = f"{model} is clearly worse than a simple baseline{where}: {which}."
            said.append({"severity": "warning", "message": message})
        if found[UNCLEAR]:
            which = standings.in_words(found[UNCLEAR], numbers=True)
            message = (
                f"{model} has not shown{where} that a network is needed: no clear difference from "
                f"{which}."
            )
            said.append({"severity": "warning", "message": message})
        if found[NOT_COMPARED]:
            which = standings.in_words(found[NOT_COMPARED])
            message = f"{model} was not compared{where} with {which}."
            said.append({"severity": "note", "message": message})
    return said
