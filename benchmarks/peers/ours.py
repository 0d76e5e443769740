"""attention_cnn with the settings of config.yaml, trained by the library as train.py does."""

from __future__ import annotations

import sys
from pathlib import Path

import common
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
CLASSES = ["negative", "positive"]


def main() -> None:
    """Train, calibrate, predict the test records, save."""
    arguments = common.parse(__doc__).parse_args()
    clock = common.Clock()
    import yaml

    from attendna.contracts.encoded import Encoded
    from attendna.dna import one_hot
    from attendna.learning import devices, models, training
    from attendna.learning.calibration import calibrate
    from attendna.learning.preparing import prepared
    from attendna.learning.schedule import plan

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    how = config["training"]
    devices.set_up("cpu", how["precision"], 1, how["deterministic"], arguments.seed)
    from epochs import Epochs  # imports Keras, which the house imports in its own way

    records = common.read(arguments.fasta, arguments.split)
    letters = np.frombuffer("".join(records.sequences).encode("ascii"), np.uint8)
    x = one_hot(letters.reshape(len(records.sequences), -1))
    y = records.positive.astype(np.int32)
    length = np.full(len(x), x.shape[1], np.int32)
    encoded = Encoded(x, y, length, CLASSES, "positive", "")
    values = dict(config["architectures"]["attention_cnn"])
    how |= values.pop("training", {})
    about = (encoded, records.split, training.Training.of(how), arguments.seed)
    model, values = prepared("attention_cnn", values, *about)
    train, validation = len(records.split["train"]), records.split["validation"]
    test = x[records.split["test"]]

    def scores() -> np.ndarray:
        return models.predict(model, test)[:, 1]

    noted = Epochs(clock, train, scores, arguments.cap)
    training.train(
        model,
        x,
        y,
        records.split,
        training.Training.of(how),
        arguments.seed,
        reverse_complements=values["reverse_complement"] == "augment",
        callbacks=[noted],
    )
    if how["calibration"] != "none":
        calibrate(model, x[validation], y[validation], how["calibration"] == "bias_corrected")
    final, speed = common.timed(len(test), scores, clock)
    done = noted.training(plan(how["epochs"], how["batch_size"], train, 1)[0], model.count_params())
    common.save(arguments.out, clock, done, final, speed)


if __name__ == "__main__":
    main()
