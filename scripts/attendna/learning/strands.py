"""Whether the classes look the same on both strands, so that a network may average over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attendna.learning.probes import Probes, joined, standard_error

DIFFERENT = 2.5  # in standard errors: so much worse is a classifier that can't tell the strands
LOST = 1.5  # in standard errors of their sum: so much may both lose together by chance
GAINED = 2.5  # in standard errors: so much has one to gain where a strand is expected


def alike(divisions: Sequence[Probes], aligned: bool = False) -> bool:
    """Tell whether a classifier loses nothing by not knowing the strand.

    Two cheap classifiers, one that sees words and one that sees positions, are fitted twice: as
    they are, and so that a sequence and its reverse complement have the same prediction. Their log
    losses on the validation records are compared. The strands are alike if neither of the two
    loses significantly by that, and both together lose little: if the classes are the same on both
    strands, what is learned from one holds for the other, so they gain, but for chance. If nothing
    can be learned, they are taken to be alike, as DNA has two strands.

    The question used to be whether a classifier that had seen one strand did as well on the other.
    That fails where the background differs between the strands, though the classes don't.

    Parameters
    ----------
    divisions
        See `probes.divisions`.
    aligned
        Whether positions matter. Sequences are mostly aligned by something that has a strand, such
        as a start of transcription, and few of them can't show it. So there, one of the classifiers
        has to gain significantly.
    """
    if sum(len(each.y_validation) for each in divisions) < 2:
        return False
    rises = joined(_rises, divisions)
    shifts = [rise.mean() / standard_error(rise) if rise.any() else 0.0 for rise in rises]
    if max(shifts) > DIFFERENT:
        return False
    both = sum(rises)
    little = both.mean() <= LOST * standard_error(both)
    return bool(little and (not aligned or min(shifts) < -GAINED))


def _rises(probes: Probes) -> list[np.ndarray]:
    """Return how much more each validation record loses without its strand, for both models."""
    pairs = (
        (probes.predicted(probes.words), probes.predicted(probes.words_of_both_strands)),
        (probes.predicted(probes.positional), probes.predicted_on_both_strands()),
    )
    return [probes.losses(both) - probes.losses(one) for one, both in pairs]
