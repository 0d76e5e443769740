"""Deletion and insertion: how scores change with the positions that an explanation puts first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.contracts.attributions import Attributions, Perturbations
from attendna.contracts.checkpoints import Parts
from attendna.dna import BASES, base_fractions
from attendna.explanation import attribution
from attendna.explanation.in_parts import in_parts
from attendna.learning.backend import keras

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of a record's bases that are deleted or inserted


def perturb(
    model: keras.Model, x: np.ndarray, found: Attributions, seed: int, parts: Parts
) -> Perturbations:
    """Delete and insert the positions that each method, attention and chance put first.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4): the explained records.
    found
        What explains them.
    seed
        Of the random positions.
    parts
        What was computed before.
    """
    fractions = base_fractions(x)
    rankings = {
        name: np.sum(contributions * fractions, axis=2)
        for name, contributions in found.methods.items()
    }
    rankings["attention"] = found.attention_scores
    rankings["random"] = np.random.default_rng(seed).random(x.shape[:2])
    ranked = np.array(list(rankings.values()))

    def inputs(own: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return x[own], found.target[own], ranked[:, own]

    scored = in_parts(len(x), parts, inputs, lambda own: _perturbed(model, *inputs(own)))
    deletion, insertion = (
        np.concatenate([part[name] for part in scored], axis=1)
        for name in ("deletion", "insertion")
    )
    return Perturbations(list(rankings), np.array(SHARES), deletion, insertion)


def _perturbed(
    model: keras.Model, x: np.ndarray, target: np.ndarray, rankings: np.ndarray
) -> dict[str, np.ndarray]:
    """Return float32 (rankings, n, shares): the scores after deletion, and after insertion."""
    return {
        name: np.array(
            [
                perturbed_scores(model, x, target, ranking, SHARES, insert=insert)
                for ranking in rankings
            ]
        )
        for name, insert in (("deletion", False), ("insertion", True))
    }


def perturbed_scores(
    model: keras.Model,
    x: np.ndarray,
    target: np.ndarray,
    ranking: np.ndarray,
    shares: Sequence[float],
    *,
    insert: bool,
) -> np.ndarray:
    """Return the target's score after the top positions were deleted, or they alone inserted.

    What is deleted, or not inserted, is N: each base equally.

    Parameters
    ----------
    model
        A network of `models`.
    x
        uint8 (n, length, 4).
    target
        int (n,), index of the target class.
    ranking
        float (n, length): positions of a higher value come first.
    shares
        Of the bases of a record, each at least one base.
    insert
        Whether top positions are inserted rather than deleted.

    Returns
    -------
    numpy.ndarray
        float32 (n, shares).
    """
    mask = x.any(axis=2)
    order = np.argsort(np.where(mask, -ranking, np.inf), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(x.shape[1])[None], axis=1)
    unknown = np.repeat(mask[..., None], len(BASES), axis=2).astype(x.dtype)
    scores = np.empty((len(x), len(shares)), np.float32)
    for i, share in enumerate(shares):
        counts = np.maximum(1, np.round(share * mask.sum(axis=1)))
        top = (rank < counts[:, None])[..., None]
        changed = np.where(top, x, unknown) if insert else np.where(top, unknown, x)
        scores[:, i] = attribution.target_scores(model, changed, target)
    return scores
