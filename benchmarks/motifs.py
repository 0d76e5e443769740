"""Which motifs explanations find: of planted ones how many, on real data which and where.

    snakemake --cores 2 --configfile my.yaml explanation
    python benchmarks/motifs.py results/tutorial [results/OTHER ...]

Prints for every explained run which planted motifs were recovered, by which motif and with which
p-value, and the motifs that explain most with their place, their best matches in JASPAR and
the family of the best.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

SHOWN = 4  # motifs of a class
MATCHES = 3


def main() -> None:
    """Print what motifs.json of every explained run says."""
    from attendna.contracts.motifs import read_motifs

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", nargs="+", type=Path, help="results/DATASET")
    for dataset in parser.parse_args().dataset:
        paths = sorted(dataset.glob("fold*/*/seed*/motifs.json"))
        if not paths:
            sys.exit(f"{dataset}: no motifs.json; run the target explanation first")
        for path in paths:
            print(f"\n{path.parent}")
            tell(read_motifs(path))


def tell(found: Mapping[str, Any]) -> None:
    """Print what one run found."""
    print(", ".join(f"{count} {part}" for part, count in found["parts"].items()), "records")
    if found["scores"]:
        print(f"recovered {found['scores']['recovered']} of {found['scores']['planted']} planted:")
        for name, match in found["planted"].items():
            by = f"{match['motif']}, p {match['p_value']:.1g}" if match else "missed"
            print(f"  {name}: {by}")
    shown: dict[str, int] = {}
    for motif in found["motifs"]:
        shown[motif["class"]] = shown.get(motif["class"], 0) + 1
        if shown[motif["class"]] > SHOWN:
            continue
        place = motif["position"]
        known = ", ".join(
            f"{match['name']} (q {match['q_value']:.0e})" for match in motif["matches"][:MATCHES]
        )
        print(
            f"  {motif['name']} ({motif['method']}): {motif['consensus']}, {motif['sites']} sites, "
            f"{place['share']:.0%} at {place['low']}-{place['high']} (p {place['p_value']:.0e}); "
            f"{known or 'no match'}{family(motif)}"
        )


def family(motif: Mapping[str, Any]) -> str:
    """Say which matches are of the best one's family."""
    found = motif["family"]
    return f"; {', '.join(found['names'])}: {', '.join(found['members'])}" if found else ""


if __name__ == "__main__":
    main()
