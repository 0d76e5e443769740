"""Attributions against what they are defined as, in networks with weights drawn at random."""

import keras
import numpy as np
import pytest
from small_networks import encoded, hyperparameters

from attendna.dna import base_fractions, reverse_complement
from attendna.errors import UserError
from attendna.explanation import attribution
from attendna.explanation.perturbation import perturbed_scores
from attendna.learning import models
from attendna.learning.layers import ClassProbabilities

pytestmark = pytest.mark.slow  # TensorFlow compiles many networks

LENGTH = 30
CLASSES = ["a", "b"]
TARGET = np.array([0, 1, 1, 0, 1, 0])


def network(architecture="attention_cnn", classes=CLASSES, crop="", **changes):
    """A network whose every weight, and every statistic of batch norm, is drawn at random."""
    build = models.NETWORKS[architecture]
    positive = classes[1] if len(classes) == 2 else ""
    values = hyperparameters(architecture, **changes)
    model = build(LENGTH, classes, positive, crop=crop, **values)
    random = np.random.default_rng(4)
    for weight in model.weights:
        drawn = random.normal(size=weight.shape) * (1 if "kernel" in weight.path else 0.3)
        weight.assign(np.abs(drawn) + 0.5 if "variance" in weight.path else drawn)
    return model


@pytest.fixture(scope="module")
def model():
    return network(crop="left")


@pytest.fixture(scope="module")
def x():
    """Six records, the first of which hold IUPAC codes and padding."""
    return encoded(6, LENGTH, seed=2)


def scores_of(model, fractions, mask, target):
    return attribution.Gradients(model)(fractions, mask, attribution.target_weights(model, target))[
        0
    ]


# ------------------------------------------------------------------------------ what is explained


def test_the_score_of_two_classes_is_the_log_odds(model, x):
    p = models.predict(model, x)
    score = attribution.target_scores(model, x, TARGET)
    expected = np.log(p[np.arange(6), TARGET] / p[np.arange(6), 1 - TARGET])
    np.testing.assert_allclose(score, expected, rtol=1e-4, atol=1e-4)


def test_the_scores_of_several_classes_sum_to_zero_and_rank_as_probabilities_do(x):
    model = network(classes=["a", "b", "c"])
    scores = [attribution.target_scores(model, x, np.full(6, i)) for i in range(3)]
    np.testing.assert_allclose(np.sum(scores, axis=0), 0, atol=1e-5)
    assert (np.argsort(scores, axis=0).T == np.argsort(models.predict(model, x), axis=1)).all()


def test_an_untrained_network_is_of_the_same_kind_with_other_weights(model, x):
    control = attribution.untrained(model, seed=1)
    assert [layer.name for layer in control.layers] == [layer.name for layer in model.layers]
    assert np.abs(models.predict(control, x) - models.predict(model, x)).max() > 0.01
    again = attribution.untrained(model, seed=1)
    np.testing.assert_array_equal(models.predict(control, x), models.predict(again, x))


def test_a_network_in_half_precision_is_explained_in_single_precision(model, x):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = network(crop="left")
    finally:
        keras.config.set_dtype_policy("float32")
    single = attribution.explainable(half)
    np.testing.assert_allclose(models.predict(single, x), models.predict(model, x), atol=1e-5)
    assert np.abs(models.predict(half, x) - models.predict(model, x)).max() > 1e-5
    assert attribution.explainable(single) is single


# ------------------------------------------------------------------------------ gradients


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_the_gradient_tells_what_a_little_of_another_base_does(architecture, x):
    model = network(architecture)
    found = attribution.gradient(model, x, TARGET)
    np.testing.assert_allclose(found.sum(axis=2), 0, atol=1e-5)
    mask, fractions, step = x.any(axis=2), base_fractions(x), 0.001
    gradients, weights = attribution.Gradients(model), attribution.target_weights(model, TARGET)
    close = []
    for place in (2, 11, 29):
        towards = np.zeros_like(fractions)
        towards[:, place] = [0.5, 0.5, -1, 0]  # from G to A and C: shares still sum to 1
        ends = [gradients(fractions + sign * step * towards, mask, weights)[0] for sign in (1, -1)]
        measured = (ends[0] - ends[1]) / (2 * step) * mask[:, place]
        expected = np.sum(found[:, place] * [0.5, 0.5, -1, 0], axis=1)
        close += np.isclose(measured, expected, rtol=0.02, atol=0.01).tolist()
    # But where a little crosses a kink of a rectifier or a maximum.
    assert np.mean(close) >= (0.9 if architecture == "attention_cnn" else 0.6)


def test_padding_contributes_nothing(model, x):
    padding = ~x.any(axis=2)
    assert padding[0].sum() == 4
    how = {"kinds": ["zero", "uniform", "shuffled"], "shuffles": 1, "steps": 4, "seed": [1]}
    integrated, _, _ = attribution.integrated_gradients(model, x, TARGET, **how)
    for found in (
        attribution.gradient(model, x, TARGET),
        attribution.in_silico_mutagenesis(model, x, TARGET),
        integrated,
        attribution.attention_scores(model, x, TARGET),
    ):
        assert np.all(found[padding] == 0)
        assert np.abs(found[~padding]).max() > 0


@pytest.mark.parametrize("kind", ["zero", "uniform", "shuffled"])
def test_integrated_gradients_add_up_to_the_difference(kind, model, x):
    how = {"kinds": [kind], "shuffles": 2, "steps": 60, "seed": [1]}
    found, differences, totals = attribution.integrated_gradients(model, x, TARGET, **how)
    contributions = np.sum(found * base_fractions(x), axis=2)
    np.testing.assert_allclose(contributions.sum(axis=1), totals[:, 0], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(totals, differences, rtol=0.02, atol=0.03)
    starts = [attribution.baselines(x, kind, [1, draw]) for draw in range(2)]
    mask = x.any(axis=2)
    expected = attribution.target_scores(model, x, TARGET) - np.mean(
        [scores_of(model, start, mask, TARGET) for start in starts], axis=0
    )
    np.testing.assert_allclose(differences[:, 0], expected, rtol=1e-4, atol=1e-4)


def test_more_points_are_taken_where_few_miss_the_difference(monkeypatch, x):
    model = network("tutorial_cnn")
    how = {"kinds": ["uniform"], "shuffles": 1, "steps": 2, "seed": [1]}
    errors = []
    for most in (1, 16):
        monkeypatch.setattr(attribution, "MOST_STEPS", most)
        _, differences, totals = attribution.integrated_gradients(model, x, TARGET, **how)
        errors.append(np.abs(totals - differences) / np.abs(differences))
    assert np.median(errors[1]) < 0.5 * np.median(errors[0])
    enough = errors[0] <= 0.01
    np.testing.assert_array_equal(errors[0][enough], errors[1][enough])


def test_baselines_are_what_they_are_called(x):
    fractions, mask = base_fractions(x), x.any(axis=2)
    assert not attribution.baselines(x, "zero", [1]).any()
    uniform = attribution.baselines(x, "uniform", [1])
    assert (uniform[mask] == 0.25).all() and (uniform[~mask] == 0).all()
    shuffled = attribution.baselines(x, "shuffled", [1])
    np.testing.assert_allclose(shuffled.sum(axis=1), fractions.sum(axis=1), rtol=1e-6)
    assert (shuffled != fractions).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(shuffled, attribution.baselines(x, "shuffled", [1]))
    assert (shuffled != attribution.baselines(x, "shuffled", [2])).any()


# ------------------------------------------------------------------------------ mutagenesis


@pytest.mark.parametrize(
    ("classes", "crop", "changes"),
    [
        (CLASSES, "", {}),
        (CLASSES, "centre", {"kernel_sizes": [5], "hidden": []}),
        (["a", "b", "c"], "left", {"kernel_sizes": [1, 4, 41], "position": False}),
        (CLASSES, "right", {"reverse_complement": "average"}),
        (CLASSES, "centre", {"reverse_complement": "either"}),
    ],
)
def test_windows_give_the_numbers_of_the_whole_network(classes, crop, changes, x, monkeypatch):
    model = network(classes=classes, crop=crop, **changes)
    records = x if crop else x[3:]
    pooled = attribution.pooled_network(model)
    assert pooled is not None
    with monkeypatch.context() as patch:
        patch.setattr(attribution, "predicted_mutants", None)  # the other way
        fast = attribution.logits_of_mutants(model, records)
    mask = records.any(axis=2)
    slow = attribution.predicted_mutants(model, records)
    np.testing.assert_allclose(fast[mask], slow[mask], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("tutorial_cnn", {}),
        ("attention_cnn", {"counting": True}),
        ("attention_cnn", {"partner_sizes": [8], "reverse_complement": "either"}),
    ],
)
def test_every_mutant_is_predicted_where_windows_do_not_tell(architecture, changes, x):
    model = network(architecture, **changes)
    assert attribution.pooled_network(model) is None
    found = attribution.logits_of_mutants(model, x)
    for record, place, base in [(0, 3, 1), (4, 0, 2), (5, 29, 3), (1, 26, 0)]:
        mutant = x[[record]].copy()
        mutant[0, place] = np.eye(4, dtype=np.uint8)[base]
        expected = attribution._predict(attribution.logits_of(model), mutant, 8)[0]
        np.testing.assert_allclose(found[record, place, base], expected, rtol=1e-4, atol=1e-5)


def test_windows_that_are_wrong_are_found_out(monkeypatch, capsys, model, x):
    right = attribution.logits_of_mutants(model, x)
    whole = attribution.mutant_totals

    def wrong(scale, fractions):
        return whole(scale, fractions) * 1.05

    monkeypatch.setattr(attribution, "mutant_totals", wrong)
    found = attribution.logits_of_mutants(model, x)
    assert "predicting all" in capsys.readouterr().out
    mask = x.any(axis=2)
    np.testing.assert_allclose(found[mask], right[mask], rtol=1e-5, atol=1e-5)


def test_a_network_that_sees_the_bases_in_a_second_way_is_no_pooled_one():
    model = network()
    logits = model.get_layer("logits").output
    content = keras.layers.Dense(1)(
        keras.layers.GlobalAveragePooling1D()(model.get_layer("fractions").output)
    )
    last = ClassProbabilities(CLASSES, "b", name=models.PROBABILITIES)
    both = keras.Model(model.input, last(keras.layers.Add()([logits, content])))
    assert attribution.pooled_network(both) is None


def test_mutagenesis_is_centred_and_tells_the_score_of_each_base(model, x):
    found = attribution.in_silico_mutagenesis(model, x, TARGET)
    np.testing.assert_allclose(found.sum(axis=2), 0, atol=1e-4)
    mutants = x[[5, 5]].copy()
    mutants[0, 8], mutants[1, 8] = [1, 0, 0, 0], [0, 0, 0, 1]
    a, t = attribution.target_scores(model, mutants, TARGET[[5, 5]])
    assert found[5, 8, 0] - found[5, 8, 3] == pytest.approx(a - t, abs=1e-4)


# ------------------------------------------------------------------------------ attention


def test_attention_looks_where_the_only_filter_that_matters_does(x):
    """One filter of ten bases, with a weight for each class; only for its own is it looked at."""
    model = network(members=1, kernel_sizes=[5], filters=1, hidden=[], position=False, taper=None)
    scale = attribution.pooled_network(model)[0][0]
    towards = attribution.attention_scores(model, x[3:], np.array([0, 0, 0]))
    against = attribution.attention_scores(model, x[3:], np.array([1, 1, 1]))
    assert (towards.sum() > 0) != (against.sum() > 0)
    seen = towards + against
    _, weights = models.attention_along(model, x[3:], 4)
    centres = weights[:, 0].argmax(axis=1)
    assert np.abs(seen.argmax(axis=1) - centres).max() <= scale.width // 2


def test_attention_of_other_networks_is_spread_over_their_windows(x):
    model = network("tutorial_cnn")
    found = attribution.attention_scores(model, x[3:], TARGET[3:])
    assert found.shape == (3, LENGTH) and (found >= 0).all()
    assert found.sum() <= 3 + 1e-5 and found.sum() > 2  # windows reach over the ends


@pytest.mark.parametrize("use", ["average", "either"])
def test_attention_of_both_strands_is_the_same_from_either(use, x):
    model = network(reverse_complement=use)
    found = attribution.attention_scores(model, x, TARGET)
    turned = attribution.attention_scores(model, reverse_complement(x), TARGET)
    np.testing.assert_allclose(turned[:, ::-1], found, rtol=1e-4, atol=1e-6)
    assert found.max() > 0


# ------------------------------------------------------------------------------ perturbations


def test_all_that_is_deleted_is_all_that_is_not_inserted(model, x):
    ranking = np.random.default_rng(1).random(x.shape[:2])
    shares = [0.25, 1.0]
    deleted = perturbed_scores(model, x, TARGET, ranking, shares, insert=False)
    inserted = perturbed_scores(model, x, TARGET, ranking, shares, insert=True)
    rest = perturbed_scores(model, x, TARGET, -ranking, [0.75], insert=True)
    intact = attribution.target_scores(model, x, TARGET)
    np.testing.assert_allclose(inserted[:, 1], intact, rtol=1e-4, atol=1e-4)
    nothing = np.where(x.any(axis=2, keepdims=True), 1, 0).repeat(4, axis=2).astype(np.uint8)
    empty = attribution.target_scores(model, nothing, TARGET)
    np.testing.assert_allclose(deleted[:, 1], empty, rtol=1e-4, atol=1e-4)
    whole = x.any(axis=2).sum(axis=1) % 4 == 0  # a quarter is a whole number of bases
    np.testing.assert_allclose(deleted[whole, 0], rest[whole, 0], rtol=1e-4, atol=1e-4)


def test_filters_are_those_that_pool_and_read_as_log_odds():
    model = network(kernel_sizes=[3, 8])
    filters = attribution.first_filters(model)
    assert {name: of.shape for name, of in filters.items()} == {
        "filters_3": (3, 4, 8),  # four of each of two members
        "filters_8": (8, 4, 8),
    }
    scales, _ = attribution.pooled_network(model)
    np.testing.assert_allclose(filters["filters_8"], scales[1].kernel, rtol=1e-6)
    plain = attribution.first_filters(network("tutorial_cnn"))
    assert [of.shape for of in plain.values()] == [(k, 4, 64) for k in (3, 7, 15, 25)]


# ------------------------------------------------------------------------------ not a number


INTEGRATED = {"kinds": ["uniform"], "shuffles": 1, "steps": 4, "seed": [1]}


@pytest.mark.parametrize("architecture", models.NETWORKS)
@pytest.mark.parametrize(
    ("what", "explain"),
    [
        ("scores", attribution.target_scores),
        ("gradients", attribution.gradient),
        ("integrated gradients", lambda *a: attribution.integrated_gradients(*a, **INTEGRATED)),
        ("effects of mutations", attribution.in_silico_mutagenesis),
        ("attention", attribution.attention_scores),
        ("filters", lambda model, *_: attribution.first_filters(model)),
        (
            "scores",
            lambda *a: perturbed_scores(*a, np.ones((6, LENGTH)), [0.5], insert=True),
        ),
    ],
)
def test_what_is_no_number_explains_nothing(what, explain, architecture, x):
    model = network(architecture)
    scale = "filters_8" if architecture == "attention_cnn" else "filters_7"
    # A maximum over positions may hide a filter; so loading checks the weights themselves.
    for weights in (model.get_layer(scale).kernel, model.get_layer("logits").bias):
        weights.assign(np.full(weights.shape, np.nan))
    with pytest.raises(UserError, match=f"{what}.* are not numbers; lower training.learning_rate"):
        explain(model, x, TARGET)
