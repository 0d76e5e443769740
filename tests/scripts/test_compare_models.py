"""Models are compared on the same records, pair by pair."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from attendna.contracts.arrays import write_arrays
from attendna.contracts.measurements import COMPARISON_COLUMNS, POOLED, read_comparison
from attendna.contracts.predictions import Predictions, read_predictions, write_predictions
from attendna.contracts.splits import RELATED_COLUMNS, write_groups, write_related
from attendna.errors import UserError
from attendna.evaluation.comparison import METRICS
from attendna.inference import holm
from compare_models import main

SETTINGS = {"bootstrap": 400, "confidence": 0.95, "seed": 1}
LABELS = np.where(np.random.default_rng(9).random(400) < 0.5, "b", "a")


def write(folder, name, strength, seed, labels=LABELS, prefix="r"):
    """Scores that separate the classes by `strength` standard deviations."""
    rng = np.random.default_rng(seed)
    n = len(labels)
    p = 1 / (1 + np.exp(-rng.normal(strength * (labels == "b"))))
    ids = np.array([f"{prefix}{i}" for i in range(n)])
    splits = np.repeat(["validation", "test"], [n // 4, n - n // 4])
    predictions = Predictions(ids, splits, labels, np.stack([1 - p, p], axis=1), ["a", "b"])
    path = folder / f"{name}.tsv.gz"
    write_predictions(path, predictions)
    return str(path)


def compare(folder, runs, positive="b", classes=("a", "b"), related=()):
    small = {"classes": np.array(classes), "positive": np.array(positive)}
    write_arrays(folder / "encoded.npz", small)
    arguments = ["--encoded", str(folder / "encoded.npz"), "--settings", json.dumps(SETTINGS)]
    first = read_predictions(runs[0][3])
    ids = np.concatenate([first.ids, [f"s{i}" for i in range(len(first.ids))]])
    if not (folder / "groups.tsv").exists():
        write_groups(folder / "groups.tsv", ids, np.arange(len(ids)))
    arguments += ["--groups", str(folder / "groups.tsv")]
    rows = [[id_, "test", "a", "exact", "r"] for id_ in related]
    write_related(folder / "related.tsv", pd.DataFrame(rows, columns=RELATED_COLUMNS))
    for fold in {run[0] for run in runs}:
        arguments += ["--related", str(fold), str(folder / "related.tsv")]
    arguments += ["--dataset", "toy", "--comparison", str(folder / "comparison.tsv")]
    for run in runs:
        arguments += ["--run", *map(str, run)]
    main(arguments)
    return read_comparison(folder / "comparison.tsv")


def test_each_pair_in_order_of_appearance(tmp_path):
    runs = [
        (fold, model, 1, write(tmp_path, f"{model}{fold}", strength, fold))
        for fold in (1, 2)
        for model, strength in (("good", 3), ("middling", 1), ("bad", 0))
    ]
    table = compare(tmp_path, runs)
    pairs = table.groupby(["fold", "model_a", "model_b"], sort=False).size()
    wanted = [("good", "middling"), ("good", "bad"), ("middling", "bad")]
    assert list(pairs.index) == [(fold, *pair) for fold in ("1", "2", "all") for pair in wanted]
    assert set(pairs) == {len(METRICS)}
    auroc = table[table["metric"] == "auroc"]
    assert (auroc["difference"] > 0).all()
    assert (auroc["low"] <= auroc["difference"]).all()
    assert (auroc["difference"] <= auroc["high"]).all()
    assert (auroc["p_value"] < 0.05).all()
    assert (table["p_value"] >= 0).all()


def test_the_difference_is_that_of_the_test_records_averaged_over_seeds(tmp_path):
    good = [write(tmp_path, f"good{seed}", 1.5, seed) for seed in (1, 2)]
    bad = write(tmp_path, "bad", 1, 3)
    runs = [(1, "good", 1, good[0]), (1, "bad", 1, bad), (1, "good", 2, good[1])]
    table = compare(tmp_path, runs)

    def area(path):
        test = read_predictions(path).of("test")
        return roc_auc_score(test.labels == "b", test.probabilities[:, 1])

    row = table[table["metric"] == "auroc"].iloc[0]
    assert (row["model_a"], row["model_b"]) == ("good", "bad")
    assert row["difference"] == pytest.approx(np.mean([area(p) for p in good]) - area(bad))


def test_a_model_does_not_differ_from_itself(tmp_path):
    path = write(tmp_path, "one", 1, 1)
    table = compare(tmp_path, [(1, "one", 1, path), (1, "same", 1, path)])
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)
    assert (table["p_value"] == 1).all()


def test_swapping_the_models_swaps_the_sign(tmp_path):
    runs = [(1, "a", 1, write(tmp_path, "a", 1, 1)), (1, "b", 1, write(tmp_path, "b", 1, 2))]
    there, back = compare(tmp_path, runs), compare(tmp_path, runs[::-1])
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["low"], -back["high"], atol=1e-12)
    np.testing.assert_allclose(there["p_value"], back["p_value"])


def test_one_model_gives_a_table_without_rows(tmp_path):
    table = compare(tmp_path, [(1, "one", 1, write(tmp_path, "one", 1, 1))])
    assert list(table) == COMPARISON_COLUMNS
    assert not len(table)


def test_three_classes_compare_macro_values(tmp_path):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 120)
    runs = []
    for model, strength in (("good", 2.0), ("bad", 0.2)):
        p = rng.dirichlet([1, 1, 1], 120) + strength * (y[:, None] == np.arange(3))
        predictions = Predictions(
            np.arange(120).astype(str),
            np.repeat(["validation", "test"], 60),
            np.array(list("abc"))[y],
            p / p.sum(axis=1, keepdims=True),
            list("abc"),
        )
        write_predictions(tmp_path / f"{model}.tsv.gz", predictions)
        runs.append((1, model, 1, tmp_path / f"{model}.tsv.gz"))
    table = compare(tmp_path, runs, "", list("abc")).set_index("metric")
    assert table.loc["auroc", "difference"] > 0
    assert table.loc["log_loss", "high"] < 0


def test_other_records_are_refused(tmp_path):
    runs = [
        (1, "one", 1, write(tmp_path, "one", 1, 1)),
        (1, "two", 1, write(tmp_path, "two", 1, 1, prefix="s")),
    ]
    with pytest.raises(UserError, match=r"two.tsv.gz: its test records are not those of .*one"):
        compare(tmp_path, runs)
    assert not (tmp_path / "comparison.tsv").exists()


def five(folder, folds=(1,)):
    """Runs of five models that are equally good."""
    return [
        (fold, f"m{i}", 1, write(folder, f"m{i}-{fold}", 1, 10 * fold + i))
        for fold in folds
        for i in range(5)
    ]


def test_p_values_are_corrected_by_metric(tmp_path):
    table = compare(tmp_path, five(tmp_path))
    assert len(table) == 10 * len(METRICS)
    for _, own in table.groupby("metric"):
        np.testing.assert_allclose(own["p_adjusted"], holm(own["p_value"]))
    assert (table["p_adjusted"] >= table["p_value"]).all()
    assert table["p_adjusted"].min() > 0.05


def test_folds_are_also_compared_as_a_whole(tmp_path):
    table = compare(tmp_path, five(tmp_path, (1, 2, 3)))
    keys = ["metric", "model_a", "model_b"]
    folds = table[table["fold"] != POOLED]
    pooled = table[table["fold"] == POOLED].set_index(keys)
    assert len(pooled) == 10 * len(METRICS)
    mean = folds.groupby(keys)["difference"].mean()
    np.testing.assert_allclose(pooled["difference"], mean[pooled.index])
    # Three times the records: intervals are about sqrt(3) narrower.
    width = (folds["high"] - folds["low"]).mean() / (pooled["high"] - pooled["low"]).mean()
    assert width == pytest.approx(np.sqrt(3), rel=0.1)


def test_groups_make_differences_less_sure(tmp_path):
    runs = five(tmp_path)[:2]
    alone = compare(tmp_path, runs).set_index("metric")
    first, second = (read_predictions(path) for *_, path in runs)
    # Groups of records on which the same model is nearer to the truth.
    gap = (first.probabilities - second.probabilities)[:, 1] * np.where(LABELS == "b", 1, -1)
    groups = np.empty(400, int)
    groups[np.argsort(gap)] = np.arange(400) // 4
    write_groups(tmp_path / "groups.tsv", first.ids, groups)
    together = compare(tmp_path, runs).set_index("metric")
    np.testing.assert_allclose(together["difference"], alone["difference"])
    assert (together["high"] - together["low"] > alone["high"] - alone["low"]).mean() > 0.8


def test_where_records_leak_models_are_compared_on_the_others_too(tmp_path):
    """As if the other records had been the test set."""
    runs = five(tmp_path)[:3]
    ids = read_predictions(runs[0][3]).of("test").ids
    table = compare(tmp_path, runs, related=ids[:100])
    plain = compare(tmp_path, runs)
    assert set(plain["subset"]) == {"all"}
    pd.testing.assert_frame_equal(table[table["subset"] == "all"], plain)
    fewer = []
    for fold, model, seed, path in runs:
        predictions = read_predictions(path)
        kept = predictions.only(~np.isin(predictions.ids, ids[:100]))
        write_predictions(tmp_path / f"{model}-few.tsv.gz", kept)
        fewer.append((fold, model, seed, tmp_path / f"{model}-few.tsv.gz"))
    alone = compare(tmp_path, fewer).drop(columns="subset")
    new = table[table["subset"] == "unrelated"].drop(columns="subset")
    pd.testing.assert_frame_equal(new.reset_index(drop=True), alone)


def test_a_fold_without_leaks_counts_whole_among_the_records_that_are_new(tmp_path):
    runs = five(tmp_path, (1, 2))
    runs = [run for run in runs if run[1] in ("m0", "m1")]
    first = read_predictions(runs[0][3]).of("test").ids
    related = tmp_path / "leaking.tsv"
    table = pd.DataFrame([[first[0], "test", "a", "exact", "r"]], columns=RELATED_COLUMNS)
    write_related(related, table)
    compare(tmp_path, runs)
    arguments = ["--encoded", str(tmp_path / "encoded.npz"), "--settings", json.dumps(SETTINGS)]
    arguments += ["--groups", str(tmp_path / "groups.tsv"), "--dataset", "toy"]
    arguments += ["--comparison", str(tmp_path / "comparison.tsv"), "--related", "1", str(related)]
    arguments += ["--related", "2", str(tmp_path / "related.tsv")]
    for run in runs:
        arguments += ["--run", *map(str, run)]
    main(arguments)
    found = read_comparison(tmp_path / "comparison.tsv")
    rows = found.set_index(["subset", "fold", "metric"])["difference"]
    assert rows["unrelated", "2", "auroc"] == rows["all", "2", "auroc"]
    assert rows["unrelated", "1", "auroc"] != rows["all", "1", "auroc"]
    mean = (rows["unrelated", "1", "auroc"] + rows["unrelated", "2", "auroc"]) / 2
    assert rows["unrelated", POOLED, "auroc"] == pytest.approx(mean)
