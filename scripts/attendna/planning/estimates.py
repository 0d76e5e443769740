"""What the jobs of a config need: the numbers of `needs` for its data, its models and its runs.

Helpers of the Snakefile and of the doctor.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

from attendna.planning import needs, settings
from attendna.planning.needs import Size

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


def _job_size(config: Mapping, rule: str, job: Mapping[str, str]) -> tuple[Size, int]:
    """Return the size of the data that a job reads, and of how many runs it reads them."""
    if rule == "report":
        return sum((dataset_size(config, d) for d in config["datasets"]), needs.NOTHING), 1
    size = dataset_size(config, job["dataset"])
    if rule == "predict":
        block = config["predict"][job["name"]]
        width = settings.reading(config, job["dataset"])["width"]
        return needs.imported(settings.source_paths(block), width, size.row, 0), 1
    return size, len(list(settings.runs(config, job["dataset"]))) if rule in EVERY_RUN else 1


def _key(config: Mapping, rule: str, job: Mapping[str, str]) -> str:
    """Return what `needs.NEEDS` calls a job: its rule and, where that matters, its model."""
    if rule == "fit_baseline":
        return f"{rule} {config['models'][job['model']]['architecture']}"
    if rule == "predict":
        return f"{rule} {settings.kind(config, config['predict'][job['name']]['model'])}"
    return rule


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
        Its rule.
    job
        Its wildcards.
    """
    if rule == "download":
        return needs.memory(rule, needs.NOTHING)
    more = 0.0
    if rule in ("train", "attribute") and uses_gpu(config, job["dataset"], job["model"]):
        more = needs.GPU
    if rule == "fit_baseline":
        sampled = settings.hyperparameters(config, job["model"]).get("max_records", 0)
        more = needs.KERNEL * sampled**2 / needs.MB
    if rule == "report":
        every = sum(len(list(settings.runs(config, d))) for d in config["datasets"])
        more = needs.PICTURES * every
    size, times = _job_size(config, rule, job)
    return needs.memory(_key(config, rule, job), size, times, more)


def seconds(config: Mapping, rule: str, job: Mapping[str, str]) -> float:
    """Return how long a job takes on a usual processor; see `memory`."""
    if rule == "download":
        return FETCHING
    size, times = _job_size(config, rule, job)
    more = 0.0
    if rule == "train":
        learnt = 1 - settings.split(config, job["dataset"])["test"]
        how = settings.training(config, job["dataset"], job["model"])
        more = needs.training_seconds(size, how, learnt)
    return needs.seconds(_key(config, rule, job), size, times, more)


def minutes(config: Mapping, rule: str, job: Mapping[str, str]) -> int:
    """Return the minutes that a batch system should give a job."""
    return needs.minutes(seconds(config, rule, job))


def disk(config: Mapping, dataset: str) -> int:
    """Return the bytes that the results of a dataset take."""
    return needs.disk(dataset_size(config, dataset), len(list(settings.runs(config, dataset))))


def jobs(config: Mapping) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rule and the wildcards of the jobs of a whole run that take time or memory."""
    learners = {"network": "train", "baseline": "fit_baseline", "oracle": "score_oracle"}
    for dataset in config["datasets"]:
        here = {"dataset": dataset}
        yield "simulate" if settings.simulated(config, dataset) else "import_sequences", here
        for rule in ("audit", "encode", "find_groups"):
            yield rule, here
        for _ in settings.folds(config, dataset):
            yield from (("split", here), ("audit_split", here))
        for run in settings.runs(config, dataset):
            kind = settings.kind(config, run.model)
            for rule in (learners[kind], "evaluate", "plot_run"):
                yield rule, {**here, "model": run.model}
            if kind == "network":
                yield "plot_attention", here
        for rule in ("collect_metrics", *EVERY_RUN, "plot_comparison"):
            yield rule, here
    for name, block in config["predict"].items():
        yield "predict", {"dataset": block["dataset"], "name": name}
    yield "report", {}
