"""Files that are no sequences, tables or intervals: what they are, and what to do with them."""

from __future__ import annotations

import re

from attendna.errors import UserError

_UNPACK = "unpack it, and name the file that was in it"
_EXPORT = "save its records as FASTA, or as a table with a column of sequences"
# How they begin, what they are, and what to do.
_KNOWN: list[tuple[bytes, str, str]] = [
    (
        rb"(?s)PK\x03\x04.{26}mimetypeapplication/vnd\.oasis",
        "an OpenDocument file",
        "save its table as .xlsx or CSV",
    ),
    (
        rb"(?s)PK\x03\x04.{26}\[Content_Types\]",
        "an Office document that is no sound Excel file",
        "save its table as .xlsx or CSV",
    ),
    (rb"PK\x03\x04", "a zip archive", _UNPACK),
    (rb"BZh[1-9]1AY", "packed with bzip2", "unpack it with bunzip2, or pack it with gzip"),
    (rb"\xfd7zXZ\0", "packed with xz", "unpack it with unxz, or pack it with gzip"),
    (rb"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it with unzstd, or pack it with gzip"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (rb"Rar!", "a rar archive", _UNPACK),
    (rb"(?s:.{257})ustar", "a tar archive", "unpack it with tar -xf, and name the file in it"),
    (rb"\xd0\xcf\x11\xe0", "an Excel file of the old kind (.xls)", "save it as .xlsx or CSV"),
    (rb"%PDF", "a PDF document", _EXPORT),
    (rb"BAM\x01", "a BAM file, aligned reads", "bring the regions of interest as BED"),
    (rb"CRAM", "a CRAM file, aligned reads", "bring the regions of interest as BED"),
    (rb"BCF\x02", "a BCF file, variants", "bring the regions of interest as BED"),
    (
        rb"\x26\xfc\x8f\x88|\x88\x8f\xfc\x26",
        "a bigWig file, a signal along a genome",
        "call peaks in it, and bring these as BED",
    ),
    (
        rb"\xeb\xf2\x89\x87|\x87\x89\xf2\xeb",
        "a bigBed file",
        "turn it into BED with bigBedToBed",
    ),
    (
        rb"\x43\x27\x41\x1a|\x1a\x41\x27\x43",
        "a 2bit file, a genome without labels",
        "name it as `genome`, and the intervals in it as sources",
    ),
    (rb"\x89HDF", "an HDF5 file", _EXPORT),
    (rb"SQLite format 3", "an SQLite database", _EXPORT),
    (rb"ARROW1", "an Arrow (Feather) file", "save it as Parquet or CSV"),
    (rb"\x93NUMPY", "a NumPy array", _EXPORT),
    (rb"\x80[\x02-\x05]", "a Python pickle", _EXPORT),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", _EXPORT),
    (rb"(?i)\s*<(?:!DOCTYPE|html|head|\?xml)", "a web page or XML", "download the file itself"),
    (rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"])", "JSON", _EXPORT),
    (rb"LOCUS  ", "a GenBank file", "save its records as FASTA"),
    (rb"ID   \S+;", "an EMBL file", "save its records as FASTA"),
    (rb"##fileformat=VCF", "a VCF file, variants", "bring the regions of interest as BED"),
    (rb"##gff-version", "a GFF file, annotations", "bring the regions of interest as BED"),
    (rb"@(?:HD|SQ|RG|PG)\t", "a SAM file, aligned reads", "bring the regions of interest as BED"),
    (rb"CLUSTAL|# STOCKHOLM|#NEXUS", "an alignment", "save it as FASTA"),
    (rb"(?:fixed|variable)Step\s", "a wiggle file, a signal along a genome", "bring peaks as BED"),
]
_PATTERNS = [(re.compile(start), what, remedy) for start, what, remedy in _KNOWN]


def what_it_is(start: bytes) -> tuple[str, str] | None:
    """Tell by its first bytes which foreign kind of file this is.

    Parameters
    ----------
    start
        At least its first 300 bytes, unpacked if it is gzip.

    Returns
    -------
    tuple of str or None
        What it is and what to do, as parts of a sentence; None: none that is known.
    """
    for pattern, what, remedy in _PATTERNS:
        if pattern.match(start):
            return what, remedy
    return None


def refuse(start: bytes, path: str) -> None:
    """Raise if a file is of a foreign kind, see `what_it_is`."""
    found = what_it_is(start)
    if found:
        raise UserError(f"{path}: this is {found[0]}; {found[1]}.")
