"""Cores of the jobs that compute with networks, where the config leaves them to the run."""

import json

import pytest
from configs import checked

from attendna.planning import estimates, job_settings, settings, threads

RUN = {"dataset": "tutorial", "fold": "1", "seed": "1"}
CORES = [1, 2, 3, 7, 16, 64]


@pytest.mark.parametrize("cores", CORES)
@pytest.mark.parametrize("at_once", [0, 1, 2, 5, 100])
@pytest.mark.parametrize("rule", ["train", "attribute", "predict"])
def test_jobs_never_take_more_cores_than_there_are(cores, at_once, rule):
    share = threads.share("auto", cores, at_once, rule)
    assert 1 <= share <= cores
    # All at once take no more than all, unless there are more of them than cores.
    assert share * at_once <= max(cores, at_once)


@pytest.mark.parametrize("cores", CORES)
def test_a_training_alone_takes_what_it_can_use(cores):
    assert threads.share("auto", cores, 1, "train") == min(cores, threads.TRAINING)
    assert threads.share("auto", cores, 1, "attribute") == min(cores, threads.OTHERS)


@pytest.mark.parametrize("cores", CORES)
def test_a_number_holds_whatever_the_cores(cores):
    assert threads.share(3, cores, 5, "train") == 3


def test_the_default_is_left_to_the_run():
    for model in ("attention_cnn", "tutorial_cnn"):
        assert settings.training(checked(), "tutorial", model)["threads"] == "auto"


@pytest.mark.parametrize("rule", ["train", "attribute"])
def test_what_decides_about_reruns_holds_no_number_that_follows_from_the_cores(rule):
    told = json.loads(job_settings.text(checked(), rule, "tutorial", "attention_cnn"))
    assert {**told, **told.get("training", {})}["threads"] == "auto"


@pytest.mark.parametrize("rule", ["train", "attribute"])
def test_deterministic_trainings_have_two_threads(rule):
    config = checked("training: {deterministic: true}")
    told = json.loads(job_settings.text(config, rule, "tutorial", "attention_cnn"))
    assert {**told, **told.get("training", {})}["threads"] == 2
    own = checked(
        "models: {attention_cnn: {architecture: attention_cnn, training: {deterministic: true}}, "
        "tutorial_cnn: {architecture: tutorial_cnn}}"
    )
    chosen = {m: settings.training(own, "tutorial", m)["threads"] for m in settings.networks(own)}
    assert chosen == {"attention_cnn": 2, "tutorial_cnn": "auto"}
    config = checked("training: {deterministic: true, threads: 3}")
    assert settings.training(config, "tutorial", "attention_cnn")["threads"] == 3


def test_work_is_reckoned_with_the_cores_that_it_was_measured_on():
    assert estimates.cores(checked()) == 2
    assert estimates.cores(checked("training: {threads: 5}")) == 5


def jobs(*rules, **wildcards):
    return [(rule, RUN | {"model": "attention_cnn"} | wildcards) for rule in rules]


def test_the_jobs_of_a_run_follow_one_another_and_those_of_several_do_not():
    config = checked()
    one = jobs("train", "attribute", "find_motifs", "evaluate", "plot_run")
    assert threads.sharing(config, one, 16) == 1
    two = one + jobs("train", model="tutorial_cnn")
    assert threads.sharing(config, two, 16) == 2
    assert threads.sharing(config, two + jobs("train", "attribute", seed="2"), 16) == 3
    assert threads.sharing(config, jobs("evaluate", "report"), 16) == 0


def test_of_baselines_one_takes_several_cores():
    config = checked(
        "models: {gapped: {architecture: gkm_svm}, kmer_logistic: {architecture: kmer_logistic}}"
    )
    fitted = jobs("fit_baseline", model="gapped") + jobs("fit_baseline", model="kmer_logistic")
    assert threads.sharing(config, fitted, 16) == 1


def test_what_scores_waits_for_the_trainings_of_its_model():
    config = checked(
        "predict: {new: {dataset: tutorial, model: attention_cnn, sources: [{path: new.fa}]}}"
    )
    train = jobs("train")
    parts = [
        ("predict_chunk", {"dataset": "tutorial", "name": "new", "scatteritem": f"{i}-of-3"})
        for i in (1, 2, 3)
    ]
    assert threads.sharing(config, parts, 16) == 3
    assert threads.sharing(config, train + parts, 16) == 1
    assert threads.sharing(config, jobs("train", model="tutorial_cnn") + parts, 16) == 4
    config["predict"]["new"]["model"] = "kmer_logistic"  # which takes one core
    assert threads.sharing(config, train + parts, 16) == 1
    assert threads.sharing(config, parts, 16) == 0


def test_no_more_are_counted_than_there_are_cores():
    def many():
        for seed in range(10):
            yield "train", RUN | {"model": "attention_cnn", "seed": str(seed)}
        raise AssertionError("read to the end")

    assert threads.sharing(checked(), many(), 4) == 4
