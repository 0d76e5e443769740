"""Time one-hot encoding; run it as `python benchmarks/encoding.py`.

Prints the medians of interleaved rounds. In memory, on one thread: attendna, a plain table of 256
rows, the peers seqpro and tangermeme where they are installed, and copying the output. Each
writes to a new array, which the kernel must first clear, and, where it can, to a given one. Then
the whole stage, beside writing as many bytes to the same disk.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

for library in ("OMP", "MKL", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # read when the peers are imported

import numpy as np  # noqa: E402

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

from attendna.dna import ENCODING, one_hot  # noqa: E402
from attendna.intact_files import whole  # noqa: E402

PEERS = ["seqpro", "tangermeme"]
Row = tuple[str, str, Callable[[], object]]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=248_000_000, help="letters to encode")
    parser.add_argument("--sequences", type=int, default=1_000_000, help="records of the stage")
    parser.add_argument("--length", type=int, default=200, help="letters of each record")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions")
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary one)")
    args = parser.parse_args()
    in_memory(args.bases, args.rounds)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        whole_stage(Path(folder), args.sequences, args.length, min(args.rounds, 3))


def random_letters(n: int) -> np.ndarray:
    """uint8 (n,): random bases with a few N."""
    random = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, n, dtype=np.uint8)]
    letters[random.integers(0, n, n // 1000)] = ord("N")
    return letters


def in_memory(bases: int, rounds: int) -> None:
    """Time the encoders side by side."""
    letters = random_letters(bases)
    out = one_hot(letters)
    source = out.copy()

    def indexed() -> None:
        out[:] = ENCODING[letters]

    rows: list[Row] = [
        ("attendna", "new", lambda: one_hot(letters)),
        ("attendna", "given", lambda: one_hot(letters, out=out)),
        ("256-row table, indexed", "new", lambda: ENCODING[letters]),
        ("256-row table, indexed", "given", indexed),
        (
            "256-row table, np.take",
            "given",
            lambda: np.take(ENCODING, letters, axis=0, out=out, mode="clip"),
        ),
        *peers(letters),
        ("copy of the output", "new", source.copy),
        ("copy of the output", "given", lambda: np.copyto(out, source)),
    ]
    times: list[list[float]] = [[] for _ in rows]
    for _ in range(rounds):
        for (_, _, action), seconds in zip(rows, times, strict=True):
            seconds.append(timed(action))
    print(f"One-hot of {bases / 1e6:.0f} Mbp in memory, one thread, median of {rounds} rounds\n")
    print(f"{'encoder':26}{'output array':14}{'Mbp/s':>8}{'lowest':>8}{'highest':>9}")
    for (name, array, _), seconds in zip(rows, times, strict=True):
        speeds = [bases / 1e6 / value for value in sorted(seconds)]
        print(
            f"{name:26}{array:14}{statistics.median(speeds):8.0f}{speeds[-1]:8.0f}{speeds[0]:9.0f}"
        )
    for peer in PEERS:
        if find_spec(peer) is None:
            print(f"{peer} is not installed: not measured")


def peers(letters: np.ndarray) -> list[Row]:
    """Return the peers that are installed, warmed up, each with its own kind of input."""
    rows: list[Row] = []
    if find_spec("seqpro"):
        import seqpro

        array = letters.view("S1")
        seqpro.ohe(array[:1000], seqpro.DNA)
        rows.append((f"seqpro {version('seqpro')}", "new", lambda: seqpro.ohe(array, seqpro.DNA)))
    if find_spec("tangermeme"):
        import torch
        from tangermeme.utils import one_hot_encode

        torch.set_num_threads(1)
        text = letters.tobytes().decode()
        one_hot_encode(text[:1_000_000])  # compiles
        rows.append((f"tangermeme {version('tangermeme')}", "new", lambda: one_hot_encode(text)))
    return rows


def whole_stage(folder: Path, sequences: int, length: int, rounds: int) -> None:
    """Time scripts/encode.py from process start to exit, and writing as many bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    letters = random_letters(sequences * length)
    texts = letters.view(f"S{length}").astype(str)
    nulls = pa.nulls(sequences, pa.string())
    columns = {"id": pa.array([f"seq{i}" for i in range(sequences)]), "sequence": pa.array(texts)}
    columns["label"] = pa.array(np.array(["positive", "negative"])[np.arange(sequences) % 2])
    table = pa.table({**columns, "group": nulls, "split": nulls})
    pq.write_table(table, folder / "sequences.parquet", compression="zstd")
    content = one_hot(letters)
    del texts, table, columns

    encoded, settings = folder / "encoded.npz", json.dumps({"classes": None, "positive": None})
    command = [sys.executable, str(SCRIPTS / "encode.py"), "--settings", settings]
    command += ["--sequences", str(folder / "sequences.parquet"), "--encoded", str(encoded)]
    stage, disk, peak = [], [], 0.0
    for _ in range(rounds):
        for path in (encoded, folder / "bytes"):
            path.unlink(missing_ok=True)
        seconds, memory = run_apart(command)
        stage.append(seconds)
        peak = max(peak, memory)
        disk.append(timed(lambda: write(folder / "bytes", content)))
    one, other = statistics.median(stage), statistics.median(disk)
    print(f"\nThe stage on {sequences:,} x {length}, median of {rounds} rounds\n")
    print(f"encode.py, process start to exit     {one:6.2f} s   peak memory {peak:.2f} GB")
    print(f"writing {content.nbytes / 1e6:.0f} MB and flushing      {other:6.2f} s")
    print(f"ratio                                {one / other:6.2f}")


# On Linux a process starts with the peak memory of the one it was started from, so a small process
# in between must start the script.
STARTER = """
import os, resource, sys, time
start = time.perf_counter()
status = os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:])
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9)
sys.exit(status)
"""


def run_apart(command: list[str]) -> tuple[float, float]:
    """Run a command and return its seconds and its peak memory in GB."""
    starter = [sys.executable, "-c", STARTER, *command]
    result = subprocess.run(starter, check=True, stdout=subprocess.PIPE, text=True)
    seconds, memory = result.stdout.split()
    return float(seconds), float(memory)


def write(path: Path, content: np.ndarray) -> None:
    """Write an array to disk as the contracts do: flushed and renamed."""
    with whole(path) as handle:
        handle.write(content)


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that a call takes, without those of freeing its result."""
    start = time.perf_counter()
    result = action()
    seconds = time.perf_counter() - start
    del result
    return seconds


if __name__ == "__main__":
    main()
