"""Whether the classes look the same on both strands, so that a network may average over them."""

from __future__ import annotations

from attendna.learning.probes import Probes, standard_error

DIFFERENT = 2.5  # in standard errors: so much worse is a classifier that can't tell the strands
LOST = 1.5  # in standard errors of their sum: so much may both lose together by chance


def alike(probes: Probes) -> bool:
    """Tell whether a classifier loses nothing by not knowing the strand.

    Two cheap classifiers, one that sees words and one that sees positions, are fitted twice: as
    they are, and so that a sequence and its reverse complement have the same prediction. Their log
    losses on the validation records are compared. The strands are alike if neither of the two
    loses significantly by that, and both together lose little: if the classes are the same on both
    strands, what is learned from one holds for the other, so they gain, but for chance. If nothing
    can be learned, they are taken to be alike, as DNA has two strands.

    The question used to be whether a classifier that had seen one strand did as well on the other.
    That fails where the background differs between the strands, though the classes don't.
    """
    if len(probes.y_validation) < 2:
        return False
    rises = [
        probes.losses(both) - probes.losses(one)
        for one, both in (
            (probes.predicted(probes.words), probes.predicted(probes.words_of_both_strands)),
            (probes.predicted(probes.positional), probes.predicted_on_both_strands()),
        )
    ]
    if any(rise.mean() > DIFFERENT * standard_error(rise) for rise in rises):
        return False
    both = rises[0] + rises[1]
    return bool(both.mean() <= LOST * standard_error(both))
