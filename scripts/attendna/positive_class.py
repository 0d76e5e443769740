"""Whether the class that was taken as the positive one of two is the one of interest."""

from __future__ import annotations

import re
from collections.abc import Mapping

# How the names of classes begin that are rather the absence of something.
_NEGATIVE = re.compile(r"un|in|non|no|neg|control|background", re.IGNORECASE)


def doubt(positive: str, count: Mapping[str, int]) -> str | None:
    """Say why a class that nobody named as the positive one of two may be the other.

    Parameters
    ----------
    positive
        The class.
    count
        The records of both.

    Returns
    -------
    str or None
        The end of a sentence about it; None: there is no doubt.
    """
    total = sum(count.values())
    reasons = []
    if 2 * count[positive] > total:
        reasons.append(f"it has {count[positive]:,} of {total:,} records")
    found = _NEGATIVE.match(positive)
    if found:
        reasons.append(f"its name begins with {found[0]!r}")
    return " and ".join(reasons) or None
