"""A model is data: code that a file brings is refused, and never run."""

import json
import zipfile

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_networks import hyperparameters

from attendna.errors import UserError
from attendna.learning import models
from predict import load, main


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
