"""Our network beside other programs: the same records and split, one thread each, in turns.

    sh requirements/side.sh peers
    snakemake --cores 2 data        # and with --configfile benchmarks/real.yaml
    python benchmarks/peers.py results/tutorial results/mafk_binding results/ecoli_promoters

Each program of benchmarks/peers/ reads a FASTA file and a table of the split, trains, and predicts
the test records. They run one after the other; a result that is in `--out` already is not made
again, so a run that was stopped goes on. Prints the table of docs/benchmarks.md.

Seconds are those of the processor, all threads and the kernel's share included: with one thread
that is the time on the clock of a machine that does nothing else. `--cap` is how many of them a
training of CREsted or gReLU may take; ours and the tutorial's go to their ends. The clock and the
load are in the files of `--out`, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attendna.contracts.encoded import read_classes  # noqa: E402
from attendna.contracts.sequences import read_sequences  # noqa: E402
from attendna.contracts.splits import SPLITS, groups_of, read_split  # noqa: E402
from attendna.evaluation.metric_intervals import Estimate, estimate  # noqa: E402
from attendna.evaluation.metrics import measure  # noqa: E402

PROGRAMS = ROOT / "benchmarks" / "peers"
TOOLS = ROOT / ".tools"
PYTHONS = {
    "ours": Path(sys.executable),
    "crested": TOOLS / "peers" / "bin" / "python",
    "gkm": TOOLS / "peers" / "bin" / "python",
    "grelu": TOOLS / "grelu" / "bin" / "python",
}
OURS = "attention_cnn"
METRICS = ("auroc", "mcc")
REPLICATES, CONFIDENCE, SEED = 1000, 0.95, 1
# Every library of the programs finds one thread here; their own settings are left alone.
ONE_THREAD = dict.fromkeys(
    [
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
    ],
    "1",
)


class Peer(NamedTuple):
    """A program to measure.

    Attributes
    ----------
    file
        In benchmarks/peers/.
    environment
        The option that names its Python.
    arguments
        Its own.
    capped
        Whether `--cap` ends its training.
    """

    file: str
    environment: str
    arguments: tuple[str, ...] = ()
    capped: bool = False


PEERS = {
    OURS: Peer("ours.py", "ours"),
    "the tutorial's program": Peer("tutorial.py", "ours"),
    "CREsted, simple_convnet": Peer(
        "crested_zoo.py", "crested", ("--network", "simple_convnet"), True
    ),
    "CREsted, deeptopic_cnn": Peer(
        "crested_zoo.py", "crested", ("--network", "deeptopic_cnn"), True
    ),
    "gReLU, ConvModel": Peer("grelu_conv.py", "grelu", (), True),
    "gkmsvm-lite": Peer("gkm_svm.py", "gkm"),
}


class Result(NamedTuple):
    """What is known of one program on one set.

    Attributes
    ----------
    timings
        What the program wrote, and `processor`, `clock` (seconds from its start to its end, less
        what does not count), `load` (of the machine when it began) and `cap`.
    metrics
        By name, of the test records.
    curve
        After each epoch (seconds since the start, test AUROC), and the same of what came of it.
    """

    timings: Mapping[str, Any]
    metrics: Mapping[str, Estimate]
    curve: Sequence[tuple[float, float]]


def write_data(results: Path, folder: Path) -> None:
    """Write `data.fa` and `split.tsv` from what the workflow made of a set."""
    folder.mkdir(parents=True, exist_ok=True)
    table = read_sequences(results / "sequences.parquet", ["sequence", "label"])
    split = read_split(results / "fold1" / "split.npz", len(table))
    positive = read_classes(results / "encoded.npz")[1]
    parts = {int(i): name for name in SPLITS for i in split[name]}
    with open(folder / "data.fa", "w") as fasta, open(folder / "split.tsv", "w") as rows:
        rows.write("name\tsplit\tpositive\n")
        for i in sorted(parts):
            fasta.write(f">r{i}\n{table['sequence'][i]}\n")
            rows.write(f"r{i}\t{parts[i]}\t{int(table['label'][i] == positive)}\n")


def run(peer: Peer, python: str, data: Path, folder: Path, cap: float) -> None:
    """Run a program to its end and add what it took to its `timings.json`.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails; `log.txt` in its folder says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [python, str(PROGRAMS / peer.file), "--fasta", str(data / "data.fa")]
    command += ["--split", str(data / "split.tsv"), "--out", str(folder)]
    command += ["--cap", str(cap)] if peer.capped else []
    load, started = os.getloadavg()[0], time.monotonic()
    with open(folder / "log.txt", "w") as log:
        process = subprocess.Popen(
            [*command, *peer.arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | ONE_THREAD | {"CUDA_VISIBLE_DEVICES": ""},
        )
        _, status, used = os.wait4(process.pid, 0)
    clock = time.monotonic() - started
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    path = folder / "timings.json"
    timings = json.loads(path.read_text())
    timings["processor"] = used.ru_utime + used.ru_stime - timings["left_out"]
    timings["clock"] = clock - timings["left_out_on_the_clock"]
    timings["load"] = load
    timings["cap"] = cap if peer.capped else None
    (folder / "result.json").write_text(json.dumps(timings, indent=1) + "\n")


def read(results: Path, folder: Path) -> Result:
    """Score the test predictions of a program."""
    timings = json.loads((folder / "result.json").read_text())
    test = read_split(results / "fold1" / "split.npz")["test"]
    table = read_sequences(results / "sequences.parquet", ["id", "label"])
    positive = read_classes(results / "encoded.npz")[1]
    y = (table["label"][test] == positive).to_numpy(int)
    groups = groups_of(results / "groups.tsv", table["id"].to_numpy(str)[test])
    with np.load(folder / "scores.npz") as arrays:
        scores, epochs = arrays["test"], arrays["epochs"]
    measured = estimate(
        measure(y, np.stack([1 - scores, scores], 1), ["other", "it"], "it", {"0.5": 0.5}),
        y,
        groups,
        REPLICATES,
        CONFIDENCE,
        SEED,
    )
    found = {key.metric: value for key, value in measured.items() if key.metric in METRICS}
    aurocs = [float(roc_auc_score(y, scored)) for scored in [*epochs, scores]]
    seconds = [*timings["seconds"], timings["seconds"][-1]]
    return Result(timings, found, list(zip(seconds, aurocs, strict=True)))


def same_quality(ours: Result, other: Result) -> str:
    """Say when the faster of two trainings had the test AUROC that the slower one ended with."""
    named = {"ours": ours.curve, "this one": other.curve}
    faster, slower = sorted(named, key=lambda name: named[name][-1][0])
    needed, aim = named[slower][-1]
    reached = [seconds for seconds, auroc in named[faster] if auroc >= aim]
    if not reached:
        best = max(auroc for _, auroc in named[faster])
        return f"{faster} never has {aim:.3f} (at most {best:.3f})"
    return f"{aim:.3f}: {faster} {reached[0]:.0f} s, {slower} {needed:.0f} s"


def length(timings: Mapping[str, Any]) -> str:
    """Say how long a program trained."""
    epochs = timings["epochs"]
    count = f"{epochs:.0f}" if epochs == round(epochs) else f"{epochs:.1f}"
    said = f"{count} epoch{'s' if epochs != 1 else ''}" if epochs else "no epochs"
    if timings["stopped"] == "cap":
        said += f", stopped after {timings['cap']:g} s"
    elif timings["stopped"] == "early":
        said += ", then early stopping"
    return f"{said}; {timings['note']}" if timings["note"] else said


def interval(found: Estimate) -> str:
    """Write a metric with its interval."""
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def row(name: str, result: Result, ours: Result | None) -> list[str]:
    """Return the cells of one program on one set."""
    timings = result.timings
    parameters = f"{timings['parameters']:,}" if timings["parameters"] else "-"
    return [
        name,
        parameters,
        length(timings),
        f"{timings['training_rate']:,.0f}",
        f"{timings['prediction_rate']:,.0f}",
        f"{timings['peak_memory'] / 1e9:.2f}",
        f"{timings['processor']:,.0f}",
        "-" if ours is None or name == OURS else same_quality(ours, result),
        *(interval(result.metrics[metric]) for metric in METRICS),
    ]


HEAD = [
    "program",
    "parameters",
    "training",
    "training, sequences/s",
    "prediction, sequences/s",
    "peak memory (GB)",
    "FASTA to test predictions (s)",
    "time to the AUROC of the slower of the two",
    "test AUROC",
    "test MCC",
]


def table(results: Mapping[str, Result | str]) -> str:
    """Return the Markdown table of one set.

    Parameters
    ----------
    results
        By program what is known of it, or why there is nothing.
    """
    ours = results.get(OURS)
    lines = [HEAD, ["---"] * len(HEAD)]
    for name, result in results.items():
        if isinstance(result, str):
            lines.append([name, result, *[""] * (len(HEAD) - 2)])
        else:
            lines.append(row(name, result, ours if isinstance(ours, Result) else None))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def one(
    name: str, results: Path, folder: Path, python: str, cap: float, table_only: bool
) -> Result | str:
    """Return the result of a program on a set, running it if it has none."""
    place = folder / name.replace(", ", "_").replace(" ", "_").replace("'", "")
    if not (place / "result.json").exists():
        if table_only or not Path(python).exists():
            return "not run"
        try:
            run(PEERS[name], python, folder, place, cap)
        except subprocess.CalledProcessError as error:
            said = (place / "log.txt").read_text().strip().splitlines() or ["nothing said"]
            return f"ended with status {error.returncode}: {said[-1]}"
    return read(results, place)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", nargs="+", type=Path, help="results/DATASET, of two classes")
    parser.add_argument(
        "--out", type=Path, default=Path("results/peers"), help="default: %(default)s"
    )
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    for environment, default in PYTHONS.items():
        parser.add_argument(
            f"--{environment}",
            metavar="PYTHON",
            default=str(default),
            help="the Python of its environment; default: %(default)s",
        )
    parser.add_argument("--cap", type=float, default=150, help="processor seconds")
    parser.add_argument("--table", action="store_true", help="only print what is there")
    return parser.parse_args()


def main() -> None:
    """Run what has no result yet, and print a table for each set."""
    arguments = parse()
    for results in arguments.dataset:
        folder = arguments.out / results.name
        if not arguments.table:
            write_data(results, folder)
        found = {}
        for name in arguments.peers:
            python = getattr(arguments, PEERS[name].environment)
            found[name] = one(name, results, folder, python, arguments.cap, arguments.table)
        print(f"{results.name}\n\n{table(found)}\n", flush=True)


if __name__ == "__main__":
    main()
