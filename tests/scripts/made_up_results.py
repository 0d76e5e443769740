"""Result folders as the stages leave them, with made-up numbers, for tests of plots and report."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from attendna.contracts.attention import write_attention
from attendna.contracts.encoded import write_encoded
from attendna.contracts.giveaways import write_giveaways
from attendna.contracts.layout import (
    Run,
    dataset_folder,
    figure_path,
    fold_folder,
    run_folder,
    scan_path,
)
from attendna.contracts.measurements import (
    COMPARISON_COLUMNS,
    POOLED,
    write_comparison,
    write_history,
    write_metrics,
    write_run_metrics,
)
from attendna.contracts.predictions import Predictions, write_new_predictions, write_predictions
from attendna.contracts.scans import write_peaks
from attendna.contracts.scans import write_scan as write_scan_summary
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import RELATIONS, SPLITS, write_groups, write_split
from attendna.contracts.tables import write_json
from attendna.contracts.trainings import write_training
from attendna.data import leakage
from attendna.data.audit import audit
from attendna.data.repeats import Repeats
from attendna.intact_files import whole

LENGTH = 60
PLACES = ["chrom", "start", "end", "group"]
# How far a model's scores of the true class stand out.
STRENGTH = {"oracle": 2.2, "network": 2.0, "baseline": 0.9}


@dataclass
class MadeUp:
    """What `write` shall make; `settings` is what report.py is told about it."""

    name: str = "tutorial"
    classes: tuple[str, ...] = ("positive", "negative")
    kinds: dict[str, str] = field(
        default_factory=lambda: {
            "attention_cnn": "network",
            "kmer_logistic": "baseline",
            "oracle": "oracle",
        }
    )
    seeds: tuple[int, ...] = (1,)
    folds: int = 1
    records: int = 240
    findings: tuple[dict[str, str], ...] = ()
    ids: str = "record"
    leaks: bool = False

    @property
    def positive(self) -> str:
        return self.classes[0] if len(self.classes) == 2 else ""

    def runs(self) -> list[Run]:
        return [
            Run(self.name, fold, model, seed if kind == "network" else 1)
            for fold in range(1, self.folds + 1)
            for model, kind in self.kinds.items()
            for seed in (self.seeds if kind == "network" else (1,))
        ]

    def section(self) -> dict:
        """The dataset's part of the settings of report.py."""
        return {
            "simulated": "oracle" in self.kinds.values(),
            "models": {
                model: {"architecture": model, "kind": kind} for model, kind in self.kinds.items()
            },
            "negatives": "",
            "split": {"strategy": "stratified_group", "groups": "auto"},
            "sources": {},
            "skipped": {},
            "origins": {},
            "runs": {
                "folds": list(range(1, self.folds + 1)),
                "models": [
                    {
                        "model": model,
                        "kind": kind,
                        "seeds": list(self.seeds) if kind == "network" else [1],
                    }
                    for model, kind in self.kinds.items()
                ],
            },
            "explained": [],
            "exported": [],
            "predict": [],
            "scans": [],
        }


def write(results: Path, made: MadeUp) -> None:
    """Write everything but the figures of one dataset."""
    rng = np.random.default_rng(7)
    folder = dataset_folder(results, made.name)
    y = np.arange(made.records) % len(made.classes)
    ids = np.array([f"{made.ids}{i}" for i in range(made.records)])
    labels = np.array(made.classes)[y]
    letters = np.array(list("ACGT"))[rng.integers(0, 4, (made.records, LENGTH))]
    sequences = ["".join(row) for row in letters]
    table = pd.DataFrame({"id": ids, "sequence": sequences, "label": labels})
    write_sequences(folder / "sequences.parquet", table)
    x = np.zeros((made.records, LENGTH, 4), np.uint8)
    length = np.full(made.records, LENGTH)
    write_encoded(
        folder / "encoded.npz", iter([x]), x.shape, y, length, made.classes, made.positive
    )
    audited = audit(list(ids), sequences, list(labels), [None] * made.records)
    write_giveaways(folder / "giveaways.tsv", audited.pop("features"))
    write_json(folder / "audit.json", audited | {"findings": list(made.findings)})
    parts = np.split(rng.permutation(made.records), [made.records // 3, made.records // 2])
    split = dict(zip(SPLITS, parts, strict=True))
    rows = []
    for fold in range(1, made.folds + 1):
        write_split(fold_folder(results, made.name, fold) / "split.npz", split)
        write_json(fold_folder(results, made.name, fold) / "leakage.json", _leakage(made, split, y))
    for run in made.runs():
        rows += _write_run(results, made, run, split, ids, y, rng)
    write_groups(folder / "groups.tsv", ids, np.arange(made.records))
    write_metrics(folder / "metrics.tsv", pd.DataFrame(rows))
    _write_comparison(folder / "comparison.tsv", made, pd.DataFrame(rows))


def _leakage(made: MadeUp, split, y) -> dict:
    """What audit_split finds: every second test record has a relative where `leaks` is true."""
    none = np.zeros(0, np.int64)
    records = leakage.judged(split)
    relatives = {kind: np.full(len(records), -1) for kind in RELATIONS}
    if made.leaks:
        relatives["exact"][-1 : -len(split["test"]) - 1 : -2] = split["train"][0]
    measured = leakage.count_leaks(split, relatives, y, made.classes) | {
        "contradictory": 0,
        "records": {
            name: leakage.count_classes(its, y, made.classes) for name, its in split.items()
        },
        "dropped": leakage.count_classes(none, y, made.classes),
        "shared_kmer_length": 40,
        "wanted": {},
        "kept_whole": "groups of related records",
        "largest": 1,
        "large_group": None,
        **leakage.search(dict.fromkeys(PLACES, [None]), 40, 0.8, Repeats(), False),
    }
    return measured | {"findings": leakage.findings(measured)}


def _write_run(results, made, run, split, ids, y, rng) -> list[dict]:
    folder, kind = run_folder(results, run), made.kinds[run.model]
    order = np.concatenate([np.sort(split["validation"]), np.sort(split["test"])])
    splits = np.repeat(["validation", "test"], [len(split["validation"]), len(split["test"])])
    logits = rng.normal(size=(len(order), len(made.classes)))
    logits[np.arange(len(order)), y[order]] += STRENGTH[kind]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array(made.classes)[y[order]]
    predictions = Predictions(ids[order], splits, truth, probabilities, list(made.classes))
    write_predictions(folder / "predictions.tsv.gz", predictions)
    rows = _metric_rows(made, run, kind)
    test = predictions.of("test")
    count = len(made.classes)
    confusion = np.zeros((count, count), int)
    np.add.at(confusion, (test.y, test.probabilities.argmax(axis=1)), 1)
    metrics = {
        "dataset": run.dataset,
        "fold": run.fold,
        "model": run.model,
        "seed": run.seed,
        "positive": made.positive,
        "classes": made.classes,
        "threshold": 0.37 if count == 2 else None,
        "n": {name: len(split[name]) for name in ("validation", "test")},
        "unrelated": {"test": len(split["test"]) // 2} if made.leaks else {},
        "groups": {name: len(split[name]) for name in ("validation", "test")},
        "confusion": {"0.5" if count == 2 else "argmax": confusion},
        "reliability": {"event": made.positive, "bins": [], "off": [], "few": []},
        "rows": rows,
    }
    write_run_metrics(folder / "metrics.json", metrics)
    with whole(folder / "classification_report.txt", "w") as handle:
        handle.write(f"precision of {made.classes[0]}\n")
    if kind == "network":
        _write_training(folder, order[splits == "test"], ids, rng)
    return rows


def _write_training(folder, test, ids, rng) -> None:
    epochs = np.arange(1, 16)
    val_loss = 0.4 + 0.3 * np.exp(-epochs / 3) + 0.02 * np.maximum(epochs - 9, 0)
    history = {
        "epoch": epochs,
        "loss": 0.3 + 0.4 * np.exp(-epochs / 3),
        "val_loss": val_loss,
        "accuracy": 0.9 - 0.4 * np.exp(-epochs / 3),
        "val_accuracy": 0.85 - 0.35 * np.exp(-epochs / 3),
        "learning_rate": 0.001,
    }
    write_history(folder / "history.tsv", history)
    decided = {"architecture": "attention_cnn", "parameters": 1234, "records": 80}
    decided |= {"batch_size": 32, "epochs": 60, "device": "CPU, 2 threads, float32"}
    decided |= {"versions": {"Python": "3.12.1", "tensorflow": "2.21.0", "keras": "3.15.0"}}
    chosen = {"members": 2, "filters": 16, "kernel_sizes": [3, 7], "reverse_complement": "none"}
    settings = {"learning_rate": 0.02, "schedule": "cosine", "early_stopping": None}
    settings |= {"mutation": 0.05, "class_weight": "none", "calibration": "bias_corrected"}
    write_training(
        folder / "training.json", decided | {"hyperparameters": chosen, "settings": settings}
    )
    scores = rng.normal(size=(len(test), 3, LENGTH)) * 2
    weights = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    write_attention(folder / "attention.npz", weights, [3, 7, 15], ids[test])


VALUES = {"oracle": 0.91, "network": 0.89, "baseline": 0.79}


def _metric_rows(made: MadeUp, run: Run, kind: str) -> list[dict]:
    base = VALUES[kind] + 0.004 * (run.seed - 1)
    thresholds = ["0.5", "validation"] if len(made.classes) == 2 else ["argmax"]
    plan = [(m, "", base) for m in ("auroc", "auprc")]
    plan += [(m, "", 1 - base) for m in ("brier", "ece", "log_loss")]
    for threshold in thresholds:
        shift = 0.05 + 0.01 * (threshold == "validation")
        names = ("mcc", "balanced_accuracy", "accuracy", "f1", "precision", "recall")
        plan += [(m, threshold, base - shift) for m in names]
    subsets = {"validation": ["all"], "test": ["all", "unrelated"] if made.leaks else ["all"]}
    return [
        {
            "dataset": made.name,
            "fold": run.fold,
            "model": run.model,
            "seed": run.seed,
            "split": split,
            "subset": subset,
            "threshold": threshold,
            "metric": metric,
            "class": "",
            "value": value - 0.1 * (subset == "unrelated"),
            "low": value - 0.1 * (subset == "unrelated") - 0.02,
            "high": value - 0.1 * (subset == "unrelated") + 0.02,
        }
        for split in ("validation", "test")
        for subset in subsets[split]
        for metric, threshold, value in plan
    ]


def _write_comparison(path: Path, made: MadeUp, metrics: pd.DataFrame) -> None:
    own = metrics[(metrics["split"] == "test") & (metrics["metric"] == "auroc")]
    value = own.groupby("model", sort=False)["value"].mean()
    models = list(made.kinds)
    rows = [
        {
            "dataset": made.name,
            "fold": str(fold),
            "split": "test",
            "subset": subset,
            "metric": "auroc",
            "model_a": a,
            "model_b": b,
            "difference": value[a] - value[b],
            "low": value[a] - value[b] - 0.015,
            "high": value[a] - value[b] + 0.015,
            "p_value": 0.001,
            "p_adjusted": 0.003,
        }
        for subset in (["all", "unrelated"] if made.leaks else ["all"])
        for fold in [*range(1, made.folds + 1), *([POOLED] if made.folds > 1 else [])]
        for i, a in enumerate(models)
        for b in models[i + 1 :]
    ]
    write_comparison(path, pd.DataFrame(rows, columns=COMPARISON_COLUMNS))


def write_scan(results: Path, dataset: str, name: str, text: str, found: int = 1) -> None:
    """Write a scan with two candidates of a class, one of them a peak; `text` is in its names."""
    path = scan_path(results, dataset, name)
    counts = {"threshold": 1.5, "candidates": 2, "shuffled_candidates": 4, "found": found}
    summary = {"classes": [text], "length": 40, "step": 10, "models": 2, "windows": 5000}
    summary |= {"lost": {"unknown": 7, "excluded": 0}, "null_windows": 10_000, "prior": None}
    summary |= {"strands": "better", "tracks": "log odds", "q_value": 0.1, "peaks": {text: counts}}
    write_scan_summary(f"{path}.json", summary)
    table = pd.DataFrame({"chrom": [text, text], "start": [100, 7000], "end": [150, 7060]})
    table["class"], table["summit"], table["strand"] = text, [120, 7030], ["+", "-"]
    table["log_odds"], table["probability"] = [2.5, 1.75], np.nan
    table["q_value"], table["motifs"] = [0.05 if found else 0.9, 0.5], [f"{text}(+)", ""]
    write_peaks(f"{path}.tsv.gz", table)


def write_prediction(
    results: Path, dataset: str, name: str, classes: list[str], ids: str = "new"
) -> None:
    """Write `predict/{name}.tsv.gz` with one record a class, whose ids begin with `ids`."""
    path = dataset_folder(results, dataset) / "predict" / f"{name}.tsv.gz"
    others = 0.1 / (len(classes) - 1)
    chances = np.full((len(classes), len(classes)), others) + (0.9 - others) * np.eye(len(classes))
    numbered = np.array([f"{ids}{i}" for i in range(len(classes))])
    write_new_predictions(path, numbered, chances, classes)


def draw(results: Path, made: MadeUp) -> None:
    """Draw every figure of one dataset with the scripts that the rules call."""
    import plot_attention
    import plot_calibration
    import plot_comparison
    import plot_curves
    import plot_giveaways
    import plot_run

    folder = dataset_folder(results, made.name)
    plots = {"dpi": 50, "attention_records": 3, "confidence": 0.95}
    settings = ["--settings", json.dumps(plots)]
    # As the rules do: without an optimum the shell passes the flag alone.
    optimum = ["--oracle", *(model for model, kind in made.kinds.items() if kind == "oracle")]
    metrics = ["--metrics", str(folder / "metrics.tsv")]
    encoded = ["--encoded", str(folder / "encoded.npz")]
    groups = ["--groups", str(folder / "groups.tsv")]
    plot_comparison.main([*metrics, *settings, *optimum, *_figure(folder, "comparison")])
    features = ["--giveaways", str(folder / "giveaways.tsv")]
    plot_giveaways.main([*features, *settings, *_figure(folder, "giveaways")])
    runs = []
    for run in made.runs():
        predictions = run_folder(results, run) / "predictions.tsv.gz"
        runs += ["--run", str(run.fold), run.model, str(run.seed), str(predictions)]
    drawn = json.dumps(plots | {"bootstrap": 50, "seed": 1})
    both = [*encoded, *groups, "--settings", drawn, *runs, *optimum]
    plot_curves.main([*both, *_figure(folder, "curves")])
    plot_calibration.main([*both, *_figure(folder, "calibration")])
    for run in made.runs():
        own = run_folder(results, run)
        inputs = ["--predictions", str(own / "predictions.tsv.gz"), *settings]
        measured = ["--metrics", str(own / "metrics.json"), *encoded]
        history = ["--history", str(own / "history.tsv")] if _trained(own) else []
        plot_run.main([*inputs, *measured, *history, *_figure(own, "overview")])
        if _trained(own):
            sequences = ["--sequences", str(folder / "sequences.parquet")]
            attention = ["--attention", str(own / "attention.npz"), *sequences]
            plot_attention.main([*inputs, *attention, *_figure(own, "attention")])


def _trained(folder: Path) -> bool:
    return (folder / "history.tsv").exists()


def _figure(folder: Path, name: str) -> list[str]:
    """The flags that say where a figure goes."""
    paths = {suffix: figure_path(folder, name, suffix) for suffix in ("svg", "png", "pdf")}
    return [word for suffix, path in paths.items() for word in (f"--{suffix}", str(path))]
