"""Labels in headers of FASTA and in BED are found where all have them in one form."""

import pytest

from attendna.planning.header_labels import columns_of_headers, has_labels


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("r{i} label={label}", {"label": "label"}),
        ("r{i} len=30;Class:{label}", {"label": "class"}),
        ("r{i}|{label}", {"label": 2}),
        ("r{i} | {label}", {"label": 2}),
        ("r{i} {label}", {"label": 2}),
        ("{label} r{i}", {"label": 1}),
        ("r{i}|{label}|training", {"label": 2}),
        ("r{i}|{part}|{label}", {"label": 3, "split": 2}),
        ("r{i}|{label}|{strand}", {"label": 2}),
        ("r{i}|{part}", {}),
        ("r{i}|{label}|{other}", {}),  # which of the two?
        ("r{i} Homo {label}", {}),  # words of a description
        ("r{i} {strand}", {}),
        ("r{i} {chrom}", {}),
        ("r{i}", {}),
        ("r{i} family={label}x{i}", {}),
        ("chr1:{i}-{i}", {}),
        ("r{i}|x{i}", {}),
        ("{word}_{i}", {"label": "prefix"}),
        ("{word}{i}", {"label": "prefix"}),
        ("non-{word}.{i} a description of it", {"label": "prefix"}),
        ("{word}_{i}|{part}", {"label": "prefix", "split": 2}),
        ("{word}_{i}|{label}", {"label": 2}),
        ("{word}_x", {}),
        ("{contig}_{i}", {}),
        ("{accession}_00{i}", {}),
        ("chr{label}_{i}", {}),
    ],
)
def test_headers_of_one_form(header, columns):
    headers = [
        header.format(
            i=i,
            label="ab"[i % 2],
            part=["train", "test"][i // 2 % 2],
            other="cd"[i // 2 % 2],
            strand="+-"[i // 2 % 2],
            chrom=["chr1", "chrX"][i % 2],
            word=["prom", "background"][i % 2],
            contig=["contig", "scaffold"][i % 2],
            accession=["NM", "XR"][i % 2],
        )
        for i in range(12)
    ]
    assert columns_of_headers(headers) == columns
    assert columns_of_headers([*headers, "other"]) == {}


def test_what_every_record_has_alone_is_no_class():
    assert columns_of_headers(["r1|a", "r2|b", "r3|c"]) == {}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"] * 3, True),
        (["0", "1"] * 3, True),
        (["3", "4"] * 3, False),  # counts
        (["a", "4"] * 3, False),
        ([".", "."] * 3, False),
        (["+", "-"] * 3, False),
        (["a", None] * 3, False),
        ([f"peak_{i}" for i in range(6)], False),
    ],
)
def test_names_of_intervals_that_are_labels(names, expected):
    assert has_labels(names) is expected
