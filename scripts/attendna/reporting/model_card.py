"""MODEL_CARD.md: what an exported network is, as model hubs read it.

Every sentence follows from the files of the run; where a run has none of something, such as motifs
or an optimum, the card does not speak of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from attendna.contracts.predictions import Calibration
from attendna.contracts.splits import SPLITS
from attendna.data import telling
from attendna.evaluation import standings, summary
from attendna.reporting import explanations, page
from attendna.version import __version__
from attendna.wording import counted, each, listed, share

if TYPE_CHECKING:
    import pandas as pd

CITATION = (
    "The attendna developers. attendna: train, evaluate and explain attention CNNs on DNA "
    f"sequences, version {__version__}. Software, MIT licence."
)
TASK = "text-classification"  # what hubs call it: a text, here of DNA, in; a class out
TAGS = ["dna", "genomics", "biology", "sequence-classification", "attendna"]
TAG_OF_FORMAT = {"model.onnx": "onnx", "saved_model/saved_model.pb": "tensorflow"}
# The metrics that hubs have a name for, by ours.
OF_HUBS = {
    "auroc": "roc_auc",
    "mcc": "matthews_correlation",
    "accuracy": "accuracy",
    "f1": "f1",
    "brier": "brier_score",
}
ALL, NEW = "test records", "test records without a relative elsewhere"
DIGITS = 6  # of a score in the head, after the point
SHOWN = ["auroc", "auprc", "mcc", "accuracy", "brier", "ece"]  # in the table of scores
MOST_MOTIFS = 20
# Within a word _ means nothing to Markdown.
SPECIAL = re.compile(r"([\\`*{}\[\]<>|#~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")


@dataclass(frozen=True)
class Sources:
    """What a card follows from.

    Attributes
    ----------
    facts
        `model.json` of the export.
    audit, leakage, measured
        `audit.json`, `leakage.json` of the fold, `metrics.json` of the run.
    giveaways, metrics, comparison
        The tables of these names, `.tsv`, of the dataset.
    calibration
        `calibration.json`; None: the probabilities were not calibrated.
    motifs, explained
        `motifs.json` and `explanation_scores.json` of the run; None: it was not explained.
    data
        The SHA-256 of each file of data, by what the card calls it.
    settings
        `architecture`, `kinds`, `confidence`, `license`, `jaspar`, `simulated`.
    """

    facts: Mapping[str, Any]
    audit: Mapping[str, Any]
    leakage: Mapping[str, Any]
    measured: Mapping[str, Any]
    giveaways: pd.DataFrame
    metrics: pd.DataFrame
    comparison: pd.DataFrame
    calibration: Calibration | None
    motifs: Mapping[str, Any] | None
    explained: Mapping[str, Any] | None
    data: Mapping[str, str]
    settings: Mapping[str, Any]

    @property
    def model(self) -> str:
        """Its name in the config."""
        return self.facts["model"]

    def of_this_run(self) -> pd.DataFrame:
        """Return `metrics.tsv` of the fold, of the model with this seed alone."""
        fold = self.metrics[self.metrics["fold"] == self.facts["fold"]]
        return fold[(fold["model"] != self.model) | (fold["seed"] == self.facts["seed"])]

    def scores(self) -> dict[str, pd.DataFrame]:
        """Return `summary.main_scores` of the fold by what they are measured on."""
        own, confidence = self.of_this_run(), self.settings["confidence"]
        found = {ALL: summary.main_scores(summary.mean_scores(own, confidence))}
        new = summary.on_unrelated(own)
        if new is not None:
            means = summary.main_scores(summary.mean_scores(new, confidence))
            found[NEW] = means
        return found


def card(sources: Sources) -> str:
    """Return the text of the card: a head in YAML, then sections in Markdown."""
    parts = [
        ("", _what(sources)),
        ("How to use it", _use(sources)),
        ("Data", _data(sources)),
        ("Split", _split(sources)),
        ("Scores", _scores(sources)),
        ("What may give the classes away", _giveaways(sources)),
        ("Calibration", _calibration(sources)),
        ("Motifs", _motifs(sources)),
        ("What it must not be used for", _limits(sources)),
        ("Files and versions", _versions(sources)),
        ("Licence", _licence(sources)),
        ("How to cite", iter([CITATION])),
    ]
    text = [f"# {sources.model}, trained on {sources.facts['dataset']}"]
    for title, paragraphs in parts:
        written = list(paragraphs)
        if written:
            text += [f"## {title}"] * bool(title) + written
    head = yaml.safe_dump(metadata(sources), sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{head}---\n\n" + "\n\n".join(text) + "\n"


def metadata(sources: Sources) -> dict[str, Any]:
    """Return the head: what hubs index, with the scores as a `model-index`."""
    facts = sources.facts
    results = [_result(sources, on, scores) for on, scores in sources.scores().items()]
    tags = [tag for file, tag in TAG_OF_FORMAT.items() if file in facts["files"]]
    return {
        "license": sources.settings["license"],
        "library_name": tags[0],
        "pipeline_tag": TASK,
        "tags": list(dict.fromkeys([*TAGS, *tags])),
        "model-index": [{"name": sources.model, "results": results}],
    }


def _result(sources: Sources, on: str, scores: pd.DataFrame) -> dict[str, Any]:
    dataset = sources.facts["dataset"]
    metrics = []
    for name in SHOWN:
        found = summary.value_of(scores, sources.model, name)
        if found is not None:
            told = {"type": OF_HUBS.get(name, name), "value": round(found["value"], DIGITS)}
            interval = summary.in_parts(found, 3)[1]
            level = f"{100 * sources.settings['confidence']:g}% interval"
            called = summary.name_of(name) + (f" ({level} {interval})" if interval else "")
            metrics.append(told | {"name": called})
    return {
        "task": {"type": TASK, "name": "DNA sequence classification"},
        "dataset": {"type": dataset, "name": f"{dataset}, {on}", "split": "test"},
        "metrics": metrics,
    }


def plain(text: str) -> str:
    """Return a text that Markdown shows as it is, such as the name of a class."""
    return SPECIAL.sub(r"\\\1", text)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# ------------------------------------------------------------------------------ the sections


def _what(sources: Sources) -> Iterator[str]:
    facts = sources.facts
    classes = [plain(name) for name in facts["classes"]]
    yield (
        f"A neural network ({plain(sources.settings['architecture'])}, {facts['weights']:,} "
        f"weights) that reads {counted(facts['length'], 'base')} of DNA and returns the "
        f"probability of each of {counted(len(classes), 'class', 'classes')}: "
        f"{', '.join(classes)}. It was trained with attendna on the dataset "
        f"{plain(facts['dataset'])}, fold {facts['fold']}, seed {facts['seed']}."
    )


def _use(sources: Sources) -> Iterator[str]:
    facts = sources.facts
    takes = {
        "uint8": "bytes, 1 at each base that a letter allows",
        "float32": "numbers, 1 at each base that a letter allows or shares of the four bases",
    }[facts["input"]]
    yield (
        f"The input `sequence` is {facts['input']} (any number, {facts['length']}, 4), one-hot in "
        f"the order {', '.join(facts['alphabet'])}: {takes}, so N is 1 1 1 1; padding is 0 0 0 0. "
        "The output `probabilities` is float32, a column for each class in the order above; rows "
        "sum to 1."
    )
    if facts["both_strands"]:
        yield (
            "The network reads both strands: a sequence and its reverse complement have the same "
            "prediction."
        )
    if facts["crop"]:
        keeps = {"centre": "its middle", "left": "its first base", "right": "its last base"}
        yield (
            f"Crop or pad a sequence of another length so that {keeps[facts['crop']]} keeps its "
            "place, as the example does."
        )
    if facts["soft_masked"] == "mask":
        yield "Lower-case letters are repeats, and are read as N."
    if "model.onnx" in facts["files"]:
        yield (
            "`model.onnx` is for ONNX Runtime and whatever else reads ONNX. `example.py` scores a "
            "FASTA file with it:"
        )
        yield "```\npip install onnxruntime numpy\npython example.py sequences.fa\n```"
    if "saved_model/saved_model.pb" in facts["files"]:
        yield (
            '`saved_model` is for TensorFlow: `tensorflow.saved_model.load("saved_model")'
            '.signatures["serving_default"](sequence=x)["probabilities"]`.'
        )


def _data(sources: Sources) -> Iterator[str]:
    audit = sources.audit
    counts = {plain(name): number for name, number in audit["classes"].items()}
    total = counted(sum(counts.values()), "sequence")
    lengths = audit["lengths"]
    how_long = f"{lengths['min']:,}"
    if lengths["max"] != lengths["min"]:
        how_long += f" to {lengths['max']:,}"
    made = "simulated by attendna" if sources.settings["simulated"] else "imported from files"
    yield f"{total} ({each(counts)}) of {how_long} bases, {made}."
    rows = [[plain(name), f"`{digest}`"] for name, digest in sources.data.items()]
    yield table(["file", "SHA-256"], rows)


def _split(sources: Sources) -> Iterator[str]:
    leakage = sources.leakage
    classes = sources.facts["classes"]
    rows = [
        [part, *(f"{leakage['records'][part].get(name, 0):,}" for name in classes)]
        for part in SPLITS
    ]
    yield table(["part", *map(plain, classes)], rows)
    yield f"Does the split leak? {page.leakage_answer([leakage])}"
    yield from (its["message"] for its in leakage["findings"] if its["severity"] == "problem")
    yield leakage["searched"]


def _scores(sources: Sources) -> Iterator[str]:
    kinds, model = sources.settings["kinds"], sources.model
    shown = [name for name, kind in kinds.items() if name == model or kind != "network"]
    level = f"{100 * sources.settings['confidence']:g}%"
    for on, scores in sources.scores().items():
        metrics = [name for name in SHOWN if any(summary.value_of(scores, m, name) for m in shown)]
        rows = []
        for name in shown:
            values = [summary.value_of(scores, name, metric) for metric in metrics]
            if any(values):
                cells = [summary.with_interval(found, 3) if found else "–" for found in values]
                role = "this network" if name == model else page.ROLES[kinds[name]]
                rows.append([plain(name), role, *cells])
        yield f"Fold {sources.facts['fold']}, {on}, with {level} intervals:"
        yield table(["model", "kind", *map(summary.name_of, metrics)], rows)
    compared = list(_compared(sources, shown))
    if compared:
        own = sources.metrics[sources.metrics["model"] == model]
        runs = len(own[["fold", "seed"]].drop_duplicates())
        over = f", over all {runs} runs of the network" if runs > 1 else ""
        yield f"Compared record by record{over}:"
        yield "\n".join(compared)


def _compared(sources: Sources, others: Sequence[str]) -> Iterator[str]:
    """Yield a line for each model that the network was compared with."""
    measured = sources.measured
    subset = standings.judged_subset([measured])
    metrics = standings.judged_metrics(summary.test_counts([measured]), measured["positive"])
    words = {
        standings.BETTER: "clearly better than",
        standings.WORSE: "clearly worse than",
        standings.UNCLEAR: "not clearly different from",
    }
    for other in others:
        for metric in metrics:
            found = standings.between(
                sources.comparison,
                sources.model,
                other,
                metric,
                sources.settings["confidence"],
                subset,
            )
            if found is not None:
                best = " (the best possible)" * (sources.settings["kinds"][other] == "oracle")
                new = " on records without a relative" * (subset == "unrelated")
                yield (
                    f"- {words[found.standing]} {plain(other)}{best} in "
                    f"{summary.name_of(metric)}{new}: difference {standings.spelled(found)}"
                )


def _giveaways(sources: Sources) -> Iterator[str]:
    audit, rows = sources.audit, sources.giveaways
    columns = {name: rows[name].to_numpy() for name in rows}
    told = telling.told(columns) if len(rows) else np.zeros(0, bool)
    if told.any():
        yield (
            "Simple features alone tell the classes apart to some degree, and the network may use "
            "them in place of biology:"
        )
        strongest = rows[told].sort_values("auroc", ascending=False).drop_duplicates("kind")
        yield "\n".join(
            f"- {plain(row.feature)}: AUROC {summary.number(row.auroc)} for {plain(row.label)}"
            for row in strongest.rename(columns={"class": "label"}).itertuples()
        )
    elif audit["giveaways"]["checked"]:
        checked = ", ".join(audit["giveaways"]["checked"])
        least = audit["giveaways"]["detectable"]
        missed = (
            ""
            if least is None
            else (f" A feature with an AUROC below {summary.number(least)} may have been missed.")
        )
        yield f"Nothing that was measured gives a class away by itself: {checked}.{missed}"
    others = [its["message"] for its in audit["findings"] if its["severity"] == "problem"]
    if others:
        yield "The audit of the data found these problems:"
        yield "\n".join(f"- {message}" for message in others)


def _calibration(sources: Sources) -> Iterator[str]:
    calibration, facts = sources.calibration, sources.facts
    if calibration is None:
        yield "The probabilities were not calibrated."
    else:
        biases = ", ".join(
            f"{plain(name)} {value:+.3f}"
            for name, value in zip(facts["classes"], calibration.biases, strict=True)
        )
        yield (
            "The probabilities were calibrated on the validation records: logits divided by "
            f"{calibration.temperature:.3f}, then shifted ({biases})."
        )
    scores = sources.scores()[ALL]
    error = summary.value_of(scores, sources.model, "ece")
    before = summary.value_of(scores, sources.model, "ece_uncalibrated")
    if error is not None:
        was = f", {summary.number(before['value'])} before calibration" if before else ""
        yield (
            f"On the test records they are off by {summary.with_interval(error)} on average "
            f"(ECE{was})."
        )
    off = _off(sources)
    if off:
        event = sources.measured["reliability"]["event"]
        what = f"are of class {plain(event)}" if event else "are of the predicted class"
        where = "; ".join(
            f"between {its['from']:g} and {its['to']:g} they are too "
            f"{'low' if its['observed'] > its['predicted'] else 'high'} "
            f"({its['records']:,} test records, mean {summary.number(its['predicted'])}, of which "
            f"{share(its['observed'], digits=0)} {what})"
            for its in off
        )
        yield f"Don't read them as frequencies: {where}."


def _off(sources: Sources) -> list[Mapping[str, Any]]:
    """Return the ranges of the scale in which the probabilities are clearly off."""
    level = 1 - sources.settings["confidence"]
    return [its for its in sources.measured["reliability"]["off"] if its["p_value"] <= level]


def _motifs(sources: Sources) -> Iterator[str]:
    motifs = sources.motifs
    if motifs is None:
        return
    told = explanations.paragraph(
        sources.model, motifs, sources.explained, sources.settings["jaspar"]
    )
    yield told
    shown = motifs["motifs"][:MOST_MOTIFS]
    if shown:
        rows = [
            [m["consensus"], plain(m["class"]), f"{m['sites']:,}", f"{m['information']:.1f}"]
            for m in shown
        ]
        yield table(["motif", "for", "sites", "bits"], rows)
    if len(motifs["motifs"]) > len(shown):
        yield f"And {len(motifs['motifs']) - len(shown)} more."


def _limits(sources: Sources) -> Iterator[str]:
    facts, settings = sources.facts, sources.settings
    lines = [
        "Decisions about people, such as a diagnosis: it was tested on the records above only.",
        "Sequences unlike these data, of other organisms or chosen in another way: nothing here "
        "says how good it is there.",
    ]
    if settings["simulated"]:
        lines.insert(0, "Real DNA: it has seen simulated sequences only.")
    part = "training" if sources.calibration is None else "validation"
    counts = sources.leakage["records"]["train" if part == "training" else part]
    total = sum(counts.values())
    shares = ", ".join(f"{plain(name)} {share(count, total, 0)}" for name, count in counts.items())
    lines.append(
        "Reading its probabilities as frequencies where the shares of the classes differ from "
        f"those in the {part} records ({shares}), as in a scan of a genome."
    )
    if not facts["crop"]:
        lines.append(f"Sequences that are not {facts['length']:,} bases long.")
    score = summary.value_of(sources.scores()[ALL], sources.model, "auroc")
    if score is not None and score["low"] <= 0.5:
        lines.insert(0, "Anything: on the test records it is not clearly better than guessing.")
    yield "\n".join(f"- {line}" for line in lines)


def _versions(sources: Sources) -> Iterator[str]:
    facts = sources.facts
    made = listed([f"{name} {version}" for name, version in sorted(facts["versions"].items())])
    yield (
        f"Exported with {made}. On records of these data, its probabilities agree with those of "
        "Keras to within 0.00001."
    )
    rows = [[f"`{name}`", f"`{digest}`"] for name, digest in facts["files"].items()]
    yield table(["file", "SHA-256"], rows)


def _licence(sources: Sources) -> Iterator[str]:
    named = sources.settings["license"]
    if named == "unknown":
        yield (
            "Not stated: ask whoever gave you this network. (The licence of attendna covers "
            "the program alone; the data may have a licence of their own.)"
        )
    else:
        yield f"`{named}`, as whoever exported the network stated it."
