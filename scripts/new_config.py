"""Look at files of sequences and write a config for them, with what was found and assumed.

FASTA, FASTQ, tables (CSV, TSV, Excel, Parquet), BED with --genome, or folders of such files. Labels
come from a column, or from the names of files or folders; parts of a split from names (train, test)
or a column. The config is then checked as the doctor does; the exit status is 1 if that finds a
problem.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import textwrap
from pathlib import Path

import doctor
from attendna.command_line import run
from attendna.errors import readable
from attendna.planning import environment, new_config, preflight
from attendna.planning.found_files import words_of
from attendna.wording import counted

WIDTH = 100  # letters of a line that is printed
INDENT = 6 * " "  # of what continues a line
ROOT = Path(__file__).resolve().parent.parent


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", help="files of sequences or intervals, and folders")
    parser.add_argument(
        "--words",
        default="",
        help="further ones in one text, as make hands them over; quote those with blanks in it",
    )
    parser.add_argument("--genome", help="FASTA or 2bit file of the intervals")
    parser.add_argument(
        "--label-column",
        help="the title of the column of labels, or its number; of FASTA, the field of the headers",
    )
    parser.add_argument("--out", default="my.yaml", help="the config to write; default: my.yaml")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Write a config, say what it says, check it, and name the command to go on."""
    args = parse(argv)
    environment.provide(Path(".snakemake", "caches"))  # as the Snakefile does, for TensorFlow
    paths = args.data if args.data else words_of(args.words)
    label = args.label_column
    if label is not None and label.isdigit():
        label = int(label)
    genome = args.genome and os.path.expanduser(args.genome)
    for sentence in new_config.make(paths, args.out, genome, label):
        print(textwrap.fill(readable(sentence), WIDTH, subsequent_indent=INDENT))
    print(f"\nWritten: {args.out}. Its checks:\n", flush=True)
    findings = doctor.about([args.out], Path("results"))
    for finding in findings:
        doctor.tell(finding)
    bad = preflight.problems(findings)
    if bad:
        print(f"\n{counted(len(bad), 'problem')}: fix the lines marked PROBLEM in {args.out}.")
        sys.exit(1)
    print(f"\nLook through {args.out}, then go on with:\n\n  {command(args.out)}")


def command(out: str) -> str:
    """Return the command that runs a config from the folder in which one types."""
    if Path.cwd() == ROOT and shlex.quote(out) == out:
        return f"make CONFIG={out}"
    where = "" if Path.cwd() == ROOT else f" --snakefile {shlex.quote(str(ROOT / 'Snakefile'))}"
    return f"snakemake{where} --cores all --configfile {shlex.quote(out)}"


if __name__ == "__main__":
    run(main)
