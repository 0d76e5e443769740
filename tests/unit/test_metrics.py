"""Metrics are held to scikit-learn, and to the law that a weight is a repetition."""

import numpy as np
import pytest
from predictions import many_classes, two_classes
from sklearn import metrics as reference

from attendna.evaluation import metrics
from attendna.evaluation.bootstrap import bootstrap, bootstrap_weights
from attendna.evaluation.measures import Key


def ece(y, p):
    """Mean distance of prediction and frequency over 15 bins, weighted by their records."""
    total = 0.0
    for i in range(15):
        inside = (p >= i / 15) & ((p < (i + 1) / 15) | (i == 14))
        if inside.any():
            total += inside.mean() * abs(p[inside].mean() - y[inside].mean())
    return total


def binary_reference(y, p, threshold):
    called = p >= threshold
    return {
        ("", "auroc"): reference.roc_auc_score(y, p),
        ("", "auprc"): reference.average_precision_score(y, p),
        ("", "brier"): reference.brier_score_loss(y, p),
        ("", "log_loss"): reference.log_loss(y, p),
        ("", "ece"): ece(y, p),
        ("0.5", "accuracy"): reference.accuracy_score(y, called),
        ("0.5", "balanced_accuracy"): reference.balanced_accuracy_score(y, called),
        ("0.5", "mcc"): reference.matthews_corrcoef(y, called),
        ("0.5", "f1"): reference.f1_score(y, called),
        ("0.5", "precision"): reference.precision_score(y, called, zero_division=0),
        ("0.5", "recall"): reference.recall_score(y, called),
        ("0.5", "specificity"): reference.recall_score(~y, ~called),
    }


def multiclass_reference(y, p):
    called, index = p.argmax(axis=1), np.arange(4)
    each = {
        "auroc": [reference.roc_auc_score(y == i, p[:, i]) for i in index],
        "auprc": [reference.average_precision_score(y == i, p[:, i]) for i in index],
        "precision": reference.precision_score(y, called, average=None, zero_division=0),
        "recall": reference.recall_score(y, called, average=None),
        "f1": reference.f1_score(y, called, average=None),
    }
    overall = {name: np.mean(values) for name, values in each.items()} | {
        "accuracy": reference.accuracy_score(y, called),
        "balanced_accuracy": reference.balanced_accuracy_score(y, called),
        "mcc": reference.matthews_corrcoef(y, called),
        "brier": reference.brier_score_loss(y, p, labels=index),
        "log_loss": reference.log_loss(y, p),
        "ece": ece(called == y, p.max(axis=1)),
    }
    result = {Key("", name, ""): value for name, value in overall.items()}
    for name, values in each.items():
        result |= {Key("", name, "abcd"[i]): values[i] for i in index}
    return result


def of_row(measured, row):
    """The values of one row of weights."""
    return {key: values[row] for key, values in measured.items()}


@pytest.mark.parametrize("seed", range(5))
def test_binary_weights_are_repetitions_and_agree_with_scikit_learn(seed):
    y, p = two_classes(seed=seed)
    weights = np.concatenate([np.ones((1, len(y))), *bootstrap_weights(len(y), 4, seed)])
    measured = metrics.binary(y, p, {"0.5": 0.5})(weights)
    for row, times in enumerate(weights.astype(int)):
        expected = binary_reference(np.repeat(y, times), np.repeat(p, times), 0.5)
        assert of_row(measured, row) == pytest.approx(
            {Key(threshold, name, ""): value for (threshold, name), value in expected.items()}
        )


@pytest.mark.parametrize("seed", range(5))
def test_multiclass_weights_are_repetitions_and_agree_with_scikit_learn(seed):
    y, p = many_classes(seed=seed)
    weights = np.concatenate([np.ones((1, len(y))), *bootstrap_weights(len(y), 3, seed)])
    measured = metrics.multiclass(y, p, list("abcd"))(weights)
    for row, times in enumerate(weights.astype(int)):
        expected = multiclass_reference(np.repeat(y, times), np.repeat(p, times, axis=0))
        assert of_row(measured, row) == pytest.approx(expected)


def test_gorodkins_r_k_of_two_classes_is_the_matthews_correlation():
    y, p = two_classes(decimals=3)
    two = metrics.binary(y, p, {"0.5": 0.5})(np.ones((1, len(y))))
    columns = np.stack([1 - p, p], axis=1)
    more = metrics.multiclass(y.astype(int), columns, ["no", "yes"])(np.ones((1, len(y))))
    assert more[Key("", "mcc", "")] == pytest.approx(two[Key("0.5", "mcc", "")])


def test_a_perfect_and_a_reversed_ranking():
    y = np.array([0, 0, 1, 1], bool)
    for p, area in ((np.array([0.1, 0.2, 0.8, 0.9]), 1.0), (np.array([0.9, 0.8, 0.2, 0.1]), 0.0)):
        assert metrics.binary(y, p, {})(np.ones((1, 4)))[Key("", "auroc", "")] == area


def test_equal_scores_rank_at_chance():
    y = np.array([1, 0, 0, 1, 0], bool)
    measured = metrics.binary(y, np.full(5, 0.3), {})(np.ones((1, 5)))
    assert measured[Key("", "auroc", "")] == 0.5
    assert measured[Key("", "auprc", "")] == pytest.approx(0.4)


def test_the_positive_class_may_be_the_first():
    y, p = two_classes()
    columns = np.stack([p, 1 - p], axis=1)
    codes = np.where(y, 0, 1)
    measured = metrics.measure(codes, columns, ["yes", "no"], "yes", {"0.5": 0.5})
    direct = metrics.binary(y, p, {"0.5": 0.5})
    assert measured(np.ones((1, len(y)))) == direct(np.ones((1, len(y))))


def test_without_positives_what_needs_them_is_nan_and_the_rest_is_not():
    measured = metrics.binary(np.zeros(6, bool), np.linspace(0, 1, 6), {"0.5": 0.5})(
        np.ones((1, 6))
    )
    undefined = {key.metric for key, values in measured.items() if np.isnan(values[0])}
    assert undefined == {
        *("auroc", "auprc", "balanced_accuracy", "mcc", "f1", "precision", "recall")
    }


def test_a_replicate_without_a_class_does_not_enter_the_interval():
    y = np.array([True] + [False] * 9)
    p = np.linspace(0.9, 0.1, 10)
    replicates = bootstrap(metrics.binary(y, p, {}), 10, 200, 0)[Key("", "auroc", "")][1:]
    lacking = np.concatenate(list(bootstrap_weights(10, 200, 0)))[:, 0] == 0
    assert lacking.any()
    np.testing.assert_array_equal(np.isnan(replicates), lacking)


def test_a_class_that_never_occurs_is_nan_and_left_out_of_the_macro():
    y, p = many_classes()
    y = np.where(y == 3, 2, y)
    measured = metrics.multiclass(y, p, list("abcd"))(np.ones((1, len(y))))
    of_d = [values[0] for key, values in measured.items() if key.label == "d"]
    assert len(of_d) == 5
    assert np.isnan(of_d).all()
    present = [measured[Key("", "recall", name)] for name in "abc"]
    assert measured[Key("", "recall", "")] == pytest.approx(np.mean(present))


def test_auprc_and_f1_of_the_other_class_are_those_of_turned_labels():
    y, p = two_classes()
    weights = np.random.default_rng(5).integers(0, 3, (4, len(y))).astype(float)
    thresholds = {"0.5": 0.5, "validation": 0.31}
    found = metrics.binary(y, p, thresholds, other="x")(weights)
    turned = {name: np.nextafter(1 - t, 1) for name, t in thresholds.items()}
    expected = metrics.binary(~y, 1 - p, turned)(weights)
    assert {key for key in found if key.label} == {
        Key("", "auprc", "x"),
        Key("0.5", "f1", "x"),
        Key("validation", "f1", "x"),
    }
    for key, values in found.items():
        if key.label:
            np.testing.assert_allclose(values, expected[key._replace(label="")], rtol=1e-12)
    plain = metrics.binary(y, p, thresholds)(weights)
    for key, values in plain.items():
        np.testing.assert_array_equal(values, found[key])
