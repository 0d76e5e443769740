"""The effects of variants: the table, and the same as a sorted VCF with an index.

Both are written and read line by line, so that memory does not grow with the file.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from attendna.errors import UserError
from attendna.intact_files import reading, verify, whole, whole_path

if TYPE_CHECKING:
    import pandas as pd

FIRST = ["chrom", "pos", "id", "ref", "alt", "status", "place", "strand"]
OF_A_CLASS = ["p_ref", "p_alt", "effect", "sd"]
LAST = ["motif", "motif_change", "motif_ref", "motif_alt"]
DISTANCE = "jsd"
LEVEL = 6  # of the compression: the highest takes four times as long for two per cent
IN_MEMORY = 200_000  # lines that are sorted at once
LONGEST_INDEXED = 1 << 29  # bases of a chromosome that an index of tabix can hold
_ALLELE = re.compile(
    r"[ACGTNacgtn]+|\*|<[^<>,\s]+>|\.|[^\s,;<>=]*[\[\]][^\s,;<>=]*|\.[A-Za-z]+|[A-Za-z]+\."
)
_REF = re.compile(r"[ACGTNacgtn]+")


def columns(classes: Sequence[str]) -> list[str]:
    """Return the columns of the table; those of classes are `p_ref_CLASS` and so on."""
    of_classes = [f"{name}_{label}" for label in classes for name in OF_A_CLASS]
    return [*FIRST, *of_classes, *([DISTANCE] if len(classes) > 2 else []), *LAST]


def write_effects(path: str | Path, classes: Sequence[str], lines: Iterable[str]) -> None:
    """Write the table, or a part of it where the name does not end in `.gz`.

    Parameters
    ----------
    path
        A tab-separated table with a header; gzip, without a time stamp, if it ends in `.gz`.
    classes
        Their names, in order.
    lines
        With their line ends; see `columns`.
    """
    with whole(path) as handle:
        if not str(path).endswith(".gz"):
            _write_lines(handle, classes, lines)
            return
        with gzip.GzipFile("", "wb", LEVEL, handle, mtime=0) as packed:
            _write_lines(packed, classes, lines)


def _write_lines(handle, classes: Sequence[str], lines: Iterable[str]) -> None:
    handle.write(("\t".join(columns(classes)) + "\n").encode())
    lines = iter(lines)
    while portion := list(islice(lines, 10_000)):
        handle.write("".join(portion).encode())


def read_lines(path: str | Path) -> tuple[list[str], Iterator[str]]:
    """Read the header and, one by one, the lines that `write_effects` wrote.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    verify(path)
    lines = _lines(path)
    header = next(lines, "").rstrip("\n").split("\t")
    with reading(path):
        if header[: len(FIRST)] != FIRST or header[-len(LAST) :] != LAST:
            raise ValueError("its columns are not those of a table of variants")
    return header, lines


def _lines(path: str | Path) -> Iterator[str]:
    opener = gzip.open if str(path).endswith(".gz") else open
    with (
        reading(path, verified=False),
        opener(path, "rt", encoding="utf-8", newline="\n") as handle,
    ):
        yield from handle


def join_effects(path: str | Path, classes: Sequence[str], parts: Sequence[str | Path]) -> None:
    """Write the table from its parts, in order."""

    def lines() -> Iterator[str]:
        for part in parts:
            header, of_part = read_lines(part)
            if header != columns(classes):
                raise UserError(
                    f"{part}: its classes are not those of the models; delete it and run again."
                )
            yield from of_part

    write_effects(path, classes, lines())


def read_effects(path: str | Path) -> pd.DataFrame:
    """Read the table as a whole, see `columns`.

    Raises
    ------
    UserError
        If the file is damaged or lacks a column.
    """
    import pandas as pd

    text = ["chrom", "id", "ref", "alt", "status", "strand", "motif", "motif_change"]
    header, _ = read_lines(path)
    with reading(path):
        return pd.read_csv(
            path,
            sep="\t",
            quoting=csv.QUOTE_NONE,  # an id may begin with a quotation mark
            dtype=dict.fromkeys(text, str),
            keep_default_na=False,
            na_values={name: [""] for name in header if name not in text},
        )


# ------------------------------------------------------------------------------ VCF


class About(NamedTuple):
    """What the header of the VCF tells.

    Attributes
    ----------
    classes
        Their names, in the order of the values of a field.
    lengths
        The letters of each chromosome, by the name in the table; unknown ones are left out.
    reasons
        What each status means.
    source
        What made the file: program and version.
    genome
        The file of the genome.
    """

    classes: Sequence[str]
    lengths: Mapping[str, int]
    reasons: Mapping[str, str]
    source: str
    genome: str


class Shape(NamedTuple):
    """How a table has to be sorted.

    Attributes
    ----------
    ranks
        The place of each chromosome: in the order of the table.
    sorted
        Whether its lines are in this order already.
    """

    ranks: dict[str, int]
    sorted: bool


def write_vcf(path: str | Path, index: str | Path, table: str | Path, about: About) -> int:
    """Write the effects as VCF 4.3, packed by bgzip, sorted and indexed for tabix.

    Parameters
    ----------
    path, index
        Where: `.vcf.gz` and `.vcf.gz.tbi`.
    table
        What `write_effects` wrote.
    about
        For the header.

    Returns
    -------
    int
        How many rows of the table a VCF can't hold: alleles or places that are none.
    """
    import pysam

    header, lines = read_lines(table)
    shape = _shape(lines)
    left_out = 0
    with whole_path(path) as temporary:
        with pysam.BGZFile(str(temporary), "wb") as handle:
            handle.write(_vcf_header(about, shape.ranks).encode())
            for line in _in_order(table, shape, Path(path).parent):
                record = _record(
                    dict(zip(header, line.rstrip("\n").split("\t"), strict=True)), about
                )
                if record is None:
                    left_out += 1
                else:
                    handle.write(record.encode())
        with whole_path(index) as made:
            pysam.tabix_index(str(temporary), preset="vcf", force=True, index=str(made))
    return left_out


def _shape(lines: Iterable[str]) -> Shape:
    ranks: dict[str, int] = {}
    in_order, last = True, (0, 0)
    for line in lines:
        chrom, pos, _ = line.split("\t", 2)
        key = ranks.setdefault(chrom, len(ranks)), int(pos)
        in_order, last = in_order and key >= last, key
    return Shape(ranks, in_order)


def _in_order(table: str | Path, shape: Shape, folder: Path) -> Iterator[str]:
    """Yield the lines of a table sorted, by as many as fit in memory at once, on the disk."""
    _, lines = read_lines(table)
    if shape.sorted:
        yield from lines
        return

    def key(line: str) -> tuple[int, int]:
        chrom, pos, _ = line.split("\t", 2)
        return shape.ranks[chrom], int(pos)

    with tempfile.TemporaryDirectory(dir=folder, prefix=".sorting") as place:
        runs = []
        while portion := list(islice(lines, IN_MEMORY)):
            runs.append(Path(place, f"{len(runs):06d}"))
            runs[-1].write_text("".join(sorted(portion, key=key)), encoding="utf-8", newline="\n")
        yield from heapq.merge(*map(_lines, runs), key=key)  # of equal ones the earlier first


def _vcf_header(about: About, ranks: Mapping[str, int]) -> str:
    classes = ", ".join(about.classes)
    fields = [
        ("STATUS", "1", "String", "ok, or why the variant was not scored"),
        ("PLACE", "1", "Integer", "letter of the window, from 0, at which the variant stands"),
        ("STRAND", "1", "String", "strand of the window: +, - or both for the mean of the two"),
        ("P_REF", ".", "Float", f"calibrated probability with the reference, of: {classes}"),
        ("P_ALT", ".", "Float", f"calibrated probability with the alternative, of: {classes}"),
        ("EFFECT", ".", "Float", f"log odds with the alternative less reference, of: {classes}"),
        ("SD", ".", "Float", f"standard deviation of EFFECT over the models, of: {classes}"),
        ("JSD", "1", "Float", "Jensen-Shannon distance of the two distributions, from 0 to 1"),
        ("MOTIF", "1", "String", "motif of the model that changes most at the variant"),
        ("MOTIF_CHANGE", "1", "String", "whether it is made, lost or changed"),
        ("MOTIF_REF", "1", "Float", "its best score with the reference, in bits"),
        ("MOTIF_ALT", "1", "Float", "its best score with the alternative, in bits"),
    ]
    lines = ["##fileformat=VCFv4.3", f"##source={about.source}", f"##reference={about.genome}"]
    for chrom in ranks:
        length = about.lengths.get(chrom)
        lines.append(f"##contig=<ID={chrom}{'' if length is None else f',length={length}'}>")
    lines.append('##FILTER=<ID=PASS,Description="scored">')
    lines += [
        f'##FILTER=<ID={status},Description="not scored: {_quoted(reason)}">'
        for status, reason in about.reasons.items()
    ]
    lines += [
        f'##INFO=<ID={name},Number={number},Type={kind},Description="{_quoted(text)}">'
        for name, number, kind, text in fields
    ]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]))
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _record(row: Mapping[str, str], about: About) -> str | None:
    """Return a row of the table as a line of VCF; None if a VCF can't hold it."""
    place = int(row["pos"])
    if not 0 < place <= LONGEST_INDEXED or not _REF.fullmatch(row["ref"]):
        return None
    if not _ALLELE.fullmatch(row["alt"]) or re.search(r"\s", row["chrom"]):
        return None
    info = {"STATUS": row["status"], "PLACE": row["place"], "STRAND": row["strand"]}
    for name in OF_A_CLASS:
        of_classes = [row[f"{name}_{label}"] for label in about.classes]
        info[name.upper()] = ",".join(of_classes) if all(of_classes) else ""
    info["JSD"] = row.get(DISTANCE, "")
    info |= {name.upper(): quote(row[name], safe="+ -.") for name in LAST}
    told = ";".join(f"{key}={value.replace(' ', '%20')}" for key, value in info.items() if value)
    passed = "PASS" if row["status"] == "ok" else row["status"]
    own = re.sub(r"\s", "_", row["id"]) or "."
    fields = [row["chrom"], row["pos"], own, row["ref"], row["alt"], ".", passed, told]
    return "\t".join(fields) + "\n"
