"""The program that this project grew from, see `tutorial_program`, on the records of the others."""

from __future__ import annotations

import sys
from pathlib import Path

import common
import keras
import numpy as np
from epochs import Epochs

sys.path.append(str(Path(__file__).parents[1]))
import tutorial_program


def main() -> None:
    """Train, predict the test records, save."""
    arguments = common.parse(__doc__).parse_args()
    clock = common.Clock()
    keras.utils.set_random_seed(arguments.seed)
    records = common.read(arguments.fasta, arguments.split)
    x, y = common.one_hot(records.sequences), records.positive.astype(np.float64)
    train, validation, test = (records.split[name] for name in common.SPLITS)
    test = x[test]
    model = tutorial_program.network(x.shape[1])

    def scores() -> np.ndarray:
        return model.predict(test, verbose=0)[:, 0].astype(np.float64)

    noted = Epochs(clock, len(train), scores, arguments.cap)
    tutorial_program.fit(
        model, (x[train], y[train]), (x[validation], y[validation]), callbacks=[noted]
    )
    final, speed = common.timed(len(test), scores, clock)
    done = noted.training(tutorial_program.EPOCHS, model.count_params())
    common.save(arguments.out, clock, done, final, speed)


if __name__ == "__main__":
    main()
