"""Whether intervals hold the truth as often as they say, and p-values are uniform under the null.

    python benchmarks/coverage.py

Scores are normal, the classes apart by a known shift, and probabilities are the posteriors, so the
true value of every metric is known (from two million records). Test sets are drawn again and again,
and it is counted how often the 95% interval holds that value: for independent records in classes
of like and unlike size, for records in groups of relatives that share most of their score, and for
four classes. The same for the calibration error of probabilities that are off in several ways, and
for the difference of two models. Two models that are equally good are compared on the same records,
and so are two that are equally good but score on different scales. Percentile intervals, the usual
choice, and intervals that ignore the groups stand beside.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from scipy.stats import kstest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna.evaluation import metrics  # noqa: E402
from attendna.evaluation.bootstrap import bootstrap  # noqa: E402
from attendna.evaluation.calibration_error import (  # noqa: E402
    ECE_BINS,
    calibration_error_interval,
    calibration_gaps,
)
from attendna.evaluation.comparison import TIES, swapped  # noqa: E402
from attendna.evaluation.confidence_intervals import normal_interval, percentile_interval  # noqa: E402
from attendna.evaluation.measures import Measure  # noqa: E402
from attendna.evaluation.metric_intervals import AREAS, estimates  # noqa: E402
from attendna.evaluation.permutation import swap_p_value, swaps  # noqa: E402
from attendna.evaluation.probability_scores import ECE  # noqa: E402

TRUTH = 2_000_000  # records that stand for all there are
CONFIDENCE = 0.95
SHARED = 0.8  # share of a score's variance that a group of relatives has in common
SHOWN = ["auroc", "auprc", "mcc", "balanced_accuracy", "f1", "precision", "recall", "accuracy"]
SHOWN += ["brier", "log_loss", "ece"]
LARGE = 800  # records from which on sets are fewer: they take longer and are nearer to 95%
PARTS = ["coverage", "calibration", "comparison"]
OFF: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "calibrated": lambda logit: logit,
    "logit + 0.3": lambda logit: logit + 0.3,
    "logit + 1": lambda logit: logit + 1,
    "logit x 2": lambda logit: 2 * logit,
    "logit / 2": lambda logit: logit / 2,
    "in waves": lambda logit: logit + np.sin(4 * logit) / 2,
}

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray, np.ndarray]]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--draws", type=int, default=2000, help="test sets of each kind; of large ones a quarter"
    )
    parser.add_argument("--replicates", type=int, default=300, help="of the bootstrap")
    parser.add_argument("--only", choices=PARTS, help="one part; all if left out")
    parser.add_argument("--processes", type=int, default=1, help="kinds at a time")
    return parser.parse_args()


def draws_of(args: argparse.Namespace, n: int) -> int:
    """Return how many test sets of so many records to draw."""
    return args.draws if n < LARGE else args.draws // 4


def two_classes(shift: float, positives: float, members: int = 1) -> Draw:
    """Return what draws two classes in groups of `members`, a share of them positive."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        groups = np.arange(n) // members
        y = (rng.random(n // members + 1) < positives)[groups]
        shared = rng.normal(size=n // members + 1)[groups]
        own = rng.normal(size=n)
        weight = SHARED if members > 1 else 0.0
        score = np.sqrt(weight) * shared + np.sqrt(1 - weight) * own + shift * y
        logit = np.log(positives / (1 - positives)) + shift * score - shift**2 / 2
        p = 1 / (1 + np.exp(-logit))
        return y.astype(int), np.stack([1 - p, p], axis=1), groups

    return draw


def many_classes(shift: float, shares: list[float]) -> Draw:
    """Return what draws several classes, each apart from the others along an axis of its own."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        y = rng.choice(len(shares), n, p=shares)
        scores = rng.normal(size=(n, len(shares))) + shift * (y[:, None] == np.arange(len(shares)))
        odds = np.array(shares) * np.exp(shift * scores)
        return y, odds / odds.sum(axis=1, keepdims=True), np.arange(n)

    return draw


def measure(y: np.ndarray, p: np.ndarray) -> Measure:
    """Return all metrics at the threshold 0.5."""
    names = [str(i) for i in range(p.shape[1])]
    return metrics.measure(y, p, names, "1" if len(names) == 2 else "", {"0.5": 0.5})


def coverage(args: argparse.Namespace, name: str, draw: Draw, n: int) -> str:
    """Tell how often intervals hold the truth, in percent."""
    draws = draws_of(args, n)
    y, p, _ = draw(np.random.default_rng(0), TRUTH)
    keys = [key for key in measure(y[:100], p[:100])(np.ones((1, 100))) if not key.label]
    truth = {key: v[0] for key, v in measure(y, p)(np.ones((1, TRUTH))).items() if key in keys}
    truth[ECE] = 0.0
    keys = [key for key in keys if key.metric in SHOWN]
    kinds = ["ours", "percentile", "ours, groups ignored"]
    inside = {kind: dict.fromkeys(keys, 0) for kind in kinds}
    for seed in range(draws):
        y, p, groups = draw(np.random.default_rng([1, seed]), n)
        measured = measure(y, p)
        grouped = len(np.unique(groups)) < n
        for kind, which in (("ours", groups), ("ours, groups ignored", np.arange(n))):
            if kind == "ours" or grouped:
                drawn = bootstrap(measured, n, args.replicates, seed, which)
                found = estimates(drawn, measured, y, which, CONFIDENCE, seed)
                for key in keys:
                    inside[kind][key] += found[key].low <= truth[key] <= found[key].high
            if kind == "ours":
                of_groups = drawn
        for key in keys:
            low, high = percentile_interval(of_groups[key][1:], CONFIDENCE)
            inside["percentile"][key] += low <= truth[key] <= high
    shown = kinds[: 2 + grouped]
    lines = [f"{name}, {n} records, {draws} test sets"]
    lines.append("metric              truth " + "".join(f"{kind:>22}" for kind in shown))
    for key in sorted(keys, key=lambda key: SHOWN.index(key.metric)):
        shares = [100 * inside[kind][key] / draws for kind in shown]
        lines.append(f"{key.metric:<18} {truth[key]:6.3f} " + "".join(f"{s:22.1f}" for s in shares))
    return "\n".join(lines)


def calibration(args: argparse.Namespace, name: str, draw: Draw, n: int) -> str:
    """Tell how often the interval of the calibration error holds the true one, in percent."""
    draws = draws_of(args, n)
    lines = [f"calibration error: {name}, {n} records, {draws} test sets"]
    lines.append("probabilities       truth        inside")
    for kind, change in OFF.items():

        def predict(seed: list[int], n: int, change=change) -> tuple[np.ndarray, ...]:
            y, p, groups = draw(np.random.default_rng(seed), n)
            return y, 1 / (1 + np.exp(-change(np.log(p[:, 1] / p[:, 0])))), groups

        y, p, _ = predict([0], TRUTH)
        truth = np.abs(calibration_gaps(y, p).mean(axis=0)).sum() if kind != "calibrated" else 0.0
        inside = 0
        for seed in range(draws):
            drawn = predict([3, seed], n)
            found = calibration_error_interval(*drawn, ECE_BINS, CONFIDENCE, args.replicates, seed)
            inside += found[0] <= truth <= found[1]
        lines.append(f"{kind:<18} {truth:6.3f} {100 * inside / draws:13.1f}")
    return "\n".join(lines)


def comparison(
    args: argparse.Namespace,
    name: str,
    shifts: tuple[float, float],
    positives: float,
    n: int,
    sharper: float = 1.0,
) -> str:
    """Tell how often differences of two models hold the true one, and whether p is uniform."""
    draws = draws_of(args, n)

    def predict(seed: list[int], n: int) -> tuple[np.ndarray, list[np.ndarray]]:
        rng = np.random.default_rng(seed)
        y = rng.random(n) < positives
        common = rng.normal(size=n)
        models = []
        for shift, sharpness in zip(shifts, (1.0, sharper), strict=True):
            score = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * rng.normal(size=n) + shift * y
            logit = np.log(positives / (1 - positives)) + shift * score - shift**2 / 2
            p = 1 / (1 + np.exp(-sharpness * logit))
            models.append(np.stack([1 - p, p], axis=1))
        return y.astype(int), models

    y, models = predict([0], TRUTH)
    whole = [measure(y, p)(np.ones((1, TRUTH))) for p in models]
    keys = [key for key in whole[0] if key.metric in SHOWN and key != ECE]
    equal = shifts[0] == shifts[1]
    if sharper != 1:  # of probabilities that differ, what only depends on ranks
        keys = [key for key in keys if key.metric in AREAS]
    truth = {key: 0.0 if equal else whole[0][key][0] - whole[1][key][0] for key in keys}
    inside, p_values = dict.fromkeys(keys, 0), {key: [] for key in keys}
    tie_break = next(key for key in whole[0] if key.metric == TIES)
    for seed in range(draws):
        y, models = predict([2, seed], n)
        drawn = [bootstrap(measure(y, p), n, args.replicates, seed) for p in models]
        differences = swapped(y, *models, ["0", "1"], "1")
        parts = [differences(each) for each in swaps(n, args.replicates, seed)]
        after = {k: np.concatenate([part[k] for part in parts]) for k in (*keys, tie_break)}
        for key in keys:
            low, high = normal_interval(drawn[0][key] - drawn[1][key], CONFIDENCE)
            inside[key] += low <= truth[key] <= high
            p_values[key].append(swap_p_value(after[key], after[tie_break]))
    lines = [f"two models: {name}, {n} records, {draws} test sets"]
    lines.append("metric             difference   inside   p < 0.05   p < 0.01   uniform: KS p")
    for key in sorted(keys, key=lambda key: SHOWN.index(key.metric)):
        p = np.array(p_values[key])
        uniform = kstest(p, "uniform").pvalue
        lines.append(
            f"{key.metric:<18} {truth[key]:10.3f} {100 * inside[key] / draws:8.1f} "
            f"{np.mean(p < 0.05):10.3f} {np.mean(p < 0.01):10.3f} {uniform:15.3f}"
        )
    return "\n".join(lines)


def kinds(args: argparse.Namespace) -> list[Callable[[], str]]:
    """Return what is measured, one function a table."""
    middling, good = two_classes(1.0, 0.5), two_classes(2.5, 0.1)
    related = two_classes(1.5, 0.4, members=4)
    four = many_classes(2.0, [0.4, 0.3, 0.2, 0.1])
    sets = [("AUROC 0.76, half positive", middling, n) for n in (100, 200, 1000, 2000)]
    sets += [("AUROC 0.96, a tenth positive", good, n) for n in (100, 200, 1000, 2000)]
    sets += [("AUROC 0.96, half positive", two_classes(2.5, 0.5), n) for n in (100, 400)]
    sets += [("AUROC 0.86, groups of 4", related, n) for n in (200, 800)]
    tables = [partial(coverage, args, *each) for each in (*sets, ("four classes", four, 400))]
    sets = [each for each in sets if each[2] in (100, 200, 1000)]
    tables += [partial(calibration, args, *each) for each in sets]
    for n in (100, 200, 1000):
        fifth = "AUROC 0.96, a fifth positive"
        tables += [
            partial(comparison, args, "AUROC 0.76, half positive", (1.0, 1.0), 0.5, n),
            partial(comparison, args, fifth, (2.5, 2.5), 0.2, n),
        ]
    tables += [
        partial(comparison, args, "AUROC 0.76 and 0.71, half positive", (1.0, 0.8), 0.5, 200),
        partial(comparison, args, "AUROC 0.76, logits x 3 in one", (1.0, 1.0), 0.5, 200, 3.0),
    ]
    return [table for table in tables if args.only in (None, table.func.__name__)]


def table(args: argparse.Namespace, number: int) -> str:
    """Measure one of `kinds`; functions within functions do not reach another process."""
    return kinds(args)[number]()


def main() -> None:
    """Run all."""
    args = parse()
    with Pool(args.processes) as pool:
        for text in pool.imap(partial(table, args), range(len(kinds(args)))):
            print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
