"""The page that tells what a run found: rows for its tables, pictures as data, the rendering."""

from __future__ import annotations

import base64
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from attendna.contracts.measurements import POOLED, best_epoch
from attendna.contracts.predictions import PROBABILITY
from attendna.contracts.splits import SPLITS
from attendna.evaluation import standings, summary
from attendna.version import __version__
from attendna.wording import counted, has, percent, share

if TYPE_CHECKING:
    import pandas as pd

SVG_LIMIT = 300_000  # bytes; a larger drawing is embedded as PNG
SHOWN = 10  # rows of a table of new sequences
PACKAGES = [
    "snakemake",
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "matplotlib",
    "jinja2",
]
ROLES = {"network": "network", "baseline": "simple baseline", "oracle": "best possible"}


@dataclass(frozen=True)
class Cell:
    """One score of the table: the value, its interval and whether it is the best."""

    value: str
    interval: str = ""
    best: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table of scores: a model, what it is, how many runs, its cells."""

    model: str
    role: str
    runs: int | None
    cells: list[Cell]


def render(template: str, page: Mapping[str, Any]) -> str:
    """Fill the template; everything that comes from data is escaped.

    Parameters
    ----------
    template
        A Jinja2 template.
    page
        What it names; a name that is missing is an error.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["metric"] = summary.name_of
    environment.filters["number"] = summary.number
    return environment.from_string(template).render(page)


def picture(svg: bytes | None, png: bytes | None) -> str | None:
    """Return a data URI of a figure: the drawing where it is small, else the pixels, or None."""
    if svg is not None and len(svg) < SVG_LIMIT:
        return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
    if png is not None:
        return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return None


# ------------------------------------------------------------------------------ the data


def class_sizes(
    y: np.ndarray, classes: Sequence[str], split: Mapping[str, np.ndarray] | None
) -> list[tuple[str, list[int]]]:
    """Count the records of each class in all, in training, validation and test.

    Parameters
    ----------
    y
        int (n,), index into `classes`.
    classes
        The names of the classes.
    split
        Indices of each split, or None: then only all records are counted.
    """
    parts = [y] + [y[split[name]] for name in SPLITS if split is not None]
    counts = [np.bincount(part, minlength=len(classes)) for part in parts]
    return [(name, [int(count[i]) for count in counts]) for i, name in enumerate(classes)]


def data_facts(audit: Mapping[str, Any], length: np.ndarray) -> list[tuple[str, str]]:
    """Return what the audit measured, as pairs of a name and a sentence.

    Parameters
    ----------
    audit
        `audit.json`; what it lacks is left out.
    length
        int (n,), letters of each sequence.
    """
    facts = [("Length", _length_text(length))]
    if "letters" in audit:
        facts.append(("Letters", _letters_text(audit["letters"]["totals"])))
    if "gc" in audit:
        facts.append(("GC content", _gc_text(audit["gc"])))
    if "duplicates" in audit:
        copies = audit["duplicates"]["records"]
        text = f"{copies:,} records repeat the sequence of an earlier one" if copies else "none"
        facts.append(("Duplicates", text))
    if "reverse_complements" in audit:
        turned = audit["reverse_complements"]["records"]
        text = f"{turned:,} records" if turned else "none"
        facts.append(("Reverse complements of another record", text))
    if "contradictory" in audit:
        records = audit["contradictory"]["records"]
        text = f"{records:,} records share a sequence but not a label" if records else "none"
        facts.append(("Contradictory labels", text))
    if audit.get("checked"):
        facts.append(("Checked", ", ".join(audit["checked"])))
    if "giveaways" in audit and audit["giveaways"]["kinds"]:
        facts.append(("Giveaways", _giveaways_text(audit["giveaways"], len(audit["classes"]))))
    return facts


def _length_text(length: np.ndarray) -> str:
    low, high = int(length.min()), int(length.max())
    if low == high:
        return f"{low:,} bases each"
    return f"{low:,} to {high:,} bases, median {np.median(length):,.0f}"


def _letters_text(totals: Mapping[str, int]) -> str:
    total = sum(totals.values())
    return ", ".join(f"{letter} {share(count, total)}" for letter, count in totals.items())


def _gc_text(gc: Mapping[str, Any]) -> str:
    classes = ", ".join(
        f"{name}: {share(spread['mean'])}"
        for name, spread in gc["by_class"].items()
        if spread["mean"] is not None
    )
    area = summary.number(gc["separation"]["auroc"])
    if len(gc["by_class"]) > 2:
        return (
            f"mean by class ({classes}); mean AUROC of each class against the rest by GC alone: "
            f"{area}"
        )
    return f"mean by class ({classes}); AUROC by GC alone: {area}"


def _giveaways_text(giveaways: Mapping[str, Any], classes: int) -> str:
    """Say how many features were tested, which tells most, and which would have been found."""
    text = f"{giveaways['tested']:,} simple features tested, each alone"
    tested = [row for row in giveaways["kinds"] if _is_tested(row)]
    if tested:
        best = max(tested, key=lambda row: row["auroc"])
        text += f"; the strongest: {_feature_text(best, classes)}"
        if best["p_adjusted"] > giveaways["level"]:
            text += ", no more than chance would give among so many"
    text += "".join(
        f"; not tested: whether a record {_feature_text(row, classes)}"
        for row in giveaways["kinds"]
        if not _is_tested(row)
    )
    least = giveaways["detectable"]
    if least is None:
        return text + "; with so few records a giveaway may not be found at all"
    return (
        f"{text}; a numeric feature with an AUROC of {summary.number(least)} or more would be "
        "found nine times out of ten"
    )


def _is_tested(row: Mapping[str, Any]) -> bool:
    """Whether a feature has a p-value; copies have none, see `giveaways`."""
    return row["p_adjusted"] is not None and row["p_adjusted"] == row["p_adjusted"]


def _feature_text(row: Mapping[str, Any], classes: int) -> str:
    area, interval = summary.in_parts(row | {"value": row["auroc"]})
    whom = f" for class {row['class']}" if classes > 2 else ""
    return f"{row['feature']} (AUROC {area}, {interval}{whom})"


def leakage_answer(measured: Sequence[Mapping[str, Any]]) -> str:
    """Say whether the split leaks, and by how many records, summed over the folds.

    Parameters
    ----------
    measured
        `leakage.json` of each fold.
    """
    leaks = dict.fromkeys(SPLITS[1:], 0)
    records = dict(leaks)
    for fold in measured:
        for part in leaks:
            leaks[part] += sum(fold["any"][f"{part}_in_train"].values())
            records[part] += sum(fold["records"][part].values())
    test, validation = (
        f"{leaks[part]:,} of {counted(records[part], f'{part} record')} {has(leaks[part])} a "
        "relative among the"
        for part in ("test", "validation")
    )
    if leaks["test"]:
        also = f", and {validation} training records" if leaks["validation"] else ""
        return f"Yes: {test} training and validation records{also}."
    if leaks["validation"]:
        return (
            "Not into the test records: none of them has a relative among the training and "
            f"validation records, as far as relatives were searched for. But {validation} training "
            "records."
        )
    return (
        "No: no validation record has a relative among the training records, and no test record "
        "has one among the training and validation records, as far as relatives were searched for."
    )


def leakage_rows(measured: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, int]]:
    """Return how many records have a relative in training, by kind, summed over the folds.

    Parameters
    ----------
    measured
        `leakage.json` of each fold.

    Returns
    -------
    list of tuple
        Words for the kind of relation, validation records, test records; only kinds that occur.
    """
    rows = []
    length = measured[0]["shared_kmer_length"] if measured else 0
    for kind, words in {
        "exact": "the same sequence",
        "reverse_complement": "its reverse complement",
        "shared_kmer": f"{length} bases in a row in common, on either strand",
        "identity": "similar, on either strand",
        "coordinates": "a base of the genome in common",
        "group": "of the same group in the data",
        "any": "any of these",
    }.items():
        validation, test = (
            sum(sum(fold[kind][f"{part}_in_train"].values()) for fold in measured)
            for part in ("validation", "test")
        )
        if validation or test:
            rows.append((words, validation, test))
    return rows


def leakage_findings(measured: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the findings of the audits of the split, of which fold where there are several."""
    return [
        {
            "severity": finding["severity"],
            "message": f"Fold {number}: {finding['message']}"
            if len(measured) > 1
            else finding["message"],
        }
        for number, fold in enumerate(measured, start=1)
        for finding in fold["findings"]
    ]


def searched(search: Sequence[Mapping[str, Any]]) -> str:
    """Say in a few words how relatives were searched for, of `search` in `leakage.json`.

    Parameters
    ----------
    search
        Of each fold; they have the same settings.
    """
    how = search[0]
    if how["identity"] is None:
        return f"searched only by {how['shared_kmer']} bases in a row"
    early = ", but the search ended early" if any(fold["stopped"] for fold in search) else ""
    return f"searched down to {percent(how['identity'])} identity{early}"


def related_records(measured: Sequence[Mapping[str, Any]]) -> int:
    """Count the test records of all folds that have a relative elsewhere."""
    return sum(sum(fold["any"]["test_in_train"].values()) for fold in measured)


# ------------------------------------------------------------------------------ the scores


def guessing(y: np.ndarray, classes: int) -> dict[str, float]:
    """Return what guessing reaches on the test records without looking at a sequence.

    Always the largest class for accuracy; the shares of the classes as probabilities for the rest.

    Parameters
    ----------
    y
        int (n,), true classes of the test records; of two classes 1 is the positive one.
    classes
        Number of classes.
    """
    shares = np.bincount(y, minlength=classes) / len(y)
    occurring = shares[shares > 0]
    binary = classes == 2
    return {
        "auroc": 0.5,
        "auprc": float(shares[1] if binary else occurring.mean()),
        "mcc": 0.0,
        "balanced_accuracy": 1 / len(occurring),
        "accuracy": float(shares.max()),
        # The Brier score of two classes is of the positive one; of more it sums over classes.
        "brier": float(shares[0] * shares[1] if binary else 1 - np.sum(shares**2)),
    }


def score_table(
    scores: pd.DataFrame, kinds: Mapping[str, str], chance: Mapping[str, float]
) -> list[Row]:
    """Return the main metrics of all models, and last what guessing reaches.

    Parameters
    ----------
    scores
        `summary.main_scores` of the test split.
    kinds
        "network", "baseline" or "oracle" of each model.
    chance
        See `guessing`.
    """
    fair = [model for model, kind in kinds.items() if kind != "oracle"]
    best = summary.best_values(scores, fair)
    best.pop("ece", None)  # a model that knows only the shares of the classes has a small one too
    rows = []
    for model, kind in kinds.items():
        own = scores[scores["model"] == model]
        if own.empty:
            continue
        cells = []
        for metric in summary.MAIN_METRICS:
            found = summary.value_of(scores, model, metric)
            cells.append(_cell(found, kind != "oracle", best.get(metric)))
        rows.append(Row(model, ROLES[kind], int(own["runs"].max()), cells))
    guessed = [Cell(summary.number(chance.get(m), 3)) for m in summary.MAIN_METRICS]
    return [*rows, Row("guessing", "no sequence seen", None, guessed)]


def _cell(found: Mapping[str, float] | None, fair: bool, best: float | None) -> Cell:
    if found is None:
        return Cell("–")
    # As it is shown: what looks equal is equally good.
    same = best is not None and summary.number(found["value"], 3) == summary.number(best, 3)
    return Cell(*summary.in_parts(found, 3), fair and same)


def detail_table(means: pd.DataFrame, models: Sequence[str]) -> list[dict[str, Any]]:
    """Return every measured number: one row a metric, class, threshold and subset.

    Parameters
    ----------
    means
        `summary.mean_scores` of the test split.
    models
        The columns.

    Returns
    -------
    list of dict
        `metric class threshold subset` and `cells`, one text a model.
    """
    keys = ["metric", "class", "threshold", "subset"]
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for record in means.to_dict("records"):
        key = tuple(record[name] for name in keys)
        rows.setdefault(key, {})[record["model"]] = summary.with_interval(record, 3)
    return [
        dict(zip(keys, key, strict=True)) | {"cells": [cells.get(m, "–") for m in models]}
        for key, cells in rows.items()
    ]


def comparison_table(
    comparison: pd.DataFrame, confidence: float, subset: str = "all"
) -> dict[str, list[dict[str, Any]]]:
    """Return the paired differences on the test split by metric, with a reading of each.

    Parameters
    ----------
    comparison
        `comparison.tsv`.
    confidence
        Of its intervals.
    subset
        Which test records, "all" or "unrelated".

    Returns
    -------
    dict
        By metric a list of `fold a b difference interval p_value p_adjusted better`, the mean over
        folds first; `better` is the model that is clearly better, see `standings`, or "".
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    test = comparison[(comparison["split"] == "test") & (comparison["subset"] == subset)]
    first = test["fold"] == POOLED
    for record in [*test[first].to_dict("records"), *test[~first].to_dict("records")]:
        a, b = record["model_a"], record["model_b"]
        numbers = [record[name] for name in ("difference", "low", "high", "p_adjusted")]
        standing = standings.standing(record["metric"], *numbers, confidence)
        p_values = {
            name: summary.p_text(record[name]).removeprefix("p ").removeprefix("= ")
            for name in ("p_value", "p_adjusted")
        }
        row = {
            "fold": record["fold"],
            "a": a,
            "b": b,
            "difference": summary.number(record["difference"], 3),
            "interval": summary.in_parts(record | {"value": record["difference"]}, 3)[1] or "–",
            **p_values,
            "better": {standings.BETTER: a, standings.WORSE: b}.get(standing, ""),
        }
        tables.setdefault(record["metric"], []).append(row)
    return tables


def samples(
    models: Mapping[str, Mapping[str, Any]], split: Mapping[str, np.ndarray] | None
) -> list[str]:
    """Say which models learned from a sample of the training records only.

    Parameters
    ----------
    models
        By name their settings; `max_records` where a model has such a limit.
    split
        Indices of the first fold.
    """
    available = 0 if split is None else len(split["train"])
    return [
        f"{name} was trained on a sample of {its['max_records']:,} of the {available:,} training "
        "records, because its time grows with the square of their number."
        for name, its in models.items()
        if its.get("max_records", available) < available
    ]


# ------------------------------------------------------------------------------ the rest


def predicted_classes(table: pd.DataFrame) -> dict[str, Any]:
    """Sum up the predictions for new sequences.

    Parameters
    ----------
    table
        `id` and one column `p_{class}` a class.

    Returns
    -------
    dict
        `records`; `classes`, a list of `(class, records, mean probability)` by the most probable
        class; `unlike`, how many are unlike the training data, None where not known; `header` and
        `rows` of the first records.
    """
    columns = [name for name in table if name.startswith(PROBABILITY)]
    probabilities = table[columns].to_numpy(float)
    best = probabilities.argmax(axis=1)
    classes = []
    for i, name in enumerate(columns):
        own = probabilities[best == i, i]
        mean = summary.number(own.mean() if len(own) else None)
        classes.append((name[len(PROBABILITY) :], len(own), mean))
    first = table.head(SHOWN)
    rows = [
        [str(name), *(summary.number(p, 3) for p in row)]
        for name, row in zip(first["id"], first[columns].to_numpy(float), strict=True)
    ]
    unlike, header = None, ["id", *columns]
    if "unlike" in table:
        unlike = int((table["unlike"] > 1).sum())
        header.append("unlike")
        for row, value in zip(rows, first["unlike"], strict=True):
            row.append(summary.number(value, 2))
    return {
        "records": len(table),
        "classes": classes,
        "unlike": unlike,
        "header": header,
        "rows": rows,
    }


def training_text(history: pd.DataFrame) -> str:
    """Say how long a network was trained: "23 epochs, epoch 13 was the best"."""
    best = best_epoch(history) + 1
    return f"{counted(len(history), 'epoch')}, epoch {best} was the best"


def versions() -> list[tuple[str, str]]:
    """Return the versions of attendna, Python and the packages that are installed."""
    found = [("attendna", __version__), ("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue  # TensorFlow has two names, and a report needs neither
    return found
