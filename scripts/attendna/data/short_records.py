"""Edits between many pairs of short records at once, since an alignment of each would take long.

Records of at most 64 letters fit into the bits of one number, a column of the table of edits at a
time (Myers 1999, J. ACM 46:395; the form for distances of Hyyrö 2003, Nordic J. Comput. 10:29).
Here each operation is on arrays of such numbers, one a pair.
"""

from __future__ import annotations

import numpy as np

from attendna import mapped
from attendna.data.kmers import UNKNOWN, Letters

WIDEST = 64  # letters of a record
PAIRS_AT_ONCE = 1 << 14  # what they need stays in the processor's cache
ONE = np.uint64(1)


class ShortRecords:
    """Counts edits between records of at most `WIDEST` letters.

    Parameters
    ----------
    letters
        Of all records, known ones only.
    """

    def __init__(self, letters: Letters) -> None:
        """Lay the letters of each record side by side, and note where each letter stands."""
        self.lengths = letters.lengths
        n, width = len(self.lengths), int(self.lengths.max(initial=0))
        if width > WIDEST:
            raise ValueError(f"expected at most {WIDEST} letters, received {width}")
        self._codes = mapped.zeros((n, width), np.uint8)
        self._codes[:] = UNKNOWN
        # A bit for each place with the letter, by strand; none is that of `UNKNOWN`.
        self._places = mapped.zeros((2, n, UNKNOWN + 1), np.uint64)
        for place in range(width):
            there = np.flatnonzero(self.lengths > place)
            code = letters.codes[letters.starts[there] + place]
            self._codes[there, place] = code
            self._places[0, there, code] |= ONE << np.uint64(place)
            turned = (self.lengths[there] - 1 - place).astype(np.uint64)
            self._places[1, there, code ^ 3] |= ONE << turned

    def edits(self, a: np.ndarray, b: np.ndarray, turned: np.ndarray) -> np.ndarray:
        """Count the edits between the shorter record of each pair and the best part of the other.

        Parameters
        ----------
        a, b
            int64 (m,): records that have letters.
        turned
            bool (m,): whether to look at the reverse complement of one of them.

        Returns
        -------
        numpy.ndarray
            int64 (m,).
        """
        found = np.empty(len(a), dtype=np.int64)
        shorter = np.where(self.lengths[a] <= self.lengths[b], a, b)
        longer = np.where(self.lengths[a] <= self.lengths[b], b, a)
        for first in range(0, len(a), PAIRS_AT_ONCE):
            some = slice(first, first + PAIRS_AT_ONCE)
            found[some] = self._edits(shorter[some], longer[some], turned[some].astype(np.intp))
        return found

    def _edits(self, pattern: np.ndarray, text: np.ndarray, strand: np.ndarray) -> np.ndarray:
        score = self.lengths[pattern].copy()
        best = score.copy()
        last = (score - 1).astype(np.uint64)  # the bit of the last row
        rises = np.full(len(pattern), ~np.uint64(0))  # rows that are one more than the row above
        falls = np.zeros(len(pattern), dtype=np.uint64)
        codes = self._codes[text]
        for place in range(int(self.lengths[text].max(initial=0))):
            same = self._places[strand, pattern, codes[:, place]]
            steps = ((((same & rises) + rises) ^ rises) | same) | falls
            more = falls | ~(steps | rises)  # rows that are one more than in the column before
            less = rises & steps
            score += ((more >> last) & ONE).astype(np.int64)
            score -= ((less >> last) & ONE).astype(np.int64)
            np.minimum(best, score, out=best)
            more <<= ONE  # nothing is to be paid for letters of the text before the pattern
            less <<= ONE
            either = same | falls
            rises = less | ~(either | more)
            falls = more & either
        return best
