"""Genomes in stretches: together they are the chromosomes, whatever their size."""

import gzip
import re
import tracemalloc

import pytest
from small_networks import random_letters
from twobit import write_twobit

from attendna.data import stretches
from attendna.data.genome import Genome
from attendna.errors import UserError

LETTERS = random_letters(3, 1000, seed=1)
CHROMOSOMES = [
    ("chr1", LETTERS[0].tobytes().decode().lower()),
    ("two", "N" * 30 + LETTERS[1, :70].tobytes().decode()),
    ("chr3", "ACGTN"),
]


def fasta(chromosomes=CHROMOSOMES, width=60):
    lines = [">" + name + " text\n" + re.sub(f"(.{{1,{width}}})", r"\1\n", letters)
             for name, letters in chromosomes]  # fmt: skip
    return "".join(lines).encode()


@pytest.fixture(params=["fasta", "gzip", "2bit"])
def genome(request, tmp_path, monkeypatch):
    path = tmp_path / "genome"
    content = {
        "fasta": fasta,
        "gzip": lambda: gzip.compress(fasta()),
        "2bit": lambda: write_twobit(CHROMOSOMES),
    }[request.param]()
    path.write_bytes(content)
    monkeypatch.setattr(stretches, "PIECE", 64)
    monkeypatch.setattr("attendna.data.raw_text.BLOCK", 200)
    return str(path)


@pytest.mark.parametrize(
    ("size", "overlap"), [(100, 0), (100, 39), (7, 30), (1000, 999), (2000, 5)]
)
def test_stretches_are_the_chromosomes(genome, size, overlap):
    found = {}
    for chrom, start, letters in stretches.stretches(genome, size, overlap):
        whole = dict(CHROMOSOMES)[chrom].encode()
        assert letters == whole[start : start + size + overlap]
        assert start % size == 0
        found.setdefault(chrom, []).append((start, start + len(letters)))
    assert list(found) == [name for name, _ in CHROMOSOMES]
    for chrom, spans in found.items():
        assert spans[0][0] == 0 and spans[-1][1] == len(dict(CHROMOSOMES)[chrom])
        starts = [start for start, _ in spans]
        assert starts == list(range(0, size * len(spans), size))
        # Every window of overlap + 1 letters is in exactly one stretch, by its start.
        assert all(end - start > overlap or len(spans) == 1 for start, end in spans)


def test_lengths_and_letters_are_those_of_the_genome_read_at_once(genome):
    assert stretches.chromosome_lengths(genome) == {n: len(text) for n, text in Genome(genome)}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"ACGT\n>chr1\nA\n", "text before the first header"),
        (b">chr1\nAC\n>chr1\nAC\n", "the name 'chr1' stands for two chromosomes"),
        (b">chr1\n>chr2\nAC\n", "chr1 has no letters"),
        (b">chr1\nAC\n>chr2\n", "chr2 has no letters"),
        (b">chr1\nACGT\nAC!T\n", "'!', letter 7 of chr1, is not an IUPAC"),
        (b">\nAC\n", "a header without a name"),
        (b"\n\n", "the genome holds no chromosome"),
    ],
)
def test_what_is_no_genome_is_refused_as_elsewhere(tmp_path, content, sentence):
    path = tmp_path / "genome.fa"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(sentence)):
        stretches.chromosome_lengths(str(path))


def test_memory_is_that_of_a_stretch(tmp_path, monkeypatch):
    monkeypatch.setattr("attendna.data.raw_text.BLOCK", 1 << 14)
    path = tmp_path / "genome.fa"
    path.write_bytes(fasta([("chr1", "ACGT" * 500_000)]))
    tracemalloc.start()
    count = sum(1 for _ in stretches.stretches(str(path), 10_000, 200))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200 and most < 500_000
