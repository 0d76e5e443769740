"""Measure what a scan of a genome takes, beside predicting each of its windows by itself.

    python benchmarks/scan.py [--memory 1 10 100]

For networks with and without a prior over places, on one strand and on both, with windows of 200
bases at a step of 10: windows a second in both ways, in turns in one process, the ratio, and the
largest difference of a probability. With --memory also what scripts/scan_genome.py takes of time
and memory for random genomes of so many million bases.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for kind in ("INTRAOP", "INTEROP"):
    os.environ.setdefault(f"TF_NUM_{kind}_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import numpy as np  # noqa: E402
import yaml  # noqa: E402
from settled import settled  # noqa: E402

from attendna.dna import BASES  # noqa: E402
from attendna.learning import models  # noqa: E402
from attendna.use import windows  # noqa: E402
from attendna.use.scorers import Network  # noqa: E402

LENGTH, STEP = 200, 10
TURNS = 3


def random_letters(count: int, seed: int) -> np.ndarray:
    """Return uint8 (count,), uniform random bases."""
    return np.random.default_rng(seed).choice(np.frombuffer(BASES.encode(), np.uint8), count)


def save_network(path: Path, position: bool, reverse_complement: str) -> None:
    """Save an untrained network of the default size, with a prior that is not flat."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    block = settled(config, position=position, reverse_complement=reverse_complement)
    model = models.attention_cnn(LENGTH, ["no", "yes"], "yes", **block)
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if weight.path.endswith(("prior", "kernel")):
            weight.assign(weight.numpy() + 0.3 * rng.normal(size=weight.shape))
    model.save(path)


def compare(name: str, scorer: Network, letters: np.ndarray, threads: int) -> None:
    """Print how fast windows are scored in both ways, and how far apart the results are."""
    shared = windows.window_scorer(scorer, STEP, threads)
    plain = windows.PlainWindows(scorer, STEP)
    few = letters[: LENGTH + STEP * 4096]
    for way in (shared, plain):  # TensorFlow compiles
        way.log_probabilities(few)
    seconds = {"shared": [], "plain": []}
    for _ in range(TURNS):
        for word, way, part in (("shared", shared, letters), ("plain", plain, few)):
            start = time.perf_counter()
            found = way.log_probabilities(part)
            seconds[word].append((time.perf_counter() - start) / len(found))
    together = np.exp(shared.log_probabilities(few)), np.exp(plain.log_probabilities(few))
    apart = np.abs(together[0] - together[1]).max()
    each = {word: float(np.median(times)) for word, times in seconds.items()}
    ratios = [p / s for p, s in zip(seconds["plain"], seconds["shared"], strict=True)]
    print(
        f"| {name} | {1 / each['plain']:,.0f} | {1 / each['shared']:,.0f} "
        f"| {np.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) | {apart:.0e} |",
        flush=True,
    )


def scan(folder: Path, millions: int) -> None:
    """Print the time and the memory that the script takes for a random genome."""
    genome = folder / f"{millions}.fa"
    with open(genome, "wb") as handle:
        handle.write(b">chr1\n")
        for block in range(millions):
            handle.write(random_letters(1_000_000, seed=block).tobytes() + b"\n")
    command = [sys.executable, str(ROOT / "scripts" / "scan_genome.py")]
    command += ["--model", str(folder / "model.keras"), "--genome", str(genome)]
    command += ["--output", str(folder / f"scan{millions}"), "--threads", "1"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.perf_counter() - start
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    genome.unlink()
    print(f"| {millions} Mbp | {took:.0f} s | {most:.0f} MB |", flush=True)


def main() -> None:
    """Measure and print the rows of the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=600_000, help="that windows share")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", type=int, nargs="*", default=[], help="millions of bases")
    parser.add_argument("--speed", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    letters = random_letters(args.bases, seed=1)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "model.keras"
        if args.speed:
            print("| network | plain, windows/s | shared, windows/s | ratio | apart |")
            for position in (False, True):
                for strands in ("none", "average"):
                    save_network(path, position, strands)
                    where = "knows places" if position else "knows no places"
                    compare(
                        f"{where}, strands {strands}", Network(str(path)), letters, args.threads
                    )
        save_network(path, False, "average")
        for millions in args.memory:  # the largest last: the system tells the most of all so far
            scan(Path(name), millions)


if __name__ == "__main__":
    main()
