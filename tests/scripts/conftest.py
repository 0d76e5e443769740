"""What the tests of several scripts share: a finished training, and `make new` by hand."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import forked_jobs
import numpy as np
import pandas as pd
import pytest
from configs import imported
from once import made_once
from small_networks import hyperparameters, planted, training_settings

import doctor
import new_config
from attendna.contracts.encoded import write_encoded
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import write_split
from attendna.data.labels import order_classes
from attendna.dna import one_hot
from attendna.planning import config_files, loading, settings

ROOT = Path(__file__).parents[2]

CLASSES = ["hit", "other"]  # the positive one first, so that its probability is the first column
MOTIF = "GATTACAG"


@pytest.fixture(scope="session")
def motif_data(tmp_path_factory):
    """600 sequences of 40 bases; "hit" holds an 8-mer at one of 33 positions."""
    folder = tmp_path_factory.mktemp("motif")
    letters, planted_in, starts = planted(600, 40, MOTIF, seed=3)
    y = 1 - planted_in  # "hit" comes first
    sequences = [row.tobytes().decode() for row in letters]
    ids = np.array([f"record{i}" for i in range(600)])
    table = pd.DataFrame({"id": ids, "sequence": sequences, "label": np.array(CLASSES)[y]})
    write_sequences(folder / "sequences.parquet", table)
    x = one_hot(letters)
    write_encoded(folder / "encoded.npz", iter([x]), x.shape, y, np.full(600, 40), CLASSES, "hit")
    order = np.random.default_rng(0).permutation(600)
    split = {"train": order[:400], "validation": order[400:500], "test": order[500:]}
    write_split(folder / "split.npz", split)
    return SimpleNamespace(
        folder=folder, ids=ids, sequences=sequences, x=x, y=y, starts=starts, classes=CLASSES
    )


@pytest.fixture(scope="session")
def train_in_a_process(motif_data):
    """Run train.py as a job does: its device, threads and determinism are a process's own."""
    return lambda output, **changes: run_training(motif_data.folder, output, changes)


def run_training(data, output, changes):
    """Run train.py; return what it was called with and how it ended."""
    settings = {
        "model": {"architecture": "attention_cnn", **hyperparameters("attention_cnn")},
        "training": training_settings(**changes),
    }
    command = [f"{forked_jobs.folder()}/python", str(ROOT / "scripts" / "train.py")]
    command += ["--settings", json.dumps(settings), "--seed", "1"]
    for name in ("sequences.parquet", "encoded.npz", "split.npz"):
        command += [f"--{name.split('.')[0]}", str(data / name)]
    for name in (
        "model.keras",
        "history.tsv",
        "training.json",
        "calibration.json",
        "predictions.tsv.gz",
        "attention.npz",
    ):
        command += [f"--{name.split('.')[0]}", str(output / name)]
    no_gpu = os.environ | {"CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.run(command, env=no_gpu, capture_output=True, text=True)


@pytest.fixture(scope="session")
def trained_twice(train_in_a_process, tmp_path_factory):
    """Train twice with the same seed, deterministically: the two folders and the two logs."""

    def train(parent):
        folders = [parent / "one", parent / "other"]
        for folder in folders:
            folder.mkdir()
        with ThreadPoolExecutor() as pool:
            done = list(pool.map(lambda to: train_in_a_process(to, deterministic=True), folders))
        assert [each.returncode for each in done] == [0, 0], done[0].stderr
        for folder, each in zip(folders, done, strict=True):
            folder.with_suffix(".log").write_text(each.stdout)

    parent = made_once(tmp_path_factory, "trained", train)
    folders = [parent / "one", parent / "other"]
    return folders, [folder.with_suffix(".log").read_text() for folder in folders]


@pytest.fixture(scope="session")
def trained(trained_twice):
    """Give the folder of a finished training."""
    return trained_twice[0][0]


@pytest.fixture
def make(tmp_path, monkeypatch, capsys):
    """Write a config for files, and give what it holds and what was said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor.preflight, "driver_gpus", list)

    def make(*arguments):
        new_config.main([*arguments])
        said = " ".join(capsys.readouterr().out.split())  # lines are broken anywhere
        out = arguments[arguments.index("--out") + 1] if "--out" in arguments else "my.yaml"
        assert "PROBLEM" not in said
        config = config_files.read(out)
        check_records(loading.load(ROOT / "config.yaml", [out]))
        return config, said

    return make


def check_records(config):
    """Import each dataset as a run does, so that it has two classes and every part of a split."""
    for name, dataset in config["datasets"].items():
        table = imported(config, name)
        labels, split = list(table["label"]), table["split"]
        listed = settings.class_order(config, name)
        classes, positive = order_classes(labels, listed, dataset.get("positive"))
        assert positive == dataset.get("positive", positive)
        assert split.notna().all() or split.isna().all()
        if set(split) & {"train", "validation", "test"}:
            assert {"train", "test"} <= set(split)
            for part in set(split):
                assert set(table["label"][split == part]) == set(classes)
