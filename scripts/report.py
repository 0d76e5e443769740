"""Tell what was found, in one offline HTML page."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attendna import intact_files, provenance
from attendna.command_line import json_argument, run
from attendna.contracts.arrays import load_arrays
from attendna.contracts.layout import Run, dataset_folder, figure_path, fold_folder, run_folder
from attendna.contracts.measurements import (
    read_comparison,
    read_history,
    read_metrics,
    read_run_metrics,
)
from attendna.contracts.motifs import read_motifs
from attendna.contracts.predictions import read_new_predictions
from attendna.contracts.rules import read_rule_summary, read_rules
from attendna.contracts.scans import read_peaks, read_scan
from attendna.contracts.splits import read_split
from attendna.contracts.tables import read_json, write_json
from attendna.contracts.trainings import read_training
from attendna.evaluation import standings, summary, verdict
from attendna.intact_files import whole
from attendna.reporting import (
    explanations,
    methods,
    overview,
    page,
    rule_sections,
    variant_sections,
)
from attendna.reporting.genome_scans import scan_section
from attendna.wording import percent

FIGURES = ["giveaways", "comparison", "curves", "calibration"]
EXPLANATION_FIGURES = ["motifs", "motif_positions", "contributions", "rules"]


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--settings",
        type=json_argument,
        required=True,
        help="JSON: config (all of it) and datasets: of each simulated, negatives, split, sources "
        "(SHA-256 of files), models, skipped, runs, explained, predict, exported, variants, "
        "effects, scans, and origins (digests of the settings that made the results)",
    )
    parser.add_argument("--results", required=True, type=Path, help="the folder of results")
    parser.add_argument("--template", required=True, type=Path, help="the page as Jinja2 template")
    parser.add_argument("--output", required=True, help="the page to write")
    parser.add_argument(
        "--pages",
        nargs="*",
        default=[],
        type=Path,
        help="of several datasets: the page of each to write, in their order",
    )
    parser.add_argument("--verdict", required=True, help="the verdict.json to write")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the script."""
    import yaml

    arguments = parse(argv)
    settings = arguments.settings
    config = settings["config"]
    template = arguments.template.read_text(encoding="utf-8")
    shared = {
        "confidence": percent(config["evaluation"]["confidence"]),
        "significance": f"{1 - config['evaluation']['confidence']:.2g}",
        "replicates": config["evaluation"]["bootstrap"],
        "metrics": summary.MAIN_METRICS,
        "overview_metrics": overview.METRICS,
        # YAML knows plain dictionaries only.
        "config": yaml.safe_dump(
            json.loads(json.dumps(config)), sort_keys=False, allow_unicode=True
        ),
        "versions": page.versions(),
        "commit": commit(Path(__file__).parent),
    }
    told, verdicts = [], []
    pages = dict(zip(settings["datasets"], arguments.pages, strict=False))
    folder = Path(arguments.output).parent
    for name, content in settings["datasets"].items():
        section = _dataset(arguments.results, name, content, config)
        section["methods"] = _methods(arguments.results, section, content, config, shared)
        verdicts.append(_verdict(section))
        if not arguments.pages:  # one dataset, one page
            told.append(section)
            continue
        told.append(overview.of_dataset(section, pages[name].relative_to(folder).as_posix()))
        home = Path(os.path.relpath(arguments.output, pages[name].parent)).as_posix()
        _write(pages[name], template, shared | {"datasets": [section], "home": home})
    shown = {"overview": told, "datasets": []} if arguments.pages else {"datasets": told}
    _write(arguments.output, template, shared | shown)
    write_json(arguments.verdict, {"datasets": verdicts})
    _remove_others(arguments.pages, folder / "report")


def _write(path: str | Path, template: str, content: dict[str, Any]) -> None:
    """Fill the template and write the page."""
    html = page.render(template, {"overview": [], "home": ""} | content)
    with whole(path, "w") as handle:
        handle.write(html)


def _remove_others(pages: Sequence[Path], folder: Path) -> None:
    """Remove the pages of datasets that the config no longer has; what is not ours stays."""
    for path in folder.glob("*.html"):
        if path not in pages and intact_files.is_recorded(path):
            path.unlink()
            intact_files.digest_path(path).unlink()
    with suppress(OSError):  # not there, or not empty
        (folder / intact_files.DIGESTS).rmdir()
        folder.rmdir()


def _verdict(section: dict[str, Any]) -> dict[str, Any]:
    """Return what a run ends with in the terminal, of the section of a dataset."""
    audits = [section["data"], section["leakage"]]
    findings = [its for part in audits if part for its in part["findings"] or []]
    return {
        "name": section["name"],
        "verdict": section["scores"] and section["scores"]["sentence"],
        "findings": [{key: its[key] for key in ("severity", "message")} for its in findings],
    }


def commit(folder: Path) -> str | None:
    """Return the commit of the clone that this code stands in, or None where there is no git."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return found.stdout.strip() or None


def _dataset(
    results: Path, name: str, settings: dict[str, Any], config: dict[str, Any]
) -> dict[str, Any]:
    """Gather the section of one dataset; what is not there is None and listed as missing."""
    folder = dataset_folder(results, name)
    confidence = config["evaluation"]["confidence"]
    taxa = config["explain"]["motifs"]["jaspar"]
    missing: list[str] = []
    origins = provenance.Checker(settings["origins"])

    def read(path: Path, reader: Callable[[Path], Any]) -> Any:
        if path.exists():
            origins.check(path)
            return reader(path)
        missing.append(path.relative_to(results).as_posix())
        return None

    # In the order of the config; a JSON object has none.
    models = settings["runs"]["models"]
    kinds = {its["model"]: its["kind"] for its in models}
    runs = [
        Run(name, fold, its["model"], seed)
        for fold in settings["runs"]["folds"]
        for its in models
        for seed in its["seeds"]
    ]
    small = read(
        folder / "encoded.npz",
        lambda path: load_arrays(path, ["y", "length", "classes", "positive"]),
    )
    split = read(fold_folder(results, name, 1) / "split.npz", read_split)
    leakage = [
        read(fold_folder(results, name, fold) / "leakage.json", read_json)
        for fold in sorted({its.fold for its in runs})
    ]
    audit = read(folder / "audit.json", read_json)
    metrics = read(folder / "metrics.tsv", read_metrics)
    comparison = read(folder / "comparison.tsv", read_comparison)
    unrelated = None if metrics is None else summary.on_unrelated(metrics)
    scores = _scores(metrics, kinds, small, split, confidence)
    judged = "all"
    if scores is not None:
        every = [read(run_folder(results, run) / "metrics.json", read_run_metrics) for run in runs]
        measured = [
            its for its, run in zip(every, runs, strict=True) if run.model == scores["headline"]
        ]
        evidence = _evidence(
            metrics, unrelated, comparison, kinds, leakage, measured, scores, confidence
        )
        scores["sentence"] = verdict.paragraph(evidence)
        scores["findings"] = verdict.baseline_findings(
            comparison, kinds, evidence.metrics, confidence, evidence.subset
        ) + verdict.constant_findings([run for run in every if run is not None])
        judged = evidence.subset
    section = {
        "name": name,
        "simulated": settings["simulated"],
        "skipped": settings["skipped"],
        "folds": len({its.fold for its in runs}),
        "seeds": max((len(its["seeds"]) for its in models), default=1),
        "data": _data(small, split, audit),
        "leakage": _leakage(leakage, unrelated, kinds, confidence),
        "scores": scores,
        "judged": judged,
        "comparison": None
        if comparison is None
        else {
            subset: page.comparison_table(comparison, confidence, subset)
            for subset in ("all", "unrelated")
        },
        "samples": page.samples(settings["models"], split),
        "figures": {key: _picture(read, folder, key) for key in FIGURES},
        "runs": [_run(read, results, its, kinds[its.model], metrics, confidence) for its in runs],
        "explained": [_explained(read, results, Run(**run), taxa) for run in settings["explained"]],
        "predictions": {
            key: read(folder / "predict" / f"{key}.tsv.gz", _prediction)
            for key in settings["predict"]
        },
        "exports": [
            card
            for card in settings["exported"]
            if read(results / card, intact_files.read_text) is not None
        ],
        "variants": {
            key: _variants(read, folder / "variants", key) for key in settings.get("variants", [])
        },
        "effects": read(folder / "effects.json", _effects) if settings.get("effects") else None,
        "scans": {key: _scan(read, folder / "scans" / key) for key in settings["scans"]},
    }
    days, machines = sorted(origins.days), sorted(origins.machines)
    return section | {"missing": missing, "days": days, "machines": machines}


def _methods(
    results: Path,
    section: dict[str, Any],
    settings: dict[str, Any],
    config: dict[str, Any],
    shared: dict[str, Any],
) -> dict[str, Any] | None:
    """Say how the results of a dataset were made; None before its sequences are encoded."""
    if section["data"] is None:
        return None
    kinds = {its["model"]: its["kind"] for its in settings["runs"]["models"]}
    runs = [Run(section["name"], its["fold"], its["model"], its["seed"]) for its in section["runs"]]
    explained = {Run(**run) for run in settings["explained"]}
    first = "simulate" if settings["simulated"] else "import_sequences"
    measured = section["scores"]["models"] if section["scores"] else []
    done = methods.Done(
        classes={name: counts[0] for name, counts in section["data"]["sizes"]},
        length=dict(section["data"]["facts"])["Length"],
        simulated=settings["simulated"],
        negatives=settings["negatives"],
        sources=settings["sources"],
        table=intact_files.recorded(dataset_folder(results, section["name"]) / "sequences.parquet"),
        leakage=section["leakage"]["measured"] if section["leakage"] else [],
        **settings["split"],
        models=[
            _model(its, settings["models"][its["model"]], section["runs"], config)
            for its in settings["runs"]["models"]
            if its["model"] in measured
        ],
        evaluation=config["evaluation"] if measured else None,
        compared=section["comparison"] is not None and len(measured) > 1,
        explained=[its["read"] for its in section["explained"]],
        days=section["days"],
        machines=section["machines"],
        seconds=methods.seconds_taken(results, runs, kinds, explained, first),
        versions=dict(shared["versions"]),
        commit=shared["commit"],
    )
    text, sources = methods.paragraph(done)
    return {"facts": methods.facts(done), "paragraph": text, "sources": sources}


def _model(
    its: dict[str, Any],
    settings: dict[str, Any],
    runs: list[dict[str, Any]],
    config: dict[str, Any],
) -> methods.Model:
    """Gather how the runs of a model were made."""
    own = [run for run in runs if run["model"] == its["model"]]
    defaults = config.get("architectures", {}).get(settings["architecture"], {})
    return methods.Model(
        name=its["model"],
        kind=its["kind"],
        architecture=settings["architecture"],
        hyperparameters=defaults | config.get("models", {}).get(its["model"], {}),
        seeds=len(its["seeds"]),
        trainings=[run["decided"] for run in own if run["decided"] is not None],
        epochs=[run["epochs"] for run in own if run["epochs"]],
    )


def _data(small: Any, split: Any, audit: Any) -> dict[str, Any] | None:
    """Say what the data are; None if they are not encoded yet."""
    if small is None:
        return None
    classes = [str(name) for name in small["classes"]]
    sizes = page.class_sizes(small["y"], classes, split)
    return {
        "sentence": summary.data_sentence(audit, {name: counts[0] for name, counts in sizes}),
        "sizes": sizes,
        "split": split is not None,
        "positive": str(small["positive"]),
        "facts": page.data_facts(audit or {}, small["length"]),
        "findings": None if audit is None else audit["findings"],
        "confidence": audit and percent(audit["giveaways"]["confidence"]),
    }


def _leakage(
    measured: list[Any], unrelated: Any, kinds: dict[str, str], confidence: float
) -> dict[str, Any] | None:
    """Say which validation and test records have a relative in training, and what that does."""
    if None in measured:
        return None
    rows: list[page.Row] = []
    if unrelated is not None:
        test = summary.main_scores(summary.mean_scores(unrelated, confidence))
        rows = page.score_table(test, kinds, {})[:-1]  # without the row of guessing
    return {
        "measured": measured,
        "findings": page.leakage_findings(measured),
        "answer": page.leakage_answer(measured),
        "counts": page.leakage_rows(measured),
        "searched": max(measured, key=lambda fold: fold["search"]["stopped"])["searched"],
        "rows": rows,
    }


def _scores(
    metrics: Any, kinds: dict[str, str], small: Any, split: Any, confidence: float
) -> dict[str, Any] | None:
    """Say how well the models classify; None without metrics."""
    if metrics is None:
        return None
    means = summary.mean_scores(metrics, confidence)
    test = summary.main_scores(means)
    validation = summary.main_scores(summary.mean_scores(metrics, confidence, "validation"))
    chance: dict[str, float] = {}
    if small is not None and split is not None and len(split["test"]):
        classes, positive = [str(name) for name in small["classes"]], str(small["positive"])
        y = small["y"][split["test"]]
        y = (y == classes.index(positive)).astype(int) if positive else y
        chance = page.guessing(y, len(classes))
    models = [model for model in kinds if model in set(means["model"])]
    rows = page.score_table(test, kinds, chance)
    return {
        "headline": summary.headline_model(test, validation, kinds),
        "rows": rows,
        "several": any((row.runs or 0) > 1 for row in rows),
        "oracle": any(kinds.get(row.model) == "oracle" for row in rows),
        "models": models,
        "details": page.detail_table(means, models),
    }


def _evidence(
    metrics: Any,
    unrelated: Any,
    comparison: Any,
    kinds: dict[str, str],
    leakage: list[Any],
    measured: list[Any],
    scores: dict[str, Any],
    confidence: float,
) -> verdict.Evidence:
    """Gather what the answer to "is it good?" follows from."""
    test = summary.main_scores(summary.mean_scores(metrics, confidence))
    validation = summary.main_scores(summary.mean_scores(metrics, confidence, "validation"))
    there = [run for run in measured if run is not None]
    folds = {run["fold"]: run for run in there}  # seeds share the records
    new = None
    if unrelated is not None:
        new = summary.main_scores(summary.mean_scores(unrelated, confidence))
    return verdict.Evidence(
        test=test,
        validation=validation,
        comparison=comparison,
        kinds=kinds,
        metrics=standings.judged_metrics(
            summary.test_counts(there), there[0]["positive"] if there else ""
        ),
        confidence=confidence,
        records=sum(run["n"]["test"] for run in folds.values()),
        groups=sum(run["groups"]["test"] for run in folds.values()),
        folds=len(folds),
        seeds=len({run["seed"] for run in there}),
        related=None if None in leakage else page.related_records(leakage),
        searched="" if None in leakage else page.searched([fold["search"] for fold in leakage]),
        unrelated=new,
        subset="all" if new is None else standings.judged_subset(there),
        reliability=there if len(there) == len(measured) else (),
    )


def _picture(read: Callable[..., Any], folder: Path, name: str) -> str | None:
    """Read a figure as a data URI; None if neither drawing nor pixels are there."""
    png = figure_path(folder, name, "png")
    svg = figure_path(folder, name, "svg")
    drawing = read(svg, intact_files.read_bytes) if svg.exists() else None
    return page.picture(drawing, read(png, intact_files.read_bytes))


def _run(
    read: Callable[..., Any], results: Path, its: Run, kind: str, metrics: Any, confidence: float
) -> dict[str, Any]:
    """Gather the figures and the text of one run."""
    folder = run_folder(results, its)
    attention = figure_path(folder, "attention", "png")
    history = folder / "history.tsv"
    score = None
    decided, trained = None, None
    if kind == "network":
        trained = read(history, read_history)
        decided = read(folder / "training.json", read_training)
    if metrics is not None:
        own = metrics[(metrics["fold"] == its.fold) & (metrics["seed"] == its.seed)]
        test = summary.main_scores(summary.mean_scores(own, confidence))
        score = summary.value_of(test, its.model, "auroc")
    return {
        "model": its.model,
        "fold": its.fold,
        "seed": its.seed,
        "auroc": None if score is None else summary.with_interval(score, 3),
        "training": "" if trained is None else page.training_text(trained),
        "epochs": 0 if trained is None else len(trained),
        "decided": decided,
        "overview": _picture(read, folder, "overview"),
        # Only networks with attention have this figure, so none is missed.
        "attention": _picture(read, folder, "attention") if attention.exists() else None,
        "text": read(folder / "classification_report.txt", intact_files.read_text),
    }


def _explained(
    read: Callable[..., Any], results: Path, its: Run, taxa: str | list[str]
) -> dict[str, Any]:
    """Gather what one run learned; None where it is not there."""
    folder = run_folder(results, its)
    motifs = read(folder / "motifs.json", read_motifs)
    scores = read(folder / "explanation_scores.json", read_json)
    rules = read(folder / "rules.tsv", read_rules)
    asked = read(folder / "rules.json", read_rule_summary)
    attention = figure_path(folder, "attention", "png")
    return {
        "model": its.model,
        "fold": its.fold,
        "seed": its.seed,
        "read": (motifs, scores),
        "sentence": None
        if motifs is None
        else explanations.paragraph(its.model, motifs, scores, taxa),
        "compared": None if motifs is None else explanations.compared_with(motifs, taxa),
        "records": None if motifs is None else explanations.records_in_words(motifs),
        "motifs": None if motifs is None else explanations.motif_rows(motifs),
        "tried": [] if motifs is None else motifs["tried"],
        "rules": None
        if rules is None or asked is None
        else rule_sections.section(its.model, rules, asked),
        "jaspar": None if motifs is None else motifs["jaspar"],
        "q_value": None if motifs is None else motifs["q_value"],
        "filters": None if motifs is None else motifs["filters"],
        "scores": None if scores is None else explanations.score_rows(scores),
        "against_truth": scores is not None and "auprc" in scores,
        "agreement": [] if scores is None else explanations.agreement_rows(scores),
        "notes": [] if scores is None else scores["notes"],
        "completeness": "" if scores is None else explanations.completeness_text(scores),
        "attention": _picture(read, folder, "attention") if attention.exists() else None,
        "figures": {key: _picture(read, folder, key) for key in EXPLANATION_FIGURES},
    }


def _variants(read: Callable[..., Any], folder: Path, name: str) -> dict[str, Any] | None:
    """Gather what came of some variants; None where they are not scored yet."""
    summary = read(folder / f"{name}.json", read_json)
    svg, png = folder / f"{name}.svg", folder / f"{name}.png"
    picture = page.picture(
        read(svg, intact_files.read_bytes) if svg.exists() else None,
        read(png, intact_files.read_bytes),
    )
    return summary and variant_sections.of_variants(summary) | {"picture": picture}


def _effects(path: Path) -> dict[str, Any]:
    return variant_sections.of_effects(read_json(path))


def _scan(read: Callable, path: Path) -> dict[str, Any] | None:
    summary, peaks = read(Path(f"{path}.json"), read_scan), read(Path(f"{path}.tsv.gz"), read_peaks)
    return None if summary is None or peaks is None else scan_section(summary, peaks)


def _prediction(path: Path) -> dict[str, Any]:
    return page.predicted_classes(read_new_predictions(path))


if __name__ == "__main__":
    run(main)
