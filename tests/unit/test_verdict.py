"""The answer follows from the numbers: change one, and the sentence changes with it."""

import pandas as pd
import pytest

from attendna.contracts.measurements import COMPARISON_COLUMNS
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


def compared(clear=("kmer", "gc", "best"), metric="auroc", subset="all", **gaps):
    """The comparison of cnn with others: by how much it is better, and whether clearly."""
    rows = []
    for name, gap in ({"kmer": 0.1, "gc": 0.3, "best": -0.05} | gaps).items():
        half, p = (abs(gap) / 2, 0.001) if name in clear else (abs(gap) + 0.01, 0.4)
        numbers = [gap, gap - half, gap + half, p, p]
        rows.append(["d", "1", "test", subset, metric, "cnn", name, *numbers])
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def evidence(values=VALUES, more=(), half=0.02, **changes):
    rows = scores(values, half=half) + list(more)
    tuned = scores(values, split="validation")
    found = {
        "test": main_scores(rows),
        "validation": main_scores(tuned, "validation"),
        "comparison": compared(),
        "kinds": {name: kind for name, kind in KINDS.items() if name in values},
        "metrics": ["auroc"],
        "confidence": 0.95,
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
        (evidence(related=51), "That is not known yet, since too many test records are not"),
        (evidence(VALUES | {"cnn": 0.51}, related=51), "No, it could be guessing."),
        (
            evidence(comparison=compared(kmer=-0.01)),
            "Not good for a network: a simple baseline is clearly better (kmer in AUROC). cnn",
        ),
        (
            evidence(comparison=compared(clear=["best"])),
            "It has not been shown that a network is needed: no clear difference from a simple "
            "baseline (kmer in AUROC, gc in AUROC). cnn reaches",
        ),
        (
            evidence(comparison=None),
            "It is not guessing; whether a network is needed is not known, since it was not "
            "compared with every simple baseline (kmer in AUROC, gc in AUROC). cnn reaches",
        ),
        (
            evidence(comparison=compared(clear=["kmer", "gc"])),
            "Yes: no clear difference from the best possible (best in AUROC). cnn reaches",
        ),
        (
            evidence(comparison=compared(best=-0.02)),
            "Yes, close to the best possible, though clearly below it (best in AUROC).",
        ),
        (
            evidence(),
            "It could be better: it is clearly below the best possible (best in AUROC). cnn",
        ),
        (evidence(comparison=compared(best=0.01)), "Yes; on these test records it is even clearly"),
        (
            evidence(without("best")),
            "Yes, clearly better than every simple baseline in AUROC; how good a classifier could "
            "be is not known. cnn reaches",
        ),
        (evidence(without("best", "cnn")), "It is not guessing; how good a classifier could be is"),
        (evidence(without("cnn", "kmer", "gc")), "No network or baseline has a test AUROC yet"),
    ],
)
def test_the_answer_comes_first(found, answer):
    assert verdict.paragraph(found).startswith(answer)


def test_a_few_leaks_are_told_and_do_not_decide():
    found = verdict.paragraph(evidence(without("best"), related=50))
    assert found.startswith("Yes, clearly better")
    assert "50 test records (5.0%) have a relative in training or validation." in found


def test_few_leaks_are_told_with_what_is_left_of_the_score():
    left = main_scores(scores({"cnn": 0.7}, half=0.05))
    found = verdict.paragraph(evidence(without("best"), related=50, unrelated=left))
    assert (
        "50 test records (5.0%) have a relative in training or validation; on the others cnn "
        "reaches 0.70 (0.65 to 0.75)."
    ) in found


def test_where_the_split_leaks_the_answer_rests_on_the_other_records_alone():
    """A baseline that memorises is better on all records, and clearly worse on new ones."""
    values = without("best")
    left = main_scores(scores({"cnn": 0.7, "kmer": 0.6, "gc": 0.5}))
    table = pd.concat([compared(kmer=-0.05), compared(subset="unrelated")])
    leaking = {"related": 300, "unrelated": left, "subset": "unrelated", "comparison": table}
    found = verdict.paragraph(evidence(values, searched="searched so", **leaking))
    assert found.startswith(
        "300 of 1,000 test records (30.0%) are not new to the models, so the answer is based on "
        "the other 700. Yes, clearly better than every simple baseline in AUROC; how good a "
        "classifier could be is not known. cnn reaches a test AUROC of 0.70 (0.68 to 0.72) on "
        "these records: 0.100 above the best simple baseline (kmer, 0.600; paired difference "
        "0.100, 0.050 to 0.150, p = 0.001: clearly better). The interval of the AUROC is 0.04 wide "
        "with these 700 test records"
    )
    assert (
        "The 300 left out have a relative in training or validation (searched so); with them, cnn "
        "reaches 0.90 (0.88 to 0.92)."
    ) in found
    more = scores({"cnn": 0.02}, "ece")
    assert "On all test records, the model's probabilities are off by 0.02" in verdict.paragraph(
        evidence(values, more, **leaking)
    )
    none = main_scores(scores({"kmer": 0.6}))
    assert verdict.paragraph(evidence(values, **leaking | {"unrelated": none})).endswith(
        "the other 700. cnn has no test AUROC: some class has no test record without a relative."
    )
    said = verdict.baseline_findings(table, KINDS, ["auroc"], 0.95, "unrelated")
    assert said == []
    flattered = compared(subset="unrelated", kmer=-0.05, clear=["kmer"])
    first, second = verdict.baseline_findings(flattered, KINDS, ["auroc"], 0.95, "unrelated")
    assert first["message"].startswith(
        "cnn is clearly worse than a simple baseline on the test records without a relative: kmer"
    )
    assert second["message"].startswith(
        "cnn has not shown on the test records without a relative that a network is needed: no "
    )


def test_how_relatives_were_searched_for_is_told_where_there_are_none():
    assert "No test record has a relative" in verdict.paragraph(evidence())
    assert (
        "No test record has a relative in training or validation (searched so)."
        in verdict.paragraph(evidence(searched="searched so"))
    )
    assert "relative" not in verdict.paragraph(evidence(related=None))


def test_the_width_and_what_it_rests_on_are_told():
    assert "The interval of the AUROC is 0.04 wide with 1,000 test records." in verdict.paragraph(
        evidence()
    )
    for half, words in ((0.002, "0.004 wide"), (0.0001, "0.0002 wide")):
        assert f"AUROC is {words} with 1,000" in verdict.paragraph(evidence(half=half))
    few = verdict.paragraph(evidence(half=0.08, records=60, groups=40))
    assert "0.16 wide with 60 test records in 40 groups of relatives; more test records" in few


def test_the_spread_over_runs_is_told():
    assert "This is one training run on one split" in verdict.paragraph(evidence())
    rows = scores({"cnn": 0.86}, seed=2)
    found = verdict.paragraph(evidence(more=rows, seeds=2))
    assert "The AUROC is a mean, with a standard deviation of 0.028 between 2 seeds." in found
    rows = scores({"cnn": 0.86}, fold=2)
    found = verdict.paragraph(evidence(more=rows, folds=2))
    assert "a standard deviation of 0.028 between 2 folds." in found


def test_what_decides_is_not_how_near_the_points_are():
    """A baseline inside the network's interval is worse where the paired difference says so."""
    near = evidence(VALUES | {"kmer": 0.895}, comparison=compared(kmer=0.005))
    told = verdict.paragraph(near)
    assert "a network is needed" not in told
    assert (
        "0.005 above the best simple baseline (kmer, 0.895; paired difference 0.005, 0.003" in told
    )
    assert verdict.baseline_findings(near.comparison, KINDS, ["auroc"], 0.95) == []


def test_where_classes_are_unbalanced_both_metrics_are_told_and_both_have_to_be_better():
    table = pd.concat([compared(), compared(clear=["gc"], metric="mcc", kmer=0.02)])
    rows = scores({"cnn": 0.7, "kmer": 0.68, "gc": 0.1}, "mcc", threshold="0.5")
    told = verdict.paragraph(
        evidence(without("best"), more=rows, comparison=table, metrics=["auroc", "mcc"])
    )
    assert told.startswith("It has not been shown that a network is needed")
    assert "(kmer in MCC)" in told
    assert "cnn reaches a test AUROC of 0.90 (0.88 to 0.92): 0.100 above" in told
    assert (
        "Its MCC is 0.70 (0.68 to 0.72): 0.020 above the best simple baseline (kmer, 0.680; paired "
        "difference 0.020, −0.010 to 0.050, p = 0.4: no clear difference)."
    ) in told


def test_networks_that_have_not_beaten_what_is_simple_are_warned_of():
    table = compared(clear=["kmer"], kmer=-0.02)
    first, second = verdict.baseline_findings(table, KINDS, ["auroc"], 0.95)
    assert first["severity"] == second["severity"] == "warning"
    assert first["message"] == (
        "cnn is clearly worse than a simple baseline: kmer in AUROC (difference −0.020, −0.030 to "
        "−0.010, p = 0.001)."
    )
    assert second["message"] == (
        "cnn has not shown that a network is needed: no clear difference from gc in AUROC "
        "(difference 0.300, −0.010 to 0.610, p = 0.4)."
    )
    assert verdict.baseline_findings(compared(), KINDS, ["auroc"], 0.95) == []
    (note,) = verdict.baseline_findings(None, KINDS, ["auroc"], 0.95)
    assert note["severity"] == "note"
    assert note["message"] == "cnn was not compared with kmer in AUROC, gc in AUROC."


def confusion(model, cells, rule="0.5", seed=1):
    classes = [str(i) for i in range(len(cells))]
    return {"model": model, "fold": 1, "seed": seed, "classes": classes, "confusion": {rule: cells}}


def test_a_model_that_calls_all_records_one_class_is_warned_of():
    runs = [
        confusion("none", [[0, 40], [0, 60]]),
        confusion("good", [[30, 10], [1, 59]]),
        confusion("three", [[5, 0, 0], [4, 0, 0], [2, 0, 0]], "argmax"),
        confusion("some", [[9, 0], [9, 0]]),
        confusion("some", [[8, 1], [9, 0]], seed=2),
    ]
    told = verdict.constant_findings(runs)
    assert {finding["severity"] for finding in told} == {"warning"}
    ending = "its decisions distinguish nothing, whatever its other scores are."
    assert [finding["message"] for finding in told] == [
        f"none calls every test record 1: {ending}",
        f"three calls every test record 0: {ending}",
        f"some calls every test record 0 in 1 of 2 runs: {ending}",
    ]
    assert verdict.constant_findings([]) == []


# ------------------------------------------------------------------------------ calibration


def a_range(low, high, p_value=0.01, **more):
    plain = {"from": low, "to": high, "records": 61, "predicted": 0.59, "observed": 0.8}
    return plain | {"p_value": p_value} | more


def reliability(*off, few=(), event="bound", fold=1, seed=1):
    found = {"event": event, "bins": [], "off": list(off), "few": list(few)}
    return {"fold": fold, "seed": seed, "reliability": found}


def calibration(error=0.02, runs=(), half=0.02):
    more = scores({"cnn": error}, "ece", half) + scores({"cnn": 0.3}, "ece_uncalibrated")
    text = verdict.paragraph(evidence(more=more, reliability=runs))
    return text[text.index("The model's probabilities") :]


def test_calibration_is_told_before_and_after():
    start = "The model's probabilities are off by 0.02 on average (ECE; 0.30 before calibration)"
    assert calibration(runs=[reliability()]) == f"{start}: they can be read as frequencies."
    assert calibration() == f"{start}."  # nobody looked where they are off
    large = calibration(0.2, [reliability()])
    assert large.endswith("before calibration): don't read them as frequencies.")
    unsure = calibration(runs=[reliability()], half=0.04)
    assert unsure.endswith("these records do not show whether they can be read as frequencies.")


def test_where_a_range_of_the_scale_is_off_it_is_told_which_way_and_how_far():
    told = calibration(runs=[reliability(a_range(0.3, 0.8))])
    assert told.endswith(
        "(ECE; 0.30 before calibration). Don't read them as frequencies: between 0.3 and "
        "0.8 they are too low by 0.21 (61 test records with a mean of 0.59, of which 80% are "
        "of class bound)."
    )
    high = a_range(0.8, 1, predicted=0.95, observed=0.7)
    told = calibration(runs=[reliability(high, a_range(0, 0.1), event="")])
    assert "between 0.8 and 1 they are too high by 0.25" in told
    assert "70% are of the predicted class), between 0 and 0.1 they are too low" in told


def test_more_runs_have_to_be_more_certain():
    doubtful, sure = a_range(0.3, 0.8, 0.02), a_range(0.1, 0.3, 0.001)
    runs = [reliability(doubtful), *[reliability(fold=fold) for fold in (2, 3)]]
    assert "they can be read as frequencies" in calibration(runs=runs)
    told = calibration(runs=[*runs[:2], reliability(sure, fold=3, seed=5)])
    assert "In 1 of 3 runs they are clearly off, most of all in fold 3, seed 5. Don't read" in told
    assert "between 0.1 and 0.3" in told and "0.8" not in told


def test_ranges_that_hold_too_few_records_are_left_out_of_the_promise():
    few = [{"from": 0.3, "to": 0.7, "records": 12}]
    told = calibration(runs=[reliability(few=few)])
    assert told.endswith(
        ": they can be read as frequencies, except in ranges with too few test records to tell: "
        "between 0.3 and 0.7 (12)."
    )
