"""Profiles, and Snakemake's own report."""

import re

import pytest
import yaml
from clones import ROOT


def test_a_dry_run_on_a_slurm_cluster_passes(fresh):
    plan = fresh.plan("--workflow-profile", "profiles/slurm")
    assert {"train", "report"} <= plan.rules


def test_the_profiles_agree_on_what_reruns(fresh):
    """A cluster's profile replaces the default one, whose promises must hold there too."""
    lines = {
        name: (fresh.folder / "profiles" / name / "config.yaml").read_text().splitlines()
        for name in ("default", "slurm")
    }
    for option in (
        "max-checksum-file-size",
        "rerun-incomplete",
        "show-failed-logs",
        "shared-fs-usage",
    ):
        default, slurm = (
            [line for line in text if line.startswith(f"{option}:")] for text in lines.values()
        )
        assert default == slurm and len(default) == 1


def test_the_slurm_profile_speaks_of_rules_that_there_are():
    """Snakemake passes over names that it does not know."""
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    rules = set()
    for path in ROOT.glob("rules/*.smk"):
        rules |= set(re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE))
    assert {*profile["groups"], *profile["set-resources"]} <= rules
    assert set(profile["group-components"]) <= set(profile["groups"].values())
    # What makes the inputs of a group's rules is not in it, so that these can be told.
    assert not {"simulate", "import_sequences", "train"} & set(profile["groups"])


@pytest.mark.slow
def test_the_report_of_snakemake_holds_every_figure_with_its_caption(clone):
    clone.run("--report", "snakemake.html")
    page = (clone.folder / "snakemake.html").read_text()
    figures = [path for path in clone.files() if path.endswith(".svg")]
    for path in (*figures, "report.html", "report/small.html", "report/files.html"):
        assert f"results/{path}" in page
    for caption in (clone.folder / "report").glob("*.rst"):
        pictures = [path for path in figures if path.endswith(f"/{caption.stem}.svg")]
        pages = [path for path in clone.files() if path.startswith("report/")]
        shown = pictures or (pages if caption.stem == "page" else ["report.html"])
        assert page.count(caption.read_text()[:40]) == len(shown) > 0, caption.name
