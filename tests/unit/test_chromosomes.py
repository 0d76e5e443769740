"""Chromosomes are found by any spelling, and read the same from any kind of file."""

import gzip

import pytest
from sentences import sentence
from twobit import write_twobit

from attendna.data.chromosome_access import Chromosomes
from attendna.data.chromosome_names import common, matching

GENOME = {"chr1": "ACGTNacgtRY" * 20, "chr2": "GG>CC".replace(">", "T") * 31, "chrM": "A"}


def fasta(line, end="\n"):
    lines = []
    for name, letters in GENOME.items():
        lines += [f">{name} > not a header", *(letters[i : i + line] for i in range(0, 999, line))]
    return end.join(text for text in lines if text) + end


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.fa", fasta(7).encode()),
        ("one_line.fa", fasta(10_000).encode()),
        ("windows.fa", b"\xef\xbb\xbf" + fasta(50, "\r\n").encode()),
        ("old_mac.fa", fasta(50, "\r").encode()),
        ("no_end.fa", fasta(50).rstrip("\n").encode()),
        ("packed.fa.gz", gzip.compress(fasta(50).encode(), mtime=0)),
    ],
)
def test_chromosomes_are_read_in_any_order(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    genome = Chromosomes(str(path))
    assert genome.lengths == {name: len(letters) for name, letters in GENOME.items()}
    for wanted in ("chr2", "chr1", "chr1", "chrM", "chr2", "chr1"):
        assert genome.letters(wanted).decode() == GENOME[wanted]
    assert [its.name for its in tmp_path.iterdir()] == [name]  # no index is written


def test_a_2bit_genome_is_read_in_any_order(tmp_path):
    own = {name: letters.translate(str.maketrans("RY", "AC")) for name, letters in GENOME.items()}
    path = tmp_path / "genome.2bit"
    path.write_bytes(write_twobit(list(own.items())))
    genome = Chromosomes(str(path))
    for wanted in ("chr2", "chr1", "chrM", "chr1"):
        assert genome.letters(wanted).decode() == own[wanted]
    assert genome.lengths == {name: len(letters) for name, letters in own.items()}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such file"),
        (b"ACGT\n", "text before the first header"),
        (b">a\nACGT\n>b\nAC!T\n", "is not an IUPAC nucleotide"),
    ],
)
def test_what_is_no_genome_ends_in_one_sentence(tmp_path, content, expected):
    path = tmp_path / "genome.fa"
    if content is not None:
        path.write_bytes(content)

    def read():
        genome = Chromosomes(str(path))
        return [genome.letters(name) for name in genome.lengths]

    assert expected in sentence(read)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chr1", "1"),
        ("Chr1", "1"),
        ("NC_000001.11", "1"),
        ("NC_000022.11", "22"),
        ("NC_000023.11", "x"),
        ("NC_000024.10", "y"),
        ("chrX", "x"),
        ("NC_012920.1", "mt"),
        ("chrM", "mt"),
        ("MT", "mt"),
        ("NC_000067.7", "1"),  # of the mouse
        ("NC_000085.7", "19"),
        ("NC_000086.8", "x"),
        ("NC_000087.8", "y"),
        ("NC_005089.1", "mt"),
        ("NC_000913.3", "nc_000913"),
        ("NC_000025.1", "nc_000025"),
    ],
)
def test_spellings_of_a_chromosome_have_something_in_common(name, expected):
    assert common(name) == expected


def test_names_are_matched_where_one_is_meant():
    genome = ["chr1", "chr2", "2", "NC_000913.3"]
    asked = ["1", "chr2", "Chr2", "NC_000001.11", "NC_000913", "7"]
    assert matching(asked, genome) == {
        "1": "chr1",
        "chr2": "chr2",  # the very same name, though 2 is spelled alike
        "NC_000001.11": "chr1",
        "NC_000913": "NC_000913.3",
    }
