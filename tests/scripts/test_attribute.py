"""A trained network is explained: files that agree, and a planted motif that is found."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import forked_jobs
import keras
import numpy as np
import pytest
from once import made_once
from small_networks import hyperparameters

from attendna.contracts import checkpoints
from attendna.contracts.attributions import read_attributions, read_perturbations
from attendna.contracts.encoded import read_encoded
from attendna.contracts.predictions import read_calibration, read_predictions
from attendna.contracts.sequences import bed_writer
from attendna.contracts.splits import read_split, write_groups
from attendna.contracts.tables import read_json
from attendna.dna import base_fractions
from attendna.errors import UserError
from attendna.evaluation.probability_scores import before_calibration
from attendna.explanation import attribution, in_parts, perturbation
from attendna.explanation.explained_records import chosen, targets
from attendna.explanation.explaining import Methods, explain
from attendna.explanation.explanation_scores import contributions
from attendna.explanation.perturbation import perturb
from attendna.learning import models
from score_explanations import main as score

SCRIPT = Path(__file__).parents[2] / "scripts" / "attribute.py"
HOW = {
    "records": 20,
    "fill_up": True,
    "target": "label",
    "methods": ["gradient", "integrated_gradients", "mutagenesis"],
    "baselines": ["zero", "uniform", "shuffled"],
    "shuffles": 1,
    "steps": 16,
    "seed": 1,
    "device": "cpu",
    "threads": 1,
}
FILES = ("attributions", "untrained", "perturbations", "filters")


def attribute(data, model, output, **changes):
    """Run the script as a job does: the threads of TensorFlow are a process's own."""
    command = [f"{forked_jobs.folder()}/python", str(SCRIPT), "--model", str(model)]
    command += ["--settings", json.dumps(HOW | changes)]
    for name in ("sequences.parquet", "encoded.npz", "split.npz"):
        command += [f"--{name.split('.')[0]}", str(data / name)]
    for name in FILES:
        command += [f"--{name}", str(output / f"{name}.npz")]
    no_gpu = os.environ | {"CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.run(command, env=no_gpu, capture_output=True, text=True)


@pytest.fixture(scope="module")
def explained(motif_data, trained, tmp_path_factory):
    """The folder of the explanations of 20 records of 40 bases."""

    def explain(folder):
        done = attribute(motif_data.folder, trained / "model.keras", folder)
        assert done.returncode == 0, done.stderr

    shared = made_once(tmp_path_factory, "explained", explain)
    return shutil.copytree(shared, tmp_path_factory.mktemp("own") / "explained")


@pytest.fixture(scope="module")
def found(explained):
    return read_attributions(explained / "attributions.npz")


def scored(data, folder, *more, **changes):
    how = {"records": 20, "bootstrap": 100, "confidence": 0.95, "seed": 1} | changes
    arguments = ["--settings", json.dumps(how), "--encoded", str(data / "encoded.npz")]
    arguments += ["--groups", str(folder / "groups.tsv"), "--scores", str(folder / "scores.json")]
    for name in FILES[:3]:
        arguments += [f"--{name}", str(folder / f"{name}.npz")]
    score([*arguments, *more])
    return read_json(folder / "scores.json")


@pytest.fixture(scope="module")
def truth(motif_data, explained):
    """Flags that tell what was planted, and how."""
    write_groups(explained / "groups.tsv", motif_data.ids, np.arange(600))
    rows = np.flatnonzero(motif_data.y == motif_data.classes.index("hit"))
    with bed_writer(explained / "planted.bed") as write:
        write(
            {
                "chrom": motif_data.ids[rows],
                "start": motif_data.starts[rows],
                "end": motif_data.starts[rows] + 8,
                "name": ["GATTACAG"] * len(rows),
                "score": [0] * len(rows),
                "strand": ["+"] * len(rows),
            }
        )
    classes = {
        "hit": {"fraction": 0.5, "planted": 1.0, "motifs": ["GATTACAG"]},
        "other": {"fraction": 0.5, "planted": 0.0, "motifs": []},
    }
    simulation = {"sequences": 600, "length": 40, "seed": 1, "classes": classes}
    flags = ["--planted", str(explained / "planted.bed")]
    return [*flags, "--simulation", json.dumps(simulation)]


def test_the_records_are_test_records_of_each_class_whatever_the_network_says(found, motif_data):
    split = read_split(motif_data.folder / "split.npz")
    assert np.isin(found.records, split["test"]).all()
    assert np.bincount(motif_data.y[found.records]).tolist() == [10, 10]
    np.testing.assert_array_equal(found.ids, motif_data.ids[found.records])
    np.testing.assert_array_equal(found.target, motif_data.y[found.records])


def test_a_class_is_filled_up_from_the_validation_and_then_the_training_records():
    y = np.array([0, 1, 1, 1, 0, 1, 0, 1, 1, 0])
    split = {"train": np.arange(3), "validation": np.arange(3, 5), "test": np.arange(5, 10)}
    assert [part.tolist() for part in chosen(y, split, 4, True)] == [[5, 6, 7, 9], ["test"] * 4]
    records, parts = chosen(y, split, 8, True)  # of class 0 there are two in the test part
    assert records.tolist() == [0, 3, 4, 5, 6, 7, 8, 9]
    assert parts.tolist() == ["train", "validation", "validation"] + ["test"] * 5
    assert chosen(y, split, 100, True)[0].tolist() == list(range(10))
    assert [part.tolist() for part in chosen(y, split, 100, False)] == [
        [5, 6, 7, 8, 9],
        ["test"] * 5,
    ]


def test_every_method_gives_a_number_for_each_base_and_the_score_is_that_of_the_class(
    found, motif_data, trained
):
    for of in (*found.methods.values(), found.attention_scores[..., None]):
        assert of.shape[:2] == (20, 40) and np.isfinite(of).all()
    assert list(found.methods) == HOW["methods"]
    assert found.attention.sum(axis=2) == pytest.approx(1, abs=1e-4)
    p = read_predictions(trained / "predictions.tsv.gz")
    calibration = read_calibration(trained / "calibration.json")
    by_id = dict(zip(p.ids, before_calibration(p.probabilities, *calibration), strict=True))
    own = np.array([by_id[i][t] for i, t in zip(found.ids, found.target, strict=True)])
    np.testing.assert_allclose(found.scores, np.log(own / (1 - own)), rtol=1e-3, atol=1e-3)


def test_the_planted_motif_is_found_and_an_untrained_network_does_not(explained, motif_data, truth):
    scores = scored(motif_data.folder, explained, *truth)
    assert scores["planted"] == {"records": 10, "share": 0.1}
    for name in ("gradient", "mutagenesis"):
        assert scores["auprc"][name]["value"] > 0.7
        assert scores["of_oracle"][name]["low"] < scores["of_oracle"][name]["value"] <= 1
        assert scores["auprc"][f"untrained_{name}"]["value"] < 0.3
    untrained = scores["auprc"]["untrained_attention"]["value"]
    assert scores["auprc"]["attention"]["value"] > 1.5 * untrained, untrained
    assert scores["auprc"]["oracle"]["value"] > 0.95
    deletion = scores["faithfulness"]["deletion"]
    assert deletion["mutagenesis"]["low"] > 0 and scores["notes"][0].startswith("Agreement between")


def test_integrated_gradients_add_up(found, motif_data):
    errors = np.abs(found.totals - found.differences) / np.abs(found.differences)
    assert found.baselines.tolist() == HOW["baselines"]
    assert np.median(errors[:, :2]) < 0.01
    fractions = base_fractions(motif_data.x[found.records])
    total = contributions(found.methods["integrated_gradients"], fractions).sum(axis=1)
    assert total == pytest.approx(found.totals.mean(axis=1), abs=1e-3)


def test_on_real_data_it_says_that_no_truth_is_known_and_other_seeds_are_compared(
    explained, motif_data, truth
):
    other = ["--other", "2", str(explained / "attributions.npz")]
    scores = scored(motif_data.folder, explained, *other, records=30)
    assert "auprc" not in scores
    assert {row["seed"] for row in scores["agreement"]["seeds"]} == {2}
    assert all(row["value"] == pytest.approx(1) for row in scores["agreement"]["seeds"])
    assert scores["notes"] == [
        "Of the 30 records asked for, the test part has 20; with so few, the intervals are wide.",
        "No score against the truth, which is known for simulated data only.",
    ]


@pytest.mark.thorough
def test_an_untrained_network_is_explained_and_called_one(
    explained, motif_data, truth, tmp_path_factory
):
    """A network that was never trained, on all records; those that fill up are not scored."""
    folder = tmp_path_factory.mktemp("never")
    keras.utils.set_random_seed(1)
    model = models.NETWORKS["attention_cnn"](
        40, motif_data.classes, "hit", **hyperparameters("attention_cnn")
    )
    model.save(folder / "model.keras")
    how = {"methods": ["mutagenesis"], "records": 1000}
    done = attribute(motif_data.folder, folder / "model.keras", folder, **how)
    assert done.returncode == 0, done.stderr
    found = read_attributions(folder / "attributions.npz")
    assert (
        len(found.ids) == 600
        and set(found.target) == {0, 1}
        and list(found.methods) == ["mutagenesis"]
    )
    tested = found.of_part("test")
    assert len(tested.ids) == 100
    control = read_attributions(folder / "untrained.npz")
    assert control.ids.tolist() == tested.ids.tolist()
    assert read_perturbations(folder / "perturbations.npz").deletion.shape[1] == 100
    write_groups(folder / "groups.tsv", motif_data.ids, np.arange(600))
    scores = scored(motif_data.folder, folder, *truth, records=1000)
    assert scores["completeness"] == {} and sum(scores["target"]) == 100
    notes = " ".join(scores["notes"])
    assert "Of the 1000 records asked for, the test part has 100" in notes
    assert "does not tell the classes apart" in notes
    assert "mutagenesis finds what was planted no better than it does in an untrained" in notes


def test_a_class_that_is_not_there_is_named(motif_data):
    encoded = read_encoded(motif_data.folder / "encoded.npz")
    sentence = r"^e\.npz: has no class 'hits' for explain\.target; name one of hit, other,"
    with pytest.raises(UserError, match=sentence):
        targets(None, encoded, np.arange(3), "hits", "e.npz")


@pytest.mark.thorough
def test_parts_that_were_explained_are_not_explained_again(
    motif_data, trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(in_parts, "PART", 8)
    model = models.load(trained / "model.keras")
    methods = Methods(["gradient", "integrated_gradients"], ["shuffled"], 1, 16, 1)
    x = motif_data.x[:20]
    known = {name: getattr(motif_data, of)[:20] for name, of in (("ids", "ids"), ("target", "y"))}
    known |= {"records": np.arange(20), "parts": np.full(20, "test")}

    def run(state, x=x):
        parts = [checkpoints.Parts(state and state / name, "key") for name in ("one", "other")]
        found = explain(model, x, known, methods, parts[0])
        changed = perturb(model, x, found, 1, parts[1])
        return {**found.methods, "totals": found.totals, "deletion": changed.deletion}

    undisturbed = run(None)
    explained, perturbed = [], []
    usual = attribution.gradient, perturbation.perturbed_scores

    def dies_at_the_third(model, x, target):
        explained.append(len(x))
        if len(explained) == 3:
            raise KeyboardInterrupt
        return usual[0](model, x, target)

    def counted(*arguments, **options):
        perturbed.append(len(arguments[1]))
        return usual[1](*arguments, **options)

    monkeypatch.setattr(attribution, "gradient", dies_at_the_third)
    monkeypatch.setattr(perturbation, "perturbed_scores", counted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    resumed = run(tmp_path)
    for name, values in undisturbed.items():
        np.testing.assert_array_equal(resumed[name], values)
    assert explained == [8, 8, 4, 4]  # 20 records, and the part that was cut off
    once = len(perturbed)
    run(tmp_path)
    assert len(explained) == 4 and len(perturbed) == once
    other = x.copy()
    other[10] = x[0]
    run(tmp_path, other)
    assert explained[4:] == [8]  # the part that has changed
