"""Made-up contributions whose motifs are known, for the tests of what finds them."""

import numpy as np

from attendna.explanation.directions import Direction
from attendna.explanation.motifs import Motif


def random_bases(rows: int, length: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (rows, length)).astype(np.uint8)


def number(word: str) -> np.ndarray:
    return np.array(["ACGT".index(letter) for letter in word], dtype=np.uint8)


def direction(bases: np.ndarray, evidence: np.ndarray, name: str = "hit") -> Direction:
    one_hot = np.eye(5, 4, dtype=np.float32)[bases]
    hypothetical = one_hot * evidence[:, :, None].astype(np.float32)
    records = np.arange(len(bases))
    return Direction(name, records, bases, evidence.astype(np.float32), one_hot, hypothetical)


def planted(
    words: list[str], rows: int = 240, length: int = 80, noise: float = 0.05, seed: int = 1
):
    """Plant one word a record, in turn; every base of a word contributes 0.5, all else noise."""
    rng = np.random.default_rng(seed)
    bases = random_bases(rows, length, seed)
    evidence = rng.normal(0, noise, bases.shape)
    starts = np.empty(rows, int)
    for row in range(rows):
        word = number(words[row % len(words)])
        starts[row] = rng.integers(0, length - len(word))
        part = slice(starts[row], starts[row] + len(word))
        bases[row, part] = word
        evidence[row, part] += 0.5
    return direction(bases, evidence), starts


def ambiguous(word: str, count: int, seed: int) -> list[str]:
    """Words that an IUPAC motif allows."""
    letters = {"R": "AG", "Y": "CT", "W": "AT", "V": "ACG", "N": "ACGT"}
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(letters.get(a, a))) for a in word) for _ in range(count)]


def motif_of(word: str) -> Motif:
    """A motif of one word, for what compares matrices."""
    counts = np.eye(4)[number(word)] * 20
    one = np.zeros(1, int)
    return Motif(word, "", "", counts, counts, one, one, np.array(["+"]), one.astype(float))
