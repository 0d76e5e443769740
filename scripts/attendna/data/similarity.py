"""When two records are similar enough to be related, and the alignment that decides it.

Let one record have m letters and the other at least as many. They are related if, on either strand,
all of the shorter one, or its first, middle or last 80% (`COVERAGE`), stands in the longer one
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
from attendna.data.short_records import ShortRecords

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
    most
        In all of the shorter record, whatever is left out of a window: with more none is related.
    """

    whole: int
    window: int
    within: int
    most: int


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
        places = ceil(2 ** (ceil(4 * log2(longer)) / 4))  # few values, at most 19% too many
        if (shorter, places) not in self._limits:
            window = window_length(shorter)
            common = (places, self.identity, self.agreement, len(self.lengths))
            whole, within = most_edits(shorter, *common), most_edits(window, *common)
            most = max(whole, within + shorter - window)
            self._limits[shorter, places] = Limits(whole, window, within, most)
        return self._limits[shorter, places]

    def near_enough(
        self, a: np.ndarray, b: np.ndarray, turned: np.ndarray, records: ShortRecords
    ) -> np.ndarray:
        """Say which pairs may be related, bool (m,); all others are not.

        Parameters
        ----------
        a, b, turned
            int64 (m,), int64 (m,) and bool (m,), see `related`.
        records
            The same records.
        """
        shorter = np.minimum(self.lengths[a], self.lengths[b])
        longer = np.maximum(self.lengths[a], self.lengths[b])
        kinds, which = np.unique(np.stack([shorter, longer]), axis=1, return_inverse=True)
        limits = [self.limits(*pair) for pair in kinds.T.tolist()]
        most, within = (
            np.array([getattr(its, name) for its in limits], dtype=np.int64)[which.reshape(-1)]
            for name in ("most", "within")
        )
        edits = records.edits(a, b, turned)
        near = edits <= most
        # Where a window of b stands in a, what a has beside it is left out and the edits undone.
        other = np.flatnonzero(~near & (shorter == longer) & (edits <= most + within))
        near[other] = records.edits(b[other], a[other], turned[other]) <= most[other]
        return near

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
        either = [(short, long), (long, short)] if len(short) == len(long) else [(short, long)]
        return any(_stands_in(*pair, limits) for pair in either)

    def _codes(self, record: int) -> np.ndarray:
        start = self.letters.starts[record]
        return self.letters.codes[start : start + self.lengths[record]]


def window_length(length: int) -> int:
    """Return the letters of a record that must stand in another one."""
    return ceil(COVERAGE * length - ROUNDING)


def _stands_in(short: bytes, long: bytes, limits: Limits) -> bool:
    """Say whether a record, or a window of it, stands in another one."""
    found = edits(short, long, limits.most)
    if found is None:
        return False
    if found <= limits.whole:
        return True
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
