"""Find the motifs that a network relies on, and compare them with known ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.attributions import read_attributions, read_filters
from attendna.contracts.encoded import read_encoded
from attendna.contracts.motifs import write_meme, write_motif_matches, write_motifs
from attendna.contracts.sequences import bed_writer
from attendna.contracts.splits import SPLITS
from attendna.errors import UserError
from attendna.explanation import bacterial_boxes, motif_files, tfmodisco
from attendna.explanation.directions import directions, preferred
from attendna.explanation.discovery import Options, discover_all
from attendna.explanation.filter_motifs import filter_matrices
from attendna.explanation.motif_comparison import (
    Target,
    described_targets,
    jaspar_targets,
    likenesses,
)
from attendna.explanation.motif_recovery import planted_targets
from attendna.simulation.specification import Simulation

LISTED = 10  # matches of a motif in motif_matches.tsv
FEW = 100  # targets, beside which those of JASPAR stand as background


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
    settings = args.settings
    both = settings["strands"] == "both"
    if settings["method"] == "tfmodisco" and not tfmodisco.is_installed():
        raise UserError(
            "explain.motifs.method: tfmodisco needs the package modisco-lite, which is not "
            "installed; install it, or set auto or kmers."
        )
    stored = read_attributions(args.attributions)
    encoded = read_encoded(args.encoded)
    x = np.asarray(encoded.x[stored.records])
    method = attribution_of(settings["attribution"], list(stored.methods), args.attributions)
    by_class = directions(x, stored.methods[method], stored.target, encoded.classes)
    options = Options(settings["min_sites"], settings["most"], both, settings["seed"])
    found, tried = discover_all(by_class, settings["method"], options)
    print("\n".join(tried), flush=True)

    filters = motif_files.meme_filters(filter_matrices(read_filters(args.filters), x))
    known, described = compared_with(settings["jaspar"])
    # P-values among a few targets mean nothing.
    others = jaspar_targets() if 0 < len(known) < FEW and (found or filters) else []
    matrices = [motif.probabilities for motif in (*found, *filters)]
    like = likenesses(matrices, known, settings["q_value"], LISTED, args.threads, others)
    own = like[: len(found)]
    names = [motif.name for motif in (*found, *filters)]
    classes = [motif.label for motif in found] + [""] * len(filters)
    write_motif_matches(args.matches, motif_files.match_table(names, classes, like, known))
    write_meme(args.meme, motif_files.meme_motifs(found, own, known), both)
    write_meme(args.filter_meme, filters, both)
    with bed_writer(args.hits) as write:
        if found:
            write(motif_files.hit_columns(found, stored.ids))

    content = {
        "attribution": method,
        "records": len(x),
        "parts": {part: int((stored.parts == part).sum()) for part in SPLITS},
        "length": x.shape[1],
        "classes": encoded.classes,
        "strands": settings["strands"],
        "tried": tried,
        "filters": {
            "described": len(filters),
            "matched": sum(bool(each.matches) for each in like[len(found) :]),
        },
        "jaspar": described,
        "q_value": settings["q_value"],
        "motifs": motif_files.motif_contents(found, own, known, x.shape[1]),
        "planted": None,
        "scores": None,
    }
    if args.simulation:
        planted = planted_targets(Simulation.from_settings(args.simulation))
        background = known or (jaspar_targets() if found else [])
        truth, best = motif_files.recovered_content(found, planted, background, args.threads)
        content |= truth
        for motif in content["motifs"]:
            motif["planted"] = best.get(motif["name"])
    write_motifs(args.motifs, content)


def attribution_of(wanted: str, methods: Sequence[str], path: str) -> str:
    """Return the method whose attributions are used."""
    if wanted == "auto":
        return preferred(methods)
    if wanted not in methods:
        raise UserError(
            f"{path}: has no attributions by {wanted}; add it to explain.methods, or set "
            f"explain.motifs.attribution to one of {', '.join(methods)}."
        )
    return wanted


def compared_with(taxa: str | Sequence[str]) -> tuple[list[Target], str | None]:
    """Return the matrices to compare with, and what they are called; None without any.

    Parameters
    ----------
    taxa
        "all" (of JASPAR), "none", or groups of organisms, of which bacteria are not from JASPAR.
    """
    if taxa == "none":
        return [], None
    if taxa == "all":
        known = jaspar_targets()
        return known, described_targets(known)
    groups = [taxon for taxon in taxa if taxon != bacterial_boxes.NAME]
    known = jaspar_targets(groups) if groups else []
    described = [described_targets(known)] if groups else []
    if len(groups) < len(taxa):
        known += bacterial_boxes.targets()
        described.append(bacterial_boxes.described())
    return known, " and ".join(described)


if __name__ == "__main__":
    run(main)
