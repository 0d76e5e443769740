"""Simulated DNA: background, and in the sequences of each class what is planted there.

In the simplest case a record of a class gets, with the probability `planted`, one of the motifs of
the class (equally likely), written over a uniformly chosen start of a uniform background. Else a
class has elements (`grammar`) that are arranged at random (`arrangements`) in a background of any
order (`background`). In both cases the exact posterior is known (`oracle`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from attendna.dna import BASES, IUPAC
from attendna.errors import UserError
from attendna.simulation import grammar
from attendna.simulation.arrangements import all_sites, draw, log_room, states
from attendna.simulation.background import Background
from attendna.simulation.grammar import Matrix, Unit

# A block is what is drawn at once. Fewer records where they are long, so that memory is bounded.
BLOCK_RECORDS = 65_536
BLOCK_BASES = 2**24
BASES_PER_WORD = 32  # a random word of 64 bits makes 32 bases
LEAST_ROOM = 0.01  # how likely elements that are drawn independently must be not to overlap
MOST_STATES = 1024  # of the oracle: combinations of numbers of elements that are counted


# ------------------------------------------------------------------------------ settings


@dataclass(frozen=True)
class ClassSpec:
    """How the records of one class are made.

    Attributes
    ----------
    name
        The label of the records.
    fraction
        The share of the records that belong to the class.
    planted
        The probability that a record of the class gets a motif.
    motifs
        Upper-case IUPAC; one that occurs twice is twice as likely.
    units
        The same as units, or those of the class's elements; empty where no class of the simulation
        has elements and the background is uniform.
    """

    name: str
    fraction: float
    planted: float
    motifs: tuple[str, ...]
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True)
class Simulation:
    """A simulated data set: how many sequences, how long, of which classes.

    Attributes
    ----------
    sequences
        Records of all classes together.
    length
        Bases of each record.
    seed
        Equal settings with an equal seed make equal records.
    classes
        In the order of the config, which is the order of the records.
    background
        None: independent bases, each equally likely, with at most one motif a record.
    """

    sequences: int
    length: int
    seed: int
    classes: tuple[ClassSpec, ...]
    background: Background | None = None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Simulation:
        """Check the settings of a simulation and put them in order.

        Parameters
        ----------
        settings
            `{"sequences", "length", "seed", "classes": {CLASS: {"fraction", "planted",
            "motifs"}}}`, the section `simulate` of a dataset in the config. In place of `planted`
            and `motifs` a class may have `elements`, and beside the classes may stand `decoys`
            (elements of every class; see `grammar.units`), `anchor` (see `grammar.anchor`) and
            `background` (see `Background.from_settings`).

        Raises
        ------
        UserError
            If a setting is missing, unknown or makes no sense; the message names its key.
        """
        key = "simulate"
        values = _section(settings, key, ["sequences", "length", "seed", "classes"], EXTRAS)
        sequences = _integer(values["sequences"], f"{key}.sequences", least=1)
        length = _integer(values["length"], f"{key}.length", least=1)
        seed = _integer(values["seed"], f"{key}.seed", least=0)
        classes = values["classes"]
        if not isinstance(classes, Mapping) or not classes:
            raise UserError(f"{key}.classes: name at least one class.")
        anchor = grammar.anchor(values.get("anchor", "middle"), length, f"{key}.anchor")
        specs = tuple(
            _class_spec(str(name), content, length, anchor, f"{key}.classes.{name}")
            for name, content in classes.items()
        )
        total = sum(spec.fraction for spec in specs)
        if not math.isclose(total, 1, abs_tol=1e-6):
            raise UserError(
                f"{key}.classes: the fractions of the classes sum to {total:g}; make them sum to 1."
            )
        plain = {"background", "decoys"}.isdisjoint(values) and not any(
            "elements" in content for content in classes.values()
        )
        if plain:
            specs = tuple(replace(spec, units=()) for spec in specs)
            return cls(sequences, length, seed, specs)
        chain = Background.from_settings(
            values.get("background", {"order": 0}), f"{key}.background"
        )
        decoys = grammar.units(values.get("decoys", []), length, anchor, f"{key}.decoys")
        specs = tuple(replace(spec, units=spec.units + decoys) for spec in specs)
        for spec in specs:
            _check_room(spec, length, f"{key}.classes.{spec.name}")
        return cls(sequences, length, seed, specs, chain)

    @property
    def counts(self) -> np.ndarray:
        """int64 (classes,): records of each class, by largest remainder; ties favour the first."""
        # Exact, so that the rounding of 0.1 + 0.2 decides no tie.
        shares = [Fraction(repr(spec.fraction)) for spec in self.classes]
        quotas = [self.sequences * share / sum(shares) for share in shares]
        counts = [math.floor(quota) for quota in quotas]
        by_remainder = sorted(range(len(quotas)), key=lambda i: counts[i] - quotas[i])
        for i in by_remainder[: self.sequences - sum(counts)]:
            counts[i] += 1
        return np.array(counts, dtype=np.int64)


EXTRAS = ("anchor", "background", "decoys")


def _section(
    settings: Any, key: str, names: list[str], extras: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Return a mapping that has the keys `names`, perhaps some of `extras`, and no other."""
    if not isinstance(settings, Mapping):
        raise UserError(f"{key}: expected the keys {', '.join(names)}, got {settings!r}.")
    for name in names:
        if name not in settings:
            raise UserError(f"{key}.{name}: missing; set it.")
    for name in settings:
        if name not in [*names, *extras]:
            raise UserError(f"{key}.{name}: unknown; the keys are {', '.join([*names, *extras])}.")
    return settings


def _integer(value: Any, key: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UserError(f"{key}: expected an integer of at least {least}, got {value!r}.")
    return value


def _share(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{key}: expected a number from 0 to 1, got {value!r}.")
    return float(value)


def _class_spec(name: str, settings: Any, length: int, anchor: int, key: str) -> ClassSpec:
    """Check the settings of one class."""
    if isinstance(settings, Mapping) and "elements" in settings:
        values = _section(settings, key, ["fraction", "elements"])
        units = grammar.units(values["elements"], length, anchor, f"{key}.elements")
        return ClassSpec(name, _fraction(values, key), 0.0, (), units)
    values = _section(settings, key, ["fraction", "planted", "motifs"])
    fraction = _fraction(values, key)
    planted = _share(values["planted"], f"{key}.planted")
    if not isinstance(values["motifs"], list | tuple):
        raise UserError(f"{key}.motifs: expected a list of motifs, got {values['motifs']!r}.")
    motifs = tuple(_motif(motif, length, f"{key}.motifs") for motif in values["motifs"])
    if planted > 0 and not motifs:
        raise UserError(f"{key}.motifs: name at least one motif, or set {key}.planted to 0.")
    return ClassSpec(name, fraction, planted, motifs, grammar.motif_unit(motifs, planted))


def _fraction(values: Mapping[str, Any], key: str) -> float:
    fraction = _share(values["fraction"], f"{key}.fraction")
    if fraction == 0:
        raise UserError(f"{key}.fraction: 0 leaves the class empty; raise it or drop the class.")
    return fraction


def _motif(motif: Any, length: int, key: str) -> str:
    """Check one motif; lower case is made upper case."""
    motif = grammar.iupac(motif, key)
    if len(motif) > length:
        raise UserError(
            f"{key}: {motif} ({len(motif)} letters) is longer than the sequences ({length}); "
            "shorten it or raise simulate.length."
        )
    return motif


def _check_room(spec: ClassSpec, length: int, key: str) -> None:
    """Refuse what leaves no room, or too much to sum over."""
    if states(spec.units, length) > MOST_STATES:
        raise UserError(
            f"{key}.elements: more than {MOST_STATES} combinations of numbers of elements that can "
            "overlap; name fewer, or give them positions apart or a Poisson count."
        )
    room = math.exp(log_room(spec.units, length))
    if room < LEAST_ROOM:
        raise UserError(
            f"{key}.elements: too crowded, drawn at random they overlap in {1 - room:.1%} of the "
            "sequences; plant fewer or shorter ones, give them positions apart or raise "
            "simulate.length."
        )


# ------------------------------------------------------------------------------ records


@dataclass(frozen=True)
class Block:
    """Records that follow each other, and what was planted in them.

    Attributes
    ----------
    ids
        uint8 (n, width): ASCII, unique in the simulation.
    sequences
        uint8 (n, length): ASCII A, C, G, T.
    labels
        str (n,), the name of the class.
    planted
        int64 (p,), the row of this block in which a site was planted, ascending; a row with several
        sites stands there several times, from left to right.
    starts, ends
        int64 (p,), 0-based position of the site's first base and after its last one.
    motifs
        str (p,), the motif or the name of the element.
    strands
        str (p,), + or -.
    """

    ids: np.ndarray
    sequences: np.ndarray
    labels: np.ndarray
    planted: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    motifs: np.ndarray
    strands: np.ndarray


def simulate(simulation: Simulation, some: Sequence[int] | None = None) -> Iterator[Block]:
    """Make all records, ordered by class, block after block.

    Parameters
    ----------
    simulation
        What to make.
    some
        The numbers of the blocks that are made; None for all.

    Yields
    ------
    Block
        At most BLOCK_RECORDS records and about BLOCK_BASES bases.
    """
    for block in range(blocks(simulation)) if some is None else some:
        yield simulate_block(simulation, block)


def blocks(simulation: Simulation) -> int:
    """Return how many blocks all records make up."""
    return -(-simulation.sequences // _block_records(simulation))


def _block_records(simulation: Simulation) -> int:
    return min(BLOCK_RECORDS, max(1, BLOCK_BASES // simulation.length))


def simulate_block(simulation: Simulation, block: int) -> Block:
    """Make one block of records, which depends on no other block.

    Parameters
    ----------
    simulation
        What to make.
    block
        The number of the block, from 0.
    """
    size = _block_records(simulation)
    numbers = np.arange(block * size, min((block + 1) * size, simulation.sequences))
    # Two streams, so that neither shifts the other.
    background, planting = np.random.SeedSequence(simulation.seed, spawn_key=(block,)).spawn(2)
    streams = np.random.PCG64(background), np.random.PCG64(planting)
    classes = np.searchsorted(np.cumsum(simulation.counts), numbers, side="right")
    fill = _one_motif_each if simulation.background is None else _elements
    return Block(
        ids=_ids(numbers, simulation.sequences),
        labels=np.array([spec.name for spec in simulation.classes], dtype=object)[classes],
        **fill(simulation, classes, *streams),
    )


# ------------------------------------------------------------------------------ one motif each


def _one_motif_each(
    simulation: Simulation,
    classes: np.ndarray,
    background: np.random.PCG64,
    planting: np.random.PCG64,
) -> dict[str, np.ndarray]:
    """Make uniform records with at most one motif each: members of a `Block`.

    A record's background depends on the seed, the length and the record's number alone, and its
    motif besides on the class that has this number (and on how many ambiguous letters the longest
    choice of a motif takes). So records stay what they are when a simulation grows, as far as
    their class stays what it is.
    """
    sequences = _background(background, len(classes), simulation.length)
    motifs = [motif for spec in simulation.classes for motif in spec.motifs]
    ambiguous = [sum(len(IUPAC[letter]) > 1 for letter in motif) for motif in motifs]
    columns = 3 + max(ambiguous, default=0)
    uniform = np.random.Generator(planting).random((len(classes), columns))
    chosen = _choose_motifs(simulation, classes, uniform[:, 0], uniform[:, 1])
    planted = np.flatnonzero(chosen >= 0)
    chosen, uniform = chosen[planted], uniform[planted]
    widths = np.array([len(motif) for motif in motifs], dtype=np.int64)[chosen]
    starts = (uniform[:, 2] * (simulation.length - widths + 1)).astype(np.int64)
    for i in np.unique(chosen):
        these = np.flatnonzero(chosen == i)
        places = starts[these, None] + np.arange(len(motifs[i]))
        sequences[planted[these, None], places] = _instances(motifs[i], uniform[these, 3:])
    return {
        "sequences": sequences,
        "planted": planted,
        "starts": starts,
        "ends": starts + widths,
        "motifs": np.array(motifs, dtype=object)[chosen],
        "strands": np.full(len(planted), "+", dtype=object),
    }


def _background(bits: np.random.PCG64, rows: int, length: int) -> np.ndarray:
    """uint8 (rows, length): ASCII bases, independent and equally likely, two bits for each."""
    words = -(-length // BASES_PER_WORD)
    # Raw words, because NumPy promises to keep their stream; little-endian on every machine.
    random = bits.random_raw(rows * words).astype("<u8", copy=False).view(np.uint8)
    letters = np.frombuffer(BASES.encode(), np.uint8)
    pairs = np.arange(256)[:, None] >> np.array([0, 2, 4, 6]) & 3
    four_bases = letters[pairs].view(np.uint32)[:, 0]  # a byte's four bases in one word
    bases = four_bases[random].view(np.uint8).reshape(rows, words * BASES_PER_WORD)
    return np.ascontiguousarray(bases[:, :length])


def _choose_motifs(
    simulation: Simulation, classes: np.ndarray, planting: np.ndarray, choice: np.ndarray
) -> np.ndarray:
    """int64 (n,): which of all classes' motifs, in the order of the config, a record gets, or -1.

    Parameters
    ----------
    simulation
        The classes and their motifs.
    classes
        int64 (n,), the class of each record.
    planting, choice
        float64 (n,), uniform in [0, 1): they decide whether a motif is planted and which.
    """
    probability = np.array([spec.planted for spec in simulation.classes])[classes]
    counts = np.array([len(spec.motifs) for spec in simulation.classes], dtype=np.int64)
    first = np.cumsum(counts) - counts
    motif = first[classes] + (choice * counts[classes]).astype(np.int64)
    return np.where(planting < probability, motif, -1)


def _instances(motif: str, uniform: np.ndarray) -> np.ndarray:
    """uint8 (n, letters): a motif as bases, where each ambiguous letter takes a uniform column."""
    bases = np.empty((len(uniform), len(motif)), dtype=np.uint8)
    columns = iter(uniform.T)
    for j, letter in enumerate(motif):
        allowed = np.frombuffer(IUPAC[letter].encode(), np.uint8)
        if len(allowed) == 1:
            bases[:, j] = allowed[0]
        else:
            bases[:, j] = allowed[(next(columns) * len(allowed)).astype(np.intp)]
    return bases


# ------------------------------------------------------------------------------ elements


def _elements(
    simulation: Simulation,
    classes: np.ndarray,
    background: np.random.PCG64,
    planting: np.random.PCG64,
) -> dict[str, np.ndarray]:
    """Make records with elements in a background of any order: members of a `Block`."""
    length = simulation.length
    matrices = _matrices(simulation)
    # For each base, transposed: which column of the matrices it comes from, or -1.
    columns = np.full((length, len(classes)), -1, dtype=np.int32)
    random = np.random.Generator(planting)
    found = []
    for i in np.unique(classes):
        spec = simulation.classes[i]
        rows = np.flatnonzero(classes == i)
        drawn = draw(spec.units, length, len(rows), random)
        sites = all_sites(spec.units)
        planted = rows[drawn.rows]
        for k in np.unique(drawn.sites):
            these = np.flatnonzero(drawn.sites == k)
            within = np.arange(len(sites[k].matrix))[:, None]
            places = drawn.starts[these] + within
            columns[places, planted[these]] = matrices[sites[k].matrix] + within
        names = np.array([site.name for site in sites], dtype=object)[drawn.sites]
        strands = np.array([site.strand for site in sites], dtype=object)[drawn.sites]
        found.append((planted, drawn.starts, drawn.ends, names, strands))
    # Classes follow each other, so the rows ascend.
    keys = ["planted", "starts", "ends", "motifs", "strands"]
    members = {
        name: np.concatenate(part)
        for name, part in zip(keys, zip(*found, strict=True), strict=True)
    }
    emitted = _emit(simulation.background, columns, matrices, np.random.Generator(background))
    return {"sequences": emitted, **members}


def _matrices(simulation: Simulation) -> dict[Matrix, int]:
    """Return for each matrix the number of its first column, all columns counted on."""
    first: dict[Matrix, int] = {}
    columns = 0
    for spec in simulation.classes:
        for site in all_sites(spec.units):
            if site.matrix not in first:
                first[site.matrix] = columns
                columns += len(site.matrix)
    return first


def _emit(
    chain: Background, columns: np.ndarray, matrices: dict[Matrix, int], random: np.random.Generator
) -> np.ndarray:
    """Draw the bases from left to right.

    Parameters
    ----------
    chain
        The background, which goes on from whatever bases stand before.
    columns
        int32 (length, n): the column of the matrices that a base is drawn from; -1: background.
    matrices
        The numbers of the matrices' first columns, ascending.
    random
        Of which uniform numbers are taken, one for each base.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length), ASCII.
    """
    length, rows = columns.shape
    planted = np.array([row for matrix in matrices for row in matrix]).reshape(-1, len(BASES))
    steps = [_steps(np.concatenate([table, planted])) for table in chain.tables]
    bases = np.empty((length, rows), dtype=np.uint8)
    context = np.zeros(rows, dtype=np.int64)
    for i in range(length):
        order = min(i, chain.order)
        choice = np.where(columns[i] < 0, context, 4**order + columns[i])
        bases[i] = (random.random(rows)[:, None] >= steps[order][choice]).sum(axis=1)
        context = (context * 4 + bases[i]) % 4 ** min(i + 1, chain.order)
    return np.frombuffer(BASES.encode(), np.uint8)[np.ascontiguousarray(bases.T)]


def _steps(probabilities: np.ndarray) -> np.ndarray:
    """Cumulative probabilities of A, C and G; 1 where nothing is left, whatever the rounding."""
    left = np.cumsum(probabilities[:, ::-1], axis=1)[:, -2::-1]
    return np.where(left == 0, 1.0, np.cumsum(probabilities, axis=1)[:, :-1])


def _ids(numbers: np.ndarray, total: int) -> np.ndarray:
    """uint8 (n, width): seq0000001 and so on, counted from 1, wider from ten million on."""
    prefix = np.frombuffer(b"seq", np.uint8)
    powers = 10 ** np.arange(max(7, len(str(total))))[::-1]
    ids = np.empty((len(numbers), len(prefix) + len(powers)), dtype=np.uint8)
    ids[:, : len(prefix)] = prefix
    ids[:, len(prefix) :] = (numbers[:, None] + 1) // powers % 10 + ord("0")
    return ids
