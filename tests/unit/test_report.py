import base64

import numpy as np
import pandas as pd
import pytest
from jinja2 import UndefinedError
from sklearn.metrics import average_precision_score, brier_score_loss

from attendna.reporting import page

KINDS = {"cnn": "network", "kmer": "baseline", "ideal": "oracle"}


def scores(values: dict[str, float], metric: str) -> pd.DataFrame:
    rows = [
        {"model": m, "metric": metric, "value": v, "low": v - 0.1, "high": v + 0.1, "runs": 1}
        for m, v in values.items()
    ]
    return pd.DataFrame(rows)


def test_everything_from_data_is_escaped():
    assert page.render("{{ a }}", {"a": "<b>&\"'"}) == "&lt;b&gt;&amp;&#34;&#39;"


def test_a_name_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        page.render("{{ missing }}", {})


def test_a_small_drawing_is_embedded_as_it_is_a_large_one_as_pixels():
    small, large, png = b"<svg/>", b"x" * page.SVG_LIMIT, b"png"
    coded = "data:image/svg+xml;base64," + base64.b64encode(small).decode()
    assert page.picture(small, png) == coded
    assert page.picture(large, png).startswith("data:image/png;base64,")
    assert page.picture(None, png).startswith("data:image/png;base64,")
    assert page.picture(None, None) is None
    assert page.picture(large, None) is None


def test_class_sizes_of_the_splits_sum_to_all():
    y = np.array([0, 0, 1, 1, 1, 0])
    split = {"train": np.array([0, 2, 3]), "validation": np.array([1]), "test": np.array([4, 5])}
    sizes = dict(page.class_sizes(y, ["a", "b"], split))
    assert sizes == {"a": [3, 1, 1, 1], "b": [3, 2, 0, 1]}
    assert dict(page.class_sizes(y, ["a", "b"], None)) == {"a": [3], "b": [3]}


def test_guessing_is_what_constant_probabilities_score():
    y = np.array([0] * 7 + [1] * 3)
    constant = np.full(10, 0.3)
    chance = page.guessing(y, 2)
    assert chance["auprc"] == pytest.approx(average_precision_score(y, constant))
    assert chance["brier"] == pytest.approx(brier_score_loss(y, constant))
    assert chance["accuracy"] == pytest.approx(0.7)
    assert chance["balanced_accuracy"] == 0.5


def test_guessing_of_three_classes_sums_the_brier_score():
    y = np.array([0, 0, 1, 2])
    shares = np.array([0.5, 0.25, 0.25])
    assert page.guessing(y, 3)["brier"] == pytest.approx(
        np.mean([np.sum((shares - np.eye(3)[i]) ** 2) for i in y])
    )


@pytest.mark.parametrize(
    ("metric", "marked"), [("auroc", ["kmer"]), ("brier", ["cnn"]), ("ece", [])]
)
def test_the_best_fair_model_is_marked_never_the_optimum(metric, marked):
    table = page.score_table(scores({"cnn": 0.3, "kmer": 0.4, "ideal": 0.9}, metric), KINDS, {})
    assert [r.model for r in table if any(cell.best for cell in r.cells)] == marked


def test_values_that_look_equal_are_both_marked():
    table = page.score_table(scores({"cnn": 0.40001, "kmer": 0.4}, "auroc"), KINDS, {})
    assert sum(cell.best for row in table for cell in row.cells) == 2


def test_no_score_looks_perfect_or_equal_that_is_not():
    table = page.score_table(scores({"cnn": 0.9997, "kmer": 0.9996}, "auroc"), KINDS, {})
    assert [row.cells[0].value for row in table[:2]] == ["0.9997", "0.9996"]
    assert [row.cells[0].best for row in table[:2]] == [True, False]
    row = compared(difference=0.0302, half=0.03)
    ((told,),) = page.comparison_table(pd.DataFrame([row]), 0.95).values()
    assert (told["difference"], told["interval"]) == ("0.030", "0.0002 to 0.060")


def test_the_last_row_is_guessing_and_models_without_scores_have_none():
    table = page.score_table(scores({"cnn": 0.4}, "auroc"), KINDS, {"auroc": 0.5})
    assert [row.model for row in table] == ["cnn", "guessing"]
    assert table[-1].cells[0].value == "0.500"


def compared(metric="auroc", difference=0.03, p_adjusted=0.02, fold="1", half=0.02):
    names = {"fold": fold, "split": "test", "subset": "all", "metric": metric}
    names |= {"model_a": "a", "model_b": "b"}
    numbers = {"difference": difference, "low": difference - half, "high": difference + half}
    return names | numbers | {"p_value": 0.01, "p_adjusted": p_adjusted}


@pytest.mark.parametrize(
    ("metric", "difference", "p_adjusted", "better"),
    [
        ("auroc", 0.03, 0.02, "a"),
        ("auroc", -0.03, 0.02, "b"),
        ("auroc", 0.03, 0.08, ""),
        ("brier", 0.03, 0.02, "b"),
        ("log_loss", -0.03, 0.02, "a"),
        ("auroc", 0.0, np.nan, ""),
    ],
)
def test_the_better_model_is_named_only_if_p_value_and_interval_say_so(
    metric, difference, p_adjusted, better
):
    table = pd.DataFrame([compared(metric, difference, p_adjusted)])
    ((row,),) = page.comparison_table(table, 0.95).values()
    assert row["better"] == better
    assert row["p_value"] == "0.01"
    wide = pd.DataFrame([compared(metric, difference, p_adjusted, half=0.04)])
    ((row,),) = page.comparison_table(wide, 0.95).values()
    assert row["better"] == ""


def test_the_mean_over_folds_is_told_first():
    table = pd.DataFrame([compared(fold=fold) for fold in ("1", "2", "all")])
    (rows,) = page.comparison_table(table, 0.95).values()
    assert [row["fold"] for row in rows] == ["all", "1", "2"]


def test_samples_are_told_where_a_model_had_more_records_than_its_limit():
    split = {"train": np.arange(3000)}
    models = {"gkm": {"max_records": 2000}, "small": {"max_records": 3000}, "cnn": {}}
    (sentence,) = page.samples(models, split)
    assert sentence.startswith("gkm was trained on a sample of 2,000 of the 3,000 training records")
    assert page.samples(models, None) == []


def test_details_have_a_cell_for_every_model():
    rows = [
        {"model": "cnn", "metric": "f1", "class": "a", "threshold": "", "subset": "all"}
        | {"value": 0.5, "low": 0.4, "high": 0.6}
    ]
    (row,) = page.detail_table(pd.DataFrame(rows), ["cnn", "kmer"])
    assert row["cells"] == ["0.500 (0.400 to 0.600)", "–"]


def test_new_sequences_are_counted_by_their_most_probable_class():
    table = pd.DataFrame({"id": ["x", "y", "z"], "p_a": [0.9, 0.2, 0.7], "p_b": [0.1, 0.8, 0.3]})
    found = page.predicted_classes(table)
    assert found["classes"] == [("a", 2, "0.80"), ("b", 1, "0.80")]
    assert found["rows"][0] == ["x", "0.900", "0.100"]
    assert found["unlike"] is None
    found = page.predicted_classes(table.assign(unlike=[0.4, 1.0, 3.14159]))
    assert found["unlike"] == 1 and found["header"][-1] == "unlike"
    assert [row[-1] for row in found["rows"]] == ["0.40", "1.00", "3.14"]


def test_facts_speak_of_what_the_audit_measured():
    letters = {"totals": {"A": 30, "C": 70}}
    facts = dict(page.data_facts({"letters": letters}, np.array([10, 12, 20])))
    assert facts == {"Length": "10 to 20 bases, median 12", "Letters": "A 30.0%, C 70.0%"}


def test_gc_content_of_several_classes_is_told_as_the_mean_that_it_is():
    def told(names):
        by_class = {name: {"mean": 0.5} for name in names}
        gc = {"by_class": by_class, "separation": {"auroc": 0.58}}
        return dict(page.data_facts({"gc": gc}, np.array([10])))["GC content"]

    assert told("ab") == "mean by class (a: 50.0%, b: 50.0%); AUROC by GC alone: 0.58"
    assert told("abc").endswith("; mean AUROC of each class against the rest by GC alone: 0.58")


def test_giveaways_are_told_with_what_would_have_been_found():
    row = {"feature": "share of CG", "class": "b", "auroc": 0.66, "low": 0.65, "high": 0.67}
    row |= {"p_adjusted": 0.003}
    kinds = [row | {"auroc": 0.6}, row]
    giveaways = {"kinds": kinds, "tested": 1234, "detectable": 0.57, "level": 0.01}
    audit = {"giveaways": giveaways, "checked": ["copies", "length"], "classes": {"a": 2, "b": 1}}
    facts = page.data_facts(audit, np.ones(3))
    assert dict(facts)["Checked"] == "copies, length"
    assert dict(facts)["Giveaways"] == (
        "1,234 simple features tested, each alone; the strongest: share of CG (AUROC 0.66, "
        "0.65 to 0.67); a numeric feature with an AUROC of 0.57 or more would be found nine "
        "times out of ten"
    )
    three = page.data_facts(audit | {"classes": {"a": 1, "b": 1, "c": 1}}, np.ones(3))
    assert "share of CG (AUROC 0.66, 0.65 to 0.67 for class b)" in dict(three)["Giveaways"]
    few = page.data_facts(audit | {"giveaways": giveaways | {"detectable": None}}, np.ones(3))
    assert dict(few)["Giveaways"].endswith("a giveaway may not be found at all")


def test_copies_are_not_told_as_the_strongest_of_the_features_that_were_tested():
    area = {"class": "1", "auroc": 0.55, "low": 0.54, "high": 0.56}
    copies = area | {"feature": "has a near-duplicate", "p_adjusted": None}
    tested = area | {"feature": "T at position 22", "auroc": 0.53, "p_adjusted": 0.27}
    giveaways = {"kinds": [tested, copies], "tested": 430, "detectable": 0.57, "level": 0.01}
    audit = {"giveaways": giveaways, "classes": {"0": 2, "1": 2}}
    said = dict(page.data_facts(audit, np.ones(3)))["Giveaways"]
    assert said.startswith(
        "430 simple features tested, each alone; the strongest: T at position 22 (AUROC 0.53, "
        "0.54 to 0.56), no more than chance would give among so many; not tested: whether a record "
        "has a near-duplicate (AUROC 0.55, 0.54 to 0.56); a numeric feature"
    )
    alone = giveaways | {"kinds": [copies | {"p_adjusted": np.nan}], "tested": 0}
    said = dict(page.data_facts(audit | {"giveaways": alone}, np.ones(3)))["Giveaways"]
    assert said.startswith("0 simple features tested, each alone; not tested: whether a record has")


def test_training_text_names_the_best_epoch():
    history = pd.DataFrame({"epoch": [1, 2, 3], "val_loss": [0.5, 0.3, 0.4]})
    assert page.training_text(history) == "3 epochs, epoch 2 was the best"


def test_versions_name_python_and_numpy():
    assert {"attendna", "Python", "numpy"} <= set(dict(page.versions()))


@pytest.mark.parametrize(
    ("identity", "stopped", "words"),
    [
        (0.85, False, "searched down to 85% identity"),
        (0.85, True, "searched down to 85% identity, but the search ended early"),
        (None, False, "searched only by 40 bases in a row"),
    ],
)
def test_how_relatives_were_searched_for_is_said(identity, stopped, words):
    search = {"identity": identity, "shared_kmer": 40, "stopped": False}
    assert page.searched([search, search | {"stopped": stopped}]) == words


def leaks(test, validation):
    some = {"test_in_train": {"a": test, "b": 1}, "validation_in_train": {"a": validation, "b": 0}}
    some["test_in_train"]["b"] = int(test > 0)
    return {"any": some, "records": {"test": {"a": 50, "b": 50}, "validation": {"a": 20, "b": 30}}}


@pytest.mark.parametrize(
    ("folds", "answer"),
    [
        ([leaks(0, 0)], "No: no validation record has a relative among the training records, and"),
        (
            [leaks(3, 0)],
            "Yes: 4 of 100 test records have a relative among the training and validation records.",
        ),
        (
            [leaks(3, 2), leaks(0, 0)],
            "Yes: 4 of 200 test records have a relative among the training and validation "
            "records, and 2 of 100 validation records have a relative among the training records.",
        ),
        ([leaks(0, 1)], "Not into the test records: none of them has a relative among"),
    ],
)
def test_whether_the_split_leaks_is_answered(folds, answer):
    told = page.leakage_answer(folds)
    assert told.startswith(answer) and told.endswith(".")
    if folds == [leaks(0, 1)]:
        assert told.endswith(
            "But 1 of 50 validation records has a relative among the training records."
        )
