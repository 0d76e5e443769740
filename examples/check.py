"""Hold the results of an example against the numbers that it should give.

The numbers are in `expected.yaml` of the example, each as a range with the reason for it. The exit
status is 1 if a number is outside its range or missing.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))

from attendna.command_line import run  # noqa: E402
from attendna.contracts.measurements import read_comparison, read_summary  # noqa: E402
from attendna.contracts.tables import read_json  # noqa: E402
from attendna.errors import UserError  # noqa: E402

TABLES = {"summary.tsv": read_summary, "comparison.tsv": read_comparison}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("example", help="a folder of examples/, after its run")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Print a line for each number, and fail where one is not as expected."""
    folder = HERE / parse(argv).example
    wrong = 0
    for sentence, fine in compared(folder):
        print(f"{'ok' if fine else 'WRONG':6} {sentence}")
        wrong += not fine
    if wrong:
        sys.exit(f"{wrong} of the numbers of {folder.name} are not as expected.")


def compared(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield, for each expected number, a sentence and whether the results agree with it."""
    for row in read_expected(folder):
        value = found_value(folder / "results" / folder.name / row["file"], row)
        least, most = row["least"], row["most"]
        wanted = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        fine = value is not None and least <= value <= most
        seen = "not in the results" if value is None else f"{value:.4g}"
        yield f"{row['what']}: {seen} (expected {wanted})", fine


def read_expected(folder: Path) -> list[dict[str, Any]]:
    """Return the expected numbers of an example, as its `expected.yaml` has them."""
    path = folder / "expected.yaml"
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in HERE.glob("*/expected.yaml")))
        raise UserError(f"{folder.name!r} is no example; there are {known}.")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def found_value(path: Path, row: Mapping[str, Any]) -> float | None:
    """Return what a file of results has for an expected number; None: nothing.

    Parameters
    ----------
    path
        The file: JSON or one of `TABLES`.
    row
        `at`, the keys that lead to the number in JSON (of a mapping: the sum of its numbers; of a
        list: how many of its items are `matching`, by patterns), or `where`, the row of the table,
        and `column`.
    """
    if path.name in TABLES:
        table = TABLES[path.name](path)
        for column, wanted in row["where"].items():
            table = table[table[column].astype(str) == str(wanted)]
        return float(table[row["column"]].iloc[0]) if len(table) == 1 else None
    value = read_json(path)
    for key in row["at"]:
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping):
        return sum(value.values())
    return sum(_matches(item, row["matching"]) for item in value) if "matching" in row else value


def _matches(item: Mapping[str, Any], patterns: Mapping[str, str]) -> bool:
    """Whether the values of an item hold what patterns describe, in either case."""
    return all(
        re.search(pattern, str(item[key]), re.IGNORECASE) for key, pattern in patterns.items()
    )


if __name__ == "__main__":
    run(main)
