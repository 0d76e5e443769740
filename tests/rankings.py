"""Made-up rankings of positions, for the tests of what scores explanations."""

import numpy as np

from attendna.explanation.resampling import Resampling


def made_up_rankings():
    """Thirty records of 25 positions with ties, padding and records without a planted site."""
    random = np.random.default_rng(1)
    planted = np.zeros((30, 25), bool)
    planted[:20, 8:12] = True
    ranking = np.round(random.normal(size=planted.shape) + planted, 1)
    mask = np.ones(planted.shape, bool)
    mask[::3, 20:] = False
    return planted, ranking, mask


def resampling(n, replicates=200):
    return Resampling(replicates, 0.95, 1, np.arange(n))
