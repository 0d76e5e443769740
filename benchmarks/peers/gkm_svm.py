"""A gapped k-mer SVM of gkmsvm-lite with its own settings (l 11, k 7, d 3, C 1)."""

from __future__ import annotations

import common
import numpy as np
from gkmsvm import one_hot_encode, train_gkmsvm


def main() -> None:
    """Train, score the test records, save."""
    parser = common.parse(__doc__)
    parser.add_argument(
        "--bases",
        type=int,
        default=300_000,
        help="of training sequences at most, drawn at random: the time grows with their square",
    )
    arguments = parser.parse_args()
    clock = common.Clock()
    records = common.read(arguments.fasta, arguments.split)
    train, note = records.split["train"], ""
    most = arguments.bases // len(records.sequences[0])
    if len(train) > most:
        note = f"on {most:,} of {len(train):,} training sequences"
        train = np.random.default_rng(arguments.seed).permutation(train)[:most]
    chosen = {
        label: [records.sequences[i] for i in train if records.positive[i] == label]
        for label in (True, False)
    }
    began = clock.now()
    model = train_gkmsvm(chosen[True], chosen[False], device="cpu")
    ended = clock.now()
    test = np.stack([one_hot_encode(records.sequences[i]) for i in records.split["test"]])

    def scores() -> np.ndarray:
        # Its decision is at 0. The logistic function keeps the order and puts that at 0.5.
        return 1 / (1 + np.exp(-np.asarray(model(test)).ravel()))

    final, speed = common.timed(len(test), scores, clock)
    speed_of_training = len(train) / (ended - began)
    done = common.Training(len(train), [ended], speed_of_training, 0, final[None], "end", note=note)
    common.save(arguments.out, clock, done, final, speed)


if __name__ == "__main__":
    main()
