"""Whether the arrangement of sites matters is found out from the data."""

from types import SimpleNamespace

import numpy as np
import pytest
from small_networks import hyperparameters, random_letters, training_settings

from attendna.dna import one_hot
from attendna.learning import layers, starting, syntax, training
from attendna.learning.backend import keras

SETTINGS = training.Training.of(training_settings())
ASKED = {"partner_sizes": "auto", "counting": "auto", "start": "auto"}
SPLIT = {"train": np.arange(30), "validation": np.arange(30, 40)}


def decided(monkeypatch, gains=0.0, share=0.0, fewest=30, **changes):
    """Decide where partners lower the losses by `gains` and a filter counts by `share`."""
    trained = []

    def learned(probes, name, **others):
        trained.append(probes.small | others)
        copies = keras.ops.convert_to_tensor([0.0, share, 0.0])
        layer = layers.SiteAttention(counting=True)
        layer.copies = copies
        return SimpleNamespace(layers=[layer], partners=name == "syntax_partners")

    def losses(probes, model):
        return 0.7 - np.atleast_1d(gains) * model.partners

    monkeypatch.setattr(syntax._Probes, "trained", learned)
    monkeypatch.setattr(syntax._Probes, "losses", losses)
    monkeypatch.setattr(starting, "learned", lambda *args, **kwargs: None)
    monkeypatch.setattr(syntax, "FEWEST_RECORDS", fewest)
    own = hyperparameters("attention_cnn", kernel_sizes=[3, 13, 19, 25]) | ASKED | changes
    data = SimpleNamespace(x=np.zeros((40, 20, 4), np.uint8), y=np.arange(40) % 2)
    chosen = syntax.decided(own, data, SPLIT, SETTINGS, seed=1)
    others = {k: v for k, v in own.items() if k not in ASKED}
    assert others == {k: v for k, v in chosen.items() if k not in ASKED}
    return {name: chosen[name] for name in ASKED}, trained


def test_partners_are_used_where_they_help_by_far_more_than_chance(monkeypatch):
    noise = np.random.default_rng(1).normal(size=100)
    noise = (noise - noise.mean()) / noise.std(ddof=1)  # the standard error is 0.1
    used = {"partner_sizes": [13], "counting": False, "start": "shuffled"}
    assert decided(monkeypatch, 0.31 + noise)[0] == used
    unused = {"partner_sizes": [], "counting": False, "start": "random"}
    assert decided(monkeypatch, 0.29 + noise)[0] == unused
    assert decided(monkeypatch, -0.5 + noise)[0] == unused
    assert decided(monkeypatch, [5.0])[0] == unused  # a record tells nothing


def test_filters_count_where_one_of_a_small_network_does(monkeypatch):
    counted = {"partner_sizes": [], "counting": True, "start": "random"}
    assert decided(monkeypatch, share=0.51)[0] == counted
    assert decided(monkeypatch, share=0.49)[0] == counted | {"counting": False}


def test_nothing_is_asked_of_few_records(monkeypatch):
    found, trained = decided(monkeypatch, [1.0, 1.1], share=0.9)
    assert found == {"partner_sizes": [13], "counting": True, "start": "shuffled"} and trained
    found, trained = decided(monkeypatch, [1.0, 1.1], share=0.9, fewest=31)
    assert found == {"partner_sizes": [], "counting": False, "start": "random"} and not trained
    found, _ = decided(monkeypatch, fewest=31, partner_sizes=[13])
    assert found == {"partner_sizes": [13], "counting": False, "start": "shuffled"}


def test_the_small_networks_have_one_member_and_one_scale(monkeypatch):
    trained = decided(monkeypatch)[1]
    assert [(own["members"], own["kernel_sizes"]) for own in trained] == [(1, [13])] * 2
    assert [own["partner_sizes"] for own in trained] == [[], [13]]
    assert [own.get("counting", False) for own in trained] == [True, False]
    trained = decided(monkeypatch, counting=False)[1]
    assert [own.get("counting", False) for own in trained] == [False, False]


def test_what_the_user_chose_is_not_asked(monkeypatch):
    for chosen, start in (([25], "shuffled"), ([], "random")):
        fixed = {"partner_sizes": chosen, "counting": True}
        assert decided(monkeypatch, **fixed) == (fixed | {"start": start}, [])
    fixed |= {"start": "shuffled"}
    assert decided(monkeypatch, **fixed) == (fixed, [])
    assert len(decided(monkeypatch, partner_sizes=[])[1]) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("matters", [True, pytest.param(False, marks=pytest.mark.long)])
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
    data = SimpleNamespace(x=one_hot(letters), y=y, classes=["no", "yes"], positive="yes", crop="")
    split = {"train": np.arange(2400), "validation": np.arange(2400, n)}
    own = hyperparameters("attention_cnn", kernel_sizes=[8], members=1, position=False) | ASKED
    keras.utils.set_random_seed(1)
    chosen = syntax.decided(own, data, split, SETTINGS, seed=1)
    assert chosen["partner_sizes"] == ([8] if matters else [])


@pytest.mark.thorough
@pytest.mark.parametrize("matters", [True, pytest.param(False, marks=pytest.mark.long)])
def test_the_number_of_sites_is_told_from_their_presence(matters):
    n, rng = 3000, np.random.default_rng(9)
    letters, y = random_letters(n, 80, 10), np.arange(n) % 2
    for i in range(n):
        if matters:  # both classes have sites, one of them twice as many
            count = min(rng.poisson(6 if y[i] else 3), 10)
        else:
            count = int(rng.random() < (0.8 if y[i] else 0.2))
        for start in rng.permutation(np.arange(0, 80, 8))[:count]:
            site = np.array(list(b"TGACTCA"))  # exact ones could be told without counting
            altered = rng.random(7) < 0.15 * matters
            letters[i, start : start + 7] = np.where(altered, rng.choice(list(b"ACGT"), 7), site)
    data = SimpleNamespace(x=one_hot(letters), y=y, classes=["no", "yes"], positive="yes", crop="")
    split = {"train": np.arange(2400), "validation": np.arange(2400, n)}
    own = hyperparameters("attention_cnn", kernel_sizes=[8], members=1, position=False) | ASKED
    keras.utils.set_random_seed(1)
    chosen = syntax.decided(own | {"partner_sizes": []}, data, split, SETTINGS, seed=1)
    assert chosen["counting"] == matters
