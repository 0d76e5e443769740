"""Labels in the headers of FASTA, which a run does not read: told, so that none is made up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attendna.data.split_names import PARTS

FEW = 10  # different values of what is a class
LOOKED_AT = 10_000  # headers
_NAMED = re.compile(r"(?:^|[\s|;,])(?:label|class|target|y)[=:]\s*([^\s|;,]+)", re.IGNORECASE)


def labels_in_headers(headers: Sequence[str]) -> list[str]:
    """Return the classes that headers name, if all do in one form; none where they do not.

    The forms are `label=NAME` (or class, target, y) anywhere, and fields between bars of which
    exactly one has few different values (`>id|promoter|train`), apart from parts of a split.
    """
    headers = headers[:LOOKED_AT]
    named = [_NAMED.search(header) for header in headers]
    if all(named):
        return _classes([found[1] for found in named])
    fields = [[field.strip() for field in header.split("|")] for header in headers]
    if len({len(row) for row in fields}) != 1:
        return []
    found = [_classes(column) for column in zip(*fields, strict=True)]
    found = [classes for classes in found if not {name.lower() for name in classes} <= {*PARTS}]
    return found[0] if len(found) == 1 else []


def _classes(values: Sequence[str]) -> list[str]:
    """Return the different values, sorted, where they are few and come again."""
    classes = sorted(set(values))
    return classes if 2 <= len(classes) <= FEW and 2 * len(classes) <= len(values) else []
