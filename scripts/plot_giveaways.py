"""Draw how well simple features alone separate the classes: what may give a class away."""

from __future__ import annotations

import argparse

import numpy as np

from attendna.command_line import json_argument, run
from attendna.contracts.giveaways import read_giveaways
from attendna.data.giveaways import KINDS, LEVEL, strongest
from attendna.reporting import figures
from attendna.reporting.figure_arguments import add_figure, figure_files


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--giveaways", required=True, help="giveaways.tsv of the dataset")
    parser.add_argument("--settings", type=json_argument, required=True, help="JSON: dpi")
    add_figure(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse(argv)
    frame = read_giveaways(arguments.giveaways)
    table = {name: frame[name].to_numpy() for name in frame}
    several = len(np.unique(table["class"])) > 1
    kinds = [
        figures.Giveaway(
            label=KINDS[row["kind"]],
            feature=f"{row['feature']} ({row['class']})" if several else row["feature"],
            auroc=row["auroc"],
            low=row["low"],
            high=row["high"],
            others=table["auroc"][table["kind"] == row["kind"]],
            clear=bool(row["p_adjusted"] <= LEVEL),
        )
        for row in strongest(table)
    ]
    figure = figures.giveaways(kinds, _by_position(table))
    figures.save(figure, figure_files(arguments), arguments.settings["dpi"])


def _by_position(table: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return positions and the largest AUROC at each, from the start and from the end."""
    found = {}
    for name, these in {"start": table["position"] > 0, "end": table["position"] < 0}.items():
        if these.any():
            positions, place = np.unique(table["position"][these], return_inverse=True)
            areas = np.zeros(len(positions))
            np.maximum.at(areas, place, table["auroc"][these])
            found[name] = positions, areas
    return found


if __name__ == "__main__":
    run(main)
