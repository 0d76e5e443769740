"""Scans of small genomes by the script: windows, strands, parts, kills, bad input."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools
import pytest
import yaml
from small_networks import random_letters

import scan_genome
from attendna.contracts import motifs, scans
from attendna.contracts.sequences import write_sequences
from attendna.dna import reverse_complements
from attendna.errors import UserError
from attendna.learning import baselines
from attendna.terminal import epochs
from attendna.use import genome_scan
from attendna.use.scorers import load

LENGTH, STEP = 40, 10
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A baseline that knows places, so that both strands differ."""
    path = tmp_path_factory.mktemp("model") / "model.npz"
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(1, 4 * LENGTH))
    fitted = baselines.Baseline(
        "positional_logistic", ("no", "yes"), "yes", weights, np.zeros(1), 1.0, 0, False, LENGTH
    )
    baselines.save(path, fitted, LENGTH)
    return str(path)


@pytest.fixture
def genome(tmp_path, monkeypatch):
    """Two chromosomes of several blocks, with N and lower case."""
    monkeypatch.setattr(genome_scan, "BLOCK", 1000)
    letters = random_letters(2, 4321, seed=2)
    letters[0, 2000:2300] = ord("N")
    texts = [letters[0].tobytes().decode(), letters[1, :1500].tobytes().decode()]
    texts[1] = texts[1][:600] + texts[1][600:700].lower() + texts[1][700:]
    path = tmp_path / "genome.fa"
    names = ["chr1", "chr2"]
    path.write_text("".join(f">{n}\n{t}\n" for n, t in zip(names, texts, strict=True)))
    return path, dict(zip(names, texts, strict=True))


def run(tmp_path, model, genome, *more, name="scan", **settings):
    settings = {"step": STEP, "shuffled": 100_000, **settings}
    output = tmp_path / name
    scan_genome.main(
        ["--model", model, "--genome", str(genome[0]), "--settings", json.dumps(settings)]
        + ["--output", str(output), *map(str, more)]
    )
    return output


def by_hand(model, text, start):
    """Log odds of the better strand of one window, and which that is."""
    window = text[start : start + LENGTH].upper()
    p = load(model).predict([window, next(reverse_complements([window]))])[:, 1]
    odds = np.log(p / (1 - p))
    return odds.max(), "+-"[int(odds.argmax())]


def track(output, chrom, letters, name="yes"):
    return pybigtools.open(str(output / f"{name}.bw")).values(chrom, 0, letters, fillna=np.nan)


def test_a_track_has_the_log_odds_of_each_window_at_its_middle(tmp_path, model, genome, capsys):
    output = run(tmp_path, model, genome)
    for chrom, text in genome[1].items():
        values, others = (track(output, chrom, len(text), name) for name in ("yes", "no"))
        np.testing.assert_array_equal(values, -others)
        for start in range(0, len(text) - LENGTH + 1, 170):
            span = values[start + 15 : start + 25]
            if text[start : start + LENGTH].count("N") > 4:
                assert np.isnan(span).all()
            else:
                np.testing.assert_allclose(span, by_hand(model, text, start)[0], atol=1e-3)
    (scan,) = [line for line in capsys.readouterr().out.splitlines() if "block 7/7" in line]
    assert epochs.LINE.fullmatch(scan)[4].startswith("up to chr2:1,500")
    summary = scans.read_scan(f"{output}.json")
    starts = [s for t in genome[1].values() for s in range(0, len(t) - LENGTH + 1, STEP)]
    assert summary["windows"] + summary["lost"]["unknown"] == len(starts)
    assert summary["lost"]["unknown"] == 33  # from 1970 to 2290


def test_peaks_tell_summit_strand_score_and_motifs(tmp_path, model, genome):
    rows = np.full((5, 4), 0.01)
    best = load(model).model.coef.reshape(LENGTH, 4)[:5].argmax(axis=1)
    rows[np.arange(5), best] = 0.97
    meme = tmp_path / "motifs.meme"
    motifs.write_meme(meme, [motifs.MemeMotif("strong one", "", rows, 20)], both_strands=False)
    output = run(tmp_path, model, genome, "--motifs", meme, q_value=0.999, threshold=1.0)
    table = scans.read_peaks(f"{output}.tsv.gz")
    assert len(table) > 20
    for row in table.itertuples():
        odds, strand = by_hand(model, genome[1][row.chrom], row.summit - LENGTH // 2)
        assert abs(odds - row.log_odds) < 1e-3 and strand == row.strand
        assert row.start <= row.summit < row.end
    bed = pd.read_csv(f"{output}.bed", sep="\t", header=None)
    kept = table[table["q_value"] <= 0.999]
    assert (
        bed[[1, 2, 6]].to_numpy().tolist() == kept[["start", "end", "summit"]].to_numpy().tolist()
    )
    assert table["motifs"].str.contains(r"^strong%20one\([+-]\)").any()
    assert table["probability"].isna().all()


def test_regions_give_the_rows_of_the_whole_and_excluded_windows_none(tmp_path, model, genome):
    regions, exclude = tmp_path / "regions.bed", tmp_path / "exclude.bed"
    regions.write_text("1\t900\t1800\nchr2\t10\t300\n")  # chr1 by another spelling
    exclude.write_text("chr1\t1000\t1001\n")
    whole = run(tmp_path, model, genome, name="whole")
    part = run(tmp_path, model, genome, name="part", regions=str(regions), exclude=str(exclude))
    for chrom, inside in (("chr1", range(900, 1800)), ("chr2", range(10, 300))):
        letters = len(genome[1][chrom])
        all_values, values = track(whole, chrom, letters), track(part, chrom, letters)
        middles = np.arange(letters - LENGTH + 1)[::STEP] + LENGTH // 2
        scored = np.array([m in inside for m in middles])
        if chrom == "chr1":
            starts = middles - LENGTH // 2
            scored &= (starts > 1000) | (starts + LENGTH <= 1000)
        np.testing.assert_array_equal(~np.isnan(values[middles]), scored)
        np.testing.assert_allclose(values[middles[scored]], all_values[middles[scored]])


def test_masked_letters_are_read_as_in_training(tmp_path, model, genome):
    kept, masked = (
        run(tmp_path, model, genome, name=word, soft_masked=word) for word in ("keep", "mask")
    )
    letters = len(genome[1]["chr2"])
    values = track(kept, "chr2", letters), track(masked, "chr2", letters)
    inside = np.arange(640, 670)
    assert (values[0][inside] != values[1][inside]).all()
    assert not np.isnan(values[1]).any() or np.isnan(values[1]).sum() == np.isnan(values[0]).sum()


def content(output):
    files = [f"{output}.json", f"{output}.bed", f"{output}.tsv.gz", *output.glob("*.bw")]
    return [Path(path).read_bytes() for path in files]


@pytest.mark.parametrize("count", [2, 5, 9])
def test_parts_give_the_same_bytes(tmp_path, model, genome, count):
    whole = run(tmp_path, model, genome, name="whole")
    parts = [tmp_path / f"part{i}.npz" for i in range(count)]
    settings = json.dumps({"step": STEP, "shuffled": 100_000})
    flags = ["--model", model, "--genome", str(genome[0]), "--settings", settings]
    for i, path in enumerate(parts, start=1):
        scan_genome.main([*flags, "--chunk", f"{i}-of-{count}", "--scores", str(path)])
    joined = tmp_path / "joined"
    scan_genome.main([*flags, "--parts", *map(str, parts), "--output", str(joined)])
    assert content(joined) == content(whole)


def test_parts_of_other_settings_are_refused(tmp_path, model, genome):
    part = str(tmp_path / "part.npz")

    def scan(step, *work):
        settings = json.dumps({"step": step, "shuffled": 100_000})
        flags = ["--model", model, "--genome", str(genome[0]), "--settings", settings]
        scan_genome.main([*flags, *work])

    scan(20, "--chunk", "1-of-1", "--scores", part)
    with pytest.raises(UserError, match="not those of this genome and these settings"):
        scan(STEP, "--parts", part, "--output", str(tmp_path / "joined"))


def test_a_killed_scan_goes_on_where_it_stopped(tmp_path, model, genome, monkeypatch, capsys):
    whole = run(tmp_path, model, genome, name="whole")
    honest, done = genome_scan.Scan.score, []

    def killed(self, place, *args):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(place)
        return honest(self, place, *args)

    state = tmp_path / "state"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(genome_scan.Scan, "score", killed)
        run(tmp_path, model, genome, "--state", state)
    again = run(tmp_path, model, genome, "--state", state)
    assert "3 blocks had been scored before an earlier run stopped" in capsys.readouterr().out
    assert content(again) == content(whole)
    run(tmp_path, model, genome, "--state", state, seed=2)  # other settings, other shuffling
    assert "had been scored" not in capsys.readouterr().out


def test_a_prior_turns_log_odds_into_probabilities(tmp_path, model, genome):
    known = tmp_path / "sequences.parquet"
    sequences = [row.tobytes().decode() for row in random_letters(4, LENGTH, seed=5)]
    labels = ["yes", "yes", "yes", "no"]
    write_sequences(
        known, pd.DataFrame({"id": list("abcd"), "sequence": sequences, "label": labels})
    )
    plain = run(tmp_path, model, genome, name="plain")
    output = run(tmp_path, model, genome, "--known", known, name="prior", prior=0.01)
    letters = len(genome[1]["chr2"])
    odds, p = track(plain, "chr2", letters), track(output, "chr2", letters)
    there = ~np.isnan(odds)
    wanted = 1 / (1 + np.exp(-(odds[there] - np.log(3) + np.log(0.01 / 0.99))))
    np.testing.assert_allclose(p[there], wanted, atol=2e-4)
    table = scans.read_peaks(f"{output}.tsv.gz")
    np.testing.assert_allclose(
        table["probability"], 1 / (1 + np.exp(-table["log_odds"])), atol=1e-4
    )


def test_of_three_classes_each_has_a_track_and_peaks(tmp_path, genome):
    path, classes = tmp_path / "three.npz", ("a/b", "c d", "e")
    weights = np.random.default_rng(2).normal(size=(3, 4 * LENGTH)) / 3
    fitted = baselines.Baseline(
        "positional_logistic", classes, "", weights, np.zeros(3), 1.0, 0, False, LENGTH
    )
    baselines.save(path, fitted, LENGTH)
    output = run(tmp_path, str(path), genome)
    text = genome[1]["chr2"].upper()
    windows = [text[start : start + LENGTH] for start in range(0, 1400, 100)]
    p = np.stack(
        [load(str(path)).predict(of) for of in (windows, list(reverse_complements(windows)))]
    )
    odds = np.log(p / (1 - p)).max(axis=0)
    for index, name in enumerate(("a%2Fb", "c%20d", "e")):
        values = track(output, "chr2", len(text), name)[LENGTH // 2 :: 100][:14]
        np.testing.assert_allclose(values, odds[:, index], atol=1e-3)
    table = scans.read_peaks(f"{output}.tsv.gz")
    assert set(table["class"]) == set(classes) == set(scans.read_scan(f"{output}.json")["peaks"])


def test_a_genome_without_an_index_in_a_folder_that_is_read_only(tmp_path, model, genome):
    folder = tmp_path / "readonly"
    folder.mkdir()
    shutil.copy(genome[0], folder)
    folder.chmod(0o555)
    run(tmp_path, model, (folder / "genome.fa", genome[1]))
    assert [path.name for path in folder.iterdir()] == ["genome.fa"]


@pytest.mark.parametrize(
    ("bed", "sentence"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file holds no interval"),
        ("chr1\t0\t5\n", "no window of 40 bases has its middle in one of these regions"),
        ("chr7\t0\t500\n", "line 1: the chromosome 'chr7' is not in .*, which has 'chr1'"),
        ("chr1\t2100\t2200\n", "no window could be scored: 10 hold too many N"),
        ("chr1\tx\t5\n", "line 1: the start .* is no whole number"),
    ],
)
def test_bad_regions_are_told(tmp_path, model, genome, bed, sentence):
    path = tmp_path / "regions.bed"
    path.write_text(bed)
    with pytest.raises(UserError, match=sentence if ".*" in sentence else re.escape(sentence)):
        run(tmp_path, model, genome, regions=str(path))
    assert not (tmp_path / "scan.json").exists()


def test_regions_on_chromosomes_that_are_missing_can_be_left_out(tmp_path, model, genome):
    path = tmp_path / "regions.bed"
    path.write_text("chr7\t0\t500\nchr2\t100\t300\n")
    output = run(tmp_path, model, genome, regions=str(path), missing_contigs="drop")
    assert scans.read_scan(f"{output}.json")["windows"] == 20


def test_bad_models_and_genomes_are_told(tmp_path, model, genome):
    other = tmp_path / "other.npz"
    fitted = load(model).model
    short = type(fitted)(**{**vars(fitted), "length": 10, "coef": fitted.coef[:, :40]})
    baselines.save(other, short, 10)
    settings = json.dumps({"step": STEP})
    flags = ["--genome", str(genome[0]), "--settings", settings, "--output", str(tmp_path / "x")]
    with pytest.raises(UserError, match="takes sequences of 10 letters, but .* those of 40"):
        scan_genome.main(["--model", model, str(other), *flags])
    with pytest.raises(UserError, match="no such file"):
        run(tmp_path, model, (tmp_path / "missing.fa", {}))
    tiny = tmp_path / "tiny.fa"
    tiny.write_text(">a\nACGT\n")
    with pytest.raises(UserError, match="no chromosome is as long as a window of 40 bases"):
        run(tmp_path, model, (tiny, {}))
    with pytest.raises(UserError, match="prior: .* name the sequences.parquet"):
        run(tmp_path, model, genome, prior=0.1)


def test_defaults_by_hand_are_those_of_the_config():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    wanted = {
        **config["scanning"],
        **{key: config[key] for key in ("soft_masked", "missing_contigs")},
    }
    assert wanted == scan_genome.DEFAULTS
