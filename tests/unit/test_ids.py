"""Headers of any kind become ids that are unique, and nothing of them is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendna.data.ids import numbered, read_header, unique_ids
from attendna.data.readers import import_sources
from attendna.names import LONGEST

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}


def read(tmp_path, *headers, name="x.fa", mark=">"):
    tail = "\n+\nIIII\n" if mark == "@" else "\n"
    text = "".join(f"{mark}{header}\nACGT{tail}" for header in headers)
    (tmp_path / name).write_text(text)
    return import_sources([{"path": str(tmp_path / name), "label": "x"}], COLUMNS)


@pytest.mark.parametrize("mark", [">", "@"])
@pytest.mark.parametrize(
    ("headers", "ids", "message"),
    [
        (["a one", "b one"], ["a", "b"], None),
        (
            ["seq 1", " seq  2", "seq\t3"],
            ["seq 1", "seq 2", "seq 3"],
            "3 records of {path} share the first word of the header with another, 'seq' (3): the "
            "ids of this file are the whole headers.",
        ),
        (
            ["DNA excision repair A", "DNA ligase", "RNA"],
            ["DNA excision repair A", "DNA ligase", "RNA"],
            "2 records of {path} share the first word of the header with another, 'DNA' (2): the "
            "ids of this file are the whole headers.",
        ),
        (
            ["peak high", "peak high", "peak low", "other"],
            ["peak", "peak_2", "peak_3", "other"],
            "3 records of {path} share the first word of the header with another, 'peak' (3): "
            "their ids have a number behind it, such as 'peak_2'.",
        ),
        (
            ["a", "a", "a_2", "b x", "b x"],
            ["a", "a_3", "a_2", "b", "b_2"],
            "4 records of {path} share the first word of the header with another, 'a' (2), 'b' "
            "(2): their ids have a number behind it, such as 'a_3'.",
        ),
    ],
    ids=["first word", "whole header", "sentence", "number", "number taken"],
)
def test_ids_of_headers(tmp_path, headers, ids, message, mark):
    found = read(tmp_path, *headers, mark=mark)
    assert found.table["id"].tolist() == ids
    assert found.table["description"].tolist() == [" ".join(header.split()) for header in headers]
    said = [note["message"] for note in found.notes if "FASTQ" not in note["message"]]
    assert said == ([] if message is None else [message.format(path=tmp_path / "x.fa")])


def test_headers_that_are_too_long_to_be_ids_are_numbered(tmp_path):
    long = "x" * LONGEST
    found = read(tmp_path, f"a {long}", f"a {long}y")
    assert found.table["id"].tolist() == ["a", "a_2"]
    assert found.table["description"].tolist() == [f"a {long}", f"a {long}y"]


def test_what_can_not_be_shown_of_a_header_is_replaced():
    whole = "a b\ufffdc \ufffd\ufffd"
    assert read_header(b"a b\x01c \xff\xe2\x80\xae", "f", "n", 1) == ("a", whole)
    assert read_header(b" \t", "f", "n", 7) == ("n:7", None)


def test_at_most_ten_words_are_named():
    first = [f"w{i}" for i in range(12) for _ in "ab"]
    _, [note] = unique_ids(first, first, "f.fa")
    assert note["message"].count(" (2)") == 10 and "'w9' (2) and 2 more: " in note["message"]


def test_a_header_without_a_word_is_called_by_its_line_among_plain_ones(tmp_path):
    found = read(tmp_path, "", "b", "c d")
    assert found.table["id"].tolist() == ["x:1", "b", "c"]
    assert found.table["description"].isna().tolist() == [True, False, False]
    assert found.table["description"].tolist()[1:] == ["b", "c d"]


def test_files_without_headers_have_no_description(tmp_path):
    (tmp_path / "x.csv").write_text("sequence,label\nACGT,1\n")
    found = import_sources([{"path": str(tmp_path / "x.csv")}], COLUMNS)
    assert found.table["description"].isna().all()
    assert read(tmp_path, "", " ").table["description"].isna().all()


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_3", "a_2_2", "b_2"]), max_size=12))
def test_numbers_make_any_names_unique_and_leave_the_first_of_each(names):
    made = numbered(names)
    assert len(set(made)) == len(made)
    for i, (name, new) in enumerate(zip(names, made, strict=True)):
        assert new == name if name not in names[:i] else new.startswith(f"{name}_")
