"""The command lines of scripts that draw: where a figure goes, and which runs are in it."""

from __future__ import annotations

import argparse

from attendna.command_line import add_runs, json_argument

FORMATS = ("svg", "png", "pdf")


def add_figure(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say where a figure goes, one for each format."""
    for kind in FORMATS:
        parser.add_argument(f"--{kind}", required=True, help=f"the figure as {kind.upper()}")


def figure_files(arguments: argparse.Namespace) -> dict[str, str]:
    """Return by format where a figure goes, see `add_figure`."""
    return {kind: getattr(arguments, kind) for kind in FORMATS}


def parse_all_models(description: str, argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line of a script that draws the runs of a dataset in one figure.

    Parameters
    ----------
    description
        Of the script, for `--help`.
    argv
        The arguments; None: those of the process.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoded", required=True, help="encoded.npz of the dataset")
    parser.add_argument("--groups", required=True, help="groups.tsv of the dataset")
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help="JSON: dpi, bootstrap (replicates), confidence, seed",
    )
    add_runs(parser)
    # A shell leaves an empty name out, so the flag alone means that there is none.
    parser.add_argument(
        "--oracle", nargs="?", default="", const="", help="the best possible model, drawn in black"
    )
    add_figure(parser)
    return parser.parse_args(argv)
