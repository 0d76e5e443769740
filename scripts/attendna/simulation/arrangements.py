"""Where the units of a class stand: drawing arrangements, and summing over all of them.

Numbers, variants, strands and places of all units are drawn independently of each other; where two
units overlap, the whole sequence is drawn again. So the probability of an arrangement is the
product of what its units are drawn with, divided by the probability that nothing overlaps, and both
that divisor and the likelihood of a sequence are sums over arrangements that the forward algorithm
takes from left to right.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attendna.simulation.grammar import Matrix, Site, Unit

Scores = Callable[[Matrix], np.ndarray]


# ------------------------------------------------------------------------------ summing


def log_sum(units: tuple[Unit, ...], length: int, scores: Scores, rows: int) -> np.ndarray:
    """Return the log of the expectation, over independent draws, of [no overlap] * exp(scores).

    Parameters
    ----------
    units
        What is planted.
    length
        Bases of a sequence.
    scores
        For a matrix, float64 (length - width + 1, rows): what a site that starts there adds to the
        logarithm.
    rows
        Sequences that are scored at once.

    Returns
    -------
    numpy.ndarray
        float64 (rows,).
    """
    total = np.zeros(rows)
    for reach, members in components(units, length):
        if len(members) == 1 and members[0].copies == 1:
            total += _at_most_one(members[0], length, scores, rows)
        else:
            total += _forward(members, reach, length, scores, rows)
    return total


def log_room(units: tuple[Unit, ...], length: int) -> float:
    """Return the log probability that independent draws of all units do not overlap."""
    return float(log_sum(units, length, _blank(length), 1)[0])


def _blank(length: int) -> Scores:
    return lambda matrix: np.zeros((length - len(matrix) + 1, 1))


def components(units: tuple[Unit, ...], length: int) -> list[tuple[tuple[int, int], list[Unit]]]:
    """Group units that can overlap, directly or through others, with all the bases they can cover.

    Groups are independent of each other.
    """
    groups: list[tuple[tuple[int, int], list[Unit]]] = []
    for unit in sorted(units, key=lambda unit: unit.reach(length)):
        low, high = unit.reach(length)
        if groups and low < groups[-1][0][1]:
            (start, end), members = groups.pop()
            groups.append(((start, max(end, high)), [*members, unit]))
        else:
            groups.append(((low, high), [unit]))
    return groups


def states(units: tuple[Unit, ...], length: int) -> int:
    """Return how many combinations of numbers of counted units the forward algorithm keeps."""
    return max((math.prod(_shape(members)) for _, members in components(units, length)), default=1)


def _shape(units: list[Unit]) -> tuple[int, ...]:
    return tuple(unit.copies + 1 for unit in units if unit.copies is not None)


def coverage(units: tuple[Unit, ...], length: int, scores: Scores, rows: int) -> np.ndarray:
    """Return how likely each base is to belong to a site, given the sequence.

    By the forward-backward algorithm: the weight of all arrangements with a site at a place is
    what the sums to its left and to its right say, and is divided by the weight of all.

    Parameters
    ----------
    units, length, scores, rows
        See `log_sum`.

    Returns
    -------
    numpy.ndarray
        float64 (length, rows); nan where no arrangement can make the sequence.
    """
    covered = np.zeros((length, rows))
    for reach, members in components(units, length):
        steps = _steps(members, length, scores, rows)
        left = _sums_to_the_left(steps, reach, _shape(members), rows)
        right = _sums_to_the_right(steps, members, reach, rows)
        total = right[(0,) * (right.ndim - 1)]
        for step in steps:
            for start in step.starts:
                first = start - reach[0]
                around = left[first][step.source] + right[first + step.width][step.target]
                around = np.logaddexp.reduce(around.reshape(-1, rows), axis=0)
                with np.errstate(invalid="ignore"):  # inf - inf: nothing can make the sequence
                    _cover(covered, step, start, around - total, length, scores)
    return covered


def _cover(
    covered: np.ndarray, step: _Step, start: int, rest: np.ndarray, length: int, scores: Scores
) -> None:
    """Add to `covered` the probabilities of the sites of a unit that starts at a place.

    `rest`, float64 (rows,), is the log weight of all that stands around it, over that of all.
    """
    for variant in step.unit.variants:
        if variant.width != step.width:
            continue
        places = len(step.unit.starts(variant.width, length))
        log = rest + math.log(variant.probability) - math.log(places)
        log += math.log(step.unit.mean) if step.unit.copies is None else 0.0
        for site in variant.sites:
            log = log + scores(site.matrix)[start + site.offset]
        probability = np.exp(log)
        for site in variant.sites:
            covered[start + site.offset : start + site.end] += probability


def _at_most_one(unit: Unit, length: int, scores: Scores, rows: int) -> np.ndarray:
    """Sum over the places of a unit that nothing can overlap, float64 (rows,)."""
    total = np.full(rows, -np.inf)
    for logs in _logs_by_width(unit, length, scores, rows).values():
        total = np.logaddexp(total, np.logaddexp.reduce(logs, axis=0))
    return np.logaddexp(_log(1 - unit.probability), _log(unit.probability) + total)


@dataclass(frozen=True)
class _Step:
    """A unit of one width, as it takes the forward sum from one base to a later one.

    Attributes
    ----------
    unit, width, starts
        What is planted, its bases, and where it may start.
    target, source
        The states after and before it, as indices of the axes of counted units.
    logs
        float64 (starts, rows), see `_logs_by_width`.
    """

    unit: Unit
    width: int
    starts: range
    target: tuple[slice, ...]
    source: tuple[slice, ...]
    logs: np.ndarray


def _steps(units: list[Unit], length: int, scores: Scores, rows: int) -> list[_Step]:
    """List what can stand between two bases.

    The state at a base is how many of each counted unit stand to its left; units of Poisson
    number need no state, since each of them has the weight of the mean.
    """
    axes = len(_shape(units))
    steps = []
    counted = 0
    for unit in units:
        target = source = (slice(None),) * axes
        if unit.copies is not None:
            target = (*target[:counted], slice(1, None), *target[counted + 1 :])
            source = (*source[:counted], slice(None, -1), *source[counted + 1 :])
            counted += 1
        for width, logs in _logs_by_width(unit, length, scores, rows).items():
            starts = unit.starts(width, length)
            steps.append(_Step(unit, width, starts, target, source, logs))
    return steps


def _forward(
    units: list[Unit], reach: tuple[int, int], length: int, scores: Scores, rows: int
) -> np.ndarray:
    """Sum over the arrangements of units that can overlap, float64 (rows,)."""
    steps = _steps(units, length, scores, rows)
    last = _sums_to_the_left(steps, reach, _shape(units), rows)[-1]
    constant = -sum(unit.mean for unit in units if unit.copies is None)
    return constant + _total(last, [unit for unit in units if unit.copies is not None])


def _sums_to_the_left(
    steps: list[_Step], reach: tuple[int, int], shape: tuple[int, ...], rows: int
) -> np.ndarray:
    """Sum over what stands left of each base: float64 (high - low + 1, *shape, rows)."""
    low, high = reach
    sums = np.full((high - low + 1, *shape, rows), -np.inf)
    sums[(0,) * (1 + len(shape))] = 0
    for end in range(1, high - low + 1):
        here = sums[end]
        here[...] = sums[end - 1]  # a base of the background
        for step in steps:
            start = low + end - step.width
            if start in step.starts:
                before = sums[end - step.width][step.source]
                with_unit = before + step.logs[start - step.starts.start]
                np.logaddexp(here[step.target], with_unit, out=here[step.target])
    return sums


def _sums_to_the_right(
    steps: list[_Step], units: list[Unit], reach: tuple[int, int], rows: int
) -> np.ndarray:
    """Sum over what may follow each base, given what stood before: as `_sums_to_the_left`."""
    low, high = reach
    counted = [unit for unit in units if unit.copies is not None]
    sums = np.full((high - low + 1, *_shape(units), rows), -np.inf)
    sums[-1] = _end_weights(counted)[..., None]
    for start in range(high - low - 1, -1, -1):
        here = sums[start]
        here[...] = sums[start + 1]
        for step in steps:
            if low + start in step.starts:
                after = sums[start + step.width][step.target]
                with_unit = after + step.logs[low + start - step.starts.start]
                np.logaddexp(here[step.source], with_unit, out=here[step.source])
    return sums


def _end_weights(counted: list[Unit]) -> np.ndarray:
    """Log weights of the states at the end: of each counted unit none or all copies."""
    weights = np.zeros(())
    for unit in counted:
        own = np.full(unit.copies + 1, -np.inf)
        own[0] = _log(1 - unit.probability)
        own[-1] = _log(unit.probability) + math.lgamma(unit.copies + 1)
        weights = weights[..., None] + own
    return weights


def _logs_by_width(unit: Unit, length: int, scores: Scores, rows: int) -> dict[int, np.ndarray]:
    """Return for each width the log weight of "a unit of this width starts here".

    float64 (starts, rows): sums over the variants of that width, of the probability of the variant
    and the start, times exp(scores of its sites), times the mean where the number is Poisson.
    """
    weight = math.log(unit.mean) if unit.copies is None else 0.0
    by_width: dict[int, np.ndarray] = {}
    for variant in unit.variants:
        starts = unit.starts(variant.width, length)
        constant = weight + math.log(variant.probability) - math.log(len(starts))
        logs = np.full((len(starts), rows), constant)
        for site in variant.sites:
            logs += scores(site.matrix)[starts.start + site.offset : starts.stop + site.offset]
        known = by_width.get(variant.width)
        by_width[variant.width] = logs if known is None else np.logaddexp(known, logs, out=known)
    return by_width


def _total(last: np.ndarray, counted: list[Unit]) -> np.ndarray:
    """Sum the states that may stand at the end: of each counted unit none or all copies."""
    for unit in counted:
        # n copies can be drawn in n! orders, of which the forward sum has one.
        all_of_them = _log(unit.probability) + math.lgamma(unit.copies + 1) + last[unit.copies]
        last = np.logaddexp(_log(1 - unit.probability) + last[0], all_of_them)
    return last


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -math.inf


# ------------------------------------------------------------------------------ drawing


@dataclass(frozen=True)
class Arrangements:
    """The sites of many sequences, by sequence and from left to right.

    Attributes
    ----------
    rows
        int64 (p,), the sequence.
    starts, ends
        int64 (p,), of the site, half-open.
    sites
        int64 (p,), index into what `all_sites` lists.
    """

    rows: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    sites: np.ndarray


def all_sites(units: tuple[Unit, ...]) -> list[Site]:
    """List the sites of all variants of all units, in their order."""
    return [site for unit in units for variant in unit.variants for site in variant.sites]


def draw(
    units: tuple[Unit, ...], length: int, rows: int, random: np.random.Generator
) -> Arrangements:
    """Draw the sites of sequences.

    Parameters
    ----------
    units
        What is planted; `log_room` must not be low, or this takes long.
    length
        Bases of a sequence.
    rows
        How many sequences.
    random
        Of which only uniform numbers are taken, whose stream NumPy keeps.
    """
    tables = [_table(unit, length) for unit in units]
    first_variant = np.cumsum([0] + [len(unit.variants) for unit in units])
    widths = np.array(
        [variant.width for unit in units for variant in unit.variants], dtype=np.int64
    )
    none = np.empty(0, dtype=np.int64)
    kept = [(none, none, none)]
    waiting = np.arange(rows)
    while len(waiting) and units:
        parts = []
        for unit, table, first in zip(units, tables, first_variant, strict=False):
            numbers = table.numbers(random.random(len(waiting)))
            owners = np.repeat(waiting, numbers)
            variants = table.variants(random.random(len(owners)))
            starts = unit.first + (random.random(len(owners)) * table.places[variants]).astype(
                np.int64
            )
            parts.append((owners, starts, first + variants))
        owners, starts, variants = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.lexsort((starts, owners))
        owners, starts, variants = owners[order], starts[order], variants[order]
        ends = starts + widths[variants]
        overlap = (owners[1:] == owners[:-1]) & (starts[1:] < ends[:-1])
        again = np.unique(owners[1:][overlap])
        fine = ~np.isin(owners, again)
        kept.append((owners[fine], starts[fine], variants[fine]))
        waiting = again
    return _as_sites(units, kept)


@dataclass(frozen=True)
class _Table:
    """Cumulative probabilities of a unit's numbers and variants, and places of each variant."""

    number_steps: np.ndarray
    copies: int
    variant_steps: np.ndarray
    places: np.ndarray

    def numbers(self, uniform: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.number_steps, uniform, side="right") * self.copies

    def variants(self, uniform: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.variant_steps, uniform, side="right")


def _table(unit: Unit, length: int) -> _Table:
    if unit.copies is None:
        counts = np.arange(int(unit.mean + 12 * math.sqrt(unit.mean) + 40))
        logs = counts * math.log(unit.mean) - unit.mean
        logs -= np.array([math.lgamma(count + 1) for count in counts])
        number_steps = np.cumsum(np.exp(logs))[:-1]
    else:
        number_steps = np.array([1 - unit.probability])
    cumulative = np.cumsum([variant.probability for variant in unit.variants])
    places = [len(unit.starts(variant.width, length)) for variant in unit.variants]
    return _Table(number_steps, unit.copies or 1, cumulative[:-1], np.array(places))


def _as_sites(
    units: tuple[Unit, ...], kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> Arrangements:
    """Turn planted variants into their sites, sorted."""
    sites = all_sites(units)
    numbers = [len(variant.sites) for unit in units for variant in unit.variants]
    first = np.cumsum([0, *numbers[:-1]])
    offsets = np.array([site.offset for site in sites], dtype=np.int64)
    widths = np.array([len(site.matrix) for site in sites], dtype=np.int64)
    owners, unit_starts, variants = (np.concatenate(part) for part in zip(*kept, strict=True))
    repeats = np.array(numbers, dtype=np.int64)[variants]
    # Sites of a variant are numbered on from its first one.
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    index = np.repeat(first[variants], repeats) + within
    rows, starts = np.repeat(owners, repeats), np.repeat(unit_starts, repeats) + offsets[index]
    order = np.lexsort((starts, rows))
    rows, starts, index = rows[order], starts[order], index[order]
    return Arrangements(rows, starts, starts + widths[index], index)
