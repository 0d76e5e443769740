"""Whether intervals hold the truth as often as they say, and p-values are uniform under the null.

    python benchmarks/coverage.py

Scores are normal, the classes apart by a known shift, and probabilities are the posteriors, so the
true value of every metric is known (from two million records). Test sets are drawn again and again,
and it is counted how often the 95 % interval holds that value: for independent records, for records
in groups of relatives that share most of their score, and for four classes. Then two models that
are equally good are compared on the same records. Percentile intervals, the usual choice, and
intervals that ignore the groups stand beside.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import kstest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna import metrics  # noqa: E402
from attendna.metrics import Key  # noqa: E402
from attendna.uncertainty import bootstrap, interval, paired_difference  # noqa: E402

TRUTH = 2_000_000  # records that stand for all there are
CONFIDENCE = 0.95
SHARED = 0.8  # share of a score's variance that a group of relatives has in common
SHOWN = ["auroc", "auprc", "mcc", "balanced_accuracy", "f1", "accuracy", "brier", "log_loss", "ece"]

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray, np.ndarray]]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000, help="test sets of each kind")
    parser.add_argument("--replicates", type=int, default=300, help="of the bootstrap")
    return parser.parse_args()


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


def measure(y: np.ndarray, p: np.ndarray) -> metrics.Measure:
    """Return all metrics at the threshold 0.5."""
    names = [str(i) for i in range(p.shape[1])]
    return metrics.measure(y, p, names, "1" if len(names) == 2 else "", {"0.5": 0.5})


def coverage(name: str, draw: Draw, n: int, args: argparse.Namespace) -> None:
    """Print how often intervals hold the truth, in percent."""
    y, p, _ = draw(np.random.default_rng(0), TRUTH)
    keys = [key for key in measure(y[:100], p[:100])(np.ones((1, 100))) if not key.label]
    truth = {key: v[0] for key, v in measure(y, p)(np.ones((1, TRUTH))).items() if key in keys}
    keys = [key for key in keys if key.metric in SHOWN]
    kinds = ["ours", "percentile", "ours, groups ignored"]
    inside = {kind: dict.fromkeys(keys, 0) for kind in kinds}
    for seed in range(args.draws):
        y, p, groups = draw(np.random.default_rng([1, seed]), n)
        measured = measure(y, p)
        alone = np.arange(n)
        for kind, which in (("ours", groups), ("ours, groups ignored", alone)):
            found = metrics.estimate(measured, y, which, args.replicates, CONFIDENCE, seed)
            for key in keys:
                inside[kind][key] += found[key].low <= truth[key] <= found[key].high
        drawn = bootstrap(measured, n, args.replicates, seed, groups)
        for key in keys:
            low, high = interval(drawn[key][1:], CONFIDENCE)
            inside["percentile"][key] += low <= truth[key] <= high
    grouped = len(np.unique(groups)) < n
    print(f"\n{name}, {n} records, {args.draws} test sets")
    print("metric              truth " + "".join(f"{kind:>22}" for kind in kinds[: 2 + grouped]))
    for key in sorted(keys, key=lambda key: SHOWN.index(key.metric)):
        shares = [100 * inside[kind][key] / args.draws for kind in kinds[: 2 + grouped]]
        print(f"{key.metric:<18} {truth[key]:6.3f} " + "".join(f"{s:22.1f}" for s in shares))


def null(name: str, shift: float, positives: float, n: int, args: argparse.Namespace) -> None:
    """Print whether p-values of two equally good models are uniform."""
    p_values: dict[Key, list[float]] = {}
    for seed in range(args.draws):
        rng = np.random.default_rng([2, seed])
        y = rng.random(n) < positives
        common = rng.normal(size=n)
        drawn = []
        for _ in range(2):
            score = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * rng.normal(size=n) + shift * y
            logit = np.log(positives / (1 - positives)) + shift * score - shift**2 / 2
            p = 1 / (1 + np.exp(-logit))
            model = measure(y.astype(int), np.stack([1 - p, p], axis=1))
            drawn.append(bootstrap(model, n, args.replicates, seed))
        for key in drawn[0]:
            if key.metric in SHOWN and key.metric != "ece":
                difference = drawn[0][key] - drawn[1][key]
                found = paired_difference(difference, CONFIDENCE).p_value
                p_values.setdefault(key, []).append(found)
    print(f"\ntwo equally good models: {name}, {n} records, {args.draws} test sets")
    print("metric              below 0.05   below 0.01   Kolmogorov-Smirnov p")
    for key in sorted(p_values, key=lambda key: SHOWN.index(key.metric)):
        found = np.array(p_values[key])
        print(
            f"{key.metric:<18} {np.mean(found < 0.05):11.3f} {np.mean(found < 0.01):12.3f} "
            f"{kstest(found, 'uniform').pvalue:16.3f}"
        )


def main() -> None:
    """Run all."""
    args = parse()
    coverage("AUROC 0.76, half positive", two_classes(1.0, 0.5), 200, args)
    coverage("AUROC 0.96, half positive", two_classes(2.5, 0.5), 400, args)
    coverage("AUROC 0.96, a tenth positive", two_classes(2.5, 0.1), 400, args)
    coverage("AUROC 0.96, a tenth positive", two_classes(2.5, 0.1), 2000, args)
    coverage("AUROC 0.86, groups of 4", two_classes(1.5, 0.4, members=4), 800, args)
    coverage("four classes", many_classes(2.0, [0.4, 0.3, 0.2, 0.1]), 400, args)
    null("AUROC 0.76, half positive", 1.0, 0.5, 200, args)
    null("AUROC 0.96, a fifth positive", 2.5, 0.2, 1000, args)


if __name__ == "__main__":
    main()
