"""When two records are similar enough to be related, and the alignment that decides it.

Let one record have m letters and the other at least as many. They are related if, on either strand,
all of the shorter one, or its first, middle or last 80 % (`COVERAGE`), stands in the longer one
with at most 1 - `identity` edits a letter. An edit is a letter exchanged, left out or put in
(Levenshtein 1966, Sov. Phys. Dokl. 10:707), so records of 200 bases are related at an identity of
0.8 if 160 bases of one stand in the other with at most 32 edits. Of two records of one length
either may be the shorter. The alignment is that of edlib (Šošić & Šikić 2017, Bioinformatics
33:1394), whose distances are exact.

Short sequences are alike by chance. So there may be no more edits than leave a chance relation
rarer than one in a million pairs, and than one in a hundred records: with the number of places
and alignments as a union bound, and the share of the pairs of letters that agree by chance, it
follows how often random letters reach a number of edits (like the E-value of Karlin & Altschul
1990, PNAS 87:2264, but for edits). Of records of 60 bases or more this hardly asks for more than
the identity does.

Letters other than A, C, G and T, and stretches that many records share (see `repeats`), are left
out beforehand, and what is left is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

import numpy as np

from attendna.data.kmers import BLOCK, UNKNOWN, Letters

COVERAGE = 0.8  # of the shorter record
RARE_PAIR = 1e-6  # chance relations in a pair
RARE_RECORD = 1e-2  # chance relations of a record with any other one
LONG = 100  # letters from which on no more edits a letter are asked for
ROUNDING = 1e-9  # 0.2 * 50 is 10 edits, and not 9


@dataclass(frozen=True)
class Limits:
    """How many edits make two records related; -1: none do.

    Attributes
    ----------
    whole
        In all of the shorter record.
    window
        Length of the first, middle and last letters that may be looked at instead.
    within
        Edits in these.
    """

    whole: int
    window: int
    within: int


def chance_agreement(letters: Letters) -> float:
    """Return the probability that two known letters are the same, at least 1/4."""
    counts = np.zeros(4)
    for first in range(0, len(letters.codes), BLOCK):  # NumPy widens all that it counts
        counts += np.bincount(letters.codes[first : first + BLOCK], minlength=UNKNOWN)[:UNKNOWN]
    strands = counts + counts[::-1]  # on both strands; the complement of c is 3 - c
    total = strands.sum()
    return float(((strands / total) ** 2).sum()) if total else 0.25


def chance_relations(length: int, edits: int, agreement: float) -> float:
    """Bound how often random letters end at one place with few edits to a given stretch.

    Parameters
    ----------
    length
        Of the stretch.
    edits
        At most so many letters are exchanged, left out or put in.
    agreement
        Probability that two letters are the same.

    Returns
    -------
    float
        The expected number of alignments, which is at least the probability that there is one.
    """
    factorials = np.append(0, np.cumsum(np.log(np.arange(1, length + edits + 1))))  # logarithms
    exchanged, out, into = np.indices((edits + 1,) * 3).reshape(3, -1)
    some = (exchanged + out + into <= edits) & (exchanged + out <= length)
    exchanged, out, into = exchanged[some], out[some], into[some]
    same = length - exchanged - out
    logs = factorials[length + into] - factorials[same] + same * np.log(agreement)
    logs += exchanged * np.log1p(-agreement)
    logs -= factorials[exchanged] + factorials[out] + factorials[into]
    return float(np.exp(logs).sum())


def most_edits(length: int, places: int, identity: float, agreement: float, records: int) -> int:
    """Return the most edits in a stretch that relate it; -1 if even none would be chance.

    Parameters
    ----------
    length
        Of the stretch.
    places
        Letters of the record that it is looked for in.
    identity
        Edits a letter are at most 1 - `identity`.
    agreement
        See `chance_relations`.
    records
        How many there are.
    """
    if length > LONG:  # as many a letter as in a shorter stretch, which is more likely by chance
        few = most_edits(LONG, places, identity, agreement, records)
        rate = 1 - identity if few == int((1 - identity) * LONG + ROUNDING) else few / LONG
        return int(rate * length + ROUNDING) if few >= 0 else few
    rare = min(RARE_PAIR, RARE_RECORD / max(records, 1)) / (2 * places)  # on two strands
    edits = int((1 - identity) * length + ROUNDING)
    while edits >= 0 and chance_relations(length, edits, agreement) > rare:
        edits -= 1
    return edits


class Alignment:
    """Decides which pairs of records are related, see the head of this file.

    Parameters
    ----------
    letters
        Of all records, known ones only.
    identity
        Above 0, at most 1.
    """

    def __init__(self, letters: Letters, identity: float) -> None:
        """Keep the letters; `agreement` is that of their composition."""
        self.letters = letters
        self.identity = identity
        self.lengths = letters.lengths
        self.agreement = chance_agreement(letters)
        self._limits: dict[tuple[int, int], Limits] = {}

    def limits(self, shorter: int, longer: int) -> Limits:
        """Return how many edits relate records of two lengths."""
        places = ceil(2 ** (ceil(4 * log2(longer)) / 4))  # few values, at most 19 % too many
        if (shorter, places) not in self._limits:
            window = window_length(shorter)
            common = (places, self.identity, self.agreement, len(self.lengths))
            self._limits[shorter, places] = Limits(
                most_edits(shorter, *common), window, most_edits(window, *common)
            )
        return self._limits[shorter, places]

    def related(self, a: int, b: int, turned: bool) -> bool:
        """Say whether two records are related on one strand.

        Parameters
        ----------
        a, b
            Their indices.
        turned
            Whether to look at the reverse complement of one of them.
        """
        if self.lengths[a] > self.lengths[b]:
            a, b = b, a
        if self.lengths[a] == 0:
            return False
        first, second = self._codes(a), self._codes(b)
        if turned:
            first = (first ^ 3)[::-1]
        short, long = first.tobytes(), second.tobytes()
        limits = self.limits(len(short), len(long))
        # With too many edits over all for a window, whatever is left out of it.
        bound = max(limits.whole, limits.within + len(short) - limits.window)
        found = edits(short, long, bound)
        if found is None:
            return False
        if found <= limits.whole:
            return True
        return _in_a_window(short, long, limits) or (
            len(short) == len(long) and _in_a_window(long, short, limits)
        )

    def _codes(self, record: int) -> np.ndarray:
        start = self.letters.starts[record]
        return self.letters.codes[start : start + self.lengths[record]]


def window_length(length: int) -> int:
    """Return the letters of a record that must stand in another one."""
    return ceil(COVERAGE * length - ROUNDING)


def _in_a_window(short: bytes, long: bytes, limits: Limits) -> bool:
    last = len(short) - limits.window
    return any(
        edits(short[first : first + limits.window], long, limits.within) is not None
        for first in sorted({0, last // 2, last})
    )


def edits(stretch: bytes, whole: bytes, most: int) -> int | None:
    """Count the edits between a stretch and the most similar part of `whole`.

    Parameters
    ----------
    stretch, whole
        Codes of letters.
    most
        How many to look for.

    Returns
    -------
    int or None
        None if there are more than `most`.
    """
    import edlib

    if most < 0:
        return None
    found = edlib.align(stretch, whole, mode="HW", k=most)["editDistance"]
    return None if found < 0 else found
