r"""What a network says of two sites by their distance, order and strand.

    python benchmarks/spacing.py results/regulatory fold1/attention_cnn/seed1 ACAATGG ATGCAAAT

Both words are written into test records whose dinucleotides were shuffled, with every gap up to
--most bases, in both orders, and with the second word on either strand. A line for each: the
logit (of the positive class, or of the first of more) with both words, less those with each of them
alone at the same place, plus that with none. That is what the pair tells beyond its sites: the mean
over the records and its standard error. Compare it with what was planted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna.contracts.encoded import read_encoded  # noqa: E402
from attendna.contracts.splits import read_split  # noqa: E402
from attendna.dna import decode, letters, one_hot, reverse_complement  # noqa: E402
from attendna.explanation import attribution  # noqa: E402
from attendna.learning import models  # noqa: E402
from attendna.shuffling import shuffle_dinucleotides  # noqa: E402


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, help="results/DATASET")
    parser.add_argument("run", help="in it, such as fold1/attention_cnn/seed1")
    parser.add_argument("first", help="a word of A, C, G and T")
    parser.add_argument("second", help="another one")
    parser.add_argument("--most", type=int, default=40, help="bases between them")
    parser.add_argument("--records", type=int, default=50)
    arguments = parser.parse_args()
    encoded = read_encoded(arguments.dataset / "encoded.npz")
    split = read_split(arguments.dataset / "fold1" / "split.npz", len(encoded.y))
    model = models.load(arguments.dataset / arguments.run / "model.keras")
    backgrounds = shuffled(np.asarray(encoded.x[split["test"][: arguments.records]]))
    first = one_hot(letters([arguments.first]))[0]
    second = one_hot(letters([arguments.second]))[0]
    print("order\tstrand\tgap\tinteraction\terror")
    for strand, other in (("+", second), ("-", reverse_complement(second[None])[0])):
        for gap in range(arguments.most + 1):
            for order, pair in (("first second", (first, other)), ("second first", (other, first))):
                found = interaction(model, backgrounds, *pair, gap)
                error = found.std(ddof=1) / np.sqrt(len(found))
                print(f"{order}\t{strand}\t{gap}\t{found.mean():.3f}\t{error:.3f}", flush=True)


def shuffled(x: np.ndarray) -> np.ndarray:
    """Shuffle each record, uint8 (n, length, 4), keeping its dinucleotides."""
    rows = decode(x)
    for i, row in enumerate(rows):
        shuffled = shuffle_dinucleotides(row.tobytes().decode(), np.random.default_rng([1, i]))
        row[:] = np.frombuffer(shuffled.encode(), np.uint8)
    return one_hot(rows)


def interaction(
    model: models.keras.Model, x: np.ndarray, left: np.ndarray, right: np.ndarray, gap: int
) -> np.ndarray:
    """Return what two words say together beyond what each says alone, float (n,)."""
    start = (x.shape[1] - len(left) - gap - len(right)) // 2
    places = slice(start, start + len(left)), slice(start + len(left) + gap, None)
    variants = [x.copy() for _ in range(4)]
    for i, variant in enumerate(variants):
        if i & 1:
            variant[:, places[0]] = left
        if i & 2:
            variant[:, places[1].start : places[1].start + len(right)] = right
    logits = attribution.logits_of(model)
    none, one, other, both = (logits.predict(v, batch_size=256, verbose=0)[:, 0] for v in variants)
    return both - one - other + none


if __name__ == "__main__":
    main()
