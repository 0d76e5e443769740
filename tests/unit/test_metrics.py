"""Metrics are held to scikit-learn, and to the law that a weight is a repetition."""

import numpy as np
import pytest
from sklearn import metrics as reference

from attendna.evaluation import metrics, uncertainty
from attendna.evaluation.metrics import Key
from attendna.evaluation.uncertainty import bootstrap, bootstrap_weights


def two_classes(n=120, seed=0, decimals=1):
    """Rounded scores, so that there are many ties; 0 and 1 occur too."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    return y, np.round(np.clip(rng.normal(0.4 + 0.2 * y, 0.3), 0, 1), decimals)


def many_classes(n=150, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    scores = np.round(rng.normal(size=(n, 4)), 1) + (y[:, None] == np.arange(4))
    return y, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


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


@pytest.mark.parametrize("seed", range(5))
def test_the_chosen_threshold_has_the_best_matthews_correlation(seed):
    y, p = two_classes(seed=seed, decimals=2)
    chosen = metrics.choose_threshold(y, p)
    best = max(reference.matthews_corrcoef(y, p >= t) for t in p)
    assert reference.matthews_corrcoef(y, p >= chosen) == pytest.approx(best)


def test_the_chosen_threshold_lies_between_separable_classes():
    p = np.array([0.1, 0.2, 0.8, 0.9])
    assert metrics.choose_threshold(p > 0.5, p) == pytest.approx(0.5)


def test_neighbouring_floats_are_told_apart():
    low, high = 0.7, np.nextafter(0.7, 1)
    chosen = metrics.choose_threshold(np.array([False, True]), np.array([low, high]))
    assert low < chosen <= high


def test_one_class_leaves_no_threshold_to_choose():
    assert metrics.choose_threshold(np.ones(5, bool), np.linspace(0, 1, 5)) is None


def test_confusion_has_the_truth_in_rows():
    cells = metrics.confusion(np.array([0, 0, 0, 1, 2]), np.array([0, 1, 1, 1, 0]), 3)
    assert cells.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]


def test_classification_report_agrees_with_scikit_learn():
    y, p = many_classes()
    called = p.argmax(axis=1)
    names = ["a", "b", "c", "d"]
    text = metrics.classification_report(metrics.confusion(y, called, 4), names)
    expected = reference.classification_report(y, called, target_names=names, output_dict=True)
    lines = {line[: line.index("  ")]: line.split()[-4:] for line in text.split("\n")[1:6]}
    for name in names:
        row = expected[name]
        wanted = [f"{row[key]:.3f}" for key in ("precision", "recall", "f1-score")]
        assert lines[name] == [*wanted, str(int(row["support"]))]
    weighted = expected["weighted avg"]
    assert f"{weighted['precision']:11.3f}{weighted['recall']:11.3f}" in text
    assert f"accuracy {expected['accuracy']:.3f} of 150 records" in text


def test_roc_band_agrees_with_scikit_learn_and_lies_inside_its_interval():
    y, p = two_classes(n=300, decimals=3)
    grid = np.linspace(0, 1, 51)
    band = metrics.roc_band(y, p, bootstrap_weights(300, 200, 0), grid)
    fpr, tpr, _ = reference.roc_curve(y, p, drop_intermediate=False)
    np.testing.assert_allclose(band.value, np.interp(grid, fpr, tpr))
    assert np.all(np.diff(band.value) >= 0)
    assert np.all((band.low <= band.value) & (band.value <= band.high))


def test_pr_band_integrates_to_the_average_precision():
    y, p = two_classes(n=200)
    steps = y.sum()
    grid = np.arange(1, steps + 1) / steps
    band = metrics.pr_band(y, p, bootstrap_weights(200, 50, 0), grid)
    assert band.value.mean() == pytest.approx(reference.average_precision_score(y, p))
    assert np.all(band.low <= band.high)


# ------------------------------------------------------------------------------ calibration


@pytest.mark.parametrize("classes", [2, 4])
def test_calibration_can_be_undone(classes):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(50, classes)) * 3

    def softmax(values):
        return np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)

    biases = rng.normal(size=classes)
    for temperature in (0.3, 1.0, 2.5):
        calibrated = softmax(logits / temperature + biases)
        before = metrics.before_calibration(calibrated, temperature, biases)
        np.testing.assert_allclose(before, softmax(logits), atol=1e-6)
    certain = metrics.before_calibration(np.eye(classes), 2.0, biases)
    assert np.isfinite(np.log(certain)).all()


def test_scores_of_probabilities_are_those_of_all_metrics():
    y, p = many_classes()
    weights = np.concatenate(list(bootstrap_weights(len(y), 5, 1)))
    alone = metrics.probability_scores(y, p, list("abcd"), "")(weights)
    whole = metrics.multiclass(y, p, list("abcd"))(weights)
    for key, values in alone.items():
        np.testing.assert_array_equal(values, whole[key])


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_that_are_shares_know_of_what(classes):
    y, p = many_classes()
    y, p = y % classes, p[:, :classes] / p[:, :classes].sum(axis=1, keepdims=True)
    names = list("abcd")[:classes]
    measure = metrics.measure(y, p, names, "b" if classes == 2 else "", {"0.5": 0.5, "low": 0.2})
    values = measure(np.ones((1, len(y))))
    assert len(measure.shares) == (8 if classes == 2 else 9)
    found = metrics.estimate(measure, y, np.arange(len(y)), 20, 0.95, 1)
    for key, share in measure.shares.items():
        assert values[key][0] == pytest.approx(share.hits.sum() / share.trials.sum())
        assert not (share.hits & ~share.trials).any()
        low, high = uncertainty.share_interval(*share, np.arange(len(y)), 0.95)
        assert found[key] == (values[key][0], low, high)


def test_the_calibration_error_has_an_interval_about_it():
    y, p = two_classes(n=300, decimals=3)
    found = metrics.estimate(metrics.binary(y, p, {}), y, np.arange(300), 200, 0.95, 1)[metrics.ECE]
    assert 0 < found.low < found.value < found.high < 1


# ------------------------------------------------------------------------------ two models


@pytest.mark.parametrize("classes", [2, 4])
def test_swapping_all_records_turns_the_difference(classes):
    y, first = many_classes()
    _, second = many_classes(seed=1)
    names, positive = list("abcd")[:classes], "b" if classes == 2 else ""
    y = y % classes
    first, second = (
        p[:, :classes] / p[:, :classes].sum(axis=1, keepdims=True) for p in (first, second)
    )
    swaps = np.stack([np.zeros(150), np.ones(150), np.arange(150) < 40])
    found = metrics.swapped(y, first, second, names, positive)(swaps)
    alone = [
        metrics.measure(y, p, names, positive, {"0.5": 0.5})(np.ones((1, 150)))
        for p in (first, second)
    ]
    mixed = [np.where(swaps[2][:, None] == 1, *pair) for pair in ((second, first), (first, second))]
    by_hand = [
        metrics.measure(y, p, names, positive, {"0.5": 0.5})(np.ones((1, 150))) for p in mixed
    ]
    for key, values in found.items():
        assert values[0] == pytest.approx(alone[0][key][0] - alone[1][key][0])
        assert values[1] == pytest.approx(-values[0])
        if key.metric not in metrics.AREAS:  # areas are of ranks, which mix otherwise
            assert values[2] == pytest.approx(by_hand[0][key][0] - by_hand[1][key][0])


def test_areas_do_not_see_the_scale_of_a_model():
    y, p = two_classes(decimals=2)
    columns = np.stack([1 - p, p], axis=1)
    other = np.stack([1 - p**3, p**3], axis=1)
    swaps = np.random.default_rng(0).integers(0, 2, (20, len(y))).astype(float)
    found = metrics.swapped(y.astype(int), columns, other, ["no", "yes"], "yes")(swaps)
    for metric in metrics.AREAS:
        np.testing.assert_allclose(found[metrics.Key("", metric, "")], 0, atol=1e-12)
    assert np.abs(found[metrics.Key("", "brier", "")]).min() > 0
