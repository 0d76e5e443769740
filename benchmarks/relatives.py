r"""How many relatives the search finds, what it finds by chance and in real data, and its speed.

    python benchmarks/relatives.py recall
    python benchmarks/relatives.py chance
    python benchmarks/relatives.py real results/*/sequences.parquet
    python benchmarks/relatives.py threshold results/*/sequences.parquet
    python benchmarks/relatives.py scores results/*/sequences.parquet
    python benchmarks/relatives.py speed --records 100000 1000000

`recall` plants relatives of known identity among random records and counts those found, also
behind a flank of 45 bases that all records have. `chance` counts relations among random records.
`real` compares shared stretches alone with the whole search in records that a run has imported.
`threshold` counts the distinct records that have a relative at several identities, and the same
after each record was shuffled with its dinucleotides kept, where every relative is one by chance
(in brackets the records of the largest group). `scores` fits k-mers in folds that are drawn at
random, that keep records with shared stretches together, and that keep similar ones too. `speed`
runs find_groups.py in turns without and with the search by identity, and says what each takes in
processor time and memory; `--before` names the scripts of an earlier version.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from planted_relatives import KINDS, as_text, planted  # noqa: E402

from attendna.contracts.sequences import sequence_columns, write_sequences  # noqa: E402
from attendna.data import grouping, leakage  # noqa: E402
from attendna.data.kmers import Letters  # noqa: E402
from attendna.data.relatives import similar_pairs  # noqa: E402
from attendna.data.repeats import without_repeats  # noqa: E402
from attendna.data.splitting import Division, stratified_group  # noqa: E402
from attendna.dna import letters, one_hot  # noqa: E402
from attendna.shuffling import shuffle_dinucleotides  # noqa: E402

LENGTHS = [30, 60, 100, 200, 500]
FOLDS = 5
FLANK = "GTCAGTCCTGCAGCAGACTACCTAGCCCTGTCAAAACAGTGATCT"
CASES = [(0.975, 0), (0.95, 0), (0.9, 0), (0.9, 1), (0.85, 0), (0.8, 0)]  # identity, kind


def everything(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Say that all pairs matter."""
    return np.ones(len(a), dtype=bool)


def pairs(sequences: list[str], identity: float) -> set[tuple[int, int]]:
    """Search as find_groups does, but for all pairs."""
    letters, _ = without_repeats(Letters.of(sequences), identity)
    found: set[tuple[int, int]] = set()
    for a, b in similar_pairs(letters, identity, everything):
        found |= set(zip(a.tolist(), b.tolist(), strict=True))
    return found


def recall(arguments: argparse.Namespace) -> None:
    """Print the share of planted relatives that is found, by length and identity."""
    names = [f"{identity:.1%} {KINDS[kind]}" for identity, kind in CASES]
    for flank in {"none": [""], "only": [FLANK], "both": ["", FLANK]}[arguments.flank]:
        print(f"\n{arguments.records:,} records, {arguments.relatives:,} relatives", end="")
        print(f", all with a flank of {len(flank)} bases" if flank else "")
        print("| length | " + " | ".join(names) + " | others |")
        for length in arguments.lengths:
            row, others = [], 0
            for number, (identity, kind) in enumerate(CASES):
                rng = np.random.default_rng([length, number])
                n = arguments.records
                relatives = arguments.relatives
                sequences = planted(n, length, relatives, identity, KINDS[kind], rng, flank)
                found = pairs(sequences, arguments.identity)
                expected = {(i, n + i) for i in range(arguments.relatives)}
                row.append(len(found & expected) / len(expected))
                others += len(found - expected)
            shares = " | ".join(f"{share:.1%}" for share in row)
            print(f"| {length} | {shares} | {others} |", flush=True)


def chance(arguments: argparse.Namespace) -> None:
    """Print how many pairs of random records are taken for relatives."""
    n = arguments.records
    print("| length | pairs | related |")
    for length in arguments.lengths:
        rng = np.random.default_rng(length)
        sequences = [as_text(row) for row in rng.integers(0, 4, (n, length))]
        found = pairs(sequences, arguments.identity)
        print(f"| {length} | {n * (n - 1) // 2:,} | {len(found)} |", flush=True)


def real(arguments: argparse.Namespace) -> None:
    """Print what the search finds in imported records beside shared stretches alone."""
    columns = ["id", "sequence", "label", "group", "split", "chrom", "start", "end"]
    print("| records | with a relative | | groups | | largest | | left out | leaks in test | |")
    for path in arguments.files:
        records = sequence_columns(path, columns)
        sequences = list(records["sequence"])
        n = len(sequences)
        some, shared = without_repeats(Letters.of(sequences), arguments.identity)
        row = []
        for identity in (None, arguments.identity):
            groups = grouping.find_groups(sequences, arguments.shared_kmer, identity=identity)
            sizes = np.bincount(groups)
            row.append((int(sizes[sizes > 1].sum()), int(groups.max()), int(sizes.max())))
        leaks = ["", ""]
        if any(part == "test" for part in records["split"]):
            parts = np.array([str(part) for part in records["split"]])
            split = {p: np.flatnonzero(parts == p) for p in ("train", "validation", "test")}
            found = leakage.find_relatives(
                split, records, arguments.shared_kmer, arguments.identity, some
            )
            in_test = np.isin(leakage.judged(split), split["test"])
            kinds = ["exact", "reverse_complement", "shared_kmer"]
            by_stretch = np.any([found[kind] >= 0 for kind in kinds], axis=0)
            total = f" of {len(split['test']):,}"
            leaks = [
                f"{int((in_test & by_stretch).sum()):,}{total}",
                f"{int((in_test & (by_stretch | (found['identity'] >= 0))).sum()):,}{total}",
            ]
        before, after = row
        told = [f"{b:,} | {a:,}" for b, a in zip(before, after, strict=True)]
        name = Path(path).parent.name
        print(
            f"| `{name}` | {n:,} | {' | '.join(told)} | {shared.records:,} | {' | '.join(leaks)} |",
            flush=True,
        )


def threshold(arguments: argparse.Namespace) -> None:
    """Print how many records are similar to another one by identity, as they are and shuffled."""
    identities = [0.75, 0.8, 0.85, 0.9, 0.95]
    print("| records | " + " | ".join(f"{identity:.2f}" for identity in identities) + " |")
    for path in arguments.files:
        texts = list(dict.fromkeys(sequence_columns(path, ["sequence"])["sequence"]))
        rng = np.random.default_rng(1)
        shuffled = [shuffle_dinucleotides(text, rng) for text in texts]
        for what, sequences in (("", texts), (", shuffled", shuffled)):
            row = []
            for identity in identities:
                sizes = np.bincount(grouping.find_groups(sequences, 10**6, identity=identity))
                row.append(f"{int(sizes[sizes > 1].sum()):,} ({int(sizes.max()):,})")
            print(f"| `{Path(path).parent.name}`{what} | {' | '.join(row)} |", flush=True)


def scores(arguments: argparse.Namespace) -> None:
    """Print what kmer_logistic scores where relatives are on both sides of a split or are not."""
    from sklearn.metrics import accuracy_score, matthews_corrcoef, roc_auc_score

    from attendna.learning import baselines

    how = {"k": 6, "c": "auto", "both_strands": False, "seed": 1}
    print("| set | split | AUROC | MCC | accuracy |")
    for path in arguments.files:
        records = sequence_columns(path, ["sequence", "label"])
        sequences = list(records["sequence"])
        classes, y = np.unique(
            np.array([str(name) for name in records["label"]]), return_inverse=True
        )
        names = [str(name) for name in classes]
        positive = names[-1] if len(names) == 2 else ""
        x = one_hot(letters(sequences))
        for kind, identity in (
            ("random", None),
            ("stretches", None),
            ("similar", arguments.identity),
        ):
            groups = np.arange(len(y))
            if kind != "random":
                groups = grouping.find_groups(sequences, arguments.shared_kmer, identity=identity)
            found = []
            for fold in range(1, FOLDS + 1):
                division = Division(test=0.2, validation=0.2, folds=FOLDS, fold=fold, seed=42)
                split = stratified_group(y, names, groups, division)
                learned = [a[split[part]] for part in ("train", "validation") for a in (x, y)]
                model = baselines.fit_kmer_logistic(
                    *learned, classes=names, positive=positive, **how
                )
                p, truth = baselines.predict(model, x[split["test"]]), y[split["test"]]
                area = roc_auc_score(truth, p if len(names) > 2 else p[:, 1], multi_class="ovr")
                decided = p.argmax(axis=1)
                found.append(
                    (area, matthews_corrcoef(truth, decided), accuracy_score(truth, decided))
                )
            told = zip(np.mean(found, axis=0), np.std(found, axis=0, ddof=1), strict=True)
            row = " | ".join(f"{mean:.3f} ± {sd:.3f}" for mean, sd in told)
            print(f"| `{Path(path).parent.name}` | {kind} | {row} |", flush=True)


def speed(arguments: argparse.Namespace) -> None:
    """Print time and memory of find_groups.py without and with the search by identity."""
    for n in arguments.records:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "sequences.parquet")
            rng = np.random.default_rng(1)
            text: list[str] = []
            for first in range(0, n, 10_000):
                some = rng.integers(0, 4, (min(10_000, n - first), arguments.length))
                text += [as_text(row) for row in some]
            table = pd.DataFrame({"id": [f"r{i}" for i in range(n)], "sequence": text})
            table["label"] = np.array(["a", "b"])[np.arange(n) % 2]
            for column in ("group", "split", "chrom", "start", "end"):
                table[column] = None
            write_sequences(path, table)
            del table, text
            used: dict[str, list[tuple[float, float]]] = {}
            for _ in range(arguments.rounds):
                for script, identity in (
                    (arguments.before, None),
                    (ROOT / "scripts", None),
                    (ROOT / "scripts", arguments.identity),
                ):
                    if script is not None:
                        name = f"{Path(script).parent.name} {identity}"
                        cost = _find_groups(Path(script), path, identity)
                        used.setdefault(name, []).append(cost)
            for name, costs in used.items():
                seconds, megabytes = np.median(costs, axis=0)
                print(f"{n:,} {name}: {seconds:.1f} s, {megabytes / 1000:.2f} GB", flush=True)


def _find_groups(scripts: Path, path: Path, identity: float | None) -> tuple[float, float]:
    """Return the processor seconds and the peak memory in MB of one job."""
    settings = json.dumps({"groups": "auto", "shared_kmer": 40, "identity": identity})
    command = [sys.executable, str(scripts / "find_groups.py"), "--sequences", str(path)]
    command += ["--settings", settings, "--groups", str(path.with_name("groups.tsv"))]
    started = time.monotonic()
    job = os.posix_spawn(sys.executable, command, os.environ)
    _, status, used = os.wait4(job, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed after {time.monotonic() - started:.0f} s")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--identity", type=float, default=0.8)
    parser.add_argument("--shared-kmer", type=int, default=40)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("recall")
    command.add_argument("--records", type=int, default=10_000)
    command.add_argument("--relatives", type=int, default=1000)
    command.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    command.add_argument("--flank", choices=["both", "none", "only"], default="both")
    command.set_defaults(run=recall)
    command = commands.add_parser("chance")
    command.add_argument("--records", type=int, default=100_000)
    command.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    command.set_defaults(run=chance)
    command = commands.add_parser("real")
    command.add_argument("files", nargs="+", help="sequences.parquet of datasets")
    command.set_defaults(run=real)
    command = commands.add_parser("threshold")
    command.add_argument("files", nargs="+", help="sequences.parquet of datasets")
    command.set_defaults(run=threshold)
    command = commands.add_parser("scores")
    command.add_argument("files", nargs="+", help="sequences.parquet, records of one length each")
    command.set_defaults(run=scores)
    command = commands.add_parser("speed")
    command.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    command.add_argument("--length", type=int, default=200)
    command.add_argument("--rounds", type=int, default=1)
    command.add_argument("--before", help="scripts/ of another version to compare with")
    command.set_defaults(run=speed)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
