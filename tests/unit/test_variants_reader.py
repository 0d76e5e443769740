"""Files of variants: every line is read as it stands, or the file is refused in one sentence."""

import gzip

import numpy as np
import pytest
from sentences import sentence

from attendna.data.raw_text import BLOCK
from attendna.data.variants import Variant, read_variants
from attendna.errors import UserError

VCF = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\nchr1\t12\trs1\tA\tC,<DEL>\t.\n"


def read(tmp_path, content, name="v.vcf"):
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_variants(str(path)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (VCF, [Variant(3, "chr1", 12, "rs1", "A", "C,<DEL>")]),
        (VCF[VCF.index(b"chr1") :], [Variant(1, "chr1", 12, "rs1", "A", "C,<DEL>")]),
        (b"1\t5\tA\tG\n\n2\t6\tAC\t-\n", [(1, "1", 5, ".", "A", "G"), (3, "2", 6, ".", "AC", "-")]),
        (b"#chrom\tpos\tref\talt\n1\t5\tA\tG\n", [(2, "1", 5, ".", "A", "G")]),
        (b"chr pos rsid ref alt\nX 5 rs9 a g\n", [(2, "X", 5, "rs9", "a", "g")]),
        (b'"Alt","Ref","Chr","Position"\n"T","A","1","7"\n', [(2, "1", 7, ".", "A", "T")]),
        (b"\xef\xbb\xbfchrom;pos;ref;alt\r\n1;5;A;G\r\n", [(2, "1", 5, ".", "A", "G")]),
        (b"1\t0\t.\tN\t]2:9]N\n", [(1, "1", 0, ".", "N", "]2:9]N")]),
    ],
)
def test_lines_are_read_as_they_stand(tmp_path, content, expected):
    assert read(tmp_path, content) == [Variant(*its) for its in expected]
    assert read(tmp_path, gzip.compress(content)) == [Variant(*its) for its in expected]


def test_line_numbers_go_on_over_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("attendna.data.variants.BLOCK", 40)
    assert BLOCK > 40
    lines = b"".join(b"1\t%d\t.\tA\tC\n" % place for place in range(1, 50))
    assert [(its.line, its.pos) for its in read(tmp_path, lines)] == [(i, i) for i in range(1, 50)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"chrom,pos,ref,alt\n1,5,A\tT,G\n", "line 2: a tab within a field"),
        (b"1\t5\t.\tA\tC\n\t6\t.\tA\tC\n", "line 2: no name of a chromosome"),
        (b"1\t5\t.\tA\tC\n1\t-6\t.\tA\tC\n", "line 2: no name of a chromosome, or no place"),
        (b"1\t5\t.\tA\tC\n1\t99999999999999\t.\tA\tC\n", "or no place on one"),
        (b"chrom\tstart\tend\n1\t5\t9\n", "neither a VCF nor a table of variants"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, content, expected):
    assert expected in sentence(read, tmp_path, content)


def test_damaged_files_are_read_or_refused_and_never_end_otherwise(tmp_path):
    rng = np.random.default_rng(1)
    lines = b"".join(b"chr%d\t%d\trs%d\tA\tC,G\t.\n" % (i % 3, i + 1, i) for i in range(30))
    refused = 0
    for whole in (VCF + lines, lines, gzip.compress(VCF + lines)):
        for _ in range(60):
            damaged = bytearray(whole)
            for place in rng.integers(0, len(whole), 3):
                damaged[place] = rng.integers(0, 256)
            damaged = bytes(damaged)[: rng.integers(len(whole) // 2, len(whole) + 1)]
            try:
                assert all(isinstance(its.pos, int) for its in read(tmp_path, damaged))
            except UserError:
                refused += 1
    assert refused > 30
