"""What the jobs of a config need: the numbers of `needs` for its data, its models and its runs.

Helpers of the Snakefile and of the doctor.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attendna.contracts.layout import Run
from attendna.planning import needs, settings
from attendna.planning.needs import Explained, Size

Job = tuple[str, Mapping[str, str]]  # a rule, and the wildcards of one of its jobs
CHUNK = "_chunk"  # ends the names of rules that make a part of what the rule before it makes
RULES_OF_A_RUN = {  # by the kind of its model
    "network": ("train", "evaluate", "plot_run", "plot_attention"),
    "baseline": ("fit_baseline", "evaluate", "plot_run"),
    "oracle": ("score_oracle", "evaluate", "plot_run"),
}
RULES_OF_AN_EXPORT = ("export", "write_card")  # beside one for each format
RULES_OF_AN_EXPLANATION = (
    *("attribute", "find_motifs", "find_rules"),
    *("score_explanations", "plot_explanations"),
)
SEVERAL_CORES = ("train", "attribute", "find_motifs", "find_rules")  # `training.threads` of them
WITH_A_GPU = ("train", "attribute", "find_rules")  # if there is one
MEASURED = 2  # cores on which these were measured, see `needs`
EVERY_RUN = ("compare_models", "plot_curves", "plot_calibration")  # read all runs of a dataset
FETCHING = 600  # seconds that a download may well take


def dataset_size(config: Mapping, dataset: str) -> Size:
    """Return the size of a dataset: what is simulated, or an estimate from how its files begin."""
    block = config["datasets"][dataset]
    if "simulate" in block:
        return needs.simulated(block["simulate"])
    wanted = settings.negatives(config, dataset)
    return needs.imported(
        settings.source_paths(block),
        settings.reading(config, dataset)["width"],
        settings.rows(config, dataset)["length"],
        wanted["ratio"] if wanted else 0,
    )


def explained_size(config: Mapping, dataset: str) -> Explained:
    """Return how much of each explained run of a dataset is explained."""
    size, explain = dataset_size(config, dataset), config["explain"]
    return Explained(min(explain["records"], size.records), size.row, len(explain["methods"]))


def _job_size(config: Mapping, rule: str, job: Mapping[str, str]) -> tuple[Size, int]:
    """Return the size of the data that a job reads, and of how many runs it reads them."""
    if rule == "download":
        return needs.NOTHING, 1
    if rule == "report":
        return sum((dataset_size(config, d) for d in config["datasets"]), needs.NOTHING), 1
    size = dataset_size(config, job["dataset"])
    if rule == "predict":
        block = config["predict"][job["name"]]
        width = settings.reading(config, job["dataset"])["width"]
        return needs.imported(settings.source_paths(block), width, size.row, 0), 1
    if rule in ("score_variants", "plot_variants"):
        return Size(0, 0, size.row), 1
    if rule == "scan_genome":
        genome = [settings.scanning(config, job["name"])["genome"]]
        return Size(1, settings.letters_in(genome), size.row), 1
    return size, len(list(settings.runs(config, job["dataset"]))) if rule in EVERY_RUN else 1


def _explained(config: Mapping, rule: str, job: Mapping[str, str]) -> Explained:
    if rule not in RULES_OF_AN_EXPLANATION:
        return needs.UNEXPLAINED
    return explained_size(config, job["dataset"])


def _key(config: Mapping, rule: str, job: Mapping[str, str]) -> str:
    """Return what `needs.NEEDS` calls a job: its rule and, where that matters, its model."""
    if rule == "fit_baseline":
        return f"{rule} {config['models'][job['model']]['architecture']}"
    if rule in settings.SECTIONS:
        model = config[settings.SECTIONS[rule]][job["name"]]["model"]
        return f"{rule} {settings.kind(config, model)}"
    return rule


def _chromosome(config: Mapping, name: str) -> float:
    """Return the MB that the largest chromosome of the genome of variants takes, twice."""
    path = Path(settings.variant_genome(config, name) or "")
    size = path.stat().st_size / needs.MB if path.is_file() else needs.LARGEST_CHROMOSOME
    return 2 * min(4 * size, needs.LARGEST_CHROMOSOME)


def uses_gpu(config: Mapping, dataset: str, model: str) -> bool:
    """Whether a training takes one of the GPUs of this machine."""
    device = settings.training(config, dataset, model)["device"]
    return device == "gpu" or (device == "auto" and shutil.which("nvidia-smi") is not None)


def memory(config: Mapping, rule: str, job: Mapping[str, str]) -> int:
    """Return the MB of memory that a job needs at most.

    Parameters
    ----------
    config
        All settings.
    rule
        Its rule. A part is given as much as the whole: its script may read all of the data.
    job
        Its wildcards.
    """
    rule = rule.removesuffix(CHUNK)
    more = 0.0
    if rule in WITH_A_GPU and uses_gpu(config, job["dataset"], job["model"]):
        more = needs.GPU
    if rule == "fit_baseline":
        sampled = settings.hyperparameters(config, job["model"]).get("max_records", 0)
        more = needs.KERNEL * sampled**2 / needs.MB
    if rule == "report":
        every = sum(len(list(settings.runs(config, d))) for d in config["datasets"])
        more = needs.PICTURES * every
    if rule == "score_variants":
        more = _chromosome(config, job["name"])
    size, times = _job_size(config, rule, job)
    explained = _explained(config, rule, job)
    return needs.peak_memory(_key(config, rule, job), size, times, more, explained)


def seconds(config: Mapping, rule: str, job: Mapping[str, str]) -> float:
    """Return how long a job takes on a usual processor; see `memory`."""
    rule = rule.removesuffix(CHUNK)
    more = 0.0
    if rule == "download":
        more = FETCHING
    size, times = _job_size(config, rule, job)
    if rule == "train":
        learnt = 1 - settings.split(config, job["dataset"])["test"]
        training = settings.training(config, job["dataset"], job["model"])
        more = needs.training_seconds(size, training, learnt)
        chosen = settings.hyperparameters(config, job["model"])
        if "auto" in (chosen.get("partner_sizes"), chosen.get("counting")):
            more += needs.finding_seconds(size, learnt)
    if rule == "score_variants":
        lines, shifts = settings.variant_lines(config, job["name"]), 3
        models = len(list(settings.folds(config, job["dataset"]))) * len(config["seeds"])
        more = models * needs.variant_seconds(lines, size.row, shifts)
    if rule == "check_effects":
        runs = len(settings.compared_runs(config, job["dataset"]))
        more = runs * needs.substitution_seconds(config["explain"]["effects"], size.row)
    explained = _explained(config, rule, job)
    if rule == "find_rules":
        more = needs.pair_seconds(config["explain"]["rules"], size.row)
    if rule == "attribute" and _predicts_mutants(config, job["model"]):
        more = needs.mutagenesis_seconds(explained)
    return needs.duration(_key(config, rule, job), size, times, more, explained)


def _predicts_mutants(config: Mapping, model: str) -> bool:
    """Whether a network has to predict every mutant; of attention_cnn windows may be enough."""
    chosen = settings.hyperparameters(config, model)
    every = config["models"][model]["architecture"] != "attention_cnn"
    every |= bool(chosen.get("partner_sizes") or chosen.get("counting"))
    return every and "mutagenesis" in config["explain"]["methods"]


def cores(config: Mapping) -> int:
    """Return for how many cores the seconds of `SEVERAL_CORES` are estimated."""
    chosen = config["training"]["threads"]
    return MEASURED if chosen == "auto" else chosen


def minutes(config: Mapping, rule: str, job: Mapping[str, str]) -> int:
    """Return the minutes that a batch system should give a job."""
    return needs.minutes(seconds(config, rule, job))


def disk(config: Mapping, dataset: str) -> int:
    """Return the bytes that the results of a dataset take."""
    runs = list(settings.runs(config, dataset))
    return needs.disk(
        dataset_size(config, dataset),
        len(runs),
        sum(
            settings.training(config, dataset, run.model)["attention_records"]
            for run in runs
            if settings.kind(config, run.model) == "network"
        ),
        [explained_size(config, dataset) for _ in settings.explained(config, dataset)],
    )


# ------------------------------------------------------------------------------ all jobs


def jobs(config: Mapping) -> Iterator[Job]:
    """Yield the rule and the wildcards of every job of a whole run, as Snakemake plans them.

    Rules that only name results, such as `all`, are left out.
    """
    for path in settings.files_to_fetch(config):
        yield "download", {"sha256": Path(path).parent.name, "name": Path(path).name}
    for dataset in config["datasets"]:
        here = {"dataset": dataset}
        parts = settings.parts(config, settings.letters(config, dataset))
        if settings.simulated(config, dataset):
            yield from _in_parts("simulate", here, parts)
        else:
            yield "import_sequences", here
        yield from _in_parts("encode", here, parts)
        yield from _of_dataset(config, dataset)
    for name, block in config["predict"].items():
        parts = settings.parts(config, settings.file_letters(block))
        yield from _in_parts("predict", {"dataset": block["dataset"], "name": name}, parts)
    for name, block in config["variants"].items():
        here = {"dataset": block["dataset"], "name": name}
        letters = settings.variant_lines(config, name) * settings.LETTERS_OF_A_VARIANT
        yield from _in_parts("score_variants", here, settings.parts(config, letters))
        yield "plot_variants", here
    for name, block in config["scans"].items():
        parts = settings.parts(config, settings.letters_in(settings.scanned_files(config, name)))
        yield from _in_parts("scan_genome", {"dataset": block["dataset"], "name": name}, parts)
    yield "report", {}


def _in_parts(rule: str, wildcards: dict[str, str], parts: Sequence[str]) -> Iterator[Job]:
    yield from ((f"{rule}{CHUNK}", {**wildcards, "scatteritem": part}) for part in parts)
    yield rule, wildcards


def _of_dataset(config: Mapping, dataset: str) -> Iterator[Job]:
    here = {"dataset": dataset}
    yield from ((rule, here) for rule in ("audit", "plot_giveaways", "find_groups"))
    for fold in settings.folds(config, dataset):
        yield from ((rule, {**here, "fold": str(fold)}) for rule in ("split", "audit_split"))
    for run in settings.runs(config, dataset):
        rules = RULES_OF_A_RUN[settings.kind(config, run.model)]
        yield from ((rule, _wildcards(run)) for rule in rules)
    for run in settings.explained(config, dataset):
        yield from ((rule, _wildcards(run)) for rule in RULES_OF_AN_EXPLANATION)
    for run in settings.exported(config, dataset):
        formats = [f"export_{name}" for name in config["export"]["formats"]]
        yield from ((rule, _wildcards(run)) for rule in (*formats, *RULES_OF_AN_EXPORT))
    for rule in ("collect_metrics", *EVERY_RUN, "plot_comparison"):
        yield rule, here
    if settings.exactly_known(config, dataset):
        yield "check_effects", here


def _wildcards(run: Run) -> dict[str, str]:
    return {key: str(value) for key, value in run._asdict().items()}
