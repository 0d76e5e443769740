"""What the names of files say: the class of their records, and their part of a split."""

import pytest

from attendna.planning.name_words import (
    FileName,
    labels_of_names,
    plain_name,
    read_name,
    read_names,
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("d/pos.fa", (("pos",), "", None)),
        ("d/train_pos.fa.gz", (("pos",), "", "train")),
        ("d/Promoters.TEST.fasta", (("Promoters",), "", "test")),
        ("d/dev.csv.gz", ((), "", "validation")),
        ("d/test/bound/a b.fa", (("a", "b"), "bound", "test")),
        ("d/x/Training/chr1.bed", (("chr1",), "x", "train")),
        ("d/tested.fa", (("tested",), "", None)),  # a whole word, or nothing
        ("d/hg38.v2.txt", (("hg38", "v2"), "", None)),
        ("d/trainset.csv", ((), "", "train")),
        ("d/held_out.csv", ((), "", "test")),
        ("d/Test set (2).csv", (("2",), "", "test")),
        ("d/promotersTrain.fa", (("promoters",), "", "train")),
        ("d/TestisEnhancers.fa", (("TestisEnhancers",), "", None)),
        ("d/dev_pos_train.fa", (("dev", "pos"), "", "train")),  # the last one counts
    ],
)
def test_a_name_is_taken_apart(path, expected):
    found = read_name(path, "d")
    assert (found.words, found.folder, found.part) == expected


@pytest.mark.parametrize(
    ("paths", "parts"),
    [
        (["dev_enhancers.fa", "hk_enhancers.fa"], [None, None]),  # no part without a training
        (["train.csv", "dev.csv"], ["train", "validation"]),
        (["train.csv", "eval.csv"], ["train", "test"]),
        (["train.csv", "eval.csv", "test.csv"], ["train", "validation", "test"]),
        (["train/a.csv", "eval/a.csv", "test/a.csv"], ["train", "validation", "test"]),
    ],
)
def test_names_are_read_together(paths, parts):
    found = read_names(paths, "")
    assert [name.part for name in found] == parts
    assert parts != [None, None] or labels_of_names(found) == ["dev", "hk"]


def test_folders_above_the_root_say_nothing():
    assert read_name("test/d/a.fa", "test/d") == FileName(("a",), "", None)
    assert read_name("a.fa", "") == FileName(("a",), "", None)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["pos", "neg"], ["pos", "neg"]),
        (["Ecoli prom", "Ecoli non prom"], ["prom", "non_prom"]),
        (["mafk windows", "oct4 windows", "mafk windows"], ["mafk", "oct4", "mafk"]),
        (["prom", "non prom"], ["prom", "non_prom"]),  # a word is left of each
        (["bound 1", "bound 2", "unbound 1"], ["bound", "bound", "unbound"]),
        (["class 1", "class 2"], ["1", "2"]),
        (["CTCF rep1", "CTCF rep2"], ["CTCF", "CTCF"]),
        (["CTCF rep 1", "MYC rep 1", "MYC fold2"], ["CTCF", "MYC", "MYC"]),
        (["sample", "sample2"], ["sample", "sample2"]),
        (["Pos", "pos", "neg"], ["Pos", "Pos", "neg"]),
        (["a"], ["a"]),
        (["", ""], ["", ""]),
    ],
)
def test_labels_are_what_differs_in_the_names(names, expected):
    files = [FileName(tuple(name.split()), "", None) for name in names]
    assert labels_of_names(files) == expected


def test_a_dataset_gets_a_plain_name_of_its_own():
    assert plain_name("my data/é", []) == "my_data"
    assert plain_name("a", ["a", "a_2"]) == "a_3"
    assert plain_name("--", []) == "data"
    assert len(plain_name("x" * 300, [])) <= 100
