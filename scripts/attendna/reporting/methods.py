"""How the results of a dataset were made: facts for a box, and a paragraph for a paper.

Each sentence follows from files of the run. What was not done has no sentence, and what is not
known is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attendna import durations
from attendna.contracts.layout import Run, dataset_folder, fold_folder, run_folder
from attendna.contracts.splits import SPLITS
from attendna.wording import counted, each, listed, percent

BENCHMARK = ".benchmark.tsv"
SHOWN = 6  # files, days and machines that are named
RULES = {  # whose jobs count, by where they stand; simulated data are not imported, nor the reverse
    "dataset": "audit find_groups encode compare_models collect_metrics plot_giveaways plot_curves "
    "plot_calibration plot_comparison",
    "fold": "split audit_split",
    "network": "train evaluate plot_run plot_attention",
    "baseline": "fit_baseline evaluate plot_run",
    "oracle": "score_oracle evaluate plot_run",
    "explained": "attribute find_motifs find_rules score_explanations plot_explanations",
}
STRANDS = {  # how a network sees both; the sentence goes on
    "average": ", averaged over both strands,",
    "either": ", in which a motif counts the same on either strand,",
}
SOURCES = {
    "adam": "Kingma & Ba 2015, Adam: a method for stochastic optimization. ICLR.",
    "bootstrap": "Efron & Tibshirani 1993, An Introduction to the Bootstrap. Chapman & Hall.",
    "bias_corrected": "Alexandari, Kundaje & Shrikumar 2020, Maximum likelihood with "
    "bias-corrected calibration is hard-to-beat at label shift adaptation. ICML.",
    "cosine": "Loshchilov & Hutter 2017, SGDR: stochastic gradient descent with warm restarts. "
    "ICLR.",
    "edlib": "Šošić & Šikić 2017, Edlib: a C/C++ library for fast, exact sequence alignment "
    "using edit distance. Bioinformatics 33:1394-1395.",
    "gkm_svm": "Ghandi, Lee, Mohammad-Noori & Beer 2014, Enhanced regulatory sequence prediction"
    " using gapped k-mer features. PLoS Comput. Biol. 10:e1003711.",
    "gradient": "Majdandzic, Rajesh & Koo 2023, Correcting gradient-based interpretations of deep"
    " neural networks for genomics. Genome Biol. 24:109.",
    "holm": "Holm 1979, A simple sequentially rejective multiple test procedure. Scand. J. "
    "Stat. 6:65-70.",
    "integrated_gradients": "Sundararajan, Taly & Yan 2017, Axiomatic attribution for deep "
    "networks. ICML.",
    "jaspar": "Ovek Baydar et al. 2026, JASPAR 2026: expansion of transcription factor binding "
    "profiles and integration of deep learning models. Nucleic Acids Res. 54:D184-D193.",
    "permutation": "Phipson & Smyth 2010, Permutation p-values should never be zero. Stat. Appl. "
    "Genet. Mol. Biol. 9:39.",
    "snakemake": "Mölder et al. 2021, Sustainable data analysis with Snakemake. F1000Research "
    "10:33.",
    "temperature": "Guo, Pleiss, Sun & Weinberger 2017, On calibration of modern neural networks. "
    "ICML.",
    "tfmodisco": "Shrikumar et al. 2018, Technical note on transcription factor motif discovery "
    "from importance scores (TF-MoDISco). arXiv:1811.00416.",
    "wilson": "Wilson 1927, Probable inference, the law of succession, and statistical inference. "
    "J. Am. Stat. Assoc. 22:209-212.",
    "tomtom": "Gupta, Stamatoyannopoulos, Bailey & Noble 2007, Quantifying similarity between "
    "motifs. Genome Biol. 8:R24.",
}
BASELINES = {
    "gc_content": "logistic regression on the share of G and C",
    "kmer_logistic": "logistic regression on the counts of all words of 1 to {k} bases",
    "positional_logistic": "logistic regression on the base at each position",
    "gkm_svm": "a gapped k-mer support vector machine (l = {l}, k = {k}, d = {d}; {cite})",
}
GROUPS = {
    "auto": "at random, keeping related records together",
    "column": "at random, keeping the groups named in the data together",
    "none": "at random, with each class in the same proportion",
}
PROPOSALS = {
    "tfmodisco": "TF-MoDISco",
    "kmers": "a search for enriched words",
    "places": "a search for preferred positions",
}
ATTRIBUTIONS = {
    "gradient": ("the gradient", "gradient"),
    "integrated_gradients": ("integrated gradients", "integrated_gradients"),
    "mutagenesis": ("in-silico mutagenesis", None),
}


@dataclass(frozen=True)
class Model:
    """A model that ran.

    Attributes
    ----------
    name, kind, architecture
        As in the config; `kind` is "network", "baseline" or "oracle".
    hyperparameters
        Of a baseline.
    seeds
        How many trainings there are of each fold.
    trainings
        `training.json` of each run of a network.
    epochs
        How many epochs each of these runs took.
    """

    name: str
    kind: str
    architecture: str
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 1
    trainings: Sequence[Mapping[str, Any]] = ()
    epochs: Sequence[int] = ()


@dataclass(frozen=True)
class Done:
    """What was done with a dataset, as far as files tell it.

    Attributes
    ----------
    classes
        Records of each class.
    length
        "200 bases each".
    simulated
        Whether the records were simulated.
    negatives
        How negatives were generated, "" where none were.
    sources
        SHA-256 of the user's files, by path.
    table
        SHA-256 of `sequences.parquet`, or None.
    leakage
        `leakage.json` of each fold; empty where one is missing.
    strategy, groups
        Of the split.
    models
        Those that were measured.
    evaluation
        The settings by which intervals were computed, or None where nothing was measured.
    compared
        Whether models were compared with each other.
    explained
        `motifs.json`, or None, and `explanation_scores.json`, or None, of each explained run.
    days, machines
        When and where the files were made.
    seconds
        Of all jobs of a rule.
    versions
        Of the packages.
    commit
        Of attendna, or None.
    """

    classes: Mapping[str, int]
    length: str
    simulated: bool
    negatives: str
    sources: Mapping[str, str]
    table: str | None
    leakage: Sequence[Mapping[str, Any]]
    strategy: str
    groups: str
    models: Sequence[Model]
    evaluation: Mapping[str, Any] | None
    compared: bool
    explained: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]
    days: Sequence[str]
    machines: Sequence[str]
    seconds: Mapping[str, float]
    versions: Mapping[str, str]
    commit: str | None


class Citations:
    """Turns names of sources into citations, and keeps which were cited, in their order."""

    def __init__(self) -> None:
        self.cited: list[str] = []

    def __call__(self, name: str) -> str:
        """Return "Holm 1979" and remember it."""
        if name not in self.cited:
            self.cited.append(name)
        return _authors(name)

    @property
    def sources(self) -> list[str]:
        """The sources that were cited, as a list of references has them."""
        return sorted(SOURCES[name] for name in self.cited)


def _authors(name: str) -> str:
    """Return the authors and the year of a source, with "et al." for more than two."""
    authors, year = re.match(r"(.+?) (\d{4})", SOURCES[name]).groups()
    return f"{authors.partition(',')[0]} et al. {year}" if "," in authors else f"{authors} {year}"


# ------------------------------------------------------------------------------ times


def seconds_taken(
    results: Path, runs: Sequence[Run], kinds: Mapping[str, str], explained: set[Run], first: str
) -> dict[str, float]:
    """Add up how long the jobs of a dataset took, from the benchmark files that Snakemake writes.

    They are no outputs of rules: one that is missing counts as nothing.

    Parameters
    ----------
    results
        The folder of results.
    runs
        All runs of one dataset.
    kinds
        "network", "baseline" or "oracle" of each model.
    explained
        Those of the runs that were explained.
    first
        The rule by which its records came: "simulate" or "import_sequences".

    Returns
    -------
    dict
        Seconds by rule.
    """
    places: list[tuple[Path, str]] = []
    for dataset in dict.fromkeys(run.dataset for run in runs):
        places.append((dataset_folder(results, dataset), f"{first} {RULES['dataset']}"))
    for dataset, fold in dict.fromkeys((run.dataset, int(run.fold)) for run in runs):
        places.append((fold_folder(results, dataset, fold), RULES["fold"]))
    for run in runs:
        places.append((run_folder(results, run), RULES[kinds[run.model]]))
        if run in explained:
            places.append((run_folder(results, run), RULES["explained"]))
    total: dict[str, float] = {}
    for folder, rules in places:
        for rule in rules.split():
            taken = _benchmark(folder / f"{rule}{BENCHMARK}")
            if taken is not None:
                total[rule] = total.get(rule, 0) + taken
    return total


def _benchmark(path: Path) -> float | None:
    """Return the seconds of a benchmark file; None where there is none that can be read."""
    try:
        header, first, *_ = path.read_text(encoding="utf-8").splitlines()
        return float(dict(zip(header.split("\t"), first.split("\t"), strict=False))["s"])
    except (OSError, ValueError, KeyError):
        return None


# ------------------------------------------------------------------------------ the box


def facts(done: Done) -> list[tuple[str, str]]:
    """Return what the box tells, as pairs of a name and a text."""
    told = [
        ("Made on", _between(done.days)),
        ("By", _by(done)),
        ("Checksums (SHA-256)", _checksums(done)),
        ("Records", _records(done.leakage)),
        *((model.name, _network(model)) for model in done.models if model.trainings),
        ("Machine", "; ".join(done.machines[:SHOWN])),
        ("Time taken", _time(done.seconds)),
    ]
    return [(name, text) for name, text in told if text]


def _between(days: Sequence[str]) -> str:
    if not days:
        return ""
    first, last = min(days), max(days)
    return first if first == last else f"{first} to {last}"


def _by(done: Done) -> str:
    commit = f", commit {done.commit}" if done.commit else ""
    commit = commit.replace("-dirty", " with local changes")
    return f"attendna {done.versions.get('attendna', '')}{commit}"


def _checksums(done: Done) -> str:
    files = [f"{path}: {digest}" for path, digest in list(done.sources.items())[:SHOWN]]
    more = len(done.sources) - SHOWN
    files += [f"{counted(more, 'more file')}"] if more > 0 else []
    files += [f"sequences.parquet: {done.table}"] if done.table else []
    return "; ".join(files)


def _records(leakage: Sequence[Mapping[str, Any]]) -> str:
    """Say how many records each part has, over the folds."""
    if not leakage:
        return ""
    parts = []
    for part, words in zip(SPLITS, ("training", "validation", "test"), strict=True):
        counts = [sum(fold["records"][part].values()) for fold in leakage]
        parts.append(f"{_range(counts)} {words}")
    folds = f" in each of {len(leakage)} folds" if len(leakage) > 1 else ""
    return ", ".join(parts) + folds


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _network(model: Model) -> str:
    """Say how a network was trained: epochs, batch, parameters, device."""
    told = {key: [run[key] for run in model.trainings] for key in model.trainings[0]}
    taken = f"{_range(model.epochs)} of " if model.epochs else ""
    devices = "; ".join(dict.fromkeys(told["device"]))
    return (
        f"{taken}at most {_range(told['epochs'])} epochs, batches of {_range(told['batch_size'])}, "
        f"{_range(told['parameters'])} parameters; {devices}"
    )


def _time(seconds: Mapping[str, float]) -> str:
    """Say how long all jobs took, and what took longest."""
    if not seconds:
        return ""
    longest = sorted(seconds, key=lambda rule: -seconds[rule])[:3]
    named = ", ".join(f"{rule} {durations.about(seconds[rule])}" for rule in longest)
    total = durations.about(sum(seconds.values()))
    return f"{total}, the sum over all jobs, including those that ran side by side ({named})"


# ------------------------------------------------------------------------------ the paragraph


def paragraph(done: Done) -> tuple[str, list[str]]:
    """Describe the methods in sentences for a paper, with the sources that they cite.

    Returns
    -------
    tuple
        The paragraph, and the sources in the order of the alphabet.
    """
    cite = Citations()
    sentences = [
        _data(done),
        _split(done, cite),
        *(_trained(model, cite) for model in done.models if model.trainings),
        _baselines(done, cite),
        _optimum(done),
        *_evaluated(done, cite),
        *_explained(done, cite),
        _software(done, cite),
    ]
    return " ".join(sentence for sentence in sentences if sentence), cite.sources


def _data(done: Done) -> str:
    total, classes = sum(done.classes.values()), counted(len(done.classes), "class", "classes")
    what = "simulated DNA sequences" if done.simulated else "DNA sequences"
    text = f"We classified {total:,} {what} ({done.length}) into {classes} ({each(done.classes)})."
    if done.negatives == "dinucleotide_shuffle":
        text += " Negatives were made by shuffling records, keeping their dinucleotides."
    elif done.negatives == "genome":
        text += (
            " Negatives were drawn from the genome, matched on width, GC content, repeats and N; "
            "they overlap no interval."
        )
    return text


def _split(done: Done, cite: Citations) -> str:
    if not done.leakage:
        return ""
    measured, folds = done.leakage[0], len(done.leakage)
    parts = f"into training, validation and test parts ({_records(done.leakage)})"
    if not measured["wanted"]:
        return f"The division {parts} came with the data."
    if folds > 1:
        parts = f"for {folds}-fold cross-validation ({_records(done.leakage)})"
    how = {
        "stratified": "at random, with each class in the same proportion",
        "chromosome": "by whole chromosomes",
    }.get(done.strategy, GROUPS[done.groups])
    text = f"They were divided {parts} {how}."
    if done.strategy != "stratified_group" or done.groups != "auto":
        return text
    search = measured["search"]
    kinds = ["have the same sequence or its reverse complement"]
    kinds.append(f"share {search['shared_kmer']} bases in a row on either strand")
    if search["coordinates"]:
        kinds.append("overlap in the genome")
    if search["group"]:
        kinds.append("are of the same group in the data")
    if search["identity"] is not None:
        kinds.append(
            f"are at least {percent(search['identity'])} identical over "
            f"{percent(search['coverage'])} of the shorter one ({cite('edlib')})"
        )
    return f"{text} Records count as related if they {', '.join(kinds[:-1])} or {kinds[-1]}."


def _seen(trainings: Sequence[Mapping[str, Any]]) -> str:
    """Say what filters see beside the presence of a site: the data may decide it by the seed."""
    chosen = [run["hyperparameters"] for run in trainings]
    either = [own.get("reverse_complement") == "either" for own in chosen]
    found = {
        "a motif counts the same on either strand": either if not all(either) else [],
        "filters see each other's sites nearby": [bool(own.get("partner_sizes")) for own in chosen],
        "filters count their sites": [bool(own.get("counting")) for own in chosen],
        "filters started from what distinguishes the training sequences from shuffles that keep "
        "dinucleotides": [own.get("start") == "shuffled" for own in chosen],
    }
    sentences = []
    for what, where in found.items():
        if any(where):
            times = "" if all(where) else f"In {sum(where)} of {len(where)} trainings, "
            sentence = times + what if times else what[0].upper() + what[1:]
            sentences.append(f" {sentence}.")
    return "".join(sentences)


def _trained(model: Model, cite: Citations) -> str:
    """Describe a network and its training."""
    told, chosen = model.trainings[0], model.trainings[0]["hyperparameters"]
    settings = told["settings"]
    counts = {
        key: _range([run[key] for run in model.trainings]) for key in ("parameters", "epochs")
    }
    sizes = _range([run["batch_size"] for run in model.trainings])
    if model.architecture == "attention_cnn":
        counts["members"] = _range(
            [run["hyperparameters"].get("members", 1) for run in model.trainings]
        )
        members = "" if counts["members"] == "1" else f"{counts['members']} networks with "
        widths = ", ".join(str(size) for size in chosen["kernel_sizes"])
        what = (
            f"a convolutional network with attention pooling ({members}{chosen['filters']} filters "
            f"of each of the widths {widths})"
        )
        strands = {run["hyperparameters"].get("reverse_complement") for run in model.trainings}
        what += STRANDS.get(strands.pop(), "") if len(strands) == 1 else ""
    else:
        what = f"a convolutional network (architecture {model.architecture})"
    rate = f"a learning rate of {settings['learning_rate']:g}"
    if settings["schedule"] == "cosine":
        rate += f" that falls to 0 along a cosine after a warm-up ({cite('cosine')})"
    elif settings["schedule"] == "plateau":
        rate += " that was halved after 5 epochs without a lower validation loss"
    text = (
        f"{model.name} is {what} with {counts['parameters']} parameters, trained with Adam "
        f"({cite('adam')}) in batches of {sizes} for at most {counts['epochs']} epochs, with {rate}"
    )
    if settings["early_stopping"]:
        text += (
            f", stopping after {settings['early_stopping']} epochs without a lower validation loss"
        )
    after = "" if settings["calibration"] == "none" else ", as it is after calibration,"
    text += f"; the weights of the epoch with the lowest validation loss{after} were kept."
    text += _seen(model.trainings)
    if settings["mutation"]:
        text += (
            f" During training, up to {percent(settings['mutation'])} of the bases were replaced "
            "at random."
        )
    if settings["class_weight"] == "balanced":
        text += " The classes had equal weights in the loss."
    if settings["calibration"] in ("temperature", "bias_corrected"):
        biases = " and a bias for each class" if settings["calibration"] != "temperature" else ""
        text += (
            " Its probabilities were calibrated on the validation records with a temperature"
            f"{biases} ({cite(settings['calibration'])})."
        )
    if model.seeds > 1:
        text += f" It was trained with {model.seeds} seeds."
    return text


def _baselines(done: Done, cite: Citations) -> str:
    named = []
    for model in done.models:
        if model.kind == "baseline" and model.architecture in BASELINES:
            words = BASELINES[model.architecture]
            source = cite("gkm_svm") if "{cite}" in words else ""
            named.append(words.format_map(_Known(model.hyperparameters, source)))
    if not named:
        return ""
    start = "Simple baselines were" if len(named) > 1 else "A simple baseline was"
    return f"{start} {_joined(named)}."


class _Known(dict):
    """Hyperparameters for a sentence, with "?" for one that is not told."""

    def __init__(self, told: Mapping[str, Any], cited: str) -> None:
        super().__init__(told, cite=cited)

    def __missing__(self, name: str) -> str:
        return "?"


def _optimum(done: Done) -> str:
    if not any(model.kind == "oracle" for model in done.models):
        return ""
    return (
        "The best possible classifier follows by Bayes' rule from how the records were simulated."
    )


def _evaluated(done: Done, cite: Citations) -> list[str]:
    if done.evaluation is None:
        return []
    confidence = percent(done.evaluation["confidence"])
    told = [
        f"Scores are those of the test records, with {confidence} confidence intervals. "
        "Intervals for areas under curves are based on the standard errors of "
        f"{done.evaluation['bootstrap']:,} bootstrap samples ({cite('bootstrap')}) in which "
        "related records were drawn together; those for proportions of records are score intervals "
        f"({cite('wilson')}) that allow for related records."
    ]
    if done.compared:
        told.append(
            "Models were compared on the same test records, by intervals of the paired difference "
            f"(from the bootstrap) and by permutation tests ({cite('permutation')}), with p values "
            f"corrected for the number of pairs ({cite('holm')})."
        )
    return told


def _explained(done: Done, cite: Citations) -> list[str]:
    """Say which explanations were computed, and how motifs were found and compared."""
    told = []
    scores = [scores for _, scores in done.explained if scores is not None]
    used = [
        name
        for name in ATTRIBUTIONS
        if any(name in its["faithfulness"]["deletion"] for its in scores)
    ]
    if used:
        words = [
            f"{text} ({cite(source)})" if source else text
            for text, source in (ATTRIBUTIONS[name] for name in used)
        ]
        told.append(
            f"The contribution of each base was computed by {_joined(words)}, and tested by "
            "deleting and inserting bases and against an untrained network."
        )
    found = [motifs for motifs, _ in done.explained if motifs is not None]
    methods = {motif["method"] for motifs in found for motif in motifs["motifs"]}
    if methods:
        words = [
            f"{text} ({cite(name)})" if name in SOURCES else text
            for name, text in PROPOSALS.items()
            if name in methods
        ]
        told.append(
            f"Motifs among the bases that contribute most were proposed by {_joined(words)}, and "
            "fitted to their sites."
        )
        known = dict.fromkeys(motifs["jaspar"] for motifs in found if motifs["jaspar"])
        if known and any(motifs["motifs"] for motifs in found):
            jaspar = f" ({cite('jaspar')})" if any("JASPAR" in name for name in known) else ""
            told.append(
                f"They were compared with {listed(list(known))}{jaspar} by TOMTOM "
                f"({cite('tomtom')}); matches have a q-value of at most {found[0]['q_value']:g}."
            )
    return told


def _software(done: Done, cite: Citations) -> str:
    """Name the software, with the versions by which networks were trained where there are some."""
    trained = [run["versions"] for model in done.models for run in model.trainings]
    versions = {**done.versions, **(trained[0] if trained else {})}
    named = [_by(done).replace(", commit ", " (commit ") + (")" if done.commit else "")]
    if trained:
        flow = versions.get("tensorflow") or versions.get("tensorflow-cpu")
        named += [f"TensorFlow {flow}"] if flow else []
        named += [f"Keras {versions['keras']}"] if "keras" in versions else []
    if any(model.kind == "baseline" for model in done.models) and "scikit-learn" in versions:
        named.append(f"scikit-learn {versions['scikit-learn']}")
    if "snakemake" in versions:
        named.append(f"Snakemake {versions['snakemake']} ({cite('snakemake')})")
    return f"All of this was done with {_joined(named)}."


def _joined(words: Sequence[str]) -> str:
    """Join words as in a sentence: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
