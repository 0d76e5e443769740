"""Whether sites that were taken for those of one motif are those of two."""

from __future__ import annotations

import numpy as np

ROUNDS = 50  # of expectation and maximisation, at most
GAIN = 1e-3  # nats of a round from which on there is another
PSEUDOCOUNT = 0.25  # sites with each base


def two_motifs(letters: np.ndarray, least: int) -> np.ndarray | None:
    """Say whether sites are better told by two matrices than by one, and which is of which.

    Two motifs that share some letters pass for one whose other letters are vague, but in a motif
    the letters of a site don't depend on each other. A mixture of two matrices is fitted by
    expectation and maximisation, from the two columns that depend on each other most; it has to be
    better by the Bayesian information criterion (Schwarz 1978, Ann. Stat. 6:461).

    Parameters
    ----------
    letters
        uint8 (sites, width): 0 to 3 for A, C, G, T, or another number where the base is unknown.
    least
        Sites that each of the two has to have.

    Returns
    -------
    numpy.ndarray or None
        bool (sites,): those of the second.
    """
    sites, width = letters.shape
    if sites < 2 * least or width < 2:
        return None
    one_hot = (letters[:, :, None] == np.arange(4)).astype(float)
    second = _first_guess(one_hot)
    usual = _mixture_logs(one_hot, np.ones((sites, 1)))
    alone = float(usual.sum())
    likelihood = -np.inf
    for _ in range(ROUNDS):
        shares = np.stack([1 - second, second], axis=1)
        logs = _mixture_logs(one_hot, shares)
        top = logs.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
        second = np.exp(logs[:, 1] - total)
        before, likelihood = likelihood, float(total.sum())
        if likelihood - before < GAIN:
            break
    own = second > 0.5
    if min(own.sum(), (~own).sum()) < least:
        return None
    penalty = (3 * width + 1) / 2 * np.log(sites)
    return own if likelihood - alone > penalty else None


def _first_guess(one_hot: np.ndarray) -> np.ndarray:
    """Return float (sites,): 1 for sites with the letter that tells most about another column."""
    sites, width = one_hot.shape[:2]
    flat = one_hot.reshape(sites, -1)
    joint = (flat.T @ flat / sites).reshape(width, 4, width, 4)
    shares = one_hot.mean(axis=0)
    expected = shares[:, :, None, None] * shares[None, None]
    # Of one letter here and one there, by the deviation of their number from independence.
    spread = np.sqrt(np.maximum(expected * (1 - expected), 1e-9))
    deviation = np.abs(joint - expected) / spread
    deviation[np.arange(width), :, np.arange(width)] = 0
    column, letter = np.unravel_index(deviation.max(axis=(2, 3)).argmax(), (width, 4))
    return one_hot[:, column, letter]


def _mixture_logs(one_hot: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the log-likelihood of each site in each part: (sites, parts), weights included."""
    counts = np.einsum("sp,swb->pwb", shares, one_hot) + PSEUDOCOUNT
    probabilities = counts / counts.sum(axis=2, keepdims=True)
    weights = np.log(np.maximum(shares.mean(axis=0), 1e-12))
    return np.einsum("swb,pwb->sp", one_hot, np.log(probabilities)) + weights
