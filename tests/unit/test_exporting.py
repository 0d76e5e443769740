"""Exported networks are the network: ONNX and SavedModel against Keras."""

import json

import numpy as np
import pytest
from random_networks import random_network
from small_networks import encoded

from attendna.contracts.layout import Run
from attendna.errors import UserError
from attendna.learning import layers, models
from attendna.learning.backend import keras
from attendna.use import exporting, onnx_graph

LENGTH = 31
RUN = Run("d", 2, "m", 7)
READ = {"soft_masked": "keep", "gaps": "error"}
TWO, THREE = ["a", "b"], ["a", "b", "c"]
STRANDS = [
    ("attention_cnn", {"reverse_complement": "none"}),
    ("attention_cnn", {"reverse_complement": "average"}),
    ("tutorial_cnn", {}),
]
CLASSES = [(TWO, "a"), (TWO, "b"), (THREE, "")]


def records(length=LENGTH):
    """Random sequences, some with IUPAC codes and padding, and one that is all padding."""
    x = encoded(40, length, 1)
    x[5, :12] = 0
    x[6] = 0
    for i in range(7, 20):  # of all lengths, from the left and from the right
        x[i, : i - 7] = 0
        x[i + 13, 19 - i :] = 0
    return x


def onnx_predictions(network, x, dtype="uint8"):
    content = onnx_graph.model_of(network, dtype, {}).SerializeToString()
    return exporting.open_onnx(content).run(None, {"sequence": x.astype(dtype)})[0]


@pytest.mark.parametrize(("classes", "positive"), CLASSES)
@pytest.mark.parametrize(("architecture", "changes"), STRANDS)
def test_onnx_predicts_what_keras_does(architecture, changes, classes, positive):
    network = random_network(architecture, LENGTH, classes, positive, **changes)
    x = records()
    expected = models.predict(network, x)
    assert np.ptp(np.log(expected), axis=0).max() > 0.1  # or anything would be alike
    for dtype in ("uint8", "float32"):
        found = onnx_predictions(network, x, dtype)
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{"position": False}, {"taper": None}, {"hidden": []}, {"kernel_sizes": [4], "members": 1}],
    ids=str,
)
def test_onnx_predicts_what_keras_does_whatever_the_hyperparameters(changes):
    network = random_network("attention_cnn", LENGTH, TWO, "a", **changes)
    x = records()
    np.testing.assert_allclose(
        onnx_predictions(network, x), models.predict(network, x), atol=1e-5, rtol=0
    )


SITES = {"kernel_sizes": [4, 8], "members": 2, "partner_sizes": [8], "partner_reach": 9}


# What a network holds may begin with padding or not, and end in a part of a block of 4 or not.
@pytest.mark.parametrize(("crop", "length"), [("", LENGTH), ("right", LENGTH), ("centre", 32)])
@pytest.mark.parametrize("strands", ["none", "average", "either"])
@pytest.mark.parametrize("changes", [SITES, {**SITES, "counting": True}, {"counting": True}, {}])
def test_onnx_pools_sites_as_keras_does(changes, strands, crop, length):
    changes = {"position": bool(crop), "reverse_complement": strands, **changes}
    network = random_network("attention_cnn", length, THREE, "", crop=crop, **changes)
    for layer in network.layers:
        if getattr(layer, "reach", 0):  # such that partners count
            layer.partner_threshold.assign(layer.partner_threshold - 3)
            layer.partners.assign(2 * layer.partners)
    x = records(length)
    expected = network(x, training=False)
    np.testing.assert_allclose(onnx_predictions(network, x), expected, atol=1e-5, rtol=0)


def test_one_that_was_trained_with_16_bits_is_exported_in_single_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = random_network("attention_cnn", LENGTH, TWO, "a")
    finally:
        keras.config.set_dtype_policy(before)
    x = records()
    rough = models.predict(network, x)
    network = exporting.in_single_precision(network)
    expected = models.predict(network, x)
    assert np.abs(rough - expected).max() > 1e-4
    np.testing.assert_allclose(onnx_predictions(network, x), expected, atol=1e-5, rtol=0)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("architecture", "changes", "classes", "positive", "dtype"),
    [
        ("attention_cnn", {"reverse_complement": "average"}, THREE, "", "float32"),
        ("attention_cnn", {**SITES, "reverse_complement": "either"}, TWO, "b", "uint8"),
        ("tutorial_cnn", {}, TWO, "a", "uint8"),
    ],
)
def test_a_saved_model_predicts_what_keras_does(
    architecture, changes, classes, positive, dtype, tmp_path
):
    network = random_network(architecture, LENGTH, classes, positive, **changes)
    x = records()
    expected = models.predict(network, x)
    folder = tmp_path / "export" / "saved_model"
    left = folder.with_name(f".saved_model{exporting.UNFINISHED}") / "variables" / "old"
    left.parent.mkdir(parents=True)
    left.write_text("of a writer that was killed")
    assert exporting.write_saved_model(folder, network, dtype, x, expected) <= 1e-5
    found = exporting.open_saved_model(folder)(x[:7].astype(dtype))  # any batch
    np.testing.assert_allclose(found, expected[:7], atol=1e-5, rtol=0)
    assert [path.name for path in folder.parent.iterdir()] == ["saved_model"]  # nothing beside it


def test_shares_of_bases_are_exported_as_such():
    """With float32, half A and half G is what R is, and not cut to whole numbers."""
    network = random_network("attention_cnn", LENGTH, TWO, "a")
    x = encoded(3, LENGTH, 1)
    halves = x / np.maximum(x.sum(axis=2, keepdims=True), 1)
    expected = models.predict(network, x)
    np.testing.assert_allclose(onnx_predictions(network, halves, "float32"), expected, atol=1e-5)


def test_an_onnx_file_tells_what_it_is(tmp_path):
    network = random_network("tutorial_cnn", LENGTH, ["é", "b c"], "é", crop="left")
    known = exporting.facts(network, {"input": "uint8", **READ}, RUN)
    x = records()
    path = tmp_path / "model.onnx"
    exporting.write_onnx(path, network, known, x, models.predict(network, x))
    session = exporting.open_onnx(str(path))
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == ["é", "b c"]
    assert (told["positive"], told["length"], told["crop"]) == ("é", str(LENGTH), "left")
    assert (told["alphabet"], told["dataset"], told["seed"]) == ("ACGT", "d", "7")
    assert json.loads(told["versions"]) == exporting.versions()
    (taken,) = session.get_inputs()
    assert (taken.name, taken.type, taken.shape[1:]) == ("sequence", "tensor(uint8)", [LENGTH, 4])
    before = path.read_bytes()
    exporting.write_onnx(path, network, known, x, models.predict(network, x))
    assert path.read_bytes() == before


def test_what_is_not_alike_is_not_written(tmp_path):
    network = random_network("attention_cnn", LENGTH, TWO, "a")
    x = records()
    wrong = models.predict(network, x)
    wrong[13] += [2e-5, -2e-5]
    known = exporting.facts(network, {"input": "uint8", **READ}, RUN)
    with pytest.raises(UserError, match="differ from those of Keras by up to 2e-05 on 40 records"):
        exporting.write_onnx(tmp_path / "model.onnx", network, known, x, wrong)
    wrong[13] = np.nan
    with pytest.raises(UserError, match="by up to nan"):
        exporting.write_onnx(tmp_path / "model.onnx", network, known, x, wrong)
    assert list(tmp_path.iterdir()) == []


def small(*between):
    """A network with layers of the test's own."""
    inputs = keras.Input((LENGTH, 4), dtype="uint8")
    x = layers.BaseFractions(name="fractions")(inputs)
    for layer in between:
        x = layer(x)
    x = keras.layers.Dense(1)(keras.layers.GlobalMaxPooling1D()(x))
    outputs = layers.ClassProbabilities(TWO, "a", name=models.PROBABILITIES)(x)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (keras.layers.LeakyReLU(name="odd"), "'odd' is of the kind LeakyReLU"),
        (keras.layers.Conv1D(2, 3, name="odd"), "'odd' has padding 'valid'; only 'same'"),
        (keras.layers.Conv1D(2, 3, padding="same", dilation_rate=2, name="odd"), "dilation_rate"),
        (keras.layers.Dense(2, activation="gelu", name="odd"), "the activation 'gelu'"),
        (keras.layers.BatchNormalization(axis=1, name="odd"), "'odd' has the axis 1"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_a_layer_that_is_not_known_is_an_error(layer, sentence):
    with pytest.raises(onnx_graph.UnknownLayer, match=sentence):
        onnx_graph.model_of(small(layer), "uint8", {})


def test_a_user_is_told_of_a_layer_that_is_not_known(tmp_path):
    network = small(keras.layers.LeakyReLU())
    known = exporting.facts(network, {"input": "uint8", **READ}, RUN)
    with pytest.raises(UserError, match="can't be written as ONNX; take another of"):
        exporting.write_onnx(tmp_path / "model.onnx", network, known, records(), np.empty(0))


@pytest.mark.parametrize(("records", "checked"), [(3, 3), (1000, 1000), (12345, 1000)])
def test_records_for_the_check_are_spread_over_the_data(records, checked):
    x = np.arange(records)
    found = exporting.for_check(x)
    assert len(found) == checked
    assert (found[0], found[-1]) == (0, records - 1)
    assert np.diff(found).max() <= records / checked + 1
