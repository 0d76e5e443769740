"""How many processor cores a job with a network takes, where the config leaves that open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attendna.planning.settings import SECTIONS, kind

# With more cores less than half of each is used: by Amdahl's law from what one and two were seen
# to reach, in docs/benchmarks.md under "One and two cores". A step of a training is many small
# operations; what predicts has large ones.
TRAINING, OTHERS = 2, 4
# What computes with the network of a run, one after the other.
OF_A_RUN = ("train", "attribute", "find_motifs", "find_rules")


def share(setting: int | str, cores: int, at_once: int, rule: str) -> int:
    """Return how many cores a job takes.

    Parameters
    ----------
    setting
        `threads` of the training, "auto" or a number, which holds as it is.
    cores
        Of the whole run.
    at_once
        Jobs that share them, see `sharing`.
    rule
        Of the job.
    """
    if setting != "auto":
        return int(setting)
    most = TRAINING if rule == "train" else OTHERS
    return max(1, min(cores // max(at_once, 1), most))


def sharing(config: Mapping, jobs: Iterable[tuple[str, Mapping[str, str]]], most: int) -> int:
    """Return how many jobs that take several cores can run at the same time.

    Of a run it is one: its network is trained, then explained. What scores new data waits for the
    trainings of its model.

    Parameters
    ----------
    config
        All settings, checked.
    jobs
        The rule and the wildcards of each job that is still to be done.
    most
        To count no further.
    """
    runs: set[tuple[str, ...]] = set()
    trained: set[tuple[str, str]] = set()
    scored: set[tuple[str, str, tuple[str, ...]]] = set()
    for rule, wildcards in jobs:
        if rule in OF_A_RUN or _slow(config, rule, wildcards):
            runs.add(tuple(wildcards[key] for key in ("dataset", "fold", "model", "seed")))
            if rule == "train":
                trained.add((wildcards["dataset"], wildcards["model"]))
        section = SECTIONS.get(rule.removesuffix("_chunk"))
        if section is not None:
            model = config[section][wildcards["name"]]["model"]
            if kind(config, model) == "network":
                scored.add((wildcards["dataset"], model, (rule, *sorted(wildcards.values()))))
        if len(runs) >= most:
            break
    waiting = sum((dataset, model) in trained for dataset, model, _ in scored)
    return min(len(runs) + len(scored) - waiting, most)


def _slow(config: Mapping, rule: str, wildcards: Mapping[str, str]) -> bool:
    """Whether a baseline is the one that computes on several cores."""
    if rule != "fit_baseline":
        return False
    return config["models"][wildcards["model"]]["architecture"] == "gkm_svm"
