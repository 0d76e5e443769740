"""Write the model card of an exported network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from attendna import intact_files, provenance
from attendna.command_line import json_argument, run
from attendna.contracts.exports import read_facts
from attendna.contracts.giveaways import read_giveaways
from attendna.contracts.measurements import read_comparison, read_metrics, read_run_metrics
from attendna.contracts.motifs import read_motifs
from attendna.contracts.predictions import read_calibration
from attendna.contracts.tables import read_json
from attendna.reporting import model_card


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", required=True, help="model.json of the export")
    parser.add_argument("--audit", required=True, help="audit.json of the dataset")
    parser.add_argument("--giveaways", required=True, help="giveaways.tsv of the dataset")
    parser.add_argument("--sequences", required=True, help="sequences.parquet, for its checksum")
    parser.add_argument("--leakage", required=True, help="leakage.json of the fold")
    parser.add_argument("--metrics", required=True, help="metrics.tsv of the dataset")
    parser.add_argument("--comparison", required=True, help="comparison.tsv of the dataset")
    parser.add_argument("--measured", required=True, help="metrics.json of the run")
    parser.add_argument("--calibration", required=True, help="calibration.json of the run")
    parser.add_argument("--motifs", help="motifs.json of the run, if it is explained")
    parser.add_argument("--explained", help="explanation_scores.json of the run, likewise")
    parser.add_argument(
        "--settings",
        required=True,
        type=json_argument,
        help="JSON: architecture of the model, kinds (of all models, in order), confidence, "
        "license, jaspar, simulated, sources (the user's files), origins (digests of the settings "
        "that made the results)",
    )
    parser.add_argument("--card", required=True, help="the MODEL_CARD.md to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Read what the run found, and write."""
    args = parse(argv)
    results = [args.facts, args.audit, args.giveaways, args.sequences, args.leakage, args.metrics]
    results += [args.comparison, args.measured, args.calibration, args.motifs, args.explained]
    origins = provenance.Checker(args.settings["origins"])
    for path in filter(None, results):
        origins.check(path)
    facts = read_facts(args.facts)
    text = model_card.card(
        model_card.Sources(
            facts=facts,
            audit=read_json(args.audit),
            leakage=read_json(args.leakage),
            measured=read_run_metrics(args.measured),
            giveaways=read_giveaways(args.giveaways),
            metrics=read_metrics(args.metrics),
            comparison=read_comparison(args.comparison),
            calibration=read_calibration(args.calibration, len(facts["classes"])),
            motifs=read_motifs(args.motifs) if args.motifs else None,
            explained=read_json(args.explained) if args.explained else None,
            data=checksums([*args.settings["sources"], args.sequences]),
            settings=args.settings,
        )
    )
    with intact_files.whole(args.card, "w") as handle:
        handle.write(text)


def checksums(paths: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of files by their names; of equal names by more of their paths."""
    names = [Path(path).name for path in paths]
    return {
        name if names.count(name) == 1 else str(path): intact_files.sha256(path)
        for name, path in zip(names, paths, strict=True)
    }


if __name__ == "__main__":
    run(main)
