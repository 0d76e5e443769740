"""Whether the classes look the same on both strands, so that a network may average over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna import baselines
from attendna.dna import reverse_complement

PROBES = {
    "kmer_logistic": {"k": 5, "both_strands": False, "c": 0.01},
    "positional_logistic": {"c": 0.01},
}
# In standard errors: that far apart the strands differ for sure, that far they may be apart unseen.
DIFFERENT, UNSEEN = 2.5, 1.645


def alike(
    x: np.ndarray,
    y: np.ndarray,
    x_validation: np.ndarray,
    y_validation: np.ndarray,
    *,
    classes: Sequence[str],
    positive: str,
    seed: int,
) -> bool:
    """Tell whether the classes are the same on both strands, for sure.

    If a sequence is as likely to come up as its reverse complement, in every class, then a
    classifier that has seen one strand only does as well on the other. So two cheap ones, one that
    sees words and one that sees positions, learn from the training records as they are, and their
    log losses on the validation records are compared with those on the reverse complements. The
    strands are alike if neither does significantly worse there and one of them, at least, keeps
    more than half of what it knows: of too few records, or where neither classifier knows
    anything, this can't be said.

    Parameters
    ----------
    x, x_validation
        uint8 (n, length, 4) training and validation records.
    y, y_validation
        int (n,), their classes as indices into `classes`.
    classes, positive
        As in encoded.npz.
    seed
        Of the classifiers.

    Raises
    ------
    UserError
        If a class has no training record.
    """
    if len(y_validation) < 2:
        return False
    shares = np.bincount(y, minlength=len(classes)) / len(y)
    known = {"classes": classes, "positive": positive, "seed": seed}
    shown = False
    for architecture, how in PROBES.items():
        model = baselines.FIT[architecture](x, y, x_validation, y_validation, **known, **how)
        own, other = (
            -np.log(baselines.predict(model, strand)[np.arange(len(strand)), y_validation])
            for strand in (x_validation, reverse_complement(x_validation))
        )
        gain = -np.log(shares[y_validation]).mean() - own.mean()  # over knowing nothing
        rise = (other - own).mean()
        error = (other - own).std(ddof=1) / np.sqrt(len(own))
        if rise > DIFFERENT * error:
            return False
        shown |= bool(rise + UNSEEN * error < gain / 2)
    return shown
