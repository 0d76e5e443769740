"""A training job learns, keeps its best epoch, and hands on files that agree with each other."""

import json

import numpy as np
import pytest
from folders import names
from sklearn.metrics import log_loss, roc_auc_score
from small_networks import hyperparameters, training_settings

import attribute
import find_rules
import train
from attendna.contracts.attention import read_attention
from attendna.contracts.measurements import read_history
from attendna.contracts.predictions import read_calibration, read_predictions
from attendna.contracts.splits import read_split
from attendna.contracts.trainings import read_training
from attendna.errors import UserError
from attendna.learning import devices, models


@pytest.fixture(scope="module")
def predictions(trained, motif_data):
    return read_predictions(trained / "predictions.tsv.gz", motif_data.classes)


@pytest.fixture(scope="module")
def measured(motif_data):
    """Which records are predicted, in the order of the file."""
    split = read_split(motif_data.folder / "split.npz")
    return np.concatenate([split["validation"], split["test"]])


def test_a_run_leaves_its_files_and_nothing_else(trained):
    files = ["attention.npz", "calibration.json", "history.tsv", "model.keras"]
    files += ["predictions.tsv.gz", "training.json"]
    assert names(trained) == files


def test_validation_and_test_records_are_predicted_in_order(predictions, measured, motif_data):
    assert predictions.ids.tolist() == motif_data.ids[measured].tolist()
    assert predictions.splits.tolist() == ["validation"] * 100 + ["test"] * 100
    expected = np.array(motif_data.classes)[motif_data.y[measured]]
    assert predictions.labels.tolist() == expected.tolist()
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1, rtol=1e-12)


def test_the_saved_model_makes_the_same_predictions(trained, predictions, measured, motif_data):
    model = models.load(trained / "model.keras")
    last = model.get_layer(models.PROBABILITIES)
    assert last.temperature != 1 and last.biases[0] != 0  # calibrated
    kept = read_calibration(trained / "calibration.json")
    assert kept == (pytest.approx(last.temperature), pytest.approx(last.biases))
    again = models.predict(model, motif_data.x[measured])
    np.testing.assert_allclose(predictions.probabilities, again, atol=1e-6)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_planted_motif_is_learned(predictions, part):
    of_part = predictions.of(part)
    assert roc_auc_score(of_part.y == 0, of_part.probabilities[:, 0]) > 0.95


def test_the_best_epoch_is_kept(trained, motif_data):
    history = read_history(trained / "history.tsv")
    assert history["epoch"].tolist() == list(range(1, len(history) + 1))
    model = models.load(trained / "model.keras")
    last = model.get_layer(models.PROBABILITIES)
    last.temperature, last.biases = 1.0, None  # as it was while it trained
    records = read_split(motif_data.folder / "split.npz")["validation"]
    loss = log_loss(motif_data.y[records], models.predict(model, motif_data.x[records]))
    best = history["val_calibrated"].argmin()
    assert loss == pytest.approx(history["val_loss"][best], abs=1e-5)


def test_what_was_decided_is_told(trained, motif_data):
    told = read_training(trained / "training.json")
    model = models.load(trained / "model.keras")
    assert told["parameters"] == models.parameters(model)
    assert told["records"] == len(read_split(motif_data.folder / "split.npz")["train"])
    assert told["epochs"] == training_settings()["epochs"]
    assert told["epochs"] >= len(read_history(trained / "history.tsv"))
    assert told["device"] == "CPU, 1 threads, float32"
    assert "auto" not in told["hyperparameters"].values()
    assert {"Python", "keras", "numpy"} <= set(told["versions"])


def test_the_attention_is_that_of_test_records_of_each_class(trained, motif_data):
    attention = read_attention(trained / "attention.npz")
    position = {name: i for i, name in enumerate(motif_data.ids)}
    records = [position[name] for name in attention["ids"]]
    test = read_split(motif_data.folder / "split.npz")["test"]
    assert set(records) <= set(test) and records == sorted(records)
    assert set(motif_data.y[records]) == {0, 1}
    np.testing.assert_allclose(attention["weights"].sum(axis=2), 1, rtol=1e-5)

    scales, weights = models.attention_along(
        models.load(trained / "model.keras"), motif_data.x[records], 64
    )
    assert attention["scales"].tolist() == scales
    np.testing.assert_allclose(attention["weights"], weights, atol=1e-6)


def test_attention_looks_at_the_planted_motif(trained, motif_data):
    attention = read_attention(trained / "attention.npz")
    position = {name: i for i, name in enumerate(motif_data.ids)}
    widest = attention["weights"][:, attention["scales"].argmax()]
    on_motif, by_chance = [], 8 / 40
    for name, weights in zip(attention["ids"], widest, strict=True):
        i = position[name]
        if motif_data.y[i] == 0:
            on_motif.append(weights[motif_data.starts[i] :][:8].sum())
    assert len(on_motif) > 10
    assert np.mean(on_motif) > 1.5 * by_chance  # some filters learn what else there is


def test_the_log_tells_device_epochs_and_calibration(trained_twice, trained, motif_data):
    lines = trained_twice[1][0].splitlines()
    history = read_history(trained / "history.tsv")
    assert lines[0] == "training on CPU, 1 threads, float32"
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert len(epochs) == len(history) and all("s left" in line for line in epochs)
    best = int(history["val_calibrated"].argmin())
    assert f"best epoch {best + 1}, validation loss {history['val_loss'][best]:.4f}" in lines
    model = models.load(trained / "model.keras")
    temperature = model.get_layer(models.PROBABILITIES).temperature
    assert lines[-1].startswith(f"calibrated with temperature {temperature:.3f}, biases hit ")


@pytest.mark.parametrize(
    "name", ["predictions.tsv.gz", "history.tsv", "training.json", "attention.npz"]
)
def test_a_deterministic_training_gives_the_same_bytes(trained_twice, name):
    one, other = trained_twice[0]
    assert (one / name).read_bytes() == (other / name).read_bytes()


def test_a_gpu_that_is_not_there_is_an_error_and_leaves_nothing(train_in_a_process, tmp_path):
    done = train_in_a_process(tmp_path, device="gpu")
    assert done.returncode == 1
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith("error: training.device: gpu was asked for, but TensorFlow sees no")
    assert "Traceback" not in done.stderr and not any(tmp_path.iterdir())


@pytest.mark.thorough
def test_a_training_that_diverges_ends_in_a_sentence_and_writes_nothing(
    train_in_a_process, tmp_path
):
    done = train_in_a_process(tmp_path, learning_rate=1e30, precision="float32")
    assert done.returncode == 1
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence == (
        "error: the training losses of epoch 1 are not numbers; lower training.learning_rate, "
        "which is 1e+30, and train again."
    )
    assert "Traceback" not in done.stderr and not any(tmp_path.iterdir())


def test_a_network_that_fits_no_memory_is_refused_before_it_is_built(
    motif_data, tmp_path, monkeypatch
):
    def build(*_, **__):
        raise AssertionError("it was built")

    monkeypatch.setattr(models, "attention_cnn", build)
    monkeypatch.setitem(models.NETWORKS, "attention_cnn", build)
    monkeypatch.setattr(train.devices, "set_up", lambda *_: "nothing")
    chosen = hyperparameters("attention_cnn", hidden=[100_000, 100_000, 100_000])
    settings = {
        "model": {"architecture": "attention_cnn", **chosen},
        "training": training_settings(),
    }
    files = {name: motif_data.folder / f"{name}.npz" for name in ("encoded", "split")}
    files["sequences"] = motif_data.folder / "sequences.parquet"
    for name in ("model", "history", "training", "calibration", "predictions", "attention"):
        files[name] = tmp_path / name
    flags = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    with pytest.raises(UserError, match=r"^attention_cnn: hidden: \[100000.* GB of memory or more"):
        train.main([*flags, "--settings", json.dumps(settings), "--seed", "1"])
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("setting", "taken"), [("auto", 5), (3, 3)])
@pytest.mark.parametrize("script", [train, attribute, find_rules])
def test_the_flag_for_cores_counts_only_where_the_settings_leave_them(
    monkeypatch, script, setting, taken
):
    def set_up(device, precision, threads, *others):
        raise StopIteration(threads)

    monkeypatch.setattr(devices, "set_up", set_up)
    how = {"device": "cpu", "seed": 1, "threads": setting}
    how |= {"motifs": 8, "gap": 40, "backgrounds": 20} if script is find_rules else {}
    settings = {"training": training_settings(threads=setting)} if script is train else how
    names = "sequences encoded split model history training calibration predictions attention"
    if script is attribute:
        names = "sequences encoded split model attributions untrained perturbations filters"
    if script is find_rules:
        names = "motifs encoded split model rules effects summary"
    files = [word for name in names.split() for word in (f"--{name}", "x")]
    seed = ["--seed", "1"] if script is train else []
    with pytest.raises(StopIteration) as told:
        script.main([*files, *seed, "--settings", json.dumps(settings), "--threads", "5"])
    assert told.value.value == taken
