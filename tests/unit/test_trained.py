"""Trained models in a notebook: what the scripts give, as tables and arrays."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from made_up_variants import draw_genome, draw_variants, windows_by_hand, write_genome
from small_networks import hyperparameters, random_letters

import attendna
from attendna.dna import one_hot
from attendna.errors import UserError
from attendna.learning import baselines, models

LENGTH = 40


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of a dataset: a network with two seeds, and a baseline."""
    folder = tmp_path_factory.mktemp("results") / "promoters"
    for seed in (2, 10):
        keras.utils.set_random_seed(seed)
        settings = hyperparameters("attention_cnn")
        network = models.attention_cnn(LENGTH, ["no", "yes"], "yes", **settings)
        run = folder / "fold1" / "attention_cnn" / f"seed{seed}"
        run.mkdir(parents=True)
        network.save(run / "model.keras")
    x, y = one_hot(random_letters(200, LENGTH, 1)), np.arange(200) % 2
    kmers = baselines.fit_kmer_logistic(
        x[:150], y[:150], x[150:], y[150:], classes=["no", "yes"], positive="yes", seed=1, k=2,
        c=0.1, both_strands=False,
    )  # fmt: skip
    run = folder / "fold1" / "a_baseline" / "seed1"
    run.mkdir(parents=True)
    baselines.save(run / "model.npz", kmers, LENGTH, "centre")
    return folder


@pytest.fixture(scope="module")
def model(results):
    return attendna.load(results)


def texts(count, seed=3):
    return [row.tobytes().decode() for row in random_letters(count, LENGTH, seed)]


def whole(results, sequences):
    """float64 (2, n, 2): what the two networks say."""
    x = one_hot(np.array([list(text.encode()) for text in sequences], np.uint8))
    paths = [results / f"fold1/attention_cnn/seed{seed}/model.keras" for seed in (2, 10)]
    return np.array([models.predict(models.load(path), x) for path in paths])


def test_predictions_are_the_mean_over_the_runs(results, model):
    assert [Path(path).parent.name for path in model.paths] == ["seed2", "seed10"]
    sequences = texts(5)
    table = model.predict(sequences)
    expected = whole(results, sequences).mean(axis=0)
    assert np.allclose(table[["p_no", "p_yes"]], expected)
    assert list(table["predicted"]) == [["no", "yes"][k] for k in expected.argmax(axis=1)]
    one = model.predict(sequences[0].lower())
    assert len(one) == 1 and np.isclose(one["p_yes"][0], table["p_yes"][0])


def test_attributions_are_what_each_base_does(results, model):
    sequences = texts(2)
    found = model.attribute(sequences)
    assert found.shape == (2, LENGTH, 4) and found.dtype == np.float32
    assert np.allclose(found.sum(axis=2), 0, atol=1e-5)
    mutants = [sequences[1][:7] + base + sequences[1][8:] for base in "ACGT"]
    p = whole(results, mutants)
    odds = np.log(p[..., 1] / p[..., 0]).mean(axis=0)
    assert np.allclose(found[1, 7], odds - odds.mean(), atol=1e-5)
    assert np.allclose(model.attribute(sequences, "no"), -found, atol=1e-5)


def test_effects_are_those_of_windows_cut_by_hand(results, model, tmp_path):
    genome = draw_genome({"1": 900}, seed=2)
    path = write_genome(tmp_path / "genome.fa", genome)
    variants = draw_variants(genome, 20, seed=4, margin=LENGTH)
    chroms, *others = zip(*[(f"chr{c}", p, r, a) for c, p, r, a in variants], strict=True)
    table = model.effects(chroms, *others, path)
    assert set(table["status"]) == {"ok"} and list(table["chrom"]) == list(chroms)
    pairs = [windows_by_hand(genome[c], p, r, a, LENGTH // 2, LENGTH) for c, p, r, a in variants]
    p = np.array([whole(results, [pair[k] for pair in pairs]) for k in range(2)])
    odds = np.log(p[..., 1] / p[..., 0])
    assert np.allclose(table["effect_yes"], (odds[1] - odds[0]).mean(axis=0), atol=1e-5)
    one = model.effects("chr1", *variants[0][1:], path)
    assert len(one) == 1 and np.isclose(one["effect_yes"][0], table["effect_yes"][0], atol=1e-5)
    wrong = "A" if variants[0][2][0] != "A" else "C"
    (row,) = model.effects("chr1", variants[0][1], wrong, "G", path).to_dict("records")
    assert row["status"] == "ref_mismatch" and np.isnan(row["effect_yes"])


def test_models_are_chosen_by_name_by_folder_and_by_file(results):
    baseline = attendna.load(results, "a_baseline")
    assert [Path(path).name for path in baseline.paths] == ["model.npz"]
    run = results / "fold1" / "attention_cnn" / "seed2"
    assert attendna.load(run).paths == attendna.load(run / "model.keras").paths
    both = [str(results / f"fold1/attention_cnn/seed{seed}/model.keras") for seed in (2, 10)]
    assert attendna.load(both).paths == both
    assert baseline.attribute("ACGTA" * 8).shape == (1, LENGTH, 4)
    assert len(baseline.predict(["ACG", "A" * 70])) == 2  # it crops, as in training


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda results, model: attendna.load(results.parent / "none"), "no such file"),
        (lambda results, model: attendna.load(results.parent), "no trained model"),
        (lambda results, model: attendna.load(results, "cnn"), "there are a_baseline, attention"),
        (lambda results, model: model.predict(["ACGT"]), "4 letters, but .* was trained on 40"),
        (lambda results, model: model.predict("ACG T" * 8), "is no DNA"),
        (lambda results, model: model.attribute("A" * 40, "maybe"), "no class 'maybe'"),
        (
            lambda results, model: model.effects(["1", "1"], [5], ["A"], ["C"], "g.fa"),
            "lists of different lengths",
        ),
    ],
)
def test_mistakes_end_in_one_sentence(results, model, call, expected):
    with pytest.raises(UserError, match=expected):
        call(results, model)


def test_the_library_imports_nothing_before_load_is_asked_for():
    code = "import sys, attendna; print(sorted(m for m in sys.modules if m[:9] == 'attendna.'))"
    code += "; print('numpy' in sys.modules); from attendna import load; print(load.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2] / "scripts",
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n")[:3] == ["[]", "False", "load"], done.stderr
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = attendna.lode
