"""The shares of the classes: those that models learned from, and those that a user expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from attendna.errors import UserError, shown
from attendna.wording import listed


def shares(labels: Sequence[str], classes: Sequence[str], path: str) -> np.ndarray:
    """Return the share of each class among labels, float64 (classes,).

    Raises
    ------
    UserError
        If one is not there.
    """
    count = Counter(labels)
    for name in classes:
        if not count[name]:
            raise UserError(
                f"{path}: no record of the class {shown(name)}, which the model knows; name the "
                "sequences.parquet of the dataset that it learned from."
            )
    found = np.array([count[name] for name in classes], np.float64)
    return found / found.sum()


def expected_shares(
    prior: float | Mapping[str, float], classes: Sequence[str], positive: str
) -> np.ndarray:
    """Return the share of each class that a user expects, float64 (classes,).

    Parameters
    ----------
    prior
        Of two classes that of the positive one; or one for each class, which add up to 1.
    classes, positive
        The classes, and which of two is the positive one ("" of more).

    Raises
    ------
    UserError
        If it is none.
    """
    if isinstance(prior, Mapping):
        if set(map(str, prior)) != set(classes):
            raise UserError(
                f"prior: names {listed(list(map(str, prior)))}, but the classes are "
                f"{listed(list(classes))}; give one share for each."
            )
        found = np.array([float({str(k): v for k, v in prior.items()}[name]) for name in classes])
    elif positive:
        found = np.array([float(prior) if name == positive else 1 - prior for name in classes])
    else:
        raise UserError(
            f"prior: one number, but there are {len(classes)} classes; give a share for each, "
            f"such as {{{classes[0]}: 0.01, ...}}."
        )
    if not ((found > 0) & (found < 1)).all() or abs(found.sum() - 1) > 1e-6:
        raise UserError("prior: shares are above 0, below 1 and add up to 1; correct them.")
    return found
