"""Which chromosome of a genome is meant, however a file spells it: chr1, 1, NC_000001.11."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attendna.data.genome import spelling

# RefSeq numbers the chromosomes of a species in a row; the last two are X and Y. Accession of the
# first, how many there are, and of the mitochondrion. A genome and a file of two species would
# have other lengths and other letters, so no more than the names is decided here.
SPECIES = {
    "human": (1, 24, "nc_012920"),
    "mouse": (67, 21, "nc_005089"),
}


def common(name: str) -> str:
    """Return what all spellings of a chromosome have in common: "1", "x", "mt"."""
    plain = spelling(name)
    accession = re.fullmatch(r"nc_(\d{6})", plain)
    for first, count, mitochondrion in SPECIES.values():
        if plain == mitochondrion:
            return "mt"
        place = int(accession[1]) - first if accession else -1
        if 0 <= place < count:
            return {count - 2: "x", count - 1: "y"}.get(place, str(place + 1))
    return plain


def matching(names: Iterable[str], genome: Sequence[str]) -> dict[str, str]:
    """Return which chromosome of a genome each name means; names that mean none are left out.

    Parameters
    ----------
    names
        As a file of variants or intervals spells them.
    genome
        The names of the chromosomes of the genome. One with the very same name is meant first; of
        several that are spelled alike none is, since nobody could tell which.
    """
    own = set(genome)
    spelled: dict[str, list[str]] = {}
    for name in genome:
        spelled.setdefault(common(name), []).append(name)
    found = {}
    for name in names:
        alike = spelled.get(common(name), [])
        if name in own:
            found[name] = name
        elif len(alike) == 1:
            found[name] = alike[0]
    return found
