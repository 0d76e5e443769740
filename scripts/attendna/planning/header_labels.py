"""Labels that stand in headers of FASTA or in a column of BED: where, as far as can be told."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attendna.data.header_fields import BAR, PREFIX, header_fields, named_value, prefix_of
from attendna.data.split_names import PARTS
from attendna.planning.file_looks import Column

FEW = 10  # different values of what is a class
LOOKED_AT = 10_000  # headers, or intervals
_NAMES = ("label", "class", "target", "y")
_NO_CLASSES = re.compile(r"[+.-]|plus|minus|forward|reverse|fwd|rev|chr\w*", re.IGNORECASE)
# Words before numbers that count records of any class; accessions are in capitals (NM_, ENSG).
_COUNTS = re.compile(
    r"chr\w*|contig\w*|scaffold\w*|seq\w*|read\w*|gene\w*|peak\w*|region\w*|record\w*|.|..",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?[0-9.]+")


def columns_of_headers(headers: Sequence[str]) -> dict[str, Column]:
    """Return where headers hold labels and the part of a split, if all do in one form; else {}.

    The forms are `label=NAME` (or class, target, y) anywhere; fields between bars, or two words, of
    which exactly one has few different values (`>id|promoter|train`), apart from parts of a split,
    strands and chromosomes; and words before the numbers of ids (`>promoter_12`).
    """
    headers = headers[:LOOKED_AT]
    for name in _NAMES:
        named = [named_value(name).search(header) for header in headers]
        if all(named) and classes_of([found[1] for found in named]):
            return {"label": name}
    fields = [header_fields(header) for header in headers]
    widths = {len(row) for row in fields}
    if len(widths) != 1 or not (all(BAR in header for header in headers) or widths == {2}):
        return _prefixes(headers)
    found: dict[str, list[int]] = {"label": [], "split": []}
    for number, column in enumerate(zip(*fields, strict=True), start=1):
        names = {name.lower() for name in column}
        if names <= PARTS.keys():
            if "test" in (parts := {PARTS[name] for name in names}) and "train" in parts:
                found["split"].append(number)
        elif classes_of(column):
            found["label"].append(number)
    told = {role: numbers[0] for role, numbers in found.items() if len(numbers) == 1}
    if "label" in told:
        return told
    labels = {} if found["label"] else _prefixes(headers)
    return told | labels if labels else {}


def _prefixes(headers: Sequence[str]) -> dict[str, Column]:
    """Return that the words before the numbers of ids are the labels, if they may be."""
    words = [prefix_of(header) or "" for header in headers]
    classes = classes_of(words)
    told = classes and not any(_COUNTS.fullmatch(word) or word.isupper() for word in classes)
    return {"label": PREFIX} if told else {}


def has_labels(names: Sequence[str | None]) -> bool:
    """Whether a column of intervals holds labels; numbers are none, unless they are 0 and 1."""
    classes = classes_of([name or "" for name in names[:LOOKED_AT]])
    if any(map(_NUMBER.fullmatch, classes)) and classes != ["0", "1"]:
        return False
    return bool(classes)


def classes_of(values: Sequence[str]) -> list[str]:
    """Return the different values, sorted, where they are few, come again and may be classes."""
    classes = sorted(set(values))
    few = 2 <= len(classes) <= FEW and 2 * len(classes) <= len(values) and "" not in classes
    return classes if few and not all(map(_NO_CLASSES.fullmatch, classes)) else []
