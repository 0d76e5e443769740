"""Variants of every kind of file get a row each, in order, with a score or a reason."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pysam
import pytest
from made_up_variants import draw_genome, draw_variants, write_genome, write_vcf
from small_networks import hyperparameters

import score_variants
from attendna.contracts.motifs import MemeMotif, write_meme
from attendna.contracts.variants import read_effects
from attendna.errors import UserError
from attendna.learning import models
from score_variants import main

LENGTH = 40


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A genome, two networks and 300 variants, without those that are near an end."""
    folder = tmp_path_factory.mktemp("world")
    genome = draw_genome({"1": 4000, "2": 2000, "MT": 500}, seed=9)
    write_genome(folder / "genome.fa", genome)
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        settings = hyperparameters("attention_cnn")
        network = models.attention_cnn(LENGTH, ["no", "yes"], "yes", **settings)
        network.save(folder / f"seed{seed}.keras")
    variants = draw_variants(genome, 300, seed=10, margin=LENGTH)
    return folder, genome, variants


@pytest.fixture
def score(world, tmp_path, capsys):
    """Run the script; return its table and what it printed."""
    folder = world[0]

    def run(variants, *arguments, genome="genome.fa", seeds=(1,), **settings):
        table = tmp_path / "out.tsv.gz"
        paths = [str(folder / f"seed{seed}.keras") for seed in seeds]
        main(
            ["--model", *paths, "--variants", str(variants), "--genome", str(folder / genome)]
            + ["--table", str(table), "--settings", json.dumps(settings), *map(str, arguments)]
        )
        return read_effects(table), capsys.readouterr().out

    return run


def spelled(variants, name):
    return [(name(chrom), *rest) for chrom, *rest in variants]


def test_ten_wrong_references_are_named_and_all_others_scored(world, score, tmp_path):
    _, genome, variants = world
    variants, wrong = list(variants), list(range(5, 300, 30))
    for i in wrong:
        chrom, pos, _, _ = variants[i]
        there = genome[chrom][pos - 1].upper()
        ref = "ACGT"["ACGT".index(there) - 1]
        variants[i] = (chrom, pos, ref, there)  # as where somebody has swapped the two
    table, told = score(write_vcf(tmp_path / "some.vcf", variants), seeds=(1, 2))
    assert list(table.index[table["status"] == "ref_mismatch"]) == wrong
    assert set(table["status"]) == {"ok", "ref_mismatch"}
    scores = table[["p_ref_yes", "p_alt_yes", "effect_yes", "sd_yes"]]
    assert scores.iloc[wrong].isna().all(axis=None)
    assert scores.drop(wrong).notna().all(axis=None)
    assert list(table["id"]) == [f"v{i}" for i in range(300)]
    for i in wrong:
        assert f"{variants[i][0]}:{variants[i][1]} ({variants[i][2]}, the genome has" in told
    assert "10 variants: the reference allele is not what the genome has there" in told
    odds = np.log(table["p_alt_yes"] / table["p_alt_no"])
    assert np.allclose(table["effect_yes"], -table["effect_no"], equal_nan=True)
    assert odds.notna().sum() == 290


def test_more_than_a_tenth_of_wrong_references_are_another_assembly(world, score, tmp_path):
    variants = [(chrom, pos + 7, ref, alt) for chrom, pos, ref, alt in world[2]]
    path = write_vcf(tmp_path / "shifted.vcf", variants)
    with pytest.raises(UserError, match="another assembly"):
        score(path)
    table, _ = score(path, mismatches=1)
    assert (table["status"] == "ref_mismatch").mean() > 0.5
    with pytest.raises(UserError, match=r"none of its chromosomes \(X, Y\) .* another assembly"):
        score(write_vcf(tmp_path / "none.vcf", [("X", 5, "A", "C"), ("Y", 5, "A", "C")]))


def as_gzip(path):
    packed = path.with_suffix(".vcf.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def as_bgzip(path):
    packed = path.with_suffix(".bgz.vcf.gz")
    with pysam.BGZFile(str(packed), "wb") as handle:
        handle.write(path.read_bytes())
    return packed


def as_bcf(path):
    text = path.read_text().splitlines()
    names = dict.fromkeys(line.split("\t")[0] for line in text if not line.startswith("#"))
    text[1:1] = [f"##contig=<ID={name}>" for name in names]
    full = path.with_suffix(".full.vcf")
    full.write_text("\n".join(text) + "\n")
    packed = path.with_suffix(".bcf")
    with pysam.VariantFile(str(full)) as source:
        with pysam.VariantFile(str(packed), "wb", header=source.header) as target:
            for record in source:
                target.write(record)
    return packed


def as_table(path):
    lines = [line.split("\t") for line in path.read_text().splitlines() if line[0] != "#"]
    table = path.with_suffix(".txt")
    rows = ["chrom pos id ref alt", *(" ".join(fields[:5]) for fields in lines)]
    table.write_text("\n".join(rows))
    return table


def test_every_kind_of_file_gives_the_same_rows(world, score, tmp_path):
    variants = spelled(world[2][::5], lambda chrom: f"chr{chrom}".replace("MT", "M"))
    path = write_vcf(tmp_path / "a.vcf", variants)
    expected, told = score(path)
    assert "chr1 as 1" in told and "chrM as MT" in told
    assert list(expected["chrom"]) == [chrom for chrom, *_ in variants]
    headerless = write_vcf(tmp_path / "b.vcf", variants, header=False)
    windows = tmp_path / "c.vcf"
    windows.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    files = [headerless, windows, as_gzip(path), as_bgzip(path), as_bcf(path), as_table(path)]
    for file in files:
        assert expected.equals(score(file)[0]), file
    bare = tmp_path / "bare.tsv"
    bare.write_text("".join(f"{c}\t{p}\t{r}\t{a}\n" for c, p, r, a in variants))
    assert expected.drop(columns="id").equals(score(bare)[0].drop(columns="id"))
    commas = tmp_path / "commas.csv"
    lines = [f"{a},{r},{c},{p}" for c, p, r, a in variants]
    commas.write_text("Alt,Ref,Chromosome,Position\n" + "\n".join(lines) + "\n")
    assert expected.drop(columns="id").equals(score(commas)[0].drop(columns="id"))
    refseq = {"1": "NC_000001.11", "2": "NC_000002.12", "MT": "NC_012920.1"}
    table, told = score(write_vcf(tmp_path / "d.vcf", spelled(world[2][::5], refseq.get)))
    assert expected.drop(columns="chrom").equals(table.drop(columns="chrom"))
    assert "NC_000001.11 as 1" in told


def test_genomes_of_every_kind_give_the_same(world, score, tmp_path):
    from twobit import write_twobit

    folder, genome, variants = world
    text = (folder / "genome.fa").read_bytes()
    (folder / "genome.fa.gz").write_bytes(gzip.compress(text))
    (folder / "genome.crlf.fa").write_bytes(text.replace(b"\n", b"\r\n"))
    (folder / "genome.2bit").write_bytes(write_twobit(list(genome.items())))
    path = write_vcf(tmp_path / "mixed.vcf", variants[::40] + variants[::50] + variants[::60])
    expected, _ = score(path)
    for other in ("genome.fa.gz", "genome.crlf.fa", "genome.2bit"):
        assert expected.equals(score(path, genome=other)[0]), other
    beside = {its.name for its in folder.iterdir()}
    assert not any(name.endswith((".fai", ".gzi")) for name in beside)  # no index is needed


def test_several_alternatives_are_rows_of_their_own(world, score, tmp_path):
    _, genome, _ = world
    ref = genome["1"][999].upper()
    others = [base for base in "ACGT" if base != ref]
    alts = [others[0], "*", others[1], "<DEL>", "A[2:5[", "."]
    lines = [("1", 1000, ref, ",".join(alts)), ("1", 1000, ref, others[2])]
    table, _ = score(write_vcf(tmp_path / "several.vcf", lines))
    assert list(table["alt"]) == [*alts, others[2]]
    assert list(table["status"]) == [
        "ok", "overlapping_deletion", "ok", "symbolic", "breakend", "no_alternative", "ok",
    ]  # fmt: skip
    assert list(table["id"]) == ["v0"] * 6 + ["v1"]
    assert table["p_ref_yes"].dropna().nunique() == 1
    assert table["p_alt_yes"].dropna().nunique() == 3


def test_the_vcf_is_sorted_indexed_and_described(world, score, tmp_path):
    _, genome, variants = world
    mixed = [variants[i] for i in np.random.default_rng(1).permutation(len(variants))]
    mixed[3] = (*mixed[3][:3], "<DEL>")
    mixed.append(("1", 0, "A", "C"))
    vcf, maps, summary = (tmp_path / name for name in ("o.vcf.gz", "m.npz", "s.json"))
    path = write_vcf(tmp_path / "mixed.vcf", mixed)
    table, told = score(path, "--vcf", vcf, "--maps", maps, "--summary", summary, seeds=(1, 2))
    assert "is not sorted" in told and "1 row of the table can't be written as VCF" in told
    assert list(table["pos"]) == [its[1] for its in mixed]
    with pysam.VariantFile(str(vcf)) as file:
        assert {"STATUS", "EFFECT", "P_REF", "P_ALT", "SD"} <= set(file.header.info)
        assert file.header.contigs["1"].length == 4000
        assert "no, yes" in file.header.info["EFFECT"].description
        records = list(file)
        assert len(records) == len(mixed) - 1
        for chrom in ("1", "2", "MT"):
            here = list(file.fetch(chrom))
            places = [record.pos for record in here]
            assert places == sorted(places) and len(places) == sum(
                v[0] == chrom for v in mixed[:-1]
            )
        rows = table.set_index("id")
        for record in records:
            row = rows.loc[record.id]
            assert (record.chrom, record.pos, record.ref) == (row["chrom"], row["pos"], row["ref"])
            assert record.alts == (row["alt"],)
            assert record.info["STATUS"] == row["status"]
            if row["status"] == "ok":
                assert list(record.filter) == ["PASS"]
                effects = [row["effect_no"], row["effect_yes"]]
                assert np.allclose(record.info["EFFECT"], effects, atol=1e-5)
            else:
                assert "EFFECT" not in record.info
    content = json.loads(summary.read_text())
    assert content["counts"] == {"ok": len(mixed) - 2, "symbolic": 1, "outside_chromosome": 1}
    found = table.loc[table["effect_yes"].abs().idxmax()]
    assert content["strongest"][0]["id"] == found["id"]
    with np.load(maps) as arrays:
        letters, effects = arrays["letters"], arrays["effects"]
    middle = letters.shape[2] // 2
    single = len(found["ref"]) == len(found["alt"]) == 1
    if single:
        assert letters[0, :, middle].tobytes().decode() == found["ref"] + found["alt"]
        k = "ACGT".index(found["alt"])
        assert np.isclose(abs(effects[0, 0, middle, k]), abs(found["effect_yes"]), atol=1e-4)


@pytest.mark.thorough
def test_parts_give_the_same_bytes_for_any_number(world, score, tmp_path, monkeypatch):
    monkeypatch.setattr(score_variants, "BATCH", 16)
    folder, _, variants = world
    path = write_vcf(tmp_path / "v.vcf", variants[:100])
    table = tmp_path / "out.tsv.gz"
    outputs = ["--vcf", tmp_path / "o.vcf.gz", "--summary", tmp_path / "s.json"]
    score(path, *outputs)
    names = ["out.tsv.gz", "o.vcf.gz", "o.vcf.gz.tbi", "s.json"]
    expected = {name: (tmp_path / name).read_bytes() for name in names}
    call = ["--model", str(folder / "seed1.keras"), "--variants", str(path), "--settings", "{}"]
    call += ["--genome", str(folder / "genome.fa")]
    for count in (1, 3, 20):
        parts = [str(tmp_path / f"{number}.tsv") for number in range(1, count + 1)]
        for number, part in enumerate(parts, start=1):
            main([*call, "--table", part, "--chunk", f"{number}-of-{count}"])
        main([*call, "--table", str(table), *map(str, outputs), "--parts", *parts])
        assert {name: (tmp_path / name).read_bytes() for name in names} == expected


def test_rows_are_written_one_by_one_however_many_are_scored_at_once(
    world, score, tmp_path, monkeypatch
):
    """The writer takes so many at once: rows, and not batches of them, which would be the file."""
    monkeypatch.setattr(score_variants, "BATCH", 16)
    own, written = score_variants.variants.write_effects, []

    def write_effects(path, classes, lines):
        written.extend(lines)
        own(path, classes, written)

    monkeypatch.setattr(score_variants.variants, "write_effects", write_effects)
    table, _ = score(write_vcf(tmp_path / "v.vcf", world[2][:40]))
    assert len(written) == len(table) == 40
    assert [line.count("\n") for line in written] == [1] * 40


def test_a_killed_run_goes_on_where_it_stopped(world, score, tmp_path, monkeypatch):
    monkeypatch.setattr(score_variants, "BATCH", 16)
    path = write_vcf(tmp_path / "v.vcf", world[2][:100])
    score(path)
    expected = (tmp_path / "out.tsv.gz").read_bytes()
    (tmp_path / "out.tsv.gz").unlink()
    scored, own = [], score_variants.rows_of

    def rows_of(batch, *others):
        if len(scored) == 4:
            raise KeyboardInterrupt
        scored.append(len(batch))
        return own(batch, *others)

    monkeypatch.setattr(score_variants, "rows_of", rows_of)
    with pytest.raises(KeyboardInterrupt):
        score(path, "--state", tmp_path / "state")
    assert not (tmp_path / "out.tsv.gz").exists()
    scored.clear()
    monkeypatch.setattr(score_variants, "rows_of", lambda *a: scored.append(1) or own(*a))
    _, told = score(path, "--state", tmp_path / "state")
    assert len(scored) == 3 and "4 batches had been scored" in told
    assert (tmp_path / "out.tsv.gz").read_bytes() == expected
    # Of another genome nothing is taken.
    scored.clear()
    score(path, "--state", tmp_path / "state", strand="-")
    assert len(scored) == 7


def test_ids_are_kept_as_they_are(world, score, tmp_path):
    ids = ['"', "a;b", "=1+2", "NA", "rs1"]
    path = write_vcf(tmp_path / "v.vcf", world[2][:5], ids=ids)
    table, _ = score(path, "--vcf", tmp_path / "o.vcf.gz")
    assert list(table["id"]) == ids
    with pysam.VariantFile(str(tmp_path / "o.vcf.gz")) as file:
        assert [record.id for record in file] == ids


def test_motifs_that_are_made_and_lost_are_named(world, score, tmp_path):
    folder, genome, _ = world
    matrix = np.full((8, 4), 0.02)
    word = genome["2"][1200:1208].upper()
    matrix[np.arange(8), ["ACGT".index(base) for base in word]] = 0.94
    meme = tmp_path / "motifs.meme"
    write_meme(meme, [MemeMotif("yes_1", "", matrix, 50)], both_strands=True)
    broken = "".join("A" if base != "A" else "C" for base in word[3:5])
    lines = [("2", 1204, word[3:5], broken), ("2", 1300, genome["2"][1299].upper(), None)]
    lines[1] = (*lines[1][:3], lines[1][2] + word)  # an insertion of all of it
    vcf = tmp_path / "o.vcf.gz"
    table, _ = score(
        write_vcf(tmp_path / "v.vcf", lines), "--motifs", meme, "--vcf", vcf, strand="-"
    )
    assert list(table["motif"]) == ["yes_1", "yes_1"]
    assert list(table["motif_change"]) == ["lost", "made"]
    best = 8 * np.log2((0.94 * 50 + 0.25) / 51 * 4)
    assert np.allclose([table["motif_ref"][0], table["motif_alt"][1]], best, atol=2e-3)
    worse = best - 2 * np.log2((0.94 * 50 + 0.25) / (0.02 * 50 + 0.25))
    assert np.isclose(table["motif_alt"][0], worse, atol=2e-3)
    with pysam.VariantFile(str(vcf)) as file:
        assert [record.info["MOTIF_CHANGE"] for record in file] == ["lost", "made"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such file"),
        (b"", "the file is empty"),
        (b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n", "it holds no variant"),
        (b">chr1\nACGT\n", "neither a VCF nor a table|FASTA"),
        (b"1\tx\t.\tA\tC\n", "neither a VCF nor a table"),
        (b"1\t100\t.\tA\tC\n1\tabout\t.\tA\tC\n", "line 2: b'about' is no position"),
        (b"1\t100\t.\tA\tC\n1\t100\t.\n", "line 2: 3 columns, at least 5 are needed"),
    ],
)
def test_bad_files_end_in_one_sentence(score, tmp_path, content, expected):
    path = tmp_path / "bad.vcf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=expected) as error:
        score(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_cut_off_files_end_in_one_sentence(world, score, tmp_path):
    path = write_vcf(tmp_path / "v.vcf", world[2])
    for make in (as_gzip, as_bgzip, as_bcf):
        whole = make(path).read_bytes()
        cut = tmp_path / "cut.vcf.gz"
        for size in (len(whole) - 28, len(whole) // 2):
            cut.write_bytes(whole[:size])
            with pytest.raises(UserError, match="cut off|damaged"):
                score(cut)


def test_another_length_and_a_place_outside_end_in_one_sentence(world, score, tmp_path):
    path = write_vcf(tmp_path / "v.vcf", world[2][:3])
    with pytest.raises(UserError, match="it was trained on 40 letters, not on 60"):
        score(path, width=60)
    with pytest.raises(UserError, match="outside of its window of 40 bases"):
        score(path, offset=25)


def test_it_runs_as_a_program_and_tells_how_far_it_is(world, tmp_path):
    folder, _, variants = world
    script = Path(__file__).parents[2] / "scripts" / "score_variants.py"
    path = write_vcf(tmp_path / "v.vcf", variants[:20])
    command = [sys.executable, script, "--model", folder / "seed1.keras", "--variants", path]
    command += [
        "--genome",
        folder / "genome.fa",
        "--table",
        tmp_path / "t.tsv.gz",
        "--threads",
        "1",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"}
    )
    assert done.returncode == 0, done.stderr
    assert "batch 1 of 1 is scored" in done.stdout and "20 variants: scored" in done.stdout
    assert len(pd.read_csv(tmp_path / "t.tsv.gz", sep="\t")) == 20
