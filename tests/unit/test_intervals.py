"""Intervals: what BED says, which bases that is, and one sentence for whatever is wrong."""

import gzip
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentences import sentence

from attendna.data.genome import chromosomes, spelling
from attendna.data.intervals import Intervals, Occupied, interval_ids, parse_bed, resize
from attendna.data.readers import import_sources, read_sources
from attendna.data.sources import Reading
from attendna.errors import UserError

COLUMNS = {"sequence": "sequence", "label": "label", "id": None, "group": None, "split": None}
OPPOSITE = dict(zip("ACGTNacgtnRY", "TGCANtgcanYR", strict=True))
# One base a place, so that a window tells where it is from: ACGTAC | ggtt in lower case.
GENOME = b">1 first\nACGT\nACggtt\n>chr2\nTTTTTGGGGGCCCCCAAAAA\n"


def turned(sequence):
    return "".join(OPPOSITE[letter] for letter in reversed(sequence))


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write a BED file and a genome in the working directory and read them."""
    monkeypatch.chdir(tmp_path)

    def read_bed(bed, genome=GENOME, name="x.bed", call=read_sources, source=None, **reading):
        (tmp_path / "g.fa").write_bytes(genome)
        (tmp_path / name).write_bytes(bed if isinstance(bed, bytes) else bed.encode())
        sources = [{"path": name, "label": "x", **(source or {})}]
        reading = Reading(**{"genome": "g.fa"} | reading)
        return call(sources, COLUMNS, reading=reading)

    return read_bed


# ------------------------------------------------------------------------------ what is read


def test_an_interval_is_its_bases_on_its_strand(read):
    bed = "1\t0\t4\n1\t4\t8\ta\t0\t-\nchr2\t3\t7\tb\t0\t+\n1\t8\t10\tc\t0\t.\n"
    table = read(bed)
    assert table["sequence"].tolist() == ["ACGT", "CCGT", "TTGG", "TT"]
    assert table["id"].tolist() == ["1:0-4(.)", "1:4-8(-)", "chr2:3-7(+)", "1:8-10(.)"]
    assert table["chrom"].tolist() == ["1", "1", "chr2", "1"]
    assert table["start"].tolist() == [0, 4, 3, 8]
    assert table["end"].tolist() == [4, 8, 7, 10]
    assert table["strand"].tolist() == [".", "-", "+", "."]
    assert set(table["label"]) == {"x"}


@given(
    st.lists(st.text("ACGTNacgtn", min_size=1, max_size=30), min_size=1, max_size=4),
    st.data(),
)
def test_every_interval_is_a_slice(tmp_path_factory, genome, data):
    folder = tmp_path_factory.mktemp("slices")
    width = data.draw(st.integers(1, 12))
    text = "".join(
        f">c{i}\n" + "\n".join(letters[k : k + width] for k in range(0, len(letters), width)) + "\n"
        for i, letters in enumerate(genome)
    )
    places = []
    for _ in range(data.draw(st.integers(1, 8))):
        chrom = data.draw(st.integers(0, len(genome) - 1))
        start = data.draw(st.integers(0, len(genome[chrom]) - 1))
        end = data.draw(st.integers(start + 1, len(genome[chrom])))
        places.append((chrom, start, end, data.draw(st.sampled_from("+-."))))
    (folder / "g.fa").write_text(text)
    bed = "".join(f"c{c}\t{s}\t{e}\tname\t0\t{t}\n" for c, s, e, t in places)
    (folder / "x.bed").write_text(bed)
    for soft_masked in ("keep", "mask"):
        reading = Reading(str(folder / "g.fa"), soft_masked=soft_masked)
        expected = [genome[c][s:e] for c, s, e, _ in places]
        if soft_masked == "mask":
            expected = ["".join("N" if x.islower() else x for x in seq) for seq in expected]
        strands = [strand for *_, strand in places]
        kept = [
            (seq.upper(), strand)
            for seq, strand in zip(expected, strands, strict=True)
            if set(seq.upper()) != {"N"}
        ]
        if not kept:
            continue
        expected = [turned(seq) if strand == "-" else seq for seq, strand in kept]
        source = {"path": str(folder / "x.bed"), "label": "x"}
        table = read_sources([source], COLUMNS, reading=reading)
        assert table["sequence"].tolist() == expected
        assert table["id"].is_unique


def bgzip(data, block=7):
    """BGZF as the SAM specification has it: a gzip member for each block, and an empty one."""
    members = []
    for i in [*range(0, len(data), block), len(data)]:
        body = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = body.compress(data[i : i + block]) + body.flush()
        size = len(packed) + 25
        head = b"\x1f\x8b\x08\x04" + bytes(4) + b"\0\xff\x06\0BC\x02\0" + struct.pack("<H", size)
        part = data[i : i + block]
        members.append(head + packed + struct.pack("<II", zlib.crc32(part), len(part)))
    return b"".join(members)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzip], ids=["plain", "gzip", "bgzip"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_genomes_in_any_dress(read, pack, newline, monkeypatch):
    monkeypatch.setattr("attendna.data.raw_text.BLOCK", 5)  # headers and lines lie across blocks
    genome = b"\xef\xbb\xbf" * (pack is bytes) + GENOME.replace(b"\n", newline)
    table = read("1\t0\t10\nchr2\t0\t20\t.\t0\t-\n", pack(genome))
    assert table["sequence"].tolist() == ["ACGTACGGTT", "TTTTTGGGGGCCCCCAAAAA"]


def test_comments_headers_blank_lines_and_blanks_as_separators(read):
    bed = (
        "# made by hand\ntrack name=x\nbrowser position chr2:1-10\n\n  \n1 0  4 name 0 -\r\n"
        "chr2\t0\t5\tname with blanks\t0\t+\t0\t5\t0,0,0\t1\t5,\t0,\n"
    )
    table = read(bed)
    assert table["sequence"].tolist() == ["ACGT", "TTTTT"]


def test_labels_of_intervals_may_stand_in_a_column(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.fa").write_bytes(GENOME if isinstance(GENOME, bytes) else GENOME.encode())
    (tmp_path / "x.bed").write_text("1\t0\t4\tbound\n1\t4\t8\tfree one\nchr2\t3\t7\tbound\n")

    def read(column, **source):
        columns = {"sequence": "sequence", "label": column}
        reading = Reading(genome="g.fa", width=2)
        sources = [{"path": "x.bed", **source}]
        return read_sources(sources, columns, reading=reading)["label"].tolist()

    assert read(4) == ["bound", "free one", "bound"]
    assert read(4, label="all") == ["all"] * 3
    for column, words in (
        (5, "x.bed, line 1: 4 columns, and columns.label is 5"),
        ("label", "`columns: {label: 4}`"),
    ):
        with pytest.raises(UserError) as error:
            read(column)
        assert words in str(error.value)
    (tmp_path / "x.bed").write_text("1\t0\t4\tbound\n1\t4\t8\t\n")
    with pytest.raises(UserError, match="x.bed, line 2: the record has no label"):
        read(4)


def test_the_content_tells_bed_where_the_name_does_not(read):
    assert read("#c\n1\t0\t4\n", name="peaks.txt")["sequence"].tolist() == ["ACGT"]
    assert read(gzip.compress(b"1\t0\t4\n", mtime=0), name="peaks.bed.gz")["sequence"].tolist() == [
        "ACGT"
    ]


def test_ids_are_unique(read):
    table = read("1\t0\t4\ta\t0\t+\n1\t0\t4\tb\t0\t+\n1\t0\t4\tb\t0\t-\n1\t0\t4\ta\t0\t+\n")
    assert table["id"].tolist() == ["1:0-4(+)", "1:0-4(+)_2", "1:0-4(-)", "1:0-4(+)_3"]


def test_intervals_beside_fasta_and_table(read, tmp_path):
    (tmp_path / "a.fa").write_text(">1:0-4(.)\nAAAA\n")
    (tmp_path / "t.csv").write_text("sequence,label\nCCCC,y\n")
    (tmp_path / "x.bed").write_text("1\t0\t4\n")
    (tmp_path / "g.fa").write_bytes(GENOME)
    sources = [{"path": "a.fa", "label": "y"}, {"path": "t.csv"}, {"path": "x.bed", "label": "x"}]
    table = read_sources(sources, COLUMNS, reading=Reading("g.fa"))
    assert table["id"].tolist() == ["a:1:0-4(.)", "t:t:2", "x:1:0-4(.)"]
    assert table["sequence"].tolist() == ["AAAA", "CCCC", "ACGT"]
    assert table["start"].isna().tolist() == [True, True, False]
    assert table["start"].iloc[2] == 0 and table["end"].iloc[2] == 4


def test_masking_of_fasta_and_tables(tmp_path):
    (tmp_path / "a.fa").write_text(">a\nACgtuUn\n")
    (tmp_path / "t.csv").write_text("sequence,label\nacGT,y\n")
    sources = [
        {"path": str(tmp_path / "a.fa"), "label": "y"},
        {"path": str(tmp_path / "t.csv")},
    ]
    for how, expected in (("keep", ["ACGTTTN", "ACGT"]), ("mask", ["ACNNNTN", "NNGT"])):
        table = read_sources(sources, COLUMNS, reading=Reading(soft_masked=how))
        assert table["sequence"].tolist() == expected


# ------------------------------------------------------------------------------ windows


def interval(start, end, strand="+", summit=None):
    return Intervals("x.bed", ["1"], [start], [end], [strand], [summit], [1])


def test_windows_by_hand():
    for start, end, width, strand, expected in [
        (10, 20, 4, "+", (13, 17)),
        (10, 20, 4, "-", (13, 17)),
        (10, 20, 5, "+", (13, 18)),  # of the two middle bases, 15 on this strand
        (10, 20, 5, "-", (12, 17)),  # and 14 on that one
        (10, 21, 4, "+", (13, 17)),
        (10, 21, 4, "-", (14, 18)),
        (10, 11, 3, "+", (9, 12)),
        (0, 2, 10, "+", (-4, 6)),
    ]:
        window = resize(interval(start, end, strand), width, "middle")
        assert (window.starts, window.ends) == ([expected[0]], [expected[1]])


@given(
    st.integers(0, 50),
    st.integers(1, 50),
    st.integers(1, 60),
    st.sampled_from("+-"),
    st.sampled_from(["middle", "summit"]),
    st.data(),
)
def test_windows_have_their_width_and_mirror_each_other(start, length, width, strand, centre, data):
    size = 1000
    summit = start + data.draw(st.integers(0, length - 1))
    window = resize(interval(start, start + length, strand, summit), width, centre)
    assert window.ends[0] - window.starts[0] == width
    mirrored = interval(
        size - start - length, size - start, "-" if strand == "+" else "+", size - 1 - summit
    )
    mirror = resize(mirrored, width, centre)
    assert (mirror.starts[0], mirror.ends[0]) == (size - window.ends[0], size - window.starts[0])
    if centre == "summit":  # the summit is base width // 2 of the sequence
        place = summit - window.starts[0] if strand == "+" else window.ends[0] - 1 - summit
        assert place == width // 2
    elif width == length:
        assert (window.starts[0], window.ends[0]) == (start, start + length)


def test_narrowpeak_about_its_summit(read):
    peak = "chr2\t2\t18\tp\t0\t{}\t1\t1\t1\t8\n"
    bed = peak.format("+") + peak.format("-")
    for name, source in (("x.narrowPeak", None), ("x.bed", {"format": "narrowpeak"})):
        table = read(bed, name=name, source=source, width=4, centre="summit")
        assert table["sequence"].tolist() == ["GGCC", turned("GCCC")]
        assert table["start"].tolist() == [8, 9]


def test_intervals_past_an_end_are_left_out_and_counted(read):
    bed = "1\t0\t4\n" * 3 + "1\t7\t11\nchr2\t18\t21\n1\t9\t24\n"
    found = read(bed, call=import_sources)
    assert len(found.table) == 3
    [note] = found.notes
    assert note["message"].startswith(
        "3 of 6 intervals of x.bed are left out: they reach past an end"
    )
    assert note["severity"] == "warning"
    assert found.occupied["1"] == {(0, 4), (7, 11), (9, 24)}  # no negative from there either

    found = read("1\t0\t2\n" + "chr2\t5\t9\n" * 200, call=import_sources, width=6)
    assert len(found.table) == 200 and found.notes[0]["severity"] == "note"
    assert found.occupied["chr2"] == {(5, 9), (4, 10)}


def test_intervals_that_hold_nothing_but_n_are_left_out_and_named(read):
    genome = b">1\nACGTNNNNnnnnACGT\n"
    bed = "1\t0\t4\n1\t4\t8\n1\t3\t9\n1\t6\t11\tx\t0\t-\n"
    found = read(bed, genome, call=import_sources)
    assert found.table["sequence"].tolist() == ["ACGT", "TNNNNN"]
    [note] = found.notes
    assert note["message"] == (
        "2 of 4 intervals of x.bed are left out: they hold nothing but N: 1:4-8 (line 2), 1:6-11 "
        "(line 4)."
    )
    assert found.occupied["1"] == {(0, 4), (4, 8), (3, 9), (6, 11)}
    many = bed + "1\t5\t6\n" * 12
    message = read(many, genome, call=import_sources).notes[0]["message"]
    assert message.startswith("14 of 16 intervals") and message.endswith(" and 4 more.")
    assert message.count("(line ") == 10
    message = sentence(read, "1\t4\t8\n1\t14\t17\n", genome)
    assert message.startswith("x.bed: none of its 2 intervals has a sequence in g.fa: 1 hold")


def test_masked_intervals_are_left_out_and_masked_records_counted(read, tmp_path):
    found = read("1\t0\t4\n1\t6\t10\n", call=import_sources, soft_masked="mask")
    assert found.table["sequence"].tolist() == ["ACGT"]
    assert "it holds nothing but N: 1:6-10 (line 2)." in found.notes[0]["message"]
    (tmp_path / "x.fa").write_text(">a\nACGT\n>b\nacgt\n")
    source = {"path": "x.fa", "label": "x"}
    found = import_sources([source], COLUMNS, reading=Reading(soft_masked="mask"))
    assert found.table["sequence"].tolist() == ["ACGT", "NNNN"]
    assert found.notes[0]["message"].startswith("1 of 2 records holds N only")


def test_all_chromosomes_that_the_genome_lacks_are_named_with_their_counts(read):
    bed = "1\t0\t4\n" + "".join(f"un{i}\t0\t4\n" * (12 - i) for i in range(12))
    message = sentence(read, bed)
    assert message.startswith("x.bed, line 2: the chromosome 'un0' is not in g.fa, which has '1', ")
    assert "(78 of 79 intervals lie on 12 chromosomes that it lacks: 'un0' 12, 'un1' 11," in message
    assert "'un9' 3 and 2 more); name the genome" in message
    assert message.endswith("leave such intervals out with `missing_contigs: drop`.")
    message = sentence(read, bed + "CHR2\t0\t4\n")
    assert "line 80: the chromosome 'CHR2' is not in g.fa, which has 'chr2' (79 of 80" in message

    found = read(bed, call=import_sources, missing_contigs="drop")
    assert found.table["id"].tolist() == ["1:0-4(.)"]
    [note] = found.notes
    assert note["severity"] == "warning"
    assert note["message"].startswith(
        "78 of 79 intervals of x.bed are left out: they are on chromosomes that g.fa lacks: 'un0' "
    )
    message = sentence(read, "un1\t0\t4\nun2\t0\t4\n", missing_contigs="drop")
    assert "2 of 2 intervals lie on 2 chromosomes that it lacks" in message


def test_intervals_of_another_assembly_are_told(read):
    bed = "1\t0\t4\n1\t8\t12\n1\t10\t14\nchr2\t400\t500\n"
    message = sentence(read, bed)
    assert message == (
        "x.bed, line 3: the interval begins at 10, but 1 of g.fa has 10 bases (2 of 4 intervals "
        "begin beyond the end of their chromosome: line 3, 4); they were made on another "
        "assembly, so name the FASTA file of that one as `genome`."
    )


@pytest.mark.parametrize(
    "bed",
    [
        '"1"\t0\t4\n"chr2"\t3\t7\t"b"\t0\t"-"\n',
        '"chr"\t"start"\t"end"\n"1"\t0\t4\n"chr2"\t3\t7\t"b"\t0\t"-"\n',
        '"1"\t"1"\t0\t4\n"2"\t"chr2"\t3\t7\t"b"\t0\t"-"\n',
        '"1" "1" 0 4\n"2" "chr2" 3 7 "b" 0 "-"\n',
        '"V1"\t"Start"\t"End"\n"1"\t"1"\t"0"\t"4"\n"2"\t"chr2"\t"3"\t"7"\t"b"\t0\t"-"\n',
        "'1'\t0\t4\n'chr2'\t3\t7\t'b'\t0\t'-'\n",
        "chrom\tchromStart\tchromEnd\n1\t0\t4\nchr2\t3\t7\tb\t0\t-\n",
    ],
    ids=["quotes", "header", "row names", "blanks", "all of it", "single quotes", "no quotes"],
)
def test_what_r_writes_as_bed_is_read(read, bed):
    for name in ("x.bed", "x.txt"):
        table = read(bed, name=name)
        assert table["sequence"].tolist() == ["ACGT", turned("TTGG")]
        assert table["id"].tolist() == ["1:0-4(.)", "chr2:3-7(-)"]


def test_a_table_that_counts_from_1_is_no_bed(read):
    bed = '"seqnames"\t"start"\t"end"\t"width"\n"1"\t1\t4\t4\n'
    message = sentence(read, bed)
    assert message.startswith(
        "x.bed, line 1: by its column 'seqnames' this is not BED, but a table"
    )


# ------------------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    "bed, expected",
    [
        ("1\t0\n", "x.bed, line 1: 2 columns where BED has 3 or more; separate them by tabs"),
        ("1,0,4\n", "x.bed, line 1: 1 column where BED has 3 or more;"),
        ("chrom\tfirst\tlast\n1\t0\t4\n", "line 1: the start (column 2) is 'first', which is no"),
        ("1\t0\t4\n1\t0\t4.0\n", "x.bed, line 2: the end (column 3) is '4.0', which is no whole"),
        ("1\t1e3\t4\n", "the start (column 2) is '1e3', which is no whole number; correct it"),
        ("1\t1_0\t40\n", "the start (column 2) is '1_0'"),
        ("1\t\t4\n", "the start (column 2) is ''"),
        ("#\n\n1\t-1\t4\n", "x.bed, line 3: the start, -1, is negative; BED counts from 0."),
        ("1\t4\t4\n", "line 1: the start, 4, is not below the end, 4; BED counts from 0 and"),
        ("1\t5\t4\n", "line 1: the start, 5, is not below the end, 4;"),
        ("1\t0\t4\tn\t0\tplus\n", "line 1: the strand (column 6) is 'plus'; it can be +, - or '.'"),
        ("\t0\t4\n", "line 1: the chromosome or strand is ''; fill it in."),
        (b"\xff\t0\t4\n", r"line 1: b'\xff' is not UTF-8 text; save the file as UTF-8."),
        ("# nothing\ntrack x\n", "x.bed: the file holds no interval, only comments and blank line"),
        ("", "x.bed: the file is empty."),
        ("1\t0\t400\n", "x.bed: every interval reaches past an end of its chromosome in g.fa; is"),
        (
            "chr1\t0\t4\n",
            "x.bed, line 1: the chromosome 'chr1' is not in g.fa, which has '1'; write '1' for "
            "'chr1', and so on, in the intervals or the genome.",
        ),
        (
            "1\t0\t4\n2\t0\t4\n",
            "x.bed, line 2: the chromosome '2' is not in g.fa, which has 'chr2'",
        ),
        ("CHR2\t0\t4\n", "the chromosome 'CHR2' is not in g.fa, which has 'chr2'; write 'chr2'"),
        (
            "chrX\t0\t4\n",
            "the chromosome 'chrX' is not in g.fa, which has '1', 'chr2'; name the genome that",
        ),
    ],
)
def test_wrong_intervals(read, bed, expected):
    assert expected in sentence(read, bed)


@pytest.mark.parametrize(
    "peak, expected",
    [
        ("1\t0\t4\tp\t0\t.\t1\t1\t1\n", "x.narrowPeak, line 1: 9 columns where narrowPeak has 10"),
        ("1\t0\t4\tp\t0\t.\t1\t1\t1\t4\n", "the summit (column 10) is '4'; it is a number of bas"),
        ("1\t0\t4\tp\t0\t.\t1\t1\t1\tx\n", "the summit (column 10) is 'x'"),
        ("1\t0\t4\tp\t0\t.\t1\t1\t1\t-1\n", "line 1: this interval has no summit, which `centre:"),
    ],
)
def test_wrong_summits(read, peak, expected):
    message = sentence(read, peak, name="x.narrowPeak", width=4, centre="summit")
    assert expected in message


def test_bed_has_no_summits(read):
    message = sentence(read, "1\t0\t4\n", width=4, centre="summit")
    assert "line 1: this interval has no summit" in message and "`centre: middle`" in message


@pytest.mark.parametrize(
    "genome, expected",
    [
        (b"", "g.fa: the file is empty."),
        (b"\n \n", "g.fa: the genome holds no chromosome, only blanks."),
        (b"ACGT\n", "g.fa: text before the first header; a genome is FASTA"),
        (b">\nACGT\n", "g.fa: a header without a name;"),
        (b">1\nA\n>1 b\nC\n", "g.fa: the name '1' stands for two chromosomes; rename one."),
        (b">1\n>2\nA\n", "g.fa: 1 has no letters; add them or remove its header."),
        (b">1\nAC-T\n", "g.fa: '-', letter 3 of 1, is not an IUPAC nucleotide letter; is this"),
        (b">1\nAC\0T\n", "g.fa: binary data;"),
        (
            gzip.compress(GENOME, mtime=0)[:-9],
            "g.fa: the gzip file is cut off; copy or download it again.",
        ),
        (
            gzip.compress(GENOME, mtime=0)[:-8] + b"12345678",
            "g.fa: the gzip file is damaged (CRC check",
        ),
    ],
)
def test_wrong_genomes(read, genome, expected):
    assert expected in sentence(read, "1\t0\t4\n", genome)


def test_missing_genomes_and_labels(read):
    assert "name the FASTA or 2bit file of their genome as `genome`" in sentence(
        lambda: read("1\t0\t4\n", genome=GENOME, call=without_genome)
    )
    assert sentence(read, "1\t0\t4\n", source={"label": None}).startswith("x.bed: BED holds no la")
    with pytest.raises(UserError, match="no.fa: no such file"):
        read_sources([{"path": "x.bed", "label": "x"}], COLUMNS, reading=Reading(genome="no.fa"))


def without_genome(sources, columns, reading):
    return read_sources(sources, columns, reading=Reading())


def test_masking_everything_is_an_error(read):
    assert "soft_masked: mask leaves no base" in sentence(read, "1\t6\t10\n", soft_masked="mask")


# ------------------------------------------------------------------------------ parts


def test_spellings():
    assert spelling("chr1") == spelling("Chr1") == spelling("1") != spelling("chr10")
    assert spelling("NC_000913.3") == spelling("NC_000913")
    assert spelling("chrM") == spelling("MT")


def test_chromosomes_come_one_at_a_time_with_their_case():
    blocks = iter([b">a x\nACg\n", b"t\n>b\n", b"\n", b"UuN\n"])
    assert list(chromosomes(blocks, "g")) == [("a", b"ACgt"), ("b", b"TtN")]


def test_bed_is_parsed_in_its_order():
    rows = [(f"c{i % 3}", i, i + 1 + i % 5) for i in range(50)]
    random.Random(1).shuffle(rows)
    found = parse_bed("".join(f"{c}\t{s}\t{e}\n" for c, s, e in rows).encode(), "x.bed")
    assert list(zip(found.chroms, found.starts, found.ends, strict=True)) == rows
    assert found.lines == list(range(1, 51)) and len(set(interval_ids(found))) == 50


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=8), st.data())
def test_occupied_agrees_with_single_bases(stretches, data):
    pairs = [(start, start + length) for start, length in stretches]
    covered = {base for start, end in pairs for base in range(start, end)}
    occupied = Occupied({"1": pairs} if pairs else {})
    starts = np.array(data.draw(st.lists(st.integers(0, 50), min_size=1, max_size=20)))
    ends = starts + data.draw(st.integers(1, 6))
    found = occupied.overlap("1", starts, ends)
    expected = [
        bool(covered & set(range(start, end))) for start, end in zip(starts, ends, strict=True)
    ]
    assert found.tolist() == expected
    assert not occupied.overlap("2", starts, ends).any()


@pytest.mark.parametrize(
    ("name", "said"),
    [("\u202echr1", "holds the character U.202E"), ("c" * 1001, "has 1,001 letters")],
)
def test_the_name_of_a_chromosome_can_be_shown(name, said):
    with pytest.raises(UserError, match=f"^x.bed, line 1: the chromosome or strand .* {said}"):
        parse_bed(f"{name}\t1\t2\n".encode(), "x.bed")
    with pytest.raises(UserError, match=f"^g.fa: the chromosome .* {said}"):
        list(chromosomes([f">{name}\nACGT\n".encode()], "g.fa"))
