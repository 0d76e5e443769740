import numpy as np
import pandas as pd
import pytest

from attendna.contracts.predictions import Predictions
from attendna.errors import UserError
from attendna.evaluation import metrics, summary

KINDS = {"cnn": "network", "wide": "network", "kmer": "baseline", "best": "oracle"}


def row(model, value, **changes) -> dict:
    base = {
        "dataset": "d",
        "fold": 1,
        "model": model,
        "seed": 1,
        "split": "test",
        "subset": "all",
        "threshold": "",
        "metric": "auroc",
        "class": "",
        "value": value,
        "low": value - 0.02,
        "high": value + 0.02,
    }
    return base | changes


def mean_scores(rows, split="test") -> pd.DataFrame:
    return summary.mean_scores(pd.DataFrame(rows), 0.95, split)


def main_scores(rows, split="test") -> pd.DataFrame:
    return summary.main_scores(mean_scores(rows, split))


def test_one_run_keeps_its_interval():
    (found,) = mean_scores([row("cnn", 0.8, low=0.75, high=0.83)]).to_dict("records")
    assert [found[name] for name in ("value", "low", "high")] == pytest.approx([0.8, 0.75, 0.83])
    assert found["runs"] == 1
    assert np.isnan([found["sd_seeds"], found["sd_folds"]]).all()


def test_seeds_add_their_spread_to_that_of_the_records():
    rows = [row("cnn", 0.8), row("cnn", 0.9, seed=2, low=0.86, high=0.96)]
    (found,) = mean_scores(rows).to_dict("records")
    spread = np.std([0.8, 0.9], ddof=1)
    error = 1.959964 * spread / np.sqrt(2)
    assert found["value"] == pytest.approx(0.85)
    assert found["sd_seeds"] == pytest.approx(spread)
    assert found["low"] == pytest.approx(0.85 - np.hypot(0.03, error))
    assert found["high"] == pytest.approx(0.85 + np.hypot(0.04, error))
    assert found["runs"] == 2


def test_folds_narrow_the_mean_unless_they_differ_by_more_than_their_records_explain():
    alike = [row("cnn", 0.8, fold=fold) for fold in (1, 2, 3, 4)]
    (found,) = mean_scores(alike).to_dict("records")
    assert found["high"] - found["value"] == pytest.approx(0.01)
    assert found["sd_folds"] == 0
    unlike = [row("cnn", value, fold=i) for i, value in enumerate([0.6, 0.7, 0.8, 0.9])]
    (found,) = mean_scores(unlike).to_dict("records")
    spread = np.std([0.6, 0.7, 0.8, 0.9], ddof=1)
    assert found["sd_folds"] == pytest.approx(spread)
    assert found["high"] - found["value"] == pytest.approx(1.959964 * spread / 2)


@pytest.mark.parametrize(
    ("metric", "value", "low", "high"), [("auroc", 0.97, 0, 1), ("mcc", -0.97, -1, 1)]
)
def test_the_interval_of_a_mean_stays_in_its_range(metric, value, low, high):
    rows = [row("cnn", value + d, seed=i, metric=metric) for i, d in enumerate((-0.03, 0.03))]
    (found,) = mean_scores(rows).to_dict("records")
    assert low <= found["low"] < found["high"] <= high


@pytest.mark.thorough
def test_intervals_of_means_hold_the_truth():
    # Ten thousand trainings would reach 0.8; each differs, and so does each set of test records.
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        rows = []
        for fold in range(2):
            records = rng.normal(0, 0.02)
            for seed in range(4):
                value = 0.8 + records + rng.normal(0, 0.02)
                bounds = {"low": value - 1.96 * 0.02, "high": value + 1.96 * 0.02}
                rows.append(row("cnn", value, fold=fold, seed=seed, **bounds))
        (found,) = mean_scores(rows).to_dict("records")
        inside += found["low"] <= 0.8 <= found["high"]
    assert 0.92 <= inside / 300 <= 0.99


def test_main_scores_leave_out_tuned_thresholds_classes_and_subsets():
    rows = [
        row("cnn", 0.7, metric="mcc", threshold="0.5"),
        row("cnn", 0.8, metric="mcc", threshold="validation"),
        row("cnn", 0.9, **{"class": "a"}),
        row("cnn", 0.6, subset="unrelated"),
        row("cnn", 0.5, split="validation"),
    ]
    assert main_scores(rows)["value"].tolist() == [0.7]


def test_scores_without_relatives_take_all_records_where_none_has_one():
    rows = [
        row("cnn", 0.9),
        row("cnn", 0.5, split="validation"),
        row("cnn", 0.7, subset="unrelated"),
        row("cnn", 0.8, fold=2),
        row("cnn", 0.4, fold=2, split="validation"),
    ]
    found = summary.on_unrelated(pd.DataFrame(rows))
    assert found["value"].tolist() == [0.5, 0.7, 0.8, 0.4]
    assert set(found["subset"]) == {"all"}
    assert summary.on_unrelated(pd.DataFrame(rows[:2] + rows[3:])) is None


@pytest.mark.parametrize(("metric", "best"), [("auroc", "b"), ("brier", "a"), ("ece", "a")])
def test_the_best_model_depends_on_the_direction_of_the_metric(metric, best):
    rows = [row("a", 0.1, metric=metric), row("b", 0.2, metric=metric)]
    assert summary.best_model(main_scores(rows), ["a", "b"], metric) == best


def test_nan_is_never_the_best():
    rows = [row("a", np.nan), row("b", 0.2)]
    assert summary.best_model(main_scores(rows), ["a", "b"]) == "b"
    assert summary.best_model(main_scores(rows), ["a"]) is None


def test_the_headline_network_is_chosen_on_validation_not_on_test():
    test = main_scores([row("cnn", 0.80), row("wide", 0.85)])
    for values, best in (((0.9, 0.7), "cnn"), ((0.7, 0.9), "wide")):
        rows = [row(m, v, split="validation") for m, v in zip(("cnn", "wide"), values, strict=True)]
        tuned = main_scores(rows, "validation")
        assert summary.headline_model(test, tuned, KINDS) == best


def test_without_a_network_the_best_baseline_comes_first():
    test = main_scores([row("kmer", 0.8), row("best", 0.9)])
    assert summary.headline_model(test, test, KINDS) == "kmer"
    assert summary.headline_model(test, test, {"best": "oracle"}) is None


def test_test_records_are_counted_once_for_each_fold():
    run = {"classes": ["a", "b"], "confusion": {"0.5": [[3, 1], [2, 4]]}}
    runs = [run | {"fold": fold} for fold in (1, 1, 2)]
    assert summary.test_counts(runs) == {"a": 8, "b": 12}
    assert summary.test_counts([]) == {}


def test_every_metric_has_a_name_for_readers():
    y, p = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    measures = [metrics.binary(y == 0, p[:, 0], {"0.5": 0.5}), metrics.multiclass(y, p, ["a", "b"])]
    measured = {key.metric for measure in measures for key in measure(np.ones((1, 4)))}
    names = {metric: summary.name_of(metric) for metric in measured}
    assert all(name[0].isupper() and "_" not in name for name in names.values()), names
    assert summary.name_of("ece_uncalibrated") == "ECE, uncalibrated"
    assert summary.name_of("log_loss_uncalibrated") == "Log loss, uncalibrated"


def test_scores_are_written_as_what_they_are():
    assert summary.number(0.9967) == "0.997" and summary.number(0.994) == "0.99"
    assert summary.number(1.0) == "1.00" and summary.number(-0.9967) == "−0.997"
    assert summary.number(1.004) == "1.00"  # a loss may be any number
    assert summary.number(0.99999) == summary.number(0.99999, 3) == "0.99999"
    assert summary.number(None) == summary.number(float("nan"), 3) == "–"
    score = {"value": 0.9991, "low": 0.99, "high": 0.9999}
    assert summary.with_interval(score) == "0.9991 (0.9900 to 0.9999)"
    score = {"value": 0.991, "low": 0.987, "high": 0.9961}
    assert summary.with_interval(score) == "0.991 (0.987 to 0.996)"
    assert summary.with_interval({"value": 1.0, "low": 0.98, "high": 1.0}) == "1.00 (0.98 to 1.00)"
    assert summary.with_interval({"value": 0.02, "low": 0.0004, "high": 0.05}) == (
        "0.02 (0.0004 to 0.05)"
    )
    assert summary.with_interval({"value": 0.5, "low": None, "high": 0.6}) == "0.50"


def test_every_metric_of_the_tables_has_a_name_as_one_writes_it():
    assert summary.name_of("specificity") == "Specificity"
    assert summary.name_of("ece_uncalibrated") == "ECE, uncalibrated"


def test_data_sentence_counts_findings_by_severity():
    classes = {"a": 1500, "b": 500}
    warning = {"severity": "warning", "message": "Copies."}
    note = {"severity": "note", "message": "Lengths."}
    start = "2,000 sequences in 2 classes (a: 1,500, b: 500). "
    said = [
        (None, "They were not audited."),
        ([], "The audit found nothing wrong."),
        ([note], "The audit found no problem, only 1 note."),
        (
            [warning, warning, note],
            "The audit found 2 warnings and 1 note; the most serious: Copies.",
        ),
        ([warning], "The audit found 1 warning: Copies."),
    ]
    for findings, ending in said:
        audit = None if findings is None else {"findings": findings}
        assert summary.data_sentence(audit, classes) == start + ending


def test_an_audit_that_found_nothing_says_what_it_checked_and_may_have_missed():
    giveaways = {"checked": ["length"], "detectable": 0.55}
    audit = {"findings": [], "checked": ["copies", "length"], "giveaways": giveaways}
    start = "5 sequences in 1 class (a: 5). The audit found nothing wrong"
    text = summary.data_sentence(audit, {"a": 5})
    assert text == f"{start} in what it checked (copies, length)."
    giveaways["detectable"] = 0.71
    text = summary.data_sentence(audit, {"a": 5})
    assert text.endswith(
        "; with so few records it may have missed giveaways with an AUROC below 0.71."
    )
    giveaways["detectable"] = None
    assert summary.data_sentence(audit, {"a": 5}).endswith("it may have missed giveaways.")
    audit["findings"] = [{"severity": "note", "message": "Lengths."}]
    assert "no problem, only 1 note in what it checked" in summary.data_sentence(audit, {"a": 5})


@pytest.mark.parametrize(
    ("value", "text"), [(0.891, "0.89"), (-0.1, "−0.10"), (-0.001, "−0.001"), (np.nan, "–")]
)
def test_numbers_are_written_for_readers(value, text):
    assert summary.number(value) == text


def test_only_the_first_fold_is_grouped_by_model_in_order():
    runs = [("2", "b", "1", "p"), ("1", "b", "1", "q"), ("1", "a", "1", "r"), ("1", "b", "2", "s")]
    assert summary.first_fold(runs) == {"b": ["q", "s"], "a": ["r"]}
    assert list(summary.first_fold(runs)) == ["b", "a"]


def predictions(ids, p) -> Predictions:
    n = len(ids)
    rows = np.column_stack([p, 1 - np.array(p)])
    names = np.array(["test"] * n), np.array(["a"] * n)
    return Predictions(np.array(ids), *names, rows, ["a", "b"])


def test_mean_predictions_average_probabilities():
    mean = summary.mean_predictions(
        [predictions(["x", "y"], [0.2, 0.4]), predictions(["x", "y"], [0.4, 0.8])]
    )
    assert mean.probabilities == pytest.approx(np.array([[0.3, 0.7], [0.6, 0.4]]))


def test_seeds_about_other_records_are_an_error():
    with pytest.raises(UserError, match="same records"):
        summary.mean_predictions([predictions(["x"], [0.2]), predictions(["y"], [0.2])])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0004, "p < 0.001"),
        (0.3162, "p = 0.32"),
        (0.0495, "p = 0.0495"),
        (0.05, "p = 0.05"),
        (0.0502, "p = 0.0502"),
        (0.00999, "p = 0.00999"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_no_p_value_looks_like_a_level_that_it_does_not_have(value, text):
    assert summary.p_text(value) == text
