"""Hold the q-values of a scan against what was planted in simulated genomes.

    snakemake --cores 2 --configfile benchmarks/scan.yaml \
        results/sites/fold1/attention_cnn/seed1/predictions.tsv.gz
    python benchmarks/scan_peaks.py results/sites/fold1/attention_cnn/seed1/model.keras

Each draw is a genome of simulated sequences in a row, few of which have the sites that the network
was trained to know. It is scanned as by scripts/scan_genome.py. A peak is false if no base of a
planted site is in it. Printed are, for each draw, the peaks with a q-value of at most 0.1 and the
share of false ones among them, and at last how many sites are found at which precision, beside the
oracle, which scores the same windows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

for kind in ("INTRAOP", "INTEROP"):
    os.environ.setdefault(f"TF_NUM_{kind}_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import yaml  # noqa: E402

from attendna.data.allowed_letters import CASE  # noqa: E402
from attendna.simulation.oracle import log_likelihood_ratios  # noqa: E402
from attendna.simulation.specification import Simulation, simulate  # noqa: E402
from attendna.use import scan_peaks  # noqa: E402
from attendna.use.genome_scan import Scan  # noqa: E402
from attendna.use.scorers import load  # noqa: E402
from attendna.use.windows import ModelOfWindows  # noqa: E402

STEP = 10
BOUND = 0.05  # share of the sequences of a genome that have sites
Q_VALUE = 0.1


def genome(settings: dict, sequences: int, seed: int) -> tuple[str, np.ndarray]:
    """Return the letters of a genome, and where sites are: int (sites, 2), starts and ends."""
    classes = {name: dict(block) for name, block in settings["classes"].items()}
    classes["bound"]["fraction"], classes["unbound"]["fraction"] = BOUND, 1 - BOUND
    drawn = Simulation.from_settings(
        {**settings, "sequences": sequences, "seed": seed, "classes": classes}
    )
    made = list(simulate(drawn))
    # Those of a class come together: they are put in any order.
    place = np.random.default_rng(seed).permutation(sequences)
    rows = np.empty((sequences, drawn.length), np.uint8)
    sites, first = [], 0
    for block in made:
        rows[place[first : first + len(block.sequences)]] = block.sequences
        starts = place[first + np.asarray(block.planted)] * drawn.length
        sites.append(np.stack([starts + block.starts, starts + block.ends], axis=1))
        first += len(block.sequences)
    return rows.tobytes().decode(), np.concatenate(sites)


def oracle(simulation: Simulation) -> Callable[[np.ndarray], np.ndarray]:
    """Return the oracle as a scorer of the windows of a stretch."""
    bound = [spec.name for spec in simulation.classes].index("bound")

    def score(letters: np.ndarray) -> np.ndarray:
        if len(letters) < simulation.length:
            return np.empty((1, 0))
        windows = np.lib.stride_tricks.sliding_window_view(letters, simulation.length)[::STEP]
        ratios = log_likelihood_ratios(np.ascontiguousarray(windows), simulation)
        return (ratios[:, bound] - ratios[:, 1 - bound])[None]

    return score


class Bound:
    """The one class that has scores, see `scan_peaks.Tracks`."""

    classes, tracks = ("bound",), (0,)


def scanned(path: Path, score: Callable, length: int) -> pd.DataFrame:
    """Return the candidates of a genome with their q-values, as scripts/scan_genome.py does."""
    letters = len(path.read_text().split("\n")[1])
    scan = Scan(str(path), {"chr": letters}, length, STEP, CASE["keep"], None, {}, letters, 1)
    blocks = [
        scan.score(place, stretch.letters, score, oriented=False)
        for place, stretch in scan.letters(range(len(scan.blocks())))
    ]
    windows = sum(block.scores.shape[1] for block in blocks)
    return scan_peaks.call(scan, Bound(), blocks, windows, "auto", Q_VALUE)[0]


def judged(summits: np.ndarray, sites: np.ndarray, length: int) -> np.ndarray:
    """Return how many sites are in the best window of each candidate: int (n,)."""
    starts = summits[:, None] - length // 2
    return ((sites[:, 0] < starts + length) & (sites[:, 1] > starts)).sum(axis=1)


def main() -> None:
    """Draw genomes, scan them and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="model.keras of the dataset `sites` of scan.yaml")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--sequences", type=int, default=1000, help="of 200 bases, in a genome")
    parser.add_argument("--oracle", type=int, default=3, help="draws that it scores, too")
    args = parser.parse_args()
    config = yaml.safe_load((ROOT / "benchmarks" / "scan.yaml").read_text())
    settings = config["datasets"]["sites"]["simulate"]
    length = settings["length"]
    scorers = {"network": ModelOfWindows([load(args.model)], STEP, 1)}
    scorers["oracle"] = oracle(Simulation.from_settings(settings))
    false, curves = [], {name: [] for name in scorers}
    print("| draw | sites | peaks | false | share | sites found |")
    for draw in range(1, args.draws + 1):
        letters, sites = genome(settings, args.sequences, seed=1000 + draw)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "genome.fa"
            path.write_text(f">chr\n{letters}\n")
            for name, score in scorers.items():
                if name == "oracle" and draw > args.oracle:
                    continue
                candidates = scanned(path, score, length)
                hits = judged(candidates["summit"].to_numpy(), sites, length)
                curves[name].append((candidates["log_odds"].to_numpy(), hits, len(sites)))
                if name == "oracle":
                    continue
                called = candidates["q_value"].to_numpy() <= Q_VALUE
                wrong = int((hits[called] == 0).sum())
                false.append(wrong / max(called.sum(), 1))
                print(
                    f"| {draw} | {len(sites)} | {called.sum()} | {wrong} | {false[-1]:.3f} "
                    f"| {hits[called].sum() / len(sites):.2f} |",
                    flush=True,
                )
    error = np.std(false, ddof=1) / np.sqrt(len(false)) if len(false) > 1 else np.nan
    print(f"share of false peaks: mean {np.mean(false):.3f} (standard error {error:.3f})")
    for name, draws in curves.items():
        draws = draws[: max(args.oracle, 1)]
        if not draws:
            continue
        scores, hits = (np.concatenate([draw[i] for draw in draws]) for i in (0, 1))
        order = np.argsort(-scores)
        precision = np.cumsum(hits[order] > 0) / np.arange(1, len(order) + 1)
        recall = np.cumsum(hits[order]) / sum(draw[2] for draw in draws)
        told = []
        for wanted in (0.2, 0.4, 0.6, 0.8):
            reached = np.searchsorted(recall, wanted)
            told.append(f"{precision[reached]:.2f}" if reached < len(precision) else "-")
        print(f"| {name} | " + " | ".join(told) + " |")


if __name__ == "__main__":
    main()
