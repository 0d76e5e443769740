"""export.py: what it writes, and where it refuses."""

import json

import numpy as np
import pytest
from random_networks import random_network
from small_networks import encoded as random_records

import export
from attendna.contracts.encoded import write_encoded
from attendna.contracts.exports import read_facts
from attendna.contracts.layout import EXPORTED
from attendna.errors import UserError
from attendna.intact_files import is_recorded, sha256
from attendna.learning import models
from attendna.use import exporting

LENGTH = 20
SETTINGS = {"input": "uint8", "soft_masked": "mask", "gaps": "n"}


def write_data(path, length=LENGTH):
    x = random_records(30, length, 3)
    y = np.arange(30) % 2
    write_encoded(path, iter([x]), x.shape, y, np.full(30, length), ["a", "b"], "a", "centre")
    return x


@pytest.fixture
def call(tmp_path, monkeypatch):
    """The command line for a small network; the device of this process is that of other tests."""
    monkeypatch.setattr(export.devices, "set_up", lambda *_: None)
    network = random_network("attention_cnn", LENGTH, ["a", "b"], "a", crop="centre")
    network.save(tmp_path / "model.keras")
    write_data(tmp_path / "encoded.npz")
    flags = {"--model": "model.keras", "--encoded": "encoded.npz", "--facts": "export/model.json"}
    found = [word for flag, name in flags.items() for word in (flag, str(tmp_path / name))]
    return [*found, "--run", "d", "1", "m", "2", "--settings", json.dumps(SETTINGS)]


def test_both_formats_are_written_and_predict_what_the_network_does(call, tmp_path, capsys):
    folder = tmp_path / "export"
    flags = {"--onnx": "model.onnx", "--example": "example.py", "--saved-model": "saved_model"}
    export.main(call + [w for flag, name in flags.items() for w in (flag, str(folder / name))])
    x = write_data(tmp_path / "again.npz")
    expected = models.predict(models.load(tmp_path / "model.keras"), x)
    session = exporting.open_onnx(str(folder / "model.onnx"))
    np.testing.assert_allclose(session.run(None, {"sequence": x})[0], expected, atol=1e-5)
    saved = exporting.open_saved_model(folder / "saved_model")
    np.testing.assert_allclose(saved(x), expected, atol=1e-5)
    known = read_facts(folder / "model.json")
    assert known["classes"] == ["a", "b"] and known["length"] == LENGTH
    assert known.items() >= {"dataset": "d", "fold": 1, "model": "m", "seed": 2}.items()
    assert known.items() >= SETTINGS.items()
    assert known["files"].keys() == {name for names in EXPORTED.values() for name in names}
    for name, digest in known["files"].items():
        assert sha256(folder / name) == digest
        assert is_recorded(folder / name)
    told = capsys.readouterr().out
    assert "model.onnx: as Keras to" in told and "on 30 records" in told


def test_what_was_written_before_is_described_as_what_is_written_now(call, tmp_path):
    folder = tmp_path / "export"
    flags = ["--onnx", str(folder / "model.onnx"), "--example", str(folder / "example.py")]
    export.main([*call, *flags])
    at_once = (folder / "model.json").read_bytes()
    (folder / "model.json").unlink()
    before = (folder / "model.onnx").stat()
    files = ["--files", *flags[1::2]]
    without_data = [word for word in call if "encoded" not in word]
    export.main([*without_data, *files])
    assert (folder / "model.json").read_bytes() == at_once
    assert (folder / "model.onnx").stat() == before
    (folder / "example.py").write_text("# changed\n")
    with pytest.raises(UserError, match=r"example.py: damaged, or changed by hand"):
        export.main([*without_data, *files])


def test_data_of_another_length_are_refused(call, tmp_path):
    write_data(tmp_path / "encoded.npz", LENGTH + 1)
    with pytest.raises(UserError, match="takes 20 letters, but the records of .* have 21"):
        export.main([*call, "--onnx", str(tmp_path / "model.onnx")])
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "name what to write"),
        (["--example", "e.py", "--saved-model", "s"], "name both"),
        (["--encoded", "", "--onnx", "m"], "name --encoded"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(call, flags, sentence, capsys):
    with pytest.raises(SystemExit):
        export.main([*call, *flags])
    assert sentence in capsys.readouterr().err
