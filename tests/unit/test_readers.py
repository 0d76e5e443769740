"""Users' files: what is read whatever the dress, and one sentence for whatever is wrong."""

import csv
import gzip
import io
import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sentences import sentence

from attendna.data.readers import read_sources
from attendna.errors import UserError

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}
FASTA = b">a one\nACGT\nACGTN\n>b two\nRYSW\n"
TABLE = b"sequence,label\nACGT,0\nTTTT,1\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sources")


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write the given contents as files of the working directory and read them as sources."""
    monkeypatch.chdir(tmp_path)

    def read_files(files, source=None, columns=None, **keywords):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        sources = [{"path": name, **(source or {})} for name in files]
        return read_sources(sources, COLUMNS | (columns or {}), **keywords)

    return read_files


def records(table):
    return list(zip(table["id"], table["sequence"], strict=True))


# ------------------------------------------------------------------------------ FASTA

names = st.from_regex(r"[A-Za-z0-9_:.|+-]{1,12}", fullmatch=True)
letters = st.text("ACGTRYSWKMBDHVN", min_size=1, max_size=40)
fasta = st.lists(st.tuples(names, letters), min_size=1, max_size=6, unique_by=lambda r: r[0])


@given(
    truth=fasta,
    width=st.integers(1, 50),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    lead=st.sampled_from([">", "> ", ">\t"]),
    description=st.sampled_from(["", " ", " of some length > 3", "\tchr1"]),
    blank_lines=st.integers(0, 2),
    final=st.booleans(),
    lower=st.booleans(),
    rna=st.booleans(),
    bom=st.booleans(),
    packed=st.booleans(),
)
def test_fasta_says_the_same_in_any_dress(
    folder,
    truth,
    width,
    newline,
    lead,
    description,
    blank_lines,
    final,
    lower,
    rna,
    bom,
    packed,
):
    lines = [""] * blank_lines
    for name, sequence in truth:
        shown = sequence.replace("T", "U") if rna else sequence
        shown = shown.lower() if lower else shown
        lines.append(lead + name + description)
        lines += [shown[i : i + width] for i in range(0, len(shown), width)]
        lines += [""] * blank_lines
    data = newline.join(lines).encode() + (newline.encode() if final else b"")
    data = (b"\xef\xbb\xbf" if bom else b"") + data
    path = folder / "any.fa"  # gzip or not is told by the content, not by the name
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    table = read_sources([{"path": str(path), "label": "x"}], COLUMNS)
    assert records(table) == truth
    assert set(table["label"]) == {"x"}
    assert table[["group", "split"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("headers", "columns"),
    [
        (["a|pos|training|g1", "b|neg|testing|g2"], {"label": 2, "split": 3, "group": 4}),
        (["a | pos | train | g1", "b| neg |Test|g2"], {"label": 2, "split": 3, "group": 4}),
        (["a pos train g1", "b  neg\ttest g2"], {"label": 2, "split": 3, "group": 4}),
        (["pos_1|train|g1", "neg.2|test|g2"], {"label": "prefix", "split": 2, "group": 3}),
        (["a1 prefix=pos|train|g1", "a2 prefix=neg|test|g2"], {"label": "prefix", "split": 2}
            | {"group": 3}),
        (["a label=pos in=train g:g1", "b|in=test;LABEL=neg,g=g2"], {"split": "in", "group": "g"}),
    ],
)  # fmt: skip
def test_labels_of_fasta_may_stand_in_its_headers(read, headers, columns):
    data = "".join(f">{header}\nACGT\n" for header in headers).encode()
    table = read({"x.fa": data}, columns=columns)
    assert table["label"].tolist() == ["pos", "neg"]
    assert table["split"].tolist() == ["train", "test"]
    assert table["group"].tolist() == ["g1", "g2"]
    table = read({"x.fa": data}, {"split": "train"}, columns)  # the source prevails
    assert table["label"].tolist() == ["pos", "neg"] and set(table["split"]) == {"train"}
    table = read({"x.fa": data}, {"label": "x", "split": "train"}, columns)
    assert table["label"].tolist() == ["x", "x"] and table["split"].tolist() == ["train", "train"]


@pytest.mark.parametrize(
    ("headers", "columns", "expected"),
    [
        (["a|x", "b"], {"label": 2}, "x.fa, line 3 (record b): the header 'b' has no field 2"),
        (["a|x", "b|y"], {"label": 3}, "x.fa, line 1 (record a|x): the header 'a|x' has no f"),
        (["a label=x", "b"], {}, "x.fa, line 3 (record b): the header 'b' has no `label=`"),
        (["x_1", "b"], {"label": "prefix"}, "x.fa, line 3 (record b): the header 'b' has no word"),
        (["1", "2"], {"label": "prefix"}, "x.fa: FASTA holds no labels; give"),
        (["a|x", "b|"], {"label": 2}, "x.fa, line 3: the record has no label"),
        (["a|x|1", "b|y|?"], {"label": 2, "split": 3}, "x.fa, line 3: unknown split '?'"),
        (["a|x", "b|y"], {"label": None}, "x.fa: no label; give"),
        (["a|x", "b|y"], {"label": 2, "split": 3}, "x.fa, line 1 (record a|x): the header 'a|x'"),
    ],
)  # fmt: skip
def test_headers_without_a_label_get_a_sentence(read, headers, columns, expected):
    data = "".join(f">{header}\nACGT\n" for header in headers).encode()
    assert sentence(read, {"x.fa": data}, columns=columns).startswith(expected)


def test_a_group_or_split_that_headers_do_not_name_is_none(read):
    table = read({"x.fa": b">a label=x\nAC\n"}, columns={"split": "part", "group": "gene"})
    assert table["label"].tolist() == ["x"] and table["split"].isna().all()


def test_an_empty_header_is_called_by_its_line(read):
    table = read({"positions.fa": b"> \nAC\nGT\n>\nTT\n> 6400 b\nGG\n"}, {"label": "x"})
    assert records(table) == [("positions:1", "ACGT"), ("positions:4", "TT"), ("6400", "GG")]


def test_a_gzip_of_many_members_is_read_to_its_end(read):
    data = gzip.compress(b">a\nAC\n", mtime=0) + gzip.compress(b">b\nGT\n", mtime=0)
    assert records(read({"x.fa.gz": data}, {"label": "x"})) == [("a", "AC"), ("b", "GT")]


# ------------------------------------------------------------------------------ tables

# Without letters in upper case: labels that differ in spelling alone are refused.
fields = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]).filter(
        lambda letter: letter == letter.casefold()
    ),
    min_size=1,
)
rows = st.lists(st.tuples(letters, fields, fields), min_size=1, max_size=6)


@given(
    truth=rows,
    kind=st.sampled_from(["csv", "tsv"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    bom=st.booleans(),
    packed=st.booleans(),
)
def test_what_the_csv_module_writes_is_read_back(
    folder, truth, kind, newline, quoting, bom, packed
):
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter={"csv": ",", "tsv": "\t"}[kind], lineterminator=newline, quoting=quoting
    )
    writer.writerow(["label", "a, b", "sequence"])
    writer.writerows([label, f'{note},\n"', sequence] for sequence, label, note in truth)
    data = text.getvalue().encode("utf-8-sig" if bom else "utf-8")
    path = folder / f"any.{kind}"
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    table = read_sources([{"path": str(path)}], COLUMNS)
    assert table["sequence"].tolist() == [row[0] for row in truth]
    assert table["label"].tolist() == [row[1] for row in truth]


@pytest.mark.parametrize(
    "data",
    [
        b" label , name,  sequence \n EI ,  r1,   acguN  \n\nNA,r2, TT\n",
        b'"label" , "name" , "sequence"\n"EI" , "r1","ACGTN" \n "NA" , "r2" , "T T"\n , , \n',
        b"sequence,label,name\r\nACGTN,EI,r1\r\nTT,NA,r2",
    ],
    ids=["blanks", "quotes", "crlf"],
)
def test_blanks_around_fields_do_not_count(read, data):
    table = read({"x.csv": data}, columns={"id": "name"})
    assert records(table) == [("r1", "ACGTN"), ("r2", "TT")]
    assert table["label"].tolist() == ["EI", "NA"]


def test_numeric_labels_stay_text_and_records_are_called_by_their_line(read):
    table = read({"train.csv": b"sequence,label\nACGT,0\n\nTTTT,01\n"})
    assert table["label"].tolist() == ["0", "01"]
    assert table["id"].tolist() == ["train:2", "train:4"]


def test_the_record_after_a_field_of_several_lines_keeps_its_line(read):
    data = b'note,sequence,label\n"two\nlines",AC,0\n,GT,1\n'
    assert read({"t.csv": data})["id"].tolist() == ["t:2", "t:4"]


def test_group_and_split_columns(read):
    data = b"sequence,label,part,gene\nAC,0,train,g1\nGT,1,test,\n"
    table = read({"x.csv": data}, columns={"group": "gene", "split": "part"})
    assert table["split"].tolist() == ["train", "test"]
    assert table["group"].tolist()[0] == "g1" and table["group"].isna().tolist() == [False, True]


def test_parts_of_a_split_may_be_called_as_people_call_them(read):
    data = b"sequence,label,part\n" + b"".join(
        b"AC,0,%b\n" % name for name in (b"Training", b"dev", b"VAL", b"testing", b"12")
    )
    parts = read({"x.csv": data}, columns={"split": "part"})["split"].tolist()
    assert parts == ["train", "validation", "validation", "test", "12"]


def test_label_and_split_of_the_source_replace_the_columns(read):
    data = b"sequence,label,part\nAC,0,dev\n"
    table = read({"x.csv": data}, {"label": "y", "split": "test"}, {"split": "part"})
    assert table[["label", "split"]].to_numpy().tolist() == [["y", "test"]]
    table = read({"x.csv": b"sequence\nAC\n"}, {"label": "y"}, {"label": None})
    assert table["label"].tolist() == ["y"]


def test_a_sequence_longer_than_the_csv_module_expects(read):
    table = read({"x.csv": b"sequence,label\n" + b"ACGT" * 50_000 + b",0\n"})
    assert len(table["sequence"][0]) == 200_000


# ------------------------------------------------------------------------------ several files


def test_ids_stay_as_they_are_unless_files_share_one(read):
    apart = {"p.fa": b">a\nAC\n", "n.fa": b">b\nGT\n"}
    assert read(apart, {"label": "x"})["id"].tolist() == ["a", "b"]
    shared = {"p.fa": b">a\nAC\n>c\nAC\n", "n.fa.gz": gzip.compress(b">a\nGT\n", mtime=0)}
    assert read(shared, {"label": "x"})["id"].tolist() == ["p:a", "p:c", "n:a"]


def test_files_of_one_name_are_told_apart_by_ending_or_folder(read):
    files = {"a.csv": b"sequence,label\nAC,0\n", "a.tsv": b"sequence\tlabel\nAC\t0\n"}
    assert read(files)["id"].tolist() == ["a.csv:2", "a.tsv:2"]
    files = {"one/a.csv": b"sequence,label\nAC,0\n", "two/a.csv": b"sequence,label\nAC,0\n"}
    assert read(files)["id"].tolist() == ["one/a:2", "two/a:2"]


def test_a_file_named_twice_is_an_error(tmp_path):
    path = tmp_path / "a.fa"
    path.write_bytes(FASTA)
    twice = [{"path": str(path), "label": "x"}, {"path": f"{tmp_path}/./a.fa", "label": "y"}]
    assert "names this file twice" in sentence(read_sources, twice, COLUMNS)


def test_no_sources_is_an_error():
    assert "names no file" in sentence(read_sources, [], COLUMNS)


# ------------------------------------------------------------------------------ formats


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.txt", b"\n>a\nACGT\n"),
        ("x.txt.gz", b"sequence,label\nACGT,x\n"),
        ("x", b'label\t"sequence"\nx\tACGT\n'),
        ("X.FASTA", b">a\nACGT\n"),
        ("x.fna.GZ", gzip.compress(b">a\nACGT\n", mtime=0)),
        ("x.tsv", b"label\tsequence\nx\tACGT\n"),
    ],
)
def test_the_format_is_told_by_name_or_content(read, name, data):
    assert read({name: data}, {"label": "x"})["sequence"].tolist() == ["ACGT"]


def test_the_source_may_name_the_format(read):
    table = read({"x.csv": b"sequence\tlabel\nAC\t0\n"}, {"format": "tsv"})
    assert table["sequence"].tolist() == ["AC"]


# ------------------------------------------------------------------------------ new sequences


def test_new_sequences_need_no_label(read):
    assert read({"new.fa": FASTA}, labels_required=False)["label"].isna().all()
    table = read({"new.csv": b"sequence\nAC\n"}, labels_required=False)
    assert table["label"].isna().all()
    columns = {"group": "gene", "split": "part"}
    table = read(
        {"new.csv": b"label,sequence\nx,AC\n,GT\n"}, columns=columns, labels_required=False
    )
    assert table["label"].tolist()[0] == "x" and table["label"].isna().tolist() == [False, True]


# ------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "x.fa: the file is empty"),
        (b"\n \n", "x.fa: the file holds no record"),
        (gzip.compress(b"", mtime=0), "x.fa: the gzip file holds nothing"),
        (gzip.compress(FASTA * 50, mtime=0)[:-12], "x.fa: the gzip file is cut off"),
        (gzip.compress(FASTA, mtime=0)[:-8] + b"12345678", "x.fa: the gzip file is damaged"),
        (b"\nACGT\n>a\nACGT\n", "x.fa, line 2: text before the first header"),
        (b">a\nAC\n>b\n\n>c\nAC\n", "x.fa, line 3 (record b): the record has no sequence"),
        (b">a\nAC\n>b", "x.fa, line 3 (record b): the record has no sequence"),
        (
            b">a\r\nACGT\r\nAC*T\r\n",
            "x.fa, line 3 (record a): '*' is not an IUPAC nucleotide letter",
        ),
        (
            b">a\nAC\n>b\nA-T\n",
            "x.fa, line 4 (record b): '-' is not an IUPAC nucleotide letter; take the gaps of an "
            "alignment out with `gaps: remove`, or read them as N with `gaps: n`.",
        ),
        (
            b">a\nACGT>b\nAC\n",
            "x.fa, line 2 (record a): '>' is not an IUPAC nucleotide letter; a head",
        ),
        (b">a\nAC\xc3\xa9\n", "x.fa, line 2 (record a): 'é' is not an IUPAC"),
        (b">a\nAC\n\0", "x.fa, line 3: binary data"),
        (b">\xff\nAC\n", "x.fa, line 1: the id b'\\xff' is not UTF-8"),
        (b">a\x01b\nAC\n", "x.fa, line 1: the id 'a\\x01b' holds the character U+0001"),
        (b"\xff\xfe>\0a\0\n", "x.fa: by its first bytes the text is UTF-16, but it is damaged;"),
    ],
)
def test_bad_fasta_gets_a_sentence(read, data, expected):
    assert sentence(read, {"x.fa": data}, {"label": "x"}).startswith(expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\n\n", "x.csv: the table is empty"),
        (b"sequence,label\n", "x.csv: the table has a header and no record"),
        (b"seq, label\nAC,0\n", "x.csv, line 1: no column 'sequence'; the header names 'seq', 'l"),
        (b"sequence,kind\nAC,0\n", "x.csv, line 1: no column 'label'"),
        (b"label,label,sequence\n0,1,A\n", "x.csv, line 1: two columns are called 'label'"),
        (b"sequence,label\nAC,0\n,1\n", "x.csv, line 3 (record x:3): the record has no sequence"),
        (b"sequence,label\nAC,0\nG.,1\n", "x.csv, line 3 (record x:3): '.' is not an IUPAC"),
        (b"sequence,label\nAC,0,9\n", "x.csv, line 2: 3 fields where the header has 2"),
        (b"sequence,label\nAC\n", "x.csv, line 2: 1 field where the header has 2"),
        (b'sequence,label\nAC,0\n"AC,0\nAC,1\n', "x.csv, line 3: the quotes of this record"),
        (b'sequence,label\n"AC"x,0\n', "x.csv, line 2: the quotes of this record"),
        (b"sequence,label\nAC,caf\xe9\n", "x.csv, line 2: the byte 0xe9 is not UTF-8"),
        (b"sequence,label\nAC,a\x07\n", "x.csv, line 2: the label 'a\\x07' holds"),
    ],
)
def test_a_bad_table_gets_a_sentence(read, data, expected):
    assert sentence(read, {"x.csv": data}).startswith(expected)


def test_a_table_of_one_column_asks_for_the_separator(read):
    message = sentence(read, {"x.csv": b"sequence:label\nAC:0\n"})
    assert message.endswith("is this the right separator?")


@pytest.mark.parametrize("value", [b"trial", b"0", b""])
def test_an_unknown_split_names_the_allowed_ones(read, value):
    data = b"sequence,label,part\nAC,0,train\nAC,0," + value + b"\n"
    message = sentence(read, {"x.csv": data}, columns={"split": "part"})
    assert message.startswith(f"x.csv, line 3: unknown split {value.decode()!r}; use train, valid")


def test_an_id_of_a_table_occurs_twice(read):
    data = b"sequence,label,name\nAC,0,a\nAC,0,b\nAC,0,a\n"
    message = sentence(read, {"x.csv": data}, columns={"id": "name"})
    assert message == (
        "x.csv, line 4: the id 'a' of the column 'name' occurs twice, first on line 2; give every "
        "record its own id, or name another column, or none, as `columns: {id: null}`."
    )
    message = sentence(read, {"x.csv": data + b"AC,0,b\nAC,0,b\n"}, columns={"id": "name"})
    assert "first on line 2, and so do 2 more ids;" in message


@pytest.mark.parametrize(
    ("source", "columns", "expected"),
    [
        ({}, {}, "x.fa: FASTA holds no labels"),
        ({"label": "x", "split": "dev"}, {}, "x.fa: unknown split 'dev'"),
        ({"label": "x", "format": "bam"}, {}, "x.fa: unknown format 'bam'"),
        ({"format": "csv"}, {"label": None}, "x.fa: no label"),
    ],
)
def test_bad_settings_of_a_source_get_a_sentence(read, source, columns, expected):
    assert sentence(read, {"x.fa": FASTA}, source, columns).startswith(expected)


def test_ids_that_collide_in_spite_of_their_files_are_an_error(read):
    files = {"a.fa": b">b:c\nAC\n>c\nAC\n", "a:b.fa": b">c\nGT\n"}
    assert "'a:b:c' stands for two records" in sentence(read, files, {"label": "x"})


def test_missing_files_directories_and_unknown_content(read, tmp_path):
    os.mkfifo(tmp_path / "pipe.fa")
    for path, expected in (
        (tmp_path / "no.fa", "no such file"),
        (tmp_path, f"this is a folder; name its file '{tmp_path}/pipe.fa'."),
        (tmp_path / "pipe.fa", "this is a pipe or a device"),
    ):
        assert expected in sentence(read_sources, [{"path": str(path), "label": "x"}], COLUMNS)
    assert "neither its name nor its content" in sentence(read, {"x.gff": b"chr1\tgene\t5\n"})


pieces = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b">", b"\n", b"\r", b'"', b",", b"\t", b" ", b"ACGT", b"sequence,label"]),
    ),
    max_size=20,
).map(b"".join)


@settings(max_examples=400)
@given(data=pieces, name=st.sampled_from(["f.fa", "f.csv", "f.tsv", "f"]), packed=st.booleans())
@example(data=b"\x1f\x8b", name="f", packed=False)
def test_any_bytes_give_a_table_or_a_sentence(folder, data, name, packed):
    path = folder / name
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    try:
        table = read_sources([{"path": str(path), "label": "x"}], COLUMNS)
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert len(table) and table["id"].is_unique
        assert not set("".join(table["sequence"])) - set("ACGTRYSWKMBDHVN")
        assert (table["sequence"].str.len() > 0).all()


@settings(max_examples=200)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_any_damage_to_a_gzip_gives_a_table_or_a_sentence(folder, place, value, cut):
    packed = bytearray(gzip.compress(FASTA, mtime=0))
    place %= len(packed)
    packed[place] = value
    path = folder / "damaged.fa.gz"
    path.write_bytes(packed[:place] if cut else packed)
    try:
        read_sources([{"path": str(path), "label": "x"}], COLUMNS)
    except UserError as error:
        assert str(path) in str(error)
