"""Prediction with ONNX Runtime beside TensorFlow: start, throughput, and whether numbers agree.

    python benchmarks/onnx_runtime.py results/tutorial/fold1/attention_cnn/seed1/model.keras

Starts are processes of their own, from nothing to the first prediction of one sequence. Throughput
is that of one process that has both open, in turns, on random sequences of the trained length, from
one-hot bytes to probabilities; the median of all rounds, after one that does not count.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
BATCHES = (1, 32, 512)
SEQUENCES = 2048  # at a batch size, but no more than `MOST` calls of a model
MOST = 32
KERAS = """
from attendna.learning import models
import numpy as np
network = models.load({model!r})
print(models.predict(network, np.ones((1, *network.input_shape[1:]), np.uint8), 1))
"""
ONNX = """
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession({onnx!r}, providers=["CPUExecutionProvider"])
shape = session.get_inputs()[0].shape[1:]
print(session.run(None, {{"sequence": np.ones((1, *shape), np.uint8)}}))
"""


def main() -> None:
    """Print the starts, and a line for each batch size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="model.keras of a run")
    parser.add_argument("--threads", type=int, default=1, help="processor cores of each")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    for kind in ("INTRAOP", "INTEROP"):
        os.environ[f"TF_NUM_{kind}_THREADS"] = str(args.threads)
    from attendna.learning import models
    from attendna.use import exporting, onnx_graph

    network = models.load(args.model)
    content = onnx_graph.model_of(network, "uint8", {}).SerializeToString()
    session = exporting.open_onnx(content, args.threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        path.write_bytes(content)
        starts(KERAS.format(model=args.model), ONNX.format(onnx=str(path)), args.rounds)
    draw = np.random.default_rng(1)
    x = np.eye(4, dtype=np.uint8)[draw.integers(0, 4, (SEQUENCES, network.input_shape[1]))]
    for size in BATCHES:
        some = x[: min(SEQUENCES, size * MOST)]
        throughput(
            size,
            lambda size=size, some=some: models.predict(network, some, size),
            lambda size=size, some=some: np.concatenate(
                [
                    session.run(None, {"sequence": some[start : start + size]})[0]
                    for start in range(0, len(some), size)
                ]
            ),
            args.rounds,
        )


def starts(keras: str, onnx: str, rounds: int) -> None:
    """Print the processor time of both starts, median of processes in turns."""
    taken: dict[str, list[float]] = {"TensorFlow": [], "ONNX Runtime": []}
    for _ in range(rounds):
        for name, code in zip(taken, (keras, onnx), strict=True):
            taken[name].append(processor_time(code))
    first, second = (statistics.median(seconds) for seconds in taken.values())
    print(f"start: TensorFlow {first:.2f} s, ONNX Runtime {second:.2f} s ({first / second:.1f})")


def processor_time(code: str) -> float:
    """Return the seconds of user and system time of a process that runs some code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def throughput(
    size: int, keras: Callable[[], np.ndarray], onnx: Callable[[], np.ndarray], rounds: int
) -> None:
    """Print how many sequences a second both predict, and how far apart their numbers are."""
    expected, found = keras(), onnx()  # which also compiles
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for taken, predict in zip(seconds, (keras, onnx), strict=True):
            start = time.process_time()
            predict()
            taken.append(time.process_time() - start)
    slow, fast = (len(expected) / statistics.median(taken) for taken in seconds)
    print(
        f"batch {size}: TensorFlow {slow:,.0f}, ONNX Runtime {fast:,.0f} sequences a second of "
        f"processor time ({fast / slow:.2f}); numbers differ by up to "
        f"{np.abs(expected - found).max():.1g}"
    )


if __name__ == "__main__":
    main()
