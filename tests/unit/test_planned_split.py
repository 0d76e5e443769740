"""What the doctor says of a split, before anything is made, is what the split then is."""

import random
from pathlib import Path

import numpy as np
import pytest
import yaml
from configs import merged

import encode
import find_groups
import import_sequences
import split
from attendna.contracts.encoded import read_labels
from attendna.contracts.splits import SPLITS, read_split
from attendna.errors import UserError
from attendna.planning import job_settings, planned_split, settings
from attendna.planning.planned_split import LARGE, Planned, in_words, plan

TWO = "[{path: a.fa, label: x}, {path: b.fa, label: y}]"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Two FASTA files of unlike sequences, a table, intervals, and their genome."""
    monkeypatch.chdir(tmp_path)
    draw = random.Random(1)
    for name, number in (("a", 23), ("b", 41)):
        write(f"{name}.fa", [f">{name}{i}\n{letters(draw, 60)}" for i in range(number)])
    rows = [
        ",".join(
            [letters(draw, 60), "xyz"[i % 3], ("train", "test")[i % 7 > 4], str(1 + i // 3 % 3)]
            + [f"g{i // 6}"]
        )
        for i in range(63)
    ]
    write("t.csv", ["sequence,label,part,fold,donor", *rows])
    genome = [letters(draw, 4000) for _ in range(5)]
    write("g.fa", [f">chr{i}\n{sequence}" for i, sequence in enumerate(genome)])
    for name, first in (("p", 0), ("n", 100)):
        write(
            f"{name}.bed",
            [f"chr{i % 5}\t{60 * i + first}\t{60 * i + first + 50}" for i in range(50)],
        )


def letters(draw, length):
    return "".join(draw.choices("ACGT", k=length))


def write(name, lines):
    Path(name).write_text("\n".join(lines) + "\n")


def made(config):
    """The split of each fold, by the scripts that a run calls: part, class, number."""

    def text(rule):
        return job_settings.text(config, rule, "d")

    import_sequences.main(["--settings", text("import_sequences"), "--sequences", "s.parquet"])
    read = ["--sequences", "s.parquet", "--settings"]
    encode.main([*read, text("encode"), "--encoded", "e.npz"])
    find_groups.main([*read, text("find_groups"), "--groups", "g.tsv"])
    y, classes = read_labels("e.npz")
    folds = []
    for fold in settings.folds(config, "d"):
        given = ["--encoded", "e.npz", "--groups", "g.tsv", "--fold", str(fold)]
        split.main([*read, text("split"), *given, "--split", "split.npz"])
        parts = read_split("split.npz")
        counts = {part: np.bincount(y[parts[part]], minlength=len(classes)) for part in SPLITS}
        folds.append(
            {part: dict(zip(classes, n.tolist(), strict=True)) for part, n in counts.items()}
        )
    return folds


# The dataset; and whether its numbers are told as exact.
DATASETS = {
    "two files": ({"sources": TWO}, False),
    "folds": ({"sources": TWO, "split": {"folds": 3}}, False),
    "single records": ({"sources": TWO, "split": {"strategy": "stratified", "test": 0.3}}, True),
    "a class left out": ({"sources": "[{path: t.csv}]", "labels": {"z": None}}, False),
    "classes joined": ({"sources": "[{path: t.csv}]", "labels": {"v": ["z", "x"]}}, False),
    "a column of parts": (
        {"sources": "[{path: t.csv}]", "columns": {"split": "part"}},
        False,  # the validation part is drawn
    ),
    "a column of folds": (
        {"sources": "[{path: t.csv}]", "columns": {"split": "fold"}, "split": {"folds": 3}},
        False,
    ),
    "a column of groups": (
        {
            "sources": "[{path: t.csv}]",
            "columns": {"group": "donor"},
            "split": {"groups": "column"},
        },
        True,
    ),
    "parts by file": (
        {
            "sources": "[{path: a.fa, label: x, split: train}, {path: t.csv, split: test}, "
            "{path: b.fa, label: y, split: train}]",
            "labels": {"z": None},
        },
        False,
    ),
    "chromosomes": (
        {
            "sources": "[{path: p.bed, label: x}, {path: n.bed, label: y}]",
            "genome": "g.fa",
            "split": {"strategy": "chromosome", "test_chromosomes": ["chr3"]},
        },
        False,
    ),
    "shuffled negatives": (
        {
            "sources": "[{path: a.fa, label: x}]",
            "negatives": {"method": "dinucleotide_shuffle", "label": "y", "ratio": 1.5},
            "split": {"groups": "none"},
        },
        False,
    ),
}


def config_of(dataset):
    return merged({"datasets": {"d": dataset | {"sources": yaml.safe_load(dataset["sources"])}}})


@pytest.mark.parametrize("name", DATASETS)
def test_planned_is_what_is_made(name):
    dataset, exact = DATASETS[name]
    config = config_of(dataset)
    planned = plan(config, "d")
    assert planned.folds == made(config)
    assert (planned.about == "") == exact


def test_where_records_are_related_the_parts_differ_by_no_more_than_a_group():
    lines = Path("a.fa").read_text().splitlines()
    write("a.fa", lines + [f">again{i}\n{lines[2 * i + 1]}" for i in range(8)])
    config = config_of({"sources": TWO})
    planned, real = plan(config, "d"), made(config)
    assert planned.about == "since related records stay together"
    for part, counts in planned.folds[0].items():
        assert all(abs(number - real[0][part][name]) <= 2 for name, number in counts.items())


def test_what_can_not_be_divided_is_told_as_the_split_tells_it():
    rows = Path("t.csv").read_text().replace("test", "train").splitlines()
    write(
        "t.csv",
        [rows[0], *(row.replace("train", "test", 1) if ",x," in row else row for row in rows[1:])],
    )
    config = config_of({"sources": "[{path: t.csv}]", "columns": {"split": "part"}})
    with pytest.raises(UserError) as told:
        plan(config, "d")
    with pytest.raises(UserError) as ended:
        made(config)
    assert str(told.value) == str(ended.value) and "class 'x'" in str(told.value)


def test_what_is_large_or_made_later_is_not_counted(monkeypatch):
    config = config_of({"sources": TWO})
    assert plan(config, "d") is not None and LARGE > 1_000_000
    monkeypatch.setattr(planned_split, "LARGE", 100)
    assert plan(config, "d") is None


def test_it_is_said_in_words():
    def parts(*numbers):
        return {part: {"a": n, "b": 1200} for part, n in zip(SPLITS, numbers, strict=True)}

    assert in_words(Planned([parts(3, 2, 1)], "")) == (
        "a: 3 / 2 / 1, b: 1,200 / 1,200 / 1,200 (training / validation / test)"
    )
    assert in_words(Planned([parts(3, 2, 1), parts(4, 2, 0)], "since x")) == (
        "a: 3 to 4 / 2 / 0 to 1, b: 1,200 / 1,200 / 1,200 "
        "(training / validation / test in each of 2 folds; about, since x)"
    )
