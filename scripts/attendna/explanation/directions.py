"""What speaks for each class: the contributions of bases, divided by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attendna.dna import base_fractions

UNKNOWN = 4  # the number of what is no single base: N, other ambiguous letters, padding
# Which attributions show motifs best, the best first.
PREFERRED = ("mutagenesis", "gradient", "integrated_gradients")


@dataclass(frozen=True, eq=False)
class Direction:
    """What speaks for one class, in some records.

    Attributes
    ----------
    name
        The class.
    records
        int64 (m,): which records.
    bases
        uint8 (m, length): 0 to 3, or `UNKNOWN`.
    evidence
        float32 (m, length): what the base that stands there contributes to the class.
    one_hot, hypothetical
        float32 (m, length, 4): the records, and what each base would contribute there.
    """

    name: str
    records: np.ndarray
    bases: np.ndarray
    evidence: np.ndarray
    one_hot: np.ndarray
    hypothetical: np.ndarray


def directions(
    x: np.ndarray, hypothetical: np.ndarray, target: np.ndarray, classes: Sequence[str]
) -> list[Direction]:
    """Divide the contributions by the class that they speak for.

    Of two classes, what speaks against one speaks for the other, so both take all records. Of
    more, a class takes the records that were explained for it.

    Parameters
    ----------
    x
        uint8 (n, length, 4): the records, encoded.
    hypothetical
        float (n, length, 4): what each base would contribute to the target class.
    target
        int (n,): index into `classes`.
    classes
        Their names.
    """
    fractions = base_fractions(x).astype(np.float32)
    bases = np.where(fractions.max(axis=2) == 1, fractions.argmax(axis=2), UNKNOWN)
    bases = bases.astype(np.uint8)
    found = []
    for index, name in enumerate(classes):
        if len(classes) == 2:
            own = np.arange(len(x))
            sign = np.where(target == index, 1, -1).astype(np.float32)
        else:
            own = np.flatnonzero(target == index)
            sign = np.ones(len(own), np.float32)
        towards = hypothetical[own].astype(np.float32) * sign[:, None, None]
        evidence = (towards * fractions[own]).sum(axis=2)
        found.append(Direction(name, own, bases[own], evidence, fractions[own], towards))
    return found


def preferred(methods: Sequence[str]) -> str:
    """Return the method of attribution, of those that there are, that shows motifs best."""
    return next(name for name in PREFERRED if name in methods)
