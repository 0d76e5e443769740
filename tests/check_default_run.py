"""Check what the default run promises, after `make`: every model measured, none out of its range.

The ranges are those of the tutorial's own program and of the task's exact optimum, which the
network of this project has to come near on the same test records.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import yaml  # noqa: E402

from attendna.contracts.measurements import read_comparison, read_metrics  # noqa: E402

RANGES = {"tutorial_cnn": (0.72, 0.86), "oracle": (0.89, 0.93)}
# What docs/tutorial.md tells of these, in this order.
TOLD = ("attention_cnn", "kmer_logistic", "oracle")
OTHER_MACHINES = 0.015  # by which the numbers of other processors may differ
BELOW_ORACLE = 0.02  # at most, of the attention_cnn; nothing learns more than the oracle knows


def main() -> None:
    """Print the test AUROC of each model, and fail where something is missing or out of range."""
    models = list(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["models"])
    metrics = read_metrics(ROOT / "results/tutorial/metrics.tsv")
    auroc = metrics.query("split == 'test' and subset == 'all' and metric == 'auroc'")
    auroc = auroc.set_index("model")
    for model in models:
        value, low, high = auroc.loc[model, ["value", "low", "high"]]
        print(f"{model}: test AUROC {value:.3f} ({low:.3f} to {high:.3f})")
        least, most = RANGES.get(model, (0, 1))
        if not (low <= value <= high and least <= value <= most):
            sys.exit(f"{model}: AUROC {value:.3f} is not within {least} to {most}")
    lost = auroc.loc["oracle", "value"] - auroc.loc["attention_cnn", "value"]
    print(f"attention_cnn: {lost:.3f} below the oracle")
    if not -BELOW_ORACLE <= lost <= BELOW_ORACLE:
        sys.exit(f"attention_cnn: AUROC {lost:.3f} below the oracle's, not within {BELOW_ORACLE}")
    tutorial = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    [section] = re.findall(r"^## 3\..+?(?=^## 4)", tutorial, re.MULTILINE | re.DOTALL)
    for model, told in zip(TOLD, re.findall(r"0\.\d\d", section), strict=True):
        if abs(auroc.loc[model, "value"] - float(told)) > OTHER_MACHINES:
            sys.exit(f"docs/tutorial.md tells an AUROC of {told} for {model}; correct it")
    pairs = read_comparison(ROOT / "results/tutorial/comparison.tsv")[["model_a", "model_b"]]
    expected = len(models) * (len(models) - 1) // 2
    if len(pairs.drop_duplicates()) != expected:
        sys.exit(f"{len(pairs.drop_duplicates())} pairs of models compared, not {expected}")
    page = (ROOT / "results/report.html").read_text(encoding="utf-8")
    if any(model not in page for model in models):
        sys.exit("results/report.html does not name every model")


if __name__ == "__main__":
    main()
