"""How good a classifier's probabilities and decisions are, for two and for more classes.

Every metric is a function of weights (replicates, n): how often each record counts in each
bootstrap replicate. Weights of one measure the data themselves, and integer weights give what
scikit-learn gives on records that are repeated that often. What is the same for every replicate
(sorting by score, losses of single records) is done once; a block of replicates then costs some
matrix products and, for the rank metrics, cumulative sums.

A metric that needs a class of which no record has any weight is NaN. Ratios that are 0/0 because a
class was never predicted are 0, as in scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from attendna.evaluation.uncertainty import (
    area_interval,
    bootstrap,
    calibration_error_interval,
    effective_size,
    interval,
    loss_interval,
    probability_bins,
    rate_interval,
    share_interval,
)

ECE_BINS = 15  # as in Guo et al. 2017
AREAS = frozenset({"auroc", "auprc"})
LOSSES = frozenset({"brier", "log_loss"})
LOWEST = {"mcc": -1.0}  # of the metrics of decisions that do not start at 0
UNCALIBRATED = "_uncalibrated"  # ends the names of metrics of probabilities before calibration


class Key(NamedTuple):
    """Which number: the columns `threshold`, `metric` and `class` of metrics.tsv."""

    threshold: str  # "" where none applies, "0.5" or "validation"
    metric: str
    label: str  # "" for the overall value


class Share(NamedTuple):
    """What a metric is a share of; bool arrays (n,)."""

    hits: np.ndarray
    trials: np.ndarray


Values = dict[Key, np.ndarray]
ECE = Key("", "ece", "")


@dataclass(frozen=True)
class Measure:
    """The function from weights (b, n) to metrics, arrays (b,) by `Key`.

    Attributes
    ----------
    of
        The function itself.
    event
        bool (n,): what the calibration error judges has happened.
    p
        (n,), the predicted probability of that.
    shares
        Of the metrics that are shares of records, which ones.
    """

    of: Callable[[np.ndarray], Values]
    event: np.ndarray
    p: np.ndarray
    shares: Mapping[Key, Share] = field(default_factory=dict)

    def __call__(self, weights: np.ndarray) -> Values:
        """Measure every row of weights."""
        return self.of(weights)


class Estimate(NamedTuple):
    """A metric and its confidence interval."""

    value: float
    low: float
    high: float


def measure(
    y: np.ndarray,
    probabilities: np.ndarray,
    classes: list[str],
    positive: str,
    thresholds: Mapping[str, float],
    scores: np.ndarray | None = None,
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
    """
    if len(classes) == 2:
        index = classes.index(positive)
        ranked = None if scores is None else scores[:, index]
        return binary(y == index, probabilities[:, index], thresholds, ranked)
    return multiclass(y, probabilities, classes, scores)


def estimate(
    measure: Measure,
    y: np.ndarray,
    groups: np.ndarray,
    replicates: int,
    confidence: float,
    seed: int,
) -> dict[Key, Estimate]:
    """Return every metric with its interval, each kind of metric with its own.

    See `uncertainty.area_interval`, `share_interval`, `rate_interval`, `loss_interval` and
    `calibration_error_interval`.

    Parameters
    ----------
    measure
        The metrics.
    y
        int (n,), the true class of each record.
    groups, replicates, seed
        See `uncertainty.bootstrap_weights`.
    confidence
        For instance 0.95.
    """
    measured = bootstrap(measure, len(y), replicates, seed, groups)
    return intervals(measured, measure, y, groups, confidence, seed)


def intervals(
    measured: Mapping[Key, np.ndarray],
    measure: Measure,
    y: np.ndarray,
    groups: np.ndarray,
    confidence: float,
    seed: int,
) -> dict[Key, Estimate]:
    """Return what `estimate` does, from what `uncertainty.bootstrap` measured."""
    size = effective_size(y, groups)
    found = {}
    for key, values in measured.items():
        if key == ECE:
            bounds = calibration_error_interval(
                measure.event, measure.p, groups, ECE_BINS, confidence, len(values) - 1, seed
            )
        elif key.metric in AREAS:
            bounds = area_interval(values, confidence, size)
        elif key.metric in LOSSES:
            bounds = loss_interval(values, confidence, size)
        elif key in measure.shares and not np.isnan(values[0]):
            bounds = share_interval(*measure.shares[key], groups, confidence)
        else:
            bounds = rate_interval(values, confidence, size, LOWEST.get(key.metric, 0.0))
        found[key] = Estimate(float(values[0]), *bounds)
    return found


def swapped(
    y: np.ndarray, first: np.ndarray, second: np.ndarray, classes: list[str], positive: str
) -> Callable[[np.ndarray], Values]:
    """Return the function from swaps to the difference of two models in every metric.

    Where a record is swapped, each model gets the other's prediction. Areas under curves only
    depend on how a model ranks the records, and two models may rank alike on different scales; so
    it is ranks that are swapped there (Venkatraman & Begg 1996, Biometrika 83:835; Bandos, Rockette
    & Gur 2005, Stat. Med. 24:2873).

    Parameters
    ----------
    y, classes, positive
        See `measure`; the threshold is 0.5.
    first, second
        (n, classes), the probabilities of two models for the same records.

    Returns
    -------
    callable
        Takes swaps (b, n), see `uncertainty.swaps`, and returns (b,) arrays by `Key`.
    """
    ranks = np.concatenate([_ranks(first), _ranks(second)])
    both = measure(
        np.tile(y, 2), np.concatenate([first, second]), classes, positive, {"0.5": 0.5}, ranks
    )

    def differences(swaps: np.ndarray) -> Values:
        kept = 1 - swaps
        ours = both(np.concatenate([kept, swaps], axis=1))
        theirs = both(np.concatenate([swaps, kept], axis=1))
        return {key: ours[key] - theirs[key] for key in ours}

    return differences


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Rank each column, equal scores at their mean rank."""
    ranks = np.empty(scores.shape)
    for column, ranked in zip(scores.T, ranks.T, strict=True):
        _, index, count = np.unique(column, return_inverse=True, return_counts=True)
        ranked[:] = (np.cumsum(count) - (count - 1) / 2)[index]
    return ranks


# ------------------------------------------------------------------------------ ranking


class Ranking:
    """Records sorted by score, best first: the ground of ROC and precision-recall curves.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    score
        (n,): the higher, the more positive. Equal scores are one step of the curve.
    """

    def __init__(self, y: np.ndarray, score: np.ndarray) -> None:
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        self.y = np.asarray(y, bool)[self.order]
        self.ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
        self.thresholds = ranked[self.ends]

    def counts(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return true and false positives at each threshold, two arrays (b, thresholds)."""
        ranked = weights[:, self.order]
        called = np.cumsum(ranked, axis=1)[:, self.ends]
        hits = np.cumsum(ranked * self.y, axis=1)[:, self.ends]
        return hits, called - hits


def auroc(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve by the trapezoidal rule, so that ties count one half.

    Parameters
    ----------
    hits, false
        (b, thresholds), see `Ranking.counts`.
    """
    steps = np.diff(false, axis=1, prepend=0)
    heights = hits - np.diff(hits, axis=1, prepend=0) / 2
    pairs = hits[:, -1] * false[:, -1]
    return _ratio(np.einsum("ij,ij->i", steps, heights), pairs, np.nan)


def average_precision(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Return the sum over thresholds of precision times the step in recall.

    Parameters
    ----------
    hits, false
        (b, thresholds), see `Ranking.counts`.
    """
    precision = _ratio(hits, hits + false, 0)
    steps = np.diff(hits, axis=1, prepend=0)
    area = _ratio(np.einsum("ij,ij->i", steps, precision), hits[:, -1], np.nan)
    return np.where(false[:, -1] > 0, area, np.nan)


def _ratio(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    result = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), float(otherwise))
    return np.divide(numerator, denominator, out=result, where=denominator != 0)


# ------------------------------------------------------------------------------ two classes


def binary(
    y: np.ndarray,
    p: np.ndarray,
    thresholds: Mapping[str, float],
    scores: np.ndarray | None = None,
) -> Measure:
    """Return the function from weights to the metrics of a positive class.

    Without a threshold: `auroc`, `auprc` (average precision), `brier` (0 to 1), `log_loss` (nats),
    `ece` (see `calibration_gaps`). At each threshold, where a record with `p >= threshold` is
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
    """
    y = np.asarray(y, bool)
    ranking = Ranking(y, p if scores is None else scores)
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
            for metric, values in _decisions(*(weights @ indicators).T, total).items():
                result[Key(name, metric, "")] = values
        return result | trust(weights)

    shares = {
        Key(name, metric, ""): share
        for name, threshold in thresholds.items()
        for metric, share in _shares(y, p >= threshold).items()
    }
    return Measure(measured, trust.event, trust.p, shares)


def _shares(y: np.ndarray, called: np.ndarray) -> dict[str, Share]:
    """Return the metrics of decisions that are shares of records."""
    return {
        "precision": Share(y & called, called),
        "recall": Share(y & called, y),
        "specificity": Share(~y & ~called, ~y),
        "accuracy": Share(y == called, np.ones(len(y), bool)),
    }


def _decisions(
    hits: np.ndarray, false: np.ndarray, positives: np.ndarray, total: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure decisions from true and false positives, positives and all records, arrays (b,)."""
    negatives = total - positives
    misses, rejected = positives - hits, negatives - false
    recall = _ratio(hits, positives, np.nan)
    specificity = _ratio(rejected, negatives, np.nan)
    scale = np.sqrt(positives * negatives * (hits + false) * (misses + rejected))
    mcc = _ratio(hits * rejected - false * misses, scale, 0)
    f1 = _ratio(2 * hits, hits + false + positives, np.nan)
    # First what a rare class can't flatter.
    return {
        "mcc": np.where(positives * negatives > 0, mcc, np.nan),
        "balanced_accuracy": (recall + specificity) / 2,
        "f1": np.where(positives > 0, f1, np.nan),
        "precision": np.where(positives > 0, _ratio(hits, hits + false, 0), np.nan),
        "recall": recall,
        "specificity": specificity,
        "accuracy": (hits + rejected) / total,
    }


def choose_threshold(y: np.ndarray, p: np.ndarray) -> float | None:
    """Choose the decision threshold with the highest Matthews correlation.

    MCC rather than balanced accuracy, because it is what promoter and binding-site studies report,
    and because it weighs every cell of the confusion matrix as often as it occurs: with few
    positives, balanced accuracy calls so many negatives positive that precision collapses (Chicco &
    Jurman 2020, BMC Genomics 21:6). Half-way between two neighbouring scores; of equally good
    thresholds the one nearest to 0.5.

    Parameters
    ----------
    y
        bool (n,): the record is positive. These are validation records: a threshold chosen on the
        test records would flatter the model.
    p
        (n,), the probability of the positive class.

    Returns
    -------
    float or None
        None if the records are all of one class, which leaves nothing to choose by.
    """
    if np.all(y) or not np.any(y):
        return None
    ranking = Ranking(y, p)
    hits, false = (counts[0] for counts in ranking.counts(np.ones((1, len(p)))))
    mcc = _decisions(hits, false, hits[-1], np.float64(len(p)))["mcc"]
    scores = ranking.thresholds
    middle = (scores + np.append(scores[1:], 0.0)) / 2
    # Between neighbouring floats the middle may round to the lower one, which is called already.
    thresholds = np.where(middle > np.append(scores[1:], -np.inf), middle, scores)
    best = np.flatnonzero(mcc >= mcc.max() - 1e-12)
    return float(thresholds[best[np.argmin(np.abs(thresholds[best] - 0.5))]])


# ------------------------------------------------------------------------------ more classes


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
    `ece` (of the most probable class, see `calibration_gaps`).

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
        recall = _ratio(hits, occur, np.nan)
        # Never called is a precision of 0; without a record there is nothing to be right about.
        precision = np.where(occur > 0, _ratio(hits, positive, 0), np.nan)
        f1 = np.where(occur > 0, _ratio(2 * hits, positive + occur, 0), np.nan)
        by_class = {
            "auroc": np.stack([auroc(*counts) for counts in curves], axis=1),
            "auprc": np.stack([average_precision(*counts) for counts in curves], axis=1),
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
        macro = {name: _mean(values[:, occurring]) for name, values in by_class.items()}
        overall = {
            "auroc": macro["auroc"],
            "auprc": macro["auprc"],
            "mcc": _gorodkin(hits.sum(axis=1), positive, occur, total),
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
        for metric, share in _shares(truth[:, i], called[:, i]).items()
        if metric in ("precision", "recall")
    }
    shares[Key("", "accuracy", "")] = Share(decision == y, np.ones(len(y), bool))
    return Measure(measured, trust.event, trust.p, shares)


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over classes, (b, classes) to (b,); NaN if there is no class."""
    return values.mean(axis=1) if values.shape[1] else np.full(len(values), np.nan)


def _gorodkin(
    correct: np.ndarray, called: np.ndarray, occur: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Return R_K from counts: correct (b,), called and occur (b, classes), total (b,)."""
    covariance = correct * total - np.sum(called * occur, axis=1)
    called_variance = total**2 - np.sum(called**2, axis=1)
    true_variance = total**2 - np.sum(occur**2, axis=1)
    result = _ratio(covariance, np.sqrt(called_variance * true_variance), 0)
    return np.where(true_variance > 0, result, np.nan)


# ------------------------------------------------------------------------------ probabilities


def probability_scores(
    y: np.ndarray, probabilities: np.ndarray, classes: list[str], positive: str
) -> Measure:
    """Return the function from weights to `brier`, `ece` and `log_loss`.

    Parameters are those of `measure`, definitions those of `binary` and `multiclass`.
    """
    truth = y[:, None] == np.arange(len(classes))
    surprise = _surprise(probabilities[truth])
    if positive:
        index = classes.index(positive)
        p, event = probabilities[:, index], truth[:, index]
        brier = (p - event) ** 2
    else:
        p, event = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
        brier = np.sum((probabilities - truth) ** 2, axis=1)
    losses = np.stack([brier, surprise], axis=1)
    gaps = calibration_gaps(event, p)

    def measured(weights: np.ndarray) -> Values:
        total = weights.sum(axis=1)
        brier, log_loss = (weights @ losses).T / total
        return {
            Key("", "brier", ""): brier,
            ECE: np.abs(weights @ gaps).sum(axis=1) / total,
            Key("", "log_loss", ""): log_loss,
        }

    return Measure(measured, event, p)


def before_calibration(
    probabilities: np.ndarray, temperature: float, biases: Sequence[float]
) -> np.ndarray:
    """Undo a calibration, see `calibration.calibrate`: float (n, classes) both.

    They come from single precision, where what is too near to 1 is 1, and the rest 0: that counts
    as half its step.
    """
    least = np.finfo(np.float32).epsneg / 2
    logs = np.log(np.where(probabilities > 0, probabilities, least))
    logits = temperature * (logs - np.asarray(biases))
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def calibration_gaps(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return what the expected calibration error sums: (n, bins), p - y in the bin of p.

    The error is the sum over bins of |sum of p - y| divided by the number of records (Naeini et al.
    2015, AAAI; Guo et al. 2017, ICML), with 15 bins of equal width: unlike bins of equal mass they
    do not move from replicate to replicate.

    Parameters
    ----------
    y
        bool (n,): the event happened.
    p
        (n,), its predicted probability.
    """
    gaps = np.zeros((len(p), ECE_BINS))
    gaps[np.arange(len(p)), probability_bins(p, ECE_BINS)] = p - y
    return gaps


def _surprise(p: np.ndarray) -> np.ndarray:
    # A probability of 0 that was wrong would cost infinity; the clip is scikit-learn's.
    return -np.log(np.clip(p, np.finfo(float).eps, 1))


def confusion(y: np.ndarray, decision: np.ndarray, classes: int) -> np.ndarray:
    """Return int (classes, classes): how many records of class i (row) were called j (column)."""
    return np.bincount(y * classes + decision, minlength=classes**2).reshape(classes, classes)


def classification_report(cells: np.ndarray, classes: list[str]) -> str:
    """Return a table of precision, recall, F1 and support by class, with their averages.

    Parameters
    ----------
    cells
        int (classes, classes), rows are the truth, see `confusion`.
    classes
        The names of the classes.
    """
    hits, support, called = np.diag(cells), cells.sum(axis=1), cells.sum(axis=0)
    scores = np.stack(
        [
            _ratio(hits, called, 0),
            _ratio(hits, support, 0),
            _ratio(2 * hits, called + support, 0),
        ],
        axis=1,
    )
    total = support.sum()
    lines = [*zip(classes, scores, support, strict=True)]
    lines += [
        ("macro average", scores.mean(axis=0), total),
        ("weighted average", support @ scores / total, total),
    ]
    width = max(len(name) for name, _, _ in lines)
    header = ["precision", "recall", "f1", "support"]
    table = [" " * width + "".join(f"{name:>11}" for name in header)]
    for name, values, n in lines:
        table.append(f"{name:<{width}}" + "".join(f"{v:11.3f}" for v in values) + f"{n:>11,}")
    table.append(f"\naccuracy {hits.sum() / total:.3f} of {total:,} records")
    return "\n".join(table)


# ------------------------------------------------------------------------------ curves


class Band(NamedTuple):
    """A curve on a grid with its pointwise bootstrap interval; arrays (grid,)."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_band(
    y: np.ndarray,
    p: np.ndarray,
    weights: Iterable[np.ndarray],
    grid: np.ndarray,
    confidence: float = 0.95,
) -> Band:
    """Return the true positive rate at given false positive rates.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    p
        (n,), its score.
    weights
        Blocks (b, n) of bootstrap weights, see `uncertainty.bootstrap_weights`.
    grid
        False positive rates, (grid,).
    confidence
        Of the pointwise percentile interval.
    """

    def curve(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
        rates = (np.append(0, counts) / counts[-1] for counts in (false, hits))
        return np.interp(grid, *rates)  # at a vertical step the upper end

    return _band(curve, y, p, weights, grid, confidence)


def pr_band(
    y: np.ndarray,
    p: np.ndarray,
    weights: Iterable[np.ndarray],
    grid: np.ndarray,
    confidence: float = 0.95,
) -> Band:
    """Return the precision at given recalls, as a step function, the way average precision sums it.

    Parameters
    ----------
    y
        bool (n,): the record is positive.
    p
        (n,), its score.
    weights
        Blocks (b, n) of bootstrap weights, see `uncertainty.bootstrap_weights`.
    grid
        Recalls, (grid,).
    confidence
        Of the pointwise percentile interval.
    """

    def curve(hits: np.ndarray, false: np.ndarray) -> np.ndarray:
        # The first threshold that reaches the recall, or, for recall 0, that calls any positive.
        # A little less is asked for, because grid * positives may round up past the exact count.
        at = np.searchsorted(hits, np.maximum(grid * hits[-1], 1) - 1e-6)
        return hits[at] / (hits[at] + false[at])

    return _band(curve, y, p, weights, grid, confidence)


def _band(
    curve: Callable[[np.ndarray, np.ndarray], np.ndarray],
    y: np.ndarray,
    p: np.ndarray,
    weights: Iterable[np.ndarray],
    grid: np.ndarray,
    confidence: float,
) -> Band:
    ranking = Ranking(y, p)

    def curves(block: np.ndarray) -> np.ndarray:
        rows = np.full((len(block), len(grid)), np.nan)
        for row, hits, false in zip(rows, *ranking.counts(block), strict=True):
            if hits[-1] and false[-1]:
                row[:] = curve(hits, false)
        return rows

    observed = curves(np.ones((1, len(p))))[0]
    replicates = np.concatenate([curves(block) for block in weights])
    return Band(observed, *interval(replicates, confidence))
