"""How fast networks train and predict, beside each other on the same simulated records.

    python benchmarks/speed.py

Trains each network for three epochs on random sequences, in turns, and prints the sequences a
second after the first epoch (TensorFlow compiles in it), validation included as in any training,
then those of prediction in full batches, as medians over the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import sys
import time
from pathlib import Path

import numpy as np
import yaml
from settled import settled

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

SPEED = re.compile(r"([\d,]+) sequences/s")
NETWORKS = {
    "attention_cnn": {},
    "attention_cnn, with places": {"position": True},
    "attention_cnn, with partners": {"partner_sizes": [15]},
    "attention_cnn, both strands": {"reverse_complement": "average"},
    "attention_cnn, either strand": {"reverse_complement": "either"},
    "attention_cnn, either strand, with partners": {
        "reverse_complement": "either",
        "partner_sizes": [15],
    },
    "tutorial_cnn": {},
}


def main() -> None:
    """Print a line for each network."""
    from attendna.learning import devices, models, training

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=8000, help="a fifth of them is validation")
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    devices.set_up("auto", "auto", arguments.threads, False, 1)
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    rng = np.random.default_rng(1)
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (arguments.records, arguments.length))]
    y = np.arange(len(x)) % 2
    split = {"train": np.arange(len(x) // 5, len(x)), "validation": np.arange(len(x) // 5)}
    speeds = {name: ([], []) for name in NETWORKS}
    for _ in range(arguments.rounds):
        for name, changes in NETWORKS.items():
            architecture = name.split(",")[0]
            own = dict(config["architectures"][architecture])
            how = {**config["training"], **own.pop("training", {}), "epochs": 3}
            values = settled(config, **changes) if architecture == "attention_cnn" else own
            build = models.NETWORKS[architecture]
            model = build(arguments.length, ["no", "yes"], "yes", **values)
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                training.train(model, x, y, split, training.Training.of(how), 1)
            found = [float(text.replace(",", "")) for text in SPEED.findall(said.getvalue())]
            speeds[name][0].extend(found[1:])
            models.predict(model, x[:512])
            started = time.monotonic()
            models.predict(model, x)
            speeds[name][1].append(len(x) / (time.monotonic() - started))
    last = np.median(speeds["tutorial_cnn"][0])
    for name, (trained, predicted) in speeds.items():
        print(
            f"{name}: {np.median(trained):,.0f} sequences/s in training "
            f"({np.median(trained) / last:.1f} times tutorial_cnn), "
            f"{np.median(predicted):,.0f} in prediction"
        )


if __name__ == "__main__":
    main()
