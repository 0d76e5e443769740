"""One run is measured: rows, confusion matrices and report say the same."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    matthews_corrcoef,
    roc_auc_score,
)

from attendna.contracts.arrays import write_arrays
from attendna.contracts.measurements import METRIC_COLUMNS, read_run_metrics
from attendna.contracts.predictions import (
    Calibration,
    Predictions,
    write_calibration,
    write_predictions,
)
from attendna.contracts.splits import RELATED_COLUMNS, write_groups, write_related
from attendna.errors import UserError
from evaluate import main

SETTINGS = {"bootstrap": 100, "confidence": 0.95, "seed": 1, "inferred": False}
NAMES = ["--dataset", "toy", "--fold", "2", "--model", "cnn", "--seed", "3"]


def write(folder, probabilities, labels, classes, positive, splits=None):
    n = len(labels)
    splits = np.repeat(["validation", "test"], [n // 2, n - n // 2]) if splits is None else splits
    ids = np.array([f"r{i}" for i in range(n)])
    predictions = Predictions(ids, splits, np.array(labels), probabilities, classes)
    write_predictions(folder / "predictions.tsv.gz", predictions)
    y = np.array([classes.index(label) for label in labels], dtype=np.int32)
    small = {"y": y, "classes": np.array(classes), "positive": np.array(positive)}
    write_arrays(folder / "encoded.npz", small)
    write_relatives(folder, [])
    write_groups(folder / "groups.tsv", ids, np.arange(n))
    return predictions


def write_relatives(folder, ids, split="test"):
    """Say that these records of a split have a relative in training."""
    table = {"id": ids, "split": split, "label": "", "relation": "exact", "relative": "t0"}
    related = pd.DataFrame(table, columns=RELATED_COLUMNS)
    related.loc[related.duplicated("id"), "relation"] = "group"
    write_related(folder / "related.tsv", related)


def evaluate(folder, *more, **settings):
    arguments = ["--settings", json.dumps(SETTINGS | settings), *NAMES, *more]
    for name, file in (
        ("predictions", "predictions.tsv.gz"),
        ("encoded", "encoded.npz"),
        ("groups", "groups.tsv"),
        ("related", "related.tsv"),
        ("metrics", "metrics.json"),
        ("report", "report.txt"),
    ):
        arguments += [f"--{name}", str(folder / file)]
    main(arguments)
    return read_run_metrics(folder / "metrics.json"), (folder / "report.txt").read_text()


def values(measured, split, threshold):
    return {
        (row["metric"], row["class"]): row["value"]
        for row in measured["rows"]
        if row["split"] == split and row["threshold"] == threshold
    }


@pytest.fixture
def two(tmp_path):
    """300 records of two classes, the positive one named first; scores run low."""
    rng = np.random.default_rng(0)
    labels = rng.choice(["site", "other"], 300)
    p = np.clip(rng.normal(np.where(labels == "site", 0.45, 0.3), 0.1), 0, 1)
    return write(tmp_path, np.stack([p, 1 - p], axis=1), labels, ["site", "other"], "site")


def test_two_classes(two, tmp_path):
    measured, report = evaluate(tmp_path)
    names = {name: measured[name] for name in ("dataset", "fold", "model", "seed", "positive")}
    assert names == {"dataset": "toy", "fold": 2, "model": "cnn", "seed": 3, "positive": "site"}
    assert measured["classes"] == ["site", "other"]
    assert measured["n"] == {"validation": 150, "test": 150}
    curve = measured["reliability"]
    assert curve["event"] == "site"
    assert sum(each["records"] for each in curve["bins"]) == 150
    test = two.of("test")
    truth, p = test.labels == "site", test.probabilities[:, 0]
    free = values(measured, "test", "")
    assert free["auroc", ""] == pytest.approx(roc_auc_score(truth, p))
    for name, threshold in (("0.5", 0.5), ("validation", measured["threshold"])):
        called = p >= threshold
        decided = values(measured, "test", name)
        assert decided["mcc", ""] == pytest.approx(matthews_corrcoef(truth, called))
        assert measured["confusion"][name] == [
            [np.sum(truth & called), np.sum(truth & ~called)],
            [np.sum(~truth & called), np.sum(~truth & ~called)],
        ]
    assert "dataset toy, fold 2, model cnn, seed 3" in report
    assert f"threshold {measured['threshold']:.4g}, chosen on the validation records" in report
    assert f"accuracy {values(measured, 'test', '0.5')['accuracy', '']:.3f} of 150" in report


def test_the_threshold_is_the_best_of_validation(two, tmp_path):
    measured, _ = evaluate(tmp_path)
    validation = two.of("validation")
    truth, p = validation.labels == "site", validation.probabilities[:, 0]
    best = max(matthews_corrcoef(truth, p >= t) for t in p)
    assert values(measured, "validation", "validation")["mcc", ""] == pytest.approx(best)
    assert measured["threshold"] < 0.45


def test_every_row_has_the_columns_of_the_table_and_an_interval(two, tmp_path):
    measured, _ = evaluate(tmp_path)
    for row in measured["rows"]:
        assert set(row) == set(METRIC_COLUMNS) - {"dataset", "fold", "model", "seed"}
        assert row["low"] < row["high"]
        assert row["subset"] == "all"
        assert row["low"] <= row["value"] <= row["high"]


def test_every_metric_twice_where_test_records_have_relatives_in_training(two, tmp_path):
    once, _ = evaluate(tmp_path)
    test = two.of("test")
    related = np.arange(len(test.ids)) % 3 == 0
    write_relatives(tmp_path, np.repeat(test.ids[related], 2))  # of two kinds each
    twice, _ = evaluate(tmp_path)
    assert [row for row in twice["rows"] if row["subset"] == "all"] == once["rows"]
    unrelated = [row for row in twice["rows"] if row["subset"] == "unrelated"]
    assert {row["split"] for row in unrelated} == {"test"}
    assert len(unrelated) == sum(row["split"] == "test" for row in once["rows"])
    assert twice["unrelated"] == {"test": int(np.sum(~related))}
    rest = test.only(~related)
    expected = roc_auc_score(rest.labels == "site", rest.probabilities[:, 0])
    found = next(r for r in unrelated if r["metric"] == "auroc")
    assert found["value"] == pytest.approx(expected)
    # The threshold is that of all validation records, so the scores differ in the records alone.
    assert twice["threshold"] == once["threshold"]


def test_without_a_record_that_is_unrelated_there_is_nothing_to_measure(two, tmp_path):
    write_relatives(tmp_path, two.of("test").ids)
    measured, _ = evaluate(tmp_path)
    assert {row["subset"] for row in measured["rows"]} == {"all"}


def test_equal_input_gives_equal_bytes(two, tmp_path):
    evaluate(tmp_path)
    first = (tmp_path / "metrics.json").read_bytes()
    evaluate(tmp_path)
    assert (tmp_path / "metrics.json").read_bytes() == first


def test_three_classes(tmp_path):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 200)
    p = rng.dirichlet([1, 1, 1], 200) + 0.5 * (y[:, None] == np.arange(3))
    write(tmp_path, p / p.sum(axis=1, keepdims=True), np.array(list("abc"))[y], ["a", "b", "c"], "")
    measured, report = evaluate(tmp_path)
    assert measured["threshold"] is None
    assert list(measured["confusion"]) == ["argmax"]
    cells = np.array(measured["confusion"]["argmax"])
    free = values(measured, "test", "")
    assert free["accuracy", ""] == pytest.approx(np.trace(cells) / cells.sum())
    assert free["recall", "b"] == pytest.approx(cells[1, 1] / cells[1].sum())
    for metric in ("auroc", "auprc", "precision", "recall", "f1"):
        each = [free[metric, name] for name in "abc"]
        assert free[metric, ""] == pytest.approx(np.mean(each))
    assert not values(measured, "test", "0.5")
    assert "the most probable class" in report


def test_validation_records_of_one_class_choose_no_threshold(tmp_path):
    labels = np.array(["b"] * 20 + ["a", "b"] * 10)
    p = np.random.default_rng(2).random(40)
    write(tmp_path, np.stack([1 - p, p], axis=1), labels, ["a", "b"], "b")
    measured, _ = evaluate(tmp_path)
    assert measured["threshold"] is None
    assert list(measured["confusion"]) == ["0.5"]
    auroc = [r for r in measured["rows"] if r["metric"] == "auroc" and r["split"] == "validation"]
    assert [row["value"] for row in auroc] == [None]


def test_what_can_not_be_measured_is_refused(tmp_path):
    half = np.full((4, 2), 0.5)
    labels = ["a", "b", "a", "b"]
    write(tmp_path, half, labels, ["a", "b"], "b", np.array(["test"] * 4))
    with pytest.raises(UserError, match="no validation records"):
        evaluate(tmp_path)
    half[2] = np.nan
    write(tmp_path, half, labels, ["a", "b"], "b")
    with pytest.raises(UserError, match=r"predictions\.tsv\.gz: .*probabilities holds what is not"):
        evaluate(tmp_path)
    write(tmp_path, np.full((4, 2), 0.5), labels, ["a", "b"], "b")
    y = np.array([1, 0, 1, 0], dtype=np.int32)
    small = {"y": y, "classes": np.array(["b", "a"]), "positive": np.array("a")}
    write_arrays(tmp_path / "encoded.npz", small)
    with pytest.raises(UserError, match="has the classes a, b where the data set has b, a"):
        evaluate(tmp_path)
    assert not (tmp_path / "metrics.json").exists()


def test_calibration_is_measured_before_and_after(two, tmp_path):
    plain, _ = evaluate(tmp_path)
    calibration = Calibration(0.5, [0.0, 0.0])
    write_calibration(tmp_path / "calibration.json", calibration)
    measured, _ = evaluate(tmp_path, "--calibration", str(tmp_path / "calibration.json"))
    assert measured["temperature"] == 0.5
    p = two.of("test").probabilities[:, 0]
    # The square root of the odds: logits that were divided by one half are doubled.
    before = 1 / (1 + np.sqrt((1 - p) / np.clip(p, 1e-7, 1)))
    truth = two.of("test").labels == "site"
    found = values(measured, "test", "")
    assert found["brier_uncalibrated", ""] == pytest.approx(brier_score_loss(truth, before))
    for metric in ("ece", "log_loss"):
        assert found[f"{metric}_uncalibrated", ""] != found[metric, ""]
    added = [row for row in measured["rows"] if row["metric"].endswith("_uncalibrated")]
    assert len(added) == 2 * 3
    assert [row for row in measured["rows"] if row not in added] == plain["rows"]
    write_calibration(tmp_path / "calibration.json", None)
    none, _ = evaluate(tmp_path, "--calibration", str(tmp_path / "calibration.json"))
    assert none == plain


def test_related_records_are_drawn_together(two, tmp_path):
    def widths(measured):
        rows = [row for row in measured["rows"] if row["split"] == "test"]
        return {(r["metric"], r["threshold"]): r["high"] - r["low"] for r in rows}

    alone, _ = evaluate(tmp_path)
    assert alone["groups"] == {"validation": 150, "test": 150}
    # Fifty groups whose records are right or wrong together.
    test = two.of("test")
    order = np.argsort(np.abs(test.probabilities[:, 0] - (test.labels == "site")))
    groups = np.arange(300)
    groups[150 + order] = 1000 + np.arange(150) // 3
    write_groups(tmp_path / "groups.tsv", two.ids, groups)
    together, _ = evaluate(tmp_path)
    assert together["groups"] == {"validation": 150, "test": 50}
    wider = [widths(together)[key] > widths(alone)[key] for key in widths(alone)]
    assert np.mean(wider) > 0.9
    assert [r["value"] for r in together["rows"]] == [r["value"] for r in alone["rows"]]


def test_a_record_without_a_group_is_named(two, tmp_path):
    write_groups(tmp_path / "groups.tsv", two.ids[:200], np.arange(200))
    with pytest.raises(UserError, match=r"groups.tsv: no record 'r200'; delete the file"):
        evaluate(tmp_path)


@pytest.mark.parametrize(
    ("positive", "inferred", "both"),
    [("unbound", True, True), ("bound", True, False), ("unbound", False, False)],
)
def test_auprc_and_f1_of_the_other_class_where_the_positive_one_is_in_doubt(
    tmp_path, positive, inferred, both
):
    rng = np.random.default_rng(3)
    labels = rng.permutation(["bound", "unbound"] * 60)
    p = np.clip(rng.normal(np.where(labels == "bound", 0.6, 0.4), 0.2), 0, 1)
    predictions = write(
        tmp_path, np.stack([p, 1 - p], axis=1), labels, ["bound", "unbound"], positive
    )
    measured, _ = evaluate(tmp_path, inferred=inferred)
    test = predictions.splits == "test"
    found = {
        (row["threshold"], row["metric"], row["class"]): row["value"]
        for row in measured["rows"]
        if row["class"] and row["split"] == "test" and row["threshold"] != "validation"
    }
    if not both:
        assert found == {}
        return
    bound = labels[test] == "bound"
    assert found == {
        ("", "auprc", "bound"): pytest.approx(average_precision_score(bound, p[test])),
        ("0.5", "f1", "bound"): pytest.approx(f1_score(bound, p[test] > 0.5)),
    }
