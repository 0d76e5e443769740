import numpy as np
import pytest
from contributions import ambiguous, number, random_bases

from attendna.explanation.mixture import two_motifs


def letters_of(words: list[str]) -> np.ndarray:
    return np.array([number(word) for word in words])


def test_two_motifs_that_share_letters_are_told_apart():
    rng = np.random.default_rng(3)
    letters = letters_of(["TGATTGGA"] * 40 + ["GGGGCGGG"] * 60)
    noise = rng.random(letters.shape) < 0.15
    letters[noise] = rng.integers(0, 4, noise.sum())
    second = two_motifs(letters, 10)
    assert second is not None
    first_forty = np.arange(100) < 40
    assert max(np.mean(second == first_forty), np.mean(second != first_forty)) > 0.97
    assert two_motifs(letters, 45) is None  # one of them has fewer sites


@pytest.mark.parametrize("seed", range(5))
def test_one_motif_however_ambiguous_is_not_two(seed):
    assert two_motifs(letters_of(ambiguous("RGWYVRRYN", 200, seed)), 10) is None
    assert two_motifs(random_bases(200, 8, seed), 10) is None
    assert two_motifs(letters_of(["TATAAA"] * 50), 10) is None
