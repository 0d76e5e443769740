"""How large the report of many datasets is, and how soon Chromium has opened it.

Made-up results of 20 datasets, each with 5 folds and 2 models; the figures of the first dataset
stand for those of all. Each page is opened several times, in turns; its time is that from the start
of its loading to a finished layout. `--before` names a clone of an earlier version, for comparison.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "scripts")]

import made_up_results as made_up  # noqa: E402

from attendna.contracts.layout import report_pages, run_folder  # noqa: E402

DATASETS, FOLDS, TURNS = 20, 5, 5
KINDS = {"attention_cnn": "network", "kmer_logistic": "baseline"}
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
# Asking for its height makes the browser lay the page out.
MEASURE = """<script>addEventListener("load", () => {
const height = document.documentElement.scrollHeight, pictures = document.images.length;
document.title = [performance.now(), height, pictures].join(" "); });</script>"""


def main() -> None:
    """Write the results, the reports, and print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="a clone of an earlier version")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results")
        made = [
            made_up.MadeUp(name=f"dataset{i}", kinds=KINDS, folds=FOLDS) for i in range(DATASETS)
        ]
        write(results, made)
        pages = report_pages(results, [its.name for its in made])
        tell(ROOT, results, made, ["--pages", *map(str, pages)], "report.html")
        opened = {"overview": results / "report.html", "page of a dataset": pages[0]}
        if arguments.before:
            tell(arguments.before, results, made, [], "before.html")
            opened["before: one page"] = results / "before.html"
        times: dict[str, list[list[float]]] = {name: [] for name in opened}
        for _ in range(TURNS):
            for name, path in opened.items():
                times[name].append(visit(path, Path(folder)))
        for name, path in opened.items():
            seconds, height, pictures = map(median, zip(*times[name], strict=True))
            size = path.stat().st_size / 1e6
            print(
                f"{name}: {size:.2f} MB, {height:,.0f} pixels high, {pictures:.0f} pictures, "
                f"opened in {seconds / 1000:.2f} s (median of {TURNS}, longest "
                f"{max(row[0] for row in times[name]) / 1000:.2f} s)"
            )
        total = sum(page.stat().st_size for page in pages) / 1e6
        print(f"all {len(pages)} pages of datasets: {total:.1f} MB")


def write(results: Path, made: list[made_up.MadeUp]) -> None:
    """Write the results of all datasets, with the figures of the first."""
    for its in made:
        made_up.write(results, its)
    first = made[0]
    made_up.draw(results, first)
    for its in made[1:]:
        copy(results / first.name, results / its.name)
        for here, there in zip(first.runs(), its.runs(), strict=True):
            copy(run_folder(results, here), run_folder(results, there))


def copy(here: Path, there: Path) -> None:
    """Copy the figures of a folder, without records of where they come from."""
    hidden = shutil.ignore_patterns(".digests")
    shutil.copytree(here / "figures", there / "figures", ignore=hidden, dirs_exist_ok=True)


def tell(
    clone: Path, results: Path, made: list[made_up.MadeUp], flags: list[str], name: str
) -> None:
    """Write the report with the code of a clone."""
    config = {
        "evaluation": {"bootstrap": 1000, "confidence": 0.95},
        "explain": {"motifs": {"jaspar": "all"}},
    }
    settings = {"config": config, "datasets": {its.name: its.section() for its in made}}
    command = [sys.executable, clone / "scripts" / "report.py", "--settings", json.dumps(settings)]
    command += ["--results", results, "--template", clone / "report" / "template.html"]
    command += ["--output", results / name, "--verdict", results / "verdict.json", *flags]
    subprocess.run(command, check=True)


def visit(page: Path, folder: Path) -> list[float]:
    """Open a page; return milliseconds, its height in pixels and the number of pictures."""
    measured = page.with_name("measured.html")
    content = page.read_text(encoding="utf-8")
    measured.write_text(content.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [*CHROMIUM, profile, "--window-size=1280,900", "--dump-dom", measured.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    measured.unlink()
    (title,) = re.findall(r"<title>([\d. ]+)</title>", done.stdout)
    return [float(number) for number in title.split()]


if __name__ == "__main__":
    main()
