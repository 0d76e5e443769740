"""Rows of scored variants as lines of text, and what they come to in sum."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from attendna.contracts.variants import OF_A_CLASS
from attendna.use.variant_scoring import Row, Scoring
from attendna.use.variant_windows import Status

STRONGEST = 20  # effects that the report lists


def line_of(row: Row, scoring: Scoring, classes: Sequence[str]) -> str:
    """Return a row as a line of the table, see `contracts.variants.columns`."""
    variant = row.variant
    fields = [variant.chrom, str(variant.pos), variant.id, variant.ref, row.alt, row.status.value]
    several = len(classes) > 2
    if row.effect is None:
        fields += [""] * (2 + len(OF_A_CLASS) * len(classes) + several)
    else:
        fields += [str(row.place.index), scoring.strand_of(row)]
        its = row.effect
        for p_ref, p_alt, effect, spread in zip(
            its.p_ref.tolist(),
            its.p_alt.tolist(),
            its.effect.tolist(),
            its.spread.tolist(),
            strict=True,
        ):
            fields += [f"{p_ref:.7g}", f"{p_alt:.7g}", f"{effect:.6f}"]
            fields.append(f"{spread:.6f}" if spread == spread else "")
        if several:
            fields.append(f"{its.distance:.6f}")
    if row.change is None:
        fields += [""] * 4
    else:
        change = row.change
        fields += [change.motif, change.kind, f"{change.before:.3f}", f"{change.after:.3f}"]
    return "\t".join(fields) + "\n"


@dataclass
class Summary:
    """What a table of variants comes to.

    Attributes
    ----------
    counts
        Rows of each status.
    strongest
        The rows with the greatest effects on any class, greatest first: as the table has them, by
        column.
    """

    counts: dict[str, int] = field(default_factory=dict)
    strongest: list[dict[str, str]] = field(default_factory=list)


def summarise(header: Sequence[str], lines: Iterable[str], most: int = STRONGEST) -> Summary:
    """Count the rows of a table, and find the strongest effects.

    Parameters
    ----------
    header
        The columns.
    lines
        Of the table.
    most
        How many effects to keep. Of equal ones the first of the table is kept.
    """
    summary = Summary()
    status = header.index("status")
    effects = [i for i, name in enumerate(header) if name.startswith("effect_")]
    best: list[tuple[float, int, list[str]]] = []
    for number, line in enumerate(lines):
        fields = line.rstrip("\n").split("\t")
        summary.counts[fields[status]] = summary.counts.get(fields[status], 0) + 1
        if fields[status] != Status.OK:
            continue
        size = max(abs(float(fields[i])) for i in effects)
        if len(best) < most:
            heapq.heappush(best, (size, -number, fields))
        elif size > best[0][0]:
            heapq.heapreplace(best, (size, -number, fields))
    ranked = sorted(best, key=lambda each: (-each[0], -each[1]))
    summary.strongest = [dict(zip(header, fields, strict=True)) for _, _, fields in ranked]
    order = [status.value for status in Status]
    summary.counts = dict(sorted(summary.counts.items(), key=lambda item: order.index(item[0])))
    return summary


def class_of(effect: np.ndarray) -> int:
    """Return the class whose log odds a variant changes most, as an index."""
    return int(np.abs(effect).argmax())
