"""How often the picture of attention points where single bases contribute.

    python benchmarks/attention.py results/DATASET/fold1/attention_cnn/seed1

Takes runs that were explained, and prints for the plain mean over filters and for the mean in which
each counts by what it contributes: the rank correlation with what bases contribute (in-silico
mutagenesis, without its sign), both smoothed over 9 bases, as the mean over the records; and the
share of records in which the highest places of both are at most 9 bases apart.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna.contracts.attributions import read_attributions  # noqa: E402
from attendna.contracts.encoded import read_encoded  # noqa: E402
from attendna.learning import models  # noqa: E402
from attendna.learning.backend import keras  # noqa: E402

AROUND = 9  # bases


def smooth(values: np.ndarray) -> np.ndarray:
    """Return the mean over `AROUND` bases at each place of (n, length)."""
    window = np.full(AROUND, 1 / AROUND)
    return np.stack([np.convolve(row, window, "same") for row in values])


def plain_mean(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return attention as the mean over filters and scales, (n, length)."""
    layers = [layer for layer in model.layers if layer.name.startswith(models.ATTENTION)]
    means = [keras.ops.mean(of.weights_along(*of.input), axis=2) for of in layers]
    found = keras.Model(model.input, keras.ops.mean(keras.ops.stack(means), axis=0))
    return found.predict_on_batch(x)[: len(x)]


def compare(folder: Path) -> None:
    """Print the row of one run."""
    stored = read_attributions(folder / "attributions.npz")
    x = read_encoded(folder.parents[2] / "encoded.npz").x[stored.records]
    model = models.load(folder / "model.keras")
    contributed = smooth(np.abs(stored.methods["mutagenesis"] * x).sum(axis=2))
    row = []
    _, weighted = models.attention_along(model, x, batch_size=64)
    for attention in (plain_mean(model, x), weighted.mean(axis=1)):
        smoothed = smooth(attention)
        pairs = list(zip(smoothed, contributed, strict=True))
        correlation = np.mean([spearmanr(a, b).statistic for a, b in pairs])
        near = np.mean([abs(int(a.argmax()) - int(b.argmax())) <= AROUND for a, b in pairs])
        row += [f"{correlation:.2f}", f"{near:.1%}"]
    print(f"| `{folder.parents[2].name}` | {len(x)} | {' | '.join(row)} |", flush=True)


def main() -> None:
    """Compare each run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path, help="folders of explained runs")
    print("| dataset | records | plain mean: correlation | near | weighted: correlation | near |")
    for folder in parser.parse_args().runs:
        compare(folder)


if __name__ == "__main__":
    main()
