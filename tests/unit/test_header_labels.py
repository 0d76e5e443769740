"""Labels in the headers of FASTA are told where all headers have them in one form."""

import pytest

from attendna.planning.header_labels import labels_in_headers


@pytest.mark.parametrize(
    ("header", "classes"),
    [
        ("r{i} label={label}", ["a", "b"]),
        ("r{i} len=30;Class:{label}", ["a", "b"]),
        ("r{i}|{label}", ["a", "b"]),
        ("r{i}|{label}|training", ["a", "b"]),
        ("r{i}|{label}|{part}", ["a", "b"]),
        ("r{i}|{part}", []),
        ("r{i}|{label}|{other}", []),  # which of the two?
        ("r{i} {label}", []),
        ("r{i}", []),
        ("r{i} family={label}", []),
        ("chr1:{i}-{i}", []),
        ("r{i}|x{i}", []),
    ],
)
def test_headers_of_one_form(header, classes):
    headers = [
        header.format(
            i=i, label="ab"[i % 2], part=["train", "test"][i // 2 % 2], other="cd"[i // 2 % 2]
        )
        for i in range(12)
    ]
    assert labels_in_headers(headers) == classes
    assert labels_in_headers([*headers, "other"]) == []


def test_what_every_record_has_alone_is_no_class():
    assert labels_in_headers(["r1|a", "r2|b", "r3|c"]) == []
