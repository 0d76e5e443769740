"""Seeds that are k-mers at which the contributions are far higher than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attendna.explanation.directions import UNKNOWN
from attendna.explanation.motif_thresholds import Level
from attendna.explanation.seeds import Seed
from attendna.explanation.unexplained import Unexplained, shifted, window_sums

OWN, OTHER = 0.85, 0.05  # probabilities of letters in the matrix that a k-mer proposes


class KmerSeeds:
    """The k-mers of all records, and how far their contributions stand out.

    Parameters
    ----------
    unexplained
        What is left. What counts as high stays the same while motifs are taken out of it.
    """

    def __init__(self, unexplained: Unexplained) -> None:
        self.unexplained = unexplained
        bases, levels = unexplained.direction.bases, unexplained.thresholds.levels
        self.words = {
            k: _words(bases, k, unexplained.both_strands)
            for k in sorted({k for level in levels for k in level.lengths})
            if k <= bases.shape[1]
        }
        self.high = {
            (k, level.top): np.quantile(window_sums(unexplained.left, k), 1 - level.top)
            for level in levels
            for k in level.lengths
            if k in self.words
        }
        self.dismissed: set[tuple[int, int]] = set()

    def best_word(self, level: Level) -> tuple[np.ndarray, float]:
        """Return the k-mer, as numbers of bases, that stands out most, and by how much."""
        best, highest = (0, 0), 0.0
        for k, scores in self._scores(self.unexplained.left, level):
            for other, number in self.dismissed:
                if other == k:
                    scores[number] = 0
            if scores.max() > highest:
                best, highest = (k, int(scores.argmax())), float(scores.max())
        k, number = best
        return np.array([number >> 2 * (k - 1 - i) & 3 for i in range(k)], dtype=np.int64), highest

    def chance_level(self, level: Level, seed: int) -> float:
        """Return the highest score of any k-mer when contributions are moved along records."""
        generator = np.random.default_rng(seed)
        highest = 0.0
        for _ in range(self.unexplained.thresholds.shifts):
            moved = shifted(self.unexplained.left, generator)
            scores = [scores.max() for _, scores in self._scores(moved, level)]
            highest = max(highest, *map(float, scores)) if scores else highest
        return highest

    def _scores(self, left: np.ndarray, level: Level) -> Iterator[tuple[int, np.ndarray]]:
        """Score all k-mers of each length, float (4^k,).

        The score is the log-likelihood ratio of two binomial distributions: occurrences are high
        as often as they are, or as often as any window is.
        """
        # The motif may have more sites, with other letters.
        least = max(3, self.unexplained.min_sites // 2)
        for k in level.lengths:
            if k not in self.words:
                continue
            words = self.words[k]
            known = words >= 0
            threshold = self.high[k, level.top]
            high = (window_sums(left, k) > max(threshold, 0.0)) & known
            number = np.bincount(words[known], minlength=4**k)
            among = np.bincount(words[high], minlength=4**k)
            share = np.clip(among / np.maximum(number, 1), 1e-9, 1 - 1e-9)
            usual = np.clip(high.sum() / max(known.sum(), 1), 1e-9, 1 - 1e-9)
            ratio = among * np.log(share / usual)
            ratio += (number - among) * np.log((1 - share) / (1 - usual))
            good = (share > usual) & (share >= level.purity) & (among >= least)
            yield k, np.where(good, ratio, 0.0)

    def dismiss(self, word: np.ndarray) -> None:
        """Do not propose a k-mer again."""
        number = 0
        for base in word:
            number = number * 4 + int(base)
        self.dismissed.add((len(word), number))


def kmer_seed(word: np.ndarray) -> Seed:
    """Return what a k-mer, as numbers of bases, proposes."""
    probabilities = np.full((len(word), 4), OTHER)
    probabilities[np.arange(len(word)), word] = OWN
    return Seed(probabilities, "kmers")


def _words(bases: np.ndarray, k: int, both_strands: bool) -> np.ndarray:
    """Give each k-mer a number: int64 (m, length - k + 1), -1 where a letter is unknown.

    With both strands, a k-mer has the lower of its own number and its reverse complement's.
    """
    starts = bases.shape[1] - k + 1
    numbers = np.zeros((len(bases), starts), dtype=np.int64)
    complements = np.zeros_like(numbers)
    known = np.ones(numbers.shape, dtype=bool)
    for i in range(k):
        part = bases[:, i : i + starts]
        known &= part != UNKNOWN
        numbers += part.astype(np.int64) << 2 * (k - 1 - i)
        complements += (3 - part.astype(np.int64)) << 2 * i
    return np.where(known, np.minimum(numbers, complements) if both_strands else numbers, -1)
