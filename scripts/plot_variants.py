"""Draw the strongest effects of variants: logos before and after, and mutation maps."""

from __future__ import annotations

import argparse

from attendna.command_line import json_argument, run
from attendna.contracts.arrays import load_arrays
from attendna.reporting import figures, variant_figures
from attendna.reporting.figure_arguments import add_figure, figure_files


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", required=True, help="NAME.maps.npz of score_variants.py")
    parser.add_argument("--settings", type=json_argument, required=True, help="JSON: dpi")
    add_figure(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    arguments = parse(argv)
    names = ["letters", "effects", "names", "labels", "changes"]
    arrays = load_arrays(arguments.maps, names)
    drawn = [
        variant_figures.Drawn(f"{name}: log odds of {label} {change:+.2f}", letters, effects)
        for name, label, change, letters, effects in zip(
            arrays["names"],
            arrays["labels"],
            arrays["changes"],
            arrays["letters"],
            arrays["effects"],
            strict=True,
        )
    ]
    figure = variant_figures.strongest(drawn)
    figures.save(figure, figure_files(arguments), arguments.settings["dpi"])


if __name__ == "__main__":
    run(main)
