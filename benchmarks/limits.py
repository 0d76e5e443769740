"""How near a network comes to the best possible, and how far it is ahead of what is simpler.

In a folder of its own (real.yaml wants the real data there, as `data`):

    snakemake --snakefile CLONE/Snakefile --directory . --cores 2 \
        --configfile CLONE/benchmarks/limits.yaml evaluation
    python CLONE/benchmarks/limits.py results/DATASET ...

Of every dataset: each model's test scores, of all records and, where a split leaks, of those that
are unrelated to others (the mean over seeds and folds, and the standard deviation over the seeds),
and what the first model has more than each other one, with the paired interval of comparison.tsv.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import numpy as np  # noqa: E402

from attendna.contracts.measurements import POOLED, read_comparison, read_metrics  # noqa: E402

METRICS = ["auroc", "accuracy", "mcc", "ece", "log_loss"]
COMPARED = ["auroc", "accuracy", "mcc"]


def main() -> None:
    """Print the tables of every dataset."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", nargs="+", type=Path, help="results/DATASET")
    parser.add_argument("--model", default="attention_cnn")
    arguments = parser.parse_args()
    for folder in arguments.dataset:
        print(f"\n{folder.name}")
        scores(folder / "metrics.tsv")
        differences(folder / "comparison.tsv", arguments.model)


def scores(path: Path) -> None:
    """Print a line for each model, and where test records leak another one without these."""
    table = read_metrics(path)
    chosen = table.query("split == 'test' and metric in @METRICS").copy()
    chosen = chosen[(chosen["class"] == "") & chosen["threshold"].isin(["", "0.5"])]
    chosen = chosen[chosen["fold"] != POOLED]
    unrelated = chosen["subset"] != "all"
    chosen.loc[unrelated, "model"] += ", " + chosen.loc[unrelated, "subset"]
    by_seed = chosen.groupby(["model", "metric", "seed"], sort=False)["value"].mean()
    means, spreads = (by_seed.groupby(level=[0, 1], sort=False).agg(how) for how in ("mean", "std"))
    runs = chosen.query("metric == @METRICS[0]").groupby("model", sort=False).size()
    print(f"| model | runs | {' | '.join(METRICS)} |")
    for model in runs.index:
        cells = [
            f"{means[model, metric]:.4f} ± {spreads[model, metric]:.4f}"
            if np.isfinite(spreads[model, metric])
            else f"{means[model, metric]:.4f}"
            for metric in METRICS
            if (model, metric) in means
        ]
        print(f"| {model} | {runs[model]} | {' | '.join(cells)} |")


def differences(path: Path, model: str) -> None:
    """Print what one model has more than each other one."""
    table = read_comparison(path).query("subset == 'all'")
    table = table[table["fold"] == (POOLED if POOLED in set(table["fold"]) else "1")]
    for row in table.query(
        "metric in @COMPARED and (model_a == @model or model_b == @model)"
    ).itertuples():
        sign = 1 if row.model_a == model else -1
        low, high = sorted([sign * row.low, sign * row.high])
        other = row.model_b if sign == 1 else row.model_a
        print(
            f"{model} - {other}, {row.metric}: {sign * row.difference:+.4f} "
            f"({low:+.4f} to {high:+.4f}), p {row.p_value:.3g}"
        )


if __name__ == "__main__":
    main()
