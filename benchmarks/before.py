"""How fast `attention_cnn` is beside another commit, beside one core and beside the tutorial.

    python benchmarks/before.py fa21871^
    python benchmarks/before.py --scaling
    python benchmarks/before.py --kernel

Each side is a process of its own, in turns: the code of the commit, this code, this code on one
core, and the tutorial's program, which is fed with arrays. On the same random sequences each trains
two epochs, with batches as the settings choose and with batches of 64, and predicts. Printed are
the sequences a second after the first epoch (TensorFlow compiles in it), validation included, as
medians over the rounds, and the ratios of the rounds; by the clock, and by the processor time of
all cores ("of processor"), which other programs on the machine disturb less. `kernel` is the share
of the kernel in the processor time of these epochs, as /proc tells it: what goes into page faults
and not into arithmetic.

With --scaling there is this code alone, on two cores and on one. From that follows which share of
the work is done by all cores (Amdahl), and how far it scales: the numbers in
scripts/attendna/planning/threads.py. With --kernel the kernel's share is measured alone, of
training, of predicting and of explaining.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from settled import settled

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = 2
PREDICTED = 2  # times that all records are predicted
EXPLAINED = 200  # records that are explained
WORTH = 0.5  # share of each core that has to be used for a training to take so many


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit", nargs="?", help="to compare with; without one: only this code")
    parser.add_argument("--records", type=int, default=11_500, help="a fifth of them is validation")
    parser.add_argument("--length", type=int, default=200, help="bases of each")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--scaling", action="store_true", help="two cores beside one, and no more")
    parser.add_argument("--threads", type=int, default=2, help="with --kernel: processor cores")
    parser.add_argument("--kernel", action="store_true", help="the kernel's share, and no more")
    parser.add_argument("--side", help=argparse.SUPPRESS)  # what one process does
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(work(json.loads(arguments.side))))
    elif arguments.kernel:
        side = {"folder": str(ROOT), "what": "kernel", "threads": arguments.threads}
        print_kernel(asked({**side, "records": arguments.records, "length": arguments.length}))
    else:
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
        compare(arguments)


# ------------------------------------------------------------------------------ in turns


def compare(arguments: argparse.Namespace) -> None:
    """Run all sides in turns and print speeds and ratios."""
    data = {"records": arguments.records, "length": arguments.length}
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "now": {"folder": str(ROOT), "threads": 2},
            "now, one core": {"folder": str(ROOT), "threads": 1},
        }
        if not arguments.scaling:
            sides["the tutorial's program"] = {**sides["now"], "what": "tutorial"}
        if arguments.commit:
            before = str(Path(folder) / "before")
            git("worktree", "add", "--detach", before, arguments.commit)
            sides = {"before": {"folder": before, "threads": 2}, **sides}
        try:
            rounds = []
            for _ in range(arguments.rounds):
                rounds.append({name: asked({**side, **data}) for name, side in sides.items()})
                print(json.dumps(rounds[-1]), flush=True)
        finally:
            if arguments.commit:
                git("worktree", "remove", "--force", before)
    print_speeds(rounds)


def git(*arguments: str) -> None:
    """Call git in this repository."""
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True)


def asked(side: dict) -> dict:
    """Let a process of its own do the work of a side; return what it measured."""
    command = [sys.executable, __file__, "--side", json.dumps(side)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def print_speeds(rounds: list[dict]) -> None:
    """Print medians, and the ratios by which the sides are judged."""
    measured = [
        f"{name}{by}" for name in ("chosen", "64", "prediction") for by in ("", " of processor")
    ]
    print("side\t" + "\t".join(measured) + "\tkernel in training\tin prediction")
    for name in rounds[0]:
        sides = [of_round[name] for of_round in rounds]
        speeds = [f"{np.median([side[key] for side in sides]):,.0f}" for key in measured]
        shares = [
            f"{np.median([side[key] for side in sides]):.1%}"
            for key in ("kernel_training", "kernel_prediction")
        ]
        print(name, *speeds, *shares, sep="\t")
    others = [name for name in rounds[0] if name != "now"]
    for other in others:
        told = []
        for key in measured:
            ratios = [of_round["now"][key] / of_round[other][key] for of_round in rounds]
            told.append(f"{key} {np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        print(f"now / {other}: " + ", ".join(told))
    for key in measured:
        gained = [of["now"][key] / of["now, one core"][key] for of in rounds]
        if not key.endswith("of processor"):
            print_scaling(key, [float(np.median(gained)), max(gained)])


def print_scaling(name: str, gained: Sequence[float]) -> None:
    """Print how far work scales if two cores are so many times as fast as one (Amdahl's law)."""
    for times in gained:
        shared = min(max(2 * (1 - 1 / times), 0.0), 1.0)
        # speed / cores = 1 / (cores (1 - shared) + shared) >= WORTH, solved for the cores
        most = np.inf if shared == 1 else (1 / WORTH - shared) / (1 - shared)
        print(
            f"{name}: {times:.2f} times as fast on two cores as on one, so {shared:.0%} of the "
            f"work is done by all; each is used by {WORTH:.0%} up to {most:.1f}"
        )


def print_kernel(shares: dict[str, float]) -> None:
    """Print the kernel's share of each kind of work."""
    for name, share in shares.items():
        print(f"{name}: {share:.1%} of the processor time in the kernel")


# ------------------------------------------------------------------------------ one side


def work(side: dict) -> dict:
    """Do what a side is asked for, in this process."""
    sys.path.insert(0, str(Path(side["folder"], "scripts")))
    records, length = side["records"], side["length"]
    rng = np.random.default_rng(1)
    # No larger arrays in between: glibc learns from what is freed, and a training maps its records.
    x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (records, length), dtype=np.uint8)]
    y = np.arange(records) % 2
    split = {"train": np.arange(records // 5, records), "validation": np.arange(records // 5)}
    what = {"tutorial": of_tutorial, "kernel": of_kernel}.get(side.get("what", ""), of_network)
    with contextlib.redirect_stdout(io.StringIO()):
        return what(side, x, y, split)


class Ticks:
    """Processor time of this process since the start, as /proc/self/stat counts it."""

    def __init__(self) -> None:
        self.user, self.kernel = self.read()

    @staticmethod
    def read() -> tuple[int, int]:
        """Return the ticks in programs and in the kernel so far."""
        # The name of the command, in parentheses, may hold spaces.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]), int(fields[12])

    def seconds(self) -> float:
        """Return the processor seconds since the start."""
        return (sum(self.read()) - self.user - self.kernel) / os.sysconf("SC_CLK_TCK")

    def share(self) -> float:
        """Return the kernel's share since the start."""
        user, kernel = self.read()
        return (kernel - self.kernel) / max(user - self.user + kernel - self.kernel, 1)


def clock_of_epochs():
    """Return a callback of Keras that notes when epochs end and what the kernel takes of them."""
    import keras

    class Clock(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            self.ends.append(time.monotonic())
            if epoch == 0:
                self.ticks = Ticks()
            self.kernel, self.used = self.ticks.share(), self.ticks.seconds()

        def speeds(self, name: str, records: int) -> dict[str, float]:
            done = records * (len(self.ends) - 1)
            by_clock = done / (self.ends[-1] - self.ends[0])
            return {name: by_clock, f"{name} of processor": done / self.used}

    return Clock()


def set_up(threads: int) -> None:
    """Choose the processor, by whichever module the commit has for it."""
    try:
        from attendna.learning.devices import set_up as chosen
    except ImportError:
        from attendna.learning.training import set_up as chosen
    chosen("cpu", "auto", threads, False, 1)


def trained(side: dict, batch: int | str, x: np.ndarray, y: np.ndarray, split: dict):
    """Train `attention_cnn` with the settings of the side's own config; return it and its clock."""
    from attendna.learning import models, training

    config = yaml.safe_load(Path(side["folder"], "config.yaml").read_text(encoding="utf-8"))
    how = {**config["training"], "epochs": EPOCHS}
    how["batch_size"] = batch
    model = models.attention_cnn(x.shape[1], ["no", "yes"], "yes", **settled(config))
    clock = clock_of_epochs()
    training.train(model, x, y, split, training.Training.of(how), 1, callbacks=[clock])
    return model, clock


def of_network(side: dict, x: np.ndarray, y: np.ndarray, split: dict) -> dict:
    """Measure `attention_cnn` in the code of a folder."""
    set_up(side["threads"])
    from attendna.learning import models

    found = {}
    for batch in (64, "auto"):
        model, clock = trained(side, batch, x, y, split)
        found |= clock.speeds("64" if batch == 64 else "chosen", len(split["train"]))
    found["kernel_training"] = clock.kernel
    return found | predicting(lambda part: models.predict(model, part), x)


def of_tutorial(side: dict, x: np.ndarray, y: np.ndarray, split: dict) -> dict:
    """Measure the tutorial's program, whose batches are always of 64."""
    import keras
    import tensorflow as tf
    import tutorial_program

    tf.config.threading.set_intra_op_parallelism_threads(side["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(side["threads"])
    keras.utils.set_random_seed(1)
    arrays = tutorial_program.one_hot(x)
    parts = [(arrays[split[name]], y[split[name]]) for name in ("train", "validation")]
    model, clock = tutorial_program.network(x.shape[1]), clock_of_epochs()
    tutorial_program.fit(model, *parts, epochs=EPOCHS, callbacks=[clock])
    found = {"kernel_training": clock.kernel}
    for name in ("chosen", "64"):
        found |= clock.speeds(name, len(split["train"]))
    return found | predicting(lambda part: model.predict(part, verbose=0), arrays)


def predicting(predict, x: np.ndarray) -> dict:
    """Measure a prediction after the first."""
    predict(x[:1024])
    ticks, started = Ticks(), time.monotonic()
    for _ in range(PREDICTED):
        predict(x)
    seconds, done = time.monotonic() - started, PREDICTED * len(x)
    return {
        "prediction": done / seconds,
        "prediction of processor": done / ticks.seconds(),
        "kernel_prediction": ticks.share(),
    }


def of_kernel(side: dict, x: np.ndarray, y: np.ndarray, split: dict) -> dict[str, float]:
    """Measure the kernel's share in all that a run does with a network, after warming up."""
    set_up(side["threads"])
    from attendna.contracts.checkpoints import Parts
    from attendna.explanation import attribution
    from attendna.explanation.explaining import Methods, explain
    from attendna.learning import models

    model, clock = trained(side, "auto", x, y, split)
    predicted = predicting(lambda part: models.predict(model, part), x)
    found = {"training": clock.kernel, "prediction": predicted["kernel_prediction"]}
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["explain"]
    methods = Methods(**{key: config[key] for key in Methods.__dataclass_fields__})
    explained = attribution.explainable(model)
    for warm in (True, False):
        ticks = Ticks()
        part = x[:EXPLAINED]
        numbers = np.arange(EXPLAINED)
        known = {"ids": numbers.astype(str), "records": numbers, "target": y[:EXPLAINED]}
        known["parts"] = np.full(EXPLAINED, "test")
        explain(explained, part, known, methods, Parts(None, ""))
        if not warm:
            found["attribution"] = ticks.share()
    return found


if __name__ == "__main__":
    main()
