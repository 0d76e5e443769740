"""Made-up matrices of motifs, for the tests of what compares them."""

import numpy as np

from attendna.explanation.motif_comparison import Target


def matrix(word: str, certain: float = 0.94) -> np.ndarray:
    rest = (1 - certain) / 3
    return np.array([[certain if base == letter else rest for base in "ACGT"] for letter in word])


def targets(*words: str) -> list[Target]:
    return [Target(word, word, matrix(word)) for word in words]


def random_targets() -> list[Target]:
    """Random matrices, as many as make p-values mean something."""
    rng = np.random.default_rng(0)
    return [Target(f"r{i}", f"r{i}", rng.dirichlet([0.4] * 4, 10)) for i in range(80)]
