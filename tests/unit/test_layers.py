"""Layers hold to their formulas: fractions, attention as a posterior, envelopes, temperature."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_softmax, logsumexp, softmax

from attendna.dna import IUPAC, base_fractions, letters, one_hot
from attendna.learning import layers
from attendna.learning.layers import (
    BaseFractions,
    BothStrands,
    ClassProbabilities,
    FadingDropout,
    GroupLasso,
    MemberMean,
    MotifAttention,
    MotifConv1D,
    PaddingPenalty,
    SiteAttention,
    StrandMean,
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


# ------------------------------------------------------------------------------ attention


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(0, 3, (2, 12, 3)).astype(np.float32)


NO_PENALTY = np.zeros((2, 12, 1), np.float32)


def set_levels(layer, levels):
    """Give the first levels of a prior these numbers for each filter, and the others 0."""
    every = [*levels, *(np.zeros(knots) for knots in layer.knots[len(levels) :])]
    layer.numbers.assign(np.repeat(np.concatenate(every)[:, None], layer.numbers.shape[1], axis=1))


def attention(**options):
    """Build an attention over 12 positions and 3 filters with random weights."""
    layer = MotifAttention(**options)
    layer.build((None, 12, 3), (None, 12, 1))
    rng = np.random.default_rng(1)
    layer.threshold.assign(rng.normal(3, 2, 3))
    if layer.position:
        layer.numbers.assign(rng.normal(0, 0.5, layer.numbers.shape))
    return layer


def test_attention_is_the_hand_computed_softmax_and_softplus_of_the_logsumexp(features):
    layer = attention()
    scores = features + np.array(layer.log_prior())
    weights = layer.weights_along(features, NO_PENALTY)
    np.testing.assert_allclose(weights, softmax(scores, axis=1), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(np.sum(weights, axis=1), 1, rtol=1e-6)
    expected = np.logaddexp(0, logsumexp(scores, axis=1) - layer.threshold.numpy())
    np.testing.assert_allclose(layer(features, NO_PENALTY), expected, rtol=1e-4)


def test_pooling_log_odds_gives_the_likelihood_ratio_of_a_motif_planted_in_some_sequences():
    rng = np.random.default_rng(3)
    motif = rng.dirichlet(np.ones(4), size=3)  # probabilities of the bases, (width, 4)
    sequence = rng.integers(0, 4, 14)
    ratios = np.array([np.prod(4 * motif[np.arange(3), sequence[i : i + 3]]) for i in range(12)])
    where, share = rng.dirichlet(np.ones(12)), 0.3
    layer = MotifAttention()
    layer.build((None, 12, 1), (None, 12, 1))
    set_levels(layer, [np.log(where)])
    layer.threshold.assign([np.log((1 - share) / share)])
    responses = np.log(ratios)[None, :, None].astype(np.float32)
    pooled = layer(responses, NO_PENALTY[:1])
    posterior = layer.weights_along(responses, NO_PENALTY[:1])
    ratio = 1 - share + share * where @ ratios
    np.testing.assert_allclose(pooled, [[np.log(ratio) - np.log(1 - share)]], rtol=1e-5)
    np.testing.assert_allclose(posterior[0, :, 0], where * ratios / (where @ ratios), rtol=1e-4)


def test_what_attention_looks_at_is_what_its_output_depends_on(features):
    layer = attention()
    responses = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(responses)
        total = tf.reduce_sum(layer(responses, NO_PENALTY))  # each output sees its own column
    gradient = tape.gradient(total, responses)
    weights = layer.weights_along(features, NO_PENALTY)
    scores = features + np.array(layer.log_prior())
    present = expit(logsumexp(scores, axis=1) - layer.threshold.numpy())[:, None]
    np.testing.assert_allclose(gradient, present * weights, rtol=1e-4, atol=1e-7)
    assert present.min() < 0.9 and present.max() > 0.1  # neither all there nor all absent


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
    np.testing.assert_allclose(
        sum(layer.losses), 0.1 * np.sum(layer.numbers.numpy() ** 2), rtol=1e-5
    )


def prior_of(length, level, numbers):
    """Return the prior (length,) of one filter whose levels are zero but for one."""
    layer = MotifAttention()
    layer.build((None, length, 1), (None, length, 1))
    below = [np.zeros(knots) for knots in layer.knots[:level]]
    set_levels(layer, [*below, np.broadcast_to(numbers, layer.knots[level])])
    return np.array(layer.log_prior())[:, 0] / 2 ** (level / 2)


def test_the_levels_of_a_prior_halve_to_a_handful():
    layer = MotifAttention()
    layer.build((None, 200, 3), (None, 200, 1))
    assert layer.knots == [200, 101, 51, 26, 14, 8, 5, 3]
    assert layer.numbers.shape == (sum(layer.knots), 3)


@pytest.mark.parametrize("length", [1, 4, 5, 12, 13, 31, 200])
def test_each_level_of_a_prior_can_be_flat_and_the_finest_is_the_positions(length):
    layer = MotifAttention()
    layer.build((None, length, 1), (None, length, 1))
    for level in range(len(layer.knots)):
        np.testing.assert_allclose(prior_of(length, level, 1.0), np.ones(length), rtol=1e-6)
    numbers = np.random.default_rng(0).normal(size=length).astype(np.float32)
    np.testing.assert_array_equal(prior_of(length, 0, numbers), numbers)


@pytest.mark.parametrize("at_once", [3, 20, 100])
def test_a_prior_is_the_same_however_many_levels_are_drawn_at_once(at_once, monkeypatch):
    numbers = np.random.default_rng(0).normal(size=(408, 3))
    priors = []
    for _ in range(2):
        layer = MotifAttention()
        layer.build((None, 200, 3), (None, 200, 1))
        layer.numbers.assign(numbers)
        priors.append(layer.log_prior())
        monkeypatch.setattr(layers, "AT_ONCE", at_once)
    np.testing.assert_allclose(*priors, atol=1e-4)


@pytest.mark.parametrize("length", [1, 5, 13, 200, 700])
def test_a_prior_is_the_sum_of_its_levels_drawn_one_by_one(length):
    layer = MotifAttention()
    layer.build((None, length, 1), (None, length, 1))
    numbers = np.random.default_rng(0).normal(size=(sum(layer.knots), 1))
    layer.numbers.assign(numbers)
    expected = np.zeros(length)
    levels = np.split(numbers[:, 0], np.cumsum(layer.knots)[:-1])
    for level, curve in enumerate(levels):
        for finer in layer.knots[level - 1 :: -1] if level else []:  # cut the corners
            twice = np.pad(np.repeat(curve, 2), 1, mode="edge")
            over = len(twice) - 2 - finer
            curve = np.convolve(twice, [0.25, 0.5, 0.25], "valid")[over // 2 :][:finer]
        expected += 2 ** (level / 2) * curve
    np.testing.assert_allclose(np.array(layer.log_prior())[:, 0], expected, atol=1e-4)


def test_a_level_of_a_prior_is_a_smooth_curve_through_its_numbers():
    ramp = prior_of(64, 2, np.arange(17))  # a number every 4 positions
    np.testing.assert_allclose(np.diff(ramp)[8:-8], 1 / 4, rtol=1e-4)
    bump = prior_of(64, 2, np.arange(17) == 9)
    assert 8 <= np.count_nonzero(bump) <= 12 and bump.max() < 0.8
    assert (np.diff(np.sign(np.diff(bump[bump > 0]))) <= 0).all()  # up and then down
    assert abs(np.average(np.arange(64), weights=bump) - np.interp(9, ramp, np.arange(64))) < 0.01


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


# ------------------------------------------------------------------------------ sites


def sites(length=12, filters=3, **options):
    """Build a pooling of sites with random weights, also of partners and of counting."""
    layer = SiteAttention(**options)
    layer.build((None, length, filters), (None, length, 1))
    rng = np.random.default_rng(1)
    for weights in layer.weights:
        if weights.name == "partners":  # which start from random numbers: the same in any layer
            weights.assign(np.zeros(weights.shape))
        weights.assign_add(rng.normal(0, 0.5, weights.shape))
    return layer


def by_blocks(scores):
    """The scores of blocks of positions, (batch, blocks, filters), one after the other."""
    starts = range(0, scores.shape[1], layers.BLOCK)
    return np.stack([logsumexp(scores[:, i : i + layers.BLOCK], axis=1) for i in starts], axis=1)


def test_pooling_sites_without_all_that_is_new_is_attention(features):
    layer, plain = sites(), attention()
    for weights, others in zip(plain.weights, layer.weights, strict=True):
        weights.assign(others)
    np.testing.assert_allclose(layer(features, NO_PENALTY), plain(features, NO_PENALTY), rtol=1e-4)
    np.testing.assert_allclose(
        layer.weights_along(features, NO_PENALTY), plain.weights_along(features, NO_PENALTY)
    )


def test_counting_changes_nothing_before_it_is_learned(features):
    layer = SiteAttention(position=False, counting=True)
    layer.build((None, 12, 3), (None, 12, 1))
    plain = attention(position=False)
    plain.threshold.assign(layer.threshold)
    np.testing.assert_allclose(layer(features, NO_PENALTY), plain(features, NO_PENALTY), rtol=1e-4)


def test_counting_is_pulled_to_none_and_never_below():
    layer = SiteAttention(position=False, counting=True, members=2)
    layer.build((None, 12, 4), (None, 12, 1))
    layer.copies.assign([0.5, 0.0, 1.0, 2.0])
    pull = [float(loss) for loss in layer.losses if loss > 0]
    np.testing.assert_allclose(pull, [layers.COUNTING_SPARSITY / 2 * 3.5], rtol=1e-6)
    np.testing.assert_array_equal(layer.copies.constraint(np.array([-1.0, 2.0])), [0, 2])


def test_partners_start_from_small_random_weights():
    layer = SiteAttention(position=False, reach=16, members=2)
    layer.build((None, 40, 20), (None, 40, 1))
    weights = layer.partners.numpy()
    assert abs(weights.mean()) < 0.05 and weights.std() == pytest.approx(0.3, rel=0.1)


def test_counting_goes_from_one_site_at_most_to_the_sum_over_all(features):
    layer = sites(position=False, counting=True)
    scores = by_blocks(features) - layer.threshold.numpy()
    one, many = np.logaddexp(0, logsumexp(scores, axis=1)), np.logaddexp(0, scores).sum(axis=1)
    for share in (0.0, 0.3, 1.0):
        layer.copies.assign(np.full(3, share))
        expected = one + share * (many - one)
        np.testing.assert_allclose(layer(features, NO_PENALTY), expected, rtol=1e-4)


@pytest.mark.parametrize(("length", "members"), [(12, 1), (30, 1), (30, 2)])
def test_partners_add_their_evidence_by_their_distance_to_the_score_of_a_site(length, members):
    features = np.random.default_rng(2).normal(0, 3, (2, length, 4)).astype(np.float32)
    layer = sites(length, 4, position=False, reach=8, members=members)
    blocks = by_blocks(features)
    evidence = np.logaddexp(0, blocks - layer.partner_threshold.numpy())
    weights, own = layer.partners.numpy(), 4 // members
    expected = blocks.copy()
    for site in np.ndindex(blocks.shape[1], 4):
        for distance in (-2, -1, 0, 1, 2):
            place, member = site[0] + distance, site[1] // own
            if not 0 <= place < blocks.shape[1]:
                continue
            of_pairs = weights[member, distance + 2, :, site[1] % own]
            seen = evidence[:, place, member * own : (member + 1) * own]
            expected[:, *site] += seen @ of_pairs
    np.testing.assert_allclose(
        layer.blocks(features, 0.0) + layer.from_partners(layer.blocks(features, 0.0)),
        expected,
        rtol=1e-3,
        atol=1e-4,
    )
    pooled = np.logaddexp(0, logsumexp(expected, axis=1) - layer.threshold.numpy())
    np.testing.assert_allclose(
        layer(features, np.zeros((2, length, 1), np.float32)), pooled, rtol=1e-3
    )


def test_a_site_on_either_strand_is_one_site_of_both(features):
    layer, one = sites(strands=True, position=False), sites(position=False)
    both = layer(features, NO_PENALTY)  # the second record is the other strand of the first
    joined = logsumexp(features, axis=(0, 1)) - one.threshold.numpy()
    np.testing.assert_allclose(both, np.logaddexp(0, joined)[None], rtol=1e-4)
    np.testing.assert_allclose(layer(features[::-1], NO_PENALTY), both, rtol=1e-5)
    weights = np.exp(features - logsumexp(features, axis=(0, 1)))
    expected = weights[:1] + weights[1:, ::-1]
    np.testing.assert_allclose(layer.weights_along(features, NO_PENALTY), expected, rtol=1e-4)


def test_partners_on_both_strands_are_told_along_each(features):
    options = {"position": False, "reach": 8, "counting": True}
    both, one = sites(strands=True, **options), sites(**options)
    blocks = one.blocks(features, NO_PENALTY)
    blocks = np.array(blocks + one.from_partners(blocks)) - one.threshold.numpy()
    at_most, many = np.logaddexp(0, logsumexp(blocks, axis=(0, 1))), np.logaddexp(0, blocks)
    expected = at_most + one.copies.numpy() * (many.sum(axis=(0, 1)) - at_most)
    np.testing.assert_allclose(both(features, NO_PENALTY), expected[None], rtol=1e-3)


@pytest.mark.parametrize("before", [1, 2, 5, 8])
def test_blocks_begin_with_the_sequence_wherever_that_stands(features, before):
    layer = sites(position=False, reach=8, padded=True)
    moved = np.pad(features, ((0, 0), (before, 8 - before), (0, 0)))
    penalty = np.pad(NO_PENALTY, ((0, 0), (before, 8 - before), (0, 0)), constant_values=PADDED)
    expected = layer(features, NO_PENALTY)
    np.testing.assert_allclose(layer(moved, penalty), expected, rtol=1e-4)
    along = layer.weights_along(features, NO_PENALTY)
    within = np.array(layer.weights_along(moved, penalty))[:, before : before + 12]
    np.testing.assert_allclose(within, along, rtol=1e-3, atol=1e-6)


def test_a_pooling_of_sites_is_rebuilt_from_its_config():
    layer = sites(reach=8, members=3, strands=True, counting=True, partner_sparsity=0.5)
    again = rebuilt(layer)
    again.build((None, 12, 3), (None, 12, 1))
    again.set_weights(layer.get_weights())
    assert again.get_config() == layer.get_config()
    penalty = 0.5 * np.sqrt((layer.partners.numpy() ** 2).sum(axis=1) + 1e-8).sum()
    losses = [float(loss) for loss in again.losses]
    np.testing.assert_allclose(max(losses), penalty, rtol=1e-4)


# ------------------------------------------------------------------------------ convolution


def convolution(width, filters=3, taper=1.5, seed=1):
    """Build a layer with a random kernel, random sharpness and random envelopes."""
    layer = MotifConv1D(filters, width, taper=taper)
    layer.build((None, None, 4))
    rng = np.random.default_rng(seed)
    layer.kernel.assign(rng.normal(size=layer.kernel.shape))
    layer.log_sharpness.assign(rng.normal(0, 0.5, filters))
    if taper is not None:
        layer.log_taper.assign_add(rng.normal(0, 0.3, filters))
    return layer


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("taper", [None, 1.5])
def test_a_response_is_the_matrix_laid_over_the_sequence(width, taper):
    layer = convolution(width, taper=taper)
    x = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 9)).astype(np.float32)
    matrices = np.array(layer.matrices())
    before = (width - 1) // 2
    padded = np.pad(x, ((0, 0), (before, width - 1 - before), (0, 0)))
    expected = [
        np.tensordot(padded[:, i : i + width], matrices, axes=([1, 2], [0, 1])) for i in range(9)
    ]
    np.testing.assert_allclose(layer(x), np.stack(expected, axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("taper", [None, 1.5])
def test_responses_to_random_bases_have_mean_zero_and_the_sharpness_as_deviation(taper):
    layer = convolution(3, taper=taper)
    every = np.stack(np.meshgrid(*[range(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    words = np.eye(4, dtype=np.float32)[every]  # all 64 of three bases
    responses = np.array(layer(words))[:, 1]  # the kernel's middle on the word's middle
    np.testing.assert_allclose(responses.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(responses.std(axis=0), np.exp(layer.log_sharpness), rtol=1e-3)


def test_letters_that_allow_every_base_and_padding_say_nothing():
    layer = convolution(5)
    x = np.full((1, 12, 4), 0.25, np.float32)
    x[:, 6:] = 0
    np.testing.assert_allclose(layer(x), 0, atol=1e-6)


def test_the_scale_of_a_kernel_does_not_matter_nor_what_is_added_to_all_bases():
    layer = convolution(5)
    before = np.array(layer.matrices())
    layer.kernel.assign(7 * layer.kernel + np.array([1.0, -2, 0, 3, 1])[:, None, None])
    # What is added falls away only where all bases get the same, before the envelope or after.
    np.testing.assert_allclose(layer.matrices(), before, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("width", [1, 2, 7, 8, 25])
def test_an_envelope_is_a_bell_of_its_taper_around_the_middle(width):
    layer = MotifConv1D(2, width, taper=2.0)
    layer.build((None, None, 4))
    layer.log_taper.assign(np.log([2.0, 5.0]))
    envelope = np.array(layer.envelope())
    distance = np.arange(width) - (width - 1) / 2
    for i, taper in enumerate([2.0, 5.0]):
        expected = np.exp(-(distance**2) / (2 * taper**2))
        np.testing.assert_allclose(envelope[:, 0, i], expected, rtol=1e-4)


def test_a_kernel_of_zeros_responds_with_zero_and_can_learn():
    layer = convolution(3)
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    x = tf.one_hot(np.random.default_rng(0).integers(0, 4, (2, 9)), 4)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x)[:, 4])
    np.testing.assert_array_equal(layer(x), 0)
    gradient = tape.gradient(total, layer.kernel)
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


def test_a_convolution_is_rebuilt_from_its_config():
    again = rebuilt(MotifConv1D(3, 5, taper=1.5, kernel_regularizer=GroupLasso(0.1, axis=1)))
    assert (again.filters, again.kernel_size, again.taper) == (3, 5, 1.5)
    assert (again.kernel_regularizer.strength, again.kernel_regularizer.axis) == (0.1, 1)
    assert rebuilt(MotifConv1D(3, 5)).taper is None


def test_the_group_lasso_adds_up_the_norms_of_groups():
    kernel = np.zeros((3, 4, 2), np.float32)
    kernel[0, :, 0] = [3, 0, 4, 0]
    kernel[2, :, 1] = [0, 0, 0, -2]
    np.testing.assert_allclose(GroupLasso(0.1, axis=1)(kernel), 0.1 * (5 + 2), atol=1e-3)
    np.testing.assert_allclose(GroupLasso(0.2, axis=1)(kernel), 0.2 * (5 + 2), atol=1e-3)
    rows = np.array([[3, 4], [0, 0], [0, -2]], np.float32)  # three inputs of a dense layer
    np.testing.assert_allclose(GroupLasso(0.1, axis=1)(rows), 0.1 * (5 + 2), atol=1e-3)
    again = GroupLasso.from_config(GroupLasso(0.1, axis=1).get_config())
    assert (again.strength, again.axis) == (0.1, 1)


def test_the_group_lasso_pulls_an_empty_group_nowhere():
    kernel = tf.zeros((3, 4, 2))
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        cost = GroupLasso(0.1, axis=1)(kernel)
    np.testing.assert_array_equal(tape.gradient(cost, kernel), np.zeros((3, 4, 2)))


# ------------------------------------------------------------------------------ strands


def test_both_strands_are_the_sequences_and_then_their_reverse_complements():
    sequences, turned = ["AACGT", "NGGRC"], ["ACGTT", "GYCCN"]
    fractions = BaseFractions()(one_hot(letters(sequences)))
    expected = BaseFractions()(one_hot(letters(sequences + turned)))
    np.testing.assert_allclose(BothStrands()(fractions), expected, rtol=1e-6)


def test_the_strands_are_averaged_record_by_record():
    logits = np.arange(12, dtype=np.float32).reshape(6, 2)  # three records, then their other strand
    np.testing.assert_array_equal(StrandMean()(logits), [[3, 4], [5, 6], [7, 8]])
    by_member = logits.reshape(6, 2, 1)
    np.testing.assert_array_equal(StrandMean()(by_member)[:, :, 0], StrandMean()(logits))


# ------------------------------------------------------------------------------ members


def test_members_are_averaged_but_in_training_each_answers_for_itself():
    logits = np.random.default_rng(0).normal(0, 3, (5, 4, 3)).astype(np.float32)
    layer = MemberMean()
    np.testing.assert_allclose(layer(logits), logits.mean(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(layer(logits, training=True), logits)
    alone = layer(logits[:, :1], training=True)
    np.testing.assert_array_equal(alone, logits[:, 0])


# ------------------------------------------------------------------------------ probabilities


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_divides_the_logits(temperature):
    logits = np.random.default_rng(0).normal(0, 4, (6, 3)).astype(np.float32)
    many = ClassProbabilities(["a", "b", "c"], "", temperature)(logits)
    np.testing.assert_allclose(many, softmax(logits / temperature, axis=1), rtol=1e-4)
    two = ClassProbabilities(["a", "b"], "a", temperature)(logits[:, :1])
    np.testing.assert_allclose(two, expit(logits[:, :1] / temperature), rtol=1e-4)


def test_biases_are_added_to_the_logits_of_the_classes():
    logits = np.random.default_rng(0).normal(0, 4, (6, 3)).astype(np.float32)
    biases = [0.5, -1.0, 0.25]
    many = ClassProbabilities(["a", "b", "c"], "", 2.0, biases=biases)(logits)
    np.testing.assert_allclose(many, softmax(logits / 2 + biases, axis=1), rtol=1e-4)
    two = ClassProbabilities(["a", "b"], "b", 2.0, biases=biases[:2])(logits[:, :1])
    np.testing.assert_allclose(two, expit(logits[:, :1] / 2 - 1.5), rtol=1e-4)


def test_probabilities_stay_in_single_precision_under_any_policy():
    layer = ClassProbabilities(["a", "b", "c"], "", dtype="mixed_float16")
    logits = np.array([[0.0, 1e-4, -12.0]], np.float16)
    assert layer(logits).dtype == "float32"
    expected = log_softmax(logits.astype(np.float64))
    np.testing.assert_allclose(np.log(layer(logits)), expected, rtol=1e-4)


def test_probabilities_remember_classes_positive_and_temperature():
    layer = ClassProbabilities(("no", "yes"), "yes", 1.75, biases=(0.5, -0.5))
    again = rebuilt(layer)
    assert (again.classes, again.positive, again.temperature) == (["no", "yes"], "yes", 1.75)
    assert again.biases == [0.5, -0.5]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("left", "kept"), [(1.0, 0.6), (0.5, 0.8), (0.0, 1.0)])
def test_dropout_leaves_out_what_is_left_of_its_rate_and_keeps_the_mean(left, kept, policy):
    layer = FadingDropout(0.4, seed=1, dtype=policy)
    x = np.ones((100, 200), np.float32)
    layer(x)
    layer.left.assign([left])
    found = np.array(layer(x, training=True), np.float32)
    assert (found > 0).mean() == pytest.approx(kept, abs=0.01)
    np.testing.assert_allclose(
        found[found > 0], 1 / kept, rtol=1e-6 if policy == "float32" else 0.01
    )
    np.testing.assert_array_equal(np.array(layer(x), np.float32), x)  # a prediction uses all


def test_dropout_that_fades_is_rebuilt_from_its_config():
    layer = FadingDropout(0.4, seed=1)
    assert FadingDropout.from_config(layer.get_config()).get_config() == layer.get_config()
