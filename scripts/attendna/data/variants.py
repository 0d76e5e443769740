"""Files of variants: VCF with and without a header, BCF, and tables `chrom pos ref alt`.

Of a VCF only the first five columns count here, and these are read line by line with code of our
own, so that a file without a header is read too and a wrong line is named. BCF is read by pysam.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from attendna.data.foreign import refuse
from attendna.data.raw_text import FIRST, blocks_of_lines, opened
from attendna.errors import UserError, shown

BCF = b"BCF\2"
_GZIP = b"\x1f\x8b"
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
BLOCK = 1 << 20  # bytes of a text that are read at a time
LONGEST_NAME = 1000  # letters of the name of a chromosome
LARGEST_PLACE = 10**12
# What tables call their columns.
TITLES = {
    "chrom": {"chrom", "#chrom", "chr", "chromosome", "seqnames", "contig"},
    "pos": {"pos", "position", "bp", "start_1based"},
    "id": {"id", "name", "rsid", "snp", "variant"},
    "ref": {"ref", "reference", "ref_allele", "reference_allele"},
    "alt": {"alt", "alternative", "alternate", "alt_allele", "alternate_allele"},
}
VCF = {"chrom": 0, "pos": 1, "id": 2, "ref": 3, "alt": 4}
BARE = {"chrom": 0, "pos": 1, "ref": 2, "alt": 3}  # a table without a header


class Variant(NamedTuple):
    """One line of a file of variants.

    Attributes
    ----------
    line
        Its number in the file, counted from 1; of a BCF that of the record.
    chrom
        As the file spells it.
    pos
        Of the first letter of `ref`, counted from 1; 0 is what stands before a chromosome.
    id
        "." where there is none.
    ref, alts
        As the file has them; several alternatives are separated by commas.
    """

    line: int
    chrom: str
    pos: int
    id: str
    ref: str
    alts: str


@dataclass(frozen=True)
class Layout:
    """How the lines of a text are read.

    Attributes
    ----------
    separator
        Between the fields; None: any blanks.
    columns
        Which field is which, counted from 0.
    titled
        Whether the first line that is no comment is a header.
    """

    separator: bytes | None
    columns: dict[str, int]
    titled: bool


def read_variants(path: str) -> Iterator[Variant]:
    """Yield the variants of a file in its order, whatever its kind; memory does not grow with it.

    Raises
    ------
    UserError
        If there is no such file, it is of another kind, empty, cut off, damaged, or a line is none
        of a variant.
    """
    if not Path(path).is_file() and not Path(path).is_dir():
        raise UserError(f"{path}: no such file; name a VCF, a BCF or a table of variants.")
    with opened(path) as handle:
        start = handle.read(FIRST)
    _check_end(path)
    if start.startswith(BCF):
        return _of_bcf(path)
    return _of_text(path, _layout(start, path))


def _check_end(path: str) -> None:
    """Raise if a bgzip file lacks the empty block that ends each: between blocks it looks whole."""
    with open(path, "rb") as handle:
        head = handle.read(18)
        if head[:2] != _GZIP or head[12:14] != b"BC":
            return
        handle.seek(0, 2)
        handle.seek(max(handle.tell() - len(_BGZIP_END), 0))
        end = handle.read()
    if end != _BGZIP_END:
        raise UserError(
            f"{path}: the bgzip file is cut off, it lacks its last block; copy or download it "
            "again."
        )


def _of_bcf(path: str) -> Iterator[Variant]:
    import pysam

    pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(path) as file:
            for number, record in enumerate(file, start=1):
                alts = ",".join(record.alts or (".",))
                yield Variant(
                    number, record.chrom, record.pos, record.id or ".", record.ref or "", alts
                )
    except (OSError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"{path}: the BCF file is damaged ({error}); copy it or write it again."
        ) from error


def _layout(data: bytes, path: str) -> Layout:
    """Find out what the lines of a text are, by how it begins."""
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines()
    if any(line.startswith((b"##fileformat=VCF", b"#CHROM\t")) for line in lines):
        return Layout(b"\t", VCF, False)
    refuse(data[:1024], path)
    first = next((line for line in lines if line.strip() and not line.startswith(b"##")), b"")
    separator = next((mark for mark in (b"\t", b",", b";") if mark in first), None)
    fields = first.split(separator)
    named = [field.strip().strip(b'"').lower().decode("latin-1") for field in fields]
    columns = {
        column: named.index(title)
        for column, titles in TITLES.items()
        for title in named
        if title in titles
    }
    if {"chrom", "pos", "ref", "alt"} <= columns.keys():
        return Layout(separator, columns, True)
    if len(fields) > 1 and _is_number(fields[1]):
        if len(fields) >= 5 and _are_alleles(fields[3:5]):
            return Layout(separator, VCF, False)
        if len(fields) >= 4 and _are_alleles(fields[2:4]):
            return Layout(separator, BARE, False)
    raise UserError(
        f"{path}: neither a VCF nor a table of variants; expected the columns of a VCF, or a "
        f"header that names chrom, pos, ref and alt, and found {shown(first)}."
    )


def _is_number(field: bytes) -> bool:
    return re.fullmatch(rb'\s*"?[0-9]{1,12}"?\s*', field) is not None


def _are_alleles(fields: Sequence[bytes]) -> bool:
    ref, alt = (field.strip().strip(b'"') for field in fields)
    return bool(re.fullmatch(rb"[A-Za-z]+|-", ref)) and bool(
        re.fullmatch(rb"[A-Za-z,.*<>:_\[\]0-9-]+", alt)
    )


def _unquoted(field: bytes) -> bytes:
    return field.strip().strip(b'"')


def _of_text(path: str, layout: Layout) -> Iterator[Variant]:
    separator, columns, titled = layout.separator, layout.columns, layout.titled
    chrom, pos, ref, alt = (columns[name] for name in ("chrom", "pos", "ref", "alt"))
    # Programs for tables write quotation marks; in a VCF they belong to the text.
    plain = bytes.strip if columns is VCF else _unquoted
    named, last, number, found = columns.get("id"), max(columns.values()), 0, False
    for block in blocks_of_lines(path, BLOCK):
        for line in io.BytesIO(block):  # one by one: all together take several times as much
            number += 1
            if line.startswith(b"#"):
                titled = titled and line.startswith(b"##")  # a header may begin so, too
                continue
            if not line.strip():
                continue
            if titled:
                titled = False
                continue
            fields = line.split(separator, last + 1)
            if len(fields) <= last:
                raise UserError(
                    f"{path}, line {number}: {len(fields)} columns, at least {last + 1} are needed "
                    f"({', '.join(sorted(columns, key=columns.get))}); correct the line, or "
                    "separate its fields by tabs."
                )
            try:
                texts = [plain(fields[i]).decode("utf-8") for i in (chrom, ref, alt)]
                place = int(plain(fields[pos]))
                own = plain(fields[named]).decode("utf-8") if named is not None else ""
            except ValueError as error:
                raise UserError(
                    f"{path}, line {number}: {shown(fields[pos])} is no position, or a field no "
                    "text; correct the line."
                ) from error
            if not texts[0] or len(texts[0]) > LONGEST_NAME or not 0 <= place <= LARGEST_PLACE:
                raise UserError(
                    f"{path}, line {number}: no name of a chromosome, or no place on one "
                    f"({shown(fields[pos])}); correct the line."
                )
            if any("\t" in text for text in (*texts, own)):
                raise UserError(
                    f"{path}, line {number}: a tab within a field; separate all fields alike."
                )
            found = True
            yield Variant(number, texts[0], place, own or ".", texts[1], texts[2])
    if not found:
        raise UserError(f"{path}: it holds no variant, only a header; name another file.")
