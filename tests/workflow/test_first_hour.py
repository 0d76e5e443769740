"""The mistakes of a first hour: one sentence that says what to type, before anything is made.

The doctor says it, and so does the run.
"""

import os

import pandas as pd
import pytest
from forked_jobs import forked_script

pytestmark = pytest.mark.slow

FASTA = "".join(f">r{i}\nACGTTGCA{'ACGT'[i % 4]}\n" for i in range(6))
TABLE = "sequence,label\n" + "ACGTTGCA,0\nTTGACATT,1\n" * 4
GENOME = ">chr1\n" + "ACGTTGCATT" * 20 + "\n"
BED = "".join(f"chr1\t{i}\t{i + 30}\n" for i in range(0, 60, 10))
TWO = "[{path: data/a.fa, label: a}, {path: data/b.fa, label: b}]"
ONE = "[{path: data/a.csv}]"
PEAKS = "[{path: data/a.bed, label: bound}]"
NEGATIVES = "genome: data/g.fa, negatives: {method: genome, label: unbound}"
FILES = {"a.fa": FASTA, "b.fa": FASTA, "a.csv": TABLE, "a.bed": BED, "g.fa": GENOME}

# The dataset, a file that is otherwise, and what is said, in the doctor and in the run.
MISTAKES = {
    "wrong path": (
        "{sources: [{path: data/c.fa, label: a}, {path: data/b.fa, label: b}]}",
        {},
        "config: datasets.d.sources.0.path: no file 'data/c.fa', looked up from",
    ),
    "misspelled path": (
        "{sources: [{path: data/promotors.fa, label: a}, {path: data/b.fa, label: b}]}",
        {"promoters.fa": FASTA},
        "did you mean 'data/promoters.fa'?",
    ),
    "folder for a file": (
        "{sources: [{path: data, label: a}, {path: data/b.fa, label: b}]}",
        {},
        "config: datasets.d.sources.0.path: 'data' is a folder; name a file in it, such as 'data/",
    ),
    "folder for a genome": (
        f"{{sources: {PEAKS}, {NEGATIVES.replace('data/g.fa', 'data/')}}}",
        {},
        "config: datasets.d.genome: 'data/' is a folder; name a file in it, such as 'data/a.bed', "
        "or join its files by `cat data/*.fa > genome.fa`.",
    ),
    "misnamed column": (
        f"{{sources: {ONE}}}",
        {"a.csv": TABLE.replace("sequence,label", "seq,bound")},
        "no column 'sequence'; the header names 'seq', 'bound'; write `columns: {sequence: seq, "
        "label: bound}`.",
    ),
    "other case of a column": (
        f"{{sources: {ONE}}}",
        {"a.csv": TABLE.replace("sequence,label", "Sequence,Label")},
        "write `columns: {sequence: Sequence, label: Label}`.",
    ),
    "no header line": (
        f"{{sources: {ONE}}}",
        {"a.csv": TABLE.replace("sequence,label\n", "")},
        "as `columns: {sequence: 1, label: 2}`.",
    ),
    "one class": (
        f"{{sources: {ONE}}}",
        {"a.csv": TABLE.replace(",0", ",1")},
        "datasets.d: all records have the label '1', and a classifier needs two classes; add a "
        "source with another `label`, or have negatives made by `negatives: {method: dinucle",
    ),
    "one record in a class": (
        f"{{sources: {ONE}}}",
        {"a.csv": TABLE + "ACGTT,2\n"},
        "datasets.d: the class '2' has 1 record, too few for training, validation and test: at "
        "least 3 are needed; add records of it, or leave it out with `labels: {2: null}` in the",
    ),
    "labels 0/1 and 0.0/1.0": (
        "{sources: [{path: data/a.csv}, {path: data/b.csv}]}",
        {"b.csv": TABLE.replace(",0", ",0.0").replace(",1", ",1.0")},
        "write `labels: {0: [0, '0.0'], 1: [1, '1.0']}` in the dataset",
    ),
    "chromosomes named otherwise": (
        f"{{sources: {PEAKS}, {NEGATIVES}}}",
        {"a.bed": BED.replace("chr", "")},
        "the chromosome '1' is not in data/g.fa, which has 'chr1' (6 of 6 intervals lie on 1 chro"
        "mosome that it lacks: '1' 6); write 'chr1' for '1', and so on, in the intervals or the",
    ),
    "intervals of another assembly": (
        f"{{sources: {PEAKS}, {NEGATIVES}}}",
        {"a.bed": BED + "chr1\t5000\t5030\n"},
        "they were made on another assembly, so name the FASTA file of that one as `genome`.",
    ),
    "an archive": (
        f"{{sources: {TWO}}}",
        {"a.fa": b"PK\x03\x04" + bytes(40)},
        "data/a.fa: this is a zip archive; unpack it, and name the file that was in it.",
    ),
}


def write(clone, dataset, files):
    for name, content in (FILES | files).items():
        data = content if isinstance(content, bytes) else content.encode()
        (clone.folder / "data" / name).write_bytes(data)
    clone.configs = ["mine.yaml"]
    models = "models: {gc: {architecture: gc_content}}\n"
    (clone.folder / "mine.yaml").write_text(f"{models}datasets:\n  d: {dataset}\n")


def doctor(clone, *arguments):
    command = ["scripts/doctor.py", "--configfile", "mine.yaml", *arguments]
    return forked_script(command, clone.folder, dict(os.environ))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_by_the_doctor(fresh, name):
    dataset, files, sentence = MISTAKES[name]
    write(fresh, dataset, files)
    asked = doctor(fresh)
    assert sentence in asked.stdout and "Traceback" not in asked.stdout
    assert asked.returncode == 1


# A run looks in the same way, so a few do where time is short.
FIRST = {"wrong path", "one class", "intervals of another assembly"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in FIRST else pytest.mark.thorough) for name in MISTAKES],
)
def test_a_mistake_ends_a_run_before_anything_is_made(fresh, name):
    dataset, files, sentence = MISTAKES[name]
    write(fresh, dataset, files)
    ran = fresh.snakemake("--cores", "1", "data")
    assert sentence in ran.stdout and "Traceback" not in ran.stdout
    assert ran.returncode == 1
    assert not (fresh.folder / "results").exists()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("dataset", "files"),
    [
        (f"{{sources: {ONE}}}", {"a.csv": TABLE.replace(",", ";")}),
        ("{sources: [{path: data/a.xlsx}]}", {}),
    ],
    ids=["semicolons", "xlsx"],
)
def test_what_can_be_read_is_no_mistake(fresh, dataset, files):
    write(fresh, dataset, files)
    rows = [line.split(",") for line in TABLE.splitlines()]
    pd.DataFrame(rows[1:], columns=rows[0]).to_excel(fresh.folder / "data/a.xlsx", index=False)
    fresh.run("results/d/sequences.parquet")
    table = pd.read_parquet(fresh.folder / "results/d/sequences.parquet")
    assert table["label"].tolist() == ["0", "1"] * 4
    assert table["sequence"].tolist() == ["ACGTTGCA", "TTGACATT"] * 4


FIRST = {  # what is typed behind `make new`, and what the doctor says of the split
    "two FASTA files": (["data/a.fa", "data/b.fa"], "a: 4 / 1 / 1, b: 4 / 1 / 1"),
    "an Excel table": (["data/a.xlsx"], "0: 2 / 1 / 1, 1: 2 / 1 / 1"),
    "BED and a genome": (["data/a.bed", "--genome", "data/g.fa"], "a: 4 / 1 / 1, background: 4 /"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", FIRST)
def test_two_commands_lead_from_files_to_a_run(fresh, name):
    words, split = FIRST[name]
    write(fresh, "{}", {"b.fa": FASTA.replace("T", "G")})
    rows = [line.split(",") for line in TABLE.splitlines()]
    pd.DataFrame(rows[1:], columns=rows[0]).to_excel(fresh.folder / "data/a.xlsx", index=False)
    asked = forked_script(["scripts/new_config.py", *words], fresh.folder, dict(os.environ))
    assert asked.returncode == 0 and split in asked.stdout, asked.stdout
    assert asked.stdout.endswith("go on with:\n\n  make CONFIG=my.yaml\n")
    fresh.configs = ["my.yaml"]
    assert {"import_sequences", "train", "attribute", "report"} <= fresh.plan().rules


def test_a_config_without_a_colon_is_told_with_its_line(fresh):
    write(fresh, f"{{sources: {TWO}}}", {})
    (fresh.folder / "mine.yaml").write_text(f"datasets:\n  d\n    sources: {TWO}\n")
    said = doctor(fresh, "--only-config").stdout  # which `make` asks before Snakemake reads it
    assert "config: mine.yaml, line 2: a colon is missing after 'd'; write `d:`." in said
    ran = fresh.snakemake("--cores", "1", "data")  # Snakemake's own words, without the line
    assert ran.returncode == 1 and "Config file is not valid JSON or YAML" in ran.stdout
