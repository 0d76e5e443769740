"""Made-up predictions, for the tests of what measures them."""

import numpy as np


def two_classes(n=120, seed=0, decimals=1):
    """Rounded scores, so that there are many ties; 0 and 1 occur too."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    return y, np.round(np.clip(rng.normal(0.4 + 0.2 * y, 0.3), 0, 1), decimals)


def many_classes(n=150, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    scores = np.round(rng.normal(size=(n, 4)), 1) + (y[:, None] == np.arange(4))
    return y, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
