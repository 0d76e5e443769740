"""Files that are nearly what their names say: read where there is no doubt, else named."""

import gzip
import io
import zipfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentences import sentence

from attendna.data.kmer_words import join_blocks, join_kmers
from attendna.data.readers import import_sources
from attendna.data.recognition import recognise
from attendna.data.sources import Reading
from attendna.errors import UserError

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}
SEQUENCES = ["ACGTACGTAC", "TTGACAGGAT", "GGATCCNNRY"]
LABELS = ["1", "0,5", "x"]


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write one file in the working directory and import it."""
    monkeypatch.chdir(tmp_path)

    def read_file(content, name="x.csv", columns=None, label=None, required=True, **reading):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        source = {"path": name, "label": label}
        columns = COLUMNS | (columns or {})
        return import_sources([source], columns, required, Reading(**reading))

    return read_file


def sequences(found):
    return found.table["sequence"].tolist()


# ------------------------------------------------------------------------------ tables


def rows(separator, *header, quote=""):
    lines = [header] if header else []
    lines += zip(SEQUENCES, LABELS, strict=True)
    return "".join(separator.join(f"{quote}{f}{quote}" for f in line) + "\n" for line in lines)


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.txt", "x"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize(
    "content",
    [
        rows(";", "sequence", "label"),
        rows(";", "sequence", "label").replace("\n", "\r\n"),
        rows("\t", "sequence", "label"),
        rows(",", "sequence", "label", quote='"'),
        rows("|", "sequence", "label"),
        rows(" ", "sequence", "label", quote='"'),
        "sep=;\n" + rows(";", "sequence", "label"),
        rows(";", "label", "sequence").replace("label;sequence", "sequence;label"),
    ],
    ids=["semicolon", "crlf", "tab", "quoted", "bar", "blank", "sep", "order"],
)
def test_whatever_separates_the_fields_is_found(read, content, bom, name):
    found = read(bom + content, name)
    assert sequences(found) == SEQUENCES
    assert found.table["label"].tolist() == LABELS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("separator", ["\t", ";"])
def test_text_in_unicode_as_excel_saves_it_is_read(read, encoding, separator, monkeypatch):
    text = rows(separator, "sequence", "label").replace("x\n", "β\r\n")
    if encoding in ("utf-16-le", "utf-16-be"):
        text = "\ufeff" + text
    found = read(text.encode(encoding), "x.txt")
    assert sequences(found) == SEQUENCES and found.table["label"].tolist() == ["1", "0,5", "β"]
    for size in (81, 82):  # in the middle of a letter, and behind it
        monkeypatch.setattr("attendna.data.raw_text.FIRST", size)
        assert recognise("x.txt").titles == ["sequence", "label"]


def test_the_separator_by_which_the_header_names_the_sequences_is_the_right_one(read):
    found = read("x,y;sequence;label\n0,5;ACGT;a\n1,5;TT;x\n")
    assert sequences(found) == ["ACGT", "TT"]
    assert found.table["label"].tolist() == ["a", "x"]


def test_the_line_of_a_record_counts_the_hint_of_excel(read):
    assert read("sep=;\nsequence;label\nACGT;1\n").table["id"].tolist() == ["x:3"]
    message = sentence(read, "sep=;\nsequence;label\nACGT;1\nAXGT;1\n")
    assert message.startswith("x.csv, line 4 (record x:4): 'X' is not an IUPAC")


@pytest.mark.parametrize("separator", [",", "\t", ";", " "])
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_names_of_rows_that_r_writes_are_left_out(read, separator, quote):
    lines = [["sequence", "label"]]
    lines += [[str(i), s, "x"] for i, s in enumerate(SEQUENCES, start=1)]
    text = "\n".join(separator.join(f"{quote}{f}{quote}" for f in line) for line in lines)
    found = read(text)
    assert sequences(found) == SEQUENCES and set(found.table["label"]) == {"x"}
    blank = text.replace(lines[0][0], f"{quote}{quote and ''}{quote}{separator}sequence", 1)
    if quote:
        blank = text.replace('"sequence"', f'""{separator}"sequence"', 1)
        assert sequences(read(blank)) == SEQUENCES


def test_nothing_behind_a_last_separator_is_nothing(read):
    assert sequences(read("sequence,label\nACGT,1,\nTT,0,\n")) == ["ACGT", "TT"]
    message = sentence(read, "sequence,label\nACGT,1,\nTT,0\n")
    assert message.startswith("x.csv, line 3: 2 fields where the first record has 3;")


@pytest.mark.parametrize(
    ("header", "columns", "remedy"),
    [
        ("Sequence,Label", {}, "write `columns: {sequence: Sequence, label: Label}`."),
        ("seq,y", {}, "write `columns: {sequence: seq, label: y}`."),
        ("SEQUENCE,label", {}, "write `columns: {sequence: SEQUENCE}`."),
        ("sequence,Class", {}, "write `columns: {label: Class}`."),
        ("the DNA;my label", {}, "write `columns: {sequence: 'the DNA', label: 'my label'}`."),
        ("sequence,label", {"id": "ID"}, "no column 'ID'; the header names 'sequence', 'label'."),
    ],
)
def test_a_misnamed_column_ends_in_what_to_write(read, header, columns, remedy):
    separator = ";" if ";" in header else ","
    text = f"{header}\nACGTACGT{separator}1\n"
    assert remedy in sentence(read, text, columns=columns)


def test_a_table_without_a_header_line_is_told_and_read_by_numbers(read):
    text = "bound,ACGTACGTAC,1\nfree,TTGACAGGAT,0\n"
    message = sentence(read, text)
    assert message == (
        "x.csv, line 1: no column 'sequence', and 'ACGTACGTAC' looks like data; is there no "
        "header line? Then give the numbers of the columns, from 1, as `columns: {sequence: 2, "
        "label: 3}`."
    )
    for content in (text, text.replace(",", ";"), text.replace(",", "\t")):
        found = read(content, columns={"sequence": 2, "label": 1})
        assert found.table["id"].tolist() == ["x:1", "x:2"]
        assert found.table["label"].tolist() == ["bound", "free"]
    assert "columns.label has to be one" in sentence(read, text, columns={"sequence": 2})
    message = sentence(read, text, columns={"sequence": 2, "label": 4})
    assert message.startswith("x.csv, line 1: columns.label is 4, but there are 3 fields;")
    message = sentence(read, "seq,label\nACGT,1\n", columns={"sequence": 1, "label": 2})
    assert message.startswith("x.csv, line 1: 'seq' is no sequence, and where columns are given")
    message = sentence(read, "sequence,label\nACGT,1\n", columns={"label": 2})
    assert "columns.label is a number, but columns.sequence is a name" in message


def frame():
    return pd.DataFrame({"sequence": SEQUENCES, "label": [1, 0, 1], "note": [1.5, None, "x"]})


def excel(*frames, **options):
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as writer:
        for i, table in enumerate(frames):
            table.to_excel(writer, sheet_name=f"page {i}", index=False, **options)
    return content.getvalue()


@pytest.mark.parametrize("name", ["x.xlsx", "x.csv", "x"])
def test_the_first_sheet_of_an_excel_file_is_read_and_said_so(read, name):
    found = read(excel(frame(), frame()[:1]), name)
    assert sequences(found) == SEQUENCES
    assert found.table["label"].tolist() == ["1", "0", "1"]
    assert found.table["id"].tolist() == ["x:2", "x:3", "x:4"]
    [note] = found.notes
    assert note["message"] == (
        f"{name} is an Excel file: its first sheet, 'page 0', was read; 1 other sheet is left out."
    )
    message = sentence(read, excel(frame()), name, columns={"sequence": "seq"})
    assert message.startswith(f"{name}, line 1: no column 'seq'; the header names 'sequence', 'la")
    assert recognise(name).titles == ["sequence", "label", "note"]


def test_damaged_excel_files_and_other_archives_are_named(read):
    whole = excel(frame())
    place = whole.index(b"xl/worksheets/sheet1.xml") + 60
    message = sentence(read, whole[:place] + bytes(40) + whole[place + 40 :], "x.xlsx")
    assert message.startswith("x.xlsx: the Excel file can't be read (")
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.fa", ">a\nACGT\n")
    message = sentence(read, other.getvalue(), "x.xlsx")
    assert message == "x.xlsx: this is a zip archive; unpack it, and name the file that was in it."


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x"])
def test_a_parquet_table_is_read(read, name, tmp_path):
    content = io.BytesIO()
    frame().drop(columns="note").to_parquet(content)
    found = read(content.getvalue(), name, columns={"id": None})
    assert sequences(found) == SEQUENCES
    assert found.table["label"].tolist() == ["1", "0", "1"]
    message = sentence(read, content.getvalue(), name, columns={"sequence": "seq"})
    assert message.endswith("write `columns: {sequence: sequence}`.")
    message = sentence(read, content.getvalue()[:-9], name)
    assert message.startswith(f"{name}: the Parquet file can't be read (")


# ------------------------------------------------------------------------------ words

dna = st.text("ACGT", min_size=1, max_size=40)


@given(dna, st.integers(1, 12))
def test_words_that_overlap_by_all_but_one_letter_are_joined(sequence, k):
    words = [sequence[i : i + k] for i in range(len(sequence) - k + 1)]
    if len(words) > 1:
        assert join_kmers(" ".join(words)) == sequence
        mixed = " ".join(word.lower() if i % 2 else word for i, word in enumerate(words))
        assert join_kmers(mixed).upper() == sequence
        changed = words[:-1] + [("A" if words[-1][0] != "A" else "C") + words[-1][1:]]
        assert k == 1 or join_kmers(" ".join(changed)) is None
        assert join_kmers(" ".join(words) + "A") is None
    blocks = [sequence[i : i + 10] for i in range(0, len(sequence), 10)]
    assert join_blocks(" ".join(blocks)) == sequence


def test_kmers_of_a_table_are_joined_and_said_so(read):
    long = "GGTTGTACTGTACAGGAACTTATAGAATAATTCGGA"
    others = [long[::-1], long[3:], long[5:] + "A"]
    words = [" ".join(s[i : i + 6] for i in range(len(s) - 5)) for s in (long, *others)]
    found = read("sequence\tlabel\n" + "".join(f"{text}\t1\n" for text in words), "x.tsv")
    assert sequences(found) == [long, *others]
    [note] = found.notes
    assert note["message"] == (
        "Sequences of x.tsv that are words of 6 letters, each a letter further on, were joined: "
        "4 records."
    )


def test_blocks_of_ten_stay_blocks_of_ten(read):
    found = read("sequence,label\nACGTACGTAC GTACGTACGT ACG,1\nAAAAAAAAAA AAAAAAAAAA,0\n")
    assert sequences(found) == ["ACGTACGTACGTACGTACGTACG", "A" * 20]
    assert found.notes == []


def test_anything_else_with_blanks_is_an_error(read):
    text = "sequence,label\n" + "ACGTAC GTAC,1\nACGTAC,0\n" * 12
    message = sentence(read, text)
    assert message == (
        "x.csv, line 2 (record x:2): the sequence holds blanks, and is neither k-mers in a row, "
        "each a letter further on, nor in blocks of ten letters (12 such records: line 2, 4, 6, "
        "8, 10, 12, 14, 16, 18, 20 and 2 more); take the blanks out."
    )
    message = sentence(read, "sequence,label\nACG CGT,1\nACG CGA\n".replace("CGA\n", "GGA,0\n"))
    assert message.startswith("x.csv, line 3 (record x:3): the sequence holds blanks")


# ------------------------------------------------------------------------------ FASTA, FASTQ


@pytest.mark.parametrize(
    "content",
    [
        "; a comment\n>a\nACGT\n;another\nACGT\n",
        "  ; a comment\n  >a\nACGTACGT\n",
        ">a\nACGTACGT*\n",
        ">a\nACGT\nACGT*\n\n",
        ">a\n        1 acgt acgt\n",
        ">a\n 1 acgt 4\n 5 acgt 8\n",
        "\t>a\n\tACGT\n ACGT",
    ],
    ids=["comments", "indented", "star", "star in a line", "genbank", "embl", "tabs"],
)
@pytest.mark.parametrize("name", ["x.fa", "x.txt", "x.csv"])
def test_fasta_with_ornaments_is_read(read, content, name):
    found = read(content, name, label="x")
    assert found.table[["id", "sequence"]].to_numpy().tolist() == [["a", "ACGTACGT"]]


def test_the_line_of_an_error_counts_comments(read):
    message = sentence(read, ";c\n  >a\n;c\nACGT\nAC*GT\n", "x.fa", label="x")
    assert message.startswith("x.fa, line 5 (record a): '*' is not an IUPAC nucleotide letter;")
    assert "'4' is not an IUPAC" in sentence(read, ">a\nAC4GT\n", "x.fa", label="x")


FASTQ = "@a first\nACGT\n+\nII@I\n@b\nTTNN\n+b\n@III\n"


@pytest.mark.parametrize("name", ["x.fq", "x.fastq.gz", "x.fa", "x.txt", "x"])
def test_fastq_is_read_where_a_label_is_given_and_else_named(read, name):
    found = read(gzip.compress(FASTQ.encode(), mtime=0), name, label="x")
    assert found.table[["id", "sequence", "description"]].to_numpy().tolist() == [
        ["a", "ACGT", "a first"],
        ["b", "TTNN", "b"],
    ]
    said = f"{name} is FASTQ, reads with qualities: the qualities were left out."
    assert found.notes[0]["message"] == said
    message = sentence(read, FASTQ, name)
    assert message == (
        f"{name}: this is FASTQ, reads with qualities, and one labelled sequence a record is "
        "needed; give this source a `label` in the config if its reads are such."
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("@a\nACGT\n+\nII\n", "x.fq, line 1: 4 letters and 2 qualities; the record is damaged or"),
        (FASTQ + "@c\nAC\n", "x.fq, line 9: no FASTQ record, which is four lines: `@id`, the lett"),
        ("@a\nAC\nGT\n+\nIIII\n", "x.fq, line 1: no FASTQ record"),
        ("\n\n", "x.fq: the file holds no record, only blanks."),
        (
            "@a\nAXJT\n+\nIIII\n",
            "x.fq, line 2 (record a): 'X' is not an IUPAC nucleotide letter (2 s",
        ),
    ],
)
def test_wrong_fastq(read, content, expected):
    assert sentence(read, content, "x.fq", label="x").startswith(expected)


# ------------------------------------------------------------------------------ letters


def test_gaps_are_an_error_or_taken_out_or_unknown(read):
    text = ">a\nAC--GT..\n"
    assert sequences(read(text, "x.fa", label="x", gaps="remove")) == ["ACGT"]
    assert sequences(read(text, "x.fa", label="x", gaps="n")) == ["ACNNGTNN"]
    assert "`gaps: remove`" in sentence(read, text, "x.fa", label="x")
    table = "sequence,label\nA-C.,1\n"
    assert sequences(read(table, gaps="remove")) == ["AC"]
    assert sequences(read(table, gaps="n")) == ["ANCN"]
    message = sentence(read, ">a\n--\n", "x.fa", label="x", gaps="remove")
    assert message.startswith("x.fa, line 1 (record a): the record has no sequence")


def test_all_bad_letters_are_counted_and_at_most_ten_records_named(read):
    good = ">g{0}\nACGT\n"
    bad = "".join(good.format(i) + f">r{i}\nAXC\nJGX\n" for i in range(12))
    message = sentence(read, bad, "x.fa", label="x")
    assert message == (
        "x.fa, line 4 (record r0): 'X' is not an IUPAC nucleotide letter (36 such letters: 'X' 24, "
        "'J' 12; in 12 records: line 4, 9, 14, 19, 24, 29, 34, 39, 44, 49 and 2 more); correct "
        "the letter or remove the record."
    )
    message = sentence(read, ">p\nMFLPQE\n", "x.fa", label="x")
    assert message.endswith("these look like proteins, and only DNA and RNA are read.")


# ------------------------------------------------------------------------------ other files


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"LOCUS       AB1   12 bp\n", "this is a GenBank file; save its records as FASTA."),
        (b"<!DOCTYPE html>\n<html>", "this is a web page or XML; download the file itself."),
        (b"##gff-version 3\nchr1\t.\tgene\t5\t9\n", "this is a GFF file, annotations; bring"),
        (b"##fileformat=VCFv4.2\n", "this is a VCF file, variants; bring the regions"),
        (b"@HD\tVN:1.6\n@SQ\tSN:chr1\n", "this is a SAM file, aligned reads; bring"),
        (b"BAM\1" + bytes(40), "this is a BAM file, aligned reads; bring"),
        (b"\xd0\xcf\x11\xe0" + bytes(40), "this is an Excel file of the old kind (.xls); save"),
        (b"%PDF-1.7\n", "this is a PDF document; save"),
        (b"BZh91AY&SY", "this is packed with bzip2; unpack it with bunzip2"),
        (b'{"sequence": "ACGT"}', "this is JSON; save its records"),
        (b"\x43\x27\x41\x1a" + bytes(40), "this is a 2bit file, a genome without labels; name it"),
        (
            b"PK\x03\x04" + b"x" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            "this is an OpenDocument file; save its table as .xlsx or CSV.",
        ),
        (
            b"PK\x03\x04" + b"\n" * 26 + b"[Content_Types].xml",
            "this is an Office document that is no sound Excel file; save its table",
        ),
        (b"a" * 257 + b"ustar", "this is a tar archive; unpack it"),
    ],
)
@pytest.mark.parametrize("name", ["x.fa", "x.csv", "x.bed", "x"])
def test_files_of_other_kinds_are_named(read, content, expected, name):
    assert sentence(read, content, name, label="x").startswith(f"{name}: {expected}")


def test_a_table_or_intervals_called_fasta_are_named(read):
    for content, what in ((rows(";", "sequence", "label"), "a table"), ("1\t2\t3\n", "intervals")):
        kind = "csv" if what == "a table" else "bed"
        assert sentence(read, content, "x.fa", label="x") == (
            f"x.fa: by its name this is FASTA, but it begins like {what}; give this source "
            f"`format: {kind}`."
        )


# ------------------------------------------------------------------------------ alone


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (">a\nACGT\n", ("fasta", None, None)),
        (FASTQ, ("fastq", None, None)),
        (rows(";", "DNA", "y"), ("csv", ";", ["DNA", "y"])),
        (rows("\t", "DNA", "y"), ("tsv", "\t", ["DNA", "y"])),
        (rows(";"), ("csv", ";", None)),
        ("chr1\t0\t9\n", ("bed", None, None)),
    ],
)
def test_a_file_is_recognised_without_a_config(tmp_path, content, expected):
    path = tmp_path / "file"
    path.write_text(content)
    found = recognise(str(path))
    assert (found.format, found.separator, found.titles) == expected
    if found.rows is not None:
        assert found.rows[0] == [SEQUENCES[0], LABELS[0]]


def test_what_nothing_tells_is_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_text("nothing of the kind\n")
    with pytest.raises(UserError, match="neither its name nor its content tells the format"):
        recognise(str(path))
