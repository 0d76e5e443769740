"""Draw the motifs that were found, where they stand, the rules between them, and single bases."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.attributions import Attributions, read_attributions
from attendna.contracts.encoded import Encoded, read_encoded
from attendna.contracts.motifs import read_motifs
from attendna.contracts.rules import read_rule_effects, read_rule_summary, read_rules
from attendna.contracts.sequences import read_bed
from attendna.dna import base_fractions
from attendna.reporting import figures, logos, rule_curves
from attendna.reporting.figure_arguments import FORMATS
from attendna.reporting.logos import Explained, Logo, Profile, Span

PSEUDOCOUNT = 0.25  # sites, added to each base
WORDS = {
    "gradient": "gradient",
    "integrated_gradients": "integrated gradients",
    "mutagenesis": "in-silico mutagenesis",
}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attributions", required=True, help="attributions.npz of the run")
    parser.add_argument("--motifs", required=True, help="motifs.json of the run")
    parser.add_argument("--hits", required=True, help="motif_hits.bed of the run")
    parser.add_argument("--rules", required=True, help="rules.tsv of the run")
    parser.add_argument("--effects", required=True, help="rule_effects.tsv.gz of the run")
    parser.add_argument("--summary", required=True, help="rules.json of the run")
    parser.add_argument("--encoded", required=True, help="encoded.npz of the dataset")
    parser.add_argument("--planted", help="planted.bed of a simulated dataset")
    parser.add_argument(
        "--settings", type=json_argument, required=True, help="JSON: dpi, explained_records"
    )
    parser.add_argument("--figures", required=True, type=Path, help="the folder for the figures")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    args = parse(argv)
    settings = args.settings
    stored = read_attributions(args.attributions)
    found = read_motifs(args.motifs)
    encoded = read_encoded(args.encoded)
    shown = chosen(found)

    drawn = {
        "motifs": logos.motif_logos([logo(motif, found) for motif in shown]),
        "motif_positions": logos.motif_positions(
            [profile(motif, found["length"]) for motif in shown],
            found["length"],
        ),
        "contributions": logos.contributions(
            examples(args, stored, found, encoded, settings["explained_records"]),
            WORDS[found["attribution"]],
        ),
        "rules": rule_curves.rule_curves(
            rule_curves.panels(
                read_rules(args.rules),
                read_rule_effects(args.effects),
                read_rule_summary(args.summary),
            )
        ),
    }
    for name, figure in drawn.items():
        paths = {kind: args.figures / f"{name}.{kind}" for kind in FORMATS}
        figures.save(figure, paths, settings["dpi"])


def chosen(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Choose the motifs to draw: of the classes in turn, without variants of earlier ones.

    A variant is drawn if it is the one that recovers a planted motif.
    """
    own = defaultdict(list)
    for motif in found["motifs"]:
        like = motif["like"]
        if like is None or like["strand"] == "-" or recovers(motif, found):
            own[motif["class"]].append(motif)
    ranked = sorted(
        (rank, order, motif["name"])
        for order, motifs in enumerate(own.values())
        for rank, motif in enumerate(motifs)
    )
    names = {name for _, _, name in ranked[: logos.SHOWN]}
    return [motif for motif in found["motifs"] if motif["name"] in names]


def recovers(motif: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Say whether a motif is the one by which a planted motif was recovered."""
    planted = (found["planted"] or {}).values()
    return any(match is not None and match["motif"] == motif["name"] for match in planted)


def logo(motif: Mapping[str, Any], found: Mapping[str, Any]) -> Logo:
    """Return a motif with its best match."""
    counts = np.array(motif["counts"], dtype=float)
    subtitle = f"{motif['sites']} sites, each {motif['effect']:+.2g} on the log odds"
    title = f"{motif['name']}: {motif['consensus']}"
    if recovers(motif, found):
        title += f" = planted {motif['planted']['name']}"
    if not motif["matches"]:
        return Logo(title, subtitle, _shares(counts), match_title="no significant match")
    best = motif["matches"][0]
    turned = ", reverse complement" if best["strand"] == "-" else ""
    return Logo(
        title,
        subtitle,
        _shares(counts),
        np.array(best["probabilities"], dtype=float),
        best["offset"],
        f"{best['name']} ({best['id']}{turned}), q = {best['q_value']:.1g}",
    )


def _shares(counts: np.ndarray) -> np.ndarray:
    """Return counts as shares, a pseudocount keeping few sites from looking certain."""
    counts = counts + PSEUDOCOUNT
    return counts / counts.sum(axis=1, keepdims=True)


def profile(motif: Mapping[str, Any], length: int) -> Profile:
    """Return where a motif's sites start."""
    title = f"{motif['name']}: {motif['consensus']}"
    starts = np.array(motif["starts"], dtype=int) + 1
    return Profile(title, starts, length - len(motif["counts"]) + 1)


def examples(
    args: argparse.Namespace,
    stored: Attributions,
    found: Mapping[str, Any],
    encoded: Encoded,
    count: int,
) -> list[Explained]:
    """Return some records of each class, in the order of the data, with what is known of them."""
    labels = [encoded.classes[i] for i in encoded.y[stored.records]]
    names = {motif["name"]: motif["consensus"] for motif in found["motifs"]}
    spans = spans_of(args.hits, names, planted=False)
    if args.planted:
        for name, more in spans_of(args.planted, None, planted=True).items():
            spans[name] += more
    records = []
    # Of the test part first: the sort is stable.
    order = np.argsort(stored.parts != "test", kind="stable")
    for i in order[figures.choose_records([labels[j] for j in order], encoded.classes, count)]:
        fractions = base_fractions(encoded.x[stored.records[i]][None])[0]
        target = encoded.classes[stored.target[i]]
        title = f"{stored.ids[i]} ({stored.parts[i]}): {labels[i]}. "
        title += f"For {target}: score {stored.scores[i]:+.1f}"
        records.append(
            Explained(
                title,
                stored.methods[found["attribution"]][i] * fractions,
                np.maximum(stored.attention_scores[i], 0),
                spans.get(str(stored.ids[i]), []),
            )
        )
    return records


def spans_of(
    path: str, names: Mapping[str, str] | None, planted: bool
) -> defaultdict[str, list[Span]]:
    """Read stretches of records from BED, called by their own names or those given."""
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    if Path(path).stat().st_size == 0:
        return spans
    rows: Sequence[Any] = list(read_bed(path).itertuples(index=False))
    for row in rows:
        name = names[row.name] if names else row.name
        spans[row.chrom].append(Span(int(row.start), int(row.end), name, planted))
    return spans


if __name__ == "__main__":
    run(main)
