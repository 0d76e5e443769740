"""All metrics of a classifier's probabilities and decisions, for two and for more classes.

See `measures` for what they are functions of.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attendna.evaluation.decisions import decision_metrics, decision_shares, gorodkin
from attendna.evaluation.measures import Key, Measure, Share, Values, ratio
from attendna.evaluation.probability_scores import probability_scores
from attendna.evaluation.ranking import Ranking, auroc, average_precision


def measure(
    y: np.ndarray,
    probabilities: np.ndarray,
    classes: list[str],
    positive: str,
    thresholds: Mapping[str, float],
    scores: np.ndarray | None = None,
    both: bool = False,
) -> Measure:
    """Return the function from weights to every metric, for two or for more classes.

    Parameters
    ----------
    y
        int (n,), the true class as an index into `classes`.
    probabilities
        (n, classes); each row sums to 1.
    classes
        The names of the classes.
    positive
        The positive class of two; unused for more.
    thresholds
        Of two classes, the decision thresholds by their name in metrics.tsv; unused for more.
    scores
        (n, classes), what the records are ranked by; None: the probabilities.
    both
        Whether AUPRC and F1 are measured for the other one of two classes, too.
    """
    if len(classes) == 2:
        index = classes.index(positive)
        ranked = None if scores is None else scores[:, index]
        other = classes[1 - index] if both else None
        return binary(y == index, probabilities[:, index], thresholds, ranked, other)
    return multiclass(y, probabilities, classes, scores)


def binary(
    y: np.ndarray,
    p: np.ndarray,
    thresholds: Mapping[str, float],
    scores: np.ndarray | None = None,
    other: str | None = None,
) -> Measure:
    """Return the function from weights to the metrics of a positive class.

    Without a threshold: `auroc`, `auprc` (average precision), `brier` (0 to 1), `log_loss` (nats),
    `ece` (see `calibration_error`). At each threshold, where a record with `p >= threshold` is
    called positive: `mcc` (Matthews 1975), `balanced_accuracy`, `f1`, `precision`, `recall`,
    `specificity`, `accuracy`.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    p
        (n,), the probability of the positive class.
    thresholds
        Decision thresholds by their name in metrics.tsv. A threshold is held fixed in every
        replicate; one that was chosen on these very records flatters them.
    scores
        (n,), what the records are ranked by; None: `p`.
    other
        The name of the negative class, to measure its `auprc` and `f1`, too; None: not measured.
    """
    y = np.asarray(y, bool)
    scores = p if scores is None else scores
    ranking = Ranking(y, scores)
    turned = None if other is None else Ranking(~y, -scores)
    trust = probability_scores(y.astype(int), np.stack([1 - p, p], axis=1), ["", "+"], "+")
    cells = {
        name: np.stack([y & (p >= threshold), ~y & (p >= threshold), y], axis=1).astype(float)
        for name, threshold in thresholds.items()
    }

    def measured(weights: np.ndarray) -> Values:
        total = weights.sum(axis=1)
        counts = ranking.counts(weights)
        result = {
            Key("", "auroc", ""): auroc(*counts),
            Key("", "auprc", ""): average_precision(*counts),
        }
        for name, indicators in cells.items():
            for metric, values in decision_metrics(*(weights @ indicators).T, total).items():
                result[Key(name, metric, "")] = values
        if turned is not None:
            result[Key("", "auprc", other)] = average_precision(*turned.counts(weights))
            for name, indicators in cells.items():
                hits, false, positives = (weights @ indicators).T
                negatives = total - positives
                found = negatives - false, positives - hits, negatives, total
                result[Key(name, "f1", other)] = decision_metrics(*found)["f1"]
        return result | trust(weights)

    shares = {
        Key(name, metric, ""): share
        for name, threshold in thresholds.items()
        for metric, share in decision_shares(y, p >= threshold).items()
    }
    return Measure(measured, trust.event, trust.p, shares, trust.worst)


def multiclass(
    y: np.ndarray,
    probabilities: np.ndarray,
    classes: list[str],
    scores: np.ndarray | None = None,
) -> Measure:
    """Return the function from weights to the metrics of several classes.

    Decisions are for the most probable class. Of each class against the rest: `auroc`, `auprc`,
    `precision`, `recall`, `f1`; their macro averages are over the classes that occur in `y`.
    Overall: `accuracy`, `balanced_accuracy` (the mean recall), `mcc` (R_K of Gorodkin 2004, Comput.
    Biol. Chem. 28:367), `brier` (Brier 1950, summed over the classes, 0 to 2), `log_loss` (nats),
    `ece` (of the most probable class, see `calibration_error`).

    Parameters
    ----------
    y
        int (n,), the true class as an index into `classes`.
    probabilities
        (n, classes); each row sums to 1.
    classes
        The names of the classes.
    scores
        (n, classes), what the records are ranked by; None: the probabilities.
    """
    scores = probabilities if scores is None else scores
    truth = y[:, None] == np.arange(len(classes))
    decision = probabilities.argmax(axis=1)
    called = decision[:, None] == np.arange(len(classes))
    cells = np.concatenate([truth & called, called, truth], axis=1).astype(float)
    trust = probability_scores(y, probabilities, classes, "")
    rankings = [Ranking(truth[:, i], scores[:, i]) for i in range(len(classes))]
    occurring = truth.any(axis=0)

    def measured(weights: np.ndarray) -> Values:
        total = weights.sum(axis=1)
        hits, positive, occur = np.split(weights @ cells, 3, axis=1)  # (b, classes) each
        curves = [ranking.counts(weights) for ranking in rankings]
        recall = ratio(hits, occur, np.nan)
        # Never called is a precision of 0; without a record there is nothing to be right about.
        precision = np.where(occur > 0, ratio(hits, positive, 0), np.nan)
        f1 = np.where(occur > 0, ratio(2 * hits, positive + occur, 0), np.nan)
        by_class = {
            "auroc": np.stack([auroc(*counts) for counts in curves], axis=1),
            "auprc": np.stack([average_precision(*counts) for counts in curves], axis=1),
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
        macro = {name: _class_mean(values[:, occurring]) for name, values in by_class.items()}
        overall = {
            "auroc": macro["auroc"],
            "auprc": macro["auprc"],
            "mcc": gorodkin(hits.sum(axis=1), positive, occur, total),
            "balanced_accuracy": macro["recall"],
            **{name: macro[name] for name in ["f1", "precision", "recall"]},
            "accuracy": hits.sum(axis=1) / total,
        }
        result = {Key("", name, ""): values for name, values in overall.items()} | trust(weights)
        for i, label in enumerate(classes):
            result |= {Key("", name, label): values[:, i] for name, values in by_class.items()}
        return result

    shares = {
        Key("", metric, label): share
        for i, label in enumerate(classes)
        for metric, share in decision_shares(truth[:, i], called[:, i]).items()
        if metric in ("precision", "recall")
    }
    shares[Key("", "accuracy", "")] = Share(decision == y, np.ones(len(y), bool))
    return Measure(measured, trust.event, trust.p, shares, trust.worst)


def _class_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over classes, (b, classes) to (b,); NaN if there is no class."""
    return values.mean(axis=1) if values.shape[1] else np.full(len(values), np.nan)
