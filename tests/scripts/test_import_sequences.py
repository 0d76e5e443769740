"""import_sequences.py writes sequences.parquet, whole or not at all."""

import gzip
import json
import random
import subprocess
import sys

import pytest

import import_sequences
from attendna.contracts.sequences import SEQUENCE_COLUMNS, read_sequences, sequence_notes
from attendna.errors import UserError

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}


def arguments(tmp_path, *sources, negatives=None, labels=None, **reading):
    settings = {
        "sources": [{"label": None, "split": None, "format": None} | s for s in sources],
        "columns": COLUMNS,
        "reading": {"genome": None, "width": None, "centre": "middle", "soft_masked": "keep"}
        | reading,
        "labels": labels or {},
        "negatives": negatives,
    }
    output = tmp_path / "sequences.parquet"
    return ["--settings", json.dumps(settings), "--sequences", str(output)], output


def test_fasta_and_table_together(tmp_path):
    (tmp_path / "p.fa").write_bytes(b"> one\r\nac\r\ngu\r\n")
    (tmp_path / "n.csv.gz").write_bytes(gzip.compress(b"label, sequence\nno , ACGN\n", mtime=0))
    argv, output = arguments(
        tmp_path,
        {"path": str(tmp_path / "p.fa"), "label": "yes", "split": "train"},
        {"path": str(tmp_path / "n.csv.gz")},
    )
    import_sequences.main(argv)
    table = read_sequences(output)
    assert list(table) == SEQUENCE_COLUMNS
    assert table["id"].tolist() == ["one", "n:2"]
    assert table["sequence"].tolist() == ["ACGT", "ACGN"]
    assert table["label"].tolist() == ["yes", "no"]
    assert table["split"].tolist()[0] == "train" and table["split"].isna()[1]
    assert table[["group", "chrom", "start", "end", "strand"]].isna().all(axis=None)


@pytest.mark.parametrize("soft_masked", ["keep", "mask"])
def test_lower_case_is_counted_whatever_becomes_of_it(tmp_path, soft_masked):
    (tmp_path / "p.fa").write_bytes(b">one\nacGT\nNnA\n>two\nACGT\n")
    (tmp_path / "n.csv").write_bytes(b"label,sequence\nno,ACgN\n")
    (tmp_path / "g.fa").write_text(">chr1\nACGTacgtACGT\n")
    (tmp_path / "b.bed").write_text("chr1\t2\t7\nchr1\t6\t9\t.\t0\t-\nchr1\t9\t90\n")
    argv, output = arguments(
        tmp_path,
        {"path": str(tmp_path / "p.fa"), "label": "yes"},
        {"path": str(tmp_path / "n.csv")},
        {"path": str(tmp_path / "b.bed"), "label": "yes"},
        genome=str(tmp_path / "g.fa"),
        soft_masked=soft_masked,
    )
    import_sequences.main(argv)
    assert read_sequences(output)["lower_case"].tolist() == [3, 0, 1, 3, 2]


@pytest.mark.parametrize("method", ["genome", "dinucleotide_shuffle"])
def test_intervals_and_negatives(tmp_path, capsys, method):
    genome = "".join(random.Random(1).choices("ACGTacgt", k=3000))
    (tmp_path / "g.fa").write_text(f">chr1\n{genome}\n")
    (tmp_path / "p.bed").write_text("chr1\t100\t140\nchr1\t500\t540\nchr1\t2990\t3010\n")
    argv, output = arguments(
        tmp_path,
        {"path": str(tmp_path / "p.bed"), "label": "yes", "split": "train"},
        genome=str(tmp_path / "g.fa"),
        width=30,
        negatives={"method": method, "label": "no", "ratio": 2, "seed": 3},
    )
    import_sequences.main(argv)
    table = read_sequences(output)
    assert list(table) == SEQUENCE_COLUMNS
    assert table["label"].tolist() == ["yes"] * 2 + ["no"] * 4
    assert table["sequence"].tolist()[0] == genome[105:135].upper()
    assert table["sequence"].str.len().eq(30).all() and table["split"].eq("train").all()
    assert table["start"].notna().sum() == (6 if method == "genome" else 2)
    for start, end, count in zip(table["start"], table["end"], table["lower_case"], strict=True):
        known = [sum(map(str.islower, genome[int(start) : int(end)]))] if start == start else []
        assert known == ([count] if count == count else [])
    said = capsys.readouterr().out
    assert "1 of 3 intervals of" in said and "4 records of no are " in said
    assert [note["message"] in said for note in sequence_notes(output)] == [True, True]
    first = output.read_bytes()
    import_sequences.main(argv)
    assert output.read_bytes() == first


def test_equal_input_gives_equal_bytes(tmp_path):
    (tmp_path / "p.fa").write_bytes(b">a\nACGT\n")
    argv, output = arguments(tmp_path, {"path": str(tmp_path / "p.fa"), "label": "x"})
    import_sequences.main(argv)
    first = output.read_bytes()
    import_sequences.main(argv)
    assert output.read_bytes() == first


def test_bad_input_leaves_nothing_behind(tmp_path):
    (tmp_path / "p.fa").write_bytes(b">a\nACGT\n>b\nAC*T\n")
    argv, _ = arguments(tmp_path, {"path": str(tmp_path / "p.fa"), "label": "x"})
    with pytest.raises(UserError, match=r"p\.fa, line 4 \(record b\): '\*' is not an IUPAC"):
        import_sequences.main(argv)
    assert [path.name for path in tmp_path.iterdir()] == ["p.fa"]


def test_by_hand_a_bad_file_is_one_sentence_and_status_1(tmp_path):
    argv, _ = arguments(tmp_path, {"path": "no.fa", "label": "x"})
    command = [sys.executable, import_sequences.__file__, *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: no.fa: no such file; check the path in the config.\n"
