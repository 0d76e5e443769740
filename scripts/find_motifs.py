"""Find the motifs that a network relies on, and compare them with known ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from attendna.command_line import json_argument, run
from attendna.contracts.attributions import read_attributions, read_filters
from attendna.contracts.encoded import read_encoded
from attendna.contracts.motifs import (
    MATCH_COLUMNS,
    MemeMotif,
    write_meme,
    write_motif_matches,
    write_motifs,
)
from attendna.contracts.sequences import BED_COLUMNS, bed_writer
from attendna.contracts.splits import SPLITS
from attendna.dna import base_fractions
from attendna.errors import UserError
from attendna.explanation import motif_comparison, motifs, tfmodisco
from attendna.explanation.motif_comparison import Match, Target
from attendna.explanation.motifs import Direction, Motif
from attendna.simulation.specification import Simulation

# Which attributions show motifs best, the best first.
PREFERRED = ["mutagenesis", "gradient", "integrated_gradients"]
LISTED = 10  # matches of a motif in motif_matches.tsv
LEAST_WINDOWS = 10  # of a filter


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attributions", required=True, help="attributions.npz of the run")
    parser.add_argument("--filters", required=True, help="filters.npz of the run")
    parser.add_argument("--encoded", required=True, help="encoded.npz of the dataset")
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help="JSON: attribution, method, strands, min_sites, most, jaspar, q_value, seed",
    )
    parser.add_argument(
        "--simulation", type=json_argument, help="JSON: how the dataset was simulated"
    )
    parser.add_argument("--threads", type=int, default=1, help="cores to use")
    parser.add_argument("--motifs", required=True, help="the motifs.json to write")
    parser.add_argument("--meme", required=True, help="the motifs.meme to write")
    parser.add_argument("--filter-meme", required=True, help="the filters.meme to write")
    parser.add_argument("--matches", required=True, help="the motif_matches.tsv to write")
    parser.add_argument("--hits", required=True, help="the motif_hits.bed to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    args = parse(argv)
    how = args.settings
    both = how["strands"] == "both"
    if how["method"] == "tfmodisco" and not tfmodisco.is_installed():
        raise UserError(
            "explain.motifs.method: tfmodisco needs the package modisco-lite, which is not "
            "installed; install it, or set auto or kmers."
        )
    stored = read_attributions(args.attributions)
    encoded = read_encoded(args.encoded)
    x = np.asarray(encoded.x[stored.records])
    method = attribution_of(how["attribution"], list(stored.methods), args.attributions)
    ways = motifs.directions(x, stored.methods[method], stored.target, encoded.classes)

    tried: list[str] = []
    found: list[Motif] = []
    for way, seeds, notes in seeded(ways, how["method"], both):
        options = {"min_sites": how["min_sites"], "most": how["most"], "both_strands": both}
        own = motifs.discover(way, seeds, how["method"] != "tfmodisco", seed=how["seed"], **options)
        tried += [*notes, *own.notes]
        found += own.motifs
    if not found:
        tried.append("No motif was found.")
    print("\n".join(tried), flush=True)
    filters = filter_matrices(read_filters(args.filters), x)

    matrices = [motif.probabilities for motif in found]
    known = [] if how["jaspar"] == "none" else jaspar(how["jaspar"])
    names = [motif.name for motif in found] + [name for name, _ in filters]
    rows = matrices + [counts / counts.sum(axis=1, keepdims=True) for _, counts in filters]
    tables = motif_comparison.compare(rows, known, threads=args.threads)
    significant = [[m for m in table if m.q_value <= how["q_value"]] for table in tables]
    families = [motif_comparison.family(table, known) for table in significant]
    tables = [table[:LISTED] for table in significant]
    classes = [motif.klass for motif in found] + [""] * len(filters)
    write_motif_matches(args.matches, match_table(names, classes, tables, known))
    write_meme(args.meme, meme_motifs(found, tables, known), both)
    write_meme(
        args.filter_meme,
        [
            MemeMotif(name, "", counts / counts.sum(axis=1, keepdims=True), int(counts[0].sum()))
            for name, counts in filters
        ],
        both,
    )
    write_hits(args.hits, found, stored.ids)

    content = {
        "attribution": method,
        "records": len(x),
        "parts": {part: int((stored.parts == part).sum()) for part in SPLITS},
        "length": x.shape[1],
        "classes": encoded.classes,
        "strands": how["strands"],
        "tried": tried,
        "filters": {"described": len(filters), "matched": sum(map(bool, tables[len(found) :]))},
        "jaspar": compared_with(known) if known else None,
        "q_value": how["q_value"],
        "motifs": [
            described(motif, found[:i], table, known, x.shape[1])
            | {"family": None if family is None else asdict(family)}
            for i, (motif, table, family) in enumerate(zip(found, tables, families, strict=False))
        ],
        "planted": None,
        "scores": None,
    }
    if args.simulation:
        planted = motif_comparison.planted_targets(Simulation.from_settings(args.simulation))
        background = known or (jaspar("all") if found else [])
        truth, best = recovered(found, planted, background, args.threads)
        content |= truth
        for motif in content["motifs"]:
            motif["planted"] = best.get(motif["name"])
    write_motifs(args.motifs, content)


def attribution_of(wanted: str, methods: Sequence[str], path: str) -> str:
    """Return the method whose attributions are used."""
    if wanted == "auto":
        return next(name for name in PREFERRED if name in methods)
    if wanted not in methods:
        raise UserError(
            f"{path}: has no attributions by {wanted}; add it to explain.methods, or set "
            f"explain.motifs.attribution to one of {', '.join(methods)}."
        )
    return wanted


def seeded(
    ways: Sequence[Direction], method: str, both: bool
) -> list[tuple[Direction, list[motifs.Seed], list[str]]]:
    """Let TF-MoDISco propose motifs where it can; say for each class how that ended."""
    if method == "kmers":
        return [(way, [], []) for way in ways]
    runs: list[tuple[Direction, list[motifs.Seed], list[str]]] = []
    against: list[motifs.Seed] = []
    for number, way in enumerate(ways):
        if len(ways) == 2 and number == 1:  # what speaks against the first speaks for the second
            seeds, failure = against, None
            reason = tfmodisco.reason_against(way)
        else:
            reason = tfmodisco.reason_against(way)
            seeds, against, failure = ([], [], None) if reason else tfmodisco.proposals(way, both)
        if reason:
            notes = [f"{way.name}: {reason}"]
        elif failure:
            notes = [f"{way.name}: TF-MoDISco failed ({failure})."]
        elif not seeds:
            notes = [f"{way.name}: TF-MoDISco found no pattern."]
        else:
            notes = [f"{way.name}: TF-MoDISco proposed {len(seeds)} patterns."]
        runs.append((way, seeds, notes))
    return runs


def filter_matrices(filters: dict[str, np.ndarray], x: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Describe the filters by their strongest windows: names and counts."""
    fractions = base_fractions(x).astype(np.float32)
    return [
        (f"{layer}_{number}", counts)
        for layer, kernels in filters.items()
        if len(kernels) <= x.shape[1]
        for number, counts in motifs.filter_motifs(kernels, fractions, LEAST_WINDOWS)
    ]


def jaspar(taxa: str | list[str]) -> list[Target]:
    """Return the matrices to compare with."""
    return motif_comparison.jaspar_targets(None if taxa == "all" else taxa)


def compared_with(known: Sequence[Target]) -> str:
    """Say what the motifs were compared with."""
    profiles = len({target.profile for target in known})
    release = motif_comparison.release()
    return f"{release} CORE, {profiles:,} profiles in {len(known):,} versions"


def match_table(
    names: Sequence[str],
    classes: Sequence[str],
    tables: Sequence[Sequence[Match]],
    known: Sequence[Target],
) -> pd.DataFrame:
    """Return a row for each motif and each of its matches."""
    rows = [
        [
            name,
            klass,
            rank,
            known[match.target].identifier,
            known[match.target].name,
            "; ".join(known[match.target].families),
            match.p_value,
            match.e_value,
            match.q_value,
            match.offset,
            match.overlap,
            match.strand,
        ]
        for name, klass, table in zip(names, classes, tables, strict=True)
        for rank, match in enumerate(table, start=1)
    ]
    return pd.DataFrame(rows, columns=MATCH_COLUMNS)


def meme_motifs(
    found: Sequence[Motif], tables: Sequence[Sequence[Match]], known: Sequence[Target]
) -> list[MemeMotif]:
    """Return the motifs, their best match in JASPAR as the second name."""
    return [
        MemeMotif(
            motif.name,
            "_".join(known[table[0].target].name.split()) if table else motif.consensus,
            motif.probabilities,
            motif.sites,
        )
        for motif, table in zip(found, tables, strict=False)
    ]


def write_hits(path: str, found: Sequence[Motif], ids: np.ndarray) -> None:
    """Write where the motifs occur, record by record; the score is 1000 for the best site."""
    rows = []
    for motif in found:
        best = motif.evidence.max()
        for record, start, strand, evidence in zip(
            motif.records, motif.starts, motif.strands, motif.evidence, strict=True
        ):
            score = int(round(1000 * max(0.0, evidence / best))) if best > 0 else 0
            end = int(start) + motif.width
            rows.append((int(record), int(start), end, motif.name, score, str(strand)))
    rows.sort()
    with bed_writer(path) as write:
        if rows:
            record, start, end, name, score, strand = zip(*rows, strict=True)
            chrom = [str(ids[r]) for r in record]
            write(dict(zip(BED_COLUMNS, (chrom, start, end, name, score, strand), strict=True)))


def described(
    motif: Motif,
    earlier: Sequence[Motif],
    table: Sequence[Match],
    known: Sequence[Target],
    length: int,
) -> dict[str, Any]:
    """Return what motifs.json says about a motif."""
    like = motifs.like_earlier(motif, earlier)
    return {
        "name": motif.name,
        "class": motif.klass,
        "method": motif.method,
        "consensus": motif.consensus,
        "sites": motif.sites,
        "records": len(set(motif.records.tolist())),
        "information": motif.information,
        "effect": float(motif.evidence.mean()),
        "position": position(motif, length),
        "plus": float((motif.strands == "+").mean()),
        "starts": motif.starts,
        "counts": motif.counts,
        "contributions": motif.contributions,
        "like": None if like is None else {"motif": like[0].name, "strand": like[1]},
        "matches": [
            {
                "id": known[match.target].identifier,
                "name": known[match.target].name,
                "p_value": match.p_value,
                "e_value": match.e_value,
                "q_value": match.q_value,
                "offset": match.offset,
                "strand": match.strand,
                "probabilities": turned(known[match.target].probabilities, match.strand),
            }
            for match in table[:3]
        ],
        "planted": None,
    }


def position(motif: Motif, length: int) -> dict[str, float]:
    """Return where its sites start, counted from 1; `low` to `high` is where most do."""
    peak = motifs.position_peak(motif.starts, length - motif.width + 1)
    return {
        "mean": float(motif.starts.mean()) + 1,
        "sd": float(motif.starts.std()),
        "low": peak.first + 1,
        "high": peak.last + 1,
        "share": peak.share,
        "p_value": peak.p_value,
    }


def turned(probabilities: np.ndarray, strand: str) -> np.ndarray:
    """Return a matrix as it reads on a strand."""
    return probabilities[::-1, ::-1] if strand == "-" else probabilities


def recovered(
    found: Sequence[Motif], planted: Sequence[Target], background: Sequence[Target], threads: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what motifs.json says about the planted motifs, and the best of them by motif."""
    result = motif_comparison.recovery(
        [motif.probabilities for motif in found], planted, background, threads
    )
    by_name = {
        name: None if match is None else {"motif": found[match[0]].name, "p_value": match[1]}
        for name, match in result.found.items()
    }
    best = {
        found[index].name: {"name": planted[match[0]].name, "p_value": match[1]}
        for index, match in enumerate(result.best)
        if match is not None
    }
    names = result.recovered
    scores = {"planted": len(by_name), "recovered": len(names), "names": names}
    return {"planted": by_name, "scores": scores}, best


if __name__ == "__main__":
    run(main)
