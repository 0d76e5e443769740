r"""How far below the best possible a network is, on simulations drawn anew and many new records.

    python benchmarks/optimum.py benchmarks/limits.yaml default --simulations 42 43 44

The test part of one simulated dataset, 2,000 records, tells the distance only to within 0.005 of
AUROC, which is more than there is to tell. So each simulation is made with a seed of its own, a
network is trained on the part of it that the workflow would give it, with the default settings,
and then it classifies many records of yet another seed, beside the exact posterior. A line for
each network: AUROC and log loss of the optimum and of the network on the same new records, what is
missing of the former's AUROC, and its standard error from 200 resamplings. The last line is the
mean, with the standard error over the simulations.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna.contracts.encoded import Encoded  # noqa: E402
from attendna.data.splitting import Division, stratified  # noqa: E402
from attendna.dna import one_hot  # noqa: E402
from attendna.evaluation.bootstrap import bootstrap_weights  # noqa: E402
from attendna.evaluation.metrics import measure  # noqa: E402
from attendna.learning import devices, models, training  # noqa: E402
from attendna.learning.calibration import calibrate  # noqa: E402
from attendna.learning.preparing import prepared  # noqa: E402
from attendna.planning import settings  # noqa: E402
from attendna.simulation.oracle import posterior  # noqa: E402
from attendna.simulation.specification import Simulation, simulate  # noqa: E402

METRICS = ["auroc", "log_loss"]
RESAMPLINGS = 200
NEW = 1_000_000  # added to the seed of a simulation for that of the new records


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, help="a config that lists the dataset")
    parser.add_argument("dataset", help="its name; it has to be simulated")
    parser.add_argument("--simulations", nargs="+", type=int, default=[42], help="seeds [42]")
    parser.add_argument("--sequences", type=int, help="of each; default: as in the config")
    parser.add_argument("--new", type=int, default=20_000, help="new records [20000]")
    parser.add_argument("--seed", type=int, default=1, help="of the training [1]")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def records(simulation: Simulation) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 (n, length) letters and int64 (n,) classes of all records."""
    made = list(simulate(simulation))
    names = [spec.name for spec in simulation.classes]
    labels = np.concatenate([block.labels for block in made])
    y = np.array([names.index(label) for label in labels])
    return np.concatenate([block.sequences for block in made]), y


def trained(encoded: Encoded, config: dict, seed: int) -> keras.Model:
    """Train an `attention_cnn` with the default settings, as the workflow does."""
    shares = {name: config["split"][name] for name in ("test", "validation", "seed")}
    division = Division(folds=1, fold=1, **shares)
    split = stratified(encoded.y, encoded.classes, division)
    how = dict(config["architectures"]["attention_cnn"])
    learning = training.Training.of(config["training"] | how.pop("training", {}))
    keras.utils.set_random_seed(seed)
    model, chosen = prepared("attention_cnn", how, encoded, split, learning, seed)
    both = chosen["reverse_complement"] == "augment"
    training.train(model, encoded.x, encoded.y, split, learning, seed, both)
    held_out, biases = split["validation"], learning.calibration == "bias_corrected"
    calibrate(model, encoded.x[held_out], encoded.y[held_out], biases)
    return model


def scores(y: np.ndarray, probabilities: np.ndarray, classes: list[str], positive: str) -> dict:
    """Return by metric float (1 + resamplings,): of all records, then of each resampling."""
    weights = np.concatenate(
        [np.ones((1, len(y))), *bootstrap_weights(len(y), RESAMPLINGS, seed=1)]
    )
    values = measure(y, probabilities, classes, positive, {"0.5": 0.5})(weights)
    return {
        key.metric: value
        for key, value in values.items()
        if key.label == "" and key.metric in METRICS
    }


def distance(simulation: Simulation, config: dict, new: int, seed: int) -> list[float]:
    """Train on one simulation; return the optimum's and the network's metrics, and the distance."""
    letters, y = records(simulation)
    classes = [spec.name for spec in simulation.classes]
    positive = classes[0] if len(classes) == 2 else ""
    lengths = np.full(len(y), simulation.length, np.int32)
    encoded = Encoded(one_hot(letters), y.astype(np.int32), lengths, classes, positive, "")
    with contextlib.redirect_stdout(io.StringIO()):
        model = trained(encoded, config, seed)
    fresh = replace(simulation, sequences=new, seed=simulation.seed + NEW)
    letters, y = records(fresh)
    about = (classes, positive)
    best = scores(y, posterior(letters, fresh), *about)
    ours = scores(y, models.predict(model, one_hot(letters)), *about)
    missing = best["auroc"] - ours["auroc"]
    values = [float(found[metric][0]) for found in (best, ours) for metric in METRICS]
    return [*values, float(missing[0]), float(missing[1:].std(ddof=1))]


def main() -> None:
    """Print a line for each simulation, and their mean."""
    arguments = parse()
    devices.set_up("cpu", "auto", arguments.threads, False, 1)
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    listed = yaml.safe_load(arguments.config.read_text())
    block = settings.simulation(listed, arguments.dataset)
    if arguments.sequences:
        block |= {"sequences": arguments.sequences}
    print("seed\toptimum: AUROC\tlog loss\tnetwork: AUROC\tlog loss\tmissing\terror", flush=True)
    found = []
    for seed in arguments.simulations:
        simulation = Simulation.from_settings(block | {"seed": seed})
        found.append(distance(simulation, config, arguments.new, arguments.seed))
        print("\t".join([str(seed), *(f"{value:.4f}" for value in found[-1])]), flush=True)
    means = np.mean(found, axis=0)
    if len(found) > 1:
        means[-1] = np.std([row[-2] for row in found], ddof=1) / np.sqrt(len(found))
    print("\t".join(["mean", *(f"{value:.4f}" for value in means)]))


if __name__ == "__main__":
    main()
