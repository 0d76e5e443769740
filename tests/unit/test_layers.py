"""Layers hold to their formulas: fractions, attention as a posterior, envelopes, temperature."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_softmax, logsumexp, softmax

from attendna.dna import IUPAC, base_fractions, letters, one_hot
from attendna.layers import (
    BaseFractions,
    BaseNormalization,
    ClassProbabilities,
    GroupLasso,
    MotifAttention,
    PaddingPenalty,
    TaperedConv1D,
)

POLICIES = ["float32", "mixed_float16", "mixed_bfloat16"]
PADDED = -1e9  # what PaddingPenalty gives at padding


def rebuilt(layer):
    return type(layer).from_config(layer.get_config())


# ------------------------------------------------------------------------------ input


def test_fractions_of_a_letter_are_shared_by_the_bases_that_it_allows():
    x = np.array([[[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]]], np.uint8)
    fractions = [[1, 0, 0, 0], [0.5, 0, 0.5, 0], [0.25] * 4, [0] * 4]  # A, R, N, padding
    np.testing.assert_array_equal(BaseFractions()(x), [fractions])


def test_fractions_are_those_of_the_library():
    x = one_hot(letters(["".join(IUPAC)]))
    np.testing.assert_allclose(BaseFractions()(x), base_fractions(x), rtol=1e-6)


@pytest.mark.parametrize("policy", POLICIES)
def test_padding_alone_is_penalised(policy):
    x = np.concatenate([one_hot(letters(["".join(IUPAC)])), np.zeros((1, 2, 4), np.uint8)], axis=1)
    penalty = PaddingPenalty(dtype=policy)(BaseFractions(dtype=policy)(x))
    assert penalty.dtype == "float32"
    # Thirds, as of B, do not add up to 1 in half precision.
    np.testing.assert_array_equal(penalty[0, :, 0], [0.0] * len(IUPAC) + [PADDED] * 2)


# ------------------------------------------------------------------------------ normalisation


@pytest.fixture
def responses():
    return np.random.default_rng(5).normal(2, 3, (4, 9, 3)).astype(np.float32)


def test_normalisation_counts_positions_with_a_base(responses):
    penalty = np.zeros((4, 9, 1), np.float32)
    penalty[0, 4:] = penalty[2, :2] = PADDED
    counted = responses[penalty[..., 0] == 0]
    layer = BaseNormalization(momentum=0.5, epsilon=0)
    normalised = np.array(layer(responses, penalty, training=True))
    of_bases = normalised[penalty[..., 0] == 0]
    np.testing.assert_allclose(of_bases.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(of_bases.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, counted.mean(axis=0) / 2, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.5 + counted.var(axis=0) / 2, rtol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_without_padding_it_is_batch_normalisation(responses, training):
    plain, ours = keras.layers.BatchNormalization(), rebuilt(BaseNormalization())
    expected = plain(responses, training=training)
    found = ours(responses, np.zeros((4, 9, 1), np.float32), training=training)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for one, other in zip(ours.weights, plain.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


# ------------------------------------------------------------------------------ attention


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(0, 3, (2, 12, 3)).astype(np.float32)


NO_PENALTY = np.zeros((2, 12, 1), np.float32)


def attention(**options):
    """Build an attention over 12 positions and 3 filters with random weights."""
    layer = MotifAttention(**options)
    layer.build((None, 12, 3), (None, 12, 1))
    rng = np.random.default_rng(1)
    layer.log_sharpness.assign(rng.normal(0, 0.5, 3))
    if layer.position:
        layer.prior.assign(rng.normal(0, 1, (12, 3)))
    return layer


def test_attention_is_the_hand_computed_softmax_and_logsumexp(features):
    layer = attention()
    sharpness = np.exp(layer.log_sharpness.numpy())
    scores = sharpness * features + layer.prior.numpy()
    weights = layer.weights_along(features, NO_PENALTY)
    np.testing.assert_allclose(weights, softmax(scores, axis=1), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(np.sum(weights, axis=1), 1, rtol=1e-6)
    expected = logsumexp(scores, axis=1) / sharpness
    np.testing.assert_allclose(layer(features, NO_PENALTY), expected, rtol=1e-5)


def test_pooling_log_odds_gives_the_likelihood_ratio_of_a_planted_motif():
    rng = np.random.default_rng(3)
    motif = rng.dirichlet(np.ones(4), size=3)  # probabilities of the bases, (width, 4)
    sequence = rng.integers(0, 4, 14)
    ratios = np.array([np.prod(4 * motif[np.arange(3), sequence[i : i + 3]]) for i in range(12)])
    where = rng.dirichlet(np.ones(12))
    layer = MotifAttention()
    layer.build((None, 12, 1), (None, 12, 1))
    layer.prior.assign(np.log(where)[:, None])
    responses = np.log(ratios)[None, :, None].astype(np.float32)
    pooled = layer(responses, NO_PENALTY[:1])
    posterior = layer.weights_along(responses, NO_PENALTY[:1])
    np.testing.assert_allclose(pooled, [[np.log(where @ ratios)]], rtol=1e-5)
    np.testing.assert_allclose(posterior[0, :, 0], where * ratios / (where @ ratios), rtol=1e-4)


def test_attention_weights_are_the_gradient_of_the_output_by_the_responses(features):
    layer = attention()
    responses = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(responses)
        total = tf.reduce_sum(layer(responses, NO_PENALTY))  # each output sees its own column
    gradient = tape.gradient(total, responses)
    weights = layer.weights_along(features, NO_PENALTY)
    np.testing.assert_allclose(gradient, weights, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("at_padding", [-1e3, 0.0, 1e3])
def test_padding_gets_no_weight_and_does_not_change_the_output(features, at_padding):
    layer = attention()
    penalty = NO_PENALTY.copy()
    penalty[:, 9:] = PADDED
    changed = features.copy()
    changed[:, 9:] = at_padding
    weights = np.array(layer.weights_along(changed, penalty))
    assert weights[:, 9:].max() < 1e-6
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(layer(changed, penalty), layer(features, penalty))


def test_a_flat_prior_does_not_know_where_it_is(features):
    layer = attention(position=False)
    moved = np.roll(features, 4, axis=1)
    weights = layer.weights_along(features, NO_PENALTY)
    moved_weights = layer.weights_along(moved, NO_PENALTY)
    np.testing.assert_allclose(moved_weights, np.roll(weights, 4, axis=1), rtol=1e-5)
    np.testing.assert_allclose(layer(moved, NO_PENALTY), layer(features, NO_PENALTY), rtol=1e-5)


def test_a_learned_prior_knows_where_it_is(features):
    layer = attention(position=True)
    moved = np.roll(features, 4, axis=1)
    weights = layer.weights_along(features, NO_PENALTY)
    moved_weights = layer.weights_along(moved, NO_PENALTY)
    assert np.abs(moved_weights - np.roll(weights, 4, axis=1)).max() > 0.01


def test_a_prior_begins_flat(features):
    with_prior, without = MotifAttention(position=True), MotifAttention(position=False)
    np.testing.assert_array_equal(with_prior(features, NO_PENALTY), without(features, NO_PENALTY))
    assert [len(layer.weights) for layer in (with_prior, without)] == [2, 1]


def test_the_prior_is_pulled_towards_flat_by_the_decay():
    layer = attention(position_decay=0.1)
    np.testing.assert_allclose(sum(layer.losses), 0.1 * np.sum(layer.prior.numpy() ** 2), rtol=1e-5)


def test_attention_in_half_precision_still_sums_to_one(features):
    layer = attention(dtype="mixed_float16")
    half = features.astype(np.float16)
    penalty = NO_PENALTY.copy()
    penalty[:, 9:] = PADDED  # no half-precision number
    pooled = layer(half, penalty)
    assert pooled.dtype == "float16" and np.isfinite(pooled).all()
    weights = layer.weights_along(half, penalty)
    np.testing.assert_allclose(np.sum(weights, axis=1), 1, rtol=1e-6)
    exact = attention().weights_along(features, penalty)
    np.testing.assert_allclose(weights, exact, atol=0.02)


def test_attention_is_rebuilt_from_its_config():
    layer = MotifAttention(position=False, position_decay=0.25, name="attention_7")
    again = rebuilt(layer)
    assert (again.position, again.position_decay, again.name) == (False, 0.25, "attention_7")


# ------------------------------------------------------------------------------ convolution


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "same", "use_bias": False},
        {"padding": "valid", "activation": "relu"},
        {"padding": "same", "strides": 2, "activation": "tanh"},
    ],
)
@pytest.mark.parametrize("taper", [None, 1.5])
def test_a_tapered_convolution_is_a_convolution_with_the_kernel_under_its_envelope(options, taper):
    x = np.random.default_rng(0).normal(size=(2, 9, 4)).astype(np.float32)
    tapered, plain = (
        TaperedConv1D(3, 5, taper=taper, **options),
        keras.layers.Conv1D(3, 5, **options),
    )
    tapered(x), plain(x)
    for own, other in zip(tapered.weights, plain.weights, strict=True):
        own.assign(np.random.default_rng(1).normal(size=own.shape))
        other.assign(own)
    if taper is not None:
        distance = np.array([-2, -1, 0, 1, 2])
        plain.kernel.assign(plain.kernel * np.exp(-(distance**2) / 4.5)[:, None, None])
    np.testing.assert_allclose(tapered(x), plain(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("width", [1, 2, 7, 8, 25])
def test_an_envelope_is_symmetric_and_highest_in_the_middle(width):
    envelope = TaperedConv1D(1, width, taper=2.0).envelope()
    assert envelope.shape == (width, 1, 1)
    along = envelope[:, 0, 0]
    np.testing.assert_array_equal(along, along[::-1])
    half = along[: (width + 1) // 2]
    assert (np.diff(half) > 0).all()
    assert (along > 0).all() and along.max() <= 1
    assert width % 2 == 0 or along[width // 2] == 1


def test_a_tapered_convolution_is_rebuilt_from_its_config():
    again = rebuilt(TaperedConv1D(3, 5, taper=1.5, padding="same", use_bias=False))
    assert (again.filters, again.kernel_size, again.taper) == (3, (5,), 1.5)
    assert (again.padding, again.use_bias) == ("same", False)
    assert rebuilt(TaperedConv1D(3, 5)).taper is None


def test_the_group_lasso_adds_up_the_norms_of_positions():
    kernel = np.zeros((3, 4, 2), np.float32)
    kernel[0, :, 0] = [3, 0, 4, 0]
    kernel[2, :, 1] = [0, 0, 0, -2]
    cost = GroupLasso(0.1)(kernel)
    np.testing.assert_allclose(cost, 0.1 * (5 + 2), atol=1e-3)
    np.testing.assert_allclose(GroupLasso(0.2)(kernel), 2 * cost, rtol=1e-6)
    assert GroupLasso.from_config(GroupLasso(0.1).get_config()).strength == 0.1


def test_the_group_lasso_pulls_an_empty_position_nowhere():
    kernel = tf.zeros((3, 4, 2))
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        cost = GroupLasso(0.1)(kernel)
    np.testing.assert_array_equal(tape.gradient(cost, kernel), np.zeros((3, 4, 2)))


# ------------------------------------------------------------------------------ probabilities


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_divides_the_logits(temperature):
    logits = np.random.default_rng(0).normal(0, 4, (6, 3)).astype(np.float32)
    many = ClassProbabilities(["a", "b", "c"], "", temperature)(logits)
    np.testing.assert_allclose(many, softmax(logits / temperature, axis=1), rtol=1e-4)
    two = ClassProbabilities(["a", "b"], "a", temperature)(logits[:, :1])
    np.testing.assert_allclose(two, expit(logits[:, :1] / temperature), rtol=1e-4)


def test_probabilities_stay_in_single_precision_under_any_policy():
    layer = ClassProbabilities(["a", "b", "c"], "", dtype="mixed_float16")
    logits = np.array([[0.0, 1e-4, -12.0]], np.float16)
    assert layer(logits).dtype == "float32"
    expected = log_softmax(logits.astype(np.float64))
    np.testing.assert_allclose(np.log(layer(logits)), expected, rtol=1e-4)


def test_probabilities_remember_classes_positive_and_temperature():
    layer = ClassProbabilities(("no", "yes"), "yes", 1.75)
    again = rebuilt(layer)
    assert (again.classes, again.positive, again.temperature) == (["no", "yes"], "yes", 1.75)
