r"""What a network says of two sites by their distance, order and strand.

    python benchmarks/spacing.py results/regulatory fold1/attention_cnn/seed1 ACAATGG ATGCAAAT

As the rule `find_rules` asks of the motifs that were found, but of any two words. A line for each
arrangement and distance: what the pair tells beyond its sites, for the positive class or the first
of more, the mean over shuffled test records and its standard error. Compare it with what was
planted.
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
from attendna.explanation.pair_effects import effects, is_symmetric  # noqa: E402
from attendna.explanation.pair_search import class_scores, filled  # noqa: E402
from attendna.explanation.pair_words import Word  # noqa: E402
from attendna.learning import models  # noqa: E402


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
    records = split["test"][: arguments.records]
    backgrounds = filled(np.asarray(encoded.x[records]), len(records), seed=1)
    words = [Word(letters, "", letters) for letters in (arguments.first, arguments.second)]
    score = class_scores(model)
    symmetric = is_symmetric(score, backgrounds, words)
    found = effects(score, backgrounds, words, range(arguments.most + 1), symmetric)
    label = encoded.classes.index(encoded.positive) if encoded.positive else 0
    print("left\tstrand\tright\tstrand\tgap\tbeyond\terror")
    for arrangement, beyond in zip(found.arrangements, found.beyond[..., label], strict=True):
        left, one, right, other = arrangement
        if left != right:
            standing = f"{words[left].letters}\t{one}\t{words[right].letters}\t{other}"
            for gap, values in zip(found.gaps, beyond, strict=True):
                error = values.std(ddof=1) / np.sqrt(len(values))
                print(f"{standing}\t{gap}\t{values.mean():.3f}\t{error:.3f}")


if __name__ == "__main__":
    main()
