"""New sequences get the scores that the run gave, complete and in order, or one clear sentence."""

import gzip
import json
import os
import shutil
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from small_networks import hyperparameters, random_letters

from attendna.command_line import run
from attendna.contracts.arrays import write_arrays
from attendna.contracts.predictions import read_predictions
from attendna.contracts.sequences import write_sequences
from attendna.contracts.splits import read_split
from attendna.data import cropping
from attendna.dna import one_hot
from attendna.errors import UserError
from attendna.learning import baselines, models
from predict import main

COLUMNS = ["p_hit", "p_other"]


@pytest.fixture(scope="module")
def other_network(tmp_path_factory):
    """A network of the same classes that has learned nothing."""
    path = tmp_path_factory.mktemp("other") / "model.keras"
    keras.utils.set_random_seed(8)
    settings = hyperparameters("attention_cnn")
    models.attention_cnn(40, ["hit", "other"], "hit", **settings).save(path)
    return path


@pytest.fixture(scope="module")
def fitted(motif_data, tmp_path_factory):
    """A saved baseline of each architecture."""
    folder = tmp_path_factory.mktemp("baselines")
    split = read_split(motif_data.folder / "split.npz")
    x, y = motif_data.x, motif_data.y
    parts = [data[split[part]] for part in ("train", "validation") for data in (x, y)]
    names = {"classes": motif_data.classes, "positive": "hit", "seed": 1}
    settings = names | {"c": 0.1}
    made = {
        "gc_content": baselines.fit_gc_content(*parts, **names),
        "kmer_logistic": baselines.fit_kmer_logistic(*parts, **settings, k=3, both_strands=False),
        "positional_logistic": baselines.fit_positional_logistic(*parts, **settings),
    }
    for name, model in made.items():
        baselines.save(folder / f"{name}.npz", model)
    return folder


def write_fasta(path, records):
    path.write_text("".join(f">{name} a comment\n{sequence}\n" for name, sequence in records))
    return path


def predict(output, *arguments):
    """Run predict.py and read its table."""
    main([*map(str, arguments), "--predictions", str(output)])
    return pd.read_csv(output, sep="\t", dtype={"id": str})


@pytest.fixture
def new(motif_data, tmp_path):
    """FASTA of all records, the last first."""
    records = list(zip(motif_data.ids, motif_data.sequences, strict=True))[::-1]
    return write_fasta(tmp_path / "new.fa", records)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.tsv.gz"


# ------------------------------------------------------------------------------ cores


def test_a_network_is_held_to_its_cores(fitted, new, output, monkeypatch):
    for kind in ("INTRAOP", "INTEROP"):
        monkeypatch.setenv(f"TF_NUM_{kind}_THREADS", "7")
    predict(output, "--model", fitted / "gc_content.npz", new, "--threads", "1")
    assert [os.environ[f"TF_NUM_{kind}_THREADS"] for kind in ("INTRAOP", "INTEROP")] == ["1", "1"]


def test_no_cores_are_none(fitted, new, output, capsys):
    with pytest.raises(SystemExit):
        predict(output, "--model", fitted / "gc_content.npz", new, "--threads", "0")
    assert "--threads: expected a number from 1" in capsys.readouterr().err


# ------------------------------------------------------------------------------ kills


def test_batches_that_were_scored_are_not_scored_again(fitted, new, output, tmp_path, monkeypatch):
    monkeypatch.setattr("predict.BATCH", 100)
    arguments = ["--model", fitted / "kmer_logistic.npz", new]
    undisturbed = predict(output, *arguments)
    calls = []
    usual = baselines.predict

    def dies_at_the_fourth(model, x, *name):
        calls.append(len(x))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return usual(model, x, *name)

    monkeypatch.setattr(baselines, "predict", dies_at_the_fourth)
    kept = ["--state", tmp_path / "state"]
    with pytest.raises(KeyboardInterrupt):
        predict(output, *arguments, *kept)
    pd.testing.assert_frame_equal(predict(output, *arguments, *kept), undisturbed)
    assert calls == [100] * 7  # 600 records, and the batch that was cut off
    other = ["--model", fitted / "gc_content.npz", new]
    predict(output, *other, *kept)
    assert len(calls) == 13  # another model, other scores


# ------------------------------------------------------------------------------ scores


def test_a_network_gives_the_runs_own_scores(trained, new, output, motif_data):
    table = predict(output, "--model", trained / "model.keras", new)
    assert table.columns.tolist() == ["id", "description", "predicted", *COLUMNS]
    assert table["id"].tolist() == motif_data.ids[::-1].tolist()
    run_s = read_predictions(trained / "predictions.tsv.gz")
    again = table.set_index("id").loc[run_s.ids]
    np.testing.assert_allclose(again[COLUMNS], run_s.probabilities, atol=1e-6)
    likelier = np.where(again["p_hit"] > again["p_other"], "hit", "other")
    assert again["predicted"].tolist() == likelier.tolist()


@pytest.mark.parametrize("architecture", ["kmer_logistic", "positional_logistic"])
def test_a_baseline_gives_its_own_scores(architecture, fitted, new, output, motif_data):
    path = fitted / f"{architecture}.npz"
    table = predict(output, "--model", path, new)
    expected = baselines.predict(baselines.load(path), motif_data.x)[::-1]
    np.testing.assert_allclose(table[COLUMNS], expected, atol=1e-6)


def test_several_models_are_averaged(trained, other_network, fitted, new, output):
    paths = [trained / "model.keras", other_network, fitted / "kmer_logistic.npz"]
    alone = [predict(output, "--model", path, new)[COLUMNS] for path in paths]
    together = predict(output, "--model", *paths, new)[COLUMNS]
    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-6)
    assert np.abs(alone[0] - together).max(axis=None) > 0.01


def test_the_command_line_can_be_given_in_any_order(trained, other_network, new, output):
    one, two = trained / "model.keras", other_network
    expected = predict(output, "--model", one, two, new)
    for arguments in ([new, "--model", one, two], ["--model", one, "--model", two, new]):
        pd.testing.assert_frame_equal(predict(output, *arguments), expected)
    sources = {"sources": [{"path": str(new)}], "columns": {"sequence": "sequence"}, "reading": {}}
    table = predict(output, "--settings", json.dumps(sources), "--model", one, two)
    pd.testing.assert_frame_equal(table, expected)


def test_more_sequences_than_a_batch_come_out_complete_and_in_order(
    trained, tmp_path, output, monkeypatch
):
    monkeypatch.setattr("predict.BATCH", 2_000)  # the last one holds a single sequence
    letters = random_letters(10_001, 40, seed=11)
    names = [f"s{i}" for i in range(10_001)]
    sequences = [row.tobytes().decode() for row in letters]
    new = write_fasta(tmp_path / "many.fa", zip(names, sequences, strict=True))
    table = predict(output, "--model", trained / "model.keras", new)
    assert table["id"].tolist() == names
    expected = models.predict(models.load(trained / "model.keras"), one_hot(letters))
    np.testing.assert_allclose(table[COLUMNS], expected, atol=1e-6)


def test_equal_input_gives_equal_bytes(trained, new, output):
    predict(output, "--model", trained / "model.keras", new)
    first = output.read_bytes()
    predict(output, "--model", trained / "model.keras", new)
    assert output.read_bytes() == first


def test_the_headers_of_new_sequences_are_kept(fitted, output, tmp_path, motif_data):
    names = ["x", "y 2", "z"]
    new = write_fasta(tmp_path / "new.fa", zip(names, motif_data.sequences[:3], strict=True))
    table = predict(output, "--model", fitted / "gc_content.npz", new)
    whole = [f"{name} a comment" for name in names]
    assert table["description"].tolist() == whole
    assert table["id"].tolist() == ["x", "y", "z"]


def test_letters_are_read_as_in_training(trained, tmp_path, output, motif_data):
    sequence = motif_data.sequences[0]
    table = predict(
        output,
        "--model",
        trained / "model.keras",
        write_fasta(
            tmp_path / "letters.fa",
            [
                ("plain", sequence),
                ("lower", sequence.lower()),
                ("rna", sequence.replace("T", "U")),
                ("wrapped", f"{sequence[:15]}\n{sequence[15:]}"),
                ("codes", "RYSWKMBDHVN" + sequence[11:]),
            ],
        ),
    ).set_index("id")
    for name in ("lower", "rna", "wrapped"):
        np.testing.assert_allclose(table.loc[name, COLUMNS], table.loc["plain", COLUMNS])
    assert 0 < table.loc["codes", "p_hit"] < 1


def test_tables_and_fasta_are_scored_together(trained, tmp_path, output, motif_data):
    fasta = write_fasta(tmp_path / "a.fa", [("x", motif_data.sequences[0])])
    table = tmp_path / "b.csv.gz"
    with gzip.open(table, "wt") as handle:
        handle.write(f"name,sequence\nx,{motif_data.sequences[1]}\n")
    settings = {
        "sources": [{"path": str(fasta)}, {"path": str(table)}],
        "columns": {"sequence": "sequence", "id": "name"},
        "reading": {},
    }
    scored = predict(output, "--model", trained / "model.keras", "--settings", json.dumps(settings))
    assert scored["id"].tolist() == ["a:x", "b:x"]
    expected = models.predict(models.load(trained / "model.keras"), motif_data.x[:2])
    np.testing.assert_allclose(scored[COLUMNS], expected, atol=1e-6)


# ------------------------------------------------------------------------------ lengths


@pytest.fixture(scope="module")
def cropping_models(motif_data, tmp_path_factory):
    """Models that have seen rows of 40 letters, the last letter in its place."""
    folder = tmp_path_factory.mktemp("cropping")
    keras.utils.set_random_seed(9)
    settings = hyperparameters("attention_cnn")
    network = models.attention_cnn(40, ["hit", "other"], "hit", crop="right", **settings)
    network.save(folder / "network.keras")
    x, y = motif_data.x, motif_data.y
    named = {"classes": motif_data.classes, "positive": "hit", "seed": 1, "c": 0.1}
    kmers = baselines.fit_kmer_logistic(x, y, x, y, **named, k=3, both_strands=False)
    baselines.save(folder / "kmers.npz", kmers, 40, "right")
    positions = baselines.fit_positional_logistic(x, y, x, y, **named)
    baselines.save(folder / "positions.npz", positions, 40, "right")
    return folder


@pytest.mark.parametrize("name", ["network.keras", "kmers.npz", "positions.npz"])
def test_new_sequences_are_cropped_and_padded_as_in_training(
    name, cropping_models, tmp_path, output, capsys
):
    lengths = np.random.default_rng(1).integers(1, 80, 50)
    letters = random_letters(50, 80, seed=2)
    sequences = [row[:n].tobytes().decode() for row, n in zip(letters, lengths, strict=True)]
    new = write_fasta(tmp_path / "new.fa", enumerate(sequences))
    path = cropping_models / name
    table = predict(output, "--model", path, new)
    x = one_hot(cropping.fit(sequences, 40, "right"))
    if name.endswith(".keras"):
        expected = models.predict(models.load(path), x)
    else:
        expected = baselines.predict(baselines.load(path), x)
    np.testing.assert_allclose(table[COLUMNS], expected, atol=1e-6)
    longer = int((lengths > 40).sum())
    said = f"{path} saw 40 letters of {longer} longer sequences"
    assert said in capsys.readouterr().out.splitlines()


def test_what_is_cropped_does_not_count(cropping_models, tmp_path, output):
    records = [("whole", "ACGGTACA" * 5), ("longer", "GGGGG" + "ACGGTACA" * 5)]
    new = write_fasta(tmp_path / "new.fa", records)
    paths = sorted(cropping_models.glob("[!.]*"))
    one, two = predict(output, "--model", *paths, new)[COLUMNS].to_numpy()
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_words_are_counted_in_any_lengths(fitted, tmp_path, output):
    model = fitted / "kmer_logistic.npz"
    records = [("one", "ACGT" * 3), ("two", "ACCTT")]
    both = predict(output, "--model", model, write_fasta(tmp_path / "new.fa", records))
    for i, record in enumerate(records):
        alone = predict(output, "--model", model, write_fasta(tmp_path / "new.fa", [record]))
        np.testing.assert_allclose(both[COLUMNS].iloc[[i]], alone[COLUMNS], atol=1e-6)


# ------------------------------------------------------------------------------ bad input


def sentence(output, *arguments):
    """Return what predict.py says of bad input; it must leave nothing."""
    with pytest.raises(UserError) as caught:
        predict(output, *arguments)
    assert not output.exists() and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["network", "positional_logistic"])
@pytest.mark.parametrize("length", [39, 41])
def test_a_wrong_length_names_file_record_and_model(
    kind, length, trained, fitted, tmp_path, output
):
    model = trained / "model.keras" if kind == "network" else fitted / "positional_logistic.npz"
    good = write_fasta(tmp_path / "good.fa", [("one", "ACGT" * 10)])
    bad = write_fasta(tmp_path / "bad.fa", [("two", "A" * 40), ("three", "A" * length)])
    assert sentence(output, "--model", model, good, bad) == (
        f"{bad}, record three: {length} letters, but {model} was trained on 40; "
        "give sequences of 40 letters, or give the dataset a `length` and train again, and they "
        "will be cropped."
    )


def test_every_models_length_counts(trained, fitted, tmp_path, output):
    longer = tmp_path / "longer.keras"
    settings = hyperparameters("attention_cnn")
    models.attention_cnn(50, ["hit", "other"], "hit", **settings).save(longer)
    new = write_fasta(tmp_path / "new.fa", [("one", "ACGT" * 10)])
    paths = [fitted / "kmer_logistic.npz", trained / "model.keras", longer]
    expected = f"{new}, record one: 40 letters, but {longer} was trained on 50"
    assert sentence(output, "--model", *paths, new).startswith(expected)


def test_a_length_that_no_memory_holds_is_refused(fitted, new, tmp_path, output):
    path = tmp_path / "long.npz"
    baselines.save(path, baselines.load(fitted / "gc_content.npz"), 10**15, "centre")
    assert sentence(output, "--model", path, new).startswith(
        f"{path}: takes sequences of 1,000,000,000,000,000 letters, which need more memory than"
    )


def test_sequences_that_are_none_are_named(trained, tmp_path, output):
    model = trained / "model.keras"
    new = tmp_path / "new.fa"
    assert sentence(output, "--model", model, new) == (
        f"{new}: no such file; check the path in the config."
    )
    new.write_text("")
    assert sentence(output, "--model", model, new) == f"{new}: the file is empty."
    new.write_text(">one\nACGTJ\n")
    assert sentence(output, "--model", model, new).startswith(f"{new}, line 2 (record one): 'J'")


def test_a_model_that_is_none_is_named(trained, motif_data, new, tmp_path, output):
    remedy = "name the model.keras or model.npz of a run."
    missing = tmp_path / "missing.keras"
    assert sentence(output, "--model", missing, new) == f"{missing}: no such file; {remedy}"
    renamed = tmp_path / "model.h5"
    shutil.copy(trained / "model.keras", renamed)
    assert sentence(output, "--model", renamed, new) == f"{renamed}: no model by its name; {remedy}"
    garbage = tmp_path / "model.keras"
    garbage.write_text("no network")
    assert sentence(output, "--model", garbage, new).startswith(f"{garbage}: no network of")
    arrays = motif_data.folder / "encoded.npz"
    assert sentence(output, "--model", arrays, new).startswith(f"{arrays}: damaged or not what")


def test_models_of_different_classes_are_not_averaged(trained, new, tmp_path, output):
    path = tmp_path / "other.keras"
    settings = hyperparameters("attention_cnn")
    models.attention_cnn(40, ["a", "b", "c"], "", **settings).save(path)
    model = trained / "model.keras"
    expected = f"{path}: its classes (a, b, c) are not those of {model} (hit, other);"
    assert sentence(output, "--model", model, path, new).startswith(expected)


@pytest.mark.parametrize("sequences", [[], ["new.fa", "--settings", "{}"]])
def test_either_files_or_settings_are_named(sequences, output, capsys):
    with pytest.raises(SystemExit) as caught:
        predict(output, "--model", "model.keras", *sequences)
    assert caught.value.code == 2
    assert "name files of sequences, or give --settings" in capsys.readouterr().err


def test_by_hand_bad_input_ends_with_status_one(trained, tmp_path, output, monkeypatch, capsys):
    command = ["predict.py", "--model", str(trained / "model.keras"), str(tmp_path / "no.fa")]
    monkeypatch.setattr(sys, "argv", [*command, "--predictions", str(output)])
    with pytest.raises(SystemExit, match="error: .*no.fa: no such file"):
        run(main)


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 3, 8])
def test_parts_make_the_bytes_of_one_job(
    motif_data, other_network, fitted, tmp_path, monkeypatch, count
):
    """Models of both kinds; with eight parts some have no batch."""
    monkeypatch.setattr(sys.modules["predict"], "BATCH", 8)
    records = list(zip(motif_data.ids, motif_data.sequences, strict=True))[:45]
    given = ["--model", other_network, fitted / "kmer_logistic.npz"]
    fasta = write_fasta(tmp_path / "new.fa", records)
    predict(tmp_path / "whole.tsv.gz", *given, fasta)
    parts = [tmp_path / f"{number}.npz" for number in range(1, count + 1)]
    for number, part in enumerate(parts, start=1):
        chunk = ["--chunk", f"{number}-of-{count}", "--predictions", part, fasta]
        main([*map(str, [*given, *chunk])])
    predict(tmp_path / "joined.tsv.gz", *given, fasta, "--parts", *parts)
    joined, whole = (tmp_path / f"{name}.tsv.gz" for name in ("joined", "whole"))
    assert joined.read_bytes() == whole.read_bytes()
    assert len(pd.read_csv(whole, sep="\t")) == 45


# ------------------------------------------------------------------------------ not a number


def overflowing(folder):
    """A network whose weights are numbers, and what it says is none."""
    path = folder / "overflowing.keras"
    model = models.attention_cnn(40, ["hit", "other"], "hit", **hyperparameters("attention_cnn"))
    kernel = model.get_layer("logits").kernel
    random = np.random.default_rng(1).choice([-3e38, 3e38], kernel.shape)
    kernel.assign(random)
    hidden = model.get_layer("hidden_1").kernel
    hidden.assign(np.full(hidden.shape, 1e38))
    model.save(path)
    return path


def broken_baseline(folder):
    path = folder / "broken.npz"
    model = baselines.Baseline(
        "kmer_logistic",
        ("hit", "other"),
        "hit",
        np.full((1, 4), 1e39),
        np.zeros(1),
        1.0,
        1,
        False,
        0,
    )
    baselines.save(path, model)
    return path


@pytest.mark.parametrize("made", [overflowing, broken_baseline])
def test_probabilities_that_are_no_numbers_are_not_written(
    made, new, output, tmp_path, monkeypatch, other_network
):
    path = made(tmp_path)
    given = ["--model", str(other_network), str(path), str(new), "--predictions", str(output)]
    monkeypatch.setattr(sys, "argv", ["predict.py", *given])
    with pytest.raises(SystemExit) as caught:
        run(main)
    sentence = str(caught.value)
    assert sentence.startswith("error: the ") and f"of {path} are not numbers; " in sentence
    assert not output.exists()


@pytest.mark.parametrize(
    ("p", "reason"),
    [
        (np.full((2, 2), np.nan), "probabilities holds what is not a number"),
        (np.full((2, 2), 0.7), "probabilities do not sum to 1"),
        (np.full((3, 2), 0.5), "its arrays do not belong together"),
    ],
)
def test_a_part_with_impossible_scores_is_named(p, reason, fitted, new, output, tmp_path):
    part = tmp_path / "part.npz"
    ids = np.array(["a", "b"])
    write_arrays(part, {"ids": ids, "descriptions": ids, "p": p, "classes": ["hit", "other"]})
    given = ["--model", fitted / "gc_content.npz", new, "--parts", part]
    found = sentence(output, *given)
    assert found.startswith(f"{part}: damaged or not what its name says ({reason})")
    assert not output.exists()


# ------------------------------------------------------------------------------ unlike


def test_a_run_of_a_is_scored_but_said_to_be_unlike(motif_data, fitted, output, tmp_path):
    known = tmp_path / "sequences.parquet"
    labels = np.array(motif_data.classes)[motif_data.y]
    table = {"id": motif_data.ids, "sequence": motif_data.sequences, "label": labels}
    write_sequences(known, pd.DataFrame(table))
    records = list(zip(motif_data.ids[:50], motif_data.sequences[:50], strict=True))
    new = write_fasta(tmp_path / "new.fa", [*records, ("poly", "A" * 40)])
    model = fitted / "kmer_logistic.npz"
    found = predict(output, "--model", model, new, "--known", known)
    assert found["unlike"].iloc[-1] > 2 and found["unlike_in"].iloc[-1] == "composition"
    assert (found["unlike"].iloc[:-1] <= 1).mean() > 0.9
    assert found["unlike_in"][found["unlike"] <= 1].isna().all()
    plain = predict(tmp_path / "plain.tsv.gz", "--model", model, new)
    assert list(plain) == list(found)[:-2]
    assert plain.equals(found[list(plain)])

    settings = {"sources": [{"path": str(new)}], "columns": {"sequence": "sequence"}}
    given = ["--settings", json.dumps(settings | {"reading": {}}), "--known", known]
    parts = [tmp_path / f"{i}.npz" for i in (1, 2)]
    for i, part in enumerate(parts, start=1):
        flags = [*map(str, ("--model", model, *given, "--chunk", f"{i}-of-2"))]
        main([*flags, "--predictions", str(part)])
    joined = predict(tmp_path / "j.tsv.gz", "--model", model, *given, "--parts", *parts)
    assert joined.equals(found)
