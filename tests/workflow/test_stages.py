"""Stages that run alone, here and for an analysis in another folder."""

import shutil

import pytest
from clones import Clone

from attendna.reporting.figure_arguments import FORMATS


@pytest.mark.thorough
def test_the_data_stage_of_an_analysis_elsewhere_runs_alone_and_moves_with_its_clone(fresh):
    """A clone serves an analysis in another folder; `--configfile` is found where one types."""
    top = fresh.folder.parent
    desk = top / "desk"
    desk.mkdir()
    for name in fresh.configs:
        shutil.move(fresh.folder / name, desk)
    analysis = Clone(top / "analysis")
    analysis.folder.mkdir()
    shutil.move(fresh.folder / "data", analysis.folder)
    elsewhere = ["--snakefile", "../clone/Snakefile", "--directory", "../analysis", "data"]
    analysis.run(*elsewhere, cwd=desk)
    made = {"sequences.parquet", "audit.json", "giveaways.tsv", "encoded.npz", "groups.tsv"}
    made |= {f"figures/giveaways.{end}" for end in FORMATS}
    made |= {f"fold1/{name}" for name in ("split.npz", "leakage.json", "related.tsv")}
    expected = {f"{dataset}/{name}" for dataset in ("small", "files") for name in made}
    assert analysis.files() == expected | {"small/planted.bed"}
    assert not (fresh.folder / "results").exists()
    assert not (desk / "results").exists()

    moved = shutil.copytree(top, top.with_name(f"{top.name}_moved"))
    assert analysis.plan(*elsewhere, cwd=moved / "desk").jobs == []


def test_one_file_needs_its_own_stages_only(fresh):
    plan = fresh.plan("results/small/encoded.npz")
    assert sorted(job.rule for job in plan.jobs) == ["encode", "simulate"]


@pytest.mark.parametrize(
    ("target", "ends_in", "without"),
    [
        (
            "data",
            {"audit", "plot_giveaways", "encode", "find_groups", "split", "audit_split"},
            {"train", "fit_baseline", "score_oracle"},
        ),
        ("models", {"train", "fit_baseline", "score_oracle"}, {"evaluate", "audit", "report"}),
        (
            "evaluation",
            {"collect_metrics", "compare_models", "plot_curves"},
            {"report", "plot_run"},
        ),
        (
            "explanation",
            {"plot_attention", "score_explanations", "plot_explanations"},
            {"evaluate", "fit_baseline", "report"},
        ),
    ],
)
def test_each_target_stops_where_its_stage_ends(fresh, target, ends_in, without):
    rules = fresh.plan(target).rules
    assert ends_in <= rules
    assert not without & rules


@pytest.mark.slow
def test_a_stage_can_be_forced(clone):
    plan = clone.plan("-R", "evaluate")
    assert sum(job.rule == "evaluate" for job in plan.jobs) == 5
    assert {"collect_metrics", "report"} <= plan.rules
    assert not {"train", "fit_baseline", "encode"} & plan.rules


@pytest.mark.slow
def test_a_whole_run_makes_every_file_of_its_story(finished):
    run = {"predictions.tsv.gz", "metrics.json", "classification_report.txt"}
    run |= {f"figures/overview.{end}" for end in FORMATS}
    network = {"model.keras", "history.tsv", "training.json", "calibration.json", "attention.npz"}
    network |= {f"figures/attention.{end}" for end in FORMATS}
    explained = {
        f"{name}.npz" for name in ("attributions", "untrained", "perturbations", "filters")
    }
    explained |= {"explanation_scores.json", "motifs.json", "motifs.meme", "filters.meme"}
    explained |= {"motif_matches.tsv", "motif_hits.bed"}
    explained |= {"rules.tsv", "rules.json", "rule_effects.tsv.gz"}
    explained |= {
        f"figures/{name}.{end}"
        for name in ("motifs", "motif_positions", "contributions", "rules")
        for end in FORMATS
    }
    explained |= {
        f"export/{name}" for name in ("model.json", "model.onnx", "example.py", "MODEL_CARD.md")
    }
    expected = {
        "report.html",
        "report/small.html",
        "report/files.html",
        "verdict.json",
        "files/predict/new.tsv.gz",
        "small/planted.bed",
    }
    expected |= {
        f"files/variants/called.{end}"
        for end in ("tsv.gz", "vcf.gz", "vcf.gz.tbi", "json", "maps.npz", *FORMATS)
    }
    expected |= {"small/effects.json"}
    for dataset in ("small", "files"):
        names = {"sequences.parquet", "audit.json", "giveaways.tsv", "encoded.npz", "groups.tsv"}
        names |= {f"fold1/{name}" for name in ("split.npz", "leakage.json", "related.tsv")}
        names |= {"metrics.tsv", "summary.tsv", "comparison.tsv"}
        names |= {f"fold1/cnn/seed1/{name}" for name in run | network}
        names |= {f"fold1/cnn/seed1/{name}" for name in explained}
        names |= {f"fold1/kmers/seed1/{name}" for name in run | {"model.npz"}}
        if dataset == "small":  # the oracle knows simulated data only
            names |= {f"fold1/oracle/seed1/{name}" for name in run}
        for figure in ("giveaways", "comparison", "curves", "calibration"):
            names |= {f"figures/{figure}.{end}" for end in FORMATS}
        expected |= {f"{dataset}/{name}" for name in names}
    assert finished.files() == expected
