"""A first pass over a file of variants: is it one of this genome at all, before anything is scored.

The reference alleles of all lines are compared with the genome, which takes seconds for a million,
and the lines are counted, by which the work is divided into batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from attendna.data.chromosome_access import Chromosomes
from attendna.data.chromosome_names import matching
from attendna.data.variants import Variant
from attendna.errors import UserError, brief
from attendna.use.variant_windows import BASES
from attendna.wording import are, counted, listed, share

BATCH = 4096  # lines that are scored at a time; a change gives other bits at the ends of numbers
LOOKED_AT = 1 << 16  # lines that are compared at a time
EXAMPLES = 10  # wrong references that are named


@dataclass
class Survey:
    """What a file of variants holds.

    Attributes
    ----------
    lines
        How many.
    compared
        Lines whose reference allele are bases within a chromosome of the genome.
    mismatched
        Those of them that the genome does not have there.
    examples
        The first of these in words.
    names
        Which chromosome of the genome each name of the file means.
    missing
        Names that mean none, in the order of the file.
    sorted
        Whether the lines of a chromosome stand together and by place.
    """

    lines: int = 0
    compared: int = 0
    mismatched: int = 0
    examples: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    sorted: bool = True


def batches(variants: Iterable[Variant], size: int) -> Iterator[list[Variant]]:
    """Yield lists of so many variants, the last perhaps of fewer."""
    variants = iter(variants)
    while batch := list(islice(variants, size)):
        yield batch


def survey(variants: Iterable[Variant], genome: Chromosomes) -> Survey:
    """Look at all lines of a file.

    Parameters
    ----------
    variants
        The lines.
    genome
        To compare them with.
    """
    found, known = Survey(), list(genome.lengths)
    place: tuple[str, int] = ("", 0)
    for batch in batches(variants, LOOKED_AT):
        found.lines += len(batch)
        by_chromosome: dict[str, list[Variant]] = {}
        for variant in batch:
            if variant.chrom != place[0]:
                found.sorted = found.sorted and not _seen(variant.chrom, found)
                _note(variant.chrom, known, found)
            elif variant.pos < place[1]:
                found.sorted = False
            place = (variant.chrom, variant.pos)
            by_chromosome.setdefault(variant.chrom, []).append(variant)
        own = {name: found.names[name] for name in by_chromosome if name in found.names}
        for name in sorted(own, key=lambda name: known.index(own[name])):
            _compare(by_chromosome[name], genome.letters(own[name]), found)
    return found


def _seen(name: str, found: Survey) -> bool:
    return name in found.names or name in found.missing


def _note(name: str, known: Sequence[str], found: Survey) -> None:
    """Note the name of a chromosome."""
    if not _seen(name, found):
        meant = matching([name], known)
        found.names |= meant
        if not meant:
            found.missing.append(name)


def _compare(variants: Sequence[Variant], letters: bytes, found: Survey) -> None:
    """Compare the references of a chromosome's variants with its letters."""
    for variant in variants:
        ref = variant.ref.upper()
        there = letters[variant.pos - 1 : variant.pos - 1 + len(ref)] if variant.pos else b""
        if not ref or len(there) < len(ref) or not BASES.issuperset(ref):
            continue
        found.compared += 1
        if there.upper() != ref.encode():
            found.mismatched += 1
            if len(found.examples) < EXAMPLES:
                has = there.upper().decode("ascii")
                found.examples.append(
                    f"{variant.chrom}:{variant.pos} ({brief(variant.ref)}, the genome has "
                    f"{brief(has)})"
                )


def check(found: Survey, path: str, genome: Chromosomes, most: float) -> None:
    """Raise if a file is one of another genome.

    Parameters
    ----------
    found
        What it holds.
    path
        Of the file.
    genome
        What it was compared with.
    most
        The largest share of references that may be wrong.

    Raises
    ------
    UserError
        If none of its chromosomes is in the genome, or more references are wrong.
    """
    if not found.names:
        raise UserError(
            f"{path}: none of its chromosomes ({listed(found.missing, 3)}) is in {genome.path} "
            f"({listed(list(genome.lengths), 3)}); another assembly? Name the genome that the "
            "variants were called on."
        )
    if found.mismatched > most * found.compared:
        raise UserError(
            f"{path}: {found.mismatched:,} of {found.compared:,} reference alleles "
            f"({share(found.mismatched, found.compared)}) are not what {genome.path} has there, "
            f"such as {found.examples[0]}; another assembly? Name the genome that the variants "
            "were called on, or allow more with `mismatches`."
        )


def told(found: Survey) -> list[str]:
    """Say in sentences what was found."""
    told = []
    other = {name: own for name, own in found.names.items() if name != own}
    if other:
        pairs = listed([f"{name} as {own}" for name, own in other.items()], 30)
        told.append(f"chromosomes that the genome spells differently: {pairs}")
    if found.missing:
        told.append(f"chromosomes that the genome lacks: {listed(found.missing, 30)}")
    if found.mismatched:
        told.append(
            f"{found.mismatched:,} of {counted(found.compared, 'reference allele')} "
            f"{are(found.mismatched)} not what the genome has there: "
            f"{listed(found.examples, EXAMPLES)}"
        )
    if not found.sorted:
        told.append(
            "the file is not sorted by chromosome and position; the new VCF and its index will be"
        )
    return told
