"""Users' files, whatever bytes they hold: what a small second parser reads, or a sentence.

A few hundred files for each reader; `--hypothesis-profile thorough` takes 10,000.
"""

import gzip
import io
import re
import zipfile
from functools import cache

import pandas as pd
import pytest
from damage import anything, fuzz, mutated, packed, told
from hypothesis import example, given
from hypothesis import strategies as st
from twobit import write_twobit

from attendna.data.allowed_letters import letters_of
from attendna.data.fasta import parse_fasta
from attendna.data.fastq import parse_fastq
from attendna.data.foreign import what_it_is
from attendna.data.genome import Genome, chromosomes, genome_lengths
from attendna.data.intervals import parse_bed
from attendna.data.raw_text import read_bytes
from attendna.data.readers import read_sources
from attendna.data.recognition import FORMATS
from attendna.data.separators import read_rows
from attendna.data.sources import Reading
from attendna.data.tables import parse_table
from attendna.names import LONGEST

# The same lines thousands of times: half of the time would go into counting them.
pytestmark = pytest.mark.no_cover

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
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            data = data.decode("utf-16").encode().removeprefix(b"\xef\xbb\xbf")  # a second mark
        except (UnicodeDecodeError, UnicodeEncodeError):
            return None
        return None if b"\0" in data else b"\n".join(re.split(b"\r\n|\r|\n", data))
    if not data or b"\0" in data:
        return None
    data = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
    return b"\n".join(re.split(b"\r\n|\r|\n", data))


@fuzz()
@given(data=packed(anything(st.binary(max_size=100))))
@example(data=b"\xff\xfe\xff\xfea\0\r\0\n\0")
@example(data=b"\xfe\xff\0")
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
    if sentence and ": this is " in sentence:
        plain = data.removeprefix(b"\xef\xbb\xbf")
        assert what_it_is(plain[:1024]) or what_it_is((text_of(data) or b"")[:1024])
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
        plain = line.strip(b" \t")
        if plain.startswith(b";"):
            continue
        if plain.startswith(b">"):
            header = plain.removeprefix(b">")
            words = header.split()
            try:
                name = words[0].decode() if words else f"file:{number}"
            except UnicodeDecodeError:
                return None
            whole = " ".join(header.decode(errors="replace").split())
            whole = "".join(c if c.isprintable() else "\ufffd" for c in whole)
            records.append([name, whole if len(words) > 1 else name, ""])
        elif plain:
            if not records:
                return None
            records[-1][2] += "\n" + line.decode("latin-1")
    allowed = set(LETTERS + LETTERS.lower() + "Uu")
    for record in records:
        letters = re.sub(r"(?m)(?<![^ \t\n\v\f])[0-9]+(?![^ \t\n\v\f])", "", ended(record[2]))
        record[2] = re.sub("[ \t\n]", "", letters)
    sound = all(letters and set(letters) <= allowed for *_, letters in records)
    firsts = [first for first, *_ in records]
    if not records or not sound or not all(map(fit_for_a_table, ids_of(records))):
        return None
    assert len(set(ids_of(records))) == len(firsts)
    return [(name, upper(rest[-1])) for name, rest in zip(ids_of(records), records, strict=True)]


def ended(letters: str) -> str:
    """Without the `*` at the end, if there is anything else that is no letter."""
    return letters.rstrip(" \t\n\v\f\r").removesuffix("*")


def ids_of(records: list[list[str]]) -> list[str]:
    """First words, else whole headers, else first words with the next number that is free."""
    firsts = [first for first, *_ in records]
    wholes = [whole or first for first, whole, _ in records]
    for names in (firsts, wholes):
        if len(set(names)) == len(names) and (names is firsts or max(map(len, names)) <= LONGEST):
            return names
    taken, ids = set(firsts), []
    for i, name in enumerate(firsts):
        number = 2
        while name in taken and firsts[i] in firsts[:i]:
            name = f"{firsts[i]}_{number}"
            number += 1
        taken.add(name)
        ids.append(name)
    return ids


@fuzz()
@given(data=anything(fasta()))
@example(data=b" \n\t>a\nAC\n > b\nGT")
@example(data=b">a\nAC >b\nGT")
@example(data=b">a b\nAC\n>a c\nGT\n>a b\nA*\n; >\n 1 A 2")
def test_fasta_is_what_a_second_parser_reads(data):
    data = text_of(data)
    if data is None:
        return
    records, sentence = told(parse_fasta, data, "f.fa", "file", letters_of())
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
    text = None if data.startswith((b"\xff\xfe", b"\xfe\xff")) else text_of(data)
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
        st.lists(
            st.tuples(dna, words, words, st.sampled_from(["train", "Testing", "2", "DEV"])),
            max_size=4,
        )
    )
    quote = draw(st.sampled_from(["", '"']))
    lines = [("sequence", "label", "id", "split"), *rows]
    text = (delimiter.join(f"{quote}{field}{quote}" for field in row) for row in lines)
    return draw(newlines).join(text).encode()


TABLES = {delimiter: anything(table(delimiter)) for delimiter in ",\t"}


PARTS = dict.fromkeys(["train", "training"], "train")
PARTS |= dict.fromkeys(["validation", "valid", "val", "dev"], "validation")
PARTS |= dict.fromkeys(["test", "testing", "holdout"], "test")


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
    places = [header.index(column) for column in wanted]
    width, first = len(header), rows[1][1] if len(rows) > 1 else []
    if len(first) == width + 1:
        if not first[-1]:
            width += 1
        elif like_dna(first[places[1] + 1]) and not like_dna(first[places[1]]):
            width, places = width + 1, [place + 1 for place in places]
    records = []
    for number, row in rows[1:]:
        if len(row) != width:
            return None
        name, letters, label, split = (row[place] for place in places)
        fold = re.fullmatch("[1-9][0-9]{0,5}", split)
        split = split if fold else PARTS.get(split.lower())
        if not (split and all(map(fit_for_a_table, (label, name)))):
            return None
        records.append((name or f"file:{number}", letters, label or None, split))
    names = [record[0] for record in records]
    letters = unspaced([record[1] for record in records])
    if not records or len(set(names)) < len(names) or letters is None:
        return None
    if not all(text and set(upper(text)) <= set(LETTERS) and text.isascii() for text in letters):
        return None
    return [(a, upper(text), *rest) for (a, _, *rest), text in zip(records, letters, strict=True)]


def like_dna(text: str) -> bool:
    return bool(text) and text.isascii() and set(upper(text)) <= set(LETTERS + "-. \t")


def unspaced(texts: list[str]) -> list[str] | None:
    """All that have blanks as k-mers or, if not all of them are, all as blocks of ten letters."""
    for parts in (kmers, blocks):
        joined = [parts(re.split(r"\s+", t)) if re.search("[ \t]", t) else t for t in texts]
        if None not in joined:
            return joined
    return None


def kmers(words: list[str]) -> str | None:
    overlap = all(
        len(a) == len(b) and a[1:].upper() == b[:-1].upper()
        for a, b in zip(words[:-1], words[1:], strict=True)
    )
    return words[0] + "".join(word[-1] for word in words[1:]) if overlap else None


def blocks(words: list[str]) -> str | None:
    whole = all(len(word) == 10 for word in words[:-1]) and 0 < len(words[-1]) <= 10
    return "".join(words) if whole else None


@pytest.mark.parametrize("delimiter", [",", "\t"], ids=["csv", "tsv"])
@fuzz()
@given(data=st.data())
def test_a_table_is_what_a_second_parser_reads(delimiter, data):
    text = text_of(data.draw(TABLES[delimiter]))
    if text is None:
        return
    records, sentence = told(
        lambda: parse_table(
            read_rows(text, "t", delimiter),
            "t",
            "file",
            {key: name for key, name in COLUMNS.items() if name},
            True,
            letters_of(),
        )
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


STARTS = b"start chromstart chrom_start chr_start begin from".split()
ENDS = b"end chromend chrom_end chr_end stop to".split()


def fields_of(line: bytes) -> list[bytes]:
    return [part.strip() for part in line.split(b"\t")] if b"\t" in line else line.split()


def reference_bed(text: bytes, narrowpeak: bool) -> list[tuple] | None:
    rows, titles, shift = [], [], None
    for line in text.split(b"\n"):
        if not line.strip() or line.startswith(b"#") or re.match(rb"(track|browser)(\s|$)", line):
            continue
        fields = [field.strip(b"'") for field in fields_of(line.replace(b'"', b""))]
        if shift is None:
            small = [field.lower() for field in fields]
            named = any(a in STARTS and b in ENDS for a, b in zip(small, small[1:], strict=False))
            if named and not titles:
                titles = small
                if {b"seqnames", b"width", b"length", b"abs_summit"} & set(titles):
                    return None
                continue
            shift = rows_are_named(fields_of(line), len(titles))
        fields = fields[shift:]
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


def rows_are_named(raw: list[bytes], titles: int) -> int:
    """1 if a name stands in front of the first interval, as R writes it."""
    bare = [field.strip(b'"') for field in raw]
    if len(bare) < 4 or not all(re.fullmatch(rb"-?[0-9]{1,15}", field) for field in bare[2:4]):
        return 0
    quoted = [field[:1] == b'"' for field in raw[:3]]
    number = re.fullmatch(rb"-?[0-9]{1,15}", bare[1])
    in_front = bare[0] == b"1" and not number
    return int(len(raw) == titles + 1 or quoted == [True, True, False] or in_front)


@pytest.mark.parametrize("narrowpeak", [False, True], ids=["bed", "narrowpeak"])
@fuzz()
@given(data=anything(bed()))
@example(data=b"A" * 1001 + b"\t0\t9")
@example(data=b'"chr"\t"start"\t"end"\n"1"\t"2"\t0\t9\n"2"\t"2"\t1\t9')
def test_intervals_are_what_a_second_parser_reads(narrowpeak, data):
    text = text_of(data)
    if text is None:
        return
    found, sentence = told(parse_bed, text, "i.bed", narrowpeak)
    rows = found and [
        *zip(found.chroms, found.starts, found.ends, found.strands, found.summits, strict=True)
    ]
    assert rows == reference_bed(text, narrowpeak), sentence


# ------------------------------------------------------------------------------ FASTQ


@st.composite
def fastq(draw) -> bytes:
    records = draw(st.lists(st.tuples(words, dna), min_size=1, max_size=4))
    return (
        draw(newlines)
        .join(f"@{name}\n{letters}\n+\n{'I' * len(letters)}" for name, letters in records)
        .encode()
    )


def reference_fastq(data: bytes) -> list[tuple[str, str]] | None:
    """By its definition: four lines a record, and blank lines between them."""
    records, lines = [], data.split(b"\n")
    while lines:
        if not lines[0].strip():
            lines.pop(0)
            continue
        if len(lines) < 3 or lines[0][:1] != b"@" or lines[2][:1] != b"+":
            return None
        header, letters, _, qualities = (*lines[:4], b"")[:4]
        number = data.count(b"\n") + 2 - len(lines)
        del lines[:4]
        if len(letters.strip()) != len(qualities.strip()):
            return None
        words = header[1:].split()
        try:
            first = words[0].decode() if words else f"file:{number}"
        except UnicodeDecodeError:
            return None
        whole = " ".join(header[1:].decode(errors="replace").split())
        whole = "".join(c if c.isprintable() else "\ufffd" for c in whole)
        text = re.sub(rb"[ \t]", b"", letters).decode("latin-1")
        if not text or not set(text) <= set(LETTERS + LETTERS.lower() + "Uu"):
            return None
        records.append([first, whole if len(words) > 1 else first, text])
    if not records or not all(map(fit_for_a_table, ids_of(records))):
        return None
    return [(name, upper(rest[-1])) for name, rest in zip(ids_of(records), records, strict=True)]


@fuzz()
@given(data=anything(fastq()))
@example(data=b"@a b\nAC\n+\n@I\n\n@a c\nGT\n+\nII")
def test_fastq_is_what_a_second_parser_reads(data):
    data = text_of(data)
    if data is None:
        return
    records, sentence = told(parse_fastq, data, "f.fq", "file", letters_of())
    expected = reference_fastq(data)
    found = records and list(zip(records.ids, records.sequences, strict=True))
    assert found == expected, sentence


# ------------------------------------------------------------------------------ no text


ROWS = pd.DataFrame({"sequence": ["ACGTN", "GGNNT"], "label": ["a", "b"], "n": [1, 2.5]})


@cache
def members() -> dict[str, bytes]:
    """The files in an Excel file."""
    content = io.BytesIO()
    ROWS.to_excel(content, index=False, engine="openpyxl")
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@st.composite
def excel(draw) -> bytes:
    """An Excel file, of which one part may be damaged before it was packed."""
    damaged = draw(st.sampled_from(["", *members()]))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members().items():
            data = draw(mutated(st.just(data))) if name == damaged else data
            archive.writestr(zipfile.ZipInfo(name), data)
    return content.getvalue()


def parquet() -> st.SearchStrategy[bytes]:
    content = io.BytesIO()
    ROWS.astype({"n": str}).to_parquet(content)
    return st.just(content.getvalue())


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
@fuzz()
@given(data=st.data())
def test_a_damaged_excel_or_parquet_file_is_a_table_or_a_sentence(path, kind, data):
    document = excel() if kind == "xlsx" else parquet()
    with open(path, "wb") as handle:
        handle.write(data.draw(st.one_of(document, mutated(document))))
    columns = COLUMNS | {"id": None, "split": None}
    found, _ = told(read_sources, [{"path": path, "label": None}], columns)
    if found is not None:
        assert found["sequence"].str.fullmatch(f"[{LETTERS}]+").all()


@st.composite
def twobit(draw) -> tuple[bytes, list[tuple[str, bytes]]]:
    """A genome in 2bit, and what it holds."""
    names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    letters = st.text("ACGTacgtNn", min_size=1, max_size=40)
    genome = [(name, draw(letters)) for name in names]
    content = write_twobit(genome, draw(st.sampled_from("<>")))
    return content, [(name, text.encode()) for name, text in genome]


@fuzz()
@given(genome=twobit())
def test_a_2bit_genome_is_read_as_it_was_written(path, genome):
    content, expected = genome
    with open(path, "wb") as handle:
        handle.write(content)
    assert list(Genome(path)) == expected
    assert genome_lengths(path) == ({name: len(letters) for name, letters in expected}, True)


@fuzz()
@given(data=mutated(twobit().map(lambda genome: genome[0])))
def test_a_damaged_2bit_genome_is_a_genome_or_a_sentence(path, data):
    with open(path, "wb") as handle:
        handle.write(data)
    found, _ = told(lambda: list(Genome(path)))
    if found is not None:
        assert all(set(letters) <= set(b"ACGTNacgtn" + LETTERS.encode()) for _, letters in found)


# ------------------------------------------------------------------------------ all of it

documents = st.one_of(fasta(), fastq(), table(","), table("\t"), table(";"), bed())


@fuzz()
@given(
    data=packed(anything(documents)),
    kind=st.sampled_from([None, None, None, *FORMATS]),
    label=st.sampled_from([None, "x"]),
    id_column=st.sampled_from([None, "id"]),
    label_column=st.sampled_from(["label", 1, 2, 4]),
    gaps=st.sampled_from(["error", "remove", "n"]),
    missing=st.sampled_from(["error", "drop"]),
    required=st.booleans(),
    genome=packed(anything(fasta())),
    masked=st.sampled_from(["keep", "mask"]),
    width=st.sampled_from([None, 1, 4, 10**18]),
)
def test_any_file_as_a_source_is_a_table_or_a_sentence(
    path, data, kind, label, id_column, label_column, gaps, missing, required, genome, masked, width
):
    for name, content in ((path, data), (f"{path}.genome", genome)):
        with open(name, "wb") as handle:
            handle.write(content)
    source = {"path": path, "label": label, "format": kind}
    columns = COLUMNS | {"id": id_column, "label": label_column}
    reading = Reading(f"{path}.genome", width, "middle", masked, gaps, missing)
    found, _ = told(read_sources, [source], columns, required, reading)
    if found is not None:
        assert found["id"].is_unique and len(found)
        assert found["sequence"].str.fullmatch(f"[{LETTERS}]+").all()
