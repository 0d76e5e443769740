r"""How many giveaways the audit finds and invents, and what it says beside genomic-benchmarks-qc.

    python benchmarks/giveaways.py                    # planted ones, and datasets without any
    python benchmarks/giveaways.py --peer gb-qc results/*/    # of datasets that were audited

The peer is a program of its own, in an environment of its own (Python 3.12). Each check of both is
printed with its AUROC; of more than two classes the peer compares pairs and the audit each class
with the rest, and the largest of each is printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

import planted_giveaways as data  # noqa: E402

from attendna.contracts.giveaways import read_giveaways  # noqa: E402
from attendna.contracts.sequences import read_sequences  # noqa: E402
from attendna.contracts.tables import read_json  # noqa: E402
from attendna.data.audit import audit  # noqa: E402
from attendna.data.giveaway_findings import findings, told  # noqa: E402
from attendna.data.giveaways import KINDS, LEVEL  # noqa: E402

# Checks of the peer, and the rows of giveaways.tsv that ask the same.
CHECKS = {
    "Sequence lengths": "length",
    "Per sequence GC content": "gc",
    "Per sequence nucleotide content": "bases",
    "Per sequence dinucleotide content": "pairs",
    "Per position nucleotide content": "position",
}
OWN = {"ambiguous", "ends", "soft_masked", "copies"}  # kinds that the peer has no AUROC for


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="results/DATASET, audited")
    parser.add_argument("--peer", help="the program gb-qc; without it the audit alone is told")
    parser.add_argument("--seeds", type=int, default=10, help="datasets of each planted giveaway")
    parser.add_argument("--nothing", type=int, default=1000, help="datasets without any")
    arguments = parser.parse_args()
    if arguments.folders:
        for folder in arguments.folders:
            beside(folder, arguments.peer)
    else:
        simulated(arguments.seeds, arguments.nothing)


def audited(sequences: list[str], labels: list[str], lower_case: list[int] | None = None) -> dict:
    """Audit records."""
    ids, splits = [str(i) for i in range(len(labels))], [None] * len(labels)
    return audit(ids, sequences, labels, splits, lower_case=lower_case)


def simulated(seeds: int, nothing: int) -> None:
    """Print how often what is planted is reported as its kind, and what is reported of nothing."""
    print("| planted | kind | reported | AUROC of the strongest feature of the kind |")
    print("|---|---|---|---|")
    for change, kind in data.KINDS.items():
        found, areas = 0, []
        for seed in range(seeds):
            result = audited(*data.planted(change, seed))
            table = result["features"]
            found += kind in table["kind"][told(table)]
            areas.append(table["auroc"][table["kind"] == kind].max())
        name = change.__name__.replace("_", " ")
        span = f"{min(areas):.3f} to {max(areas):.3f}"
        print(f"| {name} | {KINDS[kind]} | {found} of {seeds} | {span} |")
    different = reported = at_five = 0
    for seed in range(nothing):
        result = audited(*data.nothing(seed))
        table, summary = result["features"], result["giveaways"] | {"constant": []}
        least = np.nanmin(table["p_adjusted"])
        different, at_five = different + (least <= LEVEL), at_five + (least <= 0.05)
        reported += any(findings(table, summary, list(result["classes"])))
    print(
        f"\nOf {nothing} datasets without a difference: something at the level {LEVEL} in "
        f"{different}, reported in {reported}; something at 0.05 in {at_five}."
    )


def beside(folder: Path, peer: str | None) -> None:
    """Print the checks of the audit beside those of the peer, for one dataset."""
    table = read_giveaways(folder / "giveaways.tsv")
    found = read_json(folder / "audit.json")
    best = table.loc[table.groupby("kind")["auroc"].idxmax()].set_index("kind")
    others = asked(folder, peer) if peer else pd.DataFrame(columns=["AU-ROC", "Flag"])
    print(f"\n{folder.name}: {found['records']:,} records, {len(found['classes'])} classes\n")
    print("| check | genomic-benchmarks-qc | attendna | strongest feature |")
    print("|---|---|---|---|")
    for check, kind in CHECKS.items():
        theirs = f"{others['AU-ROC'][check]:.3f} {others['Flag'][check]}" if peer else "-"
        print(f"| {check} | {theirs} | {own(best, kind)} |")
    for kind in [kind for kind in KINDS if kind in OWN]:
        print(f"| {KINDS[kind]} | - | {own(best, kind)} |")
    copies = found["duplicates"]["records"], found["contradictory"]["records"]
    for check, count in zip(
        ["Sequence Duplications within Labels", "Duplicate Sequences between Labels"],
        copies,
        strict=True,
    ):
        theirs = others["Flag"][check] if peer else "-"
        print(f"| {check} | {theirs} | {count:,} records | |")


def own(best: pd.DataFrame, kind: str) -> str:
    """Return the strongest feature of a kind as two cells of a table."""
    if kind not in best.index:
        return "the same in all records | "
    row = best.loc[kind]
    area = f"{row['auroc']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
    return f"{area} | {row['feature']}"


def asked(folder: Path, peer: str) -> pd.DataFrame:
    """Run the peer; return its checks, of several pairs of classes the worst."""
    records = read_sequences(folder / "sequences.parquet", ["sequence", "label"])
    with tempfile.TemporaryDirectory() as place:
        records.to_csv(f"{place}/records.csv", index=False)
        flags = ["--input", f"{place}/records.csv", "--out-folder", place]
        flags += ["--report-types", "simple", "--log-level", "ERROR"]
        subprocess.run([peer, "evaluate-classes", *flags], check=True, capture_output=True)
        reports = Path(place).rglob("gb-qc-report.csv")
        tables = [pd.read_csv(path, index_col="Check") for path in reports]
    order = {"Unknown": 0, "Pass": 1, "Warning": 2, "Fail": 3}
    together = pd.concat(tables)
    together["rank"] = together["Flag"].map(order)
    worst = together.groupby(level=0)[["AU-ROC", "rank"]].max()
    names = {rank: flag for flag, rank in order.items()}
    return worst.assign(Flag=worst["rank"].map(names))


if __name__ == "__main__":
    main()
