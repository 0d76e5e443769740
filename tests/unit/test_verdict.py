"""The answer follows from the numbers: change one, and the sentence changes with it."""

import pandas as pd
import pytest

from attendna.evaluation import summary, verdict

KINDS = {"cnn": "network", "kmer": "baseline", "gc": "baseline", "best": "oracle"}
VALUES = {"cnn": 0.9, "kmer": 0.8, "gc": 0.6, "best": 0.95}


def scores(values, metric="auroc", half=0.02, split="test", **changes):
    row = {"dataset": "d", "fold": 1, "seed": 1, "split": split, "subset": "all", "threshold": ""}
    row |= {"metric": metric, "class": ""}
    return [
        row | {"model": m, "value": v, "low": v - half, "high": v + half} | changes
        for m, v in values.items()
    ]


def main_scores(rows, split="test"):
    return summary.main_scores(summary.mean_scores(pd.DataFrame(rows), 0.95, split))


def evidence(values=VALUES, more=(), half=0.02, **changes):
    rows = scores(values, half=half) + list(more)
    tuned = scores(values, split="validation")
    found = {
        "test": main_scores(rows),
        "validation": main_scores(tuned, "validation"),
        "comparison": None,
        "kinds": {name: kind for name, kind in KINDS.items() if name in values},
        "records": 1000,
        "groups": 1000,
        "folds": 1,
        "seeds": 1,
        "related": 0,
        "unrelated": None,
    }
    return verdict.Evidence(**found | changes)


def without(*names):
    return {name: value for name, value in VALUES.items() if name not in names}


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (evidence(VALUES | {"cnn": 0.51}), "No, it could be guessing."),
        (evidence(related=51), "That can't be told yet, since the test records are not new to"),
        (evidence(VALUES | {"kmer": 0.885}), "Not for a network: a simple baseline is as good or"),
        (evidence(VALUES | {"gc": 0.95}), "Not for a network: a simple baseline is as good or"),
        (evidence(VALUES | {"cnn": 0.94}), "Yes, as good as any classifier can be on these data"),
        (evidence(), "It could be better: the best possible is out of its reach"),
        (evidence(without("best")), "Yes, better than every simple baseline; how good one could"),
        (evidence(without("best", "cnn")), "Better than guessing; how good one could be"),
        (evidence(without("cnn", "kmer", "gc")), "No network or baseline has a test AUROC yet"),
    ],
)
def test_the_answer_comes_first(found, answer):
    assert verdict.paragraph(found).startswith(answer)


def test_a_few_leaks_are_told_and_do_not_decide():
    found = verdict.paragraph(evidence(without("best"), related=50))
    assert found.startswith("Yes, better")
    assert "50 test records (5.0%) have a relative in training or validation." in found


def test_a_leak_is_told_with_what_is_left_of_the_score():
    left = {"value": 0.7, "low": 0.65, "high": 0.75}
    found = verdict.paragraph(evidence(related=300, unrelated=left))
    assert (
        "300 test records (30.0%) have a relative in training or validation; on the others "
        in found
    )
    assert "on the others cnn reaches 0.70 (0.65 to 0.75)." in found
    assert "No test record has a relative" in verdict.paragraph(evidence())
    assert "relative" not in verdict.paragraph(evidence(related=None))


def test_the_width_and_what_it_rests_on_are_told():
    assert "The interval is 0.04 wide with 1,000 test records." in verdict.paragraph(evidence())
    few = verdict.paragraph(evidence(half=0.08, records=60, groups=40))
    assert "0.16 wide with 60 test records in 40 groups of relatives, too wide to tell" in few


def test_the_spread_over_runs_is_told():
    assert "This is one training on one split" in verdict.paragraph(evidence())
    rows = scores({"cnn": 0.86}, seed=2)
    found = verdict.paragraph(evidence(more=rows, seeds=2))
    assert "It is a mean, with a standard deviation of 0.028 between 2 seeds." in found
    rows = scores({"cnn": 0.86}, fold=2)
    found = verdict.paragraph(evidence(more=rows, folds=2))
    assert "a standard deviation of 0.028 between 2 folds." in found


@pytest.mark.parametrize(
    ("error", "ending"),
    [(0.02, ": they can be read as frequencies."), (0.2, ": don't read them as frequencies.")],
)
def test_calibration_is_told_before_and_after(error, ending):
    more = scores({"cnn": error}, "ece") + scores({"cnn": 0.3}, "ece_uncalibrated")
    found = verdict.paragraph(evidence(more=more))
    assert f"off by {error:.2f} on average (ECE; 0.30 before calibration){ending}" in found
    assert "frequencies" not in verdict.paragraph(evidence(more=scores({"cnn": 0.06}, "ece")))


def test_networks_that_something_simple_matches_are_warned_of():
    found = evidence(VALUES | {"kmer": 0.885, "gc": 0.91})
    (finding,) = verdict.baseline_findings(found.test, found.kinds)
    assert finding["severity"] == "warning"
    assert finding["message"].startswith("cnn reaches a test AUROC of 0.900 (0.880 to 0.920), and")
    assert "kmer 0.885, gc 0.910" in finding["message"]
    assert verdict.baseline_findings(evidence().test, KINDS) == []


@pytest.mark.parametrize(
    ("value", "high", "answer"),
    [
        (0.94, -0.005, "Yes, close to the best possible, though short of it"),
        (0.94, 0.005, "Yes, as good as any classifier can be on these data"),
        (0.92, 0.005, "Yes, as good as any classifier can be on these data"),
        (0.92, -0.005, "It could be better: the best possible is out of its reach"),
    ],
)
def test_the_optimum_is_compared_on_the_same_records(value, high, answer):
    row = {"dataset": "d", "fold": "1", "split": "test", "metric": "auroc", "model_a": "cnn"}
    row |= {"model_b": "best", "difference": value - 0.95, "low": high - 0.02, "high": high}
    paired = pd.DataFrame([row | {"p_value": 0.01, "p_adjusted": 0.01}])
    found = evidence(VALUES | {"cnn": value}, comparison=paired)
    assert verdict.paragraph(found).startswith(answer)
