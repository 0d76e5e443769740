"""Users' files, whatever bytes they hold: what a small second parser reads, or a sentence.

A few hundred files for each reader; `--hypothesis-profile thorough` takes 10,000.
"""

import gzip
import re

import pytest
from damage import anything, fuzz, packed, told
from hypothesis import example, given
from hypothesis import strategies as st

from attendna.data.fasta import parse_fasta
from attendna.data.genome import Genome, chromosomes
from attendna.data.intervals import parse_bed
from attendna.data.letters import CASE
from attendna.data.raw_text import read_bytes
from attendna.data.readers import read_sources
from attendna.data.sources import Reading
from attendna.data.tables import parse_table
from attendna.names import LONGEST

LETTERS = "ACGTRYSWKMBDHVN"
COLUMNS = {"sequence": "sequence", "label": "label", "id": "id", "group": None, "split": "split"}

words = st.text("ab1_:|é", min_size=1, max_size=4)
dna = st.text(LETTERS + LETTERS.lower() + "Uu", min_size=1, max_size=30)
newlines = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return str(tmp_path_factory.mktemp("fuzz") / "file")


def fit_for_a_table(name: str) -> bool:
    return name.isprintable() and len(name) <= LONGEST


def upper(letters: str) -> str:
    return letters.upper().replace("U", "T")


# ------------------------------------------------------------------------------ bytes


def text_of(data: bytes) -> bytes | None:
    """What a text file holds with plain line ends, None if it is no text."""
    if not data or data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return None
    data = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
    return b"\n".join(re.split(b"\r\n|\r|\n", data))


@fuzz()
@given(data=packed(anything(st.binary(max_size=100))))
def test_any_file_is_read_whole_or_gets_a_sentence(path, data):
    with open(path, "wb") as handle:
        handle.write(data)
    content, sentence = told(read_bytes, path)
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except Exception:  # noqa: BLE001  damaged in any way
            assert sentence
            return
    assert content == text_of(data)


# ------------------------------------------------------------------------------ FASTA


@st.composite
def fasta(draw) -> bytes:
    records = draw(st.lists(st.tuples(words, dna), min_size=1, max_size=4))
    return draw(newlines).join(f">{name}\n{letters}" for name, letters in records).encode()


def reference_fasta(data: bytes) -> list[tuple[str, str]] | None:
    """Line by line, as FASTA is defined; None: it has to be refused."""
    records: list[list[str]] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        first = not records
        if line.startswith(b">") or (first and line.strip(b" \t").startswith(b">")):
            header = line.strip(b" \t").removeprefix(b">").split()
            try:
                name = header[0].decode() if header else f"file:{number}"
            except UnicodeDecodeError:
                return None
            records.append([name, ""])
        elif line.strip(b" \t"):
            if first:
                return None
            records[-1][1] += re.sub(rb"[ \t]", b"", line).decode("latin-1")
    allowed = set(LETTERS + LETTERS.lower() + "Uu")
    sound = all(letters and set(letters) <= allowed for _, letters in records)
    names = [name for name, _ in records]
    if (
        not records
        or not sound
        or not all(map(fit_for_a_table, names))
        or len(set(names)) < len(names)
    ):
        return None
    return [(name, upper(letters)) for name, letters in records]


@fuzz()
@given(data=anything(fasta()))
@example(data=b" \n\t>a\nAC\n > b\nGT")
@example(data=b">a\nAC >b\nGT")
def test_fasta_is_what_a_second_parser_reads(data):
    data = text_of(data)
    if data is None:
        return
    records, sentence = told(parse_fasta, data, "f.fa", "file", CASE["keep"])
    expected = reference_fasta(data)
    assert (records and list(zip(records.ids, records.sequences, strict=True))) == expected
    assert bool(sentence) == (expected is None)


@fuzz()
@given(data=anything(fasta()))
@example(data=b">a\rAC\rGT\n>b\nTT\n")
@example(data=b">" + 1001 * b"a" + b"\nA\n")
def test_a_genome_is_what_a_second_parser_reads(path, data):
    with open(path, "wb") as handle:
        handle.write(data)
    found, sentence = told(lambda: list(Genome(path)))
    text = text_of(data)
    expected = None if text is None else reference_genome(text)
    assert found == expected, sentence


def reference_genome(text: bytes) -> list[tuple[str, bytes]] | None:
    parts = re.split(b"^>", text, flags=re.MULTILINE)
    if parts[0].strip(b" \t\n") or len(parts) == 1:
        return None
    records = []
    for part in parts[1:]:
        header, _, letters = part.partition(b"\n")
        letters = re.sub(rb"[ \t\n]", b"", letters).replace(b"U", b"T").replace(b"u", b"t")
        name = header.decode(errors="replace").split()[:1]
        if not name or not re.fullmatch(b"[%s]+" % LETTERS.encode(), letters.upper()):
            return None
        if not fit_for_a_table(name[0]):
            return None
        records.append((name[0], letters))
    return records if len(dict(records)) == len(records) else None


@fuzz()
@given(data=anything(fasta()), size=st.integers(1, 60))
def test_a_genome_is_the_same_however_it_is_cut_into_blocks(data, size):
    data = text_of(data) or b""
    lines = data.splitlines(keepends=True)
    blocks = [b"".join(lines[i : i + size]) for i in range(0, len(lines), size)]
    whole, _ = told(lambda: list(chromosomes([data], "g.fa")))
    assert told(lambda: list(chromosomes(blocks, "g.fa")))[0] == whole


# ------------------------------------------------------------------------------ tables


@st.composite
def table(draw, delimiter: str) -> bytes:
    rows = draw(
        st.lists(st.tuples(dna, words, words, st.sampled_from(["train", "test", "2"])), max_size=4)
    )
    quote = draw(st.sampled_from(["", '"']))
    lines = [("sequence", "label", "id", "split"), *rows]
    text = (delimiter.join(f"{quote}{field}{quote}" for field in row) for row in lines)
    return draw(newlines).join(text).encode()


TABLES = {delimiter: anything(table(delimiter)) for delimiter in ",\t"}


def reference_table(data: bytes, delimiter: str) -> list[tuple[str, ...]] | None:
    """Only of tables without quotes; None: it has to be refused."""
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        return None
    rows = [[field.strip() for field in line.split(delimiter)] for line in lines]
    rows = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    header = rows[0][1] if rows else []
    wanted = ["id", "sequence", "label", "split"]
    if any(header.count(name) != 1 for name in wanted):
        return None
    records = []
    for number, row in rows[1:]:
        if len(row) != len(header):
            return None
        name, letters, label, split = (row[header.index(column)] for column in wanted)
        letters = re.sub("[ \t]", "", letters)
        sound = letters and set(upper(letters)) <= set(LETTERS) and letters.isascii()
        known = split in ("train", "validation", "test") or re.fullmatch("[1-9][0-9]{0,5}", split)
        if not (sound and known and label and all(map(fit_for_a_table, (label, name)))):
            return None
        records.append((name or f"file:{number}", upper(letters), label, split))
    names = [record[0] for record in records]
    return records if records and len(set(names)) == len(names) else None


@pytest.mark.parametrize("delimiter", [",", "\t"], ids=["csv", "tsv"])
@fuzz()
@given(data=st.data())
def test_a_table_is_what_a_second_parser_reads(delimiter, data):
    text = text_of(data.draw(TABLES[delimiter]))
    if text is None:
        return
    records, sentence = told(
        parse_table,
        text,
        "t",
        "file",
        delimiter,
        {key: name for key, name in COLUMNS.items() if name},
        True,
        CASE["keep"],
    )
    if b'"' in text:  # what the csv module writes is read back: tests/unit/test_readers.py
        return
    found = records and [
        *zip(
            records.ids,
            records.sequences,
            records.fields["label"],
            records.fields["split"],
            strict=True,
        )
    ]
    assert found == reference_table(text, delimiter), sentence


# ------------------------------------------------------------------------------ intervals


@st.composite
def bed(draw) -> bytes:
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, 50)), draw(st.integers(1, 30))
        strand = draw(st.sampled_from("+-."))
        row = [draw(words), start, start + length, "x", 0, strand, 1, -1, -1, length // 2]
        rows.append("\t".join(map(str, row[: draw(st.sampled_from([3, 6, 10]))])))
    return draw(newlines).join(rows).encode()


def reference_bed(text: bytes, narrowpeak: bool) -> list[tuple] | None:
    rows = []
    for line in text.split(b"\n"):
        if not line.strip() or line.startswith(b"#") or re.match(rb"(track|browser)(\s|$)", line):
            continue
        fields = [part.strip() for part in line.split(b"\t")] if b"\t" in line else line.split()
        if len(fields) < (10 if narrowpeak else 3):
            return None
        whole = re.compile(rb"[0-9]{1,15}")
        if not whole.fullmatch(fields[1]) or not whole.fullmatch(fields[2]):
            return None
        start, end = int(fields[1]), int(fields[2])
        strand = fields[5] if len(fields) > 5 else b"."
        try:
            chrom = fields[0].decode()
        except UnicodeDecodeError:
            return None
        summit = None
        if narrowpeak and fields[9] != b"-1":
            if not whole.fullmatch(fields[9]) or int(fields[9]) >= end - start:
                return None
            summit = start + int(fields[9])
        if start >= end or strand not in (b"+", b"-", b"."):
            return None
        if not chrom or not fit_for_a_table(chrom):
            return None
        rows.append((chrom, start, end, strand.decode(), summit))
    return rows or None


@pytest.mark.parametrize("narrowpeak", [False, True], ids=["bed", "narrowpeak"])
@fuzz()
@given(data=anything(bed()))
@example(data=b"A" * 1001 + b"\t0\t9")
def test_intervals_are_what_a_second_parser_reads(narrowpeak, data):
    text = text_of(data)
    if text is None:
        return
    found, sentence = told(parse_bed, text, "i.bed", narrowpeak)
    rows = found and [
        *zip(found.chroms, found.starts, found.ends, found.strands, found.summits, strict=True)
    ]
    assert rows == reference_bed(text, narrowpeak), sentence


# ------------------------------------------------------------------------------ all of it

documents = st.one_of(fasta(), table(","), table("\t"), bed())


@fuzz()
@given(
    data=packed(anything(documents)),
    kind=st.sampled_from([None, "fasta", "csv", "tsv", "bed", "narrowpeak"]),
    label=st.sampled_from([None, "x"]),
    id_column=st.sampled_from([None, "id"]),
    required=st.booleans(),
    genome=packed(anything(fasta())),
    masked=st.sampled_from(["keep", "mask"]),
    width=st.sampled_from([None, 1, 4, 10**18]),
)
def test_any_file_as_a_source_is_a_table_or_a_sentence(
    path, data, kind, label, id_column, required, genome, masked, width
):
    for name, content in ((path, data), (f"{path}.genome", genome)):
        with open(name, "wb") as handle:
            handle.write(content)
    source = {"path": path, "label": label, "format": kind}
    columns = COLUMNS | {"id": id_column}
    reading = Reading(f"{path}.genome", width, "middle", masked)
    found, _ = told(read_sources, [source], columns, required, reading)
    if found is not None:
        assert found["id"].is_unique and len(found)
        assert found["sequence"].str.fullmatch(f"[{LETTERS}]+").all()
        assert not required or found["label"].notna().all()
