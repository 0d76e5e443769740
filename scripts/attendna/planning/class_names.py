"""What the names of classes tell: two spellings of one, and which is the absence of something."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attendna.data.label_checks import check_labels
from attendna.errors import UserError, shown
from attendna.positive_class import doubt
from attendna.wording import either

# What a class is called that is rather the absence of something, beside what `doubt` knows.
ABSENT = {"other", "others", "rest", "random", "shuffled", "false", "bg", "absent", "decoys"}
ABSENT |= {"negative", "negatives", "neg", "control", "controls", "background", "unbound", "non"}
MOST_LABELS = 100  # that are compared with each other
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def alike(labels: Sequence[str]) -> dict[str, str]:
    """Return which labels are another one in another spelling, as 1.0 is 1, and which that is."""
    joined: dict[str, str] = {}
    names: list[str] = []
    # The spelling first that a class is best called by: short, in lower case.
    for label in sorted(labels, key=lambda text: (len(text), text != text.lower(), text)):
        for name in names if len(labels) <= MOST_LABELS else []:
            try:
                check_labels({name: 1, label: 1})
            except UserError:
                joined[label] = name
                break
        else:
            names.append(label)
    return joined


def choose_positive(count: dict[str, int]) -> tuple[str, str]:
    """Choose the positive one of two classes.

    Parameters
    ----------
    count
        The records of each.

    Returns
    -------
    positive, reason
        The class, and the end of a sentence that says why.
    """
    first, second = count
    if _NUMBER.fullmatch(first) and _NUMBER.fullmatch(second):
        positive = max(count, key=float)
        return positive, f"it is the larger number of {either(sorted(count, key=float))}"
    absent = [label for label in count if is_absence(label)]
    if len(absent) == 1:
        positive = second if absent[0] == first else first
        return positive, f"{shown(absent[0], 60)} reads like the absence of it; if not, change it"
    if count[first] != count[second]:
        return min(count, key=count.__getitem__), "it has fewer records; assumed, so check it"
    return first, "it comes first; assumed, so check it"


def is_absence(label: str) -> bool:
    """Whether a class is rather the absence of something, as far as its name tells."""
    words = label.lower().split("_")
    return not ABSENT.isdisjoint(words) or doubt(label, {label: 1, "": 1}) is not None
