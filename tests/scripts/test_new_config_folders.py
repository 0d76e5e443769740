"""`make new` on folders as they are: many files, other things beside them, several datasets."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from new_files import bed, fasta, genome, sequences, table, write

from attendna.data import genome as genome_files
from attendna.data.intervals import Intervals
from attendna.errors import UserError
from attendna.planning.file_clusters import places_of, share_within
from attendna.planning.file_looks import Looks
from attendna.planning.found_files import find
from attendna.planning.interval_genomes import genome_of


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
        "a_peaks.xls": "it can't be read: line 2: by its column 'abs_summit' this is not BED",
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
    with pytest.raises(UserError, match=r"d/neg.fa, line 4 \(record b\): 'X' is not an IUPAC"):
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
