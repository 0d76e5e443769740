"""`make new` by hand: files of all kinds in, a config out with which the doctor is content."""

from pathlib import Path

import pytest
from new_files import bed, fasta, genome, sequences, table, write

from attendna.errors import UserError

ROOT = Path(__file__).parents[2]


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
    assert (
        "shuffled, because the intervals leave too little of the genome for windows of it." in said
    )
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
    assert "No field of the headers seems to hold labels; if one does, name it with" in said


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
