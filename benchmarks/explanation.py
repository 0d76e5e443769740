"""How fast and how good explanations are.

    python benchmarks/explanation.py speed
    python benchmarks/explanation.py scores results/tutorial

`speed`: in-silico mutagenesis of random sequences by an untrained `attention_cnn` of the default
settings, by the windows that a mutation can reach and by predicting every mutant in full batches,
and the largest difference between the two; the second from a part of the sequences, since its time
is in proportion. `scores`: the explanation_scores.json of every explained run of a dataset.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import yaml
from settled import settled

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    speed = what.add_parser("speed")
    speed.add_argument("--model", type=Path, help="model.keras; default: an untrained one")
    speed.add_argument("--sequences", type=int, default=1000)
    speed.add_argument("--predicted", type=int, default=100, help="sequences predicted in full")
    speed.add_argument("--length", type=int, default=200)
    speed.add_argument("--threads", type=int, default=2)
    scores = what.add_parser("scores")
    scores.add_argument("dataset", nargs="+", type=Path, help="results/DATASET")
    return parser.parse_args()


def speed(arguments: argparse.Namespace) -> None:
    """Time both ways of in-silico mutagenesis on the same sequences."""
    from attendna.explanation import attribution
    from attendna.learning import devices, models

    devices.set_up("auto", "float32", arguments.threads, False, 1)
    if arguments.model:
        model = models.load(arguments.model)
    else:
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        settings = settled(config, position=True)
        model = models.attention_cnn(arguments.length, ["a", "b"], "a", **settings)
    random = np.random.default_rng(1)
    bases = random.integers(0, 4, (arguments.sequences, model.input.shape[1]))
    x = np.eye(4, dtype=np.uint8)[bases]
    part = x[: arguments.predicted]
    attribution.logits_of_mutants(model, x[:32])  # TensorFlow compiles
    attribution.predicted_mutants(model, x[:4])
    started = time.monotonic()
    fast = attribution.logits_of_mutants(model, x)
    windows = time.monotonic() - started
    started = time.monotonic()
    slow = attribution.predicted_mutants(model, part)
    predicted = (time.monotonic() - started) * len(x) / len(part)
    difference = np.abs(fast[: len(part)] - slow).max()
    print(
        f"{len(x):,} sequences of {x.shape[1]} bases, {3 * x.shape[1] * len(x):,} mutants\n"
        f"by windows {windows:.1f} s, predicted {predicted:.1f} s, {predicted / windows:.1f} times "
        f"as long; largest difference of a logit {difference:.1e}"
    )


def scores(arguments: argparse.Namespace) -> None:
    """Print what the explained runs of a dataset reached."""
    from attendna.contracts.tables import read_json

    def shown(number: dict) -> str:
        return f"{number['value']:.3f} ({number['low']:.3f} to {number['high']:.3f})"

    for folder in arguments.dataset:
        for path in sorted(folder.glob("fold*/*/seed*/explanation_scores.json")):
            found = read_json(path)
            print(path.parent.relative_to(folder), f"{found['records']} records")
            for key in ("auprc", "of_oracle", "top_k_recall", "completeness"):
                for name, number in found.get(key, {}).items():
                    print(f"  {key:14} {name:30} {shown(number)}")
            for kind in ("deletion", "insertion"):
                for name, number in found["faithfulness"][kind].items():
                    if name != "random":
                        print(f"  {kind:14} {name:30} {shown(number)}")
            for row in found["agreement"]["methods"]:
                print(f"  {'agreement':14} {row['a'] + ', ' + row['b']:30} {shown(row)}")
            for row in found["agreement"]["seeds"]:
                name = f"{row['method']}, seed {row['seed']}"
                print(f"  {'agreement':14} {name:30} {shown(row)}")


def main() -> None:
    """Measure what is asked for."""
    arguments = parse()
    {"speed": speed, "scores": scores}[arguments.what](arguments)


if __name__ == "__main__":
    main()
