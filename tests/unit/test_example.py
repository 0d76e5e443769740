"""example.py beside an exported network: as the encoder does, and with nothing else installed."""

import gzip
import importlib.util
import io
import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from random_networks import random_network

from attendna.contracts.layout import Run
from attendna.data.allowed_letters import letters_of, plain_letters
from attendna.dna import CROPS
from attendna.learning import models
from attendna.use import example, exporting, scorers

SEQUENCES = ["ACGT", "acgtu", "RYSWKMBDHVNryswkmbdhvn", "A", "GATTACA" * 9, "TTGACA" * 5 + "C"]
SEQUENCES += ["ACGTACGTACGTACGTACGTACGTACGTACG", "N" * 40, "uUtT" * 8]
READ = {"soft_masked": "keep", "gaps": "error"}


def written(folder, length=31, crop="centre", classes=("a", "b"), **read):
    """Write a network of random weights with its example; return what scores for Keras."""
    network = random_network("attention_cnn", length, list(classes), classes[0], crop=crop)
    network.save(folder / "model.keras")
    known = exporting.facts(network, {"input": "uint8", **READ, **read}, Run("d", 1, "m", 1))
    x = np.zeros((1, length, 4), np.uint8)
    exporting.write_onnx(folder / "model.onnx", network, known, x, models.predict(network, x))
    (folder / "example.py").write_bytes(Path(example.__file__).read_bytes())
    return scorers.load(str(folder / "model.keras"))


@pytest.mark.parametrize("length", [30, 31])
@pytest.mark.parametrize("crop", CROPS)
def test_sequences_of_any_length_and_letters_are_encoded_as_in_training(tmp_path, crop, length):
    written(tmp_path, length, crop)
    model = example.Model(str(tmp_path / "model.onnx"))
    upper = [sequence.upper() for sequence in SEQUENCES]
    expected = scorers.encoded(upper, length, crop)
    found = model.encode([model.letters(sequence) for sequence in SEQUENCES])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("gaps", ["remove", "n"])
@pytest.mark.parametrize("soft_masked", ["keep", "mask"])
def test_lower_case_and_gaps_are_read_as_in_training(tmp_path, soft_masked, gaps):
    written(tmp_path, soft_masked=soft_masked, gaps=gaps)
    model = example.Model(str(tmp_path / "model.onnx"))
    for sequence in ["acgtACGTuU", "AC-GT..A", "nnRyA"]:
        read = plain_letters(sequence.encode(), letters_of(soft_masked, gaps))
        assert model.letters(sequence).replace("U", "T") == read


@pytest.mark.parametrize(
    ("sequence", "crop", "sentence"),
    [
        ("ACXT", "left", "has the letter 'X'"),
        ("AC-T", "left", "has the letter '-'"),
        ("", "left", "has no sequence"),
        ("ACGT", "", "has 4 letters; the model takes 31"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, monkeypatch, sequence, crop, sentence):
    written(tmp_path, crop=crop)
    (tmp_path / "s.fa").write_text(f">one\n{'A' * 31}\n>two x\n{sequence}\n")
    monkeypatch.setattr(sys, "argv", ["example.py", str(tmp_path / "s.fa")])
    monkeypatch.setattr(example, "__file__", str(tmp_path / "example.py"))
    with pytest.raises(SystemExit, match=f"s.fa, record two: {sentence}"):
        example.main()


def alone(folder):
    """An environment that has NumPy and ONNX Runtime and nothing else: their folders alone."""
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in (np, onnxruntime):
        place = Path(package.__file__).parent
        (site / place.name).symlink_to(place)
        libraries = place.with_name(f"{place.name}.libs")
        if libraries.exists():
            (site / libraries.name).symlink_to(libraries)
    return folder / "bin" / "python"


def test_the_example_scores_fasta_with_onnxruntime_and_numpy_alone(tmp_path):
    scorer = written(tmp_path, crop="right")
    python = alone(tmp_path / "alone")
    fasta = "".join(f">s{i} of many\n{s[:9]}\n {s[9:]}\n" for i, s in enumerate(SEQUENCES))
    with gzip.open(tmp_path / "s.fa.gz", "wt") as handle:
        handle.write(f"; a comment\n{fasta}")
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}

    def run(*arguments):
        return subprocess.run(
            [python, *arguments], env=environment, capture_output=True, text=True, cwd=tmp_path
        )

    others = ["tensorflow", "keras", "pandas", "attendna", "onnx", "google.protobuf", "yaml"]
    assert all(importlib.util.find_spec(name) for name in others)  # here they are
    for name in others:
        assert "ModuleNotFoundError" in run("-c", f"import {name}").stderr
    result = run("example.py", "s.fa.gz")
    assert result.returncode == 0, result.stderr
    table = pd.read_csv(io.StringIO(result.stdout), sep="\t")
    expected = scorer.predict([sequence.upper() for sequence in SEQUENCES])
    assert list(table["id"]) == [f"s{i}" for i in range(len(SEQUENCES))]
    np.testing.assert_allclose(table[["p_a", "p_b"]], expected, atol=1e-5)
    assert list(table["predicted"]) == ["ab"[i] for i in expected.argmax(axis=1)]
