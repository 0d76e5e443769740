"""What simulated sequences are made of: elements, their strands, numbers, places and distances.

Elements that keep a distance to each other form one unit, which is planted as a whole. A unit has
variants (strand, alternative motifs, distances), each with its probability and its sites. How units
are placed stands in `arrangements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from attendna import jaspar
from attendna.dna import BASES, IUPAC
from attendna.errors import UserError
from attendna.names import fault

MOST_VARIANTS = 2_000
MOST_COPIES = 20
HIGHEST_MEAN = 100

# For each position of a motif, the probabilities of A, C, G and T.
Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Site:
    """A motif within a unit.

    Attributes
    ----------
    name
        Of the element.
    offset
        Of its leftmost base, from the leftmost base of the unit.
    strand
        "+" or "-".
    matrix
        As it reads on the strand "+".
    """

    name: str
    offset: int
    strand: str
    matrix: Matrix

    @property
    def end(self) -> int:
        """Offset after its last base."""
        return self.offset + len(self.matrix)


@dataclass(frozen=True)
class Variant:
    """One of the forms that a unit takes: its probability, and its sites from left to right."""

    probability: float
    sites: tuple[Site, ...]

    @property
    def width(self) -> int:
        """Bases from the first of its first site to the last of its last one."""
        return self.sites[-1].end

    def flipped(self) -> Variant:
        """Return the same on the other strand."""
        sites = [
            replace(
                site,
                offset=self.width - site.end,
                strand="-" if site.strand == "+" else "+",
                matrix=reverse_complement(site.matrix),
            )
            for site in reversed(self.sites)
        ]
        return replace(self, sites=tuple(sites))


@dataclass(frozen=True)
class Unit:
    """What is planted as a whole: an element, and those that keep a distance to it.

    Attributes
    ----------
    variants
        Their probabilities sum to 1.
    probability
        How likely the unit is there at all.
    copies
        How many times it is then planted; None: any number, with the mean `mean`.
    mean
        Of the Poisson distribution of the number.
    first, last
        The lowest and the highest position of the unit's leftmost base; last None: as far right as
        the sequence allows.
    """

    variants: tuple[Variant, ...]
    probability: float = 1.0
    copies: int | None = 1
    mean: float = 0.0
    first: int = 0
    last: int | None = None

    def starts(self, width: int, length: int) -> range:
        """Return where a variant may start, each place as likely as the next."""
        fits = length - width
        return range(self.first, (fits if self.last is None else min(self.last, fits)) + 1)

    def reach(self, length: int) -> tuple[int, int]:
        """Return the first base that the unit can cover, and the position after the last."""
        widest = max(variant.width for variant in self.variants)
        return self.first, length if self.last is None else self.last + widest


def reverse_complement(matrix: Matrix) -> Matrix:
    """Return a matrix as it reads on the other strand."""
    return tuple(column[::-1] for column in reversed(matrix))


def iupac_matrix(motif: str) -> Matrix:
    """Return a motif as a matrix: a letter's bases are equally likely."""
    return tuple(
        tuple((base in IUPAC[letter]) / len(IUPAC[letter]) for base in BASES) for letter in motif
    )


def motif_unit(motifs: tuple[str, ...], probability: float) -> tuple[Unit, ...]:
    """Return one of several motifs, equally likely, anywhere: what `planted` and `motifs` say."""
    if not motifs or probability == 0:
        return ()
    variants = tuple(
        Variant(1 / len(motifs), (Site(motif, 0, "+", iupac_matrix(motif)),)) for motif in motifs
    )
    return (Unit(variants, probability),)


# ------------------------------------------------------------------------------ settings


@dataclass
class _Element:
    """An element as the settings have it, checked."""

    name: str
    key: str
    alternatives: list[tuple[str, Matrix]]
    settings: Mapping[str, Any]
    follower: _Element | None = field(default=None)


KEYS = ["name", "motif", "matrix", "jaspar", "probability", "strand"]
OWN_PLACE = ["position", "count"]  # keys of an element that starts a unit
DISTANCE = ["after", "gap"]  # keys of an element that keeps a distance to another


def units(elements: Any, length: int, anchor: int, key: str) -> tuple[Unit, ...]:
    """Check a list of elements and turn it into units.

    Parameters
    ----------
    elements
        Mappings with one of `motif` (IUPAC, or a list of which one is chosen), `matrix` (rows of
        the probabilities of A, C, G and T) and `jaspar` (an identifier), and if wanted `name`,
        `probability` (1), `strand` (+, - or both), `position` (uniform, an offset to the anchor or
        {from, to}), `count` (a number or {poisson: mean}); or, in place of the last two, `after`
        (the name of an element further up) and `gap` ([least, most] bases between).
    length
        Bases of a sequence.
    anchor
        The position from which offsets count.
    key
        What the list is called in messages.

    Raises
    ------
    UserError
        If a setting is missing, unknown or makes no sense; the message names its key.
    """
    if not isinstance(elements, list | tuple):
        raise UserError(f"{key}: expected a list of elements, got {elements!r}.")
    known: dict[str, _Element] = {}
    heads = []
    for i, settings in enumerate(elements):
        element = _element(settings, f"{key}.{i}")
        if element.name in known:
            raise UserError(f"{element.key}: there are two called {element.name}; give one a name.")
        known[element.name] = element
        if "after" not in settings:
            heads.append(element)
            continue
        leader = known.get(settings["after"])
        if leader is None or leader is element:
            raise UserError(
                f"{element.key}.after: no element further up is called {settings['after']!r}."
            )
        if leader.follower is not None:
            raise UserError(
                f"{element.key}.after: {leader.follower.name} already follows {leader.name}; "
                f"let {element.name} follow {leader.follower.name}."
            )
        leader.follower = element
    return tuple(_unit(head, length, anchor) for head in heads)


def _element(settings: Any, key: str) -> _Element:
    """Check what an element is and which keys it has."""
    if not isinstance(settings, Mapping):
        raise UserError(f"{key}: expected keys such as motif and position, got {settings!r}.")
    following = "after" in settings or "gap" in settings
    legal = KEYS + (DISTANCE if following else OWN_PLACE)
    for name in settings:
        if name in OWN_PLACE and following:
            raise UserError(
                f"{key}.{name}: an element with `after` is where its leader is; remove it."
            )
        if name not in legal:
            raise UserError(f"{key}.{name}: unknown; the keys are {', '.join(legal)}.")
    for name in DISTANCE if following else []:
        if name not in settings:
            raise UserError(f"{key}.{name}: missing; set it.")
    kinds = [kind for kind in ("motif", "matrix", "jaspar") if kind in settings]
    if len(kinds) != 1:
        raise UserError(f"{key}: expected one of motif, matrix and jaspar, got {len(kinds)}.")
    name = settings.get("name")
    if name is not None and (not isinstance(name, str) or not name or fault(name)):
        raise UserError(f"{key}.name: expected text, got {name!r}.")
    alternatives = _alternatives(kinds[0], settings[kinds[0]], name, f"{key}.{kinds[0]}")
    return _Element(name or alternatives[0][0], key, alternatives, settings)


def _alternatives(kind: str, value: Any, name: str | None, key: str) -> list[tuple[str, Matrix]]:
    """Return the names and matrices of which an element takes one."""
    if kind == "matrix":
        if name is None:
            raise UserError(f"{key}: a matrix needs a name beside it; set `name`.")
        return [(name, _matrix(value, key))]
    if kind == "jaspar":
        if not isinstance(value, str):
            raise UserError(f"{key}: expected an identifier such as MA0108.2, got {value!r}.")
        return [(name or value, jaspar.probabilities(value, key))]
    motifs = value if isinstance(value, list) else [value]
    if not motifs:
        raise UserError(f"{key}: name at least one motif.")
    checked = [iupac(motif, key) for motif in motifs]
    return [(name or motif, iupac_matrix(motif)) for motif in checked]


def iupac(motif: Any, key: str) -> str:
    """Check a motif; lower case is made upper case."""
    if not isinstance(motif, str) or not motif:
        raise UserError(f"{key}: expected letters of DNA, got {motif!r}.")
    motif = motif.upper()
    for letter in motif:
        if letter not in IUPAC:
            raise UserError(
                f"{key}: {motif} has the letter {letter!r}, which is not an IUPAC code; correct it."
            )
    return motif


def _matrix(rows: Any, key: str) -> Matrix:
    """Check a position probability matrix; its rows are made to sum to 1 exactly."""
    try:
        table = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.ndim != 2 or table.shape[1] != len(BASES) or not len(table):
        raise UserError(f"{key}: expected one row of 4 numbers (A, C, G, T) for each position.")
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise UserError(f"{key}: every probability has to be at least 0.")
    sums = table.sum(axis=1)
    if np.abs(sums - 1).max() > 0.01:
        row = int(np.abs(sums - 1).argmax())
        raise UserError(f"{key}: row {row + 1} sums to {sums[row]:g}; make it sum to 1.")
    return tuple(map(tuple, (table / sums[:, None]).tolist()))


def _unit(head: _Element, length: int, anchor: int) -> Unit:
    """Turn an element and all that follow it into a unit."""
    variants = tuple(_variants(head))
    widest = max(variant.width for variant in variants)
    if widest > length:
        raise UserError(
            f"{head.key}: {head.name} ({widest} bases with what follows it) is longer than the "
            f"sequences ({length}); shorten it or raise simulate.length."
        )
    number = _number(head)
    first, last = _places(head, length, anchor, widest)
    return Unit(variants, *number, first, last)


def _variants(head: _Element) -> list[Variant]:
    """List all forms of a unit."""
    growing = [
        Variant(1 / len(head.alternatives), (Site(name, 0, "+", matrix),))
        for name, matrix in head.alternatives
    ]
    done = []
    element = head.follower
    while element is not None:
        there = _share(element, "probability", 1.0)
        done += [replace(old, probability=old.probability * (1 - there)) for old in growing]
        sites = [
            (gap, site)
            for gap in _gaps(element)
            for site in _oriented(element.alternatives, _strands(element))
        ]
        if len(growing) * len(sites) > MOST_VARIANTS:
            raise UserError(
                f"{element.key}.gap: more than {MOST_VARIANTS} combinations of motifs, strands "
                "and gaps; narrow the gap or name fewer motifs."
            )
        growing = [
            Variant(
                old.probability * there / len(sites),
                (*old.sites, replace(site, offset=old.width + gap)),
            )
            for old in growing
            for gap, site in sites
        ]
        element = element.follower
    plus = [variant for variant in done + growing if variant.probability > 0]
    strands = _strands(head)
    return [
        replace(form, probability=form.probability / len(strands))
        for variant in plus
        for form in (variant if strand == "+" else variant.flipped() for strand in strands)
    ]


def _oriented(alternatives: list[tuple[str, Matrix]], strands: str) -> list[Site]:
    """List the sites that an element can be, each on each of its strands."""
    return [
        Site(name, 0, strand, matrix if strand == "+" else reverse_complement(matrix))
        for name, matrix in alternatives
        for strand in strands
    ]


def _strands(element: _Element) -> str:
    value = element.settings.get("strand", "+")
    if value not in ("+", "-", "both"):
        raise UserError(f"{element.key}.strand: expected +, - or both, got {value!r}.")
    return "+-" if value == "both" else value


def _gaps(element: _Element) -> range:
    value = element.settings["gap"]
    if (
        not isinstance(value, list | tuple)
        or len(value) != 2
        or not all(isinstance(end, int) and not isinstance(end, bool) for end in value)
        or not 0 <= value[0] <= value[1]
    ):
        raise UserError(
            f"{element.key}.gap: expected [least, most] bases between, from 0, got {value!r}."
        )
    return range(value[0], value[1] + 1)


def _share(element: _Element, name: str, absent: float) -> float:
    value = element.settings.get(name, absent)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{element.key}.{name}: expected a number from 0 to 1, got {value!r}.")
    return float(value)


def _number(head: _Element) -> tuple[float, int | None, float]:
    """Return probability, copies and mean of a unit."""
    count = head.settings.get("count", 1)
    probability = _share(head, "probability", 1.0)
    if isinstance(count, Mapping) and list(count) == ["poisson"]:
        mean = count["poisson"]
        number = isinstance(mean, int | float) and not isinstance(mean, bool)
        if not number or not 0 < mean <= HIGHEST_MEAN:
            raise UserError(
                f"{head.key}.count.poisson: expected a mean above 0 and up to {HIGHEST_MEAN}, "
                f"got {mean!r}."
            )
        if probability != 1:
            raise UserError(
                f"{head.key}.probability: a Poisson count says how often there is none; remove it."
            )
        return 1.0, None, float(mean)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_COPIES:
        raise UserError(
            f"{head.key}.count: expected a whole number from 1 to {MOST_COPIES} or "
            f"{{poisson: mean}}, got {count!r}."
        )
    return probability, count, 0.0


def _places(head: _Element, length: int, anchor: int, widest: int) -> tuple[int, int | None]:
    """Return the lowest and the highest start of a unit."""
    value = head.settings.get("position", "uniform")
    if value == "uniform":
        return 0, None
    offsets = [value, value]
    if isinstance(value, Mapping) and sorted(value) == ["from", "to"]:
        offsets = [value["from"], value["to"]]
    if not all(isinstance(end, int) and not isinstance(end, bool) for end in offsets):
        raise UserError(
            f"{head.key}.position: expected uniform, a whole number or {{from, to}}, got {value!r}."
        )
    first, last = (anchor + offset for offset in offsets)
    if first > last:
        raise UserError(f"{head.key}.position: from is above to; swap them.")
    if first < 0 or last + widest > length:
        raise UserError(
            f"{head.key}.position: {head.name} would reach from {first} to {last + widest}, "
            f"beyond the sequences (0 to {length}); move it or simulate.anchor, or raise "
            "simulate.length."
        )
    return first, last


def anchor(value: Any, length: int, key: str) -> int:
    """Return the position from which offsets count.

    Parameters
    ----------
    value
        "middle", or a position: from 0 counted from the left, below 0 from the right end.
    length
        Bases of a sequence.
    key
        What the setting is called in messages.
    """
    if value == "middle":
        return length // 2
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"{key}: expected middle or a whole number, got {value!r}.")
    if not -length <= value < length:
        raise UserError(
            f"{key}: {value} is beyond the sequences of {length} bases; change it or raise "
            "simulate.length."
        )
    return value % length
