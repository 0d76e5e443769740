"""What ties a large group of related records together, in sentences that name the cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attendna.data import grouping
from attendna.data.kmers import Letters
from attendna.data.repeat_findings import shortened
from attendna.data.repeats import most_shared
from attendna.wording import counted, percent, share

LARGE = 0.1  # share of the records
COLUMNS = ("sequence", "chrom", "start", "end", "group")
WIDELY = 0.5  # share of a group: a stretch in fewer of its records is not named


def about_largest(
    groups: np.ndarray,
    records: Mapping[str, Sequence[Any]],
    letters: Letters,
    how: Mapping[str, Any],
) -> str | None:
    """Say what ties the largest group together, if it has more than a tenth of the records.

    Parameters
    ----------
    groups
        int64 (n,), the group of each record.
    records
        The columns `COLUMNS`, one entry a record.
    letters
        Of all records, without repeats.
    how
        `groups`, `shared_kmer` and `identity` of the settings of the split.

    Returns
    -------
    str or None
        One or two sentences; None if no group is that large.
    """
    _, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    largest = int(sizes.max(initial=0))
    if largest <= LARGE * len(groups) or largest < 2:
        return None
    members = np.flatnonzero(number == sizes.argmax())
    text = (
        f"The largest group of related records has {largest:,} of "
        f"{counted(len(groups), 'record')} ({share(largest, len(groups))}) and stays in one "
        "part of the split"
    )
    if how["groups"] == "column":
        return f"{text}, because the group column says so."
    columns = {name: [records[name][i] for i in members.tolist()] for name in COLUMNS}
    own = letters.select(members)
    text += f": {_told(_ties(columns, own, how), largest)}."
    stretch = most_shared(own)
    if stretch is not None and stretch["share"] >= WIDELY:
        size = f"{len(stretch['letters']):,} bases"
        text += (
            f" {share(stretch['share'], digits=0)} of them have {size} in common "
            f"({shortened(stretch['letters'])})."
        )
    return text


def _ties(
    columns: Mapping[str, Sequence[Any]], letters: Letters, how: Mapping[str, Any]
) -> dict[str, int]:
    """Return how many records each kind of relation alone ties together, in words."""
    k, identity = how["shared_kmer"], how["identity"]
    links = grouping.links_by_kind(
        columns["sequence"], letters, k, *(columns[name] for name in COLUMNS[1:])
    )
    n = len(columns["sequence"])
    found = {kind: grouping.components(n, some) for kind, some in links.items()}
    if identity is not None:
        found["identity"] = grouping.with_similar(letters, identity, found["exact"])
    words = {
        "exact": "the same sequence on either strand",
        "shared_kmer": f"a shared stretch of {k} bases in a row",
        "identity": f"an identity of {percent(identity or 0)}",
        "coordinates": "overlap in the genome",
        "group": "the group column",
    }
    sizes = {kind: int(np.bincount(groups).max()) for kind, groups in found.items()}
    return {words[kind]: size for kind, size in sizes.items() if size > 1}


def _told(ties: Mapping[str, int], largest: int) -> str:
    """Put in words what ties records, the kind that ties most of them first."""
    ordered = sorted(ties.items(), key=lambda item: -item[1])
    if ordered and ordered[0][1] == largest:
        return f"{ordered[0][0]} alone ties all of them together"
    parts = [
        f"{words} {'ties ' * (place == 0)}{size:,}" for place, (words, size) in enumerate(ordered)
    ]
    return f"no relation alone ties all of them together ({', '.join(parts)})"
