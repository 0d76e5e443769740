"""Values that are not numbers: noticed where they are made, before anything is written.

Numbers overflow in a network that diverges, in half precision, or where a setting is extreme. All
that makes losses, weights, probabilities or attributions passes them through `check`.
"""

from __future__ import annotations

import numpy as np

from attendna.errors import UserError


def check(values: np.ndarray, what: str, remedy: str) -> np.ndarray:
    """Return values if all of them are numbers.

    Parameters
    ----------
    values
        Numbers of any shape.
    what
        What they are, in the plural, as the sentence begins.
    remedy
        What helps, as the sentence ends.

    Raises
    ------
    UserError
        If one is infinite or not a number.
    """
    if not all_numbers(values):
        raise UserError(f"{what} are not numbers; {remedy}.")
    return values


def all_numbers(values: np.ndarray) -> bool:
    """Tell whether all values are finite, without a temporary array as large as they are."""
    values = np.asarray(values)
    # Both pass on what is not a number, and infinity is the one or the other.
    return not values.size or bool(np.isfinite(values.min()) and np.isfinite(values.max()))
