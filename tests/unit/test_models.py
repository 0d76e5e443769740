"""Networks: the tutorial's as it was, and laws that hold for every architecture."""

import io
import zipfile

import keras
import numpy as np
import pytest
from small_networks import encoded, hyperparameters, random_letters

from attendna.data import cropping
from attendna.dna import one_hot, reverse_complement
from attendna.errors import UserError
from attendna.learning import layers, losses, models, schedule
from attendna.learning.layers import BaseFractions, MotifAttention

pytestmark = pytest.mark.slow  # TensorFlow compiles many networks

LENGTH = 20
LABELS = {
    "positive first": (["yes", "no"], "yes"),
    "positive last": (["no", "yes"], "yes"),
    "three": (["a", "b", "c"], ""),
}


def build(architecture, classes=("no", "yes"), positive="yes", **changes):
    """Build a network whose weights, those of batch norm too, are all random."""
    keras.utils.set_random_seed(1)
    network = models.NETWORKS[architecture]
    model = network(LENGTH, classes, positive, **hyperparameters(architecture, **changes))
    rng = np.random.default_rng(2)
    for weights in model.weights:
        weights.assign_add(rng.uniform(-0.1, 0.1, weights.shape))
    return model


@pytest.fixture(scope="module")
def networks():
    """Every architecture with two classes."""
    return {architecture: build(architecture) for architecture in models.NETWORKS}


@pytest.fixture(scope="module")
def x():
    return encoded(9, LENGTH, seed=0)


# ------------------------------------------------------------------------------ the tutorial's


@pytest.fixture(scope="module")
def tutorial():
    return models.tutorial_cnn(200, ["negative", "positive"], "positive")


def test_the_tutorials_network_has_its_parameters(tutorial):
    assert tutorial.count_params() == 114_693


@pytest.mark.parametrize("size", [3, 7, 15, 25])
def test_a_branch_of_the_tutorials_network_is_the_tutorials(tutorial, size):
    by_name = {layer.name: layer for layer in tutorial.layers}
    convolution = by_name[f"filters_{size}"].get_config()
    expected = {"filters": 64, "kernel_size": (size,), "activation": "relu"}
    expected |= {"padding": "same", "use_bias": True, "strides": (1,)}
    assert {key: convolution[key] for key in expected} == expected
    assert by_name[f"filters_{size}_dropout"].rate == 0.2
    score = by_name[f"score_{size}"].get_config()
    assert (score["units"], score["activation"], score["use_bias"]) == (1, "tanh", True)
    features = ["Dropout", "BatchNormalization", "Conv1D", "BaseFractions", "InputLayer"]
    pooled, weights = by_name[f"maximum_{size}"], by_name[f"attention_{size}"]
    assert ancestry(pooled) == ["GlobalMaxPooling1D", "Multiply", *features]
    assert ancestry(weights) == ["Softmax", "Dense", *features]
    assert by_name[f"attended_{size}"].input[1] is weights.output


def ancestry(layer):
    """Return the kinds of a layer and of those that it follows, by the first input of each."""
    if isinstance(layer, keras.layers.InputLayer):
        return ["InputLayer"]
    first = layer.input[0] if isinstance(layer.input, list) else layer.input
    return [type(layer).__name__, *ancestry(first._keras_history.operation)]


def test_the_head_of_the_tutorials_network_is_the_tutorials(tutorial):
    assert tutorial.get_layer("features").output.shape == (None, 256)
    for i, units, rate in [(1, 256, 0.5), (2, 128, 0.3)]:
        dense = tutorial.get_layer(f"hidden_{i}").get_config()
        assert (dense["units"], dense["activation"]) == (units, "relu")
        assert tutorial.get_layer(f"hidden_{i}_dropout").rate == rate
        norm = tutorial.get_layer(f"hidden_{i}_norm")
        assert norm.input is tutorial.get_layer(f"hidden_{i}").output
        assert tutorial.get_layer(f"hidden_{i}_dropout").input is norm.output
    assert tutorial.output.shape == (None, 1)
    assert models.tutorial_cnn(200, ["a", "b", "c"], "").output.shape == (None, 3)


def test_the_tutorials_network_multiplies_features_with_weights_before_the_maximum(networks, x):
    model = networks["tutorial_cnn"]
    names = ["filters_7_dropout", "attention_7", "maximum_7"]
    watched = keras.Model(model.input, [model.get_layer(name).output for name in names])
    features, weights, pooled = watched.predict_on_batch(x)
    np.testing.assert_allclose(pooled, (features * weights).max(axis=1), rtol=1e-6)


# ------------------------------------------------------------------------------ every network


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_a_saved_network_predicts_the_same(architecture, labels, x, tmp_path):
    classes, positive = LABELS[labels]
    model = build(architecture, classes, positive)
    model.get_layer(models.PROBABILITIES).temperature = 1.7  # set before the first prediction
    before = models.predict(model, x)
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(models.predict(loaded, x), before)
    last = loaded.get_layer(models.PROBABILITIES)
    assert (last.classes, last.positive, last.temperature) == (classes, positive, 1.7)
    assert loaded.name == architecture

    assert before.shape == (len(x), len(classes)) and before.dtype == np.float64
    np.testing.assert_allclose(before.sum(axis=1), 1, rtol=1e-12)
    assert (before > 0).all() and (before < 1).all()
    assert np.ptp(before[:, 0]) > 1e-6  # it looks at the sequences
    output = model.predict_on_batch(x)
    if positive:
        np.testing.assert_allclose(before[:, classes.index(positive)], output[:, 0], rtol=1e-6)
    else:
        np.testing.assert_allclose(before, output, rtol=1e-6)


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_a_network_takes_bytes_and_sees_fractions(architecture, networks, x):
    model = networks[architecture]
    assert (model.input.dtype, model.input.shape) == ("uint8", (None, LENGTH, 4))
    assert isinstance(model.layers[1], BaseFractions)
    # A letter counts by its share alone: twice the byte is the same letter.
    np.testing.assert_array_equal(models.predict(model, 2 * x), models.predict(model, x))


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_a_prediction_does_not_depend_on_its_batch(architecture, networks, x):
    model = networks[architecture]
    whole = models.predict(model, x)
    np.testing.assert_allclose(models.predict(model, x, batch_size=4), whole, atol=1e-6)
    np.testing.assert_allclose(models.predict(model, x[::-1]), whole[::-1], atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_what_is_no_number_is_no_prediction_and_no_network(architecture, bad, x, tmp_path):
    model = build(architecture)
    bias = model.get_layer("logits").bias
    bias.assign(np.full(bias.shape, bad))
    if np.isnan(bad):  # infinite logits of two classes are certainty
        with pytest.raises(UserError, match=r"^the probabilities of this one are not numbers; low"):
            models.predict(model, x, name="this one")
    model.save(tmp_path / "model.keras")
    with pytest.raises(UserError, match=r"model\.keras: .*its weights are not numbers"):
        models.load(tmp_path / "model.keras")


def test_attention_that_is_no_number_is_an_error(x):
    model = build("tutorial_cnn")
    score = model.get_layer("score_7").bias
    score.assign(np.full(score.shape, np.nan))
    with pytest.raises(UserError, match="the network's attention weights are not numbers; lower"):
        models.attention_along(model, x, 4)


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_no_sequence_has_no_prediction(architecture, networks):
    nothing = np.empty((0, LENGTH, 4), np.uint8)
    assert models.predict(networks[architecture], nothing).shape == (0, 2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_a_network_works_in_half_precision(architecture, policy, networks, x, half_precision):
    half_precision(policy)
    model = build(architecture)
    assert model.get_layer("hidden_1").compute_dtype == policy.removeprefix("mixed_")
    exact = models.predict(networks[architecture], x)
    np.testing.assert_allclose(models.predict(model, x), exact, atol=0.03)
    _, weights = models.attention_along(model, x, batch_size=4)
    _, exact = models.attention_along(networks[architecture], x, batch_size=4)
    # A unit near 0 may be off where it is on in full precision, and then other filters count.
    np.testing.assert_allclose(weights, exact, atol=0.05)


@pytest.fixture
def half_precision():
    """Set the policy for one test."""
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_attention_along_sums_to_one_for_each_scale_and_record(architecture, networks, x):
    sizes = {"attention_cnn": [3, 8], "tutorial_cnn": [3, 7, 15, 25]}[architecture]
    scales, weights = models.attention_along(networks[architecture], x, batch_size=4)
    assert scales == sizes
    assert weights.shape == (len(x), len(sizes), LENGTH) and weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
    assert (weights >= 0).all()
    _, at_once = models.attention_along(networks[architecture], x, batch_size=100)
    np.testing.assert_allclose(weights, at_once, atol=1e-6)


def attention_by_filter(model, x):
    """Attention of each filter of the scale of 5 bases, (n, length, filters), and what it pools."""
    layer = model.get_layer("attention_5")
    *responses, pooled = keras.Model(model.input, [*layer.input, layer.output]).predict_on_batch(x)
    return np.array(layer.weights_along(*responses)), pooled


@pytest.mark.parametrize("classes", [2, 3])
def test_attention_along_one_scale_is_the_mean_over_its_filters_by_what_they_contribute(x, classes):
    names, positive = ("no", "yes", "both")[:classes], "yes" if classes == 2 else ""
    model = build("attention_cnn", names, positive, kernel_sizes=[5], hidden=[])
    scales, weights = models.attention_along(model, x, batch_size=4)
    assert scales == [5] and weights.shape == (len(x), 1, LENGTH)
    by_filter, pooled = attention_by_filter(model, x)
    # Without hidden layers logits are linear in what is pooled: a small step tells the slope.
    logits = model.get_layer(models.PROBABILITIES).input
    head = keras.Model(model.get_layer("attention_5").output, logits)

    def told(pooled):
        found = np.array(head.predict_on_batch(pooled))
        return found[:, 0] if classes == 2 else found[n, best] - found.mean(axis=1)

    n, best = np.arange(len(x)), np.array(head.predict_on_batch(pooled)).argmax(axis=1)
    steps = np.eye(pooled.shape[1], dtype=np.float32)
    slopes = np.stack([told(pooled + step) - told(pooled) for step in steps], axis=1)
    shares = np.abs(pooled * slopes) / np.abs(pooled * slopes).sum(axis=1, keepdims=True)
    expected = np.einsum("nf,nlf->nl", shares, by_filter)
    np.testing.assert_allclose(weights[:, 0], expected, atol=1e-4)
    assert np.abs(weights[:, 0] - by_filter.mean(axis=2)).max() > 1e-3
    assert (weights[0, 0, -4:] < 1e-6).all()  # padding


def test_with_another_backend_all_filters_count_alike_in_the_attention(x, monkeypatch):
    model = build("attention_cnn", kernel_sizes=[5])
    by_filter, _ = attention_by_filter(model, x)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    _, weights = models.attention_along(model, x, batch_size=4)
    np.testing.assert_allclose(weights[:, 0], by_filter.mean(axis=2), atol=1e-6)


def test_filters_that_do_not_matter_do_not_count_in_the_attention(x):
    model = build("attention_cnn", kernel_sizes=[5], hidden=[4], members=1)
    by_filter, _ = attention_by_filter(model, x)
    layer = model.get_layer("hidden_1")
    kernel, bias = layer.get_weights()
    kept = np.zeros_like(kernel)
    kept[:, 2] = 1  # whatever its sign, some unit passes it on
    layer.set_weights([kept, bias + 5])
    _, weights = models.attention_along(model, x, batch_size=4)
    np.testing.assert_allclose(weights[:, 0], by_filter[:, :, 2], atol=1e-6)
    layer.set_weights([np.zeros_like(kernel), bias])
    _, weights = models.attention_along(model, x, batch_size=4)
    np.testing.assert_allclose(weights[:, 0], by_filter.mean(axis=2), atol=1e-6)


@pytest.mark.parametrize("changes", [{"hidden": []}, {"position": False}, {"members": 1}])
def test_parts_of_our_network_can_be_left_out(changes, x):
    whole, part = build("attention_cnn"), build("attention_cnn", **changes)
    assert models.parameters(part) < models.parameters(whole)
    assert models.predict(part, x).shape == (len(x), 2)


def test_our_network_without_a_prior_does_not_know_where_a_motif_stands():
    model = build("attention_cnn", position=False)
    x = np.zeros((2, LENGTH, 4), np.uint8)
    x[:, :, 0] = 1  # A, but for a motif well inside
    x[0, 7:12] = x[1, 8:13] = np.eye(4, dtype=np.uint8)[[1, 2, 3, 3, 2]]
    p = models.predict(model, x)
    np.testing.assert_allclose(p[0], p[1], rtol=1e-5)


# ------------------------------------------------------------------------------ members


@pytest.mark.parametrize("hidden", [[], [4], [4, 3]])
def test_our_network_is_the_mean_of_members_that_share_nothing(hidden, x):
    members, filters = 3, 4
    model = build("attention_cnn", members=members, hidden=hidden)
    logits = model.get_layer("logits").output  # (batch, members, 1)
    watched = keras.Model(model.input, [model.get_layer("member_mean").output, logits])
    mean, before = watched.predict_on_batch(x)
    np.testing.assert_allclose(mean, before.mean(axis=1), rtol=1e-5)
    assert np.abs(before[:, 0] - before[:, 1]).max() > 1e-3  # each began elsewhere
    for layer in model.layers:  # change all filters of the second member
        if layer.name.startswith("filters_"):
            kernel = layer.kernel.numpy()
            kernel[:, :, filters : 2 * filters] = np.random.default_rng(1).normal(
                size=(*kernel.shape[:2], filters)
            )
            layer.kernel.assign(kernel)
    after = watched.predict_on_batch(x)[1]
    np.testing.assert_allclose(after[:, [0, 2]], before[:, [0, 2]], rtol=1e-6)
    assert np.abs(after[:, 1] - before[:, 1]).min() > 0


def test_the_penalties_of_our_network_are_the_mean_of_those_of_its_members():
    one, two = (build("attention_cnn", members=members) for members in (1, 2))
    copies = []
    for name, weights in zip((w.path for w in two.weights), one.get_weights(), strict=True):
        repeats = np.ones(weights.ndim, int)
        is_head = name.split("/")[0] in ("hidden_1", "logits")
        if name.split("/")[-1] != "left":  # of the dropout, the same for all members
            repeats[0 if is_head else -1] = 2
        copies.append(np.tile(weights, repeats))
    # What is normalised lies scale by scale, and in each scale member by member.
    two.set_weights(copies)
    np.testing.assert_allclose(sum(two.losses), sum(one.losses), rtol=1e-4)


# ------------------------------------------------------------------------------ strands


SYNTAX = {"partner_sizes": [8, 7, 25], "partner_reach": 8, "counting": True}


@pytest.mark.parametrize("others", [{}, SYNTAX])
@pytest.mark.parametrize("use", ["average", "either"])
def test_predictions_of_a_sequence_and_its_reverse_complement_are_equal(use, others, x):
    model = build("attention_cnn", reverse_complement=use, position=False, **others)
    p = models.predict(model, x)
    np.testing.assert_allclose(models.predict(model, reverse_complement(x)), p, atol=1e-6)
    assert np.ptp(p[:, 0]) > 1e-4  # it looks at the sequences
    one_strand = build("attention_cnn", reverse_complement="none")
    seen, turned = (models.predict(one_strand, part) for part in (x, reverse_complement(x)))
    assert np.abs(seen - turned).max() > 1e-3


def test_averaging_means_the_logits_of_both_strands(x):
    both, one = (build("attention_cnn", reverse_complement=use) for use in ("average", "none"))
    one.set_weights(both.get_weights())
    logits = [
        keras.Model(one.input, one.get_layer("member_mean").output).predict_on_batch(strand)
        for strand in (x, reverse_complement(x))
    ]
    p = 1 / (1 + np.exp(-np.mean(logits, axis=0)))
    np.testing.assert_allclose(models.predict(both, x)[:, 1], p[:, 0], atol=1e-5)


@pytest.mark.parametrize("others", [{}, SYNTAX])
def test_attention_on_either_strand_is_that_on_both(others, x):
    model = build("attention_cnn", reverse_complement="either", position=False, **others)
    whole = x[3:]  # the grid of blocks begins with the first letter, so not with padding
    _, weights = models.attention_along(model, whole, batch_size=4)
    _, turned = models.attention_along(model, reverse_complement(whole), batch_size=4)
    np.testing.assert_allclose(turned[:, :, ::-1], weights, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
    assert np.ptp(weights, axis=2).min() > 1e-3


def test_attention_is_that_of_the_strand_that_is_given(x):
    both, one = (build("attention_cnn", reverse_complement=use) for use in ("average", "none"))
    one.set_weights(both.get_weights())
    (scales, weights), (_, expected) = (
        models.attention_along(model, x, batch_size=4) for model in (both, one)
    )
    assert weights.shape == (len(x), len(scales), LENGTH)
    np.testing.assert_allclose(weights, expected, atol=1e-6)


# ------------------------------------------------------------------------------ padding

SHORT, LONG = 30, 47
LENGTHS = np.random.default_rng(4).integers(3, SHORT + 1, 24)


def rows(length, crop):
    """The same sequences of 3 to 30 letters in rows of some length."""
    letters = random_letters(len(LENGTHS), SHORT, seed=5)
    sequences = [row[:n].tobytes().decode() for row, n in zip(letters, LENGTHS, strict=True)]
    return one_hot(cropping.fit(sequences, length, crop))


def shift(crop):
    """How far a letter moves when rows grow from SHORT to LONG."""
    return int(cropping.offsets(np.array([SHORT]), LONG, crop)[0])


def same_at_two_lengths(crop, rows_are_padded=True, **changes):
    """Build the network for both lengths of the rows, with the same weights.

    Where the longer one has more positions, its priors there are random.
    """
    keras.utils.set_random_seed(3)
    settings = hyperparameters("attention_cnn", dropout=0, filter_dropout=0, **changes)
    known = crop if rows_are_padded else ""
    short, long = (
        models.attention_cnn(length, ["no", "yes"], "yes", crop=known, **settings)
        for length in (SHORT, LONG)
    )
    rng = np.random.default_rng(6)
    for one, other in zip(short.layers, long.layers, strict=True):
        if isinstance(one, MotifAttention):
            agree_on_places(one, other, shift(crop), rng)
            continue
        values = [value + rng.uniform(-0.1, 0.1, value.shape) for value in one.get_weights()]
        one.set_weights(values)
        other.set_weights(values)
    return short, long


def agree_on_places(one, other, first, rng):
    """Give two attentions random weights, and the longer one the priors of the other within."""
    other.threshold.assign(one.threshold)
    for name in {"partners", "partner_threshold", "copies"} & set(vars(one)):
        value = getattr(one, name)
        value.assign_add(rng.uniform(-0.3, 0.3, value.shape))
        getattr(other, name).assign(value)
    if one.position:
        for layer in (one, other):
            layer.numbers.assign(rng.normal(0, 0.3, layer.numbers.shape))
            layer.numbers.regularizer = None  # the same prior is not the same sum of levels
        numbers = other.numbers.numpy()  # the first are the finest level: one a position
        within = slice(first, first + SHORT)
        numbers[within] += np.array(one.log_prior()) - np.array(other.log_prior())[within]
        other.numbers.assign(numbers)


crops = pytest.mark.parametrize("crop", cropping.CROPS)


@pytest.mark.thorough
@crops
@pytest.mark.parametrize(
    "others",
    [
        {"position": True},
        {"position": False},
        {"position": True, **SYNTAX},
        {"position": False, "reverse_complement": "either", **SYNTAX},
    ],
)
def test_a_prediction_does_not_change_with_the_padding(crop, others):
    short, long = same_at_two_lengths(crop, kernel_sizes=[1, 4, 7, 25], **others)
    p = models.predict(short, rows(SHORT, crop))
    np.testing.assert_allclose(models.predict(long, rows(LONG, crop)), p, atol=1e-6)
    assert np.ptp(p[:, 0]) > 1e-3  # it looks at the sequences


def test_without_positions_even_the_side_of_the_padding_does_not_matter():
    short, long = same_at_two_lengths("left", position=False)
    p = models.predict(short, rows(SHORT, "right"))
    for crop in cropping.CROPS:
        np.testing.assert_allclose(models.predict(long, rows(LONG, crop)), p, atol=1e-6)


@pytest.mark.thorough
@crops
@pytest.mark.parametrize("position", [True, False])
def test_training_does_not_change_with_the_padding(crop, position, monkeypatch):
    # Priors of one level: where coarser ones have their numbers depends on the length.
    monkeypatch.setattr(layers, "COARSEST", LONG)
    assert trained_difference(crop, position=position) < 1e-5


def trained_difference(crop, **options):
    """Train with each length of the rows; return how far the predictions are then apart."""
    y = (np.arange(len(LENGTHS)) % 2)[:, None].astype(np.float32)
    predictions = []
    for model, length in zip(same_at_two_lengths(crop, **options), (SHORT, LONG), strict=True):
        model.compile(keras.optimizers.SGD(0.1), losses.MemberLoss("binary_crossentropy"))
        before = models.predict(model, rows(length, crop))
        for _ in range(5):
            model.train_on_batch(rows(length, crop), y)
        predictions.append(models.predict(model, rows(length, crop)))
        assert np.abs(predictions[-1] - before).max() > 1e-2  # it learns
    return np.abs(predictions[0] - predictions[1]).max()


@crops
def test_padding_gets_no_attention(crop):
    _, model = same_at_two_lengths(crop)
    x = rows(LONG, crop)
    _, weights = models.attention_along(model, x, batch_size=8)
    letters = x.any(axis=2)
    assert (weights.max(axis=1)[~letters] == 0).all() and (weights.min(axis=1)[letters] > 0).all()
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)


@pytest.mark.thorough
def test_in_half_precision_padding_counts_as_little(half_precision):
    exact = models.predict(same_at_two_lengths("centre")[0], rows(SHORT, "centre"))
    half_precision("mixed_float16")
    _, long = same_at_two_lengths("centre")
    np.testing.assert_allclose(models.predict(long, rows(LONG, "centre")), exact, atol=0.03)
    long.compile("sgd", losses.MemberLoss("binary_crossentropy"))
    assert np.isfinite(long.train_on_batch(rows(LONG, "centre"), np.ones((len(LENGTHS), 1))))


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_a_saved_network_knows_how_sequences_come_to_its_length(architecture, x, tmp_path):
    model = models.NETWORKS[architecture](
        LENGTH, ["no", "yes"], "yes", crop="left", **hyperparameters(architecture)
    )
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras")
    assert loaded.get_layer(models.PROBABILITIES).crop == "left"
    np.testing.assert_array_equal(models.predict(loaded, x), models.predict(model, x))


# ------------------------------------------------------------------------------ files


@pytest.fixture(scope="module")
def saved(networks, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    networks["attention_cnn"].save(path)
    return path.read_bytes()


def with_config(content, config):
    """Replace config.json in a .keras file."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, config if name == "config.json" else old.read(name))
    return changed.getvalue()


def flipped(content, position):
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    "garbage": lambda content: b"no network at all" * 100,
    "cut off": lambda content: content[: len(content) // 2],
    "a byte flipped in the config": lambda content: flipped(
        content, content.index(b"kernel_size") + 1
    ),
    "a byte flipped in the weights": lambda content: flipped(content, len(content) * 3 // 4),
    "no config": lambda content: with_config(content, b"{}"),
    "not a model": lambda content: with_config(
        content, b'{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}}'
    ),
    "another module": lambda content: with_config(
        content, b'{"module": "os", "class_name": "system", "config": {}}'
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named(saved, damage, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(DAMAGES[damage](saved))
    with pytest.raises(UserError) as caught:
        models.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: no network of attendna, or damaged")
    assert "name the model.keras of a finished run" in message and "\n" not in message


def test_a_network_of_others_is_refused(tmp_path):
    path = tmp_path / "other.keras"
    layers = [keras.Input((3,)), keras.layers.Dense(2, name=models.PROBABILITIES)]
    keras.Sequential(layers).save(path)
    with pytest.raises(UserError, match="no network of attendna"):
        models.load(path)


def test_a_file_can_not_bring_code(tmp_path):
    path, trace = tmp_path / "code.keras", str(tmp_path / "trace")
    body = keras.layers.Lambda(lambda x, trace=trace: open(trace, "w") and x)
    keras.Sequential([keras.Input((3,)), body]).save(path)
    (tmp_path / "trace").unlink(missing_ok=True)  # building ran the code once
    with pytest.raises(UserError, match="code.keras: no network of attendna"):
        models.load(path)
    assert not (tmp_path / "trace").exists()


# What the files of trained networks call the classes that they are rebuilt from, whatever module
# these are in: a file with a name that is gone can't be loaded any more.
NAMES_IN_FILES = {
    *("attendna>BaseFractions", "attendna>BothStrands", "attendna>CalibratedLoss"),
    *("attendna>ClassProbabilities", "attendna>FadingDropout", "attendna>GroupLasso"),
    *(
        "attendna>MemberLoss",
        "attendna>MemberMean",
        "attendna>MemberMetric",
        "attendna>MotifAttention",
        "attendna>MotifConv1D",
    ),
    *("attendna>PaddingPenalty", "attendna>SiteAttention", "attendna>StrandMean"),
    "attendna>WarmUpCosine",
}


def test_classes_keep_the_names_that_files_know_them_by():
    registered = keras.saving.get_custom_objects()
    assert schedule.WarmUpCosine in registered.values()  # as every class: once its module is read
    assert {name for name in registered if name.startswith("attendna>")} == NAMES_IN_FILES


@pytest.mark.parametrize("architecture", models.NETWORKS)
def test_a_network_that_was_saved_when_modules_stood_elsewhere_predicts_the_same(
    architecture, x, tmp_path
):
    model = build(architecture, *LABELS["three"])
    model.save(tmp_path / "new.keras")
    content = (tmp_path / "new.keras").read_bytes()
    config = zipfile.ZipFile(tmp_path / "new.keras").read("config.json")
    assert b'"attendna.learning.layers"' in config
    old = config.replace(b'"attendna.learning.layers"', b'"attendna.layers"')
    (tmp_path / "old.keras").write_bytes(with_config(content, old))
    loaded = models.load(tmp_path / "old.keras")
    np.testing.assert_array_equal(models.predict(loaded, x), models.predict(model, x))
