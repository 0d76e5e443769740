"""Probabilities are called off where they are, and read as frequencies only where they hold."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from attendna.contracts.predictions import Predictions
from attendna.evaluation import reliability, summary, verdict
from attendna.evaluation.metric_intervals import estimate
from attendna.evaluation.probability_scores import ECE, probability_scores

DRAWS = 200


def predictions(happened, p) -> Predictions:
    n = len(p)
    labels = np.where(happened, "bound", "other")
    ids = np.array([f"r{i}" for i in range(n)])
    both = np.stack([p, 1 - p], axis=1)
    return Predictions(ids, np.array(["test"] * n), labels, both, ["bound", "other"])


def measured(happened, p, groups=None, confidence=0.95, seed=1):
    groups = np.arange(len(p)) if groups is None else groups
    test = predictions(happened, p)
    return reliability.measure(test, groups, "bound", confidence, DRAWS, seed)


def test_bins_count_what_was_predicted_and_what_happened():
    p = np.array([0.05, 0.05, 0.32, 0.38, 1.0])
    found = measured(np.array([0, 1, 1, 1, 1], bool), p)
    assert [its["records"] for its in found["bins"]] == [2, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert found["bins"][3]["predicted"] == pytest.approx(0.35)
    assert found["bins"][3]["observed"] == 1
    assert (found["bins"][3]["from"], found["bins"][3]["to"]) == (0.3, 0.4)
    assert np.isnan(found["bins"][1]["predicted"])
    assert found["off"] == []
    assert found["few"] == [{"from": 0.0, "to": 1.0, "records": 5}]


def test_ranges_of_few_records_are_named():
    p = np.repeat([0.05, 0.15, 0.45, 0.95], [20, 3, 4, 20])
    few = measured(np.zeros(47, bool), p)["few"]
    assert few == [{"from": 0.1, "to": 0.9, "records": 7}]


def test_of_more_than_two_classes_it_is_the_predicted_class():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    ids, names = np.array(["a", "b"]), np.array(["test", "test"])
    test = Predictions(ids, names, np.array(["x", "y"]), probabilities, ["x", "y", "z"])
    happened, p = reliability.event(test, "")
    assert happened.tolist() == [True, False]
    assert p.tolist() == [0.5, 0.7]


def test_a_few_records_in_each_of_several_bins_speak_together():
    """61 records at 0.3 to 0.8, of which 80% are positive, among 700 that are right."""
    rng = np.random.default_rng(3)
    middle = rng.uniform(0.36, 0.8, 61)
    ends = np.repeat([0.02, 0.97], [500, 200])
    happened = np.concatenate([np.arange(61) < 49, np.arange(500) < 10, np.arange(200) < 194])
    (found,) = measured(happened, np.concatenate([middle, ends]))["off"]
    assert (found["from"], found["to"], found["records"]) == (0.3, 0.8, 61)
    assert found["observed"] == pytest.approx(0.80, abs=0.01)
    assert found["predicted"] == pytest.approx(middle.mean())
    assert found["p_value"] <= 0.05


def test_both_ends_of_a_scale_that_is_too_steep_are_told():
    p = np.repeat([0.15, 0.85], 300)
    happened = np.concatenate([np.arange(300) < 90, np.arange(300) < 210])
    found = {its["from"]: its for its in measured(happened, p)["off"]}
    assert sorted(found) == [0.1, 0.8]
    assert found[0.1]["observed"] == pytest.approx(0.3)
    assert found[0.8]["observed"] == pytest.approx(0.7)


def test_what_is_off_by_little_is_not_told_however_certain():
    n = 100_000
    happened = np.arange(n) < 0.54 * n
    p = np.full(n, 0.5)
    assert reliability.ranges_off(happened, p, np.arange(n), 0.95, 30, 1) == []
    happened = np.arange(n) < 0.56 * n
    (found,) = reliability.ranges_off(happened, p, np.arange(n), 0.95, 30, 1)
    assert found["p_value"] == pytest.approx(1 / 31)


def test_calibrated_probabilities_are_seldom_called_off():
    rng = np.random.default_rng(0)
    called = 0
    for seed in range(200):
        p = rng.beta(0.4, 0.4, 400)
        p_values = reliability.ranges_off(rng.random(400) < p, p, np.arange(400), 0.9, 99, seed)
        called += bool(p_values)
    assert called <= 30  # of at most 20 expected; more than 30 in less than 2 of 100 times


def test_related_records_count_together():
    """Copies of ten records are no more certain than ten records."""
    happened, p = np.repeat(np.arange(10) < 8, 30), np.full(300, 0.55)
    assert measured(happened, p)["off"]
    assert measured(happened, p, groups=np.repeat(np.arange(10), 30))["off"] == []


def test_the_same_seed_gives_the_same_answer():
    rng = np.random.default_rng(1)
    p = rng.random(300)
    happened = rng.random(300) < p**3
    first = measured(happened, p)["off"]
    assert first
    assert measured(happened, p)["off"] == first


# ------------------------------------------------------------------------------ the sentence


@st.composite
def calibrations(draw):
    """Probabilities that hold but in one range, where what happens is shifted."""
    n, seed = draw(st.integers(5, 1500)), draw(st.integers(0, 10**6))
    shape = draw(st.sampled_from([0.05, 0.3, 1.0, 5.0]))
    low, width = draw(st.floats(0, 0.9)), draw(st.floats(0.05, 1))
    shift = draw(st.sampled_from([0.0, 0.0, 0.1, 0.25, -0.25, -0.6, 0.6]))
    rng = np.random.default_rng(seed)
    p = rng.beta(shape, shape, n)
    truth = np.where((p >= low) & (p <= low + width), np.clip(p + shift, 0, 1), p)
    return rng.random(n) < truth, p


def sentence(happened, p, found):
    """What the verdict says of the probabilities."""
    measure = probability_scores(
        (~happened).astype(int), np.stack([p, 1 - p], axis=1), ["bound", "other"], "bound"
    )
    y = happened.astype(int)
    error = estimate(measure, y, np.arange(len(p)), DRAWS, 0.95, 1)[ECE]
    names = {"dataset": "d", "fold": 1, "model": "cnn", "seed": 1, "subset": "all", "class": ""}
    rows = [
        names | {"split": split, "threshold": "", "metric": metric} | numbers
        for split in ("test", "validation")
        for metric, numbers in (
            ("ece", error._asdict()),
            ("auroc", {"value": 0.9, "low": 0.8, "high": 0.95}),
        )
    ]
    scores = {
        split: summary.main_scores(summary.mean_scores(pd.DataFrame(rows), 0.95, split))
        for split in ("test", "validation")
    }
    evidence = verdict.Evidence(
        **scores,
        comparison=None,
        kinds={"cnn": "network"},
        metrics=["auroc"],
        confidence=0.95,
        records=len(p),
        groups=len(p),
        folds=1,
        seeds=1,
        related=None,
        unrelated=None,
        reliability=[{"fold": 1, "seed": 1, "reliability": found}],
    )
    text = verdict.paragraph(evidence)
    return text[text.index("model's probabilities") :]


def stretches(happened, p):
    """Every range between two tenths, with its records."""
    for i in range(10):
        for j in range(i + 1, 11):
            inside = (p >= i / 10) & ((p < j / 10) | (j == 10))
            yield i / 10, j / 10, happened[inside], p[inside]


@pytest.mark.thorough
@given(calibrations())
@settings(max_examples=50, deadline=None)
def test_no_sentence_disagrees_with_the_calibration_curve(case):
    happened, p = case
    text = sentence(happened, p, measured(happened, p))
    told = re.findall(
        r"between ([\d.]+) and ([\d.]+) too (low|high) by ([\d.]+) \(([\d,]+) test records with a "
        r"mean of ([\d.]+), of which (\d+)% are bound\)",
        text,
    )
    few = re.findall(r"between ([\d.]+) and ([\d.]+) \((\d+)\)", text)
    found = {(low, high): (ys, ps) for low, high, ys, ps in stretches(happened, p)}
    for low, high, way, gap, records, mean, share in told:
        ys, ps = found[float(low), float(high)]
        assert int(records.replace(",", "")) == len(ps) >= 10
        assert abs(float(mean) - ps.mean()) <= 0.0051
        assert abs(int(share) / 100 - ys.mean()) <= 0.0051
        assert (way == "low") == (ys.mean() > ps.mean())
        assert abs(float(gap) - abs(ys.mean() - ps.mean())) <= 0.0051
    for low, high, records in few:
        assert len(found[float(low), float(high)][0]) == int(records)
    promised = "they can be read as frequencies" in text and "whether" not in text
    assert (
        promised + bool(told) + ("don't read" in text.lower()) + ("whether they can" in text) == 1
    )
    if promised:
        # No range with enough records is off beyond any doubt (Bonferroni for 55 ranges).
        for ys, ps in found.values():
            if len(ps) < 10 or abs(ys.mean() - ps.mean()) <= reliability.TOLERANCE:
                continue
            hits, n, mean = ys.sum(), len(ps), ps.mean()
            tail = min(binom.cdf(hits, n, mean), binom.sf(hits - 1, n, mean))
            assert 2 * tail > 0.001 / 55
        # Bins with next to no records are not promised anything of.
        for i in range(10):
            inside = found[i / 10, (i + 1) / 10][1]
            named = any(float(a) <= i / 10 and (i + 1) / 10 <= float(b) for a, b, _ in few)
            assert named == (len(inside) < 10)
