"""Whether it matters where in a sequence something stands, so that a network should look there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.learning import baselines
from attendna.learning.probes import C, Probes, joined, standard_error

STRETCHES, WORD = 8, 3  # of a sequence, whose words of 1 to 3 bases are counted apart
ROTATIONS = 4  # of each validation record
SHOWN = 3.0  # in standard errors: so much better are the records as they are
LEAST = 0.06  # of log loss, likewise: filters that learn places would cost more than less gains


def matter(divisions: Sequence[Probes]) -> bool:
    """Tell whether the classes are seen better where the sequences stand as they do.

    If a class shows in what a sequence holds and not in where, then a sequence that is rotated,
    its end in front of its start, tells as much as before. So two cheap classifiers that look at
    places, one at the base at each position and one at the words in each eighth of a sequence,
    learn from the training records as they are, and their log losses on the validation records
    are compared with those on the same records, rotated (the second by whole eighths, which breaks
    no word). Positions matter if one of the two does significantly worse there, and not just a
    little: of two motifs in one order, the first one stands further to the left, which is shown but
    no more than the order.

    Parameters
    ----------
    divisions
        See `probes.divisions`.
    """
    if sum(len(each.y_validation) for each in divisions) < 2:
        return False
    return any(
        rise.mean() > max(LEAST, SHOWN * standard_error(rise)) for rise in joined(_rises, divisions)
    )


def _rises(probes: Probes) -> list[np.ndarray]:
    """Return by how much each validation record loses more if rotated, for both classifiers."""
    rng = np.random.default_rng(probes.seed)
    x = probes.x_validation
    own = baselines.predict(probes.positional, x)
    rotated = [baselines.predict(probes.positional, rotate(x, rng)) for _ in range(ROTATIONS)]
    return [_rise(probes, rotated, own), _rise(probes, *_by_words(probes, rng))]


def rotate(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move the end of each sequence in front of its start; padding stays where it is.

    Parameters
    ----------
    x
        uint8 (n, length, 4).
    rng
        Draws where each sequence is cut, in its middle three quarters.

    Returns
    -------
    numpy.ndarray
        uint8 (n, length, 4).
    """
    holds = x.any(axis=2)
    sizes, starts = holds.sum(axis=1), holds.argmax(axis=1)
    cuts = (sizes * rng.uniform(1 / 8, 7 / 8, len(x))).astype(int)
    columns = np.arange(x.shape[1])
    places = columns - starts[:, None]
    inside = (places >= 0) & (places < sizes[:, None])
    turned = starts[:, None] + (places + cuts[:, None]) % np.maximum(sizes, 1)[:, None]
    return np.take_along_axis(x, np.where(inside, turned, columns)[:, :, None], axis=1)


def _rise(probes: Probes, rotated: Sequence[np.ndarray], own: np.ndarray) -> np.ndarray:
    """Return by how much each record loses more by probabilities (n, classes) if rotated."""
    return np.mean([probes.losses(p) for p in rotated], axis=0) - probes.losses(own)


def _by_words(probes: Probes, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Return probabilities by the words of each stretch, of rotated records and of others."""
    from sklearn.linear_model import LogisticRegression

    train, validation = _words(probes.x), _words(probes.x_validation)
    stretches = train.shape[1]
    model = LogisticRegression(C=C, max_iter=500).fit(train.reshape(len(train), -1), probes.y)

    def probabilities(words: np.ndarray) -> np.ndarray:
        return model.predict_proba(words.reshape(len(words), -1))

    shifts = rng.permutation(np.arange(1, stretches))[:ROTATIONS]
    rotated = [probabilities(np.roll(validation, shift, axis=1)) for shift in shifts]
    return rotated or [probabilities(validation)], probabilities(validation)


def _words(x: np.ndarray) -> np.ndarray:
    """Count words in equal stretches, float32 (n, stretches, words); what is over is left out."""
    width = min(max(WORD, x.shape[1] // STRETCHES), x.shape[1])
    first = x.shape[1] % width // 2
    starts = range(first, x.shape[1] - width + 1, width)
    return np.stack(
        [
            np.concatenate(
                list(baselines.kmer_features(x[:, start : start + width], WORD, both_strands=False))
            )
            for start in starts
        ],
        axis=1,
    ).astype(np.float32)
