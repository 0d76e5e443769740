"""`make new` by hand: files of all kinds in, a config out with which the doctor is content."""

import gzip
import random
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from configs import imported

import doctor
import new_config
from attendna.data import genome as genome_files
from attendna.data.intervals import Intervals
from attendna.data.labels import order_classes
from attendna.errors import UserError
from attendna.planning import config_checks, config_files, loading, settings
from attendna.planning.class_names import alike, choose_positive
from attendna.planning.file_clusters import places_of, share_within
from attendna.planning.file_looks import Looks
from attendna.planning.found_files import find
from attendna.planning.interval_genomes import genome_of
from attendna.planning.new_config import as_yaml

ROOT = Path(__file__).parents[2]


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


def sequences(number, seed, length=30):
    draw = random.Random(seed)
    return ["".join(draw.choices("ACGT", k=length)) for _ in range(number)]


def write(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def fasta(path, number=6):
    records = enumerate(sequences(number, path))
    write(path, "".join(f">r{i}\n{sequence}\n" for i, sequence in records))


def table(path, header="sequence,label", number=20, separator=",", labels=("0", "1")):
    rows = [f"{s},{labels[i % len(labels)]}" for i, s in enumerate(sequences(number, path))]
    lines = [*([header] if header else []), *rows]
    write(path, "\n".join(lines).replace(",", separator) + "\n")


def genome(path, length=3000):
    chromosomes = zip((1, 2), sequences(2, path, length), strict=True)
    write(path, "".join(f">chr{name}\n{letters}\n" for name, letters in chromosomes))


def bed(path, number=20, width=30, shift=0):
    lines = [f"chr{1 + i % 2}\t{100 * i + shift}\t{100 * i + shift + width}" for i in range(number)]
    write(path, "\n".join(lines) + "\n")


# ------------------------------------------------------------------------------ plain files


def test_two_fasta_files(make):
    fasta("pos.fa"), fasta("neg.fa", 9)
    config, said = make("pos.fa", "neg.fa")
    [(name, dataset)] = config["datasets"].items()
    assert name and dataset == {
        "sources": [{"path": "pos.fa", "label": "pos"}, {"path": "neg.fa", "label": "neg"}],
        "positive": "pos",
    }
    assert "'neg' (9 records), 'pos' (6 records)" in said and "All sequences have 30 bases." in said
    assert said.endswith(f"--snakefile {ROOT}/Snakefile --cores all --configfile my.yaml")


def test_a_table_whose_columns_are_called_otherwise(make):
    rows = zip(sequences(20, 1), ["yes", "no"] * 10, strict=True)
    lines = [f"{i}.5;p{i};{s};{bound}" for i, (s, bound) in enumerate(rows)]
    write("t.csv", "\n".join(["score;ID;Seq;Bound", *lines]))
    config, _ = make("t.csv")
    assert config["datasets"] == {
        "t": {
            "sources": [{"path": "t.csv"}],
            "columns": {"sequence": "Seq", "label": "Bound", "id": "ID"},
            "positive": "yes",
        }
    }


def test_a_table_without_a_header_line(make):
    table("t.txt", header="", separator="\t")
    config, said = make("t.txt")
    assert config["datasets"]["t"] == {
        "sources": [{"path": "t.txt", "format": "tsv"}],
        "columns": {"sequence": 1, "label": 2},
        "positive": "1",
    }
    assert "There is no header line" in said


def test_columns_of_the_split_and_of_folds(make):
    for name, parts in (("part", "train test"), ("fold", "1 2 3")):
        parts = parts.split()
        rows = [f"{s},{i // 3 % 2},{parts[i % len(parts)]}" for i, s in enumerate(sequences(24, 1))]
        write(f"{name}.csv", "\n".join([f"sequence,y,{name}", *rows]))
        config, said = make(f"{name}.csv", "--out", f"{name}.yaml")
        dataset = config["datasets"][name]
        what = {"part": "train, test. Validation records are", "fold": "3 folds."}[name]
        assert f"The split is given by the column {name!r}: {what}" in said
        assert dataset["columns"] == {"sequence": "sequence", "label": "y", "split": name}
        assert dataset.get("split") == ({"folds": 3} if name == "fold" else None)


def test_a_column_of_half_a_split_is_not_read(make):
    rows = [
        f"{s},{i // 12},{'train' if i < 12 else 'test'}" for i, s in enumerate(sequences(24, 1))
    ]
    write("t.csv", "\n".join(["sequence,label,split", *rows]))
    config, said = make("t.csv")
    assert config["datasets"]["t"]["columns"] == {"sequence": "sequence", "label": "label"}
    assert (
        "The column 'split' say train, test, but a class of train and a class of test is missing"
        in said.replace("says", "say")
    )


def test_a_class_too_small_to_be_divided_is_left_out(make):
    labels = ["a", "b"] * 6 + ["c"] * 2
    rows = [f"{s},{label}" for s, label in zip(sequences(14, 1), labels, strict=True)]
    write("t.csv", "\n".join(["sequence,label", *rows]))
    config, said = make("t.csv")
    assert config["datasets"]["t"]["labels"] == {"c": None}
    assert config["datasets"]["t"]["positive"] == "a"
    assert "Assumed: they are left out ('c' (2))." in said


def test_measured_numbers_are_no_classes(make):
    rows = [f"{s},{i / 7}" for i, s in enumerate(sequences(24, 1))]
    write("t.csv", "\n".join(["sequence,target", *rows]))
    with pytest.raises(UserError, match="24 different numbers, such as .* divide them into bins"):
        make("t.csv")
    assert not Path("my.yaml").exists()


def test_a_column_that_is_no_split_after_all_is_not_read(make):
    rows = [f"{s},{i % 2},batch{i % 3}" for i, s in enumerate(sequences(24, 1))]
    write("t.csv", "\n".join(["sequence,label,set", *rows]))
    assert make("t.csv")[0]["datasets"]["t"]["columns"] == {
        "sequence": "sequence",
        "label": "label",
    }


def test_columns_that_may_all_be_the_labels_are_asked_for(make):
    rows = [f"{s},{'ab'[i % 2]},{'cd'[i // 2 % 2]}" for i, s in enumerate(sequences(24, 1))]
    write("t.csv", "\n".join(["sequence,one,other", *rows]))
    with pytest.raises(UserError, match="the columns 'one', 'other' may all hold the labels"):
        make("t.csv")
    assert not Path("my.yaml").exists()
    config, _ = make("t.csv", "--label-column", "other")
    assert config["datasets"]["t"]["columns"]["label"] == "other"


def test_intervals_with_their_genome(make):
    bed("peaks.bed"), bed("unbound.bed", shift=40), genome("g.fa.gz")
    config, _ = make("peaks.bed", "unbound.bed", "--genome", "g.fa.gz")
    [dataset] = config["datasets"].values()
    assert dataset["genome"] == "g.fa.gz" and dataset["positive"] == "peaks"
    assert "width" not in dataset and "negatives" not in dataset
    with pytest.raises(UserError, match="name the FASTA or 2bit file of their genome"):
        make("peaks.bed", "--out", "other.yaml")


def test_peaks_of_several_widths_get_one_and_negatives(make):
    lines = [f"chr1\t{100 * i}\t{100 * i + 20 + i}\tp\t0\t.\t1\t1\t1\t{i}\n" for i in range(1, 20)]
    write("a.narrowPeak", "".join(lines) + "chrUn\t1\t40\tp\t0\t.\t1\t1\t1\t9\n")
    genome("g.fa")
    config, said = make("a.narrowPeak", "--genome", "g.fa")
    assert config["datasets"]["a"] == {
        "sources": [{"path": "a.narrowPeak", "label": "a"}],
        "genome": "g.fa",
        "width": 30,
        "centre": "summit",
        "missing_contigs": "drop",
        "negatives": {"method": "genome", "label": "background"},
    }
    assert "the chromosome 'chrUn' is not in g.fa" in said


def test_intervals_that_leave_no_room_in_the_genome_get_shuffled_negatives(make):
    genome("g.fa", 2000)
    bed("peaks.bed", 20, width=60)  # with gaps of 140 bases, but for the ends
    config, said = make("peaks.bed", "--genome", "g.fa")
    assert config["datasets"]["peaks"]["negatives"]["method"] == "dinucleotide_shuffle"
    assert "shuffled, because intervals leave too little of the genome for windows of it." in said
    genome("g.fa", 15000)
    config, _ = make("peaks.bed", "--genome", "g.fa", "--out", "b.yaml")
    assert config["datasets"]["peaks"]["negatives"]["method"] == "genome"


def test_one_class_of_sequences_gets_negatives(make):
    fasta("promoters.fasta")
    config, said = make("promoters.fasta")
    assert config["datasets"]["promoters"] == {
        "sources": [{"path": "promoters.fasta", "label": "promoters"}],
        "negatives": {"method": "dinucleotide_shuffle", "label": "background"},
    }
    assert "No field of the headers seems to hold labels; if one does, name it by" in said


def test_labels_in_headers_are_read_where_names_tell_no_classes(make):
    parts = ["training", "testing"]
    records = [
        f">r{i}|{'01'[i % 2]}|{parts[i // 8]}\n{s}\n" for i, s in enumerate(sequences(12, 1))
    ]
    write("all.fa", "".join(records))
    config, said = make("all.fa")
    assert config["datasets"]["all"] == {
        "sources": [{"path": "all.fa"}],
        "columns": {"label": 2, "split": 3},
        "positive": "1",
    }
    assert "from field 2 of the headers (assumed): '0' (6 records), '1' (6 records)" in said
    assert "The split is given by field 3 of the headers: train, test. Validation" in said
    write("other.fa", "".join(records[:6]))  # now the names of the files tell two classes
    [dataset] = make("all.fa", "other.fa", "--out", "b.yaml")[0]["datasets"].values()
    assert [source["label"] for source in dataset["sources"]] == ["all", "other"]


def test_classes_before_the_numbers_of_ids_are_labels(make):
    words = ["promoter", "non_promoter"]
    records = [f">{words[i % 2]}_{i}\n{s}\n" for i, s in enumerate(sequences(12, 1))]
    write("all.fa", "".join(records))
    config, said = make("all.fa")
    assert config["datasets"]["all"] == {
        "sources": [{"path": "all.fa"}],
        "columns": {"label": "prefix"},
        "positive": "promoter",
    }
    assert "from the words before the numbers of ids (assumed): 'non_promoter' (6 records)" in said


def test_the_field_of_labels_can_be_named_where_two_may_be_it(make):
    records = [f">r{i}|{'ab'[i % 2]}|{'cd'[i // 6]}\n{s}\n" for i, s in enumerate(sequences(12, 1))]
    write("all.fa", "".join(records))
    assert "negatives" in make("all.fa", "--out", "a.yaml")[0]["datasets"]["all"]
    config, said = make("all.fa", "--label-column", "3")
    assert config["datasets"]["all"]["columns"] == {"label": 3}
    assert "from field 3 of the headers" in said and "'c' (6 records)" in said


def test_labels_in_a_column_of_intervals(make):
    genome("g.fa")
    names = ["promoter", "enhancer", "promoter"]
    lines = [f"chr1\t{60 * i}\t{60 * i + 30}\t{names[i % 3]}\n" for i in range(30)]
    write("states.bed", "".join(lines))
    config, said = make("states.bed", "--genome", "g.fa")
    assert config["datasets"]["states"]["columns"] == {"label": 4}
    assert config["datasets"]["states"]["sources"] == [{"path": "states.bed"}]
    assert "from column 4 (assumed): 'promoter' (20 records)" in said
    write("states.bed", "".join(lines).replace("promoter", "7"))  # a count, and no class
    config, _ = make("states.bed", "--genome", "g.fa", "--out", "b.yaml")
    assert "negatives" in config["datasets"]["states"]


def test_labels_in_several_spellings_are_joined_and_missing_ones_left_out(make):
    table("train.csv")
    table("test.csv", labels=("0.0", "1.0", ""))
    [dataset] = make("train.csv", "test.csv")[0]["datasets"].values()
    assert dataset["labels"] == {"0": ["0", "0.0"], "1": ["1", "1.0"], "": None}
    assert ", '': null}" in Path("my.yaml").read_text()
    assert [source["split"] for source in dataset["sources"]] == ["train", "test"]
    assert dataset["positive"] == "1"


def test_gaps_are_taken_out_where_nothing_else_can_be_read(make):
    fasta("b.fa")
    write("a.fa", "".join(f">{i}\n{s[:9]}--{s[9:]}\n" for i, s in enumerate(sequences(6, 1))))
    config, said = make("a.fa", "b.fa")
    assert next(iter(config["datasets"].values()))["gaps"] == "remove"
    assert "as in an alignment. Assumed" in said


# ------------------------------------------------------------------------------ messy folders


def test_mixed_names_beside_other_files(make):
    fasta("my data/My Promoters_1.fasta"), fasta("my data/My Promoters_2.fa.gz")
    fasta("my data/My non-promoters.FNA", 20)
    write("my data/README.txt", "Sequences of the lab.\nSee the paper.\n")
    write("my data/.DS_Store", b"\0\0\0\1Bud1")
    write("my data/empty.fa", "")
    config, said = make("--words", "my data")
    assert config["datasets"] == {
        "my_data": {
            "sources": [
                {"path": "my data/My Promoters_1.fasta", "label": "Promoters"},
                {"path": "my data/My Promoters_2.fa.gz", "label": "Promoters"},
                {"path": "my data/My non-promoters.FNA", "label": "non_promoters"},
            ],
            "positive": "Promoters",
        }
    }
    assert "Left out: 'my data/README.txt': no sequences, as far as can be told." in said
    assert "Left out: 'my data/empty.fa': the file is empty." in said
    assert (
        "DS_Store" not in said and "# Left out: 'my data/empty.fa'" in Path("my.yaml").read_text()
    )


def test_excel_beside_csv(make):
    table("d/peaks.csv")
    pd.read_csv("d/peaks.csv").to_excel("d/peaks (1).xlsx", index=False)
    shutil.copy("d/peaks.csv", "d/peaks copy.csv")
    config, said = make("d")
    [dataset] = config["datasets"].values()
    assert dataset["sources"] == [{"path": "d/peaks copy.csv"}]
    assert said.count("it holds the same sequences as 'd/peaks copy.csv'") == 2


def test_class_folders_below_those_of_a_split(make):
    for part in ("train", "test"):
        for label in ("enhancer", "Silencer"):
            fasta(f"d/{part}/{label}/a.fa"), fasta(f"d/{part}/{label}/b.fa.gz")
    [dataset] = make("d")[0]["datasets"].values()
    found = {(s["label"], s["split"], s["path"].split("/")[1:3][1]) for s in dataset["sources"]}
    assert found == {(c, p, c) for c in ("enhancer", "Silencer") for p in ("train", "test")}
    assert len(dataset["sources"]) == 8


def test_a_pair_of_classes_in_each_folder_is_a_dataset_of_its_own(make):
    for cell in ("K562", "HepG2"):
        fasta(f"d/{cell}/train_pos.fa"), fasta(f"d/{cell}/train_neg.fa")
        fasta(f"d/{cell}/test_pos.fa"), fasta(f"d/{cell}/test_neg.fa")
    datasets = make("d")[0]["datasets"]
    assert list(datasets) == ["d_HepG2", "d_K562"]
    for name, dataset in datasets.items():
        assert all(name.split("_")[1] in source["path"] for source in dataset["sources"])
        assert {(s["label"], s["split"]) for s in dataset["sources"]} == {
            (label, part) for label in ("pos", "neg") for part in ("train", "test")
        }


def test_intervals_beside_their_genome_and_tables_beside_fasta(make):
    fasta("d/a_pos.fa"), fasta("d/a_neg.fa")  # whose names are no chromosomes
    genome("d/hg 38.fa.gz")
    for number, name in enumerate(("oct4_train", "sox2_train", "oct4_test", "sox2_test")):
        bed(f"d/{name}.bed", width=20, shift=25 * number)
    write("d/chroms/chr1.fa", ">chr1\n" + "ACGTT" * 600 + "\n")
    (
        table("d/lib.csv"),
        write("d/genes.gff", "##gff-version 3\nchr1\t.\tgene\t1\t9\t.\t+\t.\tID=a\n"),
    )
    datasets, said = make("d")
    tables, texts, spans = datasets["datasets"].values()
    assert [source["path"] for source in texts["sources"]] == ["d/a_neg.fa", "d/a_pos.fa"]
    assert tables["sources"] == [{"path": "d/lib.csv"}]
    assert spans["genome"] == "d/hg 38.fa.gz"
    assert {(s["path"], s["label"], s["split"]) for s in spans["sources"]} == {
        (f"d/{label}_{part}.bed", label, part)
        for label in ("oct4", "sox2")
        for part in ("train", "test")
    }
    assert "Left out: 'd/chroms/chr1.fa': it holds chromosomes of the genome" in said
    assert "Left out: 'd/genes.gff': this is a GFF file" in said


def test_what_lies_beside_intervals_is_no_class(make):
    genome("d/g.fa")
    write("d/g.fa.fai", "chr1\t3000\t6\t60\t61\n")
    peaks = [(100 * i, 100 * i + 40 + i) for i in range(1, 20)]
    rest = "p\t0\t.\t1\t1\t1\t9"
    write("d/a_peaks.narrowPeak", "".join(f"chr1\t{s}\t{e}\t{rest}\n" for s, e in peaks))
    write("d/a_summits.bed", "".join(f"chr1\t{s + 9}\t{s + 10}\n" for s, _ in peaks))
    write("d/a_broad.bed", "".join(f"chr1\t{s - 20}\t{e + 40}\n" for s, e in peaks))
    write("d/hg38-blacklist.v2.bed", "chr1\t5\t60\tLow Mappability\n")
    write("d/a_peaks.xls", "# MACS\nchr\tstart\tend\tabs_summit\nchr1\t1\t9\t3\n")
    write("d/README", ">id|label\n")
    write("d/p.fasta", ">p\nMKLVPQRSEDIF\n")
    config, said = make("d")
    assert config["datasets"]["a_peaks"] == {
        "sources": [{"path": "d/a_peaks.narrowPeak", "label": "a_peaks"}],
        "genome": "d/g.fa",
        "width": 50,
        "centre": "summit",
        "negatives": {"method": "genome", "label": "background"},
    }
    for path, reason in {
        "g.fa.fai": "this is an index of a FASTA file",
        "hg38-blacklist.v2.bed": "by its name, it holds regions that analyses leave out",
        "a_summits.bed": "its intervals lie on those of 'd/a_peaks.narrowPeak'",
        "a_broad.bed": "its intervals lie on those of 'd/a_peaks.narrowPeak'",
        "a_peaks.xls": "it can't be read: line 2: by its column 'abs_summit' this is no BED",
        "README": "it can't be read: line 1 (record id|label): the record has no sequence",
        "p.fasta": "it holds proteins, and only DNA and RNA are read",
    }.items():
        assert f"Left out: 'd/{path}': {reason}" in said
    [dataset] = make("d/a_broad.bed", "d/a_summits.bed", "--genome", "d/g.fa", "--out", "b.yaml")[
        0
    ]["datasets"].values()
    assert len(dataset["sources"]) == 2  # as the user named them, they are classes


def test_intervals_are_in_one_place_if_half_of_the_shorter_one_is():
    def intervals(*places):
        chroms, starts, ends = zip(*places, strict=True)
        return Intervals("x.bed", list(chroms), list(starts), list(ends))

    there = places_of(intervals(("a", 100, 200), ("a", 10, 20), ("b", 0, 900)))
    for start, end, share in [
        (150, 300, 1),
        (151, 300, 0),
        (140, 141, 1),
        (200, 210, 0),
        (14, 22, 1),
        (0, 15, 1),
        (0, 14, 0),
    ]:
        assert share_within(intervals(("a", start, end)), there) == share
    assert (
        share_within(intervals(("a", 0, 14), ("b", 5, 9), ("c", 5, 9), ("a", 11, 12)), there) == 0.5
    )
    many = [("b", i, i + 9) for i in range(5000)]
    assert share_within(intervals(*many), there) == pytest.approx(0.18, abs=0.01)


def test_what_is_wrong_within_data_is_no_reason_to_leave_them_out(make):
    fasta("d/pos.fa"), write("d/neg.fa", ">a\nACGT\n>b\nACXT\n")
    with pytest.raises(UserError, match=r"d/neg.fa, line 4 \(record b\): 'X' is no IUPAC"):
        make("d")


def test_a_genome_with_other_names_of_chromosomes_is_told(make):
    genome("d/g.fa"), write("d/a.bed", "1\t5\t60\n2\t9\t90\n")
    with pytest.raises(UserError, match="the chromosome '1' is not in d/g.fa, which has 'chr1'"):
        make("d")


def test_a_genome_too_large_to_be_read_as_records(make, monkeypatch):
    monkeypatch.setattr(Looks, "LARGE", 100_000)
    letters = "ACGTTGCA" * 100_000
    write("d/g.fa", f">chr1\n{letters}\n>chr2\n{letters}\n"), bed("d/peaks.bed")
    shutil.copy("d/g.fa", "d/same.fa")
    config, said = make("d")
    assert config["datasets"]["peaks"]["genome"] == "d/g.fa"
    assert "Left out: 'd/same.fa': it holds chromosomes of the genome 'd/g.fa'" in said


def test_chromosomes_in_files_of_their_own_are_told(make):
    for name in ("chr1", "chr2", "chr3"):
        write(f"d/{name}.fa", f">{name}\n" + "ACGTT" * 600 + "\n")
    write("d/peaks.bed", "".join(f"chr{1 + i % 3}\t{50 * i}\t{50 * i + 30}\n" for i in range(30)))
    with pytest.raises(
        UserError, match="in several files, 'd/chr1.fa', .* `cat d/chr1.fa \\.\\.\\. >"
    ):
        make("d")


def test_a_genome_of_which_the_first_chromosomes_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(genome_files, "LOOKED_AT", 1000)
    genome("d/g.fa"), fasta("d/r.fa")
    write("d/peaks.bed", "".join(f"chr{i}\t5\t60\n" for i in range(1, 9)))
    found = find(["d"], None)
    looks = Looks({path: kind.format for path, kind in found.files.items()})
    assert genome_of(found, None, looks) == "d/g.fa"
    assert list(found.files) == ["d/peaks.bed", "d/r.fa"]


def test_a_genome_without_intervals_is_told(make):
    fasta("pos.fa"), fasta("neg.fa"), genome("g.fa")
    config, said = make("pos.fa", "neg.fa", "--genome", "g.fa")
    assert "Left out: 'g.fa': a genome is for intervals, and there are none." in said
    assert "genome" not in next(iter(config["datasets"].values()))


def test_one_of_several_genomes_has_to_be_named(make):
    genome("d/a.fa"), genome("d/b.fa", 4000), bed("d/peaks.bed")
    with pytest.raises(UserError, match="several files have its chromosomes: 'd/a.fa', 'd/b.fa'"):
        make("d")
    shutil.copy("d/a.fa", "d/b.fa")
    [dataset] = make("d")[0]["datasets"].values()
    assert dataset["genome"] == "d/a.fa"


def test_a_table_without_the_labels_of_the_others_is_no_class(make):
    table("d/train.csv")
    write("d/test.csv", "sequence\n" + "\n".join(sequences(9, 2)))
    config, said = make("d")
    [dataset] = config["datasets"].values()
    assert dataset["sources"] == [{"path": "d/train.csv"}]
    assert "'d/test.csv': it has no column 'label', as 'd/train.csv' has; a trained" in said


def test_results_of_attendna_and_files_of_programs_are_passed_over(make):
    fasta("d/pos.fa"), fasta("d/neg.fa")
    table("d/results/x/sequences.csv"), write("d/results/.digests/x", "")
    table("d/__MACOSX/a.csv"), write("d/~$a.xlsx", "Anna")
    config, said = make("d")
    [dataset] = config["datasets"].values()
    assert len(dataset["sources"]) == 2 and "Left out" not in said


def test_a_pattern_names_what_a_folder_would(make):
    fasta("d/pos.fa"), fasta("d/neg.fa"), write("d/README.txt", "Some words.\n")
    config, said = make("--words", "d/*")
    [dataset] = config["datasets"].values()
    assert len(dataset["sources"]) == 2 and "Left out: 'd/README.txt'" in said


def test_a_column_that_says_yes_or_no_is_that_of_the_labels(make):
    rows = [
        f"{s},{'ab'[i // 3 % 2]},{i % 2},{'+-'[i // 2 % 2]}" for i, s in enumerate(sequences(24, 1))
    ]
    write("t.csv", "\n".join(["sequence,cell,bound,strand", *rows]))
    config, said = make("t.csv")
    assert config["datasets"]["t"]["columns"]["label"] == "bound"
    assert "from the column 'bound' (assumed)" in said and "not read: 'cell', 'strand'." in said


def test_a_table_without_labels_says_so(make):
    rows = [f"{s},{i / 7}" for i, s in enumerate(sequences(24, 1))]
    write("t.csv", "\n".join(["sequence,score", *rows]))
    assert "No column seems to hold labels; if one does, name it" in make("t.csv")[1]


def test_a_column_of_one_label_is_one_class(make):
    table("t.csv", labels=("bound",))
    config, said = make("t.csv")
    assert config["datasets"]["t"]["columns"]["label"] == "label"
    assert config["datasets"]["t"]["negatives"]["label"] == "background"
    assert "Class, from the column 'label': 'bound' (20 records)." in said
    assert "No column seems to hold labels" not in said


def test_folds_in_names_are_no_classes_and_not_kept(make):
    for fold in (1, 2):
        fasta(f"d/fold{fold}_pos.fa"), fasta(f"d/fold{fold}_neg.fa")
    config, said = make("d")
    [dataset] = config["datasets"].values()
    assert {source["label"] for source in dataset["sources"]} == {"pos", "neg"}
    assert "Folds that names of files say are not kept" in said


def test_a_dataset_is_called_after_a_folder_that_says_something(make):
    for folder, name in {"ctcf/data": "ctcf", "a/MYC": "MYC", "data": "Ecoli"}.items():
        fasta(f"{folder}/Ecoli_pos.fa"), fasta(f"{folder}/Ecoli_neg.fa")
        Path("my.yaml").unlink(missing_ok=True)
        assert list(make(folder)[0]["datasets"]) == [name]


def test_a_genome_that_is_named_is_no_data_of_the_folder(make):
    genome("d/other.fa"), genome("d/right.fa"), bed("d/peaks.bed")
    config, said = make("d", "--genome", "./d/right.fa")
    [dataset] = config["datasets"].values()
    assert "Left out: 'd/other.fa': it holds chromosomes" in said and "'d/right.fa'" not in said
    assert dataset["genome"] == "./d/right.fa"
    assert [source["path"] for source in dataset["sources"]] == ["d/peaks.bed"]


def test_a_column_of_few_values_is_one_of_labels_only_if_they_come_again(make):
    rows = [f"{s},x{i}" for i, s in enumerate(sequences(6, 1))]
    write("t.csv", "\n".join(["sequence,batch", *rows]))
    [dataset] = make("t.csv")[0]["datasets"].values()
    assert dataset["columns"] == {"sequence": "sequence"}
    assert dataset["sources"] == [{"path": "t.csv", "label": "t"}]


def test_files_without_a_part_are_for_training_where_others_are_for_testing(make):
    for name in ("a", "b", "a_test", "b_test"):
        fasta(f"d/{name}.fa")
    [dataset] = make("d")[0]["datasets"].values()
    assert [(s["label"], s["split"]) for s in dataset["sources"]] == [
        ("a", "train"), ("b", "train"), ("a", "test"), ("b", "test")
    ]  # fmt: skip


def test_half_a_split_is_none(make):
    fasta("train_pos.fa"), fasta("train_neg.fa")
    config, said = make("train_pos.fa", "train_neg.fa")
    [dataset] = config["datasets"].values()
    assert not any("split" in source for source in dataset["sources"])
    assert "say train, but test is missing, so records are divided at random" in said


# ------------------------------------------------------------------------------ what is written


def test_a_config_that_is_there_stays(make):
    fasta("pos.fa"), fasta("neg.fa")
    write("my.yaml", "seeds: [1]\n")
    with pytest.raises(UserError, match="my.yaml: this file is there already and stays as it is; "):
        make("pos.fa", "neg.fa")
    assert Path("my.yaml").read_text() == "seeds: [1]\n"
    make("pos.fa", "neg.fa", "--out", "other.yaml")


def test_the_lines_for_a_first_look_are_settings(make):
    fasta("pos.fa"), fasta("neg.fa")
    make("pos.fa", "neg.fa")
    written = Path("my.yaml").read_text()
    before, mark, models = written.partition("# models:")
    write("my.yaml", before + (mark + models).replace("# ", "").replace("#\n", "\n"))
    config = loading.load(ROOT / "config.yaml", ["my.yaml"])
    config_checks.check(config, ROOT / "schemas" / "config.schema.yaml")
    assert list(config["models"]) == ["attention_cnn", "kmer_logistic"]
    assert config["training"]["epochs"] == 5


NAMES = ["a, b", "it's", 'say "x"', "#1", "a: b", "a #b", "{x}", "[x]", "- x", "yes", "1", "0x1F"]
NAMES += ["é", "null", "~", "?x", "%x", "&x *y", "a\tb", "!x", "1:30", " x ", "\\", "|"]


@pytest.mark.parametrize("name", NAMES)
def test_names_come_back_as_they_are(name, make):
    key = name.strip("?")  # with which a key of a config may not begin
    write("t.yaml", f"a: {as_yaml({key: [name, {'b': name}]})}\n")
    assert config_files.read("t.yaml") == {"a": {key: [name, {"b": name}]}}
    path = f"d/{name}.fa"
    fasta(path), fasta("d/other/x.fa"), fasta("d/other/y.fa")
    config, said = make("d")
    paths = [source["path"] for d in config["datasets"].values() for source in d["sources"]]
    if "{" in name:
        assert (
            f"Left out: {path!r}: its name holds {{ or }}, which Snakemake takes for wildcards"
            in said
        )
    elif "\t" in name:
        assert (
            f"Left out: {path!r}: its name holds the character U+0009, which can't be shown" in said
        )
    else:
        assert path in paths


def test_no_name_ends_a_comment(make):
    name = "d/x\nseeds: [9]\n.csv"
    write(name, "a,b\n1,2\n")
    fasta("d/pos.fa"), fasta("d/neg.fa")
    assert "seeds" not in make("d")[0]


def test_what_is_not_there_or_holds_no_sequences_is_told(make):
    write("README.txt", "Some words.\n")
    Path("empty").mkdir()
    for words, sentence in [
        (["nope.fa"], "nope.fa: no such file"),
        (["README.txt"], "README.txt: neither its name nor its content tells the format"),
        (["empty"], "'empty': no file in it holds labelled sequences"),
        ([], "DATA names no file; write which"),
        (["--words", "'a b.fa"], "has a quotation mark that is never closed"),
    ]:
        with pytest.raises(UserError, match=sentence):
            make(*words)
    assert not Path("my.yaml").exists()


def test_words_are_those_of_a_shell(make):
    fasta("a b.fa"), fasta("c_neg.fa")
    for words in ("'a b.fa' c_neg.fa", "*.fa", r"a\ b.fa c_neg.fa"):
        Path("my.yaml").unlink(missing_ok=True)
        [dataset] = make("--words", words)[0]["datasets"].values()
        assert {source["path"] for source in dataset["sources"]} == {"a b.fa", "c_neg.fa"}


def test_a_problem_that_the_doctor_finds_is_told(make, capsys):
    fasta("pos.fa", 2), fasta("neg.fa")
    with pytest.raises(SystemExit) as end:
        new_config.main(["pos.fa", "neg.fa"])
    assert end.value.code == 1
    said = capsys.readouterr().out
    assert "the class 'pos' has 2 records, too few" in said
    assert said.endswith("1 problem: fix the lines marked PROBLEM in my.yaml.\n")


@pytest.mark.parametrize(
    ("count", "positive"),
    [
        ({"0": 9, "1": 90}, "1"),
        ({"-1": 9, "1": 9}, "1"),
        ({"non_prom": 5, "prom": 90}, "prom"),
        ({"tf_control": 5, "tf": 90}, "tf"),
        ({"exon": 90, "donor": 5}, "donor"),
        ({"exon": 90, "intron": 50}, "intron"),  # which is not the absence of it
        ({"active": 90, "inactive": 50}, "active"),
        ({"uninduced": 50, "induced": 90}, "induced"),
        ({"universal": 50, "nodal": 90}, "universal"),
        ({"exon": 5, "donor": 5}, "exon"),
        ({"unbound": 9, "neg": 5}, "neg"),  # both are absent: the rarer one
    ],
)
def test_the_positive_class(count, positive):
    assert choose_positive(count)[0] == positive


def test_labels_that_are_alike():
    labels = ["1", "1.0", "Pos", "pos", "p os", "neg"]
    assert alike(labels) == {"1.0": "1", "Pos": "pos", "p os": "pos"}
    assert alike(["a", "b"]) == {}


# ------------------------------------------------------------------------------ make


def test_make_hands_names_over_as_they_are(tmp_path):
    shutil.copy2(ROOT / "Makefile", tmp_path)
    write(tmp_path / "requirements" / "install.sh", "")
    command = tmp_path / ".venv" / "bin" / "python"
    write(command, '#!/bin/sh\nprintf "%s|" "$@" >>said\n')
    command.chmod(0o755)
    data = "'a b.fa' $(touch${IFS}made)`touch${IFS}made`;touch${IFS}made \"c"
    given = [f"DATA={data}", "GENOME=g $(x).fa", "OUT=o'x.yaml"]
    given = [word.replace("$", "$$") for word in given]
    subprocess.run(["make", "new", *given], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    words = (tmp_path / "said").read_text().split("|")[:-1]
    assert words == [
        "scripts/new_config.py", "--words", data, "--genome", "g $(x).fa", "--out", "o'x.yaml"
    ]  # fmt: skip
    assert not (tmp_path / "made").exists()
