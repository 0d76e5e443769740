"""Gapped k-mers: the package's own scores, whatever the length, the letters and the classes."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from attendna.errors import UserError
from attendna.learning import baselines, gapped_kmers

pytest.importorskip("gkmsvm", reason="gkmsvm-lite does not exist for this platform")

SMALL = {"l": 6, "k": 4, "d": 2, "c": 1.0, "max_records": 100}
MOTIF = np.array([2, 1, 0, 3, 3, 2, 1, 0])


def planted(n, classes=2, length=40):
    """Records of class 1 hold a motif anywhere, those of class 2 its reverse."""
    rng = np.random.default_rng(3)
    base = rng.integers(0, 4, (n, length))
    y = np.arange(n) % classes
    for i in np.flatnonzero(y):
        start = rng.integers(0, length - 8)
        base[i, start : start + 8] = MOTIF if y[i] == 1 else MOTIF[::-1]
    return np.eye(4, dtype=np.uint8)[base], y


def fit(x, y, classes=("no", "yes"), seed=1, **changes):
    """Train on the first half, validate on the next quarter."""
    a, b = len(x) // 2, len(x) * 3 // 4
    parts = x[:a], y[:a], x[a:b], y[a:b]
    positive = classes[1] if len(classes) == 2 else ""
    settings = SMALL | changes
    return gapped_kmers.fit(*parts, classes=classes, positive=positive, seed=seed, **settings)


@pytest.fixture(scope="module")
def two():
    x, y = planted(160)
    return fit(x, y), x, y


def test_scores_are_those_of_the_package(two):
    from gkmsvm import GkmSVM

    model, x, _ = two
    parameters = {"L": model.l, "k": model.k, "d": model.d}
    support = model.support.transpose(0, 2, 1).astype(float)
    package = GkmSVM(support, model.weights[0], float(model.bias[0]), "gkm_esttrunc", parameters)
    decisions = package(x.transpose(0, 2, 1).astype(float))
    ours = (gapped_kmers.scores(model, x) - model.intercept) / model.coef
    np.testing.assert_allclose(ours, decisions, atol=1e-10)


def test_it_finds_a_motif_on_either_strand(two):
    model, x, y = two
    rest = slice(120, None)
    forward = baselines.predict(model, x[rest])
    assert np.mean(forward.argmax(axis=1) == y[rest]) > 0.85
    backward = baselines.predict(model, x[rest, ::-1, ::-1])
    np.testing.assert_allclose(backward, forward, atol=1e-9)


def test_probabilities_hold_on_validation(two):
    model, x, y = two
    p = baselines.predict(model, x[80:120])
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert p[:, 1].mean() == pytest.approx(y[80:120].mean(), abs=1e-3)


def test_padding_and_ambiguous_letters_count_nothing(two):
    model, x, _ = two
    wanted = baselines.predict(model, x[:5])
    for letter in ([0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0]):
        rest = np.tile(np.array(letter, np.uint8), (5, 9, 1))
        longer = np.concatenate([rest, x[:5], rest], axis=1)
        np.testing.assert_allclose(baselines.predict(model, longer), wanted, atol=1e-12)
    assert np.isfinite(baselines.predict(model, x[:5, :3])).all()


def test_training_records_of_several_lengths_are_as_if_alone():
    x, y = planted(160)
    x = np.concatenate([x, np.zeros((160, 5, 4), np.uint8)], axis=1)
    whole = fit(x, y)
    moved = x.copy()
    moved[::2] = np.roll(x[::2], 5, axis=1)  # padded on the other side
    np.testing.assert_allclose(
        baselines.predict(fit(moved, y), x), baselines.predict(whole, x), atol=1e-9
    )
    cut = x.copy()
    cut[::3, 30:] = 0
    model = fit(cut, y)
    assert np.mean(baselines.predict(model, cut[120:]).argmax(axis=1) == y[120:]) > 0.75


def test_three_classes_have_a_machine_each():
    x, y = planted(180, 3)
    model = fit(x, y, ("no", "there", "back"))
    assert model.weights.shape[0] == 3
    p = baselines.predict(model, x[135:])
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert np.mean(p.argmax(axis=1) == y[135:]) > 0.75


def test_a_sample_keeps_the_shares_of_the_classes_and_is_said():
    x, y = planted(160)
    model = fit(x, y, max_records=40)
    assert (model.sampled, model.available) == (40, 80)
    assert "a sample of 40 of 80 training records" in gapped_kmers.describe(model)
    y = np.repeat([0, 1, 2], [900, 90, 10])
    chosen = gapped_kmers._sample(y, 100, 1)
    assert len(set(chosen)) == 100
    assert np.abs(np.bincount(y[chosen]) - [90, 9, 1]).max() <= 1
    assert set(gapped_kmers._sample(y, 100, 2)) != set(chosen)
    np.testing.assert_array_equal(gapped_kmers._sample(y, 1000, 1), np.arange(1000))
    assert "sample" not in gapped_kmers.describe(fit(*planted(40)))


def test_word_weights_are_the_sum_over_all_pairs():
    rng = np.random.default_rng(0)
    weights, mismatches = rng.normal(size=64), rng.random(4)
    words = np.array(list(product(range(4), repeat=3)))
    differences = (words[:, None] != words).sum(axis=2)
    expected = mismatches[differences] @ weights
    np.testing.assert_allclose(gapped_kmers._spread(weights, mismatches), expected)


def test_it_survives_its_file(two, tmp_path):
    model, x, _ = two
    baselines.save(tmp_path / "model.npz", model)
    again = baselines.load(tmp_path / "model.npz")
    assert (again.classes, again.positive, again.l) == (("no", "yes"), "yes", 6)
    np.testing.assert_array_equal(baselines.predict(again, x), baselines.predict(model, x))


def test_a_class_without_fit_records_is_named():
    x, y = planted(40)
    x[np.flatnonzero(y), 20] = 1
    with pytest.raises(UserError, match="'yes' has no training record of 6 or more letters A, C"):
        fit(x, y)
    with pytest.raises(UserError, match="'never' has no training record"):
        fit(*planted(40), classes=("no", "yes", "never"))


def test_without_the_package_it_says_so(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "gkmsvm.kernels.esttrunc", None)
    with pytest.raises(UserError, match="needs the package gkmsvm-lite, which is not installed"):
        fit(*planted(40))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_an_error(two, bad):
    model, x, _ = two
    broken = replace(model, bias=np.array([bad]))
    for score in (gapped_kmers.scores, baselines.predict):
        with pytest.raises(UserError, match=r"^the scores of a\.npz are not numbers; delete the"):
            score(broken, x, "a.npz")


def test_probabilities_are_not_fitted_to_what_is_no_number(monkeypatch):
    monkeypatch.setattr(gapped_kmers, "_norm", lambda words, *_: np.full(len(words), np.nan))
    with pytest.raises(UserError, match="the scores of gkm_svm are not numbers"):
        fit(*planted(40))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("l", 40),  # of 4^40 words
        ("l", 5),
        ("bias", np.array([np.nan])),
        ("bias", np.zeros(2)),
        ("coef", np.ones((1, 2))),
        ("mismatches", np.full(7, np.inf)),
        ("weights", np.ones((1, 3))),
    ],
)
def test_a_file_of_an_impossible_machine_is_named(two, tmp_path, name, value):
    baselines.save(tmp_path / "model.npz", replace(two[0], **{name: value}))
    with pytest.raises(UserError, match=r"model\.npz: damaged .*\(.*\); delete it and run again"):
        baselines.load(tmp_path / "model.npz")
