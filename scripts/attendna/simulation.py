"""Simulated DNA: uniform background, and for each class motifs that are planted at random places.

A record of a class gets, with the probability `planted`, one of the motifs of the class (equally
likely), written over a uniformly chosen start. So the exact posterior is known (`oracle`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from attendna.dna import BASES, IUPAC
from attendna.errors import UserError

# A block is what is drawn at once. Fewer records where they are long, so that memory is bounded.
BLOCK_RECORDS = 65_536
BLOCK_BASES = 2**24
BASES_PER_WORD = 32  # a random word of 64 bits makes 32 bases


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
    """

    name: str
    fraction: float
    planted: float
    motifs: tuple[str, ...]


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
    """

    sequences: int
    length: int
    seed: int
    classes: tuple[ClassSpec, ...]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Simulation:
        """Check the settings of a simulation and put them in order.

        Parameters
        ----------
        settings
            `{"sequences", "length", "seed", "classes": {CLASS: {"fraction", "planted",
            "motifs"}}}`, the section `simulate` of a dataset in the config.

        Raises
        ------
        UserError
            If a setting is missing, unknown or makes no sense; the message names its key.
        """
        key = "simulate"
        values = _section(settings, key, ["sequences", "length", "seed", "classes"])
        sequences = _integer(values["sequences"], f"{key}.sequences", least=1)
        length = _integer(values["length"], f"{key}.length", least=1)
        seed = _integer(values["seed"], f"{key}.seed", least=0)
        classes = values["classes"]
        if not isinstance(classes, Mapping) or not classes:
            raise UserError(f"{key}.classes: name at least one class.")
        specs = tuple(
            _class_spec(str(name), content, length, f"{key}.classes.{name}")
            for name, content in classes.items()
        )
        total = sum(spec.fraction for spec in specs)
        if not math.isclose(total, 1, abs_tol=1e-6):
            raise UserError(
                f"{key}.classes: the fractions of the classes sum to {total:g}; make them sum to 1."
            )
        return cls(sequences, length, seed, specs)

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


def _section(settings: Any, key: str, names: list[str]) -> Mapping[str, Any]:
    """Return a mapping that has exactly the keys `names`."""
    if not isinstance(settings, Mapping):
        raise UserError(f"{key}: expected the keys {', '.join(names)}, got {settings!r}.")
    for name in names:
        if name not in settings:
            raise UserError(f"{key}.{name}: missing; set it.")
    for name in settings:
        if name not in names:
            raise UserError(f"{key}.{name}: unknown; the keys are {', '.join(names)}.")
    return settings


def _integer(value: Any, key: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UserError(f"{key}: expected an integer of at least {least}, got {value!r}.")
    return value


def _share(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{key}: expected a number from 0 to 1, got {value!r}.")
    return float(value)


def _class_spec(name: str, settings: Any, length: int, key: str) -> ClassSpec:
    """Check the settings of one class."""
    values = _section(settings, key, ["fraction", "planted", "motifs"])
    fraction = _share(values["fraction"], f"{key}.fraction")
    if fraction == 0:
        raise UserError(f"{key}.fraction: 0 leaves the class empty; raise it or drop the class.")
    planted = _share(values["planted"], f"{key}.planted")
    if not isinstance(values["motifs"], list | tuple):
        raise UserError(f"{key}.motifs: expected a list of motifs, got {values['motifs']!r}.")
    motifs = tuple(_motif(motif, length, f"{key}.motifs") for motif in values["motifs"])
    if planted > 0 and not motifs:
        raise UserError(f"{key}.motifs: name at least one motif, or set {key}.planted to 0.")
    return ClassSpec(name, fraction, planted, motifs)


def _motif(motif: Any, length: int, key: str) -> str:
    """Check one motif; lower case is made upper case."""
    if not isinstance(motif, str) or not motif:
        raise UserError(f"{key}: expected letters of DNA, got {motif!r}.")
    motif = motif.upper()
    for letter in motif:
        if letter not in IUPAC:
            raise UserError(
                f"{key}: {motif} has the letter {letter!r}, which is no IUPAC code; mend it."
            )
    if len(motif) > length:
        raise UserError(
            f"{key}: {motif} ({len(motif)} letters) is longer than the sequences ({length}); "
            "shorten it or raise simulate.length."
        )
    return motif


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
        int64 (p,), rows of this block that got a motif, ascending.
    starts
        int64 (p,), 0-based position of its first letter.
    motifs
        str (p,), the motif.
    """

    ids: np.ndarray
    sequences: np.ndarray
    labels: np.ndarray
    planted: np.ndarray
    starts: np.ndarray
    motifs: np.ndarray

    @property
    def ends(self) -> np.ndarray:
        """int64 (p,), position after the last letter of the motif."""
        widths = [len(motif) for motif in self.motifs]
        return self.starts + np.array(widths, dtype=np.int64)


def simulate(simulation: Simulation) -> Iterator[Block]:
    """Make all records, ordered by class, block after block.

    Parameters
    ----------
    simulation
        What to make.

    Yields
    ------
    Block
        At most BLOCK_RECORDS records and about BLOCK_BASES bases.
    """
    for block in range(-(-simulation.sequences // _block_records(simulation))):
        yield simulate_block(simulation, block)


def _block_records(simulation: Simulation) -> int:
    return min(BLOCK_RECORDS, max(1, BLOCK_BASES // simulation.length))


def simulate_block(simulation: Simulation, block: int) -> Block:
    """Make one block of records, which depends on no other block.

    A record's background depends on the seed, the length and the record's number alone, and its
    motif besides on the class that has this number (and on how many ambiguous letters the longest
    choice of a motif takes). So records stay what they are when a simulation grows, as far as
    their class stays what it is.

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
    sequences = _background(np.random.PCG64(background), len(numbers), simulation.length)

    classes = np.searchsorted(np.cumsum(simulation.counts), numbers, side="right")
    motifs = [motif for spec in simulation.classes for motif in spec.motifs]
    ambiguous = [sum(len(IUPAC[letter]) > 1 for letter in motif) for motif in motifs]
    columns = 3 + max(ambiguous, default=0)
    uniform = np.random.Generator(np.random.PCG64(planting)).random((len(numbers), columns))
    chosen = _choose_motifs(simulation, classes, uniform[:, 0], uniform[:, 1])
    planted = np.flatnonzero(chosen >= 0)
    chosen, uniform = chosen[planted], uniform[planted]
    widths = np.array([len(motif) for motif in motifs], dtype=np.int64)[chosen]
    starts = (uniform[:, 2] * (simulation.length - widths + 1)).astype(np.int64)
    for i in np.unique(chosen):
        these = np.flatnonzero(chosen == i)
        places = starts[these, None] + np.arange(len(motifs[i]))
        sequences[planted[these, None], places] = _instances(motifs[i], uniform[these, 3:])
    return Block(
        ids=_ids(numbers, simulation.sequences),
        sequences=sequences,
        labels=np.array([spec.name for spec in simulation.classes], dtype=object)[classes],
        planted=planted,
        starts=starts,
        motifs=np.array(motifs, dtype=object)[chosen],
    )


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


def _ids(numbers: np.ndarray, total: int) -> np.ndarray:
    """uint8 (n, width): seq0000001 and so on, counted from 1, wider from ten million on."""
    prefix = np.frombuffer(b"seq", np.uint8)
    powers = 10 ** np.arange(max(7, len(str(total))))[::-1]
    ids = np.empty((len(numbers), len(prefix) + len(powers)), dtype=np.uint8)
    ids[:, : len(prefix)] = prefix
    ids[:, len(prefix) :] = (numbers[:, None] + 1) // powers % 10 + ord("0")
    return ids
