"""Whether the arrangement of sites matters is found out from the data."""

from types import SimpleNamespace

import numpy as np
import pytest
from small_networks import hyperparameters, random_letters, training_settings

from attendna.dna import one_hot
from attendna.learning import starting, syntax, training
from attendna.learning.backend import keras

SETTINGS = training.Training.of(training_settings())
ASKED = {"partner_sizes": "auto", "start": "auto"}


def data(n=40):
    return SimpleNamespace(
        x=np.zeros((n, 20, 4), np.uint8),
        y=np.arange(n) % 2,
        classes=["no", "yes"],
        positive="yes",
        crop="",
    )


def decided(monkeypatch, gains, **changes):
    """Decide where partners lower the losses of validation records by `gains`."""
    trained = []

    def losses(own, *others):
        trained.append(own)
        return 0.7 - np.asarray(gains) * bool(own["partner_sizes"])

    monkeypatch.setattr(syntax, "_losses", losses)
    monkeypatch.setattr(starting, "learned", lambda *args, **kwargs: None)
    own = hyperparameters("attention_cnn", kernel_sizes=[3, 13, 19, 25]) | ASKED | changes
    split = {"train": np.arange(30), "validation": np.arange(30, 40)}
    chosen = syntax.decided(own, data(), split, SETTINGS, seed=1)
    others = {k: v for k, v in own.items() if k not in ASKED}
    assert others == {k: v for k, v in chosen.items() if k not in ASKED}
    return chosen["partner_sizes"], chosen["start"], trained


def test_partners_are_used_where_they_help_by_far_more_than_chance(monkeypatch):
    noise = np.random.default_rng(1).normal(size=100)
    noise = (noise - noise.mean()) / noise.std(ddof=1)  # the standard error is 0.1
    assert decided(monkeypatch, 0.31 + noise)[:2] == ([13], "shuffled")
    assert decided(monkeypatch, 0.29 + noise)[:2] == ([], "random")
    assert decided(monkeypatch, -0.5 + noise)[:2] == ([], "random")
    assert decided(monkeypatch, [5.0])[:2] == ([], "random")  # a record tells nothing


def test_the_small_networks_have_one_member_and_one_scale(monkeypatch):
    trained = decided(monkeypatch, [0, 0])[2]
    assert [(own["members"], own["kernel_sizes"]) for own in trained] == [(1, [13])] * 2
    assert [own["partner_sizes"] for own in trained] == [[], [13]]


def test_what_the_user_chose_is_not_asked(monkeypatch):
    assert decided(monkeypatch, [0, 0], partner_sizes=[25]) == ([25], "shuffled", [])
    assert decided(monkeypatch, [0, 0], partner_sizes=[], start="shuffled") == ([], "shuffled", [])
    assert decided(monkeypatch, [0, 0], partner_sizes=[3], start="random") == ([3], "random", [])


@pytest.mark.thorough
@pytest.mark.parametrize("matters", [True, False])
def test_two_motifs_in_either_order_are_told_from_such_that_stand_anywhere(matters):
    n, rng = 3000, np.random.default_rng(7)
    letters, y = random_letters(n, 60, 8), np.arange(3000) % 2
    for i in range(n):
        words = [b"TGACTCA", b"CCAATCA"]
        if matters and not y[i]:
            words = words[::-1]
        start = rng.integers(0, 20)
        places = (start, start + 12) if matters else (start, rng.integers(27, 54))
        shown = (True, True) if matters else rng.random(2) < (0.7 if y[i] else 0.3)
        for word, place, show in zip(words, places, shown, strict=True):
            if show:
                letters[i, place : place + 7] = list(word)
    found = SimpleNamespace(x=one_hot(letters), y=y, classes=["no", "yes"], positive="yes", crop="")
    split = {"train": np.arange(2400), "validation": np.arange(2400, n)}
    own = hyperparameters("attention_cnn", kernel_sizes=[8], members=1, position=False) | ASKED
    keras.utils.set_random_seed(1)
    chosen = syntax.decided(own, found, split, SETTINGS, seed=1)
    assert chosen["partner_sizes"] == ([8] if matters else [])
