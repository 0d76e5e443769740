"""Whether the classes look the same on both strands, so that a network may average over them."""

from __future__ import annotations

import numpy as np

from attendna.dna import reverse_complement
from attendna.learning import baselines
from attendna.learning.probes import Probes

# In standard errors: that far apart the strands differ for sure, that far they may be apart unseen.
DIFFERENT, UNSEEN = 2.5, 1.645


def alike(probes: Probes) -> bool:
    """Tell whether the classes are the same on both strands, for sure.

    If a sequence is as likely to come up as its reverse complement, in every class, then a
    classifier that has seen one strand only does as well on the other. So two cheap ones, one that
    sees words and one that sees positions, learn from the training records as they are, and their
    log losses on the validation records are compared with those on the reverse complements. The
    strands are alike if neither does significantly worse there and one of them, at least, keeps
    more than half of what it knows: of too few records, or where neither classifier knows
    anything, this can't be said.
    """
    x, y = probes.x_validation, probes.y_validation
    if len(y) < 2:
        return False
    shares = np.bincount(probes.y, minlength=len(probes.classes)) / len(probes.y)
    shown = False
    for model in (probes.words, probes.positional):
        own, other = (
            probes.losses(baselines.predict(model, strand)) for strand in (x, reverse_complement(x))
        )
        gain = -np.log(shares[y]).mean() - own.mean()  # over knowing nothing
        rise = (other - own).mean()
        error = (other - own).std(ddof=1) / np.sqrt(len(own))
        if rise > DIFFERENT * error:
            return False
        shown |= bool(rise + UNSEEN * error < gain / 2)
    return shown
