"""All windows of a stretch: what the model says of each by itself."""

import numpy as np
import pytest
from small_networks import hyperparameters, random_letters

from attendna.learning import models
from attendna.learning.backend import keras
from attendna.use import windows
from attendna.use.scorers import Network

LENGTH = 40


def network(path, architecture="attention_cnn", classes=("no", "yes"), crop="", **changes):
    """A network with random weights, priors over places and a calibration, as a scorer."""
    positive = classes[-1] if len(classes) == 2 else ""
    settings = hyperparameters(architecture, **changes)
    keras.utils.set_random_seed(7)  # the weights that it starts with are drawn too
    model = models.NETWORKS[architecture](LENGTH, classes, positive, crop=crop, **settings)
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if "seed" not in weight.path:
            noisy = weight.numpy() + 0.4 * rng.normal(size=weight.shape)
            weight.assign(np.abs(noisy) if "variance" in weight.path else noisy)
    last = model.get_layer(models.PROBABILITIES)
    last.temperature, last.biases = 1.7, [float(b) for b in rng.normal(size=len(classes))]
    last.priors = [1.0, *[2.0] * (len(classes) - 1)]
    model.save(path)
    return Network(str(path))


def by_hand(scorer, letters, step):
    text = letters.tobytes().decode()
    return scorer.predict([text[s : s + LENGTH] for s in range(0, len(text) - LENGTH + 1, step)])


@pytest.mark.parametrize(
    "changes",
    [
        {"position": False, "reverse_complement": "none"},
        {"position": True, "reverse_complement": "average"},
        {"position": True, "reverse_complement": "none", "classes": ("a", "b", "c")},
        {"position": False, "reverse_complement": "average", "crop": "left", "hidden": []},
        {"position": True, "reverse_complement": "either", "classes": ("a", "b", "c")},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_windows_that_share_responses_are_predicted_as_each_by_itself(tmp_path, changes):
    scorer = network(tmp_path / "model.keras", **changes)
    shared = windows.window_scorer(scorer, step=7, threads=2)
    assert isinstance(shared, windows.SharedWindows)
    letters = random_letters(1, 7 * 600 + 43, seed=3)[0]
    letters[500:530] = ord("N")
    letters[700:704] = list(b"RYKM")
    found = np.exp(shared.log_probabilities(letters))
    wanted = by_hand(scorer, letters, 7)
    assert len(wanted) > windows.AT_ONCE and np.log(wanted).std(axis=0).min() > 0.003
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("strands", ["average", "either"])
def test_what_has_lost_its_digits_is_predicted_by_itself(strands, tmp_path, monkeypatch):
    scorer = network(tmp_path / "model.keras", reverse_complement=strands)
    shared = windows.window_scorer(scorer, step=10, threads=1)
    honest = windows.SharedWindows._totals

    def every_third_lost(self, bases):
        totals, sound = honest(self, bases)
        lost = np.arange(len(sound)) % 3 == 0
        return [np.where(lost[:, None], np.nan, of_scale) for of_scale in totals], sound & ~lost

    monkeypatch.setattr(windows.SharedWindows, "_totals", every_third_lost)
    letters = random_letters(1, 140, seed=4)[0]
    np.testing.assert_allclose(
        np.exp(shared.log_probabilities(letters)), by_hand(scorer, letters, 10), atol=1e-5
    )


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("tutorial_cnn", {}),
        ("attention_cnn", {"partner_sizes": [8], "partner_reach": 8}),
        ("attention_cnn", {"counting": True}),
    ],
    ids=["tutorial", "partners", "counting"],
)
def test_a_network_of_another_kind_is_predicted_window_by_window(tmp_path, architecture, changes):
    scorer = network(tmp_path / "model.keras", architecture, **changes)
    plain = windows.window_scorer(scorer, step=10, threads=1)
    assert isinstance(plain, windows.PlainWindows)
    letters = random_letters(1, 200, seed=5)[0]
    np.testing.assert_allclose(
        np.exp(plain.log_probabilities(letters)), by_hand(scorer, letters, 10), atol=1e-6
    )


def test_log_odds_of_probabilities_that_are_1_in_single_precision():
    sure = np.array([[-40.0, 0.0]])
    np.testing.assert_allclose(windows.log_odds(sure - np.log(1 + np.exp(-40))), [[-40, 40]])


def test_log_odds_are_those_of_each_class_against_the_others():
    p = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
    np.testing.assert_allclose(windows.log_odds(np.log(p)), np.log(p / (1 - p)))


def test_the_mean_is_that_of_probabilities():
    p = np.array([[[0.2, 0.8]], [[0.6, 0.4]]])
    np.testing.assert_allclose(np.exp(windows.mean_log_probabilities(np.log(p))), [[0.4, 0.6]])


def test_bayes_rule_gives_what_counting_gives():
    # Of 1000 balanced training windows and of a genome in which 1 of 101 is positive, the same
    # 90 % of the positives and 10 % of the negatives look alike.
    p = np.array([[50.0, 450.0]]) / 500
    there = np.array([[0.1 * 100, 0.9 * 1]])
    found = np.exp(windows.with_prior(np.log(p), np.array([0.5, 0.5]), np.array([100, 1]) / 101))
    np.testing.assert_allclose(found, there / there.sum())
    same = windows.with_prior(np.log(p), np.array([0.3, 0.7]), np.array([0.3, 0.7]))
    np.testing.assert_allclose(same, np.log(p))
