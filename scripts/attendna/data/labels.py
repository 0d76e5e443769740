"""Labels: which classes there are, in which order, and the number of each record's class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from attendna.errors import UserError
from attendna.wording import counted, has


def order_classes(
    labels: Sequence[str], classes: Sequence[str] | None = None, positive: str | None = None
) -> tuple[list[str], str]:
    """Return the classes in their order, and the positive one of two.

    Parameters
    ----------
    labels
        The label of each record.
    classes
        The classes in the user's order, all of which must occur; None sorts the labels.
    positive
        The positive one of two classes. None: the first of `classes`, or where these are None the
        last of the sorted labels (the 1 of 0 and 1).

    Returns
    -------
    tuple of list of str and str
        The classes, and the positive one; "" for more than two classes.

    Raises
    ------
    UserError
        If there are fewer than two classes, a class has no record, or `positive` is none of two.
    """
    count = Counter(labels)
    if None in count:
        missing = counted(count[None], "record")
        raise UserError(f"{missing} {has(count[None])} no label; give each record one.")
    listed = classes is not None
    order = list(dict.fromkeys(classes)) if listed else sorted(count)
    if len(order) < 2:
        names = ", ".join(map(repr, order)) or "none"
        raise UserError(
            f"the records have fewer than two classes ({names}); "
            "a classifier needs records of at least two."
        )
    for name in order:
        if not count[name]:
            raise UserError(
                f"class {name!r} has no record (the labels are {_listing(count)}); "
                "add records of it or remove it from the config."
            )
    if len(order) > 2:
        if positive:
            raise UserError(
                f"positive: {positive!r} is set, but there are {len(order)} classes and only one "
                "of two can be positive; remove it."
            )
        return order, ""
    if not positive:
        return order, order[0 if listed else -1]
    if positive not in order:
        raise UserError(f"positive: {positive!r} is no class; choose {order[0]!r} or {order[1]!r}.")
    return order, positive


def class_indices(labels: Sequence[str], classes: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """Return the class of each record as a number.

    Parameters
    ----------
    labels
        The label of each record.
    classes
        The classes in their order.
    ids
        The id of each record, for the error.

    Returns
    -------
    numpy.ndarray
        int32 (n,), index into `classes`.

    Raises
    ------
    UserError
        If a label is none of the classes.
    """
    number = {name: i for i, name in enumerate(classes)}
    y = np.fromiter((number.get(label, -1) for label in labels), np.int32, len(labels))
    if (y < 0).any():
        first = int(np.argmax(y < 0))
        raise UserError(
            f"record {ids[first]!r}: the label {labels[first]!r} is none of the classes "
            f"{_listing(classes)}; correct it or add it to the config."
        )
    return y


def _listing(names: Sequence[str], most: int = 5) -> str:
    """Name a few of the names, for an error."""
    names = sorted(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more
