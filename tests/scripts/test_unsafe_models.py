"""A model is data: code that a file brings is refused, and never run."""

import json
import zipfile

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_networks import hyperparameters

from attendna import intact_files, provenance
from attendna.errors import UserError
from attendna.learning import models
from attendna.use.scorers import load
from predict import main


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "model.keras"
    settings = hyperparameters("attention_cnn")
    models.attention_cnn(20, ["hit", "other"], "hit", **settings).save(path)
    return path


def test_a_network_with_a_lambda_layer_is_refused(tmp_path):
    ran, path, new = (tmp_path / name for name in ("ran", "model.keras", "new.fa"))
    place = str(ran)
    layer = keras.layers.Lambda(lambda x: (open(place, "w").close(), x)[1])
    model = keras.Sequential([keras.layers.Input((20, 4)), layer])
    model.save(path)
    ran.unlink()  # building the model ran it
    new.write_text(">a\nACGTACGTACGTACGTACGT\n")
    with pytest.raises(UserError) as caught:
        main(["--model", str(path), str(new), "--predictions", str(tmp_path / "out.tsv.gz")])
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: no network of attendna, or damaged (")
    assert "ambda" in sentence and "\n" not in sentence and sentence.endswith(".")
    assert not ran.exists() and not (tmp_path / "out.tsv.gz").exists()
    keras.saving.load_model(path, safe_mode=False)
    assert ran.exists()  # the layer does what it should not


def damaged(network, path, config):
    """Write a copy of a network with another description of its layers."""
    with zipfile.ZipFile(network) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, config if name == "config.json" else old.read(name))


def test_a_class_of_another_module_is_not_made(network, tmp_path):
    with zipfile.ZipFile(network) as archive:
        config = json.loads(archive.read("config.json"))
    for module, name in (("os", "system"), ("subprocess", "Popen"), ("builtins", "eval")):
        config["config"]["layers"][1] |= {"module": module, "class_name": name}
        config["config"]["layers"][1]["registered_name"] = None
        damaged(network, tmp_path / "model.keras", json.dumps(config))
        with pytest.raises(UserError, match="no network of attendna, or damaged"):
            load(str(tmp_path / "model.keras"))


def test_a_network_is_a_source_of_what_is_made_with_it(network, tmp_path):
    """Or attributions of an earlier network would pass for those of the one that is there."""
    path = tmp_path / "model.keras"
    with intact_files.job("train", "0" * 12), intact_files.whole(path) as handle:
        handle.write(network.read_bytes())
    with intact_files.job("attribute", "0" * 12):
        models.load(path)
        with intact_files.whole(tmp_path / "attributions.npz") as handle:
            handle.write(b"")
    assert provenance.origin(tmp_path / "attributions.npz").sources == {
        path: intact_files.sha256(path)
    }


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"classes": ["hit"]}, "it has 1 classes"),
        ({"classes": ["hit", "o\nther"]}, "U+000A"),
        ({"classes": ["hit", "\u202eother"]}, "U+202E"),
        ({"classes": ["a", "b"]}, "the positive class ['hit'] is none of"),
        ({"classes": ["hit", "other", "third"]}, "one of three is positive"),
        ({"crop": "middle"}, "crop ['middle'] is none of"),
        ({"temperature": 0.0}, "temperature holds 0"),
        ({"temperature": -1.0}, "temperature holds -1"),
        ({"temperature": float("nan")}, "temperature holds what is not a number"),
        ({"biases": [0.0, float("inf")]}, "biases holds what is not a number"),
        ({"priors": [1.0]}, "not one of priors for each class"),
    ],
)
def test_impossible_classes_and_calibrations_are_named(network, tmp_path, changed, reason):
    with zipfile.ZipFile(network) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][-1]["config"] |= changed
    damaged(network, tmp_path / "model.keras", json.dumps(config))
    with pytest.raises(UserError) as caught:
        load(str(tmp_path / "model.keras"))
    assert reason in str(caught.value) and "run again" in str(caught.value)


@pytest.mark.thorough
@given(
    place=st.integers(0, 2000),
    token=st.sampled_from(["", "[", "}", "0", '"', "null", "-1", '"x": 1,', "9" * 50, "\\ud800"]),
)
def test_a_damaged_network_gets_a_sentence(network, tmp_path_factory, place, token):
    path = tmp_path_factory.getbasetemp() / "model.keras"
    with zipfile.ZipFile(network) as archive:
        config = archive.read("config.json").decode()
    place %= len(config)
    damaged(network, path, config[:place] + token + config[place + len(token) :])
    try:
        load(str(path))
    except UserError as error:
        assert "\n" not in str(error) and str(error).endswith(".")
